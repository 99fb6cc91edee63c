"""A comparison as text: what changed, who did it, and what it costs to fetch."""

from __future__ import annotations

from typing import TextIO

from layerlens.comparison.model import Comparison
from layerlens.outputs.text import NARROWEST


def write_comparison(
    comparison: Comparison,
    stream: TextIO,
    *,
    width: int,
    colour: bool,
    unicode: bool | None = None,
    most: int = 10,
    table_only: bool = False,
) -> None:
    """Write the page for people; see :func:`layerlens.outputs.text.write_text`.

    ``most`` is how many rows each list has; with ``table_only`` the page is the table
    that a case study would show, and nothing else.
    """
    # Late: rich takes longer to load than a small image takes to be read.
    from layerlens.outputs.compare_summary import case_table, comparison_page
    from layerlens.outputs.layout import Look, print_lines

    if unicode is None:
        # A stream that encodes nothing (StringIO) takes every character.
        encoding = getattr(stream, "encoding", None)
        unicode = encoding is None or encoding.lower().startswith("utf")
    look = Look(width=max(width, NARROWEST), unicode=unicode, colour=colour)
    page = case_table if table_only else comparison_page
    print_lines(page(comparison, look, most), stream, look)
