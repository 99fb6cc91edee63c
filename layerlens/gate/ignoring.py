"""Ignores in effect: which findings they hide, and which bytes count as kept.

A byte counts as kept where its path is ignored, or where nothing that is left
speaks of it: an ignored rule's bytes still count if another rule, one that is not
ignored, says that they need not be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from layerlens.analysis.figures import repeats
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import LedgerClass
from layerlens.analysis.rules.savings import Savings
from layerlens.filesystem.result import Filesystem
from layerlens.gate.matching import Places
from layerlens.gate.model import Ignore, IgnoreRuling

_CLASS_ORDER = {each: place for place, each in enumerate(LedgerClass)}

Claims = Mapping[int, tuple[LedgerClass, int]]
"""Inode -> (class, bytes) of what may go."""


@dataclass(frozen=True, slots=True)
class Excused:
    """What ignores leave out of an analysis.

    ``findings`` are indices in ``Analysis.findings``; ``dead`` and ``repeats`` inodes that
    count as kept although they are dead, or repeat what lies below; ``claims`` what is
    still removable, ``None`` where that is all that was; ``spoken`` the inodes of which
    a finding, by its index, does not speak any more.
    """

    rulings: tuple[IgnoreRuling, ...] = ()
    findings: frozenset[int] = frozenset()
    dead: frozenset[int] = frozenset()
    repeats: frozenset[int] = frozenset()
    claims: Claims | None = None
    spoken: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Part:
    """Those of a finding's files that are ignored; see :class:`~layerlens.analysis.rules.savings.Going`."""

    versions: Sequence[int]
    parts: Mapping[int, Mapping[str, int]]


@dataclass(slots=True)
class _Tally:
    """What one ignore has hidden so far."""

    findings: int = 0
    inodes: dict[int, int] = field(default_factory=dict)


def excuse(analysis: Analysis, ignores: Sequence[Ignore], today: date) -> Excused:
    """What some ignores leave out on a day."""
    expired = [ignore.expires is not None and today > ignore.expires for ignore in ignores]
    active = [k for k, gone in enumerate(expired) if not gone]
    if not active:
        return Excused(rulings=tuple(IgnoreRuling(each, expired=True) for each in ignores))
    work = _Work(analysis, {k: ignores[k] for k in active})
    return Excused(
        rulings=tuple(
            IgnoreRuling(ignore, expired=True)
            if k not in work.tallies
            else IgnoreRuling(
                ignore, work.tallies[k].findings, sum(work.tallies[k].inodes.values())
            )
            for k, ignore in enumerate(ignores)
        ),
        findings=frozenset(work.hidden),
        dead=frozenset(work.dead),
        repeats=frozenset(work.repeats),
        claims=work.claims,
        spoken={n: frozenset(inodes) for n, inodes in work.spoken.items()},
    )


_NONE: frozenset[int] = frozenset()


