"""Name and figures of the image, on two lines."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widget import Widget

from layerlens.tui.viewmodel.layers import Figures
from layerlens.tui.viewmodel.text import clip, width

_ROOMY = 76


class ImageHeader(Widget):
    """What the image is called, what it weighs and how well it is built."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "header--name", "header--dim", "header--good", "header--fair", "header--bad",
        "header--note",
    }  # fmt: skip

    def __init__(self, figures: Figures, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._figures = figures
        self._note = ""

    def show(self, figures: Figures) -> None:
        """Show the figures of a newer state."""
        self._figures = figures
        self.refresh()

    def tell(self, note: str) -> None:
        """Say something at the end of the second line, such as how far reading is."""
        if note != self._note:
            self._note = note
            self.refresh()

    def render(self) -> Text:
        figures, cells = self._figures, self.size.width
        dim = self._style("dim")
        name = clip(figures.name, cells)
        text = Text(no_wrap=True, overflow="crop")
        text.append(name, self._style("name"))
        room = cells - width(name) - 2
        if room > 8:
            text.append("  " + clip(figures.facts, room), dim)
        text.append("\n")
        room = cells - (width(self._note) + 2 if self._note else 0)
        second = self._figures_line(roomy=cells >= _ROOMY)
        if second.cell_len > room:
            second = self._figures_line(roomy=False)
        if second.cell_len > room and self._note:
            second = self._figures_line(roomy=False, most=3)
        if self._note:
            note = clip(self._note, max(0, cells - second.cell_len - 2))
            second.append(" " * max(2, cells - second.cell_len - width(note)))
            second.append(note, self._style("note"))
        return text.append_text(second)

    def _figures_line(self, *, roomy: bool, most: int = 4) -> Text:
        figures = self._figures
        parts = [
            ("total " if roomy else "", figures.total, "name"),
            ("efficiency " if roomy else "eff ", figures.efficiency, figures.efficiency_grade),
            ("wasted ", figures.wasted, figures.efficiency_grade),
            ("lean score " if roomy else "lean ", figures.lean, figures.lean_grade),
        ]
        line = Text(no_wrap=True, overflow="crop")
        for k, (label, value, style) in enumerate(parts[:most]):
            if k:
                line.append("   " if roomy else "  ")
            line.append(label, self._style("dim"))
            line.append(value, self._style(style))
        return line

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"header--{name}")
