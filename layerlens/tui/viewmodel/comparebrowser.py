"""The way from the figures of a comparison down to paths, and up again."""

from __future__ import annotations

from typing import Any

from layerlens.tui.viewmodel.comparefigures import Summary
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import Compared, Level
from layerlens.tui.viewmodel.comparepaths import Way
from layerlens.tui.viewmodel.descent import Descent


class CompareBrowser(Descent[Level]):
    """Holds the levels from the figures down to the one that is shown."""

    def __init__(self, both: Compared) -> None:
        self.both = both
        self.levels: list[Level] = [Summary(both)]

    def enter(self, row: Any) -> bool:
        """Go down into a row; false where there is nothing below it."""
        return self._push(self.level.below(row))

    def flat(self) -> bool:
        """All paths of what is shown, one by one; false where that level has none."""
        return isinstance(self.level, Files) and self._push(self.level.all_paths())

    def _push(self, level: Level | None) -> bool:
        if level is None:
            return False
        if level.filter.match is not self.level.filter.match and not level.filter.text:
            level.search("", self.level.filter.match)
        self.levels.append(level)
        return True

    def up(self) -> Any:
        """Go up one level; gives the row that was gone through, ``None`` if none was."""
        if not self.is_down:
            return None
        left = self.levels.pop()
        self.level.remake()  # something may have been hidden meanwhile
        return self.row_of(left.opened_by)

    def row_of(self, key: object) -> Any:
        """The row of the level with a key, ``None`` where it is not shown."""
        level = self.level
        return next((row for row in level.table.rows if level.key(row) == key), None)

    def toggle(self, way: Way) -> None:
        """Hide or show paths of which one thing became."""
        self.both.hidden ^= {way}
        self.level.remake()

    def show_all(self) -> bool:
        """Show all kinds of paths; gives whether some were hidden."""
        if not self.both.hidden:
            return False
        self.both.hidden = frozenset()
        self.level.remake()
        return True
