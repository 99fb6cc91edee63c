"""Numbers as the Go libraries read them that dive 0.13.1 uses.

dive reads ratios by ``strconv.ParseFloat`` (Go's syntax of floating-point literals,
``inf`` and ``nan`` besides) and sizes by ``ParseBytes`` of go-humanize 1.0.1.  What
these accept is not what Python accepts, and a limit that dive refuses must not pass
here, nor the other way round.
"""

from __future__ import annotations

import re

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEX = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+"
)  # the exponent is not optional
_SPECIAL = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"(?<=[0-9])_(?=[0-9])")
_HEX_GROUPED = re.compile(r"(?<=[0-9a-fA-FxX])_(?=[0-9a-fA-F])")
"""Underscores that group digits; one may follow a prefix."""
_LONGEST = 1000
"""Characters of a number; longer ones are refused, where Go would go on."""

_SIZES = {
    "": 1, "b": 1,
    "k": 10**3, "kb": 10**3, "m": 10**6, "mb": 10**6, "g": 10**9, "gb": 10**9,
    "t": 10**12, "tb": 10**12, "p": 10**15, "pb": 10**15, "e": 10**18, "eb": 10**18,
    "ki": 2**10, "kib": 2**10, "mi": 2**20, "mib": 2**20, "gi": 2**30, "gib": 2**30,
    "ti": 2**40, "tib": 2**40, "pi": 2**50, "pib": 2**50, "ei": 2**60, "eib": 2**60,
}  # fmt: skip
_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What Go's ``strings.TrimSpace`` takes away."""


def parse_float(text: str) -> float:
    """The number that Go reads: ``.5``, ``1e-2``, ``0x1p-2``, ``inf`` and ``nan`` among them.

    Raises ``ValueError`` for what is none, and for what is too large for a float.
    """
    if len(text) <= _LONGEST:
        if _DECIMAL.fullmatch(plain := _GROUPED.sub("", text)):
            number = float(plain)
            if number in (float("inf"), float("-inf")):
                raise ValueError(f"{text!r} is out of range")
            return number
        if _SPECIAL.fullmatch(text):
            return float(text)
        if _HEX.fullmatch(plain := _HEX_GROUPED.sub("", text)):
            try:
                return float.fromhex(plain)
            except OverflowError as error:
                raise ValueError(f"{text!r} is out of range") from error
    raise ValueError(f"{text!r:.110} is no number")


def parse_bytes(text: str) -> int:
    """The bytes of a size: ``20MB``, ``19 Mb`` and ``1,000`` (SI), ``20MiB`` (binary).

    Raises ``ValueError`` for what is none, and for what does not fit 64 bits.
    """
    digits = len(text) - len(text.lstrip("0123456789.,"))
    number, suffix = text[:digits].replace(",", ""), text[digits:].strip(_SPACES).lower()
    if len(text) > _LONGEST or suffix not in _SIZES:
        raise ValueError(f"{text!r:.110} is no size")
    try:
        size = parse_float(number) * _SIZES[suffix]
    except ValueError as error:
        raise ValueError(f"{text!r:.110} is no size") from error
    if size >= 2.0**64:
        raise ValueError(f"{text!r} is more than 64 bits hold")
    return int(size)


def format_float(number: float) -> str:
    """A number in as few digits as tell it from all others, without an exponent."""
    if number != number:  # noqa: PLR0124 - not a number
        return "NaN"
    if number in (float("inf"), float("-inf")):
        return "+Inf" if number > 0 else "-Inf"
    from decimal import Decimal

    return f"{Decimal(repr(number)):f}".removesuffix(".0")
