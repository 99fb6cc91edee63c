"""A small window with all marks: paths, and the findings that are ticked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from layerlens.analysis.rules.findings import Finding
from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.marks import MARKED, Marks
from layerlens.tui.viewmodel.text import clip, clip_start, plural, safe_text
from layerlens.tui.widgets.line_list import LineList, Piece

_LONGEST = 2000


class MarkList(LineList):
    """A line for each mark, in the order of marking."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,right,l", "choose", "Go there", id="marks.show",
                tooltip="Show the path, or what the finding speaks of, in the tree"),
        Binding("m,space,delete", "unmark", "Unmark", id="marks.unmark",
                tooltip="Take the mark away"),
        Binding("N", "clear", "Clear", id="marks.clear",
                tooltip="Take all marks away"),
    ]  # fmt: skip

    def __init__(self, marks: Marks, changed: Callable[[], None]) -> None:
        super().__init__()
        self._marks = marks
        self._changed = changed
        self._take()

    def _take(self) -> None:
        self._items: list[bytes | Finding] = [*self._marks.paths, *self._marks.findings]

    def line_count(self) -> int:
        return len(self._items)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        item = self._items[line]
        if isinstance(item, Finding):
            yield "✓ ", "mark"
            yield clip(f"{item.rule.id}: {safe_text(item.title, _LONGEST)}", cells - 2), ""
        else:
            yield MARKED
            path = safe_text(item[-_LONGEST:], _LONGEST)
            yield f"/{clip_start(path, max(8, cells - 3))}", ""

    def action_choose(self) -> None:
        if self._items:
            self.screen.dismiss(self._items[self.cursor])

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.action_choose()

    def action_unmark(self) -> None:
        if not self._items:
            return
        item, line = self._items[self.cursor], self.cursor
        if isinstance(item, Finding):
            self._marks.toggle_finding(item)
        else:
            self._marks.toggle_path(item)
        self._shown(line)

    def action_clear(self) -> None:
        self._marks.clear()
        self._shown(0)

    def _shown(self, line: int) -> None:
        self._changed()
        self._take()
        if not self._items:
            self.screen.dismiss(None)
        else:
            self.lines_changed(line)


class MarksScreen(Dialog[bytes | Finding | None]):
    """Gives the path or the finding to go to, ``None`` after Esc; ``changed`` is told of less marks."""

    DEFAULT_CSS = """
    MarksScreen { align: center middle; }
    MarksScreen > #marks {
        width: 100; max-width: 96%; height: auto; max-height: 80%;
        border: round $border; background: $panel; padding: 0 1;
    }
    MarksScreen MarkList { height: auto; max-height: 100%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h,apostrophe", "dismiss(None)", "Back", id="marks.back",
                tooltip="Close the list of marks"),
    ]  # fmt: skip

    def __init__(self, marks: Marks, changed: Callable[[], None]) -> None:
        super().__init__()
        self._marks = marks
        self._changed = changed

    def compose(self) -> ComposeResult:
        with Vertical(id="marks") as box:
            box.border_title = Text(f"{plural(len(self._marks), 'mark')}, printed at the end")
            box.border_subtitle = "Enter goes there · m unmarks · N clears · Esc closes"
            yield MarkList(self._marks, self._changed)

    def on_mount(self) -> None:
        self.query_one(MarkList).focus()
