"""A list of lines with a cursor that draws only what the screen shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Offset, Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from layerlens.tui.plain import escaped, joined
from layerlens.tui.settings import Settings, settings_of

Piece = tuple[str, str]
"""Safe text, and the name of its style without ``line--`` (``""`` for plain)."""

_DRAWN = ("bar", "guide")
"""Styles of pieces that say nothing in words."""

_PLAIN_CELLS = 300
"""The width that pieces of plain lines are made for: nothing is left out or cut short."""


class LineList(ScrollView, can_focus=True, inherit_bindings=False):
    """Subclasses tell how many lines there are and what each consists of.

    Drawing costs what is visible, whatever the number of lines.
    """

    KEYS_TITLE: ClassVar[str] = "In a list"
    """What the help calls the keys that a class binds."""

    ALLOW_SELECT = False  # dragging must not select text where a click moves the cursor

    STYLES: ClassVar[frozenset[str]] = frozenset({
        "cursor", "dim", "added", "modified", "removed", "inside", "directory", "link", "bar",
        "waste", "match", "base", "guide", "mark", "title", "fix", "critical", "severe", "notable",
    })  # fmt: skip
    """The styles of pieces: what the style sheet calls ``.line--dim`` and so on.

    No component classes: all of those would be worked out again for each list whenever
    the focus moves or a screen comes back, which took most of the time that this takes.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="list.up",
                tooltip="One line up"),
        Binding("down,j", "move(1)", "Down", show=False, id="list.down",
                tooltip="One line down"),
        Binding("pageup,ctrl+u,u", "page(-1)", "Page up", show=False, id="list.page_up",
                tooltip="One screen up"),
        Binding("pagedown,ctrl+d,d", "page(1)", "Page down", show=False, id="list.page_down",
                tooltip="One screen down"),
        Binding("home,g", "top", "First", show=False, id="list.top",
                tooltip="To the first line"),
        Binding("end,G", "bottom", "Last", show=False, id="list.bottom",
                tooltip="To the last line"),
    ]  # fmt: skip

    _settings = Settings()

    cursor: reactive[int] = reactive(0, init=False, repaint=False)

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._styles_known: dict[str, Style] = {}

    @dataclass
    class Moved(Message):
        """The cursor stands on another line."""

        lines: LineList
        line: int

        @property
        def control(self) -> LineList:
            return self.lines

    @dataclass
    class Chosen(Message):
        """A line was clicked where the cursor already stood, or chosen by key."""

        lines: LineList
        line: int

        @property
        def control(self) -> LineList:
            return self.lines

    # ------------------------------------------------------------------ to be told

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        """What a line of so many cells consists of; cut and filled up by the caller."""
        raise NotImplementedError

    def plain_line(self, line: int) -> str:
        """A line in words, for plain mode: made of the pieces where nothing better is said."""
        return joined(
            "marked" if style == "mark" and text.strip() else text
            for text, style in self.pieces(line, _PLAIN_CELLS)
            if style not in _DRAWN
        )

    # ------------------------------------------------------------------ content

    def on_mount(self) -> None:
        self._settings = settings_of(self)
        self._base = self.rich_style
        self._refresh_scrollbars()
        self.lines_changed()

    def lines_changed(self, cursor: int = 0) -> None:
        """Draw anew after the number or the meaning of lines changed."""
        self.virtual_size = Size(0, self.line_count())
        self.refresh()
        cursor = self._clamp(cursor)
        if cursor != self.cursor:
            self.cursor = cursor
        else:
            self.show_cursor()

    def _clamp(self, line: int) -> int:
        return max(0, min(line, self.line_count() - 1))

    def validate_cursor(self, line: int) -> int:
        return self._clamp(line)

    def watch_cursor(self, old: int, new: int) -> None:
        self.refresh_line(old)
        self.refresh_line(new)
        self.show_cursor()
        self._place_cursor()
        self.tell_cursor()
        self.post_message(self.Moved(self, new))

    def tell_cursor(self) -> None:
        """Say on the frame what the cursor is on, where a list does that.

        At once, and not when the message has come through: the frame would be
        painted in a second turn, with all that is inside.
        """

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._place_cursor()

    def _place_cursor(self) -> None:
        """Put the terminal's own cursor on the row: screen readers and magnifiers follow it."""
        if self.has_focus:
            x, y, _, _ = self.content_region
            self.app.cursor_position = Offset(x, y + self.cursor - self.scroll_offset.y)

    def show_cursor(self) -> None:
        """Scroll as little as makes the cursor visible."""
        height = self.scrollable_content_region.height
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif height and self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    # ------------------------------------------------------------------ drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        # Found by a walk up to the screen: once for all lines is enough.
        base = self.rich_style
        if base != self._base:
            self._styles_known.clear()  # what the list stands on looks different
            self._base = base
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        cells = self.size.width
        line = y + self.scroll_offset.y
        base = self._base
        if line >= self.line_count():
            return Strip.blank(cells, base)
        cursor = self._style("cursor") if line == self.cursor else None
        if self._settings.plain:
            text = self.plain_line(line)
            text = text if self._settings.unicode else escaped(text)
            segments = [Segment(text, base + cursor if cursor else base)]
            return Strip(segments).adjust_cell_length(cells, base + cursor if cursor else base)
        segments = []
        for text, name in self.pieces(line, cells):
            style = base + self._style(name) if name else base
            segments.append(Segment(text, style + cursor if cursor else style))
        filled = base + cursor if cursor else base
        return Strip(segments).adjust_cell_length(cells, filled)

    def _style(self, name: str) -> Style:
        """A style on this list as it is now, worked out when it is first wanted."""
        found = self._styles_known.get(name)
        if found is None:
            if name not in self.STYLES:
                raise KeyError(name)
            part = DOMNode(classes=f"line--{name}")
            part._attach(self)  # noqa: SLF001 - as Textual does with its components
            self.app.stylesheet.apply(part)
            found = self._styles_known[name] = part.rich_style
        return found

    def notify_style_update(self) -> None:
        """The list, or what it stands on, has another style."""
        super().notify_style_update()
        self._styles_known.clear()

    def on_resize(self) -> None:
        self.show_cursor()
        self._place_cursor()

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)
        # Once what had the focus before has placed the cursor for the last time.
        self.call_after_refresh(self._cursor_to_row)

    def _cursor_to_row(self) -> None:
        self._place_cursor()
        self.refresh_line(self.cursor)  # the cursor moves when something is drawn

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    # ------------------------------------------------------------------ keys and mouse

    def action_move(self, lines: int) -> None:
        self.cursor += lines

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.scrollable_content_region.height - 1)

    def action_top(self) -> None:
        self.cursor = 0

    def action_bottom(self) -> None:
        self.cursor = self.line_count() - 1

    def on_click(self, event: events.Click) -> None:
        if event.button != 1:  # the screen goes back
            return
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + self.scroll_offset.y
        if line >= self.line_count():
            return
        if line == self.cursor or event.chain > 1:
            self.post_message(self.Chosen(self, line))
        self.cursor = line
