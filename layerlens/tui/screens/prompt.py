"""A small window in which a line is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from layerlens.tui.screens.dialog import Dialog

Check = Callable[[str], tuple[str, bool]]
"""What is to be said of a text, and whether it can be taken; a second Enter takes what
could not be taken at first where the sentence ends in a question mark."""


class PromptScreen(Dialog[str | None]):
    """Gives the line, ``None`` after Esc."""

    DEFAULT_CSS = """
    PromptScreen { align: center middle; }
    PromptScreen > #prompt {
        width: 76; max-width: 96%; height: auto;
        border: round $border; background: $panel; padding: 0 1;
    }
    PromptScreen Static { height: auto; }
    PromptScreen #prompt-about { color: $foreground 60%; margin-bottom: 1; }
    PromptScreen Input { background: $boost; padding: 0; }
    PromptScreen #prompt-verdict { color: $text-warning; margin-top: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="prompt.back",
                tooltip="Close, and do nothing"),
    ]  # fmt: skip

    def __init__(self, title: str, value: str, about: str, check: Check) -> None:
        super().__init__()
        self._title = title
        self._value = value
        self._about = about
        self._check = check
        self._asked: str | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt") as box:
            box.border_title = Text(self._title)
            box.border_subtitle = "Enter goes on · Esc closes"
            yield Static(Text(self._about), id="prompt-about")
            yield Input(self._value, select_on_focus=False, compact=True)
            yield Static(id="prompt-verdict")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self._asked = None
        said, _ = self._check(event.value)
        self.query_one("#prompt-verdict", Static).update(Text(said))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        said, good = self._check(event.value)
        if good or (said.endswith("?") and self._asked == event.value):
            self.dismiss(event.value)
            return
        self._asked = event.value
        again = " Enter again: yes" if said.endswith("?") else ""
        self.query_one("#prompt-verdict", Static).update(Text(said + again))
