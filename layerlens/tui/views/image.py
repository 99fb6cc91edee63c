"""The view of the image as a whole: identity, figures, configuration, history, diagnostics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from layerlens.tui.viewmodel.imagefacts import Fact
from layerlens.tui.viewmodel.imagelines import Heading, ImageLines
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import plural, safe_text
from layerlens.tui.views.base import Wanted
from layerlens.tui.views.detailed import DetailedView
from layerlens.tui.widgets.detail_pane import DetailPane
from layerlens.tui.widgets.line_list import LineList, Piece


class FactList(LineList):
    """The lines of an :class:`ImageLines`."""

    def __init__(self, facts: ImageLines, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.facts = facts

    def line_count(self) -> int:
        return len(self.facts.lines)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        return self.facts.pieces(line, cells)


class ImageView(DetailedView):
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
        self._facts = ImageLines(session.analysis)
        self._list = FactList(self._facts, id="image-facts")
        details = DetailPane(id="image-details")
        super().__init__(session, self._list, self._list, details, id=id)

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

    def tell(self) -> None:
        if self._line is None:
            self._details.show("", "Nothing matches; Esc shows everything.", [])
        else:
            self._details.show(*self._facts.told(self._list.cursor))

    def _shown(self, line: int) -> None:
        """Draw anew, with the cursor on a line."""
        self._list.lines_changed(line)
        self.redrawn()

    def title(self) -> None:
        self._list.border_title = Text("Image")
        searched = self._facts.text
        self._list.set_class(bool(searched), "-filtered")
        matched = plural(self._facts.matched, "line")
        self._list.border_subtitle = Text(
            f"{matched} with {safe_text(searched, 40)}" if searched else matched
        )

    # ------------------------------------------------------------------ keys

    def open_line(self) -> None:
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

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        return self._facts.filter

    def search(self, text: str, match: Match | None = None) -> None:
        wanted, line = self.wanted, self._line
        if (text, match or wanted.match) != (wanted.text, wanted.match):
            self._facts.search(text, match)
            self._shown(self._facts.find(line) if line else 0)

    def counted(self) -> str:
        return plural(self._facts.matched, "line")

    def back(self) -> bool:
        """From the details back to the list."""
        if self.screen.focused is self._details:
            self.screen.set_focus(self._list)
            return True
        return False
