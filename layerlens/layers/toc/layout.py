"""Where the contents of listed files lie in the layer tar, which a table does not say.

A tar-split (github.com/vbatts/tar-split) that came with the table tells it to
the byte.  Without one the headers are reckoned, as Go's ``archive/tar`` (with
which most layers are written) would write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from layerlens.errors import FormatError
from layerlens.layers.toc.document import Listed
from layerlens.layers.toc.hint import TocRefusedError

BLOCK = 512

MAX_LINE = 32 << 20
"""Bytes of one line of a tar-split: the headers of one entry, in base64."""

_XATTR = len(b"SCHILY.xattr.")
_OCTAL_7 = 0o7777777
_OCTAL_11 = 0o77777777777
_NO_TIME = (None, "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z")
_PREFIX = 155
_NAME = 100


def padded(size: int) -> int:
    """``size`` rounded up to whole blocks."""
    return (size + BLOCK - 1) & -BLOCK


def header_bytes(listed: Listed) -> int:
    """Bytes of the blocks before a content, as Go would write them."""
    records = sum(_record(key, value) for key, value in _records(listed))
    return BLOCK + (BLOCK + padded(records) if records else 0)


def _records(listed: Listed) -> Iterator[tuple[int, int]]:
    """Lengths of the keys and values of the PAX records that a file needs."""
    entry = listed.entry
    if not _fits_ustar(listed.name):
        yield len(b"path"), len(listed.name)
    if len(listed.link) > _NAME or not listed.link.isascii():
        yield len(b"linkpath"), len(listed.link)
    for number, most, key in (
        (listed.size, _OCTAL_11, b"size"),
        (entry.uid, _OCTAL_7, b"uid"),
        (entry.gid, _OCTAL_7, b"gid"),
    ):
        if not 0 <= number <= most:
            yield len(key), len(str(number))
    for key, value in listed.xattrs:
        yield _XATTR + len(key), len(value)
    fraction = _fraction(entry.modtime)
    if fraction or not 0 <= listed.mtime <= _OCTAL_11:
        yield len(b"mtime"), len(str(int(listed.mtime))) + fraction
    for time in (entry.accesstime, entry.changetime):
        if time not in _NO_TIME:
            yield len(b"atime"), 10 + _fraction(time)


def _fits_ustar(name: bytes) -> bool:
    if not name.isascii():
        return False
    if len(name) <= _NAME:
        return True
    # Split at the last slash that leaves a prefix short enough, as Go does.
    cut = name.rfind(b"/", 0, min(len(name) - 1, _PREFIX + 1))
    return cut > 0 and 0 < len(name) - cut - 1 <= _NAME


def _fraction(time: str | None) -> int:
    """Length of the fraction of a second, its point included."""
    match = re.search(r"\.([0-9]+)", time or "")
    digits = match[1].rstrip("0") if match else ""
    return len(digits) + 1 if digits else 0


def _record(key: int, value: int) -> int:
    """Bytes of one PAX record: its length counts its own digits."""
    bare = key + value + 3
    size = bare + len(str(bare))
    return bare + len(str(size))


class _Segment(msgspec.Struct, gc=False):
    """One line: raw bytes of the tar (type 2), or a content of ``size`` bytes (type 1)."""

    type: int
    size: int = 0
    name: str = ""
    payload: bytes | None = None


class SplitTar:
    """The layout of a tar by its tar-split: asked file by file, in order."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        """``pieces`` are the decompressed lines, which come lazily."""
        self._segments = _segments(pieces)
        self.pos = 0

    def content(self, listed: Listed) -> int:
        """Where the next content lies in the tar.

        Raises :class:`TocRefusedError` where the next file is another one.
        """
        for segment in self._segments:
            if segment.type == 1:
                if segment.name.encode() != listed.name or segment.size != listed.size:
                    break
                at = self.pos
                self.pos += segment.size
                return at
            self.pos += len(segment.payload or b"")
        raise TocRefusedError("table of contents and tar-split that differ")

    def end(self) -> int:
        """The tar's length.  Raises :class:`TocRefusedError` where there are further files."""
        for segment in self._segments:
            if segment.type == 1:
                raise TocRefusedError("table of contents and tar-split that differ")
            self.pos += len(segment.payload or b"")
        return self.pos


def _segments(pieces: Iterable[bytes]) -> Iterator[_Segment]:
    decode = msgspec.json.Decoder(_Segment).decode
    try:
        for line in _lines(pieces):
            segment = decode(line)
            if segment.type not in (1, 2) or segment.size < 0:
                raise FormatError(f"tar-split with a line of type {segment.type}")
            yield segment
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise FormatError(f"tar-split: {error}") from error


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        if len(held) > MAX_LINE:
            raise FormatError(f"tar-split with a line of more than {MAX_LINE} bytes")
        yield from filter(None, whole)
    if held.strip():
        yield held
