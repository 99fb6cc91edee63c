"""What dive 0.13.1 says in its CI mode, by its own figures.

Three rules, each with a limit that is a text.  What is equal to a limit passes, of
all three; so does a figure that is no number (dive divides by the bytes above the
first layer, and an image may have none), and an infinite one fails.  A limit that
cannot be read makes dive judge nothing at all and exit with 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerlens.gate.go_numbers import format_float, parse_bytes, parse_float
from layerlens.gate.model import DiveRuling, DiveVerdict

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis, DiveFigures

LOWEST_EFFICIENCY = "lowestEfficiency"
HIGHEST_WASTED_BYTES = "highestWastedBytes"
HIGHEST_USER_WASTED_PERCENT = "highestUserWastedPercent"

DIVE_DEFAULTS = {
    LOWEST_EFFICIENCY: "0.9",
    HIGHEST_WASTED_BYTES: "disabled",
    HIGHEST_USER_WASTED_PERCENT: "0.1",
}
"""dive's rules in its own order, each with the limit that is in force where none is set."""

DISABLED = "disabled"
"""The one word that switches a rule off."""

_OFF_LATER = ("", "off", "false")
"""Words that switch a rule off in dive's sources after 0.13.1, and are mistakes in 0.13.1."""


@dataclass(frozen=True, slots=True)
class DiveLimit:
    """What one of dive's rules is set to, and where that was found."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class DiveSettings:
    """dive's three rules as its configuration sets them, each as text.

    ``notes`` are for people: what was found in the configuration and has no effect.
    """

    lowest_efficiency: DiveLimit
    highest_wasted_bytes: DiveLimit
    highest_user_wasted_percent: DiveLimit
    notes: tuple[str, ...] = ()

    def rules(self) -> Iterator[tuple[str, DiveLimit]]:
        """Each rule by dive's name, in dive's order."""
        yield LOWEST_EFFICIENCY, self.lowest_efficiency
        yield HIGHEST_WASTED_BYTES, self.highest_wasted_bytes
        yield HIGHEST_USER_WASTED_PERCENT, self.highest_user_wasted_percent


def misconfigured(rule: str, limit: DiveLimit) -> str | None:
    """Why dive 0.13.1 cannot judge by a limit, and what it would understand; else ``None``."""
    text = limit.text
    if text == DISABLED:
        return None
    kind = "a size (20MB)" if rule == HIGHEST_WASTED_BYTES else "a ratio from 0 to 1 (0.9)"
    if text.strip().lower() in (*_OFF_LATER, DISABLED):
        return (
            f"{text!r} is not {kind}, and dive 0.13.1 switches a rule off by the word "
            f"{DISABLED} only, just so"
        )
    allowed = f"{kind} or {DISABLED}"
    try:
        if rule == HIGHEST_WASTED_BYTES:
            parse_bytes(text)
            return None
        ratio = parse_float(text)
    except ValueError:
        return f"{text!r:.110} is not {allowed}"
    if ratio < 0 or ratio > 1:  # not a number is neither
        return f"{text!r:.110} is out of range: write {allowed}"
    return None


def dive_verdict(figures: DiveFigures, settings: DiveSettings) -> DiveVerdict:
    """Dive's verdict.

    Where a limit cannot be read, its ruling says so, and no other rule is judged.
    """
    rules = list(settings.rules())
    problems = {rule: misconfigured(rule, limit) for rule, limit in rules}
    if any(problems.values()):
        return DiveVerdict(
            tuple(
                _ruling(rule, limit, "misconfigured", problem)
                if problem
                else _ruling(rule, limit, "skip", "not judged: another rule is misconfigured")
                for (rule, limit), problem in zip(rules, problems.values(), strict=True)
            )
        )
    return DiveVerdict(tuple(_judged(rule, limit, figures) for rule, limit in rules))


def with_offenders(verdict: DiveVerdict, analysis: Analysis) -> DiveVerdict:
    """The verdict with what costs most, where a rule fails.

    dive names paths alone; these have a blame and a fix.  Ignores do not count, since
    dive knows none.
    """
    from layerlens.gate.measures import Measures
    from layerlens.gate.offenders import offenders

    if not any(each.status == "fail" for each in verdict.rulings):
        return verdict
    return replace(verdict, offenders=offenders(Measures(analysis), "highest-wasted-bytes"))


def _judged(rule: str, limit: DiveLimit, figures: DiveFigures) -> DiveRuling:
    if limit.text == DISABLED:
        return _ruling(rule, limit, "skip", "the rule is switched off")
    if rule == HIGHEST_WASTED_BYTES:
        most = parse_bytes(limit.text)
        wasted = figures.wasted_bytes
        if wasted > most:
            message = f"{wasted:,} bytes wasted, {wasted - most:,} more than the limit of {most:,}"
            return _ruling(rule, limit, "fail", message)
        return _ruling(rule, limit, "pass", f"{wasted:,} bytes wasted, at most {most:,} allowed")
    bound = parse_float(limit.text)
    least = format_float(bound)
    if rule == LOWEST_EFFICIENCY:
        figure = format_float(figures.efficiency)
        if bound > figures.efficiency:
            return _ruling(rule, limit, "fail", f"efficiency {figure} is below {least}")
        return _ruling(rule, limit, "pass", f"efficiency {figure}, at least {least} asked for")
    share = figures.user_wasted_percent
    if share != share:  # noqa: PLR0124 - not a number
        return _ruling(
            rule, limit, "pass", "no bytes above the first layer, so dive has no figure, and passes"
        )
    figure = format_float(share)
    if share == float("inf"):
        figure += " (bytes wasted, and none above the first layer)"
    if bound < share:
        return _ruling(rule, limit, "fail", f"user-wasted ratio {figure} is above {least}")
    return _ruling(rule, limit, "pass", f"user-wasted ratio {figure}, at most {least} allowed")


def _ruling(rule: str, limit: DiveLimit, status: str, message: str) -> DiveRuling:
    return DiveRuling(rule, status, limit.text, message, limit.origin)
