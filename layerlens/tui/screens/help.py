"""All keys, made from the bindings themselves so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_SIGNS = (
    ("+", "added by the layer"),
    ("~", "modified: content, or where it says so metadata or type"),
    ("-", "removed; its bytes stay in the image all the same"),
    ("·", "unchanged directory with changes inside"),
    ("▒", "part of a layer that is waste: deleted or written again"),
)

_KEY_NAMES = {
    "slash": "/", "question_mark": "?", "plus": "+", "minus": "-", "tilde": "~",
    "equals_sign": "=", "pageup": "PgUp", "pagedown": "PgDn", "escape": "Esc",
    "enter": "Enter", "space": "Space", "tab": "Tab", "home": "Home", "end": "End",
    "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip


def key_name(key: str) -> str:
    """A key as it stands on the keyboard."""
    parts = key.split("+")
    *modifiers, last = parts if parts[-1] else ["+"]
    named = _KEY_NAMES.get(last, last.upper() if modifiers else last)
    return "+".join([*(each.capitalize() for each in modifiers), named])


def rows(bindings: Iterable[BindingType]) -> list[tuple[str, str]]:
    """Keys and what they do, one pair per binding."""
    found = []
    for binding in bindings:
        assert isinstance(binding, Binding)  # all of ours have an id and a tooltip
        keys = "  ".join(key_name(key.strip()) for key in binding.key.split(","))
        found.append((keys, binding.tooltip))
    return found


class HelpScreen(ModalScreen[None]):
    """A scrollable list of keys, by pane, and the meaning of the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "Close", id="help.close",
                tooltip="Close the help"),
        Binding("j", "scroll(1)", "Down", show=False, id="help.down", tooltip="Scroll down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="help.up", tooltip="Scroll up"),
    ]  # fmt: skip

    def __init__(self, sections: Sequence[tuple[str, Iterable[BindingType]]]) -> None:
        super().__init__()
        self._sections = sections

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as pane:
            pane.border_title = "Keys"
            pane.border_subtitle = "Esc closes"
            yield Static(self._table(), id="help-text")

    def on_mount(self) -> None:
        self.query_one("#help").focus()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(width=20, overflow="fold", style=Style(bold=True))
        table.add_column(ratio=1, overflow="fold")
        for title, bindings in self._sections:
            table.add_row(Text(title, Style(bold=True, underline=True)), Text(""))
            for keys, what in rows(bindings):
                table.add_row(Text(keys), Text(what))
            table.add_row(Text(""), Text(""))
        table.add_row(Text("Signs", Style(bold=True, underline=True)), Text(""))
        for sign, what in _SIGNS:
            table.add_row(Text(sign), Text(what))
        return table

    def action_scroll(self, lines: int) -> None:
        self.query_one("#help").scroll_relative(y=lines, animate=False)
