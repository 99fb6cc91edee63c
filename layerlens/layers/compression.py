"""Compression of blobs: told by magic bytes, undone in bounded pieces.

Media types and file names lie about compression (formats seen in the wild
carry plain tars named gzip and the reverse), so the first bytes decide.
A blob may hold several gzip members (RFC 1952 §2.2; one per file in eStargz)
or zstd frames (RFC 8878 §3.1, with skippable frames between them).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import chain
from typing import Protocol, cast

from layerlens.errors import FormatError, LimitError
from layerlens.layers import limits
from layerlens.layers.transfer import TransferMap

PIECE_IN = 1 << 16
"""Bytes of compressed input per step: small, since the rest of a piece is copied
at each of a blob's (maybe thousands of) members."""

PIECE_OUT = 1 << 18
"""Most bytes of output per step: a bomb meets the limit before it meets memory.  Larger
pieces leave the cache between decompression and digest, and cost page faults each."""


_HEAD = 1 << 10
"""Bytes that a new member begins with where there are as many: isal mistakes a gzip
header with several optional fields that comes in parts."""


class Compression(StrEnum):
    """How a blob is stored."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"


def sniff(head: bytes) -> Compression:
    """The compression that the first bytes (six or more where there are) announce."""
    if head[:2] == b"\x1f\x8b":
        return Compression.GZIP
    if head[:4] == b"\x28\xb5\x2f\xfd" or (
        len(head) >= 4 and 0x50 <= head[0] <= 0x5F and head[1:4] == b"\x2a\x4d\x18"
    ):
        return Compression.ZSTD
    if head[:6] == b"\xfd7zXZ\0":
        return Compression.XZ
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90", b""):
        return Compression.BZIP2
    return Compression.NONE


class _Decoder(Protocol):
    """One member or frame; the shape of the standard library's decompressors."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _decoder(
    compression: Compression,
) -> tuple[Callable[[], _Decoder], tuple[type[Exception], ...]]:
    """A maker of decoders, and what they raise on corrupt data.  Imports on demand."""
    if compression is Compression.GZIP:
        from isal import igzip_lib

        return (
            lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP),
            (cast("type[Exception]", igzip_lib.error), EOFError),
        )
    if compression is Compression.ZSTD:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return zstd.ZstdDecompressor, (zstd.ZstdError, EOFError)
    if compression is Compression.XZ:
        import lzma

        return lambda: lzma.LZMADecompressor(memlimit=1 << 28), (lzma.LZMAError, EOFError)
    import bz2

    return bz2.BZ2Decompressor, (OSError, EOFError, ValueError)


def _small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of ``PIECE_IN`` at most, none of them empty."""
    for piece in pieces:
        for start in range(0, len(piece), PIECE_IN):
            yield piece[start : start + PIECE_IN]


def decompress(
    pieces: Iterable[bytes],
    compression: Compression,
    *,
    limit: int = limits.MAX_LAYER,
    transfer: TransferMap | None = None,
) -> Iterator[bytes]:
    """The decompressed bytes of a blob, in pieces of at most ``PIECE_OUT``.

    ``transfer``, where given, learns which input gave which output.  Zeros
    after the last member are padding; other trailing bytes, a missing trailer
    and wrong checksums raise :class:`FormatError`, more than ``limit`` bytes
    of output :class:`LimitError`.
    """
    if compression is Compression.NONE:
        yield from pieces
        return
    make, failures = _decoder(compression)
    taken = given = begin = 0  # begin: what was given before this member
    ended = False
    held = b""
    decoder: _Decoder | None = None
    try:
        for piece in chain(_small(pieces), (b"",)):
            taken += len(piece)
            data, held = held + piece, b""
            while data or (decoder is not None and not decoder.needs_input):
                if decoder is None:
                    if ended and not data.strip(b"\0"):
                        break
                    if piece and len(data) < _HEAD:
                        held = data
                        break
                    decoder, begin = make(), given
                output = decoder.decompress(data, PIECE_OUT)
                data = b""
                if output:
                    given += len(output)
                    if given > limit:
                        raise LimitError(f"decompresses to more than {limit} bytes")
                    yield output
                if decoder.eof:
                    data = decoder.unused_data
                    decoder, ended = None, True
                    if transfer is not None:
                        transfer.note(given, taken - len(data), ended=given > begin)
            if transfer is not None:
                transfer.note(given, taken)
    except failures as error:
        raise FormatError(f"corrupt {compression} data after {given} bytes: {error}") from error
    if decoder is not None or not taken:
        raise FormatError(f"truncated: the {compression} data ends before its trailer")
