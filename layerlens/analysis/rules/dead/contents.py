"""Compare contents of dead files with those of the layer that killed them, within bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, islice

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
        wanted = {size for size, _ in sizes if size}
        if not wanted:
            return {}
        by_name, by_time = self._candidates(layer, wanted)
        if not by_name:
            return {}
        found: dict[int, tuple[int, bool]] = {}
        taken: set[int] = set()
        for size, inode in sorted(sizes, key=lambda each: (-each[0], each[1])):
            if not size:
                break
            named = by_name.get((size, _last(fs.paths[inode])), ())
            for version in chain(named[-_MOST_TRIES:], self._of_time(by_time, size, inode)):
                if version in taken:
                    continue
                same = self._same(inode, version, size)
                if same or (same is None and self._kept_all(inode, version)):
                    found[inode] = (version, bool(same))
                    taken.add(version)
                    if named and named[-1] == version:
                        by_name[size, _last(fs.paths[inode])].pop()
                    break
        return found

    def _candidates(
        self, layer: int, wanted: AbstractSet[int]
    ) -> tuple[dict[tuple[int, bytes], list[int]], dict[tuple[int, float], list[int]]]:
        """Files that a layer put at paths where they were not: by size and last name, and time."""
        fs = self._fs
        first, table = fs.first[layer], fs.tables[layer]
        by_name: dict[tuple[int, bytes], list[int]] = defaultdict(list)
        by_time: dict[tuple[int, float], list[int]] = defaultdict(list)
        for i, size in enumerate(table.sizes):
            if size in wanted and fs.changes[first + i] in (Change.ADDED, Change.CONTENT):
                by_name[size, _last(fs.paths[first + i])].append(first + i)
                by_time[size, table.mtime(i)].append(first + i)
        return by_name, by_time

    def _of_time(
        self, by_time: Mapping[tuple[int, float], list[int]], size: int, inode: int
    ) -> Iterator[int]:
        # A generator: most are found by their names.
        table, i = self._fs.slot(self._fs.headers.get(inode, inode))
        yield from by_time.get((size, table.mtime(i)), ())[-_MOST_TRIES:]

    def _kept_all(self, one: int, other: int) -> bool:
        """Whether name, mode, owner and time agree, as ``mv`` leaves them."""
        fs = self._fs
        (table, i), (above, j) = fs.slot(fs.headers.get(one, one)), fs.slot(other)
        mine, theirs = table.raw[i * _RAW : i * _RAW + _RAW], above.raw[j * _RAW : j * _RAW + _RAW]
        return (
            mine == theirs
            and table.overrides.get(i) == above.overrides.get(j)
            and _last(fs.paths[one]) == _last(fs.paths[other])
        )

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


_RAW = 48
"""Bytes that a table keeps of each header: mode, owner, size, time."""


def _last(path: bytes) -> bytes:
    return path[path.rfind(b"/") + 1 :]


def _has_hashes(table: LayerTable) -> bool:
    return bool(table.hashes)


def _first_marks(pieces: Iterator[bytes] | None, count: int) -> bytes | None:
    if pieces is None:
        return None
    return b"".join(islice(marks_of(pieces), count))
