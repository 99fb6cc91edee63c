"""Cells of tables that other programs read: CSV and Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from layerlens.outputs.display import escape

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for a formula, full-width forms too (OWASP, "CSV Injection")."""

_TICKS = re.compile("`+")


def write_csv(rows: Iterable[Sequence[object]], stream: BinaryIO) -> None:
    """Rows of CSV (RFC 4180) in UTF-8; ``None`` is an empty cell."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[_cell(value) for value in row] for row in rows])
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _cell(value: object) -> str:
    """Escaped text that no spreadsheet runs; numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    shown = escape(text)
    return f"'{shown}" if text.startswith(_STARTS_FORMULA) else shown


def code(text: str) -> str:
    """Strangers' text in a cell of a Markdown table: as code, in which nothing is obeyed.

    Neither markup nor HTML, nor what forges add to text: mentions, links, emoji.
    """
    shown = escape(text).replace("|", r"\|")
    if not shown.strip():
        return ""
    fence = "`" * (1 + max((len(run) for run in _TICKS.findall(shown)), default=0))
    edge = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{edge}{shown}{edge}{fence}"


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
