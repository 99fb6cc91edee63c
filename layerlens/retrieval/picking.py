"""From bytes that pass or lie somewhere to the contents of single files, checked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import xxhash

from layerlens.errors import DigestError, FormatError, SourceError
from layerlens.layers.compression import decompress, sniff
from layerlens.layers.reader import lead
from layerlens.layers.table import HASH_SIZE, HashKind, LayerTable, Sparse
from layerlens.layers.tape import BLOCK, StreamTape

_ZEROS = bytes(1 << 18)
_RAW = slice(100, 148)  # what a table keeps of a header


@dataclass(frozen=True, slots=True)
class Wanted:
    """One content that is to be fetched: entry ``i`` of ``table``, for a version.

    ``hash`` is what the analysis knows of its stored bytes, of ``kind``.
    """

    version: int
    table: LayerTable
    i: int
    hash: bytes | None = None
    kind: HashKind = HashKind.XXH3

    @property
    def name(self) -> bytes:
        """The entry's path."""
        return self.table.names[self.i]

    @property
    def offset(self) -> int:
        """Where the stored bytes begin in the layer tar."""
        return self.table.offsets[self.i]


def wanted(version: int, table: LayerTable, i: int) -> Wanted:
    """Entry ``i`` of a table, with the hash that it has there, if it is one that can be computed.

    That of a sparse entry may cover a map before its bytes, too, so it does not serve.
    """
    known = None if i in table.sparse or not table.sizes[i] else table.hash(i)
    if known is not None and (table.hash_kind not in _HASHES or not any(known)):
        known = None
    return Wanted(version, table, i, known, table.hash_kind)


Piece = bytes | memoryview

_HASHES: dict[HashKind, Any] = {HashKind.XXH3: xxhash.xxh3_128, HashKind.SHA256: hashlib.sha256}


def content(want: Wanted, stored: Iterable[Piece], *, unpacked: bool = False) -> Iterator[bytes]:
    """What a reader of the file sees, from the stored bytes of its entry.

    ``unpacked`` bytes have their holes already.  Raises :class:`FormatError`
    where there are fewer or more of them, and at the end :class:`DigestError`
    where they are others than were analysed.
    """
    table, i = want.table, want.i
    sparse = None if unpacked else table.sparse.get(i)
    checked = _checked(want, stored, table.sizes[i] if sparse is None else table.stored(i))
    return checked if sparse is None else _with_holes(checked, sparse, table.sizes[i])


def _checked(want: Wanted, stored: Iterable[Piece], size: int) -> Iterator[bytes]:
    left = size
    state = None if want.hash is None else _HASHES[want.kind]()
    for piece in stored:
        left -= len(piece)
        if left < 0:
            raise FormatError(f"the content is longer than the {size} bytes that were analysed")
        if state is not None:
            state.update(piece)
        yield bytes(piece)
    if left:
        raise FormatError(f"truncated: the content needs {left} more bytes")
    if state is not None and state.digest()[:HASH_SIZE] != want.hash:
        raise DigestError(
            "the content is not the one that was analysed", hint="look at the image again"
        )


def _with_holes(stored: Iterator[bytes], sparse: Sparse, size: int) -> Iterator[bytes]:
    """The segments at their places, zeros between them; in pieces of a bounded size."""
    at, rest = 0, b""
    for offset, length in sparse.segments:
        yield from _zeros(offset - at)
        left = length
        while left:
            piece = rest or next(stored, b"")
            if not piece:
                raise FormatError(f"truncated: the content needs {left} more bytes")
            part, rest = piece[:left], piece[left:]
            left -= len(part)
            yield part
        at = offset + length
    for _ in stored:  # there is nothing more, which is checked at the end
        pass
    yield from _zeros(size - at)


def _zeros(count: int) -> Iterator[bytes]:
    while count > 0:
        yield _ZEROS[:count]
        count -= len(_ZEROS)


def layer_tar(stored: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """The tar of a layer from its stored bytes, decompressed as far as it is taken."""
    first = lead(stored)
    return decompress(chain([first] if first else [], stored), sniff(first), limit=limit)


def pick(tar: Iterable[bytes], wants: Sequence[Wanted]) -> Iterator[tuple[Wanted, Iterator[bytes]]]:
    """The contents of some entries of one layer tar while it passes, in the order of the tar.

    Nothing is taken from it after the last one.  Raises :class:`SourceError`
    where the header before a content is not the one that was analysed.
    """
    tape = StreamTape(tar)
    for want in sorted(wants, key=lambda want: want.offset):
        table, i = want.table, want.i
        if i not in table.sparse:  # of such a one, blocks of its map may stand between
            header = tape.read(want.offset - BLOCK, BLOCK)
            if header[_RAW] != table.raw[i * 48 : i * 48 + 48]:
                raise other_layer()
        yield want, content(want, tape.pieces(want.offset, table.stored(i)))


def other_layer() -> SourceError:
    """The error where a layer is another than the one that was analysed."""
    return SourceError(
        "the layer is no longer the one that was analysed", hint="look at the image again"
    )
