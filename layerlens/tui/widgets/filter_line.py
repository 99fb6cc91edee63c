"""The line in which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterLine(Input):
    """An input that says in the footer how to leave it."""

    KEYS_TITLE: ClassVar[str] = "In the filter line"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "submit", "Browse", id="filter.browse",
                tooltip="To the tree, with what was found"),
        Binding("escape", "screen.back", "Show all", id="filter.clear",
                tooltip="Clear the filter"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="text, or a glob such as *.so", id=id, select_on_focus=False)
