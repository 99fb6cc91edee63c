"""The panel that says what the image would be without the ticked findings."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.widgets import Static

from layerlens.tui.viewmodel.findings import Outlook


class WhatIfPanel(Static):
    """Figures now and then; takes no room while nothing is ticked."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "what-if--title", "what-if--note", "what-if--dim", "what-if--then",
    }  # fmt: skip

    DEFAULT_CSS = """
    WhatIfPanel {
        height: auto; max-height: 50%; padding: 0 1; background: $panel; display: none;
    }
    WhatIfPanel.-ticked { display: block; }
    WhatIfPanel > .what-if--title { text-style: bold; color: $text-accent; }
    WhatIfPanel > .what-if--note { color: $text-warning; }
    WhatIfPanel > .what-if--dim { color: $foreground 60%; }
    WhatIfPanel > .what-if--then { text-style: bold; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._outlook: Outlook | None = None

    def show(self, outlook: Outlook | None) -> None:
        """Show an outlook, or nothing."""
        self._outlook = outlook
        self.set_class(outlook is not None, "-ticked")
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        """Another theme has other colours."""
        super().notify_style_update()
        if self._outlook is not None and self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        text = Text(no_wrap=True, overflow="ellipsis")
        if self._outlook is not None:
            cells = self.size.width or self.app.size.width - 2
            for k, line in enumerate(self._outlook.lines(cells)):
                if k:
                    text.append("\n")
                for words, name in line:
                    style = self.get_component_rich_style(f"what-if--{name}") if name else Style()
                    text.append(words, style)
        self.update(text)
