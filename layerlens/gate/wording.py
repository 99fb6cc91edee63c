"""What was compared with what, in one line for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerlens.analysis.rules.words import counted
from layerlens.gate.limits import Bound, Unit, shown
from layerlens.gate.model import Demand, Outcome, Ruling

if TYPE_CHECKING:
    from layerlens.gate.measures import Measures


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure and its bound, in the gate's unit.

    ``excess`` is by how much the figure is beyond the bound, negative where it keeps it;
    ``base`` the baseline's figure; ``tolerance`` what was set, where only that lets it pass.
    """

    measured: float
    allowed: float
    excess: float
    base: float | None = None
    tolerance: str = ""


_NOUNS = {
    "max-layers": "layer",
    "max-files": "file",
    "max-setuid-files": "setuid or setgid file",
}


def worded(demand: Demand, compared: Compared, measures: Measures) -> str:
    """One line: ``image size 312.4 MB is 12.4 MB over 300MB (.layerlens.toml)``."""
    gate = demand.gate
    if gate.unit is Unit.YES_NO:
        return f"{_root(measures)}{_origin(demand)}"
    digits = _digits(compared.excess) if gate.unit is Unit.SHARE else 2
    subject, plural = _subject(demand, compared.measured, digits)
    if gate.unit is Unit.COUNT and not compared.allowed and demand.limit.bound is Bound.ABSOLUTE:
        none = ", and none may be" if compared.measured else ""
        return f"{subject}{none}{_origin(demand)}"
    verb = "are" if plural else "is"
    off = abs(compared.excess)
    how = "exactly"
    if compared.excess:
        above = (compared.excess > 0) is not gate.at_least
        how = f"{_difference(off, gate.unit, digits)} {'over' if above else 'under'}"
    tail = ""
    if compared.tolerance:
        tail = f", within the tolerance of {compared.tolerance}"
    return f"{subject} {verb} {how} {_limit(demand, compared, digits)}{tail}{_origin(demand)}"


def _origin(demand: Demand) -> str:
    return f" ({demand.origin})" if demand.origin else ""


def title(demand: Demand) -> str:
    """What a demand is about: ``image size``, ``package openssl``, ``critical findings``."""
    gate, subject = demand.gate, demand.subject
    if gate.subject == "GLOB":
        return f"bytes at {subject}"
    if gate.subject == "SEVERITY":
        worse = "" if subject == "critical" else " or worse"
        return f"{gate.title}, {subject}{worse}"
    return f"{gate.title} {subject}" if gate.subject else gate.title


def _subject(demand: Demand, measured: float, digits: int) -> tuple[str, bool]:
    """The sentence's subject with its figure, and whether it is a plural."""
    gate = demand.gate
    if gate.unit is not Unit.COUNT:
        figure = (
            percentage(measured, digits) if gate.unit is Unit.SHARE else shown(measured, gate.unit)
        )
        return f"{title(demand)} {figure}", False
    count = int(measured)
    if gate.subject == "SEVERITY":
        noun = "new finding" if gate.id == "max-new-findings" else "finding"
        worse = "" if demand.subject == "critical" else " or worse"
        return f"{_some(count, noun)} ({demand.subject}{worse})", count != 1
    return _some(count, _NOUNS[gate.id]), count != 1


def _some(count: int, noun: str) -> str:
    return counted(count, noun) if count else f"no {noun}s"


def _limit(demand: Demand, compared: Compared, digits: int) -> str:
    limit, unit = demand.limit, demand.gate.unit
    if limit.bound is Bound.ABSOLUTE:
        return limit.text or shown(limit.amount, unit)
    allowed = (
        percentage(compared.allowed, digits)
        if unit is Unit.SHARE
        else shown(compared.allowed, unit)
    )
    if limit.bound is Bound.OF_TOTAL:
        return f"{allowed}, {limit.text} of the image"
    assert compared.base is not None  # of a change
    base = percentage(compared.base, digits) if unit is Unit.SHARE else shown(compared.base, unit)
    return f"{allowed}, which is {limit.text} on the baseline's {base}"


def percentage(value: float, digits: int = 2) -> str:
    """A share in per cent, with at most so many digits after the point."""
    text = f"{value * 100:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.')}%"


def _digits(excess: float) -> int:
    """Digits after the point of a percentage that show a difference where there is one."""
    off = abs(excess)
    digits = 2
    while off and digits < 10 and off * 100 < 10**-digits:
        digits += 1
    return digits


def _difference(off: float, unit: Unit, digits: int) -> str:
    if unit is Unit.SHARE:
        points = f"{off * 100:.{digits}f}".rstrip("0").rstrip(".")
        return f"{points} point{'' if points == '1' else 's'}"
    return shown(off, unit)


def measured_text(ruling: Ruling) -> str:
    """The measured figure, short, and different from the limit where it is."""
    unit, value = ruling.demand.gate.unit, ruling.measured
    if value is None:
        return "not known"
    if unit is not Unit.SHARE:
        return shown(value, unit)
    off = 0.0 if ruling.allowed is None else value - ruling.allowed
    return percentage(value, _digits(off if abs(off) > _NEAR else 0.0))


_NEAR = 1e-12
"""Ratios that are closer than this are the same."""


def is_tolerated(ruling: Ruling) -> bool:
    """Whether only the tolerance lets a figure pass."""
    measured, allowed = ruling.measured, ruling.allowed
    if ruling.outcome is not Outcome.PASS or measured is None or allowed is None:
        return False
    near = _NEAR if ruling.demand.gate.unit is Unit.SHARE else 0
    off = allowed - measured if ruling.demand.gate.at_least else measured - allowed
    return off > near


def limit_text(ruling: Ruling) -> str:
    """The limit, short: as it was written, and what it comes to where that is not said."""
    limit, unit = ruling.demand.limit, ruling.demand.gate.unit
    if unit is Unit.YES_NO:
        return "no"
    text = limit.text or shown(limit.amount, unit)
    if limit.bound is Bound.ABSOLUTE or ruling.allowed is None:
        return text
    allowed = ruling.allowed
    return f"{percentage(allowed) if unit is Unit.SHARE else shown(allowed, unit)} ({text})"


def _root(measures: Measures) -> str:
    user = measures.analysis.image.config.user
    if not measures.is_root:
        known = "" if measures.analysis.judged is not None else ", by its name"
        return f"containers run as {user}, not as root{known}"
    return (
        f"containers run as root: the user is {user}" if user else "containers run as root: no USER"
    )
