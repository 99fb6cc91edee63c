"""The line in which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

from layerlens.tui.viewmodel.matching import Match

_PLACEHOLDERS = {
    "glob": "text, or a glob such as *.so",
    "regex": "regular expression, such as \\.py[co]$",
    "fuzzy": "letters in their order, such as nmindex",
}


class FilterLine(Input):
    """An input that says in the footer how to leave it."""

    KEYS_TITLE: ClassVar[str] = "In the filter line"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "Browse", id="filter.browse",
                tooltip="Go to what was found"),
        Binding("ctrl+t", "screen.next_match", "glob/regex/fuzzy", id="filter.match",
                tooltip="Read the text as text or glob, as a regular expression, or fuzzily"),
        Binding("escape", "screen.back", "Show all", id="filter.clear",
                tooltip="Clear the filter"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, select_on_focus=False)
        self.tell(Match.GLOB.value, "")

    def tell(self, match: str, found: str) -> None:
        """Say how the text is read, and what was found."""
        self.placeholder = _PLACEHOLDERS[match]
        self.border_title = f"Filter ({match})"
        self.border_subtitle = found.replace("[", "\\[")
