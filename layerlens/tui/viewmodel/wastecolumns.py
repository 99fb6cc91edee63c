"""The columns that the levels of the waste view have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from layerlens.tui.viewmodel.table import Column
from layerlens.tui.viewmodel.text import SIZE_CELLS, bar, count, percent, size

_BAR_CELLS = 8


def bar_column(figure: Callable[[Any], int], whole: int) -> Column[Any]:
    """A bar of the share of a whole."""
    return Column(
        "bar", "", lambda row: (bar(figure(row), whole, _BAR_CELLS), "bar"), figure, _BAR_CELLS,
        largest_first=True, from_cells=44,
    )  # fmt: skip


def bytes_column(
    figure: Callable[[Any], int], key: Callable[[Any], Any] | None = None
) -> Column[Any]:
    """Bytes, largest first; ``key`` where ordering can be quicker than asking."""
    return Column(
        "size", "Bytes", lambda row: (size(figure(row)), ""), key or figure, SIZE_CELLS,
        right=True, largest_first=True,
    )  # fmt: skip


def share_column(figure: Callable[[Any], int], whole: int) -> Column[Any]:
    """The share of a whole in percent."""
    return Column(
        "share", "Share", lambda row: (percent(figure(row) / whole) if whole else "-", "dim"),
        figure, 7, right=True, largest_first=True, from_cells=36,
    )  # fmt: skip


def files_column(figure: Callable[[Any], int]) -> Column[Any]:
    """A number of files."""
    return Column(
        "count", "Files", lambda row: (count(figure(row)), ""), figure, 8,
        right=True, largest_first=True, from_cells=56,
    )  # fmt: skip


def figure_column(
    name: str, title: str, figure: Callable[[Any], int], *, cells: int, from_cells: int
) -> Column[Any]:
    """Further bytes."""

    def cell(row: Any) -> tuple[str, str]:
        return size(figure(row)) if figure(row) else "-", ""

    return Column(
        name, title, cell, figure, cells, right=True, largest_first=True, from_cells=from_cells
    )


NOTHING: Column[Any] = Column("name", "", lambda _: ("", ""), lambda _: 0)
"""The only column of a table that has not been made yet."""
