"""Copies to the terminal's clipboard."""

from __future__ import annotations

from layerlens.outputs.display import escape
from layerlens.tui.screens.choice import Choice, ChoiceScreen
from layerlens.tui.screens.hosting import Host
from layerlens.tui.viewmodel.copying import copies, path_text
from layerlens.tui.viewmodel.text import clip, safe_text

_SHOWN = 60


def copy_path(host: Host) -> None:
    """Copy the path under the cursor, or the view's own text where there is no path."""
    subject = host.view.subject()
    path = None if subject is None else subject.path
    text = host.view.copy_text() if path is None else path_text(path)
    if text:
        _copy(host, text)
    else:
        host.notify("nothing to copy here", severity="warning")


async def copy_something(host: Host) -> None:
    """Let the user choose what to copy."""
    subject = host.view.subject()
    found = copies(host.session.image_of(subject)[0], subject, host.view.copy_text())
    choices = [Choice(what, safe_text(text, 500)) for what, text in found]
    chosen = await host.app.push_screen_wait(
        ChoiceScreen(
            "Copy", choices, "The terminal copies it, where it allows programs to (OSC 52)."
        )
    )
    if chosen is not None:
        _copy(host, found[chosen][1])


def _copy(host: Host, text: str) -> None:
    # A terminal into which it is pasted must not obey it.
    text = "\n".join(map(escape, text.split("\n")))
    host.app.copy_to_clipboard(text)
    host.notify(f"copied: {clip(safe_text(text, 200), _SHOWN)}", markup=False)
