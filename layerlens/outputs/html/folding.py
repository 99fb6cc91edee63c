"""Images of very many files: the smallest stand in the report's page as sums.

Where there are more records than :data:`MOST_RECORDS`, the largest paths stay as they
are; of each directory that stays, all else below it (files, whole subtrees) becomes one
nameless node.  Its records are sums over those that agree in all that the page tells
apart by, so every sum over a directory stays what it was, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.outputs.html.paths import KINDS, Nodes
from layerlens.outputs.html.tree import Columns

Json = dict[str, Any]

MOST_RECORDS = 250_000
"""A page with as many takes a second to open and some megabytes."""

_FIRST_SHARE = 0.6
"""Of the bound, what paths may take at first: the sums need some of it too."""

_TRIES = 4

_WASTE = 4
"""How much sooner a wasted byte is told of than another."""

_KEPT = 1 << 80
"""Heavier than whatever an image holds."""

_DIRECTORY = KINDS.index("dir")


@dataclass(slots=True)
class _Sums:
    """What becomes sums, in columns: of which records, by directory and combination.

    ``place`` is a directory's node times the number of combinations, plus one of these.
    """

    place: list[int] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    wire: list[int] = field(default_factory=list)
    claimed: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)


def fold(found: Columns, named: Iterable[int] = (), most: int | None = None) -> Columns:
    """The columns with at most so many records, or as few as keep all sums exact.

    ``most`` is :data:`MOST_RECORDS` where it is not given.
    Records that are ``named`` elsewhere stay, as do files whose bytes count or were
    lost under another name.
    """
    most = MOST_RECORDS if most is None else most
    if len(found.layer) <= most:
        return found
    nodes = _Nodes(found)
    weight = nodes.weights(named)
    heaviest = sorted(range(len(weight)), key=weight.__getitem__, reverse=True)
    budget = int(most * _FIRST_SHARE)
    for _ in range(_TRIES):
        # A directory is as heavy as what it holds and stands before it, so whatever is
        # among the heaviest has the directories above it there as well.
        stays = bytearray(len(heaviest))
        left = budget
        for node in heaviest:
            left -= found.records[node] or 1
            if left < 0 and weight[node] < _KEPT and node:
                break
            stays[node] = 1
        nodes.settle(stays)
        total = nodes.total()
        if total <= most:
            break
        budget = min(budget * most // total, budget - 1)
    return _written(nodes)


def named_records(analysis: Analysis, found: Columns) -> list[int]:
    """The records of paths that other parts of the report name."""
    paths = {path for finding in analysis.findings for path in finding.paths}
    paths.update(package.database for package in analysis.inventory.packages)
    paths.update(note.path for note in analysis.diagnostics if note.path is not None)
    told = analysis.filesystem.paths
    return [at for version, at in found.record_of.items() if told[version] in paths]


def folded_facts(whole: Columns, found: Columns) -> Json | None:
    """How many paths, directories aside, are not told of by name, and how many there are."""
    if found is whole:
        return None
    files = 0
    record = 0
    for count in whole.records:
        files += count > 0 and whole.kind[record] != _DIRECTORY
        record += count
    return {"files": sum(each for _, each, _ in found.tails), "of": files}


class _Nodes:
    """The nodes of columns, with what folding asks of them.

    ``node_of`` each record; ``combination`` of each record, by what the page tells
    records apart, numbered so that lower layers come first; ``home`` of each node, the
    directory that stays; ``place`` as in :class:`_Sums`, -1 for what stays.
    """

    def __init__(self, found: Columns) -> None:
        self.found = found
        self.parents = parents_of(found)
        self.node_of: list[int] = []
        for node, count in enumerate(found.records):
            self.node_of += [node] * count
        known: dict[tuple[int, ...], int] = {}
        alike = zip(
            found.layer, found.change, found.kind, found.gone, found.taken, found.lost,
            found.of, found.package, strict=True,
        )  # fmt: skip
        combination = [known.setdefault(each, len(known)) for each in alike]
        rank = {known[each]: at for at, each in enumerate(sorted(known))}
        self.combination = [rank[each] for each in combination]
        self.combinations = len(known)
        self.stays = bytearray()
        self.home: list[int] = []
        self.place: list[int] = []

    def weights(self, named: Iterable[int]) -> list[int]:
        """How much each node's subtree tells: its bytes, and its waste more so."""
        found, node_of = self.found, self.node_of
        weight = [0] * len(found.depth)
        for node, size, of in zip(node_of, found.size, found.of, strict=True):
            weight[node] += size * _WASTE if of else size
        for record in named:
            weight[node_of[record]] = _KEPT
        for pair in (*found.stand, *found.lost_at):
            for record in pair:
                weight[node_of[record]] = _KEPT
        parents = self.parents
        for node in range(len(weight) - 1, 0, -1):
            weight[parents[node]] += weight[node]
        return weight

    def settle(self, stays: bytearray) -> None:
        """Say which nodes stay: with them the directories above them."""
        self.stays = stays
        home: list[int] = []
        for node, parent in enumerate(self.parents):
            home.append(node if stays[node] else home[parent])
        width = self.combinations
        self.home = home
        self.place = [
            -1 if stays[node] else home[node] * width + each
            for node, each in zip(self.node_of, self.combination, strict=True)
        ]

    def total(self) -> int:
        """How many records that leaves."""
        return self.place.count(-1) + len({*self.place} - {-1})

    def sums(self) -> _Sums:
        """The sums, in the order of their directories."""
        found = self.found
        claimed = dict(found.claimed)
        wires = found.wire
        index = {place: at for at, place in enumerate(sorted({*self.place} - {-1}))}
        count = len(index)
        sums = _Sums(list(index), [-1] * count, *([0] * count for _ in range(4)))
        for record, (place, size) in enumerate(zip(self.place, found.size, strict=True)):
            if place < 0:
                continue
            at = index[place]
            sums.count[at] += 1
            sums.size[at] += size
            if sums.first[at] < 0:
                sums.first[at] = record
            if wires is not None:
                sums.wire[at] += wires[record]
            sums.claimed[at] += claimed.get(record, size)
        return sums

    def tails(self) -> dict[int, list[int]]:
        """Directory that stays -> paths below it that do not: [not directories, directories]."""
        tails: dict[int, list[int]] = {}
        last = -1
        for node, kind in zip(self.node_of, self.found.kind, strict=True):
            # By what it was at first: a path that changed its type counts once.
            if node != last and not self.stays[node]:
                known = tails.setdefault(self.home[node], [0, 0])
                known[kind == _DIRECTORY] += 1
            last = node
        return tails