class _Work:
    """One pass over everything that ignores may speak of."""

    def __init__(self, analysis: Analysis, ignores: Mapping[int, Ignore]) -> None:
        self._analysis = analysis
        self._fs = analysis.filesystem
        self._ignores = ignores
        self.tallies = {k: _Tally() for k in ignores}
        self.hidden: set[int] = set()
        self.dead: set[int] = set()
        self.repeats: set[int] = set()
        self.spoken: dict[int, set[int]] = {}
        claimed: Claims = {} if analysis.judged is None else analysis.judged.claimed.inodes
        self.claims: Claims | None = None
        self._excused: dict[int, set[int]] = {}
        self._dead = set(self._fs.deaths.inode)
        self._anywhere = frozenset(
            k for k, ignore in ignores.items() if ignore.paths and not ignore.rule
        )
        self._repeats = list(repeats(self._fs, 0))
        self._names = list(_live_names(self._fs, claimed)) if self._anywhere else []
        self._hits = self._found_paths()
        kept: set[int] = set()
        if self._anywhere and self._hits:
            kept = self._ignored_places(claimed)
        touched = self._ignored_findings(claimed) if analysis.findings else set()
        if kept or touched:
            out = kept | touched
            left = {inode: claim for inode, claim in claimed.items() if inode not in out}
            self._reassign(left, touched - kept, claimed)
            self.claims = left
        self._find_repeats()

    def _found_paths(self) -> Mapping[int, frozenset[int]]:
        """Version -> the ignores whose paths it has; of all versions that any may speak of."""
        lots = [(k, each.paths) for k, each in self._ignores.items() if each.paths]
        if not lots:
            return {}
        rules = {self._ignores[k].rule for k, _ in lots}
        self._places = Places(self._fs, lots)
        wanted: set[int] = set()
        for finding in self._analysis.findings:
            if self._anywhere or finding.rule.id in rules:
                wanted.update(finding.versions, finding.parts)
        if self._anywhere:
            wanted.update(self._fs.deaths.name, self._repeats)
            wanted.update(name for name, _ in self._names)
        return self._places.of_versions(sorted(wanted))

    # -------------------------------------------------------------------- by path alone

    def _ignored_places(self, claimed: Claims) -> set[int]:
        """Leave out dead bytes at ignored paths; gives the claimed inodes that lie there."""
        fs = self._fs
        deaths = fs.deaths
        hits, anywhere = self._hits, self._anywhere
        for inode, name in zip(deaths.inode, deaths.name, strict=True):
            lots = hits.get(name)
            if lots is not None and not lots.isdisjoint(anywhere):
                self.dead.add(inode)
                self._count(lots & anywhere, inode, fs.size(inode))
        kept: set[int] = set()
        for name, inode in self._names:
            lots = hits.get(name)
            if lots is not None and not lots.isdisjoint(anywhere):
                kept.add(inode)
                self._count(lots & anywhere, inode, claimed[inode][1])
        return kept

    def _count(self, lots: Iterable[int], inode: int, size: int) -> None:
        for k in lots:
            self.tallies[k].inodes[inode] = size

    # ------------------------------------------------------------------------ by finding

    def _ignored_findings(self, claimed: Claims) -> set[int]:
        """Hide findings; gives the claimed inodes of which a hidden part of one speaks."""
        savings = self._analysis.savings
        assert savings is not None  # there are findings
        excused: dict[int, set[int]] = {}
        for n, finding in enumerate(self._analysis.findings):
            mine = {k for k, each in self._ignores.items() if each.rule in ("", finding.rule.id)}
            whole = {k for k in mine if not self._ignores[k].paths}
            if whole:
                self.hidden.add(n)
                for k in whole:
                    self.tallies[k].findings += 1
                self._speak(excused, n, finding, whole, savings, claimed)
            if mine > whole:
                self._partly(excused, n, finding, mine - whole, savings, claimed)
        self._excused = excused
        if not excused:
            return set()
        spoken = set().union(*excused.values())
        dead = spoken & self._dead
        for n, finding in enumerate(self._analysis.findings):
            if dead and not finding.rule.alternative and n not in self.hidden:
                gone, _ = savings.going((finding,))
                dead -= gone - excused.get(n, set())
        self.dead |= dead
        return spoken & claimed.keys()

    def _speak(
        self,
        excused: dict[int, set[int]],
        n: int,
        finding: Finding | _Part,
        lots: Iterable[int],
        savings: Savings,
        claimed: Claims,
    ) -> None:
        """Note whose bytes a finding, or an ignored part of it, speaks of."""
        if self._analysis.findings[n].rule.alternative:
            return  # another way of building: its bytes are others' too
        gone, parts = savings.going((finding,))
        inodes = gone | parts.keys()
        if not inodes:
            return
        excused.setdefault(n, set()).update(inodes)
        for inode in inodes:
            if inode in self._dead:
                self._count(lots, inode, self._fs.size(inode))
            elif inode in claimed:
                self._count(lots, inode, claimed[inode][1])

    def _partly(
        self,
        excused: dict[int, set[int]],
        n: int,
        finding: Finding,
        lots: set[int],
        savings: Savings,
        claimed: Claims,
    ) -> None:
        """A finding of which ignores with paths may hide all files, or some."""
        if not finding.versions and not finding.parts:
            if not finding.paths or finding.path_count > len(finding.paths):
                return  # not all that it speaks of is known
            of_paths = self._places.of_paths(finding.paths)
            shown = [lots & found for found in of_paths.values() if not lots.isdisjoint(found)]
            if len(shown) == len(finding.paths):
                self._hide(n, set().union(*shown))
            return
        hits = self._hits
        files = {*finding.versions, *finding.parts}
        if hits.keys().isdisjoint(files):
            return
        hit = {
            version: lots & hits[version]
            for version in files
            if version in hits and not lots.isdisjoint(hits[version])
        }
        if not hit:
            return
        if len(hit) == len(files):
            self._hide(n, set().union(*hit.values()))
        self.spoken.setdefault(n, set()).update(map(self._fs.inode, hit))
        for k in lots - self._anywhere:
            mine = {version for version, found in hit.items() if k in found}
            if mine:
                part = _Part(
                    [version for version in finding.versions if version in mine],
                    {version: each for version, each in finding.parts.items() if version in mine},
                )
                self._speak(excused, n, part, (k,), savings, claimed)

    def _hide(self, n: int, lots: Iterable[int]) -> None:
        self.hidden.add(n)
        for k in lots:
            self.tallies[k].findings += 1

    def _reassign(
        self, left: dict[int, tuple[LedgerClass, int]], touched: set[int], claimed: Claims
    ) -> None:
        """Give claimed bytes that an ignored rule spoke of to a rule that still does."""
        savings = self._analysis.savings
        if not touched or savings is None:
            return
        others = [
            (_CLASS_ORDER[finding.rule.ledger_class], n)
            for n, finding in enumerate(self._analysis.findings)
            if finding.claims and n not in self.hidden and finding.rule.ledger_class is not None
        ]
        for _, n in sorted(others):
            finding = self._analysis.findings[n]
            gone, parts = savings.going((finding,))
            speaks = touched.intersection((*gone, *parts)) if parts else touched & gone
            if not speaks:
                continue
            assert finding.rule.ledger_class is not None  # chosen above
            for inode in speaks - self._excused.get(n, set()):
                size = claimed[inode][1]
                left.setdefault(
                    inode, (finding.rule.ledger_class, min(size, parts.get(inode, size)))
                )

    # ------------------------------------------------------------------------- repeats

    def _find_repeats(self) -> None:
        """What repeats unchanged content is excused at ignored paths, and with what it repeats."""
        fs = self._fs
        if not self.dead and not self._anywhere:
            return
        for version in self._repeats:
            lots = self._hits.get(version, _NONE)
            below = fs.previous.get(version)
            if not lots.isdisjoint(self._anywhere) or (
                below is not None and fs.inode(below) in self.dead
            ):
                self.repeats.add(fs.inode(version))


def _live_names(fs: Filesystem, inodes: Claims) -> Iterator[tuple[int, int]]:
    """(live version, inode) of some inodes: all their names."""
    paths, live = fs.paths, fs.live
    for inode in inodes:
        if live.get(paths[inode]) == inode:
            yield inode, inode
    for version, inode in fs.inodes.items():
        if inode in inodes and live.get(paths[version]) == version:
            yield version, inode
