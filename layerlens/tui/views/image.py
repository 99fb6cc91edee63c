"""The view of the image as a whole: identity, figures, configuration, history, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from layerlens.tui.viewmodel.imagefacts import Fact
from layerlens.tui.viewmodel.imagelines import Heading, ImageLines
from layerlens.tui.viewmodel.rowfilter import next_way
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import plural, safe_text
from layerlens.tui.views.base import View
from layerlens.tui.widgets.detail_pane import DetailPane
from layerlens.tui.widgets.line_list import LineList, Piece

_SETTLE = 0.03
"""Seconds that the cursor rests on a line before its details are told."""


class FactList(LineList):
    """The lines of an :class:`ImageLines`."""

    def __init__(self, facts: ImageLines, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.facts = facts

    def line_count(self) -> int:
        return len(self.facts.lines)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        return self.facts.pieces(line, cells)


class ImageView(View):
    """One list with headings, and below it the whole of the line under the cursor."""

    TITLE = "Image"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", id="image.open",
                tooltip="Fold or unfold a heading; show a step's layer, a path, or a whole text"),
        Binding("right,l", "section(1)", "Next section", id="image.next",
                tooltip="Go to the next section"),
        Binding("left,h", "section(-1)", "Previous section", show=False, id="image.previous",
                tooltip="Go to the section before"),
        Binding("space", "fold", "Fold", id="image.fold",
                tooltip="Fold or unfold the section"),
        Binding("c,C", "fold_all(True)", "Headings", show=False, id="image.close_all",
                tooltip="Fold all sections"),
        Binding("e,E", "fold_all(False)", "Expand", show=False, id="image.open_all",
                tooltip="Unfold all sections"),
        Binding("i", "toggle_details", "Details", show=False, id="image.details",
                tooltip="Show or hide the whole text"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, id=id)
        self._facts = ImageLines(session.analysis)
        self._list = FactList(self._facts, id="image-facts")
        self._details = DetailPane(id="image-details")
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._list
        yield self._details

    def on_mount(self) -> None:
        self._tell()
        self._title()

    def panes(self) -> list[Widget]:
        return [self._list, self._details]

    def adopt(self, session: Session) -> None:
        line = self._line
        self.session = session
        self._facts.adopt(session.analysis)
        self._shown(0 if line is None else self._facts.find(line))

    # ------------------------------------------------------------------ the cursor

    @property
    def _line(self) -> Heading | Fact | None:
        lines, at = self._facts.lines, self._list.cursor
        return lines[at] if 0 <= at < len(lines) else None

    def subject(self) -> Subject | None:
        line = self._line
        if not isinstance(line, Fact) or (line.layer is None and line.path is None):
            return None
        return Subject(path=line.path, layer=line.layer)

    def copy_text(self) -> str | None:
        return None if self._line is None else self._facts.copy(self._list.cursor)

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._tell)

    def _tell(self) -> None:
        self._settling = None
        if self._line is None:
            self._details.show("", "Nothing matches; Esc shows everything.", [])
        else:
            self._details.show(*self._facts.told(self._list.cursor))

    def _shown(self, line: int) -> None:
        """Draw anew, with the cursor on a line."""
        self._list.lines_changed(line)
        self._title()
        self._tell()
        self.post_message(self.Changed())

    def _title(self) -> None:
        self._list.border_title = Text("Image")
        searched = self._facts.text
        self._list.set_class(bool(searched), "-filtered")
        matched = plural(self._facts.matched, "line")
        self._list.border_subtitle = Text(
            f"{matched} with {safe_text(searched, 40)}" if searched else matched
        )

    # ------------------------------------------------------------------ keys

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.action_open()

    def action_open(self) -> None:
        line = self._line
        if isinstance(line, Heading):
            self.action_fold()
        elif line is not None and (line.path is not None or line.layer is not None):
            self.post_message(self.ShowInTree(line.path or b"", line.layer))
        elif line is not None:
            if not self._details.region.height:
                self._details.toggle(self._list)
            self.screen.set_focus(self._details)

    def action_section(self, step: int) -> None:
        if self._facts.lines:
            self._list.cursor = self._facts.next_heading(self._list.cursor, step)
            # As much of the section as there is room for.
            self._list.scroll_to(y=self._list.cursor, animate=False)

    def action_fold(self) -> None:
        if self._facts.lines and not self._facts.text:
            self._shown(self._facts.toggle(self._list.cursor))

    def action_fold_all(self, closed: bool) -> None:
        at = self._line and self._facts.lines[self._facts.heading_of(self._list.cursor)]
        self._facts.fold_all(closed=closed)
        self._shown(self._facts.find(at) if at else 0)

    def action_toggle_details(self) -> None:
        self._details.toggle(self._list)

    # ------------------------------------------------------------------ filter

    @property
    def searched(self) -> str:
        return self._facts.text

    def search(self, text: str) -> None:
        if text != self._facts.text:
            line = self._line
            self._facts.search(text)
            self._shown(self._facts.find(line) if line else 0)

    @property
    def match(self) -> str:
        return self._facts.filter.match.value

    def next_match(self) -> None:
        line, wanted = self._line, self._facts.filter
        self._facts.search(wanted.text, next_way(wanted.match))
        self._shown(self._facts.find(line) if line else 0)

    def matched(self) -> str:
        wanted = self._facts.filter
        return "" if not wanted.text else wanted.problem or plural(self._facts.matched, "line")

    def found(self) -> Widget:
        return self._list

    def back(self) -> bool:
        """From the details back to the list."""
        if self.screen.focused is self._details:
            self.screen.set_focus(self._list)
            return True
        return False
