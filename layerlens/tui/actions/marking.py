"""The list of what is marked, and the way to each."""

from __future__ import annotations

from layerlens.analysis.rules.findings import Finding
from layerlens.tui.screens.hosting import Host
from layerlens.tui.screens.marks import MarksScreen
from layerlens.tui.viewmodel.history import path_history
from layerlens.tui.views.base import View


async def show_marks(host: Host) -> None:
    """Show what is marked; go to the path or to the layer of the finding that is chosen."""
    marks = host.session.marks
    if not marks:
        host.notify("nothing is marked yet: m marks what is under the cursor")
        return
    chosen: bytes | Finding | None = await host.app.push_screen_wait(
        MarksScreen(marks, host.marks_changed)
    )
    if isinstance(chosen, Finding) and not chosen.paths:
        host.post_message(View.ShowInTree(b"", chosen.layer))
    elif chosen is not None:
        path = chosen.paths[0] if isinstance(chosen, Finding) else chosen
        host.post_message(View.ShowInTree(path, _layer_of(host, path)))


def _layer_of(host: Host, path: bytes) -> int | None:
    """The last layer that changed a path, so that a deleted one is found too."""
    events = path_history(host.session.analysis, path)
    return events[-1].layer if events else None
