"""rpm's own database ``Packages.db`` (SUSE): slots that lead to headers.

A file of 16-byte blocks, whole numbers little-endian.  After a head of 32 bytes
come slots (magic, package, first block, count of blocks) that fill whole
pages; each leads to a blob: magic, package, generation, length, then a header,
then a tail.  Source of the format: rpm's ``lib/backend/ndb/rpmpkg.c``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

MAGIC = b"RpmP"

_PAGE = 4096
_BLOCK = 16
_HEAD = struct.Struct("<4sIIII")
_SLOT = struct.Struct("<4sIII")
_TAIL = 12


class DatabaseError(ValueError):
    """A database that is damaged, wholly or in part."""


def headers(data: bytes) -> Iterator[bytes]:
    """The header blobs, by package number.  Raises after the last whole one."""
    if len(data) < 32 or not data.startswith(MAGIC):
        raise DatabaseError("not a database of rpm's ndb kind")
    _, version, _, pages, _ = _HEAD.unpack_from(data)
    if version != 0:
        raise DatabaseError(f"unknown version {version}")
    end = pages * _PAGE
    slots = data[32 : min(end, len(data))]
    damaged = int(end > len(data))
    rows = []
    for magic, package, first, count in _SLOT.iter_unpack(slots[: len(slots) // 16 * 16]):
        if magic != b"Slot":
            damaged += 1
        elif first:
            rows.append((package, first * _BLOCK, count * _BLOCK))
    room = len(data)
    for package, start, size in sorted(rows):
        blob = _blob(data, package, start, size) if start >= end else None
        if blob is None or len(blob) > room:  # more than all of it: slots that overlap
            damaged += 1
            continue
        room -= len(blob)
        yield blob
    if damaged:
        raise DatabaseError(f"{damaged} of its entries are damaged")


def _blob(data: bytes, package: int, start: int, size: int) -> bytes | None:
    if start + size > len(data) or size < _SLOT.size + _TAIL:
        return None
    magic, owner, _, length = _SLOT.unpack_from(data, start)
    if magic != b"BlbS" or owner != package or length > size - _SLOT.size - _TAIL:
        return None
    return data[start + _SLOT.size : start + _SLOT.size + length]
