"""What gates are told, and what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from layerlens.gate.catalogue import Gate
from layerlens.gate.limits import Level, Limit

Path = bytes
"""A path, raw, without a leading slash."""


@dataclass(frozen=True, slots=True)
class Demand:
    """One limit of one gate: what the settings ask for.

    ``subject`` is the glob, name, class or severity of gates that have one;
    ``origin`` says for people where it was set (``--max-size``,
    ``LAYERLENS_MAX_SIZE``, ``.layerlens.toml``, ``default``).
    """

    gate: Gate
    limit: Limit
    subject: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Ignore:
    """Something that gates shall not count, and why.

    ``rule`` is a rule's id, ``paths`` are globs: with both, that rule's findings at
    these paths; with ``paths`` alone whatever lies there, dead bytes included; with
    ``rule`` alone all its findings.  ``expires`` is the last day on which it counts.
    """

    reason: str
    rule: str = ""
    paths: tuple[str, ...] = ()
    expires: date | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class GateSettings:
    """All that is demanded.

    ``tolerance`` is by how much changes may exceed their limits, of any unit: a
    limit whose amount is 0 means that nothing is tolerated in that unit.
    ``strict`` makes expired and unused ignores fail.
    """

    demands: tuple[Demand, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    tolerance: Limit | None = None
    strict: bool = False


class Outcome(StrEnum):
    """What became of a demand; ``SKIP`` where its figure cannot be had here."""

    PASS = "pass"  # noqa: S105 - no password
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Offender:
    """Something that costs a gate the most.

    ``what`` is a title for people (of a path: escaped already nowhere, so escape it
    where it is shown); ``layer`` whose instruction is to blame, ``None`` where none
    is; ``line`` the Dockerfile's, where known; ``fix`` Dockerfile text, maybe empty.
    """

    what: str
    bytes: int
    layer: int | None = None
    line: int | None = None
    instruction: str = ""
    fix: str = ""
    rule: str = ""
    paths: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Ruling:
    """What became of one demand.

    ``measured`` and ``allowed`` are in the gate's unit: the figure, and the bound
    that it was held against once shares and changes are worked out (``None`` where
    it cannot be).  ``baseline`` is the baseline's figure.  ``message`` is one line
    that says what was compared, of passes too, and by how much it is missed.
    """

    demand: Demand
    outcome: Outcome
    measured: float | None
    allowed: float | None
    message: str
    baseline: float | None = None
    offenders: tuple[Offender, ...] = ()


@dataclass(frozen=True, slots=True)
class DiveRuling:
    """What dive 0.13.1 says of one of its rules: pass, fail, skip or misconfigured.

    ``rule`` is dive's name for it, ``limit`` what was set, ``message`` dive's words,
    ``origin`` where the limit comes from.
    """

    rule: str
    status: str
    limit: str
    message: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class DiveVerdict:
    """dive's verdict: by its own figures, precedence and defaults.

    ``offenders`` are what costs most, where a rule fails: all of dive's rules are
    about the same bytes.
    """

    rulings: tuple[DiveRuling, ...]
    offenders: tuple[Offender, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether dive would exit with 0."""
        return all(each.status in ("pass", "skip") for each in self.rulings)


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """What figures are compared with.

    ``origin`` is what the user named, ``reference`` and ``digest`` the image that it
    speaks of; ``made`` when it was written, or when the image was built, in seconds
    since the epoch; ``revision`` of the source, where it says one.
    """

    origin: str
    reference: str
    digest: str | None = None
    made: float | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class IgnoreRuling:
    """What an ignore did: how many findings and dead bytes it hid; whether it has expired."""

    ignore: Ignore
    findings: int = 0
    bytes: int = 0
    expired: bool = False

    @property
    def used(self) -> bool:
        return bool(self.findings or self.bytes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an image may pass.

    ``ignored`` are the indices, in ``Analysis.findings``, of those that ignores hide.
    ``strict`` says whether idle ignores fail.
    """

    rulings: tuple[Ruling, ...] = ()
    dive: DiveVerdict | None = None
    baseline: BaselineFacts | None = None
    ignores: tuple[IgnoreRuling, ...] = ()
    ignored: frozenset[int] = frozenset()
    strict: bool = False
    notes: Sequence[str] = field(default=())

    @property
    def idle_ignores(self) -> list[IgnoreRuling]:
        """Ignores that have expired, or that nothing needs."""
        return [each for each in self.ignores if each.expired or not each.used]

    @property
    def nothing_judged(self) -> bool:
        """Whether gates that may fail were asked for, and no figure can be had: no pass."""
        return (
            self.dive is None
            and all(ruling.outcome is Outcome.SKIP for ruling in self.rulings)
            and any(ruling.demand.limit.level is Level.FAIL for ruling in self.rulings)
        )

    @property
    def outcome(self) -> Outcome:
        """The worst of all."""
        outcomes = {ruling.outcome for ruling in self.rulings}
        if (
            Outcome.FAIL in outcomes
            or (self.dive is not None and not self.dive.passed)
            or (self.strict and self.idle_ignores)
            or self.nothing_judged
        ):
            return Outcome.FAIL
        return Outcome.WARN if Outcome.WARN in outcomes else Outcome.PASS

    @property
    def passed(self) -> bool:
        """Whether the exit code is 0; warnings pass."""
        return self.outcome is not Outcome.FAIL
