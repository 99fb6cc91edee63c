"""The pane below a list that tells all of what is under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

_LABEL_CELLS = 11


class DetailPane(VerticalScroll, can_focus=True):
    """A headline, and pairs of a label and a safe text below it.

    Its height does not depend on what it tells: the list above must not jump
    while the cursor moves.
    """

    DEFAULT_CSS = """
    DetailPane { height: 40%; min-height: 5; max-height: 12; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._text = Static()

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, title: str, head: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Tell something; texts are safe, but may consist of several lines."""
        self.border_title = Text(title or " ")
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_LABEL_CELLS, style=Style(dim=True), overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for label, value in pairs:
            table.add_row(Text(label), Text(value))
        headline = Text(head, Style(bold=True), overflow="fold")
        self._text.update(Group(headline, table) if head else table)
        self.scroll_home(animate=False)

    def toggle(self, instead: Widget) -> None:
        """Show or hide the pane; ``instead`` takes the focus from it."""
        shown = bool(self.region.height)
        if shown and self.screen.focused is self:
            self.screen.set_focus(instead)
        self.screen.set_class(not shown, "-details-on")
        self.screen.set_class(shown, "-details-off")
