"""Plain mode: what a screen reader would spell out is left out, or becomes a word or a comma."""

from __future__ import annotations

from collections.abc import Iterable

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from layerlens.tui.viewmodel.text import width

_LINES_AND_BLOCKS = dict.fromkeys((*range(0x2500, 0x25A0), *map(ord, "▲▼▴▾▸◂●◉○")), " ")
_WORDLESS = _LINES_AND_BLOCKS | {ord("·"): ","}
_IN_ASCII = {
    ord("…"): ".", ord("⋯"): ".", ord("→"): ">", ord("⇒"): ">", ord("←"): "<", ord("↑"): "^",
    ord("↓"): "v", 0xD7: "x", 0x2013: "-", 0x2014: "-", 0x2019: "'",
}  # fmt: skip


def plain_cells(text: str, *, unicode: bool) -> str:
    """A text of the same width without lines, blocks and bars; in ASCII where that is wanted."""
    if text.isascii():
        return text
    text = text.replace(" · ", ",  ").translate(_WORDLESS)
    if unicode or text.isascii():
        return text
    text = text.translate(_IN_ASCII)
    return "".join(char if char.isascii() else "?" * width(char) for char in text)


def escaped(text: str) -> str:
    r"""A text in ASCII that loses nothing: ``\u65e5`` for what is more."""
    return text.encode("ascii", "backslashreplace").decode()


def joined(parts: Iterable[str]) -> str:
    """Parts of a line with commas between them; empty ones are left out."""
    return ", ".join(filter(None, (" ".join(part.split()) for part in parts)))


class PlainFilter(LineFilter):
    """Takes lines, blocks and bars from all that is drawn, by whichever widget."""

    def __init__(self, *, unicode: bool) -> None:
        super().__init__()
        self._unicode = unicode

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            Segment(plain_cells(text, unicode=self._unicode), style, control)
            for text, style, control in segments
        ]
