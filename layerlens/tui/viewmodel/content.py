"""The content of a file, as much as is shown of it, and what it is: text or not."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from layerlens.errors import LayerLensError
from layerlens.layers.compression import Compression, decompress, sniff

MOST_TEXT = 2 << 20
"""Bytes of a text that are shown, and of what a compressed file holds."""

MOST_BYTES = 16 << 20
"""Bytes of anything else that are shown."""

_HEAD = 1 << 13
_SAMPLE = 1 << 16
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\b\x1b") + b"\x7f"
_MOST_CONTROLS = 0.02
_MOST_FOREIGN = 0.3
"""Shares of a text that are control characters, and bytes that are no UTF-8."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", "UTF-8 with mark"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32 LE"), (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32 BE"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16 LE"), (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16 BE"),
)  # fmt: skip
"""Byte order marks; that of UTF-32 begins as that of UTF-16 does."""

_SURROGATES = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_C1 = re.compile(b"[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Content:
    """The first bytes of a file of ``size`` bytes."""

    data: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        return len(self.data) >= self.size


@dataclass(frozen=True, slots=True)
class Text:
    r"""A content as text whose lines end with ``\n``, whatever they end with in the file."""

    text: str
    encoding: str
    line_ends: str
    """``LF``, ``CRLF``, ``CR`` or ``mixed``; empty where there are none."""

    ends_open: bool
    """Whether the last line has no end, which matters to programs and to a comparison."""


def read(pieces: Iterator[bytes], size: int, check: Callable[[int], None]) -> Content:
    """Take of a content what is shown of it; ``check`` hears of the bytes so far, and may raise."""
    data = bytearray()
    most = MOST_TEXT
    for piece in pieces:
        data += piece
        check(len(data))
        if len(data) >= most:
            if most == MOST_TEXT and not is_text(bytes(data[:_SAMPLE]), is_whole=False):
                most = MOST_BYTES
            if len(data) >= most:
                break
    del data[most:]
    return Content(bytes(data), size)


# ---------------------------------------------------------------------- text or not


def is_text(head: bytes, *, is_whole: bool) -> bool:
    """Whether people would call this a text."""
    return _decoded(head, is_whole=is_whole) is not None


def text_of(content: Content) -> Text | None:
    """A content as text, ``None`` where it is something else."""
    data = content.data[:MOST_TEXT]
    found = _decoded(data, is_whole=content.is_whole and len(data) == len(content.data))
    if found is None:
        return None
    text, encoding = found
    text, line_ends = _one_line_end(text)
    return Text(text, encoding, line_ends, ends_open=bool(text) and not text.endswith("\n"))


def _decoded(data: bytes, *, is_whole: bool) -> tuple[str, str] | None:
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            if codec == "utf-8":
                data = data[len(mark) :]
                found = _decoded(data, is_whole=is_whole)
                return found and (found[0], name)
            text = data[len(mark) :].decode(codec, "replace")
            start = text[:_SAMPLE]
            wrong = start.count("\ufffd") + start.count("\0")
            return None if wrong > 1 + len(start) * _MOST_CONTROLS else (text, name)
    if b"\0" in data[:_HEAD]:
        return None
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls > len(sample) * _MOST_CONTROLS:
        return None
    if data.isascii():
        return data.decode("ascii"), "ASCII"
    if not is_whole:
        data = _without_half_a_character(data)
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _not_utf8(data)


def _without_half_a_character(data: bytes) -> bytes:
    """UTF-8 that was cut anywhere, cut where a character ends."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return data[:-back] if back < needed else data
        if byte < 0x80:
            break
    return data


def _not_utf8(data: bytes) -> tuple[str, str] | None:
    """UTF-8 with some wrong bytes, or an older encoding where nothing speaks for UTF-8."""
    text = data.decode("utf-8", "surrogateescape")
    sample = text[:_SAMPLE]
    foreign = len(_SURROGATES.findall(sample))
    if foreign > len(sample) * _MOST_FOREIGN:
        return None
    if not _BEYOND_ASCII.search(text) and not _C1.search(data):
        return data.decode("latin-1"), "Latin-1"
    return text, "UTF-8 with wrong bytes"


def _one_line_end(text: str) -> tuple[str, str]:
    r"""The text with ``\n`` for the line end that it uses throughout.

    One that ends lines in two ways keeps its ``\r``, so that they can be seen.
    """
    feeds = text.count("\n")
    if "\r" not in text:
        return text, "LF" if feeds else ""
    if not feeds:
        return text.replace("\r", "\n"), "CR"
    if text.count("\r\n") == feeds:
        return text.replace("\r\n", "\n"), "CRLF"
    return text, "mixed" if "\r\n" in text else "LF"


# ---------------------------------------------------------------------- compressed


def unpacked(content: Content) -> tuple[Compression, Content | None]:
    """How a content is compressed, and what that holds, where it can be told.

    The size of what it holds is known only where all of it is here; else it
    is one byte more than what is.
    """
    compression = sniff(content.data[:16])
    if compression is Compression.NONE:
        return compression, None
    out = bytearray()
    is_whole = content.is_whole
    try:
        for piece in decompress(iter((content.data,)), compression):
            out += piece
            if len(out) > MOST_TEXT:
                is_whole = False
                break
    except LayerLensError:
        # Cut where we stopped reading, it lacks its end; else it is damaged, and as bytes it shows.
        if content.is_whole or not out:
            return compression, None
    data = bytes(out[:MOST_TEXT])
    return compression, Content(data, len(data) if is_whole else len(data) + 1)
