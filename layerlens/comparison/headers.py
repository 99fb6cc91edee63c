"""Owner, mode and time of many versions: each distinct header field is decoded once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from layerlens.filesystem.result import IMPLIED, LINK_MODE, Filesystem
from layerlens.layers.table import Kind

Owner = tuple[int, int, int]
"""Mode, uid, gid."""

Attributes = tuple[Owner, float, tuple[tuple[bytes, bytes], ...]]
"""Owner, time, extended attributes: what :mod:`layerlens.filesystem.compare` compares."""

_RAW = 48
_IMPLIED: Attributes = ((0o755, 0, 0), 0, ())


def attributes_of(fs: Filesystem) -> Callable[[int], Attributes]:
    """A function that gives the attributes of a version."""
    tables, first, kinds = fs.tables, fs.first, fs.kinds
    inodes, synthetic, headers = fs.inodes, fs.synthetic, fs.headers
    owners: dict[bytes, Owner] = {}
    times: dict[bytes, float] = {}
    low = high = -1  # versions of the layer that was met last: most neighbours are of one
    layer = 0

    def attributes(version: int) -> Attributes:
        nonlocal low, high, layer
        origin = synthetic.get(version, version)
        if origin == IMPLIED:
            return _IMPLIED
        source = inodes.get(origin, origin)
        is_link = kinds[source] == Kind.SYMLINK
        source = headers.get(source, source)
        if not low <= source < high:
            layer = bisect_right(first, source) - 1
            low, high = first[layer], first[layer + 1]
        table = tables[layer]
        i = source - low
        if i in table.overrides:
            owner, mtime = (table.mode(i), table.uid(i), table.gid(i)), table.mtime(i)
        else:
            # Mode, uid and gid are the first 24 of the kept bytes, the time the last 12.
            at = i * _RAW
            key = bytes(table.raw[at : at + 24])
            found = owners.get(key)
            if found is None:
                found = owners[key] = (table.mode(i), table.uid(i), table.gid(i))
            owner = found
            when = bytes(table.raw[at + 36 : at + _RAW])
            known = times.get(when)
            if known is None:
                known = times[when] = table.mtime(i)
            mtime = known
        if is_link:
            owner = (LINK_MODE, *owner[1:])
        return owner, mtime, table.xattrs.get(i, ()) if table.xattrs else ()

    return attributes
