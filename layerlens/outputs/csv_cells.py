"""Cells of CSV that no spreadsheet runs, no terminal obeys and no CI log takes for a command."""

from __future__ import annotations

import base64
import re

from layerlens.outputs.display import escape

_ACTIVE = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20]|\\s*::")
"""Beginnings that make a cell do something.

What a spreadsheet takes for a formula, full-width forms included (tabs and carriage
returns count too, but are escaped before this is asked), and the ``::`` of a command
to GitHub's runner, which looks at the beginning of lines.
"""


def text_cell(text: str) -> str:
    """A text as a cell: hidden characters escaped, an apostrophe before what is active."""
    shown = escape(text)
    return "'" + shown if _ACTIVE.match(shown) else shown


def name_cells(name: bytes) -> tuple[str, str]:
    """A name as a cell, and base64 of it where the cell is not exact.

    Bytes that are not UTF-8 are escaped too, so equal text means equal bytes.
    """
    text = name.decode("utf-8", "surrogateescape")
    shown = text_cell(text)
    return shown, "" if shown == text else base64.b64encode(name).decode("ascii")
