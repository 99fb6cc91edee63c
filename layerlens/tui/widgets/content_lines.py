"""The lines of a content: numbered, cut or wrapped, with what was searched for marked."""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from layerlens.tui.viewmodel.shown import Lines, Piece, cells_of, column_of, crop, marked
from layerlens.tui.viewmodel.textlines import Wrapped
from layerlens.tui.widgets.line_list import LineList

_STEP = 8
"""Cells that a key scrolls to the side."""

_WHEEL = 4

_PAUSE = 0.6
"""Seconds after scrolling in which the left edge is just the edge."""


class ContentLines(LineList):
    """Shows :class:`Lines`, or the rows that they were wrapped into."""

    DEFAULT_CSS = """
    ContentLines > .line--here { background: $foreground 12%; }
    ContentLines > .line--escape { color: $text-warning; text-style: underline; }
    ContentLines > .line--comment { color: $foreground 60%; text-style: italic; }
    ContentLines > .line--keyword { color: $text-primary; text-style: bold; }
    ContentLines > .line--string { color: $text-success; }
    ContentLines > .line--number { color: $text-warning; }
    ContentLines > .line--name { color: $text-accent; }
    ContentLines > .line--builtin { color: $text-secondary; }
    ContentLines > .line--heading { text-style: bold; }
    ContentLines > .line--hunk { color: $text-primary; text-style: bold; }
    """

    STYLES: ClassVar[frozenset[str]] = LineList.STYLES | {
        "here", "escape", "comment", "keyword", "string", "number", "name", "builtin", "heading",
        "hunk",
    }  # fmt: skip

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "scroll_side(1)", "Right", show=False, id="content.right",
                tooltip="To the right in long lines"),
        Binding("left,h", "scroll_side(-1)", "Left", show=False, id="content.left",
                tooltip="To the left in long lines; at the left edge: back"),
        Binding("0,circumflex_accent", "line_start", "Line's start", show=False,
                id="content.line_start", tooltip="To the start of the lines"),
        Binding("dollar_sign", "line_end", "Line's end", show=False, id="content.line_end",
                tooltip="To the end of the line under the cursor"),
    ]  # fmt: skip

    class AtLeftEdge(Message):
        """The key for the left was pressed where nothing is to the left."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lines: Lines | None = None
        self._wrapped: Wrapped | None = None
        self._text = ""
        self.side = 0
        """Cells that are left out at the left."""
        self._moved_at = 0.0
        self._last: tuple[int, list[Piece]] = -1, []
        """The line that was drawn last, while lines are wrapped."""

    def on_mount(self) -> None:
        # The sides of a frame would take cells from the content, and come along when it is copied.
        self.styles.border_left = ("none", "transparent")
        self.styles.border_right = ("none", "transparent")
        super().on_mount()

    def plain_line(self, line: int) -> str:
        return "".join(text for text, _ in self.pieces(line, self.size.width))

    # ------------------------------------------------------------------ content

    def show(self, lines: Lines, line: int = 0) -> None:
        """Show other lines, with the cursor on one of them."""
        self._lines, self._wrapped = lines, None
        self._last = -1, []
        self.side = 0
        self.lines_changed(line)

    def wrap(self, wrapped: Wrapped | None) -> None:
        """Show the rows that the lines were broken into, or the lines again."""
        line = self.line
        self._wrapped = wrapped
        self._last = -1, []
        self.side = 0
        self.lines_changed(line if wrapped is None else wrapped.row_of(line))

    @property
    def content(self) -> Lines | None:
        """The lines that are shown, wrapped or not."""
        return self._lines

    @property
    def wrapped(self) -> Wrapped | None:
        """The rows that they were broken into, if they are."""
        return self._wrapped

    @property
    def is_wrapped(self) -> bool:
        return self._wrapped is not None

    @property
    def line(self) -> int:
        """The line under the cursor."""
        if self._wrapped is None or not len(self._wrapped):
            return self.cursor
        return self._wrapped.place(self.cursor)[0]

    def room(self) -> int:
        """Cells for content beside the gutter."""
        gutter = (
            cells_of(self._lines.gutter(0)) if self._lines is not None and len(self._lines) else 0
        )
        return max(1, self.scrollable_content_region.width - gutter)

    def line_count(self) -> int:
        if self._wrapped is not None:
            return len(self._wrapped)
        return 0 if self._lines is None else len(self._lines)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        lines = self._lines
        assert lines is not None  # else there is no line to be drawn
        if self._wrapped is not None:
            line, start, stop = self._wrapped.place(line)
        else:
            start = self.side
            stop = start + cells
        gutter = lines.gutter(line)
        if self._wrapped is not None and start:
            gutter = [(" " * cells_of(gutter), "")]
        yield from gutter
        if self._wrapped is None:
            found = self._drawn(lines, line, stop)
        else:  # the rows of a line come one after the other
            if self._last[0] != line:
                self._last = line, self._drawn(lines, line, lines.width(line))
            found = self._last[1]
        yield from crop(found, start, stop)

    def _drawn(self, lines: Lines, line: int, cells: int) -> list[Piece]:
        pieces = lines.pieces(line, cells + len(self._text))
        return marked(pieces, self._text) if self._text else pieces

    def redraw(self) -> None:
        """Draw anew after lines came to look different."""
        self._last = -1, []
        self.refresh()

    def _style(self, name: str) -> Style:
        """The cursor only tints its line: whoever reads wants the colours on it, too."""
        if name == "cursor":
            return Style(bgcolor=super()._style("here").bgcolor)
        return super()._style(name)

    # ------------------------------------------------------------------ searching

    def mark(self, text: str) -> None:
        """Mark a text wherever it stands."""
        self._text = text.lower()
        self.redraw()

    def go_to(self, line: int, text: str = "", *, on_top: bool = False) -> None:
        """Put the cursor on a line, and bring a text on it into view.

        What is not on the screen comes with lines around it; ``on_top`` puts
        the line at the top in any case.
        """
        text = text.lower()
        row = line if self._wrapped is None else self._wrapped.row_of(line, text)
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if on_top or not top <= row < top + height:
            above = 1 if on_top else height // 3
            self.scroll_to(y=max(0, row - above), animate=False, immediate=True)
        self.cursor = row
        if self._lines is None or self.is_wrapped or not text:
            return
        column = column_of(self._lines.pieces(line, self._lines.width(line)), text)
        if column is not None and not self.side <= column <= self.side + self.room() - len(text):
            self._move_side(max(0, column - self.room() // 3) if column >= self.room() // 2 else 0)

    def next_of(self, found: Sequence[int], step: int) -> int | None:
        """The place in ``found`` (lines in order) that comes next from the cursor, around the end.

        A step of 0 is one of 1 that may stay where it is.
        """
        if not found:
            return None
        if not step:
            return bisect_left(found, self.line) % len(found)
        if step > 0:
            return bisect_right(found, self.line) % len(found)
        return (bisect_left(found, self.line) - 1) % len(found)

    # ------------------------------------------------------------------ to the side

    def _move_side(self, side: int) -> None:
        if side != self.side:
            self.side = side
            self._moved_at = time.monotonic()
            self.refresh()

    def _has_more(self, side: int) -> int:
        """Cells beyond the window that begins at ``side``, by the lines on the screen."""
        lines = self._lines
        if lines is None or self.is_wrapped:
            return 0
        upto = side + self.room()
        top = self.scroll_offset.y
        visible = range(top, min(len(lines), top + self.scrollable_content_region.height))
        widest = max((cells_of(lines.pieces(line, upto + _STEP)) for line in visible), default=0)
        return max(0, widest - upto)

    def scroll_side(self, cells: int) -> bool:
        """Scroll to the side; whether there was anything to scroll."""
        before = self.side
        if cells > 0:
            cells = min(cells, self._has_more(before))
        self._move_side(max(0, before + cells))
        return self.side != before

    def action_scroll_side(self, steps: int) -> None:
        if self.scroll_side(steps * _STEP) or steps > 0:
            return
        # A key that is held down until the edge must not leave by that.
        if time.monotonic() - self._moved_at > _PAUSE:
            self.post_message(self.AtLeftEdge())
        else:
            self._moved_at = time.monotonic()

    def action_line_start(self) -> None:
        self._move_side(0)

    def action_line_end(self) -> None:
        lines = self._lines
        if lines is not None and len(lines) and not self.is_wrapped:
            self._move_side(max(0, lines.width(self.line) - self.room()))

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        event.stop()
        self.scroll_side(_WHEEL)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        event.stop()
        self.scroll_side(-_WHEEL)
