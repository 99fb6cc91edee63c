"""The way from the ledger, worst first, down to the paths."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.tui.viewmodel.descent import Descent
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.wastelevels import (
    ALL,
    FilesLevel,
    Image,
    Ledger,
    Level,
    row_key,
)
from layerlens.tui.viewmodel.wasterows import Row
from layerlens.tui.viewmodel.whose import Whose


class WasteBrowser(Descent[Level]):
    """Holds the levels from the ledger, worst first, down to the one that is shown.

    ``side`` is whose bytes are counted.
    """

    def __init__(self, analysis: Analysis, marks: Marks | None = None) -> None:
        self._marks = Marks() if marks is None else marks
        self.image = Image(analysis, self._marks)
        self.side = Whose.ALL
        self.levels: list[Level] = [Ledger(self.image)]
        self.level.make()

    def enter(self, row: Row) -> bool:
        """Go down into a row; false where there is nothing below it."""
        return self._push(self.level.below(row))

    def flat(self) -> bool:
        """All files of what is shown, the worst first; false where they are shown so already."""
        return self._push(self.level.flat())

    def _push(self, level: Level | None) -> bool:
        if level is None:
            return False
        if not level.text:
            level.filter = RowFilter(match=self.level.filter.match)
        level.make(self.side)
        self.levels.append(level)
        return True

    def up(self) -> Row | None:
        """Go up one level; gives the row that was gone through, ``None`` if none was."""
        if not self.is_down:
            return None
        left = self.levels.pop()
        return next((row for row in self.table.rows if row_key(row) == left.opened_by), None)

    def regroup(self) -> bool:
        """Put files together in the next way; false where there are none on this level."""
        if not isinstance(self.level, FilesLevel):
            return False
        self.level.regroup()
        return True

    def next_side(self) -> None:
        """Count the bytes of all layers, then the base's, then yours: on all levels."""
        sides = (Whose.ALL, Whose.BASE, Whose.YOURS)
        self.show_side(sides[(sides.index(self.side) + 1) % len(sides)])

    def show_side(self, side: Whose) -> None:
        self.side = side
        for level in self.levels:
            level.make(side)

    def adopt(self, analysis: Analysis, marks: Marks | None = None) -> None:
        """Show a newer state of the image, on the same level as far as that is there."""
        self._marks = self._marks if marks is None else marks
        old, self.image = self.levels, Image(analysis, self._marks)
        self.levels = [Ledger(self.image)]
        self.level.make(self.side)
        self.level.like(old[0])
        for before in old[1:]:
            if not self._enter_again(before):
                return
            if isinstance(self.level, FilesLevel) and isinstance(before, FilesLevel):
                self.level.by = before.by
            self.level.like(before)

    def _enter_again(self, before: Level) -> bool:
        if before.opened_by == ALL:
            return self.flat()
        rows = (*self.table.all_rows, *self.table.foot)
        row = next((each for each in rows if row_key(each) == before.opened_by), None)
        return row is not None and self.enter(row)
