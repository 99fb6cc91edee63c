"""What the page needs to compute :meth:`Analysis.what_if` exactly, for any findings.

Files that go by the same condition go together, so they stand in one row, an *atom*.
There are no more atoms than files that findings speak of, and all their sets together
are no longer than the findings' own lists; images have some dozens.

``page/whatif.js`` reads this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.savings import Savings, live_names

Json = dict[str, Any]

FindingSet = tuple[int, ...]
"""Indices of findings, ascending: met where one of them is ticked."""

Condition = tuple[FindingSet, ...]
"""Met where all its sets are."""


@dataclass(slots=True)
class Atoms:
    """What goes with which findings; findings are their indices in the analysis.

    ``sets``   sets of findings; a condition is a list of their indices, met where each
               of its sets has a ticked finding
    ``atoms``  [condition, ``unless``, bytes, bytes on the wire, dead bytes, claimed
               bytes]: what goes where the condition is met and ``unless`` is not
               (``None``: never is).  On the wire ``None`` where bytes are stored plain
    ``files``  files of which several findings name different parts: [``unless``, bytes,
               bytes on the wire, whether it is dead, claimed bytes, parts], each part
               [finding, number of its name in this file, bytes]
    ``advised`` the findings that are plain advice
    """

    sets: list[FindingSet] = field(default_factory=list)
    atoms: list[tuple[list[int], list[int] | None, int, int | None, int, int]] = field(
        default_factory=list
    )
    files: list[tuple[list[int] | None, int, int | None, int, int, list[tuple[int, int, int]]]] = (
        field(default_factory=list)
    )
    advised: list[int] = field(default_factory=list)

    def fields(self) -> Json:
        """All of it by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def atoms(analysis: Analysis) -> Atoms:
    """The atoms of an analysis whose rules ran."""
    assert analysis.judged is not None
    assert analysis.savings is not None
    advised = set(map(id, analysis.advised))
    found = Atoms(advised=[k for k, each in enumerate(analysis.findings) if id(each) in advised])
    _Maker(found, analysis, analysis.savings, analysis.judged.claimed.inodes).make()
    return found


class _Maker:
    """Fills atoms in."""

    def __init__(
        self,
        found: Atoms,
        analysis: Analysis,
        savings: Savings,
        claims: Mapping[int, tuple[object, int]],
    ) -> None:
        self._found, self._analysis, self._savings, self._claims = found, analysis, savings, claims
        self._places: dict[FindingSet, int] = {}

    def make(self) -> None:
        """Whole files first, then parts of those that are kept."""
        fs, savings = self._analysis.filesystem, self._savings
        conditions = _conditions(self._analysis)
        groups: dict[Condition, list[int]] = defaultdict(list)
        for inode, condition in conditions.items():
            groups[condition].append(inode)
        for condition, inodes in groups.items():
            size = savings.size(inodes)
            if size:
                self._found.atoms.append(
                    (
                        self._listed(condition),
                        None,
                        size,
                        savings.wire_of(inodes, {}),
                        savings.size(savings.dead.intersection(inodes)),
                        savings.claimed(inodes, self._claims),
                    )
                )
        parts = _parts(self._analysis)
        alike: dict[tuple[FindingSet, Condition | None], dict[int, int]] = defaultdict(dict)
        for inode, named in parts.items():
            size = fs.size(inode)
            whole = _freed(named.values(), size)
            if not whole:
                continue
            unless = conditions.get(inode)
            if all(_freed((each,), size) == whole for each in named.values()):
                alike[tuple(named), unless][inode] = whole
            else:
                self._add_file(inode, size, unless, named)
        for (findings, unless), freed in alike.items():
            self._found.atoms.append(
                (
                    self._listed((findings,)),
                    None if unless is None else self._listed(unless),
                    sum(freed.values()),
                    savings.wire_of((), freed),
                    sum(freed[inode] for inode in freed.keys() & savings.dead),
                    sum(min(size, self._claim(inode)) for inode, size in freed.items()),
                )
            )

    def _add_file(
        self,
        inode: int,
        size: int,
        unless: Condition | None,
        named: Mapping[int, Mapping[str, int]],
    ) -> None:
        names: dict[str, int] = {}
        self._found.files.append(
            (
                None if unless is None else self._listed(unless),
                size,
                self._savings.wire({inode: size}),
                int(inode in self._savings.dead),
                self._claim(inode),
                [
                    (finding, names.setdefault(name, len(names)), min(part, size))
                    for finding, each in named.items()
                    for name, part in each.items()
                ],
            )
        )

    def _claim(self, inode: int) -> int:
        return self._claims[inode][1] if inode in self._claims else 0

    def _listed(self, condition: Condition) -> list[int]:
        places, sets = self._places, self._found.sets
        for each in condition:
            if each not in places:
                places[each] = len(sets)
                sets.append(each)
        return [places[each] for each in condition]


