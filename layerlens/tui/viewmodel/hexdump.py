"""Bytes as the lines of a hex dump, made when they are drawn."""

from __future__ import annotations

import re
from bisect import bisect_left

from layerlens.tui.viewmodel.shown import Check, Piece, never

WIDE, NARROW = 16, 8
"""Bytes on a line where there is room for that many, and where there is not."""

_GROUP = 8
_OFFSET_CELLS = 8
_DOTS = bytes(byte if 0x20 <= byte <= 0x7E else 0x2E for byte in range(256))
_MOST_FOUND = 100_000
_PART = 1 << 20
_HEX = re.compile(r"0x((?:[0-9a-f]{2})+)")


def bytes_a_line(cells: int) -> int:
    """How many bytes a line of so many cells, offset included, can show."""
    return WIDE if cells >= _OFFSET_CELLS + 2 + _cells(WIDE) else NARROW


def _cells(count: int) -> int:
    """Cells of so many bytes behind the offset: the groups, two blanks, the characters."""
    return 3 * count + count // _GROUP + count


class HexLines:
    """Offset, bytes in groups of eight, and the printable ones as text.

    ``base`` is the offset of the first byte.
    """

    def __init__(self, data: bytes, a_line: int = WIDE, base: int = 0) -> None:
        self.data = data
        self.a_line = a_line
        self._base = base
        self._found: tuple[list[int], int] = [], 0
        """Where something was found, and its length; replaced as one by the searching thread."""

    def __len__(self) -> int:
        return (len(self.data) + self.a_line - 1) // self.a_line

    def gutter(self, line: int) -> list[Piece]:
        return [(f"{self._base + line * self.a_line:0{_OFFSET_CELLS}x}  ", "guide")]

    def pieces(self, line: int, cells: int) -> list[Piece]:
        start = line * self.a_line
        data = self.data[start : start + self.a_line]
        hits = self._hits(start, len(data))
        left: list[Piece] = []
        right: list[Piece] = []
        for k in range(self.a_line):
            gap = " " if k % _GROUP == _GROUP - 1 else ""  # the last one stands before the text
            if k >= len(data):
                _add(left, "   " + gap, "")
                continue
            byte = data[k]
            style = "match" if k in hits else "dim" if not byte else ""
            _add(left, f"{byte:02x}", style)
            _add(left, " " + gap, "")
            char = chr(_DOTS[byte])
            if style != "match":
                style = "string" if 0x20 <= byte <= 0x7E else "dim"
            _add(right, char, style)
        return [*left, *right]

    def width(self, line: int) -> int:
        return _cells(self.a_line)

    # ------------------------------------------------------------------ searching

    def find(self, text: str, check: Check = never) -> list[int]:
        """The lines on which a text, or bytes such as ``0x7f45``, begins."""
        self._found = [], 0
        if not text:
            return []
        text = text.lower()
        number = _HEX.fullmatch(text)
        if number is not None:
            wanted, data = bytes.fromhex(number[1]), self.data
        else:
            wanted, data = text.encode("utf-8", "replace"), _lower(self.data, check)
        places: list[int] = []
        at = data.find(wanted)
        while at >= 0 and len(places) < _MOST_FOUND:
            places.append(at)
            check()
            at = data.find(wanted, at + len(wanted))
        self._found = places, len(wanted)
        return sorted({place // self.a_line for place in places})

    def _hits(self, start: int, count: int) -> set[int]:
        """Which bytes of a line belong to something that was found."""
        places, length = self._found
        if not length:
            return set()
        hits: set[int] = set()
        for k in range(bisect_left(places, start - length + 1), len(places)):
            at = places[k] - start
            if at >= count:
                break
            hits.update(range(max(0, at), min(count, at + length)))
        return hits


def _lower(data: bytes, check: Check) -> bytes:
    """All of it in small letters; in parts, because nothing else runs meanwhile."""
    out = bytearray()
    for start in range(0, len(data), _PART):
        out += data[start : start + _PART].lower()
        check()
    return bytes(out)


def _add(pieces: list[Piece], text: str, style: str) -> None:
    """Put a text at the end, in the last piece where that has the same style."""
    if pieces and pieces[-1][1] == style:
        pieces[-1] = (pieces[-1][0] + text, style)
    else:
        pieces.append((text, style))
