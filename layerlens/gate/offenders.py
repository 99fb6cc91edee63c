"""What costs a gate the most: findings first, since they have a fix, then files and layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nlargest

from layerlens.analysis.blaming import blame, wording
from layerlens.analysis.model import LayerFacts, Waste
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.words import counted
from layerlens.filesystem.changes import Cause
from layerlens.gate.measures import ROOT_RULE, Measures
from layerlens.gate.model import Offender
from layerlens.gate.subjects import CAUSES, CLASSES, plain
from layerlens.layers.table import Kind

MERGE_RULE = "mergeable-runs"
"""The rule that knows how to have fewer layers."""

MOST = 5
"""Offenders of one gate."""

_SINGLE = 0.9
"""A directory that holds more than this share of what it stands in is looked into."""


def offenders(
    measures: Measures,
    gate: str,
    subject: str = "",
    findings: Sequence[Finding] | None = None,
    most: int = MOST,
) -> tuple[Offender, ...]:
    """The worst of a gate that is not kept, at most ``most``.

    ``findings`` are what the gate counted, where that is not theirs to find out.
    """
    return tuple(_OFFENDERS[gate](_Work(measures, most, findings), subject)[:most])


class _Work:
    def __init__(
        self, measures: Measures, most: int, counted: Sequence[Finding] | None = None
    ) -> None:
        self.measures = measures
        self.most = most
        self.counted = counted
        self.fs = measures.fs
        self.sizes = measures.sizes
        self.dead = set(measures.fs.deaths.inode)
        self.layers = measures.analysis.layers
        # A line is known of findings; a layer that one blames has it too.
        self.lines = {
            finding.layer: finding.line
            for finding in measures.analysis.findings
            if finding.layer is not None and finding.line is not None
        }

    # ------------------------------------------------------------------------- kinds

    def of_finding(self, finding: Finding, size: int | None = None) -> Offender:
        return Offender(
            what=finding.title,
            bytes=finding.bytes if size is None else size,
            layer=finding.layer,
            line=finding.line,
            instruction=finding.instruction,
            fix=finding.fix,
            rule=finding.rule.id,
            paths=finding.paths,
        )

    def at(self, what: str, size: int, layer: int, paths: tuple[bytes, ...] = ()) -> Offender:
        """Something that a layer's instruction is to blame for."""
        return Offender(
            what=what,
            bytes=size,
            layer=layer,
            line=self.lines.get(layer),
            instruction=self.layers[layer].instruction.text,
            paths=paths,
        )

    def of_layer(self, layer: LayerFacts, size: int) -> Offender:
        return self.at(f"layer {layer.index}", size, layer.index)

    def of_dead(self, inode: int) -> Offender:
        """A dead inode, by the name that was its last."""
        deaths = self.fs.deaths
        k = deaths.inode.index(inode)
        row = Waste(
            self.fs.paths[deaths.name[k]], Cause(deaths.cause[k]), self.sizes[inode],
            self.fs.layer_of(inode), deaths.layer[k],
        )  # fmt: skip
        what = f"{_text(row.path)}, {wording(row)}"
        return self.at(what, row.bytes, blame(row, self.layers), (row.path,))

    def of_live(self, version: int, what: str = "") -> Offender:
        """A live file."""
        path = self.fs.paths[version]
        inode = self.fs.inode(version)
        return self.at(
            f"{_text(path)}{what}", self.fs.size(version), self.fs.layer_of(inode), (path,)
        )

    # ------------------------------------------------------------------------ choices

    def filled(self, findings: Iterable[Finding], dead: Iterable[int] = ()) -> list[Offender]:
        """The largest findings; where there are few, the largest dead files besides.

        One about dead files that larger ones have told already adds nothing.
        """
        told: set[int] = set()
        worst: list[Offender] = []
        for finding in sorted(findings, key=lambda finding: -finding.bytes):
            if len(worst) == self.most or not finding.bytes:
                break
            again = bool(finding.versions) and told.issuperset(finding.versions)
            if not (again and self.dead.issuperset(finding.versions)):
                worst.append(self.of_finding(finding))
                told.update(finding.versions)
        room = self.most - len(worst)
        if room > 0:
            rest = self.largest([inode for inode in dead if inode not in told], room)
            worst += map(self.of_dead, rest)
        return sorted(worst, key=lambda each: -each.bytes)

    def about_dead(self) -> list[Finding]:
        """Findings that speak of dead bytes alone."""
        return [
            finding
            for finding in self.measures.findings()
            if finding.versions
            and not finding.rule.alternative
            and self.dead.issuperset(finding.versions)
        ]

    def largest(self, inodes: Iterable[int], most: int) -> list[int]:
        """The inodes with most bytes, the first ones of equals; none without any."""
        sizes = self.sizes
        worst = nlargest(most, ((sizes[inode], -inode) for inode in inodes))
        return [-inode for size, inode in worst if size]

    def largest_files(self, versions: Iterable[int]) -> list[Offender]:
        names = {self.fs.inode(version): version for version in versions}
        return [self.of_live(names[inode]) for inode in self.largest(names, self.most)]


