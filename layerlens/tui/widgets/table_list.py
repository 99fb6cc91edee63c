"""A table with a line of headings, a cursor, and a click that sorts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from layerlens.tui.plain import joined
from layerlens.tui.viewmodel.table import Table
from layerlens.tui.widgets.line_list import LineList, Piece


class TableLines(LineList):
    """The rows of a table."""

    def __init__(self, table: Table[Any]) -> None:
        super().__init__()
        self.table = table

    def line_count(self) -> int:
        return len(self.table)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        return self.table.pieces(line, cells)

    def plain_line(self, line: int) -> str:
        return joined(self.table.words(line))


class TableHead(Widget):
    """The headings; a click on one sorts by it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"head--dim", "head--sorted"}

    def __init__(self, table: Table[Any]) -> None:
        super().__init__()
        self.table = table

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        segments = []
        for text, name, _ in self.table.head(cells):
            style = self.rich_style
            if name:
                style += self.get_component_rich_style(f"head--{name}")
            segments.append(Segment(text, style))
        return Strip(segments).adjust_cell_length(cells, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        at = 0
        for text, _, column in self.table.head(self.size.width):
            at += len(text)
            if event.x < at:
                if column:
                    self.post_message(TableList.SortAsked(column))
                return


class TableList(Vertical):
    """Headings above rows.  Whoever owns it changes the table and calls ``rows_changed``."""

    @dataclass
    class SortAsked(Message):
        """A heading was clicked; the table is sorted before its owner hears of it."""

        column: str

    @dataclass
    class Sorted(Message):
        """The rows stand in another order."""

    def __init__(self, table: Table[Any], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.table = table
        self._head = TableHead(table)
        self.lines = TableLines(table)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.lines

    @property
    def row(self) -> Any:
        """The row under the cursor, ``None`` where there is none."""
        at = self.lines.cursor
        return self.table.rows[at] if 0 <= at < len(self.table) else None

    def show(self, table: Table[Any]) -> None:
        """Show another table."""
        self.table = self._head.table = self.lines.table = table
        self.rows_changed()

    def rows_changed(self, row: Any = None) -> None:
        """Draw anew, with the cursor on a row where it is still shown."""
        self._head.refresh()
        at = 0
        if row is not None:
            at = next((i for i, each in enumerate(self.table.rows) if each is row), 0)
        self.lines.lines_changed(at)

    def sort_by(self, column: str) -> None:
        """Sort by a column; the same one again reverses."""
        row = self.row
        self.table.sort_by(column)
        self.rows_changed(row)
        self.post_message(self.Sorted())

    def on_table_list_sort_asked(self, event: SortAsked) -> None:
        self.sort_by(event.column)
