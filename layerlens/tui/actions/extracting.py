"""Extracts what is under the cursor: the file or folder as it is shown, deleted or not."""

from __future__ import annotations

import os
from collections.abc import Callable

from layerlens.errors import Interrupted, LayerLensError
from layerlens.filesystem.selection import select
from layerlens.outputs.extract import Extracted, extract
from layerlens.progress import Progress
from layerlens.tui.actions.places import current_folder, problem_of
from layerlens.tui.jobs import Turn
from layerlens.tui.screens.hosting import Host
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.screens.working import Outcome, WorkingScreen
from layerlens.tui.viewmodel.text import error_line, plural, safe_text, size

_TOLD = 3
"""Paths that were left out and are named."""


async def extract_something(host: Host) -> None:
    """Ask where to, say what it costs, extract."""
    subject = host.view.subject()
    analysis, retrieval = host.session.image_of(subject)
    if subject is None or subject.path is None:
        host.notify("there is no path under the cursor")
        return
    if retrieval is None:
        host.notify("contents cannot be had yet: come back when the image has been read")
        return
    try:
        selection = select(
            analysis.filesystem,
            subject.path,
            subject.layer,
            removed=subject.removed,
        )
    except LayerLensError as error:
        host.notify(error_line(error), severity="error", markup=False)
        return
    contents = selection.contents()
    name = selection.top.rpartition(b"/")[2]
    about = f"{plural(len(contents), 'file')}, {size(selection.size)}."
    announced = retrieval.announcement(contents)
    if announced is not None:
        about += f"\nFor that {safe_text(announced)}."
    about += f"\nThe folder to put it into, in {current_folder()} unless it begins with a slash."
    into = await host.app.push_screen_wait(
        PromptScreen(f"Extract /{safe_text(selection.top, 200)}", ".", about, _verdict(name))
    )
    if into is None:
        return

    def work(progress: Progress) -> Extracted:
        folder = os.path.expanduser(into)
        overwrite = os.path.lexists(_place(folder, name))  # which the user has agreed to
        with Turn(progress):
            return extract(selection, retrieval, folder, overwrite=overwrite, progress=progress)

    outcome = await host.app.push_screen_wait(
        WorkingScreen(f"Extract to {safe_text(into, 300)}", work)
    )
    _tell(host, outcome)


def _place(folder: str, name: bytes) -> str:
    return os.path.join(folder, os.fsdecode(name or b"rootfs"))


def _verdict(name: bytes) -> Callable[[str], tuple[str, bool]]:
    """What is to be said of a folder that is typed."""

    def check(text: str) -> tuple[str, bool]:
        folder = os.path.expanduser(text)
        if not text:
            return "name a folder", False
        if problem := problem_of(text):
            return problem, False
        if os.path.lexists(folder) and not os.path.isdir(folder):
            return "that is no folder", False
        if not os.path.isdir(os.path.dirname(folder.rstrip("/")) or "."):
            return "the folder that it is in is not there", False
        place = _place(folder, name)
        if os.path.lexists(place):
            return f"{safe_text(place, 300)} is there already: replace what is in the way?", False
        return "", True

    return check


def _tell(host: Host, outcome: Outcome | None) -> None:
    if outcome is None or isinstance(outcome.error, Interrupted):
        host.notify("stopped: what was complete by then is there", severity="warning")
    elif isinstance(outcome.error, LayerLensError):
        host.notify(error_line(outcome.error), severity="error", markup=False)
    elif outcome.error is not None:
        raise outcome.error
    else:
        done: Extracted = outcome.result
        said = f"{plural(done.files, 'file')}, {size(done.content_bytes)} in {safe_text(done.place, 300)}"
        if done.skipped_count:
            left = "; ".join(
                f"/{safe_text(each.path, 100)}: {safe_text(each.why, 100)}"
                for each in done.skipped[:_TOLD]
            )
            said += f"\nleft out {done.skipped_count}: {left}"
        host.notify(said, markup=False)
