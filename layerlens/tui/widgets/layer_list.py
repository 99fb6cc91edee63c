"""The layers of the image, one a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from layerlens.tui.plain import joined
from layerlens.tui.viewmodel.layers import LayerRow
from layerlens.tui.viewmodel.text import SIZE_CELLS, bar, size
from layerlens.tui.widgets.line_list import LineList, Piece

_BAR_CELLS, _SHORT_BAR_CELLS = 6, 4
_ROOM_FOR_WASTE = 46
"""From this width on, the waste has a column of its own; narrower lists leave what room
there is to the instructions."""
_ROOM_FOR_WORDS = 64
_WORTH_A_MARK = 0.05
"""The share of a layer from which its waste takes a cell of the bar in any case."""


class LayerList(LineList):
    """Index, base or yours, size, a bar with the wasted part marked, instruction."""

    KEYS_TITLE = "In the layers"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,right,l", "choose", "Tree", show=False, id="layers.enter",
                tooltip="Go into the tree of the layer"),
    ]  # fmt: skip

    def __init__(self, rows: list[LayerRow], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = "Layers"
        self._in_tree = (range(0), range(0))
        self._take(rows)

    def _take(self, rows: list[LayerRow]) -> None:
        self._rows = rows
        self._index_cells = len(str(max(0, len(rows) - 1)))

    @dataclass
    class RangeAsked(Message):
        """A layer was clicked with Shift or Ctrl held down."""

        line: int

    def mark(self, since: int | None, layer: int, *, aggregate: bool) -> None:
        """Show in front of the layers which of them the tree is made of."""
        first = layer if since is None else since
        shown = (range(first, layer + 1), range(first) if aggregate else range(0))
        if shown != self._in_tree:
            self._in_tree = shown
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        line = -1 if offset is None else offset.y + self.scroll_offset.y
        if (event.shift or event.ctrl) and 0 <= line < self.line_count():
            event.prevent_default()
            self.post_message(self.RangeAsked(line))
        elif line == self.cursor and event.chain == 1:
            event.prevent_default()  # it only takes the focus; a second one goes in

    def action_choose(self) -> None:
        if self.line_count():
            self.post_message(self.Chosen(self, self.cursor))

    def show(self, rows: list[LayerRow], layer: int) -> None:
        """Show the rows of a newer state, with the cursor on a layer."""
        self._take(rows)
        self.lines_changed(layer)

    def line_count(self) -> int:
        return len(self._rows)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        row = self._rows[line]
        words = cells >= _ROOM_FOR_WORDS
        bar_cells = _BAR_CELLS if cells >= _ROOM_FOR_WASTE else _SHORT_BAR_CELLS
        changed, below = self._in_tree
        yield "┃" if line in changed else "│" if line in below else " ", "mark"
        yield f"{row.index:>{self._index_cells}}", "dim"
        yield (
            (" base  " if words else "b ") if row.is_base else (" yours " if words else "  "),
            "base",
        )
        shown = "" if row.unread and not row.size else size(row.size)
        yield f"{shown:>{SIZE_CELLS}} ", "dim" if row.unread else ""
        if row.unread:
            yield f"{'unread':<{bar_cells}.{bar_cells}} ", "dim"
        else:
            kept, dead = self._bar(row, bar_cells)
            yield kept, "bar"
            yield dead, "waste"
            yield " " * (bar_cells + 1 - len(kept) - len(dead)), ""
        if cells >= _ROOM_FOR_WASTE:
            yield f"{size(row.waste) if row.waste else '':>{SIZE_CELLS}} ", "waste"
        yield row.instruction[:cells], "dim" if row.is_base else ""

    def plain_line(self, line: int) -> str:
        row = self._rows[line]
        changed, below = self._in_tree
        return joined(
            (
                f"layer {row.index}",
                "base" if row.is_base else "yours",
                "unread" if row.unread else "",
                "" if row.unread and not row.size else size(row.size),
                f"{size(row.waste)} wasted" if row.waste else "",
                "in the tree" if line in changed or line in below else "",
                row.instruction,
            )
        )

    @staticmethod
    def _bar(row: LayerRow, cells: int) -> tuple[str, str]:
        """The part of the layer that lives, and the part that is dead."""
        whole = bar(row.share, 1.0, cells).rstrip()
        if not row.waste:
            return whole, ""
        share = row.waste / row.size
        dead = round(len(whole) * share)
        if not dead and share >= _WORTH_A_MARK:
            dead = 1
        return whole[: len(whole) - dead], "▒" * dead
