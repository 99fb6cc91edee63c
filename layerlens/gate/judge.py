"""From demands to a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.gate.baseline import Baseline
from layerlens.gate.catalogue import GATES, Gate
from layerlens.gate.ignoring import excuse
from layerlens.gate.limits import Bound, Level, Unit
from layerlens.gate.measures import Figure, Measures
from layerlens.gate.model import Demand, GateSettings, Ignore, Offender, Outcome, Ruling, Verdict
from layerlens.gate.offenders import offenders
from layerlens.gate.wording import Compared, title, worded

_PLACE = {gate.id: place for place, gate in enumerate(GATES)}

_SCALE = 10**12
"""Ratios are compared as whole trillionths, so that binary fractions decide nothing.

An image would need a thousand gigabytes before a byte of it were less than that.
"""


def judge(
    analysis: Analysis, settings: GateSettings, baseline: Baseline | None, today: date
) -> Verdict:
    """Measure what is demanded, and hold it against the limits.

    ``today`` decides which ignores have expired.  What cannot be measured here is
    skipped, and fails under ``strict``; what a baseline ought to say and does not is
    never passed over: it fails, or warns where the limit only does.
    """
    measures = measures_of(analysis, settings.ignores, today, settings.demands)
    court = _Court(measures, settings, baseline)
    demands = sorted(settings.demands, key=lambda demand: _PLACE[demand.gate.id])
    rulings = tuple(court.ruling(demand) for demand in demands)
    return Verdict(
        rulings=rulings,
        baseline=None if baseline is None else baseline.facts,
        ignores=measures.excused.rulings,
        ignored=measures.excused.findings,
        strict=settings.strict,
        notes=tuple(dict.fromkeys(_idle(rulings))),
    )


def _idle(rulings: Sequence[Ruling]) -> Iterator[str]:
    """Limits that allow something of what is not there: a name may be mistyped.

    What allows nothing is a ban, and finding nothing is what it is for.
    """
    for ruling in rulings:
        gate, subject = ruling.demand.gate, ruling.demand.subject
        if gate.subject in _NAMED and ruling.measured == 0 and ruling.allowed:
            yield f"{_NAMED[gate.subject]} {subject!r:.200}: is it written right?"


_NAMED = {"GLOB": "no bytes lie at", "NAME": "no package is called"}
"""Subjects that a user names freely, and what to say where there is no such thing."""


def measures_of(
    analysis: Analysis,
    ignores: Sequence[Ignore],
    today: date,
    demands: Sequence[Demand] = (),
) -> Measures:
    """An analysis as gates see it, ignores in effect; ``demands`` say what will be asked."""
    globs = [demand.subject for demand in demands if demand.gate.subject == "GLOB"]
    return Measures(analysis, excuse(analysis, ignores, today) if ignores else None, globs)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What a figure is held against, scaled: ``slack`` is what the tolerance adds."""

    allowed: int
    slack: int
    base: float | None