def _freed(several: Collection[Mapping[str, int]], size: int) -> int:
    """Bytes of parts that go of a file: a part once, and no more than there are."""
    largest: dict[str, int] = {}
    for named in several:
        for name, part in named.items():
            largest[name] = max(part, largest.get(name, 0))
    return min(sum(largest.values()), size)


def _parts(analysis: Analysis) -> dict[int, dict[int, dict[str, int]]]:
    """Inode -> finding -> {name of a part: bytes}."""
    fs = analysis.filesystem
    found: dict[int, dict[int, dict[str, int]]] = {}
    for k, finding in enumerate(analysis.findings):
        for version, named in finding.parts.items():
            mine = found.setdefault(fs.inode(version), {}).setdefault(k, {})
            for name, size in named.items():
                mine[name] = max(size, mine.get(name, 0))
    return found


def _conditions(analysis: Analysis) -> dict[int, Condition]:
    """Inode -> with which findings it goes, for those that can go."""
    fs = analysis.filesystem
    covered = _covered(analysis.findings)
    names_of = live_names(fs)
    links = covered.keys() & fs.inodes.keys()
    several = {fs.inodes[version] for version in links} | (covered.keys() & names_of.keys())
    found: dict[int, Condition] = {}
    one: dict[FindingSet, Condition] = {}
    for version, findings in covered.items():
        if version not in links and version not in several:
            found[version] = one.setdefault(findings, (findings,))
    if several:
        aliases = defaultdict(list)
        for version in links:
            aliases[fs.inodes[version]].append(version)
        for inode in several:
            names = names_of.get(inode)
            if names is None:
                speak = [covered[each] for each in (inode, *aliases[inode]) if each in covered]
                found[inode] = (tuple(sorted(set().union(*speak))),)
            elif all(name in covered for name in names):
                found[inode] = _least([covered[name] for name in names])
    return found


def _least(several: Sequence[FindingSet]) -> Condition:
    """The sets that matter: one that contains another is met with it."""
    by_size = sorted(set(several), key=lambda each: (len(each), each))
    kept: list[frozenset[int]] = []
    for each in map(frozenset, by_size):
        if not any(other <= each for other in kept):
            kept.append(each)
    return tuple(sorted(tuple(sorted(each)) for each in kept))


def _covered(findings: Sequence[Finding]) -> dict[int, FindingSet]:
    """Version -> the findings that speak of all of it."""
    numbers: dict[int, int] = {}
    sets: list[FindingSet] = [()]
    for k, finding in enumerate(findings):
        grown: dict[int, int] = {}
        for version in dict.fromkeys(finding.versions):
            old = numbers.get(version, 0)
            new = grown.get(old)
            if new is None:
                new = grown[old] = len(sets)
                sets.append((*sets[old], k))
            numbers[version] = new
    return {version: sets[number] for version, number in numbers.items()}
