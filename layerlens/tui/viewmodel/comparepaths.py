"""The paths that differ between two images, as a tree whose sums are those of ranges.

A *spot* is a place at which something differs, by its number in path order.  What
moved has two: where it is, and where it was; so what directories add up to is right.
A directory's spots stand next to each other, so its sums are differences of two
running sums, and only what is looked at is put together.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import accumulate, compress
from operator import itemgetter, sub

from layerlens.comparison.model import Comparison, PathChange, PathDelta
from layerlens.filesystem.result import path_order
from layerlens.tui.viewmodel.pathfilter import matching
from layerlens.tui.viewmodel.rowfilter import RowFilter

Path = bytes
"""A path, raw, without a leading slash."""


class Way(IntEnum):
    """What became of a path, as far as it can be hidden and shown."""

    REMOVED = 0
    ADDED = 1
    CHANGED = 2
    MOVED = 3

    @property
    def word(self) -> str:
        return self.name.lower()


_ENDS = (Way.ADDED, Way.REMOVED)

_WAYS = {
    PathChange.ADDED: Way.ADDED,
    PathChange.REMOVED: Way.REMOVED,
    PathChange.CONTENT: Way.CHANGED,
    PathChange.METADATA: Way.CHANGED,
    PathChange.TYPE: Way.CHANGED,
    PathChange.MOVED: Way.MOVED,
}


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory and all that differs in it: bytes of both images, and how many paths.

    ``spot`` is its own, where it differs itself; ``way`` what became of it where it came
    or went, else what became of all in it; ``None`` where that is not one thing.
    """

    path: Path
    spot: int | None
    old: int
    new: int
    count: int
    way: Way | None

    @property
    def change(self) -> int:
        """How much larger it is."""
        return self.new - self.old


class Differing:
    """All spots of a comparison, in columns.

    Making it takes its time where hundreds of thousands differ: not for the UI's thread.
    ``weights`` are the changes without their signs.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.deltas: Sequence[PathDelta] = comparison.paths
        deltas = self.deltas
        moved = [k for k, delta in enumerate(deltas) if delta[1] is PathChange.MOVED]
        paths = list(map(itemgetter(0), deltas))
        paths += (deltas[k].moved_from or b"" for k in moved)
        keys = list(map(path_order, paths))
        order = sorted(range(len(paths)), key=keys.__getitem__)
        count = len(deltas)
        self.paths: list[Path] = list(map(paths.__getitem__, order))
        self._keys: list[bytes] = list(map(keys.__getitem__, order))
        was, now = list(map(itemgetter(4), deltas)), list(map(itemgetter(5), deltas))
        for k in moved:
            was.append(was[k])
            now.append(0)
            was[k] = 0
        source = [*range(count), *moved]
        self._source: list[int] = list(map(source.__getitem__, order))
        self._away = bytes(k >= count for k in order)
        self.old: list[int] = list(map(was.__getitem__, order))
        self.new: list[int] = list(map(now.__getitem__, order))
        self.changes: list[int] = list(map(sub, self.new, self.old))
        self.weights: list[int] = list(map(abs, self.changes))
        ways = [_WAYS[delta[1]] for delta in deltas]
        self.ways = bytes(map(ways.__getitem__, self._source))
        self.all: Sequence[int] = range(len(order))

    def delta(self, spot: int) -> PathDelta:
        """What is known of a spot."""
        delta: PathDelta = self.deltas[self._source[spot]]
        return delta

    def is_away(self, spot: int) -> bool:
        """Whether this is where something was that stands elsewhere now."""
        return bool(self._away[spot])

    def at(self, paths: Iterable[Path]) -> list[int]:
        """The spots of some paths, in order; those that do not differ have none."""
        found = set()
        for path in paths:
            key = path_order(path)
            k = bisect_left(self._keys, key)
            if k < len(self._keys) and self._keys[k] == key:
                found.add(k)
        return sorted(found)

    def below(self, spots: Sequence[int], path: Path) -> Sequence[int]:
        """Those that lie below a directory, without itself."""
        if not path:
            return spots
        key = path_order(path)
        low = bisect_left(spots, bisect_left(self._keys, key + b"\0"))
        return spots[low : bisect_left(spots, self.end_of(key))]

    def end_of(self, key: bytes) -> int:
        """The first spot behind a path and all that it holds."""
        return bisect_left(self._keys, key + b"\1")

    def narrowed(
        self, spots: Sequence[int], wanted: RowFilter, hidden: frozenset[Way] = frozenset()
    ) -> Sequence[int]:
        """Those that a filter lets through, and whose kind is not hidden."""
        if hidden:
            shown = bytes(way not in hidden for way in Way).ljust(256, b"\0")
            flags = self.ways.translate(shown)
            spots = list(compress(spots, map(flags.__getitem__, spots)))
        if wanted.text:
            paths = list(map(self.paths.__getitem__, spots))
            spots = list(compress(spots, matching(paths, wanted)))
        return spots


class Tree:
    """Some spots, in order: what lies right below a directory, and what it adds up to."""

    def __init__(self, differing: Differing, spots: Sequence[int]) -> None:
        self._all = differing
        self.spots = spots
        self._old = list(accumulate(map(differing.old.__getitem__, spots), initial=0))
        self._new = list(accumulate(map(differing.new.__getitem__, spots), initial=0))
        self.change = self._new[-1] - self._old[-1]

    @cached_property
    def _ways(self) -> bytes:
        return bytes(map(self._all.ways.__getitem__, self.spots))

    def rows(self, top: Path) -> list[int | Folder]:
        """What lies right below a directory that holds all spots; chains below it are folded."""
        return list(self._rows(len(top) + 1 if top else 0))

    def _rows(self, start: int) -> Iterator[int | Folder]:
        paths, spots = self._all.paths, self.spots
        at = 0
        while at < len(spots):
            spot = spots[at]
            path = paths[spot]
            end = path.find(b"/", start)
            name = path if end < 0 else path[:end]
            after = bisect_left(spots, self._all.end_of(path_order(name)), at)
            if after == at + 1:
                yield spot  # alone, however deep
            else:
                yield self._folder(at, after)
            at = after

    def _folder(self, low: int, high: int) -> Folder:
        """The deepest directory that holds some spots."""
        first, last = self._all.paths[self.spots[low]], self._all.paths[self.spots[high - 1]]
        path = _shared(first, last)
        ways = self._ways[low:high]
        # It comes first, where it differs itself.
        whole = ways.count(ways[0]) == len(ways) or (path == first and ways[0] in _ENDS)
        return Folder(
            path,
            self.spots[low] if path == first else None,
            self._old[high] - self._old[low],
            self._new[high] - self._new[low],
            high - low,
            Way(ways[0]) if whole else None,
        )


def _shared(first: Path, last: Path) -> Path:
    """The parts that two paths begin with, of which the first may be all of the one."""
    one, other = first.split(b"/"), last.split(b"/")
    same = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        same += 1
    return b"/".join(one[:same])
