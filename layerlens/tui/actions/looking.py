"""A path's history, the content of its versions, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from layerlens.analysis.model import Analysis
from layerlens.retrieval import Retrieval
from layerlens.retrieval.both import Both
from layerlens.tui.screens.diff import DiffScreen
from layerlens.tui.screens.history import Chosen, HistoryScreen, Wish
from layerlens.tui.screens.hosting import Host
from layerlens.tui.screens.preview import PreviewScreen
from layerlens.tui.viewmodel.history import PathEvent, path_history
from layerlens.tui.viewmodel.preview import file_version, what
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import clip, safe_text
from layerlens.tui.viewmodel.versions import event_of, versions_of
from layerlens.tui.views.base import View

_Image = tuple[Analysis, Retrieval | None]
"""An image, and what gives its contents."""


async def show_history(host: Host) -> None:
    """Show what the layers did to the path under the cursor, and go where the user wants."""
    events = _events(host)
    if not events:
        return
    subject = host.view.subject()
    assert subject is not None
    assert subject.path is not None
    path, session = subject.path, host.session
    image = session.image_of(subject)
    while True:
        chosen: Chosen | None = await host.app.push_screen_wait(HistoryScreen(path, events))
        if chosen is None:
            return
        if host.session is not session:
            # More of the image was read meanwhile: versions and layers have other numbers.
            session = host.session
            image = session.image_of(subject)
            events = path_history(image[0], path)
            host.notify("more of the image has been read: this is the history now")
            if not events:
                return
            continue
        if chosen.wish is Wish.TREE:
            if subject.old:
                host.notify("these are the old image's layers: the tree shows those of the new one")
            else:
                host.post_message(View.ShowInTree(path, chosen.event.layer))
            return
        if chosen.wish is Wish.PREVIEW:
            await _preview(host, image, events, chosen.event)
        else:
            await _compare(host, image, *chosen.versions)


async def preview(host: Host) -> None:
    """Show the content of the file under the cursor, deleted or not."""
    events = _events(host)
    if events:
        subject = host.view.subject()
        assert subject is not None
        at = event_of(events, subject.version, subject.layer)
        await _preview(host, host.session.image_of(subject), events, events[at])


async def compare(host: Host) -> None:
    """Show what the layer in view changed in the file under the cursor, or the new image."""
    subject = host.view.subject()
    if subject is not None and subject.before is not None:
        await _compare_images(host, subject, subject.before)
        return
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
    image = host.session.image_of(subject)
    await _compare(host, image, pairs[0].previous, pairs[0].version)


async def _compare_images(host: Host, subject: Subject, before: tuple[bytes, int]) -> None:
    """Show what differs between the old image's version of a path and the new one's."""
    session = host.session
    if subject.path is None or subject.version is None or session.comparison is None:
        return
    then, now = session.old_retrieval, session.retrieval
    if then is None or now is None:
        host.notify("contents of one of the images cannot be had")
        return
    fs = session.comparison.old.filesystem
    first = len(fs.paths)
    new = file_version(session.analysis.filesystem, subject.version)
    title = ""
    if before[0] != subject.path:
        title = f"/{safe_text(before[0])}  →  /{safe_text(subject.path)}"
    await host.app.push_screen_wait(
        DiffScreen(
            title,
            file_version(fs, before[1]),
            replace(new, version=first + new.version),
            Both(then, now, first),
            ("old image, ", "new image, "),
        )
    )


def _events(host: Host) -> list[PathEvent]:
    subject = host.view.subject()
    if subject is None or subject.path is None:
        host.notify("there is no path under the cursor")
        return []
    events = path_history(host.session.image_of(subject)[0], subject.path)
    if not events:
        host.notify("no layer lists this directory: the files in it imply it")
    return events


async def _preview(
    host: Host, image: _Image, events: Sequence[PathEvent], event: PathEvent
) -> None:
    versions = versions_of(image[0].filesystem, events)
    numbers = [version.version for version in versions]
    at = numbers.index(event.version)
    if not versions[at].has_content:
        host.notify(f"a {clip(what(versions[at].entry), 300)} has no content to show", markup=False)
        return
    retrieval = _retrieval(host, image)
    if retrieval is None:
        return
    await host.app.push_screen_wait(PreviewScreen("", versions, retrieval, at))


async def _compare(host: Host, image: _Image, old: int, new: int) -> None:
    retrieval = _retrieval(host, image)
    if retrieval is None:
        return
    fs = image[0].filesystem
    await host.app.push_screen_wait(
        DiffScreen("", file_version(fs, old), file_version(fs, new), retrieval)
    )


def _retrieval(host: Host, image: _Image) -> Retrieval | None:
    retrieval = image[1]
    if retrieval is None:
        host.notify("contents cannot be had yet: come back when the image has been read")
    return retrieval
