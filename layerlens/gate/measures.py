"""How each gate's figure is had from an analysis.

All byte figures are content bytes, each inode once.  What ignores excuse counts as
kept in the figures about waste, and nowhere else.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

from layerlens.analysis.figures import user_wasted
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Package
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.identity import FindingKey, key_of, match_findings
from layerlens.analysis.rules.model import LedgerClass
from layerlens.filesystem.changes import Cause
from layerlens.filesystem.result import Filesystem
from layerlens.gate.catalogue import NEEDS_RULES, Gate
from layerlens.gate.ignoring import Claims, Excused
from layerlens.gate.matching import Places
from layerlens.gate.subjects import CAUSES, CLASSES, SEVERITIES, plain
from layerlens.layers.numbers import parse_number
from layerlens.layers.table import Kind

SPECIAL = 0o6000
"""setuid and setgid."""

ROOT_RULE = "root-user"
"""The rule that knows more of the user than its name: a name with the number 0."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure in its gate's unit; ``None`` where it cannot be had, and ``why``."""

    value: float | None
    why: str = ""


class Measures:
    """The figures of one analysis.

    ``excused`` is what ignores leave out; ``globs`` are the path globs that will be asked
    for, so that one walk over the paths serves all.  What several gates need is kept.
    """

    def __init__(
        self, analysis: Analysis, excused: Excused | None = None, globs: Iterable[str] = ()
    ) -> None:
        self.analysis = analysis
        self.fs = analysis.filesystem
        self.excused = excused or Excused()
        self._globs = tuple(dict.fromkeys(globs))
        self._by_glob: Mapping[str, Sequence[int]] | None = None

    def figure(self, gate: Gate, subject: str = "") -> Figure:
        """One gate's figure.  New findings need a baseline: see :meth:`new_findings`."""
        if gate.id in NEEDS_RULES and self.analysis.judged is None:
            return Figure(None, "no rules ran")
        return _FIGURES[gate.id](self, subject)

    # ------------------------------------------------------------------------- waste

    @cached_property
    def dead(self) -> int:
        """Dead bytes that nobody excused."""
        return self.analysis.scores.dead_bytes - self.size(self.excused.dead)

    @cached_property
    def claims(self) -> Claims:
        """Live bytes that may go, each in its class."""
        if self.excused.claims is not None:
            return self.excused.claims
        judged = self.analysis.judged
        return {} if judged is None else judged.claimed.inodes

    @property
    def removable(self) -> int:
        """Removable bytes that nobody excused."""
        if self.excused.claims is None:
            return self.analysis.scores.removable_bytes
        return sum(size for _, size in self.claims.values())

    @cached_property
    def wasted_by_you(self) -> set[int]:
        """Inodes of your layers that are dead or repeat what lies below."""
        found = user_wasted(self.fs, self.analysis.base.layers)
        return found - self.excused.dead - self.excused.repeats

    @cached_property
    def sizes(self) -> Sequence[int]:
        """Content bytes by inode."""
        return self.fs.sizes()

    def size(self, inodes: Iterable[int]) -> int:
        """Content bytes of some inodes."""
        return sum(map(self.sizes.__getitem__, inodes))

    def dead_of(self, cause: Cause | None = None) -> Collection[int]:
        """Dead inodes that nobody excused."""
        deaths, excused = self.fs.deaths, self.excused.dead
        found: Iterable[int] = deaths.inode
        if cause is not None:
            found = compress(found, map(int(cause).__eq__, deaths.cause))
        return [inode for inode in found if inode not in excused] if excused else list(found)

    def claimed_in(self, name: LedgerClass) -> dict[int, int]:
        """Inode -> bytes of a class of removable bytes."""
        return {inode: size for inode, (each, size) in self.claims.items() if each is name}

    def of_rule(self, rule: str) -> list[Finding]:
        """A rule's findings that nobody hid."""
        return [finding for finding in self.findings() if finding.rule.id == rule]

    def waste(self, name: str) -> int:
        """Bytes of a class of waste, or of what a rule's findings speak of."""
        cause = CAUSES.get(plain(name))
        if cause is not None:
            return self.size(self.dead_of(cause))
        if name in CLASSES:
            return sum(self.claimed_in(CLASSES[name]).values())
        savings = self.analysis.savings
        if savings is None:
            return 0
        findings, spoken = self.analysis.findings, self.excused.spoken
        mine = [
            n
            for n, finding in enumerate(findings)
            if finding.rule.id == name and n not in self.excused.findings
        ]
        gone, parts = savings.going(findings[n] for n in mine)
        out = self.excused.dead.union(*(spoken[n] for n in mine if n in spoken))
        return self.size(gone - out) + sum(parts[inode] for inode in parts.keys() - out)

    # ---------------------------------------------------------------------- findings

    def findings(self, least: str = "info") -> list[Finding]:
        """The findings of a severity or a higher one that nobody hid."""
        lowest, hidden = SEVERITIES[least], self.excused.findings
        return [
            finding
            for n, finding in enumerate(self.analysis.findings)
            if finding.severity >= lowest and n not in hidden
        ]

    def new_findings(self, old: Sequence[FindingKey], least: str) -> list[Finding]:
        """Those of them that a baseline has no match for."""
        findings = self.analysis.findings
        # Hidden ones take their matches with them.
        new = match_findings(old, [key_of(finding) for finding in findings]).new
        lowest, hidden = SEVERITIES[least], self.excused.findings
        return [findings[n] for n in new if n not in hidden and findings[n].severity >= lowest]

    # ------------------------------------------------------------- the final filesystem

    def at_paths(self, glob: str) -> Sequence[int]:
        """Live versions of regular files at the paths of a glob."""
        if self._by_glob is None or glob not in self._globs:
            globs = self._globs = tuple(dict.fromkeys((*self._globs, glob)))
            found = Places(self.fs, ((k, (each,)) for k, each in enumerate(globs))).live_files()
            self._by_glob = {each: found.get(k, ()) for k, each in enumerate(globs)}
        return self._by_glob[glob]

    def inodes(self, versions: Iterable[int]) -> set[int]:
        """What some names lead to."""
        of = self.fs.inodes
        return {of.get(version, version) for version in versions}

    def packages(self, name: str) -> list[Package]:
        """Packages of a name, or of names like it (``python3*``), in any case as it is written."""
        packages = self.analysis.inventory.packages
        if not any(letter in name for letter in "*?["):
            return [package for package in packages if package.name == name]
        from fnmatch import fnmatchcase

        return [
            package
            for package in packages
            if package.name == name or fnmatchcase(package.name, name)
        ]

    @cached_property
    def special_files(self) -> list[tuple[int, int]]:
        """(a live version, mode) of regular files with setuid or setgid, each inode once."""
        return _special_files(self.fs)

    @property
    def is_root(self) -> bool:
        """Whether containers of the image run as root."""
        return self.analysis.image.config.names_root or any(
            finding.rule.id == ROOT_RULE for finding in self.analysis.findings
        )


