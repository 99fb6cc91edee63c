"""Compression of records, undone to a length that was stated before."""

from __future__ import annotations

import sys

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 1
"""zstd's level: 3 takes longer, and gains nothing on columns (``docs/cache.md``)."""

BROKEN = (msgspec.MsgspecError, zstd.ZstdError, ValueError, EOFError, OverflowError, MemoryError)
"""What decoding bytes that are no record raises inside."""


def pack(data: bytes, level: int = LEVEL) -> bytes:
    """One zstd frame; the data as they are for level 0."""
    return zstd.compress(data, level) if level else data


def unpack(data: bytes | memoryview, length: int) -> bytes:
    """Exactly ``length`` bytes from one zstd frame; never more are made of it.

    Raises one of ``BROKEN`` where there are fewer or more, or anything behind them.
    """
    decoder = zstd.ZstdDecompressor()
    found = decoder.decompress(data, length + 1)
    if len(found) != length or not decoder.eof or decoder.unused_data:
        raise ValueError("a frame of another length")
    return found


_LENGTH = 8


def pack_sized(data: bytes) -> bytes:
    """One zstd frame behind its length, for a record that does not say that elsewhere."""
    return len(data).to_bytes(_LENGTH, "little") + pack(data)


def sized(record: bytes | memoryview) -> int:
    """How many bytes :func:`pack_sized` packed, as its record says."""
    return int.from_bytes(memoryview(record)[:_LENGTH], "little")


def unpack_sized(record: bytes | memoryview, most: int) -> bytes:
    """What :func:`pack_sized` packed, at most ``most`` bytes.  Raises one of ``BROKEN``."""
    length = sized(record)
    if length > most:
        raise ValueError("longer than such a record may be")
    return unpack(memoryview(record)[_LENGTH:], length)
