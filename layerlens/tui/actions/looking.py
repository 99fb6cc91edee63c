"""A path's history, the content of its versions, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.retrieval import Retrieval
from layerlens.tui.screens.diff import DiffScreen
from layerlens.tui.screens.history import Chosen, HistoryScreen, Wish
from layerlens.tui.screens.hosting import Host
from layerlens.tui.screens.preview import PreviewScreen
from layerlens.tui.viewmodel.history import PathEvent, path_history
from layerlens.tui.viewmodel.preview import file_version, what
from layerlens.tui.viewmodel.text import clip
from layerlens.tui.viewmodel.versions import event_of, versions_of
from layerlens.tui.views.base import View


async def show_history(host: Host) -> None:
    """Show what the layers did to the path under the cursor, and go where the user wants."""
    events = _events(host)
    if not events:
        return
    subject = host.view.subject()
    assert subject is not None
    assert subject.path is not None
    path, session = subject.path, host.session
    while True:
        chosen: Chosen | None = await host.app.push_screen_wait(HistoryScreen(path, events))
        if chosen is None:
            return
        if host.session is not session:
            # More of the image was read meanwhile: versions and layers have other numbers.
            session = host.session
            events = path_history(session.analysis, path)
            host.notify("more of the image has been read: this is the history now")
            if not events:
                return
            continue
        if chosen.wish is Wish.TREE:
            host.post_message(View.ShowInTree(path, chosen.event.layer))
            return
        if chosen.wish is Wish.PREVIEW:
            await _preview(host, events, chosen.event)
        else:
            await _compare(host, *chosen.versions)


async def preview(host: Host) -> None:
    """Show the content of the file under the cursor, deleted or not."""
    events = _events(host)
    if events:
        subject = host.view.subject()
        assert subject is not None
        await _preview(host, events, events[event_of(events, subject.version, subject.layer)])


async def compare(host: Host) -> None:
    """Show what the layer in view changed in the file under the cursor."""
    events = _events(host)
    if not events:
        return
    subject = host.view.subject()
    assert subject is not None
    at = event_of(events, subject.version, subject.layer)
    # Where the layer added it, the next change is what there is to compare.
    pairs = [
        event for event in (*events[at:], *reversed(events[:at])) if event.change == "modified"
    ]
    if not pairs or pairs[0].previous is None:
        host.notify("no layer changed this path: there is only one version of it")
        return
    await _compare(host, pairs[0].previous, pairs[0].version)


def _events(host: Host) -> list[PathEvent]:
    subject = host.view.subject()
    if subject is None or subject.path is None:
        host.notify("there is no path under the cursor")
        return []
    events = path_history(host.session.analysis, subject.path)
    if not events:
        host.notify("no layer lists this directory: the files in it imply it")
    return events


async def _preview(host: Host, events: Sequence[PathEvent], event: PathEvent) -> None:
    versions = versions_of(host.session.analysis.filesystem, events)
    numbers = [version.version for version in versions]
    at = numbers.index(event.version)
    if not versions[at].has_content:
        host.notify(f"a {clip(what(versions[at].entry), 300)} has no content to show", markup=False)
        return
    retrieval = _retrieval(host)
    if retrieval is None:
        return
    await host.app.push_screen_wait(PreviewScreen("", versions, retrieval, at))


async def _compare(host: Host, old: int, new: int) -> None:
    retrieval = _retrieval(host)
    if retrieval is None:
        return
    fs = host.session.analysis.filesystem
    await host.app.push_screen_wait(
        DiffScreen("", file_version(fs, old), file_version(fs, new), retrieval)
    )


def _retrieval(host: Host) -> Retrieval | None:
    retrieval = host.session.retrieval
    if retrieval is None:
        host.notify("contents cannot be had yet: come back when the image has been read")
    return retrieval
