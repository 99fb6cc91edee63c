"""Rows with columns: filtered, sorted and drawn cell by cell.

Waste, findings and packages are tables of this kind; the tree is not.  A row is
any value; everything about it is asked of the columns when it is drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.text import clip, clip_start, pad, width

Piece = tuple[str, str]
"""Safe text, and the name of its style (``""`` for plain)."""

T = TypeVar("T")

_LEAST = 8
"""Cells of the column that takes what is left, where nothing is."""

_SIGNS_IN_WORDS = {"✓": "ticked", "●": "marked"}
_SIGN_BEFORE = re.compile(r"[^\w/.\\]\s+")
"""A sign that stands before the word that it stands for."""


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column.

    ``id``      what ``sort_by`` calls it; ``""`` where nobody sorts by it
    ``title``   its heading
    ``cell``    a row's text and style
    ``key``     what rows are ordered by
    ``cells``   its width; ``None`` for the one column that takes what is left
    ``most``    the width that it may grow to where there is more room than all need
    ``right``   whether texts stand at its right end
    ``largest_first`` the order of the first press
    ``from_cells`` it is left out of tables that are narrower than this
    ``keep_end`` whether what is too long loses its start: the end of a path says more
    """

    id: str
    title: str
    cell: Callable[[T], Piece]
    key: Callable[[T], Any]
    cells: int | None = None
    right: bool = False
    largest_first: bool = False
    from_cells: int = 0
    keep_end: bool = False
    most: int | None = None


class Table(Generic[T]):
    """The rows that are shown, in their order.

    ``text`` gives what a filter looks at (raw, not cut); ``sign`` two cells in
    front of a row (a mark), where there are any.  ``foot`` are rows that stay
    at the end whatever the order (a total).
    """

    def __init__(
        self,
        rows: Sequence[T],
        columns: Sequence[Column[T]],
        *,
        text: Callable[[T], str],
        order: str,
        sign: Callable[[T], Piece] | None = None,
        foot: Sequence[T] = (),
    ) -> None:
        self.columns = tuple(columns)
        self.all_rows = rows
        self.foot = foot
        self.rows: list[T] = []
        self.filter = RowFilter()
        self.order = order
        self.reverse = False
        self._text = text
        self._sign = sign
        self._make()

    def __len__(self) -> int:
        return len(self.rows)

    # ------------------------------------------------------------------ choices

    def replace(self, rows: Sequence[T]) -> None:
        """Show other rows under the same filter and order."""
        self.all_rows = rows
        self._make()

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only rows that match a text, read as before or as ``match`` says."""
        match = self.filter.match if match is None else match
        if (text, match) != (self.filter.text, self.filter.match):
            self.filter = RowFilter(text, match, self.filter)
            self._make()

    def sort_by(self, order: str) -> None:
        """Order by a column; the same one again reverses it."""
        self.reverse = not self.reverse if order == self.order else False
        self.order = order
        self._make()

    @property
    def is_filtered(self) -> bool:
        return bool(self.filter.text)

    def _make(self) -> None:
        keep, text = self.filter.keep, self._text
        rows, foot = keep(self.all_rows, text), keep(self.foot, text)
        column = next(each for each in self.columns if each.id == self.order)
        self.rows = sorted(rows, key=column.key, reverse=self.reverse != column.largest_first)
        self.rows += foot

    # ------------------------------------------------------------------ drawing

    def head(self, cells: int) -> list[tuple[str, str, str]]:
        """The headings: (padded text, style, column id); gaps have the id ``""``."""
        out: list[tuple[str, str, str]] = []
        if self._sign is not None:
            out.append(("  ", "", ""))
        for column, room in self._layout(cells):
            title = column.title
            if column.id == self.order:
                title += " ▲" if self.reverse != (not column.largest_first) else " ▼"
            style = "sorted" if column.id == self.order else "dim"
            out.append((_placed(title, room, right=column.right), style, column.id))
            out.append((" ", "", ""))
        return out

    def pieces(self, line: int, cells: int) -> list[Piece]:
        """What a row of so many cells consists of."""
        row = self.rows[line]
        out: list[Piece] = []
        if self._sign is not None:
            text, style = self._sign(row)
            out.append((pad(text, 2), style))
        for column, room in self._layout(cells):
            text, style = column.cell(row)
            if column.keep_end:
                text = clip_start(text, room)
            out += [(_placed(text, room, right=column.right), style), (" ", "")]
        return out

    def words(self, line: int) -> list[str]:
        """A row without its layout: each text that is there, behind its heading."""
        row = self.rows[line]
        sign = "" if self._sign is None else self._sign(row)[0].strip()
        out = [_SIGNS_IN_WORDS[sign]] if sign in _SIGNS_IN_WORDS else []
        for column in self.columns:
            text = column.cell(row)[0].strip()
            if sign_before := _SIGN_BEFORE.match(text):
                text = text[sign_before.end() :]
            if any(map(str.isalnum, text)):  # neither a bar nor a dash for nothing
                out.append(f"{column.title} {text}".strip())
        return out

    def _layout(self, cells: int) -> list[tuple[Column[T], int]]:
        """The columns that have room, and how many cells each gets."""
        shown = [column for column in self.columns if cells >= column.from_cells]
        room = [column.cells or _LEAST for column in shown]
        left = cells - sum(room) - len(room) - (0 if self._sign is None else 2)
        # What takes the rest comes first, then those that may grow, from the left.
        for k in sorted(range(len(shown)), key=lambda k: shown[k].cells is not None):
            column = shown[k]
            most = column.most or (cells if column.cells is None else room[k])
            more = max(0, min(left, most - room[k]))
            room[k] += more
            left -= more
        return list(zip(shown, room, strict=True))


def _placed(text: str, cells: int, *, right: bool) -> str:
    if not right:
        return pad(text, cells)
    text = clip(text, cells)
    return " " * (cells - width(text)) + text