def _written(nodes: _Nodes) -> Columns:
    """The columns put together again."""
    old, sums, tails = nodes.found, nodes.sums(), nodes.tails()
    new = Columns(names=[""], attributes=old.attributes)
    names = kept_names(old, new, nodes.stays)
    # By new record: the old one, or the first of those that a sum is of.
    origin: list[int] = []
    size: list[int] = []
    wire: list[int] = []
    moved = [-1] * len(old.layer)
    at_place: dict[int, int] = {}
    old_wire = old.wire or [0] * len(old.layer)
    claimed = dict(old.claimed)
    record = following = 0
    for node, (depth, count) in enumerate(zip(old.depth, old.records, strict=True)):
        end = record + count
        if nodes.stays[node]:
            new.depth.append(depth)
            new.name.append(next(names))
            new.records.append(count)
            for at in range(record, end):
                moved[at] = len(origin)
                if at in claimed:
                    new.claimed.append((len(origin), claimed[at]))
                origin.append(at)
            size += old.size[record:end]
            wire += old_wire[record:end]
        if node in tails:
            files, directories = tails[node]
            new.tails.append((len(new.depth), files, directories))
            new.depth.append(depth + 1)
            new.name.append(1)  # nameless, as the root
            first, beyond = following, (node + 1) * nodes.combinations
            while following < len(sums.place) and sums.place[following] < beyond:
                at_place[sums.place[following]] = len(origin)
                kept = sums.size[following] - sums.claimed[following]
                if kept:
                    new.claimed.append((len(origin), sums.claimed[following]))
                directory = old.kind[sums.first[following]] == _DIRECTORY
                new.folded.append((len(origin), 0 if directory else sums.count[following]))
                origin.append(sums.first[following])
                following += 1
            new.records.append(following - first)
            size += sums.size[first:following]
            wire += sums.wire[first:following]
        record = end
    for name in ("layer", "change", "kind", "owner", "gone", "taken", "lost", "of", "package"):
        setattr(new, name, list(map(getattr(old, name).__getitem__, origin)))
    new.size, new.wire = size, None if old.wire is None else wire
    if old.some_wire is not None:  # told of files by their names alone
        new.some_wire = list(map(old.some_wire.__getitem__, origin))
    new.stand = [(moved[to], moved[at]) for to, at in old.stand]
    new.lost_at = [(moved[at], moved[name]) for at, name in old.lost_at]
    new.targets = [(moved[at], text) for at, text in old.targets if moved[at] >= 0]
    for at, place in enumerate(nodes.place):
        if place >= 0:
            moved[at] = at_place[place]
    new.record_of = {version: moved[at] for version, at in old.record_of.items()}
    return new


def parents_of(found: Nodes) -> list[int]:
    """Each node's directory; the root's is itself."""
    line = [0] * (max(found.depth) + 1)
    parents = []
    for node, depth in enumerate(found.depth):
        line[depth] = node
        parents.append(line[depth - 1] if depth else 0)
    return parents


def kept_names(old: Nodes, new: Nodes, stays: bytearray) -> Iterator[int]:
    """``name`` of each node that stays; fills in ``names`` and ``exact``."""
    exact = dict(old.exact)
    index: dict[int, int] = {}
    following = 0
    for node, ref in enumerate(old.name):
        at = ref - 1
        if ref == 0:
            at, following = following, following + 1
        if not stays[node]:
            continue
        known = index.get(at)
        if known is not None:
            yield known + 1
            continue
        index[at] = len(new.names) if node else 0
        if node:
            if at in exact:
                new.exact.append((len(new.names), exact[at]))
            new.names.append(old.names[at])
        yield 0
