"""Entries that place nothing: whiteouts, opaque markers, AUFS' and overlay2's own.

Whiteouts go by name, whatever the type or content of the entry (image-spec,
layer.md, "Whiteouts").
"""

from __future__ import annotations

from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.work import Work
from layerlens.layers.names import AUFS, OPAQUE, WHITEOUT, base, join, parent
from layerlens.layers.table import Kind

_OPAQUE_XATTR = b"trusted.overlay.opaque"


def find_markers(work: Work, *, docker: bool) -> None:
    """Fill in the markers of a layer, and what they hide."""
    for i in work.table.marked():
        _by_name(work, i, docker=docker)
    if docker and work.table.devices:
        _devices(work)
    if work.table.xattrs:
        _attributes(work, docker=docker)
    fs, first, sizes = work.fs, work.first, work.table.sizes
    for i in work.markers:
        fs.changes[first + i] = Change.MARKER
        if work.table.kinds[i] == Kind.FILE:
            fs.deaths.add(first + i, Cause.MARKER, work.index, first + i)
            if sizes[i]:
                work.note("marker-content", "content in a marker, which no engine places",
                          work.table.names[i])  # fmt: skip


def _by_name(work: Work, i: int, *, docker: bool) -> None:
    name = work.table.names[i]
    last = base(name)
    if last == OPAQUE:
        work.markers.add(i)
        if parent(name) or not docker:
            work.opaque[parent(name)] = i
        else:
            work.note(
                "opaque-root",
                "opaque marker in the root: Docker ignores it, the specification "
                "hides everything below",
                name,
            )
        return
    if any(part.startswith(AUFS) for part in name.split(b"/")):
        work.markers.add(i)
        work.note("aufs-metadata", "AUFS metadata, which no engine places", name)
        return
    if not last.startswith(WHITEOUT):
        return
    work.markers.add(i)
    target = last[len(WHITEOUT) :]
    if target in (b"", b".", b".."):
        work.note("invalid-whiteout", "whiteout of nothing", name)
    else:
        work.whiteouts[join(parent(name), target)] = i


def _devices(work: Work) -> None:
    """A character device 0:0 is how overlay2 itself stores a whiteout."""
    for i, device in work.table.devices.items():
        name = work.table.names[i]
        if device == (0, 0) and work.table.kinds[i] == Kind.CHAR and name:
            work.markers.add(i)
            work.whiteouts[name] = i
            work.note(
                "device-whiteout",
                "character device 0:0, which overlay2 takes for a whiteout",
                name,
            )


def _attributes(work: Work, *, docker: bool) -> None:
    """An extended attribute is how overlay2 itself stores an opaque directory."""
    for i, attributes in work.table.xattrs.items():
        name = work.table.names[i]
        if name and any(key == _OPAQUE_XATTR for key, _ in attributes):
            work.note(
                "overlay-opaque",
                "directory made opaque by an overlay attribute: Docker honours it, "
                "the specification does not",
                name,
            )
            if docker and work.table.kinds[i] == Kind.DIR and (_OPAQUE_XATTR, b"y") in attributes:
                work.opaque[name] = i
