"""Cells of CSV that no spreadsheet runs and no terminal obeys."""

from __future__ import annotations

import base64
import re

from layerlens.outputs.display import escape

_FORMULA = re.compile("\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
"""What a spreadsheet takes for the beginning of a formula, full-width forms included.

Tabs and carriage returns count too, but they are escaped before this is asked.
"""


# Where a comma is the decimal sign, spreadsheets take semicolons for what parts cells, and
# then our quotes, in the middle of a cell of theirs, part nothing.
_AFTER_SEPARATOR = re.compile(';(?=[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20])')


def text_cell(text: str) -> str:
    """A text as a cell: hidden characters escaped, an apostrophe before a formula."""
    shown = escape(text)
    if ";" in shown:
        shown = _AFTER_SEPARATOR.sub(";'", shown)
    return "'" + shown if _FORMULA.match(shown) else shown


def name_cells(name: bytes) -> tuple[str, str]:
    """A name as a cell, and base64 of it where the cell is not exact.

    Bytes that are not UTF-8 are escaped too, so equal text means equal bytes.
    """
    text = name.decode("utf-8", "surrogateescape")
    shown = text_cell(text)
    return shown, "" if shown == text else base64.b64encode(name).decode("ascii")
