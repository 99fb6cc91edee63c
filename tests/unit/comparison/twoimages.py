"""Two analyses made by hand, and what is known of their contents."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import SameContent


def by_hashes(old: Analysis, new: Analysis) -> SameContent:
    """Contents by their hashes, which all tables made by hand have."""

    def same(o: int, n: int) -> bool:
        before, i = old.filesystem.slot(o)
        after, j = new.filesystem.slot(n)
        assert before.sizes[i] == after.sizes[j] > 0, "asked for what sizes tell"
        return before.hash(i) == after.hash(j)

    return same


def blind(_old: int, _new: int) -> None:
    """Nothing is known of contents."""
