"""What views have in common that lead down through levels, each a table."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from textual import on

from layerlens.tui.viewmodel.descent import Descent
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.detailed import DetailedView
from layerlens.tui.widgets.detail_pane import DetailPane
from layerlens.tui.widgets.table_list import TableList

B = TypeVar("B", bound=Descent[Any])


class LevelledView(DetailedView, Generic[B]):
    """Shows the table of the level that ``browser`` is on; ``name`` begins the widgets' ids."""

    def __init__(
        self,
        session: Session,
        browser: B,
        name: str,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        self._browser = browser
        self._list = TableList(browser.table, id=f"{name}-rows")
        details = DetailPane(id=f"{name}-details")
        super().__init__(session, self._list, self._list.lines, details, id=id)

    def marks_changed(self) -> None:
        self._list.lines.refresh()

    def _shown(self, row: Any = None) -> None:
        """Show the table of the level, with the cursor on a row."""
        self._list.show(self._browser.table)
        self._list.rows_changed(row)
        self.redrawn()

    def action_up(self) -> None:
        if self._browser.is_down:
            self._shown(self._browser.up())

    def action_sort(self, by: str) -> None:
        row = self._list.row
        if self._browser.sort_by(by):
            self._shown(row)

    @on(TableList.SortAsked)
    def _sort_asked(self) -> None:
        self.title()

    def on_resize(self) -> None:
        self.call_after_refresh(self.title)
