"""What views have in common that show a table and a page about the row under the cursor."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.widget import Widget

from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.page import Fact, Page, Place
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.table import Table
from layerlens.tui.views.base import View, Wanted
from layerlens.tui.widgets.line_list import LineList
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableList


class Listing(Protocol):
    """The pure part of such a view."""

    table: Table[Any]

    @property
    def title(self) -> str:
        """What the table shows, in a line."""

    @property
    def matched(self) -> str:
        """How many rows there are under the filter, and how much."""

    @property
    def order(self) -> str:
        """What it is ordered by."""

    @property
    def is_filtered(self) -> bool:
        """Whether rows are left out."""

    def clear_filters(self) -> None:
        """Show all rows."""

    def adopt(self, session: Session) -> None:
        """Show another state of the image under the same choices."""

    def page(self, row: Any) -> Page:
        """All that is known of a row."""

    def key(self, row: Any) -> object:
        """What tells a row from others, in another state of the image too."""

    def why_none(self) -> tuple[str, ...]:
        """Why there are no rows and how to get some, in lines; nothing where there are any."""


def page_bindings(view: str, what: str) -> list[Binding]:
    """The keys that lead into the page and out of it; ``what`` its places are called."""
    return [
        Binding("enter", "go_in", what.capitalize(), id=f"{view}.enter",
                tooltip=f"Go into the {what}; there: show the one under the cursor in the tree"),
        Binding("right,l", "focus_page", "Into", show=False, id=f"{view}.into",
                tooltip="Go into the page about what the cursor stands on"),
        Binding("left,h", "focus_table", "Out", show=False, id=f"{view}.out",
                tooltip="Go back to the table"),
    ]  # fmt: skip


class TablePageView(View):
    """A table above a page, or beside it where the screen is wide."""

    SCOPED_CSS = False  # the layout follows the width of the screen
    DEFAULT_CSS = """
    .table-page { height: 1fr; layout: vertical; }
    .table-page > TableList { height: 45%; min-height: 5; }
    .table-page > PageList { height: 1fr; }
    .-wide .table-page { layout: horizontal; }
    .-wide .table-page > TableList { width: 60%; height: 1fr; }
    .-wide .table-page > PageList { width: 1fr; }
    """

    TABLE_ID: ClassVar[str]
    PAGE_ID: ClassVar[str]

    def __init__(
        self,
        session: Session,
        listing: Listing,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(session, id=id)
        self._listing = listing
        self._table = TableList(listing.table, id=self.TABLE_ID)
        self._page = PageList(session.marks, id=self.PAGE_ID)
        self._shown: Any = None

    def compose(self) -> ComposeResult:
        with Container(classes="table-page"):
            yield self._table
            yield self._page

    def on_mount(self) -> None:
        self.rows_changed()

    def panes(self) -> list[Widget]:
        """The table, then the page."""
        return [self._table.lines, self._page]

    def adopt(self, session: Session) -> None:
        before = None if self.row is None else self._listing.key(self.row)
        self.session = session
        self._page.marks = session.marks
        self._listing.adopt(session)
        same = (row for row in self._listing.table.rows if self._listing.key(row) == before)
        self.rows_changed(None if before is None else next(same, None))

    @property
    def row(self) -> Any:
        """The row under the cursor, ``None`` where there is none."""
        return self._table.row

    @property
    def place(self) -> Place | None:
        """The path under the cursor, where the page has the focus."""
        return self._page.place if self._page.has_focus else None

    def place_subject(self) -> Subject | None:
        """The path under the cursor as a subject."""
        place = self.place
        if place is None:
            return None
        return Subject(place.path, place.version, place.layer, removed=place.removed)

    def marks_changed(self) -> None:
        self._table.lines.refresh()
        self._page.refresh()

    # ------------------------------------------------------------------ rows

    def rows_changed(self, row: Any = None) -> None:
        """Show other rows, with the cursor on a row where it is still there."""
        self._table.rows_changed(row)
        self._table.set_class(self._listing.is_filtered, "-filtered")
        self._table.border_title = self._listing.title
        self._title_order()
        self._show_page(anew=True)
        self.post_message(self.Changed())

    @on(TableList.Sorted)
    def _title_order(self) -> None:
        self._table.border_subtitle = self._listing.order

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if event.lines is self._table.lines:
            self._show_page()

    def _show_page(self, *, anew: bool = False) -> None:
        row = self.row
        if row is self._shown and not anew:
            return
        self._shown = row
        self._page.show(self._nothing() if row is None else self._listing.page(row))

    def _nothing(self) -> Page:
        first, *others = self._listing.why_none() or ("Nothing matches.", "Esc shows everything.")
        return Page([Fact("", first, "title"), *(Fact("", each) for each in others)])

    # ------------------------------------------------------------------ moving

    def action_go_in(self) -> None:
        if self._page.has_focus:
            place = self._page.place
            if place is not None:
                self.post_message(self.ShowInTree(place.path, place.layer))
        elif self.row is not None:
            self._show_page()  # the cursor may have moved at the same moment
            self.screen.set_focus(self._page)
            self._page.to_first_place()

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        # A click moves the focus before this: on the page it shows a path, else it goes in.
        self.action_go_in()

    def action_focus_page(self) -> None:
        self.screen.set_focus(self._page)

    def action_focus_table(self) -> None:
        self.screen.set_focus(self._table.lines)

    def action_sort(self, column: str) -> None:
        self._table.sort_by(column)

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        return self._listing.table.filter

    def search(self, text: str, match: Match | None = None) -> None:
        row = self.row
        self._listing.table.search(text, match)
        self.rows_changed(row)

    def counted(self) -> str:
        return self._listing.matched

    def back(self) -> bool:
        """From the page to the table, then to all rows."""
        if self._page.has_focus:
            self.action_focus_table()
            return True
        if not self._listing.is_filtered:
            return False
        row = self.row
        self._listing.clear_filters()
        self.rows_changed(row)
        return True
