"""Points one after the other; of their analyses at most two are there at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, LayerPair, SameContent
from layerlens.filesystem.changes import Cause
from layerlens.layers.compare import same_by_tables
from layerlens.trend.model import (
    MOST_MOVES,
    ClassMove,
    FindingMove,
    LayerMove,
    PackageMove,
    Trend,
    TrendGap,
    TrendPoint,
    TrendStep,
)

_MOST_CLASSES = 3
"""Classes of waste that are named for one layer."""

Compare = Callable[[Analysis, Analysis, SameContent], Comparison]


class TrendGatherer:
    """Takes analyses in order, and keeps the last one only."""

    def __init__(self, compare_with: Compare = compare) -> None:
        self._compare = compare_with
        self._last: Analysis | None = None
        self._points: list[TrendPoint] = []
        self._gaps: list[TrendGap] = []
        self._steps: list[TrendStep] = []

    def add(self, analysis: Analysis, *, reference: str | None = None) -> None:
        """Take the next point, by the ``reference`` that the user gave."""
        self._points.append(_point(analysis, reference, self._place))
        if self._last is not None:
            found = self._compare(self._last, analysis, by_tables(self._last, analysis))
            self._steps.append(_step(found, len(self._points) - 1))
        self._last = analysis

    def failed(self, reference: str, problem: str) -> None:
        """Note a point that could not be read: the next step leads over it."""
        self._gaps.append(TrendGap(self._place, reference, problem))

    def trend(self) -> Trend:
        """What came together."""
        return Trend(tuple(self._points), tuple(self._gaps), tuple(self._steps))

    @property
    def _place(self) -> int:
        return len(self._points) + len(self._gaps)


def by_tables(old: Analysis, new: Analysis) -> SameContent:
    """Contents by what the layers' tables tell: the images are closed already."""

    def same(one: int, other: int) -> bool | None:
        return same_by_tables(*old.filesystem.slot(one), *new.filesystem.slot(other))

    return same


def _point(analysis: Analysis, reference: str | None, place: int) -> TrendPoint:
    image, scores = analysis.image, analysis.scores
    counts = Counter(finding.severity for finding in analysis.findings)
    return TrendPoint(
        place=place,
        reference=reference or image.reference,
        id=None if image.id is None else str(image.id),
        created=image.created,
        size=image.size,
        transfer=next((row.bytes for row in analysis.sizes if row.meter == "transfer"), None),
        live=scores.live_bytes,
        dead=scores.dead_bytes,
        removable=scores.removable_bytes,
        efficiency=scores.efficiency,
        lean_score=scores.lean_score,
        user_wasted_percent=scores.user_wasted_percent,
        layers=len(analysis.layers),
        files=image.file_count,
        findings=(
            None if analysis.judged is None else tuple(counts[severity] for severity in Severity)
        ),
        packages=None if analysis.judged is None else len(analysis.inventory.packages),
    )


def _step(found: Comparison, after: int) -> TrendStep:
    old, new = found.old, found.new
    return TrendStep(
        before=after - 1,
        after=after,
        size=new.image.size - old.image.size,
        transfer=found.transfer.change,
        live=new.scores.live_bytes - old.scores.live_bytes,
        dead=new.scores.dead_bytes - old.scores.dead_bytes,
        removable=new.scores.removable_bytes - old.scores.removable_bytes,
        files=new.image.file_count - old.image.file_count,
        fetched=found.pull.bytes,
        fetched_exact=found.pull.exact,
        layers=_layers(found),
        packages=tuple(
            PackageMove(
                each.bytes,
                each.package.ecosystem.value,
                each.package.name,
                each.old.version if each.old else "",
                each.new.version if each.new else "",
            )
            for each in found.packages[:MOST_MOVES]
        ),
        classes=tuple(
            ClassMove(each.bytes.change or 0, each.kind, each.name)
            for each in found.classes
            if each.kind != "kept" and each.bytes.change
        )[:MOST_MOVES],
        new_findings=_findings([new.findings[k] for k in found.findings.new]),
        fixed_findings=_findings([old.findings[k] for k in found.findings.fixed]),
    )


def _findings(found: list[Finding]) -> tuple[FindingMove, ...]:
    moves = [
        FindingMove(each.rule.id, each.title, each.severity, each.bytes, each.instruction)
        for each in found
    ]
    moves.sort(key=lambda each: (-each.severity, -each.bytes, each.rule, each.title))
    return tuple(moves[:MOST_MOVES])


def _layers(found: Comparison) -> tuple[LayerMove, ...]:
    before, after = waste_by_layer(found.old), waste_by_layer(found.new)
    moves = [_layer(pair, before, after) for pair in found.layers if not pair.same]
    moves = [each for each in moves if each.bytes or each.waste]
    moves.sort(key=lambda each: (-abs(each.bytes), each.instruction, each.change))
    return tuple(moves[:MOST_MOVES])


def _layer(pair: LayerPair, before: list[Counter[str]], after: list[Counter[str]]) -> LayerMove:
    waste: Counter[str] = Counter()
    if pair.new is not None:
        waste.update(after[pair.new])
    if pair.old is not None:
        waste.subtract(before[pair.old])
    changed = [(name, size) for name, size in waste.items() if size]
    changed.sort(key=lambda each: (-abs(each[1]), each[0]))
    change = "removed" if pair.new is None else "added" if pair.old is None else "changed"
    return LayerMove(
        (pair.size.new or 0) - (pair.size.old or 0),
        change,
        pair.instruction.text,
        tuple(changed[:_MOST_CLASSES]),
    )


def waste_by_layer(analysis: Analysis) -> list[Counter[str]]:
    """Per layer, its dead bytes by cause and its removable ones by class."""
    fs = analysis.filesystem
    found: list[Counter[str]] = [Counter() for _ in fs.tables]
    causes = {int(cause): cause.word for cause in Cause}
    for inode, cause in zip(fs.deaths.inode, fs.deaths.cause, strict=True):
        found[fs.layer_of(inode)][causes[cause]] += fs.size(inode)
    if analysis.judged is not None:
        for inode, (ledger_class, size) in analysis.judged.claimed.inodes.items():
            found[fs.layer_of(inode)][ledger_class.value] += size
    return found