def _text(path: bytes) -> str:
    return f"/{path.decode('utf-8', 'surrogateescape')}"


# ---------------------------------------------------------------------------------- gates


def _dead(work: _Work, _: str) -> list[Offender]:
    return work.filled(work.about_dead(), work.measures.dead_of())


def _lean(work: _Work, _: str) -> list[Offender]:
    claiming = [finding for finding in work.measures.findings() if finding.claims]
    return work.filled([*work.about_dead(), *claiming], work.measures.dead_of())


def _yours(work: _Work, _: str) -> list[Offender]:
    wasted = work.measures.wasted_by_you
    layers = work.layers
    mine = [
        finding
        for finding in work.about_dead()
        if finding.layer is None or not layers[finding.layer].is_base
    ]
    return work.filled(mine, [inode for inode in work.measures.dead_of() if inode in wasted])


def _size(work: _Work, _: str) -> list[Offender]:
    """What comes back soonest, and the largest layers."""
    advised = {id(finding) for finding in work.measures.analysis.advised}
    mendable = [finding for finding in work.measures.findings() if id(finding) in advised]
    worst = work.filled(mendable)[: work.most - 2]
    layers = nlargest(work.most - len(worst), work.layers, key=lambda layer: layer.size)
    return [*worst, *(work.of_layer(layer, layer.size) for layer in layers if layer.size)]


def _transfer(work: _Work, _: str) -> list[Offender]:
    sizes = {
        layer.index: layer.tar_size if layer.compressed_size is None else layer.compressed_size
        for layer in work.layers
    }
    layers = nlargest(work.most, work.layers, key=lambda layer: sizes[layer.index])
    return [work.of_layer(layer, sizes[layer.index]) for layer in layers]


def _layers(work: _Work, _: str) -> list[Offender]:
    """Steps that would be one layer, and the smallest of yours: the first to be merged."""
    merged = [work.of_finding(each) for each in work.measures.of_rule(MERGE_RULE)]
    mine = [layer for layer in work.layers if not layer.is_base] or list(work.layers)
    mine.sort(key=lambda layer: (layer.size, layer.index))
    return [*merged, *(work.of_layer(layer, layer.size) for layer in mine)]


def _largest_layer(work: _Work, _: str) -> list[Offender]:
    if not work.layers:
        return []
    layer = max(work.layers, key=lambda layer: layer.size)
    first = work.fs.first[layer.index]
    sizes = work.fs.tables[layer.index].sizes
    names = work.fs.paths[first : first + len(sizes)]
    weights: dict[bytes, int] = {}
    for folder, size in zip(map(_folder, names), sizes, strict=True):
        weights[folder] = weights.get(folder, 0) + size
    return [
        work.at(f"{_text(folder)} in layer {layer.index}", weight, layer.index, (folder,))
        for folder, weight in _heaviest(weights, work.most)
        if weight
    ]


def _files(work: _Work, _: str) -> list[Offender]:
    """The directories with most files, and the layer that most of these lie in."""
    fs = work.fs
    kinds = fs.kinds
    names, versions = [], []
    for path, version in fs.live.items():
        if kinds[version] != Kind.DIR:
            names.append(path)
            versions.append(version)
    folders = list(map(_folder, names))
    counts = Counter(folders)
    # What lies right in one directory mostly came in one layer: one file speaks for all.
    layers = {
        folder: fs.layer_of(version)
        for folder, version in dict(zip(folders, versions, strict=True)).items()
    }
    found = []
    for folder, count in _heaviest(counts, work.most):
        start = folder + b"/" if folder else b""
        weights: Counter[int] = Counter()
        for each, layer in layers.items():
            if each == folder or each.startswith(start):
                weights[layer] += counts[each]
        layer = max(weights, key=lambda layer: (weights[layer], -layer))
        found.append(work.at(f"{_text(folder)}: {counted(count, 'file')}", 0, layer, (folder,)))
    return found


