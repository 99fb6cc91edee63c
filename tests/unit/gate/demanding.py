"""Demands as users write them, and what is judged by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.identity import FindingKey
from layerlens.gate.catalogue import BY_ID, Gate
from layerlens.gate.judge import judge
from layerlens.gate.limits import Bound, Level, Limit, Unit, parse_limit
from layerlens.gate.model import BaselineFacts, Demand, GateSettings, Ignore, Ruling, Verdict

TODAY = date(2026, 5, 1)


def demand(gate: str, limit: str = "fail", subject: str = "", origin: str = "--flag") -> Demand:
    """A demand; of gates that ask yes or no, ``limit`` is the level."""
    found = BY_ID[gate]
    if found.unit is Unit.YES_NO:
        return Demand(found, Limit(0.0, Bound.ABSOLUTE, Level(limit), "no"), subject, origin)
    return Demand(found, parse_limit(limit, found.unit, at_least=found.at_least), subject, origin)


@dataclass
class Recorded:
    """A baseline that says what a test wants."""

    figures: Mapping[tuple[str, str], float] = field(default_factory=dict)
    findings: Sequence[FindingKey] | None = ()
    facts: BaselineFacts = field(default_factory=lambda: BaselineFacts("base.json", "shop:0.9"))

    def value(self, gate: Gate, subject: str) -> float | None:
        return self.figures.get((gate.id, subject))


def judged(
    analysis: Analysis,
    *demands: Demand,
    ignores: Sequence[Ignore] = (),
    baseline: Recorded | None = None,
    tolerance: str | None = None,
    strict: bool = False,
) -> Verdict:
    """The verdict of some demands."""
    slack = None if tolerance is None else parse_limit(f"+{tolerance}", Unit.BYTES)
    return judge(analysis, GateSettings(demands, tuple(ignores), slack, strict), baseline, TODAY)


def ruling(analysis: Analysis, gate: str, limit: str = "fail", subject: str = "") -> Ruling:
    """What becomes of one demand."""
    return judged(analysis, demand(gate, limit, subject)).rulings[0]
