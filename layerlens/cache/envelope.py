"""What stands around every record: a magic, a checksum, and what it is a record of.

    8 bytes    magic, with the version of the records and the byte order
    16 bytes   XXH3-128 over kind, key and payload
    the rest   payload

The checksum finds damage (a torn write, a bad disk) and a record that got
another's name.  It is no defence against somebody who may write to the
directory; that is what the directory's mode is for.
"""

from __future__ import annotations

import sys

import xxhash

VERSION = 1
"""The analyser's version: raised whenever the walk or a record's form changes.

Records of other versions are not found, and go when room is needed.
"""

VERSION_NAME = f"v{VERSION}-{sys.byteorder}"
"""The directory of this version's records; columns are in the machine's byte order."""

_MAGIC = b"LLcache" + bytes([VERSION << 1 | (sys.byteorder == "big")])
_SUM = 16
_HEAD = len(_MAGIC) + _SUM


def seal(kind: str, key: str, payload: bytes) -> bytes:
    """The record of ``kind`` and ``key``, ready to be written."""
    return b"".join((_MAGIC, _sum(kind, key, payload), payload))


def unseal(kind: str, key: str, data: bytes) -> memoryview | None:
    """The payload, or ``None`` where the data are damaged or another's."""
    payload = memoryview(data)[_HEAD:]
    if data[: len(_MAGIC)] != _MAGIC or data[len(_MAGIC) : _HEAD] != _sum(kind, key, payload):
        return None
    return payload


def _sum(kind: str, key: str, payload: bytes | memoryview) -> bytes:
    state = xxhash.xxh3_128(f"{kind}\0{key}\0".encode("utf-8", "surrogateescape"))
    state.update(payload)
    return state.digest()
