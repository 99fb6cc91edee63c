r"""Lines of a file's content as pieces that are safe to draw, cut to a window of cells.

The rules are those of :func:`~layerlens.tui.viewmodel.text.safe_text` for prose, with two
exceptions that source code asks for: a backslash is a backslash, and a tab is
the blanks up to the next stop.  An escape such as ``\x1b`` has a style of its
own instead, so that it differs from the same characters in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from layerlens.tui.viewmodel.text import joins, safe_text, width

Piece = tuple[str, str]
"""Safe text, and the name of its style (``""`` for plain)."""

ESCAPE = "escape"
MATCH = "match"
"""Styles that this module gives."""

_TAB = 8
_SPECIAL = re.compile(r"(\t|\\+)")
# Behind the exclusion of backslashes, safe_text puts one only where it escapes.
_ESCAPED = re.compile(r"(\\(?:[nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}))")


Check = Callable[[], None]
"""What long work calls now and then: it may raise to end it, or let others have their turn."""


def never() -> None:
    """The check of who never stops it."""


class Lines(Protocol):
    """A content that is drawn line by line."""

    def __len__(self) -> int:
        """How many lines there are."""

    def gutter(self, line: int) -> list[Piece]:
        """What stands before a line and does not scroll; of equal width for all lines."""

    def pieces(self, line: int, cells: int) -> list[Piece]:
        """A line, at least its first ``cells`` cells."""

    def width(self, line: int) -> int:
        """Cells of the whole line."""

    def find(self, text: str, check: Check = never) -> list[int]:
        """The lines that hold a text, in order, whatever its case; takes its time."""


class Remark:
    """A single line of our own, where there is no content."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __len__(self) -> int:
        return 1

    def gutter(self, line: int) -> list[Piece]:
        return []

    def pieces(self, line: int, cells: int) -> list[Piece]:
        return [(self._text, "dim")]

    def width(self, line: int) -> int:
        return width(self._text)

    def find(self, text: str, check: Check = never) -> list[int]:
        return [0] if text and text.lower() in self._text.lower() else []


def shown(spans: Iterable[Piece], cells: int) -> list[Piece]:
    """Text of a stranger, with the style of each span, as safe pieces.

    At least ``cells`` cells of it where there are as many; what is beyond may
    be left out.
    """
    out: list[Piece] = []
    column = 0
    for text, style in spans:
        start = 0
        while start < len(text) and column < cells:
            end = _end(text, start + cells - column)
            column = _show(out, text[start:end], style, column)
            start = end
    return out


def _end(text: str, end: int) -> int:
    """Where to part a text: a mark belongs to the character before it."""
    while end < len(text) and joins(text[end]):
        end += 1
    return end


def _show(out: list[Piece], text: str, style: str, column: int) -> int:
    """Add the safe pieces of a text that begins at a column; the column behind it."""
    if text.isascii() and text.isprintable():
        out.append((text, style))
        return column + len(text)
    for k, chunk in enumerate(_SPECIAL.split(text)):
        if not chunk:
            continue
        if k % 2:
            safe = " " * (_TAB - column % _TAB) if chunk == "\t" else chunk
            out.append((safe, style))
            column += len(safe)
            continue
        for j, safe in enumerate(_ESCAPED.split(safe_text(chunk, len(chunk), prose=True))):
            if safe:
                out.append((safe, ESCAPE if j % 2 else style))
                column += width(safe)
    return column


def cells_of(pieces: Iterable[Piece]) -> int:
    """Cells that pieces take."""
    return sum(width(text) for text, _ in pieces)


def crop(pieces: Iterable[Piece], start: int, stop: int) -> list[Piece]:
    """The cells from ``start`` to before ``stop``; half a wide character becomes a blank."""
    out: list[Piece] = []
    column = 0
    if start >= stop:
        return out
    for text, style in pieces:
        if column >= stop:
            break
        if text.isascii():
            kept = text[max(0, start - column) : stop - column]
            column += len(text)
        else:
            kept, column = _crop(text, column, start, stop)
        if kept:
            out.append((kept, style))
    return out


def _crop(text: str, column: int, start: int, stop: int) -> tuple[str, int]:
    kept: list[str] = []
    for char in text:
        before, column = column, column + width(char)
        if start <= before and column <= stop:
            kept.append(char)
        elif before < start < column or before < stop < column:
            kept.append(" ")
    return "".join(kept), column


def breaks(pieces: Iterable[Piece], cells: int) -> list[int]:
    """The columns at which a line is broken into rows of ``cells``; the first is 0.

    Never inside a wide character.
    """
    starts = [0]
    column = 0
    for text, _ in pieces:
        if text.isascii():
            column += len(text)
            while column > starts[-1] + cells:
                starts.append(starts[-1] + cells)
            continue
        for char in text:
            taken = width(char)
            if column + taken > starts[-1] + cells:
                starts.append(column)
            column += taken
    return starts


def marked(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """The same pieces with every place of a lower-case ``text`` in the style of a match."""
    spans = [(at, at + len(text)) for at in _places(pieces, text)]
    if not spans:
        return list(pieces)
    out: list[Piece] = []
    position = 0
    todo = iter(spans)
    span = next(todo, None)
    for piece, style in pieces:
        at, end = 0, len(piece)
        while at < end:
            while span is not None and span[1] <= position + at:
                span = next(todo, None)
            if span is None or span[0] >= position + end:
                out.append((piece[at:], style))
                break
            inside = span[0] <= position + at
            upto = min(end, (span[1] if inside else span[0]) - position)
            out.append((piece[at:upto], MATCH if inside else style))
            at = upto
        position += end
    return out


def column_of(pieces: Sequence[Piece], text: str) -> int | None:
    """The column at which a lower-case ``text`` first stands."""
    places = _places(pieces, text, most=1)
    if not places:
        return None
    return width("".join(piece for piece, _ in pieces)[: places[0]])


def _places(pieces: Sequence[Piece], text: str, most: int = 1000) -> list[int]:
    """Where a lower-case text stands in the joined pieces, without overlaps."""
    if not text:
        return []
    joined = "".join(piece for piece, _ in pieces)
    lower = joined.lower()
    if len(lower) != len(joined):  # a letter whose small form is longer: places would be off
        lower = "".join(low if len(low := char.lower()) == 1 else char for char in joined)
    places: list[int] = []
    at = lower.find(text)
    while at >= 0 and len(places) < most:
        places.append(at)
        at = lower.find(text, at + len(text))
    return places
