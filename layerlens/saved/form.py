"""The form of a saved analysis, whatever its parts say.

    8 bytes    magic
    2 bytes    version of the form (all numbers are little-endian)
    8 bytes    length of what follows the checksum
    16 bytes   XXH3-128 of that
    parts      each behind its length in 8 bytes: the document, then one record per layer

The checksum finds damage; it is no defence against somebody who writes such
files, so whoever reads the parts takes them for input from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import xxhash

from layerlens.errors import FormatError, LimitError, NotAnImageError
from layerlens.saved.sniff import MAGIC

VERSION = 1
"""Raised when a file can no longer be read by who reads the version before."""

MAX_STORED = 2 << 30
"""Bytes of a saved analysis in its file."""

MAX_EXPANDED = 4 << 30
"""Bytes of all its parts before compression: some twenty million entries."""

MAX_DOCUMENT = 512 << 20
"""Bytes of the document among them, of which decoding makes many times as much."""

MAX_RATIO = 1000
"""Bytes that one stored byte may stand for, where there are more than ``SMALL``; real ones: 30."""

SMALL = 64 << 20

AGAIN = "save the analysis again"
"""What helps with a file that cannot be used."""

_NUMBER = 8
_SUM = 16
_LENGTH_AT = len(MAGIC) + 2
_HEAD = _LENGTH_AT + _NUMBER + _SUM
_PIECE = 16 << 20


def write_parts(stream: BinaryIO, parts: Sequence[bytes]) -> None:
    """Write the parts.  Raises :class:`LimitError` where they are more than can be read again."""
    pieces = [piece for part in parts for piece in (_number(len(part)), part)]
    length = sum(map(len, pieces))
    if length > MAX_STORED:
        raise LimitError(
            f"the analysis takes {length:,} bytes, more than the {MAX_STORED:,} allowed"
        )
    state = xxhash.xxh3_128()
    for piece in pieces:
        state.update(piece)
    stream.write(b"".join((MAGIC, VERSION.to_bytes(2, "little"), _number(length), state.digest())))
    for piece in pieces:
        stream.write(piece)


def read_parts(stream: BinaryIO) -> list[memoryview]:
    """The parts, at least one.

    Raises :class:`NotAnImageError` for another kind of file, :class:`FormatError`
    for a damaged one and for a version that is not known here, :class:`LimitError`.
    """
    head = _exactly(stream, _HEAD)
    if head[: len(MAGIC)] != MAGIC:
        raise NotAnImageError(
            "is not a saved analysis", hint="layerlens IMAGE --save FILE writes one"
        )
    if len(head) >= _LENGTH_AT:
        version = int.from_bytes(head[len(MAGIC) : _LENGTH_AT], "little")
        if version > VERSION:
            raise FormatError(
                f"was saved by a newer layerlens: form {version}, and this one reads up to {VERSION}",
                hint="use a layerlens as new as the one that saved it",
            )
        if not version:
            raise damaged()
    if len(head) < _HEAD:
        raise _cut_off()
    length = int.from_bytes(head[_LENGTH_AT : _LENGTH_AT + _NUMBER], "little")
    if length > MAX_STORED:
        raise LimitError(f"says that it has {length:,} bytes, more than the {MAX_STORED:,} allowed")
    body = _exactly(stream, length)
    if len(body) < length:
        raise _cut_off()
    if xxhash.xxh3_128(body).digest() != head[-_SUM:] or stream.read(1):
        raise damaged()
    parts = list(_cut(memoryview(body)))
    if not parts:
        raise damaged()
    return parts


def check_sizes(sizes: Sequence[tuple[int, int]]) -> None:
    """Refuse what would expand beyond bounds, given each part's (stored, expanded) bytes.

    The document comes first.  Raises :class:`LimitError`.
    """
    total = sum(expanded for _, expanded in sizes)
    for size, most in ((total, MAX_EXPANDED), (sizes[0][1], MAX_DOCUMENT)):
        if size > most:
            raise LimitError(f"expands to {size:,} bytes, more than the {most:,} allowed")
    for stored, expanded in sizes:
        if expanded > SMALL and expanded > stored * MAX_RATIO:
            raise LimitError(
                f"{stored:,} of its bytes expand to {expanded:,}: no analysis does that"
            )


def damaged() -> FormatError:
    """The error for bytes that are not those which were saved."""
    return FormatError("is damaged: its checksum does not fit what is in it", hint=AGAIN)


def _cut_off() -> FormatError:
    return FormatError("is incomplete: its end is missing", hint=AGAIN)


def _number(value: int) -> bytes:
    return value.to_bytes(_NUMBER, "little")


def _exactly(stream: BinaryIO, length: int) -> bytes:
    """As many bytes, fewer only at the end; what is not there takes no memory."""
    pieces: list[bytes] = []
    while length:
        piece = stream.read(min(length, _PIECE))
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def _cut(body: memoryview) -> Iterator[memoryview]:
    at = 0
    while at < len(body):
        end = at + _NUMBER + int.from_bytes(body[at : at + _NUMBER], "little")
        if end > len(body):
            raise damaged()
        yield body[at + _NUMBER : end]
        at = end
