"""What views have in common that show a list and below it the details of one line."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.timer import Timer
from textual.widget import Widget

from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.base import View
from layerlens.tui.widgets.detail_pane import DetailPane
from layerlens.tui.widgets.line_list import LineList

_SETTLE = 0.03
"""Seconds that the cursor rests on a line before its details are told."""


class DetailedView(View):
    """A list, and below it what there is to say of the line under the cursor.

    ``whole`` is the list with whatever stands around its lines.
    """

    def __init__(
        self,
        session: Session,
        whole: Widget,
        lines: LineList,
        details: DetailPane,
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(session, id=id)
        self._whole = whole
        self._lines = lines
        self._details = details
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._whole
        yield self._details

    def on_mount(self) -> None:
        self.tell()
        self.title()

    def panes(self) -> list[Widget]:
        return [self._lines, self._details]

    def found(self) -> Widget:
        return self._lines

    def tell(self) -> None:
        """Tell of the line under the cursor."""
        raise NotImplementedError

    def title(self) -> None:
        """Say on the list's frame what it shows."""
        raise NotImplementedError

    def open_line(self) -> None:
        """Do what Enter does."""
        raise NotImplementedError

    def redrawn(self) -> None:
        """Other lines are shown."""
        self.title()
        self.tell()
        self.post_message(self.Changed())

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self.tell()

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.open_line()

    def action_open(self) -> None:
        self.open_line()

    def action_toggle_details(self) -> None:
        self._details.toggle(self._lines)