def _special_files(fs: Filesystem) -> list[tuple[int, int]]:
    suspects: set[int] = set()
    for layer, table in enumerate(fs.tables):
        if not len(table):
            continue
        # A mode is eight bytes of every 48: few modes, so each is read once.
        words = array("Q", bytes(table.raw[: 48 * len(table)]))[::6]
        wanted = {
            word for word in set(words) if parse_number(array("Q", [word]).tobytes()) & SPECIAL
        }
        first = fs.first[layer]
        if wanted:
            suspects.update(first + i for i, word in enumerate(words) if word in wanted)
    if not suspects:
        return []
    wanted_inodes = {fs.inodes.get(version, version) for version in suspects}
    names: dict[int, int] = {}
    names.update(
        (version, version)
        for version in sorted(wanted_inodes)
        if fs.live.get(fs.paths[version]) == version
    )
    for version, inode in fs.inodes.items():
        if inode in wanted_inodes and fs.live.get(fs.paths[version]) == version:
            names.setdefault(inode, version)
    found = []
    for inode, name in names.items():
        if fs.kinds[inode] == Kind.FILE:
            mode = fs.entry(name).mode
            if mode & SPECIAL:
                found.append((name, mode))
    return found


def _share(part: int, whole: int) -> float:
    """A ratio as exact as a float can be; all of nothing is fine."""
    return part / whole if whole else 1.0


def _efficiency(measures: Measures, _: str) -> Figure:
    total = measures.analysis.scores.total_bytes
    return Figure(_share(total - measures.dead, total))


def _lean_score(measures: Measures, _: str) -> Figure:
    total = measures.analysis.scores.total_bytes
    return Figure(_share(total - measures.dead - measures.removable, total))


def _wasted_bytes(measures: Measures, _: str) -> Figure:
    return Figure(measures.dead)


def _user_wasted(measures: Measures, _: str) -> Figure:
    analysis = measures.analysis
    yours = sum(layer.size for layer in analysis.layers if not layer.is_base)
    return Figure(measures.size(measures.wasted_by_you) / yours if yours else 0.0)


def _transfer_size(measures: Measures, _: str) -> Figure:
    row = next(row for row in measures.analysis.sizes if row.meter == "transfer")
    return Figure(row.bytes, "" if row.bytes is not None else row.why)


def _path(measures: Measures, glob: str) -> Figure:
    return Figure(measures.size(measures.inodes(measures.at_paths(glob))))


def _package(measures: Measures, name: str) -> Figure:
    found = measures.packages(name)
    if len(found) == 1:
        return Figure(found[0].bytes)
    return Figure(
        measures.size(measures.inodes(version for each in found for version in each.versions))
    )


def _new_findings(_: Measures, __: str) -> Figure:
    return Figure(None, "there is no baseline")


_FIGURES: Mapping[str, Callable[[Measures, str], Figure]] = {
    "lowest-efficiency": _efficiency,
    "lowest-lean-score": _lean_score,
    "highest-wasted-bytes": _wasted_bytes,
    "highest-user-wasted-percent": _user_wasted,
    "max-size": lambda measures, _: Figure(measures.analysis.scores.total_bytes),
    "max-transfer-size": _transfer_size,
    "max-layers": lambda measures, _: Figure(len(measures.analysis.layers)),
    "max-largest-layer": lambda measures, _: Figure(
        max((layer.size for layer in measures.analysis.layers), default=0)
    ),
    "max-files": lambda measures, _: Figure(measures.analysis.image.file_count),
    "max-setuid-files": lambda measures, _: Figure(len(measures.special_files)),
    "max-path": _path,
    "max-package": _package,
    "max-waste": lambda measures, name: Figure(measures.waste(name)),
    "max-findings": lambda measures, least: Figure(len(measures.findings(least))),
    "max-new-findings": _new_findings,
    "no-root": lambda measures, _: Figure(int(measures.is_root)),
}

MEASURED: Collection[str] = _FIGURES.keys()
"""The ids of all gates that can be measured: those of the catalogue."""
