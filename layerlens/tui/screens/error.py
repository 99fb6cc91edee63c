"""Why the image could not be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from layerlens.errors import LayerLensError
from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.text import safe_text, where
from layerlens.tui.widgets.key_line import PlainKeyLine


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
            yield from _told(self._error)
        yield PlainKeyLine()


class ErrorNotice(Dialog[None]):
    """What ended the reading, over what had been read before."""

    DEFAULT_CSS = """
    ErrorNotice { align: center middle; background: $background 60%; }
    ErrorNotice > #error-notice {
        width: 76; max-width: 96%; height: auto; max-height: 96%;
        border: round $error; background: $panel; padding: 0 1;
    }
    ErrorNotice Static { height: auto; }
    ErrorNotice #error-kept { color: $foreground 60%; margin-top: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss(None)", "Close", id="error.close",
                tooltip="Close, and browse what was read before"),
    ]  # fmt: skip

    def __init__(self, error: LayerLensError) -> None:
        super().__init__()
        self._error = error

    def compose(self) -> ComposeResult:
        with Vertical(id="error-notice") as box:
            box.border_title = "Reading failed"
            box.border_subtitle = "Esc closes"
            yield from _told(self._error)
            yield Static(
                "What was read before stays here. The error is printed again at the end.",
                id="error-kept",
            )


def _told(error: LayerLensError) -> Iterator[Static]:
    """What is wrong, where, and what to do next."""
    yield Static(Text(safe_text(error.what)), id="error-what")
    place = where(error)
    if place:
        yield Static(Text(f"in {place}"), id="error-where")
    if error.hint:
        yield Static(Text(safe_text(error.hint)), id="error-hint")
