"""A comparison as text: what changed, who did it, and what it costs to fetch."""

from __future__ import annotations

from typing import TextIO

from layerlens.comparison.model import Comparison


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
    from layerlens.outputs.layout import look_for, print_lines

    look = look_for(stream, width, colour=colour, unicode=unicode)
    page = case_table if table_only else comparison_page
    print_lines(page(comparison, look, most), stream, look)
