"""All there is to say of the chosen layer."""

from __future__ import annotations

from rich.console import Group
from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from layerlens.analysis.model import Analysis
from layerlens.tui.viewmodel.layers import details

_LABEL_CELLS = 9


class LayerDetails(VerticalScroll, can_focus=True):
    """The whole instruction, digests, and what the layer added, modified and removed."""

    def __init__(self, analysis: Analysis, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._analysis = analysis

    def compose(self) -> ComposeResult:
        yield Static(id="details-text")

    def adopt(self, analysis: Analysis, layer: int) -> None:
        """Tell about a layer of a newer state of the image."""
        self._analysis = analysis
        self.show(layer)

    def show(self, layer: int) -> None:
        """Tell about a layer; nothing where an image has none."""
        if not 0 <= layer < len(self._analysis.layers):
            return
        self.border_title = f"Layer {layer}"
        instruction, *rest = details(self._analysis, layer)
        table = Table.grid(padding=(0, 1, 0, 0), expand=True)
        table.add_column(width=_LABEL_CELLS, style=Style(dim=True))
        table.add_column(ratio=1, overflow="fold")
        for label, value in rest:
            table.add_row(Text(label), Text(value))
        head = Text(instruction[1], Style(bold=True), overflow="fold")
        self.query_one("#details-text", Static).update(Group(head, table))
        self.scroll_home(animate=False)
