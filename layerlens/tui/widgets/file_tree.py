"""The tree of one layer's changes or of the aggregate, drawn line by line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from layerlens.tui.keys import NO_KEY
from layerlens.tui.plain import joined
from layerlens.tui.viewmodel.rows import Row, SortBy
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.text import (
    SIZE_CELLS,
    bar,
    clip,
    clip_start,
    permissions,
    plural,
    safe_text,
    size,
)
from layerlens.tui.viewmodel.views import Mark
from layerlens.tui.views.base import View
from layerlens.tui.widgets.line_list import LineList, Piece

_SIGNS = {
    Mark.ADDED: ("+", "added"),
    Mark.CONTENT: ("~", "modified"),
    Mark.METADATA: ("~", "modified"),
    Mark.TYPE: ("~", "modified"),
    Mark.REMOVED: ("-", "removed"),
    Mark.INSIDE: ("·", "inside"),
    Mark.UNCHANGED: (" ", ""),
}
_MODIFIED = {Mark.METADATA: "metadata", Mark.TYPE: "type"}
_IN_WORDS = {
    Mark.ADDED: "added",
    Mark.CONTENT: "modified",
    Mark.METADATA: "modified metadata",
    Mark.TYPE: "modified type",
    Mark.REMOVED: "removed",
    Mark.INSIDE: "changes inside",
    Mark.UNCHANGED: "unchanged",
}
_BAR_CELLS = 6
_COUNT_CELLS = 13  # "999,999 files"
_ROOM_FOR_BAR, _ROOM_FOR_ALL, _ROOM_FOR_COUNTS, _ROOM_FOR_WASTE = 40, 60, 76, 90
"""Widths from which there is a bar, a bar beside the permissions, a count of files, and the
waste; what the rows are ordered by is there in any case."""

_LONGEST_LABEL = 1000
_MOST_INDENTS = 16
"""Levels that are drawn as such; deeper ones get their number instead."""


class FileTree(LineList):
    """Draws the rows of a session's browser, which decides what they are."""

    KEYS_TITLE = "In the tree"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "toggle_directory", "Open", show=False, id="tree.toggle",
                tooltip="Open or close the directory"),
        Binding("right,l", "open", "Open", show=False, id="tree.open",
                tooltip="Open the directory; once open, go into it"),
        Binding("left,h", "close", "Close", show=False, id="tree.close",
                tooltip="Close the directory; else go to the one that holds it; at last to the layers"),
        # Without a key until a keymap gives it one: dive's Ctrl+A means this in the tree only.
        Binding(NO_KEY, "toggle_added", "Added", show=False, id="tree.added_here",
                tooltip="Show or hide what was added, while the tree has the focus"),
    ]  # fmt: skip

    class AtTop(Message):
        """The key for the directory above was pressed where there is none."""

    attributes: reactive[bool] = reactive(default=False)
    of_directory: reactive[bool] = reactive(default=False)
    """Whether bars are shares of the directory, and not of all that is shown."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.describe: Callable[[], str] = str
        self.adopt(session)

    def tell_cursor(self) -> None:
        self.border_subtitle = self.describe()

    def adopt(self, session: Session) -> None:
        """Draw what another session's browser shows."""
        self._browser = session.browser
        self._marks = session.marks

    def line_count(self) -> int:
        return len(self._browser.rows)

    def rows_changed(self, node: int | None = None) -> None:
        """Draw anew, with the cursor on a node where it is still shown."""
        index = None if node is None else self._browser.rows.index_of(node)
        self.lines_changed(index or 0)

    @property
    def node(self) -> int | None:
        """The node under the cursor."""
        rows = self._browser.rows
        if not 0 <= self.cursor < len(rows):
            return None
        return rows[self.cursor]

    # ------------------------------------------------------------------ drawing

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        browser = self._browser
        row = browser.rows.row(line)
        sign, style = _SIGNS[row.mark] if row.counts else ("·", "inside")
        yield sign, style
        marked = self._marks and self._marks.has_path(browser.rows.path(line))
        yield "●" if marked else " ", "mark"
        yield f"{size(row.size):>{SIZE_CELLS}} ", self._size_style(row)
        used = 2 + SIZE_CELLS + 1
        if cells >= (_ROOM_FOR_ALL if self.attributes else _ROOM_FOR_BAR):
            share = bar(row.size, self._whole(row), _BAR_CELLS)
            yield share + " ", "waste" if row.mark is Mark.REMOVED else "bar"
            used += _BAR_CELLS + 1
        if browser.sort is SortBy.WASTE or cells >= _ROOM_FOR_WASTE:
            dead = browser.rows.view.waste(row.node)
            waste = size(dead) if dead else ""
            yield f"{waste:>{SIZE_CELLS}} ", "waste"
            used += SIZE_CELLS + 1
        if browser.sort is SortBy.COUNT or cells >= _ROOM_FOR_COUNTS:
            files = plural(row.files, "file") if row.is_directory and row.files else ""
            yield f"{files:>{_COUNT_CELLS}} ", "dim"
            used += _COUNT_CELLS + 1
        entry = browser.entry(row.node)
        if self.attributes:
            owner = "" if entry is None else f"{entry.uid}:{entry.gid}"
            owner = f"{owner:<{9 if cells >= _ROOM_FOR_ALL else 5}} "
            mode = "?" * 10 if entry is None else permissions(entry.kind, entry.mode)
            yield f"{mode} {owner}", "dim"
            used += 11 + len(owner)
        guides = f"⋯{row.level} " if row.level > _MOST_INDENTS else "│ " * row.level
        yield guides, "guide"
        yield ("▾ " if row.is_open else "▸ ") if row.can_open else "  ", "dim"
        yield from self._label(row, style, cells - used - len(guides) - 2)
        target = browser.link_target(row.node, entry)
        if target is not None:
            arrow = " → " if target[0] == "symlink" else " ⇒ "
            yield arrow + safe_text(target[1], cells), "link"
        if row.mark in _MODIFIED and row.counts:
            yield f"  ({_MODIFIED[row.mark]})", "dim"

    def plain_line(self, line: int) -> str:
        browser = self._browser
        row = browser.rows.row(line)
        entry = browser.entry(row.node)
        target = browser.link_target(row.node, entry)
        marked = self._marks and self._marks.has_path(browser.rows.path(line))
        kind = "directory" if row.is_directory else "" if entry is None else entry.kind
        change = _IN_WORDS[row.mark] if row.counts else "changes inside"
        dead = browser.rows.view.waste(row.node)
        return joined(
            (
                "marked" if marked else "",
                change,
                kind if target is None else target[0],
                safe_text(row.label[-_LONGEST_LABEL:], _LONGEST_LABEL),
                f"leads to {safe_text(target[1], _LONGEST_LABEL)}" if target else "",
                size(row.size),
                f"{size(dead)} wasted" if dead else "",
                plural(row.files, "file") if row.is_directory and row.files else "",
                f"level {row.level + 1}",
                ("open" if row.is_open else "closed") if row.can_open else "",
                f"{permissions(entry.kind, entry.mode)}, owner {entry.uid}:{entry.gid}"
                if self.attributes and entry is not None
                else "",
            )
        )

    def _whole(self, row: Row) -> int:
        """The bytes that fill the bar of a row."""
        if not self.of_directory:
            return self._browser.scale
        rows = self._browser.rows
        return max(rows.view.size(rows.parent(row.node)), row.size)

    @staticmethod
    def _size_style(row: Row) -> str:
        if row.mark is Mark.REMOVED and row.counts:
            return "removed"
        return "" if row.size else "dim"

    def _label(self, row: Row, style: str, cells: int) -> Iterable[Piece]:
        # Of a chain of directories the last ones say most, of a single name the start.
        cut = clip_start if b"/" in row.label else clip
        name = cut(
            safe_text(row.label[-_LONGEST_LABEL:], _LONGEST_LABEL), max(4, cells - row.is_directory)
        )
        if not style or style == "inside":
            style = "directory" if row.is_directory else ""
        at = 0
        for start, end in self._browser.spans(name):
            yield name[at:start], style
            yield name[start:end], "match"
            at = end
        yield name[at:] + ("/" if row.is_directory else ""), style

    # ------------------------------------------------------------------ keys

    def action_toggle_directory(self) -> None:
        rows = self._browser.rows
        if not len(rows):
            return
        if not rows.open(self.cursor):
            rows.close(self.cursor)
        self.lines_changed(self.cursor)

    def action_open(self) -> None:
        rows = self._browser.rows
        if not len(rows) or not rows.can_open(rows.items[self.cursor]):
            return
        if rows.open(self.cursor):
            self.lines_changed(self.cursor)
        else:
            self.cursor += 1

    def action_close(self) -> None:
        rows = self._browser.rows
        if len(rows) and rows.close(self.cursor):
            self.lines_changed(self.cursor)
            return
        up = rows.parent_index(self.cursor) if len(rows) else None
        if up is None:
            self.post_message(self.AtTop())
        else:
            self.cursor = up

    async def action_toggle_added(self) -> None:
        await self.app.run_action("toggle_kind('added')", self.query_ancestor(View))

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.action_toggle_directory()
