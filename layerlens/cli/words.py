"""Words that options take."""

from __future__ import annotations

import argparse

from layerlens.units import SIZE_UNITS

YES_NO = {"1": True, "true": True, "yes": True, "on": True,
          "0": False, "false": False, "no": False, "off": False}  # fmt: skip
"""What variables say for yes and no."""


def size(text: str) -> int:
    """``20MB``, ``1.5GiB``: a number with a unit, in bytes."""
    lower = text.strip().lower()
    digits = lower.rstrip("bkmgti")
    unit = lower[len(digits) :]
    if digits.startswith("-") or not unit.endswith("b") or unit[:-1] not in SIZE_UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write a unit, such as 20GB")
    try:
        found = int(float(digits) * SIZE_UNITS[unit[:-1]])
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 20GB") from error
    if found < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is less than nothing")
    return found


def some(text: str) -> str:
    """Any text but none: an unset variable of a script must not pass unseen."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def path_glob(text: str) -> str:
    """A glob over paths, without the leading slash that does no harm.

    Raises :class:`ValueError` that says what is wrong with it.
    """
    from layerlens.analysis.rules.globs import parse

    if len(text) > LONGEST_GLOB:
        raise ValueError(f"a glob of more than {LONGEST_GLOB} characters")
    glob = text.removeprefix("/")
    parse(glob)
    return glob


LONGEST_GLOB = 1000
"""Characters: braces make many out of one."""
