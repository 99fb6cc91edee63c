"""Whole tables that other programs read: CSV and Markdown."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from layerlens.outputs.csv_cells import text_cell


def write_csv(rows: Iterable[Sequence[object]], stream: BinaryIO) -> None:
    """Rows of CSV (RFC 4180) in UTF-8; ``None`` is an empty cell, numbers stay numbers."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _cell(value: object) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, (int, float)) else text_cell(str(value))


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()
) -> list[str]:
    """Lines of a table of cells that are Markdown already; columns of ``right`` are numbers."""
    numbers = set(right)
    marks = ["---:" if k in numbers else "---" for k in range(len(heads))]
    return [
        f"| {' | '.join(heads)} |",
        f"| {' | '.join(marks)} |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def table_heads(heads: Sequence[str], sides: str) -> str:
    """The two lines that begin a table; ``sides`` has ``l`` or ``r`` for each column."""
    rule = "|".join("---:" if side == "r" else "---" for side in sides)
    return f"| {' | '.join(heads)} |\n|{rule}|"
