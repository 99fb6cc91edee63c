"""Why the image could not be shown."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from layerlens.errors import LayerLensError
from layerlens.tui.viewmodel.text import safe_text, where


class ErrorScreen(Screen[None]):
    """What is wrong, where, and what to do next; every way out of it quits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter,escape", "app.quit", "Quit", id="error.quit",
                tooltip="Leave; the error is printed again"),
    ]  # fmt: skip

    def __init__(self, title: str, error: LayerLensError) -> None:
        super().__init__()
        self._title = title
        self._error = error

    def compose(self) -> ComposeResult:
        with Vertical(id="error"):
            yield Static(Text(safe_text(self._title, 300)), id="error-title")
            yield Static(Text(safe_text(self._error.what)), id="error-what")
            place = where(self._error)
            if place:
                yield Static(Text(f"in {place}"), id="error-where")
            if self._error.hint:
                yield Static(Text(safe_text(self._error.hint)), id="error-hint")
        yield Footer(show_command_palette=False)
