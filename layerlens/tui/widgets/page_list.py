"""A page of facts and paths, with a cursor that can pick a path."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.tui.viewmodel.marks import MARKED, Marks
from layerlens.tui.viewmodel.page import Page, Place
from layerlens.tui.widgets.line_list import LineList, Piece


class PageList(LineList):
    """Draws a :class:`Page`."""

    def __init__(self, marks: Marks, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.marks = marks
        self._page = Page([])

    def show(self, page: Page) -> None:
        """Show another page from its top."""
        self._page = page
        page.lay(self.size.width)
        self.lines_changed()
        self.scroll_to(y=0, animate=False)

    @property
    def place(self) -> Place | None:
        """The path under the cursor."""
        return self._page.place(self.cursor)

    def to_first_place(self) -> None:
        """Put the cursor on the first path, if there is one."""
        first = self._page.first_place
        if first is not None:
            self.cursor = first

    def line_count(self) -> int:
        return len(self._page)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        place = self._page.place(line)
        pieces = self._page.pieces(line, cells)
        if place is None or not self.marks.has_path(place.path):
            return pieces
        return [MARKED, *list(pieces)[1:]]  # in the indent

    def on_resize(self) -> None:
        first = self._page.first_place
        after = None if first is None else self.cursor - first
        if self._page.lay(self.size.width):
            now = self._page.first_place
            inside = after is not None and after >= 0 and now is not None
            self.lines_changed(now + after if inside else self.cursor)  # type: ignore[operator]
        super().on_resize()
