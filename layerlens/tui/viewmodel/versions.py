"""Which versions of a path there are to look at, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.filesystem.result import Filesystem
from layerlens.tui.viewmodel.history import PathEvent
from layerlens.tui.viewmodel.preview import FileVersion, file_version


def versions_of(fs: Filesystem, events: Sequence[PathEvent]) -> list[FileVersion]:
    """The versions of a path by its history, the oldest first, each with its fate."""
    found: list[FileVersion] = []
    for at, event in enumerate(events):
        if event.change == "removed":
            continue
        fate = ""
        for later in events[at + 1 :]:
            if later.change == "removed":
                fate = f"deleted in layer {later.layer}"
                break
            fate = f"replaced in layer {later.layer}"
            break
        found.append(file_version(fs, event.version, fate))
    return found


def event_of(events: Sequence[PathEvent], version: int | None, layer: int | None) -> int:
    """Which event is meant by a version or a layer; the last one where neither says it."""
    if version is not None:
        for at, event in enumerate(events):
            if event.version == version and (layer is None or event.layer == layer):
                return at
        for at, event in enumerate(events):
            if event.version == version:
                return at
    if layer is not None:
        for at in range(len(events) - 1, -1, -1):
            if events[at].layer <= layer:
                return at
    return len(events) - 1
