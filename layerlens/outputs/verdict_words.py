"""What is said of a verdict, in plain text; it is not escaped yet."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from layerlens.analysis.rules.words import counted
from layerlens.gate.limits import Level
from layerlens.gate.model import BaselineFacts, IgnoreRuling, Outcome, Ruling, Verdict
from layerlens.gate.wording import is_tolerated, limit_text
from layerlens.units import human_size

_DAY = 86_400
_DIGEST = 19
"""Characters of a digest that tell it from others: ``sha256:`` and twelve digits."""


def ending(verdict: Verdict) -> str:
    """What became of all that was demanded: ``2 of 9 gates failed, 1 warned``."""
    counts = Counter(ruling.outcome for ruling in verdict.rulings)
    total, parts = len(verdict.rulings), []
    if total:
        if verdict.nothing_judged:
            parts.append("there was no gate that could be judged")
        elif counts[Outcome.FAIL]:
            parts.append(f"{counts[Outcome.FAIL]} of {counted(total, 'gate')} failed")
        else:
            parts.append(f"{counts[Outcome.PASS]} of {counted(total, 'gate')} passed")
        if counts[Outcome.WARN]:
            parts.append(f"{counts[Outcome.WARN]} warned")
        if counts[Outcome.SKIP] and not verdict.nothing_judged:
            parts.append(f"{counts[Outcome.SKIP]} could not be judged")
    if verdict.dive is not None:
        bad = sum(ruling.status not in ("pass", "skip") for ruling in verdict.dive.rulings)
        parts.append(f"{bad} of dive's rules failed" if bad else "dive's rules passed")
    if verdict.idle_ignores:
        idle = counted(len(verdict.idle_ignores), "ignore")
        parts.append(f"{idle} expired or not needed{', which is strict' if verdict.strict else ''}")
    return ", ".join(parts or ["nothing was demanded"])


def bound_sign(ruling: Ruling) -> str:
    """Which way a limit bounds: ``≥``, ``≤``, nothing for what must not be at all."""
    gate = ruling.demand.gate
    if gate.id == "no-root":
        return ""
    return "≥" if gate.at_least else "≤"


def limit_words(ruling: Ruling) -> str:
    """The limit without its sign, and what is odd about it."""
    level = ", warns" if ruling.demand.limit.level is Level.WARN else ""
    if is_tolerated(ruling):
        level = ", tolerated"
    return f"{limit_text(ruling)}{level}"


def ignore_words(ruling: IgnoreRuling) -> str:
    """What an ignore is about, what it did, and why it is there."""
    ignore = ruling.ignore
    what = " at ".join(part for part in (ignore.rule, ", ".join(ignore.paths)) if part)
    origin = f" ({ignore.origin})" if ignore.origin else ""
    if ruling.expired:
        did = f"expired on {ignore.expires}, so it has no effect"
    elif not ruling.used:
        did = "hides nothing, so it can go"
    else:
        parts = []
        if ruling.findings:
            parts.append(counted(ruling.findings, "finding"))
        if ruling.bytes:
            parts.append(human_size(ruling.bytes))
        did = f"hides {' and '.join(parts)}"
        if ignore.expires is not None:
            did += f" until {ignore.expires}"
    return f"{what}: {did}; {ignore.reason}{origin}"


def baseline_words(facts: BaselineFacts, now: float | None = None) -> str:
    """What figures were compared with; how old it is where ``now`` is told."""
    parts = [facts.origin]
    if facts.reference and facts.reference != facts.origin:
        parts.append(f"of {facts.reference}")
    if facts.digest:
        parts.append(facts.digest[:_DIGEST])
    if facts.revision:
        parts.append(f"revision {facts.revision}")
    if facts.made is not None:
        parts.append(_made(facts.made, now))
    return ", ".join(parts)


def _made(made: float, now: float | None) -> str:
    """When, and how long ago."""
    try:
        date = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=made)).strftime("%Y-%m-%d")
    except (OverflowError, ValueError):
        return "made at a time that is none"
    if now is None:
        return f"made on {date}"
    days = int((now - made) // _DAY)
    if days < 0:
        return f"made on {date}, which is in the future"
    return f"made on {date}, {counted(days, 'day')} ago" if days else f"made on {date}, today"
