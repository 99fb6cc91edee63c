"""A way down through levels, each a table, and up again."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

from layerlens.tui.viewmodel.table import Table

SEPARATOR = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


class Step(Protocol):
    """What a level has in any case."""

    @property
    def title(self) -> str:
        """What it shows."""

    @property
    def table(self) -> Table[Any]:
        """Its rows."""


L = TypeVar("L", bound=Step)


class Descent(Generic[L]):
    """Holds the levels from the uppermost down to the one that is shown.

    Each level keeps its own filter and order.
    """

    levels: list[L]

    @property
    def level(self) -> L:
        return self.levels[-1]

    @property
    def table(self) -> Table[Any]:
        return self.level.table

    @property
    def is_down(self) -> bool:
        return len(self.levels) > 1

    def trail(self) -> str:
        """Where one is: the titles of all levels, from the uppermost down."""
        return SEPARATOR.join(level.title for level in self.levels)

    def up(self) -> Any:
        """Go up one level; gives the row that was gone through, ``None`` if none was."""
        raise NotImplementedError

    def sort_by(self, order: str) -> bool:
        """Order by a column; false where this level has none of that name."""
        if not any(column.id == order for column in self.table.columns):
            return False
        self.table.sort_by(order)
        return True
