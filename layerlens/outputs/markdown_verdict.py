"""The verdict of gates as Markdown: its headline, and a table of all that was judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from layerlens.analysis.rules.words import counted
from layerlens.gate.limits import Bound, Unit, shown
from layerlens.gate.model import (
    BaselineFacts,
    DiveRuling,
    IgnoreRuling,
    Offender,
    Outcome,
    Ruling,
    Verdict,
)
from layerlens.outputs.markdown_fit import Section
from layerlens.outputs.markdown_text import md_cell, md_code, md_text
from layerlens.units import human_size

_SIGNS = {
    Outcome.PASS: "✅ pass",
    Outcome.WARN: "⚠️ warn",
    Outcome.FAIL: "❌ fail",
    Outcome.SKIP: "⏭️ skip",
}
_DIVE = {
    "pass": _SIGNS[Outcome.PASS],
    "fail": _SIGNS[Outcome.FAIL],
    "skip": _SIGNS[Outcome.SKIP],
}
_WORDS = 300
"""Characters of a message."""

_SHORT = 100
"""Characters of a limit, a subject, a name."""

OFFENDERS = 5
"""Offenders of a gate that are told."""


def headline(verdict: Verdict | None, reference: str) -> str:
    """The first line; ``reference`` is Markdown already."""
    if verdict is None:
        return f"LayerLens: {reference}"
    outcomes = [ruling.outcome for ruling in verdict.rulings if ruling.outcome is not Outcome.SKIP]
    failed = outcomes.count(Outcome.FAIL)
    warned = outcomes.count(Outcome.WARN)
    judged = len(outcomes)
    if verdict.dive is not None:
        judged += sum(ruling.status != "skip" for ruling in verdict.dive.rulings)
        failed += sum(ruling.status not in ("pass", "skip") for ruling in verdict.dive.rulings)
    gates = counted(judged, "gate")
    warnings = f", with {counted(warned, 'warning')}" if warned else ""
    if verdict.passed:
        sign = "⚠️" if warned else "✅"
        passes = f"passes {'' if judged == 1 else 'all '}{gates}" if judged else "passes: no gate"
        return f"{sign} LayerLens: {reference} {passes}{warnings}"
    if failed:
        return f"❌ LayerLens: {reference} fails {failed:,} of {gates}{warnings}"
    idle = counted(len(verdict.idle_ignores), "ignore")
    return f"❌ LayerLens: {reference} fails, for {idle} that nothing needs{warnings}"


def verdict_sections(verdict: Verdict, dockerfile: str | None) -> Iterator[Section]:
    """The table of gates, the worst first, what offends them, and what was not counted."""
    order = (Outcome.FAIL, Outcome.WARN, Outcome.PASS, Outcome.SKIP)
    rulings = sorted(verdict.rulings, key=lambda ruling: order.index(ruling.outcome))
    rows = [_ruling(ruling) for ruling in rulings]
    if verdict.dive is not None:
        rows += [_dive(ruling) for ruling in verdict.dive.rulings]
    if rows:
        yield Section(
            rows,
            before="| | gate | measured | limit | |\n|---|---|---:|---:|---|",
            more=lambda left: f"\n… and {counted(left, 'more gate')}",
            weight=90,
        )
    remarks = list(_remarks(verdict))
    if remarks:
        yield Section(
            remarks, weight=70, more=lambda left: f"- … and {counted(left, 'more remark')}"
        )
    wrong = [each for each in rulings if each.outcome in (Outcome.FAIL, Outcome.WARN)]
    blamed = [each for each in wrong if each.offenders]
    texts = [_offenders(_name(ruling), ruling.offenders, dockerfile) for ruling in blamed]
    if verdict.dive is not None and verdict.dive.offenders:
        texts.append(_offenders("dive's rules", verdict.dive.offenders, dockerfile))
    if texts:
        yield Section(
            texts,
            before="### What offends\n",
            more=lambda left: f"\n… and what offends {counted(left, 'more gate')}",
            weight=65,
            optional=True,
        )


def _ruling(ruling: Ruling) -> str:
    gate = ruling.demand.gate
    subject = ruling.demand.subject
    name = gate.title + (f" {md_code(subject, cell=True, most=_SHORT)}" if subject else "")
    measured = "" if ruling.measured is None else shown(ruling.measured, gate.unit)
    if ruling.baseline is not None:
        measured += f" (was {shown(ruling.baseline, gate.unit)})"
    told = "" if ruling.outcome is Outcome.PASS else md_cell(ruling.message, most=_WORDS)
    return f"| {_SIGNS[ruling.outcome]} | {name} | {measured} | {_limit(ruling)} | {told} |"


def _limit(ruling: Ruling) -> str:
    gate, limit = ruling.demand.gate, ruling.demand.limit
    if gate.unit is Unit.YES_NO:
        return "no"
    sign = "≥" if gate.at_least else "≤"
    text = md_cell(limit.text, most=_SHORT)
    if limit.bound is Bound.ABSOLUTE:
        return f"{sign} {text}"
    allowed = "" if ruling.allowed is None else f" ({sign} {shown(ruling.allowed, gate.unit)})"
    return f"{text}{allowed}"


def _dive(ruling: DiveRuling) -> str:
    sign = _DIVE.get(ruling.status, f"❌ {md_cell(ruling.status, most=_SHORT)}")
    name = f"dive: {md_cell(ruling.rule, most=_SHORT)}"
    limit = md_cell(ruling.limit, most=_SHORT)
    return f"| {sign} | {name} | | {limit} | {md_cell(ruling.message, most=_WORDS)} |"


def _remarks(verdict: Verdict) -> Iterator[str]:
    if verdict.baseline is not None:
        yield f"- {_baseline(verdict.baseline)}"
    for note in verdict.notes:
        yield f"- {md_text(note, most=_WORDS)}"
    idle = verdict.idle_ignores
    findings = sum(each.findings for each in verdict.ignores)
    size = sum(each.bytes for each in verdict.ignores)
    if findings or size:
        yield f"- ignored: {counted(findings, 'finding')}, {human_size(size)} of dead bytes"
    for each in idle:
        yield f"- {_idle(each, strict=verdict.strict)}"


def _baseline(facts: BaselineFacts) -> str:
    parts = [md_code(facts.reference, most=_SHORT)]
    if facts.revision:
        parts.append(f"revision {md_code(facts.revision, most=_SHORT)}")
    if facts.made is not None:
        parts.append(f"of {_day(facts.made)}")
    origin = md_code(facts.origin, most=_SHORT)
    return f"compared with {origin}: {', '.join(part for part in parts if part)}"


def _day(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):  # no such year
        return "an unknown day"


def _idle(ruling: IgnoreRuling, *, strict: bool) -> str:
    ignore = ruling.ignore
    what = [ignore.rule, *ignore.paths]
    names = " ".join(md_code(part, most=_SHORT) for part in what[:3] if part)
    why = "has expired" if ruling.expired else "is not needed"
    if ruling.expired and ignore.expires is not None:
        why = f"has expired on {ignore.expires}"
    sign = "❌ " if strict else ""
    return f"{sign}the ignore of {names} {why}: {md_text(ignore.reason, most=_WORDS)}"


def _name(ruling: Ruling) -> str:
    gate, subject = ruling.demand.gate, ruling.demand.subject
    return gate.title + (f" {md_code(subject, most=_SHORT)}" if subject else "")


def _offenders(name: str, offenders: Sequence[Offender], dockerfile: str | None) -> str:
    lines = [f"- **{name}**"]
    lines += [f"  - {_offender(each, dockerfile)}" for each in offenders[:OFFENDERS]]
    left = len(offenders) - OFFENDERS
    if left > 0:
        lines.append(f"  - … and {left:,} more")
    return "\n".join(lines)


def _offender(offender: Offender, dockerfile: str | None) -> str:
    text = md_text(offender.what, most=_WORDS)
    if offender.bytes:
        text = f"{human_size(offender.bytes)} {text}"
    places = []
    if offender.line is not None:
        file = "" if dockerfile is None else f"{md_code(dockerfile, most=_SHORT)} "
        places.append(f"{file}line {offender.line:,}")
    if offender.layer is not None:
        places.append(f"layer {offender.layer:,}")
    if places:
        text += f" · {', '.join(places)}"
    if offender.instruction:
        text += f": {md_code(offender.instruction, most=_WORDS)}"
    return text
