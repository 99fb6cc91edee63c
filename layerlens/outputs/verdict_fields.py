"""``verdict`` of the JSON document: gates, dive's rules, the baseline, ignores."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from layerlens.gate.limits import Unit
from layerlens.gate.model import (
    BaselineFacts,
    DiveVerdict,
    IgnoreRuling,
    Offender,
    Ruling,
    Verdict,
)
from layerlens.outputs.display import encodable, name_fields

Json = dict[str, Any]


def verdict_fields(verdict: Verdict) -> Json:
    """All that was judged."""
    return {
        "outcome": verdict.outcome.value,
        "passed": verdict.passed,
        "strict": verdict.strict,
        "gates": [ruling_fields(each) for each in verdict.rulings],
        "dive": None if verdict.dive is None else dive_fields(verdict.dive),
        "baseline": None if verdict.baseline is None else baseline_fields(verdict.baseline),
        "ignores": [ignore_fields(each) for each in verdict.ignores],
        "notes": [encodable(note) for note in verdict.notes],
    }


def ruling_fields(ruling: Ruling) -> Json:
    """What became of one limit."""
    demand = ruling.demand
    gate, limit = demand.gate, demand.limit
    return {
        "gate": gate.id,
        "subject": encodable(demand.subject) or None,
        "level": limit.level.value,
        "limit": encodable(limit.text),
        "bound": limit.bound.value,
        "origin": encodable(demand.origin) or None,
        "outcome": ruling.outcome.value,
        "unit": gate.unit.value,
        "measured": _figure(ruling.measured, gate.unit),
        "allowed": _figure(ruling.allowed, gate.unit),
        "baseline": _figure(ruling.baseline, gate.unit),
        "message": encodable(ruling.message),
        "offenders": [offender_fields(each) for each in ruling.offenders],
    }


def _figure(value: float | None, unit: Unit) -> float | None:
    """A figure of a gate; bytes and counts are whole."""
    if value is None or not math.isfinite(value):
        return None
    return value if unit is Unit.SHARE else int(value)


def offender_fields(offender: Offender) -> Json:
    """One of the things that cost a gate the most."""
    return {
        "what": encodable(offender.what),
        "bytes": offender.bytes,
        "layer": offender.layer,
        "line": offender.line,
        "instruction": encodable(offender.instruction) or None,
        "fix": encodable(offender.fix) or None,
        "rule": encodable(offender.rule) or None,
        "paths": [name_fields("path", path)["path"] for path in offender.paths],
    }


def dive_fields(verdict: DiveVerdict) -> Json:
    """Dive's verdict, in its own words."""
    return {
        "passed": verdict.passed,
        "rules": [
            {
                "rule": encodable(each.rule),
                "status": encodable(each.status),
                "limit": encodable(each.limit),
                "message": encodable(each.message) or None,
                "origin": encodable(each.origin) or None,
            }
            for each in verdict.rulings
        ],
        "offenders": [offender_fields(each) for each in verdict.offenders],
    }


def baseline_fields(facts: BaselineFacts) -> Json:
    """What figures were compared with; ``made`` in UTC."""
    return {
        "origin": encodable(facts.origin),
        "reference": encodable(facts.reference),
        "digest": None if facts.digest is None else encodable(facts.digest),
        "made": _time(facts.made),
        "revision": None if facts.revision is None else encodable(facts.revision),
    }


def _time(seconds: float | None) -> str | None:
    try:
        return (
            None
            if seconds is None
            else datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        )
    except (OverflowError, OSError, ValueError):  # no time that a calendar has
        return None


def ignore_fields(ruling: IgnoreRuling) -> Json:
    """One ignore, and what it hid."""
    ignore = ruling.ignore
    return {
        "rule": encodable(ignore.rule) or None,
        "paths": [encodable(path) for path in ignore.paths],
        "reason": encodable(ignore.reason),
        "expires": None if ignore.expires is None else ignore.expires.isoformat(),
        "origin": encodable(ignore.origin) or None,
        "findings": ruling.findings,
        "bytes": ruling.bytes,
        "expired": ruling.expired,
        "used": ruling.used,
    }
