r"""Text of strangers made safe to print, and figures made readable.

Nothing from an image may move the cursor, hide itself or turn text around:
control and format characters, line separators, bytes that are no UTF-8 and
code points without a meaning are shown as escapes such as ``\x1b``, and a
backslash as ``\\``, so that no name looks like another one.  So are characters
that terminals do not agree on how wide they are: they would shift what stands
behind them, frames and columns included.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from layerlens.errors import LayerLensError
from layerlens.outputs import display
from layerlens.units import human_size

_ESCAPED_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_MARKS = frozenset({"Mn", "Me", "Mc"})
_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}
_WIDTH_UNCLEAR = re.compile(
    "["
    "\u115f\u1160\u3164\uffa0\ud7b0-\ud7fb"  # Hangul: fillers, parts of old syllables
    "\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff"  # wide since Unicode 16
    "\U0001d300-\U0001d356\U0001d360-\U0001d376"
    "\U0001f3fb-\U0001f3ff"  # skin tones, which join what stands before them
    "]"
)
_MOST_COMBINING = 2
"""Combining marks in a row that are shown as they are; more would climb over other rows."""

ELLIPSIS = "…"


def safe_text(raw: bytes | str, limit: int = 4096, *, prose: bool = False) -> str:
    """What may be printed for a name, a path or a text; cut after ``limit`` characters.

    ``prose`` shows the vowel signs of Indian scripts, which no text in those can be read
    without; where they stand nothing may depend on how wide a terminal draws them.
    """
    # A character takes four bytes at most; one that this cuts is cut off below.
    text = raw if isinstance(raw, str) else raw[: 4 * limit + 4].decode("utf-8", "surrogateescape")
    cut = len(text) > limit
    text = text[:limit]
    if not (text.isascii() and text.isprintable() and "\\" not in text):
        text = _escape(text, prose=prose)
    return text + ELLIPSIS if cut else text


def joins(char: str) -> bool:
    """Whether a character is drawn in the place of the one before it."""
    return unicodedata.category(char) in _MARKS or "\u1161" <= char <= "\u11ff"


def _escape(text: str, *, prose: bool) -> str:
    out: list[str] = []
    combining = _MOST_COMBINING  # nothing stands there yet that a mark could join
    for char in text:
        category = unicodedata.category(char)
        if joins(char):
            combining += 1
            # Terminals disagree on the width of variation selectors and of spacing marks.
            unclear = "\ufe00" <= char <= "\ufe0f" or (category == "Mc" and not prose)
            safe = combining <= _MOST_COMBINING and not unclear
            out.append(char if safe else _escaped(char))
            continue
        combining = 0
        if char in _SHORT:
            out.append(_SHORT[char])
        elif (
            category in _ESCAPED_CATEGORIES
            or (category == "Zs" and char != " ")
            or _WIDTH_UNCLEAR.match(char)
        ):
            out.append(_escaped(char))
        else:
            out.append(char)
    return "".join(out)


def _escaped(char: str) -> str:
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def width(text: str) -> int:
    """Cells that a safe text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_char_width, text))


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    if joins(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, cells: int) -> str:
    """A safe text cut at its end to at most ``cells``."""
    if width(text) <= cells:
        return text
    if cells < 1:
        return ""
    used, kept = 0, []
    for char in text:
        used += _char_width(char)
        if used > cells - 1:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS


def clip_start(text: str, cells: int) -> str:
    """A safe text cut at its start: the end of a path says more."""
    if width(text) <= cells:
        return text
    if cells < 1:
        return ""
    used, start = 0, len(text)
    while start and used + _char_width(text[start - 1]) <= cells - 1:
        start -= 1
        used += _char_width(text[start])
    return ELLIPSIS + text[start:]


def pad(text: str, cells: int) -> str:
    """A safe text in exactly ``cells``, cut or filled up on the right."""
    text = clip(text, cells)
    return text + " " * (cells - width(text))


# ---------------------------------------------------------------------- figures


@lru_cache(maxsize=16_384)
def size(count: int) -> str:
    """Bytes in decimal units, as engines and dive write them: ``1.2 MB``, ``999 B``."""
    return human_size(count)


SIZE_CELLS = 8
"""The longest size is ``999.9 MB``."""


def count(number: int) -> str:
    """A whole number with separators between the thousands."""
    return f"{number:,}"


def plural(number: int, word: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def percent(share: float) -> str:
    """A share in percent, as all outputs write it: cut off, so that only all is 100%."""
    return display.percent(100 * share)


_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(part: float, whole: float, cells: int) -> str:
    """A bar of exactly ``cells``; anything above nothing shows."""
    if part <= 0 or whole <= 0:
        return " " * cells
    eighths = max(1, round(8 * cells * min(1.0, part / whole)))
    full, rest = divmod(eighths, 8)
    text = "█" * full + (_EIGHTHS[rest] if rest else "")
    return text + " " * (cells - len(text))


_TYPE_LETTERS = {
    "file": "-", "hardlink": "-", "dir": "d", "symlink": "l", "char": "c", "block": "b", "fifo": "p",
}  # fmt: skip


def permissions(kind: str, mode: int) -> str:
    """Type and permissions as ``ls -l`` writes them."""
    out = [_TYPE_LETTERS.get(kind, "?")]
    for shift, special, letter in ((6, 0o4000, "s"), (3, 0o2000, "s"), (0, 0o1000, "t")):
        bits = mode >> shift
        out.append("r" if bits & 4 else "-")
        out.append("w" if bits & 2 else "-")
        if mode & special:
            out.append(letter if bits & 1 else letter.upper())
        else:
            out.append("x" if bits & 1 else "-")
    return "".join(out)


_KINDS = {
    "dir": "directory", "symlink": "symbolic link", "char": "character device",
    "block": "block device", "fifo": "named pipe", "hardlink": "hard link",
}  # fmt: skip


def kind_in_words(kind: str) -> str:
    """What people call a kind of entry."""
    return _KINDS.get(kind, safe_text(kind, 40))


# ---------------------------------------------------------------------- errors


def where(error: LayerLensError) -> str:
    """The place of an error in one line; empty where it is unknown."""
    place = error.where
    parts = [safe_text(part) for part in (place.file, place.layer) if part]
    if place.entry is not None:
        parts.append(f"entry {safe_text(place.entry, 200)}")
    if place.offset is not None:
        parts.append(f"offset {place.offset:,}")
    return ", ".join(parts)


def error_line(error: LayerLensError) -> str:
    """What is wrong, where, and what to do, in one line."""
    place = where(error)
    line = safe_text(error.what, 500) + (f" (in {place})" if place else "")
    return f"{line}; {safe_text(error.hint, 300)}" if error.hint else line
