"""Where a filesystem grew or shrank: the deepest directories that explain it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

from layerlens.comparison.model import Path, PathChange, PathDelta
from layerlens.layers.names import parent

_SMALL = 0.02
"""Share of all change below which a place is not split off another."""

_EXPLAINED = 0.8
"""Share of a directory's change that its parts must explain, to stand for it."""

_MOST_PARTS = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A directory or file and what changed at or below it.

    ``bytes`` is how much larger it is; ``grown`` and ``shrunk`` (both at least 0) are
    the sums of what grew and of what shrank; ``files`` counts the paths that differ.
    """

    path: Path
    bytes: int
    grown: int
    shrunk: int
    files: int


def places(paths: Iterable[PathDelta], most: int = 10) -> list[Place]:
    """At most ``most`` places, the largest change first; none is inside another.

    What moved counts where it went and where it came from.
    """
    grown: Counter[Path] = Counter()
    shrunk: Counter[Path] = Counter()
    files: Counter[Path] = Counter()
    for delta in paths:
        if delta.change is PathChange.MOVED and delta.moved_from is not None:
            spots = [(delta.moved_from, -delta.old_bytes), (delta.path, delta.new_bytes)]
        else:
            spots = [(delta.path, delta.bytes)]
        for path, change in spots:
            if change:
                (grown if change > 0 else shrunk)[path] += abs(change)
                files[path] += 1
    below = _add_up(grown, shrunk, files)

    def gross(path: Path) -> int:
        return grown[path] + shrunk[path]

    total = gross(b"")
    if not total:
        return []
    waiting: list[tuple[int, Path]] = [(-total, b"")]
    found: list[Path] = []
    while waiting and len(found) < most:
        _, path = heappop(waiting)
        parts = [each for each in below.get(path, ()) if gross(each) >= _SMALL * total]
        explained = sum(map(gross, parts)) >= _EXPLAINED * gross(path)
        few = len(parts) <= _MOST_PARTS and len(found) + len(waiting) + len(parts) <= most
        if parts and (not path or (explained and few)):
            for each in parts:
                heappush(waiting, (-gross(each), each))
        elif path or not parts:
            found.append(path)
    return [
        Place(path, grown[path] - shrunk[path], grown[path], shrunk[path], files[path])
        for path in sorted(found, key=lambda each: (-gross(each), each))
    ]


def _add_up(
    grown: Counter[Path], shrunk: Counter[Path], files: Counter[Path]
) -> dict[Path, list[Path]]:
    """Give directories the sums of what they hold; gives what stands directly in each."""
    below: dict[Path, list[Path]] = defaultdict(list)
    own = [(path, grown[path], shrunk[path]) for path in files]
    known: set[Path] = set()
    for path, more, less in own:
        at = path
        while at:
            up = parent(at)
            if at not in known:
                known.add(at)
                below[up].append(at)
            at = up
            grown[at] += more
            shrunk[at] += less
            files[at] += 1
    return below
