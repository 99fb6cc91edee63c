"""The columns that the levels of the comparison have in common: changes with their signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layerlens.tui.viewmodel.table import Column, Piece
from layerlens.tui.viewmodel.text import SIZE_CELLS, size
from layerlens.units import human_change

GROWN, SHRUNK = "waste", "fix"
"""Styles of what became larger, and smaller."""

SIGNS: dict[str, Piece] = {
    "added": ("+", "added"),
    "removed": ("-", "removed"),
    "changed": ("~", "modified"),
    "moved": ("→", "link"),
    "same": ("=", "dim"),
    "": ("·", "inside"),
}
"""Sign and style of what became of something; of several things at once where nothing is said."""

_HALF = 5
"""Cells of a bar on either side of its axis."""


def style_of(change: int | None) -> str:
    """The style of a change in bytes."""
    return "dim" if not change else GROWN if change > 0 else SHRUNK


def signed_bar(change: int, most: int) -> str:
    """A bar to the left of its axis for what shrank, to the right for what grew."""
    cells = max(1, abs(change) * _HALF // most) if change and most else 0
    left, right = ("█" * cells, "") if change < 0 else ("", "█" * cells)
    return f"{left:>{_HALF}}│{right:<{_HALF}}"


def bar_column(change: Callable[[Any], int], most: int) -> Column[Any]:
    """Bars whose longest stands for ``most`` bytes."""
    return Column(
        "bar", "", lambda row: (signed_bar(change(row), most), style_of(change(row))),
        lambda row: abs(change(row)), 2 * _HALF + 1, largest_first=True, from_cells=84,
    )  # fmt: skip


def change_column(
    change: Callable[[Any], int], key: Callable[[Any], Any] | None = None
) -> Column[Any]:
    """How much larger, the largest change first; ``key`` where ordering can be quicker."""
    return Column(
        "size", "Change", lambda row: (human_change(change(row)), style_of(change(row))),
        key or (lambda row: abs(change(row))), SIZE_CELLS + 2, right=True, largest_first=True,
    )  # fmt: skip


def size_column(
    name: str, title: str, figure: Callable[[Any], int | None], from_cells: int = 72
) -> Column[Any]:
    """Bytes of one of the images; a dash where it has none."""

    def cell(row: Any) -> Piece:
        found = figure(row)
        return ("-" if found is None else size(found)), ""

    return Column(
        name, title, cell, lambda row: figure(row) or 0, SIZE_CELLS + 1,
        right=True, largest_first=True, from_cells=from_cells,
    )  # fmt: skip


def sign_column(word: Callable[[Any], str]) -> Column[Any]:
    """The sign of what became of a row; another column has the word."""
    return Column("", "", lambda row: SIGNS[word(row)], word, 1)


def word_column(
    word: Callable[[Any], str],
    cells: int = 10,
    from_cells: int = 96,
    key: Callable[[Any], Any] | None = None,
) -> Column[Any]:
    """What became of a row, in a word; ``key`` where ordering can be quicker than asking."""
    return Column(
        "kind", "What", lambda row: (word(row), "dim"), key or word, cells, from_cells=from_cells
    )
