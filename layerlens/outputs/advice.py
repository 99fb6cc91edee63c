"""The findings in the text summary: what to mend first, and how.

Only :mod:`layerlens.outputs.text` should import this, and late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from layerlens.outputs.display import percent_of
from layerlens.outputs.layout import Cell, Line, Look, fix_lines
from layerlens.units import human_size

EXPLAINED = 5
"""Findings that are shown with evidence and fix."""

AT_LEAST = 8
"""Findings that are shown where there are as many, however small."""

LISTED = 15
"""Findings that are shown at all; the others are counted."""

FIX_LINES = 5
"""Lines of a fix that are shown; about as many."""

_STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_SIZE = 9
_WORD = 9


def advice(analysis: Analysis, look: Look) -> Iterator[Line]:
    """The section, for an image whose rules ran."""
    findings = analysis.findings
    yield [
        Cell("Findings", "bold"),
        Cell(f"  {look.fit(_counted(findings), look.width - 10)}", "dim"),
    ]
    if not findings:
        yield [Cell("Nothing to mend.", "green")]
        return
    yield from _outlook(analysis, look)
    told = [finding for finding in findings if finding.severity > Severity.INFO][:LISTED]
    for at, finding in enumerate(told):
        yield from _finding(finding, look, explained=at < EXPLAINED)
    # In a small image everything is small: the largest of what is left is told all the same.
    small = [finding for finding in findings if finding.severity is Severity.INFO and finding.bytes]
    small.sort(key=lambda finding: -finding.bytes)
    small = small[: max(0, AT_LEAST - len(told))]
    for finding in small:
        yield from _finding(finding, look, explained=False)
    rest = len(findings) - len(told) - len(small)
    if rest:
        yield [
            Cell(look.fit(f"and {rest} more: see --json, or layerlens rules ID", look.width), "dim")
        ]


def _counted(findings: tuple[Finding, ...]) -> str:
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(
        f"{counts[severity]} {severity.word}" for severity in reversed(Severity) if counts[severity]
    )


def _outlook(analysis: Analysis, look: Look) -> Iterator[Line]:
    what = analysis.what_if(analysis.advised)
    if not what.saved_bytes:
        return
    total = analysis.scores.total_bytes
    text = (
        f"all advice followed: {human_size(what.saved_bytes)} less"
        f" ({percent_of(what.saved_bytes, total)}), {human_size(what.total_bytes)} are left"
    )
    for line in look.wrap(text, look.width):
        yield [Cell(line, "green")]


def _finding(finding: Finding, look: Look, *, explained: bool) -> Iterator[Line]:
    style = _STYLES[finding.severity]
    size = human_size(finding.bytes) if finding.bytes else "-"
    sure = " (a hint)" if finding.confidence is Confidence.HINT else ""
    whose = ", base" if finding.is_base else ""
    place = "" if finding.layer is None else f"layer {finding.layer}{whose}"
    if finding.line is not None:
        place = f"{place}, line {finding.line}" if place else f"line {finding.line}"
    room = look.width - _WORD - _SIZE - 1
    title = look.shown(finding.title) + sure
    tail = f"{look.dot}{place}" if place else ""
    head = look.fit(title, room - len(tail)) + tail
    yield [
        Cell(f"{finding.severity.word:<{_WORD}}", style),
        Cell(f"{size:>{_SIZE}} "),
        Cell(head, "bold"),
    ]
    if not explained:
        return
    indent = " " * (_WORD + _SIZE + 1)
    lines = [
        f"{finding.rule.id}: {look.shown(finding.instruction)}"
        if finding.instruction
        else finding.rule.id
    ]
    if finding.paths:
        more = f" and {finding.path_count - 1:,} more" if finding.path_count > 1 else ""
        lines.append(look.shown_path(finding.paths[0]) + more)
    lines += [look.shown(line) for line in finding.evidence[:2]]
    for line in lines:
        yield [Cell(indent), Cell(look.fit(line, room), "dim")]
    for line in fix_lines(finding.fix, look, room, FIX_LINES):
        yield [Cell(indent), Cell(line, "green")]