class _Court:
    """One sitting: offenders are looked for once for several limits on one figure."""

    def __init__(
        self, measures: Measures, settings: GateSettings, baseline: Baseline | None
    ) -> None:
        self._measures = measures
        self._settings = settings
        self._baseline = baseline
        self._offenders: dict[tuple[str, str], tuple[Offender, ...]] = {}
        self._figures: dict[tuple[str, str], Figure] = {}

    def ruling(self, demand: Demand) -> Ruling:
        """What becomes of one demand."""
        gate, limit = demand.gate, demand.limit
        if gate.id == "max-new-findings" and self._unknown_findings():
            return self._without_baseline(demand, None, "findings")
        figure = self._figure(gate, demand.subject)
        if figure.value is None:
            return self._skipped(demand, figure.why)
        base = None
        if limit.is_change:
            base = None if self._baseline is None else self._baseline.value(gate, demand.subject)
            if base is None:
                return self._without_baseline(demand, figure.value, "this figure")
        bounds = self._bounds(demand, base)
        measured = _scaled(figure.value, gate.unit)
        # What is too much: above the limit, or below one that is at least.
        excess = bounds.allowed - measured if gate.at_least else measured - bounds.allowed
        missed = excess > bounds.slack
        outcome = Outcome(limit.level.value) if missed else Outcome.PASS
        allowed = bounds.allowed / _SCALE if gate.unit is Unit.SHARE else bounds.allowed
        return Ruling(
            demand=demand,
            outcome=outcome,
            measured=figure.value,
            allowed=allowed,
            message=worded(
                demand,
                Compared(
                    figure.value,
                    allowed,
                    excess / _SCALE if gate.unit is Unit.SHARE else excess,
                    base,
                    self._tolerance_text() if excess > 0 and not missed else "",
                ),
                self._measures,
            ),
            baseline=base,
            offenders=self._worst(demand) if missed else (),
        )

    def _figure(self, gate: Gate, subject: str) -> Figure:
        key = (gate.id, subject)
        known = self._figures.get(key)
        if known is None:
            known = self._measures.figure(gate, subject)
            if gate.id == "max-new-findings" and self._measures.analysis.judged is not None:
                known = Figure(len(self._new_findings(subject)))
            self._figures[key] = known
        return known

    def _unknown_findings(self) -> bool:
        return self._measures.analysis.judged is not None and (
            self._baseline is None or self._baseline.findings is None
        )

    def _new_findings(self, least: str) -> list[Finding]:
        assert self._baseline is not None  # else it was told already
        return self._measures.new_findings(self._baseline.findings or (), least)

    def _worst(self, demand: Demand) -> tuple[Offender, ...]:
        key = (demand.gate.id, demand.subject)
        found = self._offenders.get(key)
        if found is None:
            new = None
            if demand.gate.id == "max-new-findings":
                new = self._new_findings(demand.subject)
            found = self._offenders[key] = offenders(self._measures, *key, new)
        return found

    # ------------------------------------------------------------------------ bounds

    def _bounds(self, demand: Demand, base: float | None) -> _Bounds:
        gate, limit = demand.gate, demand.limit
        if limit.bound is Bound.ABSOLUTE:
            return _Bounds(_scaled(limit.amount, gate.unit), 0, None)
        if limit.bound is Bound.OF_TOTAL:
            total = self._measures.analysis.scores.total_bytes
            return _Bounds(_part(total, limit.amount), 0, None)
        assert base is not None  # told before
        was = _scaled(base, gate.unit)
        if limit.bound is Bound.CHANGE:
            change = _scaled(limit.amount, gate.unit)
        else:
            change = _part(was, limit.amount)
        allowed = was - change if gate.at_least else was + change
        return _Bounds(allowed, self._slack(gate.unit, was), base)

    def _slack(self, unit: Unit, was: int) -> int:
        """By how much a change may exceed its limit.

        A share is one of the baseline's figure, of figures that are shares themselves
        percentage points; a size is for bytes alone.
        """
        limit = self._settings.tolerance
        if limit is None or unit is Unit.YES_NO:
            return 0
        if limit.bound in (Bound.OF_TOTAL, Bound.CHANGE_SHARE):
            return _scaled(limit.amount, unit) if unit is Unit.SHARE else _part(was, limit.amount)
        return int(limit.amount) if unit is Unit.BYTES else 0

    def _tolerance_text(self) -> str:
        limit = self._settings.tolerance
        return "" if limit is None else limit.text

    # ---------------------------------------------------------------- what is not known

    def _skipped(self, demand: Demand, why: str) -> Ruling:
        """A figure that cannot be had here: no pass, but no fault of the image either."""
        outcome, message = Outcome.SKIP, f"not judged: {why}"
        if self._settings.strict:
            outcome = Outcome(demand.limit.level.value)
            message = f"cannot be judged, which --strict does not let pass: {why}"
        return Ruling(demand, outcome, None, None, _about(demand, message))

    def _without_baseline(self, demand: Demand, measured: float | None, what: str) -> Ruling:
        """A limit on a change whose baseline is missing, or has no such figure."""
        if self._baseline is None:
            message = "cannot be judged: there is no baseline; give one with --baseline"
        else:
            message = (
                f"cannot be judged: the baseline {self._baseline.facts.origin} lacks {what}; "
                "write it anew with --write-baseline"
            )
        outcome = Outcome.WARN if demand.limit.level is Level.WARN else Outcome.FAIL
        return Ruling(demand, outcome, measured, None, _about(demand, message))


def _about(demand: Demand, message: str) -> str:
    """What is said of a demand that could not be judged, as a whole sentence."""
    return f"{title(demand)} {message}{f' ({demand.origin})' if demand.origin else ''}"


def _scaled(value: float, unit: Unit) -> int:
    """A figure as a whole number: trillionths of shares, else itself."""
    return round(value * _SCALE) if unit is Unit.SHARE else round(value)


def _part(whole: int, share: float) -> int:
    """A share of a whole, cut off."""
    return whole * round(share * _SCALE) // _SCALE