def _folder(path: bytes) -> bytes:
    return path.rpartition(b"/")[0]


def _heaviest(weights: Mapping[bytes, int], most: int) -> list[tuple[bytes, int]]:
    """The directories that weigh most with all below them, given what lies right in each.

    Where one directory holds nearly all, it is told, and then what lies in it.
    """
    totals: dict[bytes, int] = {}
    children: dict[bytes, set[bytes]] = {}
    for folder, weight in weights.items():
        at = folder
        totals[at] = totals.get(at, 0) + weight
        while at:
            up = at[: max(at.rfind(b"/"), 0)]
            children.setdefault(up, set()).add(at)
            totals[up] = totals.get(up, 0) + weight
            at = up
    if not totals:
        return []
    at, single = b"", False
    while True:
        below = sorted(children.get(at, ()), key=lambda each: (-totals[each], each))
        if not below or totals[below[0]] < _SINGLE * totals[at]:
            break
        at, single = below[0], True
    found = [(at, totals[at])] if single or not below else []
    return [*found, *((each, totals[each]) for each in below)][:most]


def _setuid(work: _Work, _: str) -> list[Offender]:
    """Root's first: whoever starts them is root."""
    fs = work.fs

    def rank(each: tuple[int, int]) -> tuple[bool, bool, bytes]:
        version, mode = each
        roots = bool(mode & 0o4000) and fs.entry(version).uid == 0
        return not roots, not mode & 0o4000, fs.paths[version]

    return [
        work.of_live(version, f" ({'setuid' if mode & 0o4000 else 'setgid'}, mode {mode:04o})")
        for version, mode in sorted(work.measures.special_files, key=rank)
    ]


def _path(work: _Work, glob: str) -> list[Offender]:
    return work.largest_files(work.measures.at_paths(glob))


def _package(work: _Work, name: str) -> list[Offender]:
    found = work.measures.packages(name)
    if len(found) == 1:
        return work.largest_files(found[0].versions)
    found.sort(key=lambda package: -package.bytes)
    return [
        work.at(
            f"{package.name} {package.version}", package.bytes, package.layer, (package.database,)
        )
        for package in found
    ]


def _waste(work: _Work, name: str) -> list[Offender]:
    measures = work.measures
    cause = CAUSES.get(plain(name))
    if cause is not None:
        dead = measures.dead_of(cause)
        mine = set(dead)
        return work.filled(
            [finding for finding in work.about_dead() if mine.issuperset(finding.versions)], dead
        )
    if name in CLASSES:
        return work.filled(
            finding
            for finding in measures.findings()
            if finding.claims and finding.rule.ledger_class is CLASSES[name]
        )
    return work.filled(measures.of_rule(name))


def _findings(work: _Work, least: str) -> list[Offender]:
    return [work.of_finding(each) for each in work.measures.findings(least)]


def _new_findings(work: _Work, _: str) -> list[Offender]:
    return [work.of_finding(each) for each in work.counted or ()]


def _root(work: _Work, _: str) -> list[Offender]:
    found = work.measures.of_rule(ROOT_RULE)
    if found:
        return [work.of_finding(each) for each in found]
    return [Offender("no USER that is not root", 0, fix="USER 10001:10001")]


_OFFENDERS: Mapping[str, Callable[[_Work, str], list[Offender]]] = {
    "lowest-efficiency": _dead,
    "lowest-lean-score": _lean,
    "highest-wasted-bytes": _dead,
    "highest-user-wasted-percent": _yours,
    "max-size": _size,
    "max-transfer-size": _transfer,
    "max-layers": _layers,
    "max-largest-layer": _largest_layer,
    "max-files": _files,
    "max-setuid-files": _setuid,
    "max-path": _path,
    "max-package": _package,
    "max-waste": _waste,
    "max-findings": _findings,
    "max-new-findings": _new_findings,
    "no-root": _root,
}
