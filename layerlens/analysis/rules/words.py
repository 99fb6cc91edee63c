"""Words that many titles have in common."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, one: str, many: str = "") -> str:
    """A number and its noun: ``1 package``, ``2,000 packages``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, and three dots for the others."""
    return ", ".join([*names[:most], "…"] if len(names) > most else names)
