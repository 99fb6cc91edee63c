"""What is to be seen while the image is being read."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from layerlens.progress import Preview, Step
from layerlens.tui.viewmodel.course import Course
from layerlens.tui.viewmodel.text import SIZE_CELLS, safe_text, size
from layerlens.tui.widgets.key_line import PlainKeyLine

_MOST_LAYERS = 300


class LoadingScreen(Screen[None]):
    """Stage, bytes, a bar where the total is known, and the time it has taken."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "app.stop_loading", "Stop", id="loading.stop",
                tooltip="Stop reading and leave"),
    ]  # fmt: skip

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._course = Course("opening")
        self._started = time.monotonic()
        self._stopping = False
        self._composed = False
        self._preview: Preview | None = None
        self._shown: Preview | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="loading"):
            yield Static(Text(safe_text(self._title, 300)), id="loading-title")
            yield Static(id="loading-stage")
            yield Static(id="loading-bar")
            yield Static(id="loading-bytes")
        with VerticalScroll(id="loading-preview", can_focus=False):
            yield Static(id="loading-layers")
        yield PlainKeyLine()

    def on_mount(self) -> None:
        self._started = time.monotonic()
        self._composed = True
        self._refresh()
        self.set_interval(0.25, self._refresh)

    def report(self, step: Step) -> None:
        """Show a newer step."""
        self._course.note(step)
        if step.preview is not None:
            self._preview = step.preview
        self._refresh()

    def _refresh(self) -> None:
        """Draw what is known; a quick loader reports before the screen has its parts."""
        if not self._composed or not self.query("#loading-layers"):
            return
        if self._preview is not None and self._preview is not self._shown:
            self._show(self._preview)
            self._shown = self._preview
        self._draw()

    def _show(self, preview: Preview) -> None:
        """What an engine tells at once: the layers that are to come."""
        lines = [
            f"{size(count) if count else '':>{SIZE_CELLS}}  {safe_text(instruction, 300)}"
            for count, instruction in preview.layers[:_MOST_LAYERS]
        ]
        whole = f", {size(preview.size)}" if preview.size is not None else ""
        box = self.query_one("#loading-preview", VerticalScroll)
        box.border_title = Text(f"{safe_text(preview.name, 200)}{whole}")
        box.add_class("-known")
        self.query_one("#loading-layers", Static).update(
            Text("\n".join(lines), no_wrap=True, overflow="ellipsis")
        )

    def stopping(self) -> None:
        """Say that the key was seen, while the reader comes to its next report."""
        self._stopping = True
        self._refresh()

    def _draw(self) -> None:
        drawn = self._course.drawn(stopping=self._stopping)
        elapsed = time.monotonic() - self._started
        self.query_one("#loading-stage", Static).update(Text(f"{drawn.stage} … {elapsed:.0f} s"))
        self.query_one("#loading-bar", Static).update(Text(drawn.bar))
        self.query_one("#loading-bytes", Static).update(Text(drawn.figures))
