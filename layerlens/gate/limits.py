"""Limits as people write them: ``300MB``, ``warn:5%``, ``+10MB``, ``off``.

A limit carries its unit, so that five per cent are never taken for five
hundred, or megabytes for bytes: bare numbers are refused where a unit is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from layerlens.units import SIZE_UNITS, human_size


class LimitError(ValueError):
    """A text that is no limit of its kind; says what is wrong and shows a right one."""


class Level(StrEnum):
    """What happens when a limit is not kept."""

    WARN = "warn"
    FAIL = "fail"


class Unit(StrEnum):
    """What a gate measures.

    ``BYTES``: content or stored bytes.  ``SHARE``: a ratio from 0 to 1, shown as
    a percentage.  ``COUNT``: things.  ``YES_NO``: something that must not be.
    """

    BYTES = "bytes"
    SHARE = "share"
    COUNT = "count"
    YES_NO = "yes-no"


class Bound(StrEnum):
    """What a limit's amount is held against.

    ``ABSOLUTE``: the measured figure.  ``OF_TOTAL``: as a share of the image's total
    bytes.  ``CHANGE``: the difference to the baseline, in the gate's own unit (for
    shares: percentage points).  ``CHANGE_SHARE``: that difference as a share of the
    baseline's figure.
    """

    ABSOLUTE = "absolute"
    OF_TOTAL = "of-total"
    CHANGE = "change"
    CHANGE_SHARE = "change-share"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    ``amount`` is in bytes, a ratio (``0.05`` for ``5%``) or a count, by ``bound`` and
    the gate's unit; of changes it is what the figure may get *worse* by, never
    negative.  ``text`` is what the user wrote, without its level.
    """

    amount: float
    bound: Bound
    level: Level
    text: str

    @property
    def is_change(self) -> bool:
        """Whether it can only be judged beside a baseline."""
        return self.bound in (Bound.CHANGE, Bound.CHANGE_SHARE)


OFF = "off"
"""The word that takes a limit away which a weaker place has set."""

_LIMIT = re.compile(
    r"(?:(?P<level>warn|fail):)?(?P<sign>[+-]?)(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>%|[a-z]*)",
    re.IGNORECASE | re.ASCII,
)
_LONGEST = 100
"""Characters of a limit; nobody means more."""


def parse_limit(text: str, unit: Unit, *, at_least: bool = False) -> Limit:
    """Read a limit on a figure of a unit; ``at_least`` where less is worse.

    ``300MB`` is absolute and ``5%`` a share of the image's total (of bytes) or the
    figure itself (of shares, which ``0.05`` says as well); ``+10MB``, ``+5%`` and
    ``+3`` are what a figure may grow by against a baseline, ``-1%`` what a score
    may fall by, in percentage points.  Raises :class:`LimitError`.
    """
    match = _LIMIT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        raise LimitError(f"{text!r:.110} is no limit; write {_example(unit, at_least=at_least)}")
    level = Level((match["level"] or "fail").lower())
    number, suffix, sign = match["number"], match["unit"].lower(), match["sign"]
    written = text.strip()[len(match["level"]) + 1 if match["level"] else 0 :]
    if sign and sign != ("-" if at_least else "+"):
        way = "fall by, such as -1%" if at_least else "grow by, such as +5%"
        raise LimitError(f"{text!r}: a limit on the change says what the figure may {way}")
    amount, bound = _amount(text, number, suffix, unit, changes=bool(sign), at_least=at_least)
    return Limit(amount, bound, level, written)


def _amount(
    text: str, digits: str, suffix: str, unit: Unit, *, changes: bool, at_least: bool
) -> tuple[float, Bound]:
    wrong = LimitError(f"{text!r} is no limit; write {_example(unit, at_least=at_least)}")
    # Divided as text: 0.7 / 100 is less than 0.007.
    number = float(f"{digits}e-2" if suffix == "%" else digits)
    if unit is Unit.SHARE:
        if suffix != "%" and (suffix or changes or number > 1):
            raise wrong
        if number > 1:
            raise LimitError(f"{text!r} is more than 100%")
        return number, Bound.CHANGE if changes else Bound.ABSOLUTE
    if suffix == "%":
        if unit is Unit.COUNT and not changes:
            raise wrong
        return number, Bound.CHANGE_SHARE if changes else Bound.OF_TOTAL
    if unit is Unit.BYTES:
        factor = SIZE_UNITS.get(suffix.removesuffix("b")) if suffix.endswith("b") else None
        if factor is None:
            raise LimitError(
                f"{text!r} has no unit; write {_example(unit, at_least=at_least)}"
                if not suffix
                else f"{text!r} has an unknown unit; write {_example(unit, at_least=at_least)}"
            )
        whole, _, fraction = digits.partition(".")
        size = float(int(whole + fraction) * factor // 10 ** len(fraction))
        return size, Bound.CHANGE if changes else Bound.ABSOLUTE
    if unit is not Unit.COUNT or suffix or number != int(number):
        raise wrong
    return number, Bound.CHANGE if changes else Bound.ABSOLUTE


def _example(unit: Unit, *, at_least: bool) -> str:
    if unit is Unit.BYTES:
        return "a size with its unit (20MB), a share of the image (5%) or a growth (+10MB, +5%)"
    if unit is Unit.SHARE:
        change = "-1%" if at_least else "+1%"
        return f"a percentage (95%), a ratio from 0 to 1 (0.95) or a change ({change})"
    return "a whole number (20) or a growth (+2, +5%)"


def shown(value: float | None, unit: Unit) -> str:
    """A measured figure or an amount in words."""
    if value is None or not isfinite(value):
        return "not known"
    if unit is Unit.BYTES:
        return human_size(int(value))
    if unit is Unit.SHARE:
        return f"{value * 100:.2f}%"
    if unit is Unit.YES_NO:
        return "yes" if value else "no"
    return f"{int(value):,}"
