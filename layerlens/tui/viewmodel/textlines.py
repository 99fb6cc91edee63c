"""A text as numbered lines, and any lines as rows that fit a width.

A line of a megabyte is cut into several, so that drawing one costs what one
costs; only the first of them has a number.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right

from layerlens.tui.viewmodel.highlight import Colours
from layerlens.tui.viewmodel.shown import (
    Check,
    Lines,
    Piece,
    breaks,
    cells_of,
    column_of,
    never,
    shown,
)

LONGEST = 2000
"""Characters of a line; the rest of a longer one follows as lines without a number."""

MOST_FOUND = 100_000
"""Lines that a search gives at most."""


_LINES_A_CHECK = 32


class TextLines:
    r"""The lines of a text that has only ``\n`` as line end.

    Making one takes time in proportion to the text: not for the UI's thread.
    """

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()  # what follows the last line end is no line
        self.length = len(text)
        """Characters."""
        self.count = len(lines)
        """Lines of the file, however they are cut here."""
        self._numbers: array[int] | None = None
        if _has_long(lines):
            lines, self._numbers = _cut(lines)
        self._lines = lines
        self._digits = len(str(self.count))
        self._colours: Colours | None = None
        self.was_looked_at = False
        """Whether colours were looked for."""

    @property
    def is_cut(self) -> bool:
        """Whether a line is longer than :data:`LONGEST`."""
        return self._numbers is not None

    def text(self) -> str:
        """The lines, joined again; that of a text whose lines are not cut."""
        return "\n".join(self._lines)

    def colour(self, colours: Colours | None) -> None:
        """Draw with these from now on; they are those of :meth:`text`, ``None`` if there are none."""
        self._colours = colours
        self.was_looked_at = True

    def number(self, line: int) -> int:
        """The number, in the file, of the line that a line here is of."""
        numbers = self._numbers
        if numbers is None:
            return line + 1
        while not numbers[line]:
            line -= 1
        return numbers[line]

    # ------------------------------------------------------------------ lines

    def __len__(self) -> int:
        return len(self._lines)

    def gutter(self, line: int) -> list[Piece]:
        number = line + 1 if self._numbers is None else self._numbers[line]
        return [(f"{number or '':>{self._digits}} ", "guide")]

    def pieces(self, line: int, cells: int) -> list[Piece]:
        text = self._lines[line]
        colours = self._colours
        return shown(((text, ""),) if colours is None else colours.spans(line, text), cells)

    def width(self, line: int) -> int:
        text = self._lines[line]
        if text.isascii() and text.isprintable():
            return len(text)
        return cells_of(shown(((text, ""),), 10 * len(text)))

    def find(self, text: str, check: Check = never) -> list[int]:
        text = text.lower()
        found: list[int] = []
        if not text:
            return found
        beyond = len(text) - 1
        numbers = self._numbers
        for k, line in enumerate(self._lines):
            if not k % _LINES_A_CHECK:
                check()
            whole = line
            if numbers is not None and beyond and k + 1 < len(numbers) and not numbers[k + 1]:
                whole += self._lines[k + 1][:beyond]  # the line goes on there
            if text in whole.lower():
                found.append(k)
                if len(found) == MOST_FOUND:
                    break
        return found


def _has_long(lines: list[str]) -> bool:
    """In parts: nothing else runs while the longest of millions is looked for."""
    parts = range(0, len(lines), 1 << 16)
    return any(max(map(len, lines[k : k + (1 << 16)])) > LONGEST for k in parts)


def _cut(lines: list[str]) -> tuple[list[str], array[int]]:
    """Lines of :data:`LONGEST` at most, and the number of each, 0 for what goes on."""
    cut: list[str] = []
    numbers = array("I")
    for number, line in enumerate(lines, 1):
        if len(line) <= LONGEST:
            cut.append(line)
            numbers.append(number)
            continue
        for start in range(0, len(line), LONGEST):
            cut.append(line[start : start + LONGEST])
            numbers.append(0 if start else number)
    return cut, numbers


class Wrapped:
    """Lines broken into rows of a width.  Making one takes its time, too."""

    def __init__(self, lines: Lines, cells: int, check: Check = never) -> None:
        self.lines = lines
        self.cells = cells
        self._line = array("I")
        self._start = array("I")
        self._first = array("I")
        """The first row of each line."""
        for k in range(len(lines)):
            if not k % _LINES_A_CHECK:
                check()
            self._first.append(len(self._line))
            starts = [0]
            width = lines.width(k)
            if width > cells:
                starts = breaks(lines.pieces(k, width), cells)
            self._line.extend([k] * len(starts))
            self._start.extend(starts)

    def row_of(self, line: int, text: str = "") -> int:
        """The first row of a line, or the one on which a text begins."""
        if not len(self._first):
            return 0
        row = self._first[line]
        end = self._first[line + 1] if line + 1 < len(self._first) else len(self._line)
        if end - row == 1 or not text:
            return row
        column = column_of(self.lines.pieces(line, self.lines.width(line)), text) or 0
        return bisect_right(self._start, column, row, end) - 1

    def place(self, row: int) -> tuple[int, int, int]:
        """Line, first column and the column behind the last one of a row."""
        line, start = self._line[row], self._start[row]
        goes_on = row + 1 < len(self._line) and self._line[row + 1] == line
        return line, start, self._start[row + 1] if goes_on else start + self.cells

    def __len__(self) -> int:
        return len(self._line)
