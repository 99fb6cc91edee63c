"""Base and yours, or one of the two: a filter that all views of paths and findings have."""

from __future__ import annotations

from enum import StrEnum


class Whose(StrEnum):
    """Base and yours, or one of the two; the value is how it is said."""

    ALL = "base and yours"
    YOURS = "only yours"
    BASE = "only the base's"

    @property
    def next(self) -> Whose:
        """The next of the three, the first after the last."""
        every = list(Whose)
        return every[(every.index(self) + 1) % len(every)]

    def takes(self, *, is_base: bool) -> bool:
        return self is Whose.ALL or is_base == (self is Whose.BASE)
