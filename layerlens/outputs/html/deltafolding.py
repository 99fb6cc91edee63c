"""Comparisons of very many paths that differ: the smallest stand in the page as sums.

As :mod:`~layerlens.outputs.html.folding` does for an image: where there are more than
:data:`MOST_CHANGES`, those that changed the most keep their names; of each directory
that keeps its own, all else below it becomes one nameless node.  Its records are sums by
what became of the paths, their kind and whether they grew, so that every figure of a
directory stays what it was.
"""

from __future__ import annotations

from typing import Any

from layerlens.outputs.html.comparison import CHANGES, LEFT, DeltaColumns
from layerlens.outputs.html.folding import kept_names, parents_of
from layerlens.outputs.html.paths import KINDS

Json = dict[str, Any]

MOST_CHANGES = 100_000
"""A page takes about 600 kB for as many, and less than a second longer to open."""

_FIRST_SHARE = 0.6
"""Of the bound, what paths may take at first: the sums need some of it too."""

_TRIES = 5
_SHRINK = 0.95

_CHANGED = 4
"""How much sooner a byte of difference is told of than one that is on both sides."""

_FILES = 16
"""As many bytes as a named file, times this, makes a directory worth its own sums."""

_DIRECTORY = KINDS.index("dir")

_Place = tuple[int, int, int, int, bool]
"""What a sum is of: its directory's node, change, kind, the sign of its bytes, unsure."""


def fold_changes(found: DeltaColumns, most: int | None = None) -> DeltaColumns:
    """The columns with at most so many records, or as few as keep all sums exact.

    ``most`` is :data:`MOST_CHANGES` where it is not given.  What moved keeps both of its
    places or none.
    """
    most = MOST_CHANGES if most is None else most
    if len(found.change) <= most:
        return found
    nodes = _Nodes(found)
    heaviest = sorted(range(len(nodes.weight)), key=nodes.weight.__getitem__, reverse=True)
    budget = int(most * _FIRST_SHARE)
    for _ in range(_TRIES):
        # A directory is as heavy as what it holds at least and stands before it, so whatever is
        # among the heaviest has the directories above it there as well.
        nodes.settle(heaviest[: max(1, budget)])
        total = nodes.total()
        if total <= most:
            break
        budget = min(int(budget * most / total * _SHRINK), budget - 1)
    return _written(nodes)


def folded_changes(whole: DeltaColumns, found: DeltaColumns) -> Json | None:
    """How many paths that differ are not told of by name, and how many do."""
    if found is whole:
        return None
    left = CHANGES.index(LEFT)
    folded = sum(count for record, count in found.folded if found.change[record] != left)
    return {"paths": folded, "of": sum(change != left for change in whole.change)}


class _Nodes:
    """The nodes of columns: ``record`` of each (-1: none), ``place`` of each record that folds."""

    def __init__(self, found: DeltaColumns) -> None:
        self.found = found
        self.parents = parents_of(found)
        self.record: list[int] = []
        node_of: list[int] = []
        for node, count in enumerate(found.records):
            self.record.append(len(node_of) if count else -1)
            if count:
                node_of.append(node)
        self.node_of = node_of
        self.weight = self._weights()
        self.unsure = frozenset(found.unsure)
        self.stays = bytearray()
        self.place: list[_Place | None] = []

    def _weights(self) -> list[int]:
        found, node_of = self.found, self.node_of
        own = [
            _CHANGED * abs(new - old) + old + new
            for old, new in zip(found.old, found.new, strict=True)
        ]
        for to, at in found.moved:
            own[to] = own[at] = max(own[to], own[at])
        weight = [0] * len(found.depth)
        for node, each in zip(node_of, own, strict=True):
            weight[node] = each
        sums = weight.copy()
        for node in range(len(weight) - 1, 0, -1):
            parent = self.parents[node]
            sums[parent] += sums[node]
            # At least as heavy as whatever it holds: so it stands before that.
            weight[parent] = max(weight[parent], weight[node], sums[parent] // _FILES)
        return weight

    def settle(self, kept: list[int]) -> None:
        """Say which nodes stay: the ends of what moved together."""
        stays = bytearray(len(self.weight))
        for node in (0, *kept):
            stays[node] = 1
        for pair in self.found.moved:
            ends = [self.node_of[record] for record in pair]
            if stays[ends[0]] != stays[ends[1]]:
                self._part(stays, *sorted(ends, key=stays.__getitem__))
        home: list[int] = []
        for node, parent in enumerate(self.parents):
            home.append(node if stays[node] else home[parent])
        self.stays = stays
        found = self.found
        self.place = [
            None
            if stays[node]
            else (
                home[node],
                found.change[record],
                found.kind[record],
                (found.new[record] > found.old[record]) - (found.new[record] < found.old[record]),
                record in self.unsure,
            )
            for record, node in enumerate(self.node_of)
        ]

    def _part(self, stays: bytearray, gone: int, there: int) -> None:
        """Of two ends only ``there`` stays: let it go, or the other stay if that cannot be."""
        depth = self.found.depth
        if there + 1 == len(depth) or depth[there + 1] <= depth[there]:
            stays[there] = 0
            return
        at = gone
        while not stays[at]:
            stays[at] = 1
            at = self.parents[at]

    def total(self) -> int:
        """How many records that leaves."""
        return self.place.count(None) + len({*self.place} - {None})


def _written(nodes: _Nodes) -> DeltaColumns:
    """The columns put together again."""
    old = nodes.found
    new = DeltaColumns(names=[""], hows=old.hows)
    names = kept_names(old, new, nodes.stays)
    below: dict[int, dict[_Place, list[int]]] = {}
    for record, place in enumerate(nodes.place):
        if place is not None:
            below.setdefault(place[0], {}).setdefault(place, []).append(record)
    moved: dict[int, int] = {}
    for node, depth in enumerate(old.depth):
        record = nodes.record[node]
        if nodes.stays[node]:
            new.depth.append(depth)
            new.name.append(next(names))
            new.records.append(old.records[node])
            if record >= 0:
                moved[record] = len(new.change)
                _add(new, old, [record])
        if node in below:
            sums = [below[node][place] for place in sorted(below[node])]
            folders = sum(len(each) for each in sums if old.kind[each[0]] == _DIRECTORY)
            new.tails.append((len(new.depth), sum(map(len, sums)) - folders, folders))
            new.depth.append(depth + 1)
            new.name.append(1)  # nameless, as the root
            new.records.append(len(sums))
            for records in sums:
                new.folded.append((len(new.change), len(records)))
                if records[0] in nodes.unsure:
                    new.unsure.append(len(new.change))
                _add(new, old, records)
    new.moved = [(moved[to], moved[at]) for to, at in old.moved if to in moved]
    new.unsure = sorted({*new.unsure, *(moved[at] for at in old.unsure if at in moved)})
    new.how = [(moved[at], how) for at, how in old.how if at in moved]
    return new


def _add(new: DeltaColumns, old: DeltaColumns, records: list[int]) -> None:
    """One record: the sum of some that are alike."""
    new.change.append(old.change[records[0]])
    new.kind.append(old.kind[records[0]])
    new.old.append(sum(map(old.old.__getitem__, records)))
    new.new.append(sum(map(old.new.__getitem__, records)))
