"""Compare contents of dead files with those of the layer that killed them, within bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from layerlens.analysis.rules.context import Context
from layerlens.filesystem.changes import Change
from layerlens.layers.contents import MARK, marks_of
from layerlens.layers.table import Kind, LayerTable

LEAST_APPENDED = 1_000_000
"""Bytes of a file from which it matters that all of it was written again for an addition."""

_MOST_READ = 64 << 20
"""Bytes that are read of dead files to compare them with others, in one image."""

_MOST_COMPARED = 4_000
_MOST_APPENDED = 256 << 20
_MOST_TRIES = 4


class Comparing:
    """Comparisons that share their bounds.

    Contents in a plain archive are read again; those that passed have hashes
    and marks.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fs = context.fs
        self._read = 0
        self._compared = 0
        self._appended = 0
        self._layers: dict[int, dict[int, list[int]]] = {}

    # ------------------------------------------------------------- appended

    def begins_with(self, new: int, old: int) -> bool | None:
        """Whether a file begins with all of another and is longer.

        ``True`` where all bytes were compared, ``False`` where marks of whole
        mebibytes agree, ``None`` where it does not or cannot be known.
        """
        fs = self._fs
        size = fs.size(old)
        new = fs.inode(new)
        if size < LEAST_APPENDED or fs.size(new) <= size:
            return None
        if self._is_sparse(old) or self._is_sparse(new):
            return None
        below, above = self._known_marks(old), self._known_marks(new)
        whole = size // MARK * 8
        if below is not None and above is not None:
            return False if whole and below[:whole] == above[:whole] else None
        if self._appended + size > _MOST_APPENDED:
            return None
        ours, theirs = self._pieces(old), self._pieces(new)
        if ours is not None and theirs is not None:
            return True if self._is_prefix(ours, theirs, size) else None
        if not whole:
            return None
        self._appended += size
        count = whole // 8
        below = below if below is not None else _first_marks(ours, count)
        above = above if above is not None else _first_marks(theirs, count)
        if below is None or above is None:
            return None
        return False if below[:whole] == above[:whole] and len(above) >= whole else None

    def _is_prefix(self, ours: Iterator[bytes], theirs: Iterator[bytes], size: int) -> bool:
        held = memoryview(b"")
        left = size
        for piece in ours:
            view = memoryview(piece)
            while view:
                if not held:
                    held = memoryview(next(theirs, b""))
                    if not held:
                        return False
                count = min(len(view), len(held))
                self._appended += count
                if view[:count] != held[:count]:
                    return False
                view, held, left = view[count:], held[count:], left - count
        return not left

    def _known_marks(self, inode: int) -> bytes | None:
        layer = self._fs.layer_of(inode)
        return self._context.contents[layer].marks.get(inode - self._fs.first[layer])

    def _pieces(self, inode: int) -> Iterator[bytes] | None:
        layer = self._fs.layer_of(inode)
        return self._context.reread(layer, inode - self._fs.first[layer])

    def _is_sparse(self, inode: int) -> bool:
        table, i = self._fs.slot(inode)
        return i in table.sparse

    # ------------------------------------------------------------- moved

    def moved(self, dead: Sequence[int], layer: int) -> dict[int, tuple[int, bool]]:
        """Which dead files a layer has at new paths: inode -> (version there, compared).

        A candidate has the same size, and the same last name or the same time.
        Contents are compared as long as the bounds allow; then what ``mv``
        keeps (name, time, mode, owner) has to do.
        """
        fs = self._fs
        sizes = [(fs.size(inode), inode) for inode in dead]
        if not any(size for size, _ in sizes):
            return {}
        candidates = self._candidates(layer)
        found: dict[int, tuple[int, bool]] = {}
        taken: set[int] = set()
        for size, inode in sorted(sizes, key=lambda each: (-each[0], each[1])):
            tries = 0
            for version in candidates.get(size, ()) if size else ():
                if version in taken or tries >= _MOST_TRIES:
                    continue
                alike = self._alike(inode, version)
                if not alike:
                    continue
                tries += 1
                same = self._same(inode, version, size)
                if same or (same is None and alike == _ALL):
                    found[inode] = (version, bool(same))
                    taken.add(version)
                    break
        return found

    def _candidates(self, layer: int) -> dict[int, list[int]]:
        """Size -> files that a layer put at paths where they were not before."""
        if layer not in self._layers:
            fs = self._fs
            first = fs.first[layer]
            by_size: dict[int, list[int]] = defaultdict(list)
            for i, size in enumerate(fs.tables[layer].sizes):
                if size and fs.changes[first + i] in (Change.ADDED, Change.CONTENT):
                    by_size[size].append(first + i)
            self._layers[layer] = by_size
        return self._layers[layer]

    def _alike(self, one: int, other: int) -> int:
        """How many of name, time, mode and owner agree; 0 where neither name nor time does."""
        fs = self._fs
        paths = fs.paths
        name = paths[one].rpartition(b"/")[2] == paths[other].rpartition(b"/")[2]
        (table, i), (above, j) = fs.slot(fs.headers.get(one, one)), fs.slot(other)
        time = table.mtime(i) == above.mtime(j)
        if not (name or time):
            return 0
        owner = (table.uid(i), table.gid(i)) == (above.uid(j), above.gid(j))
        return name + time + owner + (table.mode(i) == above.mode(j))

    def _same(self, one: int, other: int, size: int) -> bool | None:
        """Whether two files of one size are equal; ``None`` where the bounds forbid to look."""
        fs = self._fs
        if fs.kinds[one] != Kind.FILE or fs.kinds[other] != Kind.FILE:
            return False
        a, b = fs.layer_of(one), fs.layer_of(other)
        if not (_has_hashes(fs.tables[a]) and _has_hashes(fs.tables[b])):
            if self._read + size > _MOST_READ or self._compared >= _MOST_COMPARED:
                return None
            self._read += size
            self._compared += 1
        return self._context.same_content((a, one - fs.first[a]), (b, other - fs.first[b]))


_ALL = 4
"""Name, time, mode and owner."""


def _has_hashes(table: LayerTable) -> bool:
    return bool(table.hashes)


def _first_marks(pieces: Iterator[bytes] | None, count: int) -> bytes | None:
    if pieces is None:
        return None
    return b"".join(islice(marks_of(pieces), count))
