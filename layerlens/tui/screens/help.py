"""The keys that work where the focus is, made from the bindings so that they cannot disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Input, Static

from layerlens.tui.bindings import title_of
from layerlens.tui.keys import names_of
from layerlens.tui.possible import possible
from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.screens.hosting import Host

Section = tuple[str, list[tuple[str, str]]]
"""A title, and pairs of keys (or a sign) and what they do."""

_SIGNS: Section = ("Signs", [
    ("+", "added by the layer"),
    ("~", "modified: content, or where it says so metadata or type"),
    ("-", "removed; its bytes stay in the image all the same"),
    ("·", "unchanged directory with changes inside"),
    ("▒", "part of a layer that is waste: deleted or written again"),
    ("b", "a layer of the base image"),
    ("┃ │", "the layers whose changes the tree shows, and those below that it shows too"),
    ("● ✓", "marked; ticked in what-if"),
    ("▾ ▸", "a directory that is open, one that is closed"),
    ("→ ⇒", "where a symbolic link, a hard link leads"),
    ("\\x1b", "a character that a terminal would obey, not show; a backslash is \\\\"),
])  # fmt: skip


def sections(screen: Screen[Any]) -> list[Section]:
    """What each key does now, the focused pane's first, and the signs."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in possible(screen):
        if each.keys:
            found.setdefault(title_of(each.scope), []).append(
                (names_of(each.keys), each.binding.tooltip)
            )
    if isinstance(screen, Host) and screen.view.SIGNS:
        found[f"Signs in the view {screen.view.TITLE}"] = list(screen.view.SIGNS)
    return [*found.items(), _SIGNS]


class HelpScreen(Dialog[None]):
    """A scrollable list that can be searched."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q", "close", "Close", id="help.close",
                tooltip="Stop searching; close the help"),
        Binding("j,down", "scroll(1)", "Down", show=False, id="help.down",
                tooltip="Scroll down"),
        Binding("k,up", "scroll(-1)", "Up", show=False, id="help.up",
                tooltip="Scroll up"),
        Binding("slash,ctrl+f", "search", "Search", id="help.search",
                tooltip="Show only keys that have a text"),
    ]  # fmt: skip

    def __init__(self, sections: Sequence[Section]) -> None:
        super().__init__()
        self.sections = sections

    def compose(self) -> ComposeResult:
        with Vertical(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "/ searches, Esc closes"
            yield Input(id="help-search", placeholder="a key or a word", compact=True)
            with VerticalScroll(id="help-pane"):
                yield Static(self._table(""), id="help-text")

    def on_mount(self) -> None:
        self.query_one("#help-search").display = False
        pane = self.query_one("#help-pane")
        pane.focus()
        self.call_after_refresh(self._place_cursor)

    def _place_cursor(self) -> None:
        """Let the terminal's cursor stand where reading begins."""
        pane = self.query_one("#help-pane")
        self.app.cursor_position = pane.content_region.offset
        pane.refresh()

    def _table(self, wanted: str) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(width=20, overflow="fold", style=Style(bold=True))
        table.add_column(ratio=1, overflow="fold")
        words = wanted.casefold()
        for title, rows in self.sections:
            shown = [row for row in rows if words in "\n".join(row).casefold()]
            if not shown:
                continue
            if table.row_count:
                table.add_row(Text(""), Text(""))
            table.add_row(Text(title, Style(bold=True, underline=True)), Text(""))
            for keys, what in shown:
                table.add_row(Text(keys), Text(what))
        if not table.row_count:
            table.add_row(Text(""), Text("nothing matches"))
        return table

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.query_one("#help-text", Static).update(self._table(event.value))
        self.query_one("#help-pane").scroll_home(animate=False)

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one("#help-pane").focus()

    def action_search(self) -> None:
        search = self.query_one("#help-search", Input)
        search.display = True
        self.set_focus(search)

    def action_close(self) -> None:
        search = self.query_one("#help-search", Input)
        if not search.display:
            self.dismiss()
            return
        search.value = ""
        search.display = False
        self.query_one("#help-pane").focus()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#help-pane").scroll_relative(y=lines, animate=False)
