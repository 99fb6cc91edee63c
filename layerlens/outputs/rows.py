"""Lists of files as plain rows, which every format writes alike.

:meth:`Filesystem.entry` decodes one version at a time, for views that show a
few.  A list has all of them, and most share owner, mode and time with others,
so here each distinct header field is decoded once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

from layerlens.errors import UsageError
from layerlens.filesystem.result import IMPLIED, LINK_MODE, Filesystem, path_order
from layerlens.layers.table import Kind

_RAW = 48
"""Bytes of header that a table keeps per entry: mode, uid, gid, size, mtime."""


class Row(NamedTuple):
    """One line of a list of files.

    ``kind`` is file, dir, symlink, hardlink, char, block or fifo; ``size`` in
    bytes, 0 for all but ``file``; ``mode`` the twelve permission bits;
    ``mtime`` seconds since the epoch; ``target`` of a link; ``layer`` the one
    that provides the entry.  ``change`` (added, modified, removed) and
    ``modified_kind`` (content, metadata, type) are set in a layer's list.
    ``transfer`` is what the content takes on the wire, in bytes and estimated:
    0 where ``size`` is 0, ``None`` where its layer lies uncompressed.
    """

    path: bytes
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime: float
    target: bytes | None
    device: tuple[int, int] | None
    layer: int
    change: str | None = None
    modified_kind: str | None = None
    transfer: int | None = 0


def rows(fs: Filesystem, layer: int | None) -> Iterator[Row]:
    """The final filesystem, or one layer's changes, in path order.

    Raises :class:`UsageError` at once where there is no such layer.
    """
    if layer is None:
        return _final_rows(fs)
    count = len(fs.tables)
    if not 0 <= layer < count:
        raise UsageError(
            f"there is no layer {layer}",
            hint=f"this image has layers 0 to {count - 1}" if count else "this image has no layers",
        )
    return _change_rows(fs, layer)


Decode = Callable[[int, str | None, str | None], Row]


def decoder(fs: Filesystem) -> Decode:
    """A function that makes the row of a version, a change and a kind of modification.

    A regular file is ``file`` with its size, whichever of its names it is.
    """
    tables, first, paths, kinds = fs.tables, fs.first, fs.paths, fs.kinds
    inodes, synthetic, headers = fs.inodes, fs.synthetic, fs.headers
    words: dict[int, str] = {kind.value: kind.word for kind in Kind}
    owners: dict[bytes, tuple[int, int, int]] = {}
    times: dict[bytes, float] = {}
    wires: dict[int, array[int] | None] = {}

    def decode(version: int, change: str | None, modified_kind: str | None) -> Row:
        inode = inodes.get(version, version)
        layer = bisect_right(first, version) - 1
        origin = synthetic.get(version, version) if synthetic else version
        if origin == IMPLIED:
            return Row(
                paths[version], "dir", 0, 0o755, 0, 0, 0, None, None, layer,
                change, modified_kind,
            )  # fmt: skip
        source = inodes.get(origin, origin)
        home = layer if source == version else bisect_right(first, source) - 1
        table = tables[home]
        i = source - first[home]
        size, target, device = table.sizes[i], table.links.get(i), table.devices.get(i)
        transfer: int | None = 0
        if size:
            if home not in wires:
                wires[home] = table.wires()
            wire = wires[home]
            transfer = None if wire is None else wire[i]
        if source in headers:
            home = bisect_right(first, headers[source]) - 1
            table = tables[home]
            i = headers[source] - first[home]
        if i in table.overrides:
            mode, uid, gid = table.mode(i), table.uid(i), table.gid(i)
            mtime = table.mtime(i)
        else:
            # Mode, uid and gid are the first 24 of the kept bytes, the time the last 12.
            at = i * _RAW
            key = bytes(table.raw[at : at + 24])
            owner = owners.get(key)
            if owner is None:
                owner = owners[key] = (table.mode(i), table.uid(i), table.gid(i))
            mode, uid, gid = owner
            when = bytes(table.raw[at + 36 : at + _RAW])
            known = times.get(when)
            if known is None:
                known = times[when] = table.mtime(i)
            mtime = known
        kind = kinds[inode]
        if kind == Kind.SYMLINK:
            mode = LINK_MODE
        else:
            target = None
        return Row(
            paths[version], words[kind], size, mode, uid, gid, mtime,
            target, device, layer, change, modified_kind, transfer,
        )  # fmt: skip

    return decode


def _final_rows(fs: Filesystem) -> Iterator[Row]:
    """As :meth:`Filesystem.final_entries`: of an inode's names the first is the file."""
    decode = decoder(fs)
    first_names: dict[int, bytes] = {}
    linked = set(fs.inodes.values())
    live, inodes = fs.live, fs.inodes
    for path in sorted(live, key=path_order):
        version = live[path]
        row = decode(version, None, None)
        inode = inodes.get(version, version)
        if inode in linked and row.kind == "file":
            first = first_names.setdefault(inode, path)
            if first is not path:
                row = row._replace(kind="hardlink", size=0, target=first, transfer=0)
        yield row


def _change_rows(fs: Filesystem, layer: int) -> Iterator[Row]:
    """One layer's changes.  A name that the layer only linked ships no bytes: ``hardlink``."""
    decode = decoder(fs)
    inodes, paths = fs.inodes, fs.paths
    for event in fs.events(layer):
        version = event.entry
        row = decode(version, event.change, event.modified_kind)
        if version in inodes and row.kind == "file":
            target = paths[inodes[version]]
            row = row._replace(kind="hardlink", size=0, target=target, transfer=0)
        yield row
