"""Records of layer tars as engines keep them (tar-split), and folders as engines unpack them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.members import Member, layer

Line = dict[str, Any]
_POLYNOMIAL = 0xD800000000000000  # ISO 3309, bits reversed
_ONES = 0xFFFFFFFFFFFFFFFF


def _row(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE = tuple(map(_row, range(256)))


def crc64(data: bytes) -> bytes:
    """CRC-64/GO-ISO, as Go's hash/crc64 writes it."""
    crc = _ONES
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return (crc ^ _ONES).to_bytes(8, "big")


def lines(tar: bytes, entries: Iterable[tuple[str, int, int]]) -> list[Line]:
    """The record of a tar whose entries are (name, where the content starts, its bytes)."""
    made: list[Line] = []
    at = 0

    def add(kind: int, payload: bytes | None, **rest: object) -> None:
        text = None if payload is None else base64.b64encode(payload).decode()
        made.append({"type": kind, **rest, "payload": text, "position": len(made)})

    for name, start, size in entries:
        add(2, tar[at:start])
        content = tar[start : start + size]
        stated = {"name": name, **({"size": size} if size else {})}
        add(1, crc64(content) if size else None, **stated)
        at = start + size
    # What the reader has seen of the end, and what comes behind it.
    end = min(len(tar), (at + 511 & -512) + 1024)
    add(2, tar[at:end])
    add(2, tar[end:])
    return made


def packed(found: Sequence[Line]) -> bytes:
    """The stored bytes of a record."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in found)
    return gzip.compress(text.encode(), 6, mtime=0)


def lines_of(*members: Member, end: bool = True) -> list[Line]:
    """The record of the layer tar that some members make."""
    entries = []
    at = 0
    for member in members:
        start = at + len(member.head)
        entries.append((member.name.decode("utf-8", "replace"), start, len(member.data)))
        at += len(member.encode())
    return lines(layer(*members, end=end), entries)


def record_of(*members: Member, end: bool = True) -> bytes:
    """The same, as it is stored."""
    return packed(lines_of(*members, end=end))


def record_of_tar(tar: bytes) -> bytes:
    """The record of a tar that tarfile can read."""
    with tarfile.open(
        fileobj=io.BytesIO(tar), encoding="utf-8", errors="surrogateescape"
    ) as archive:
        entries = [
            (
                info.name.encode("utf-8", "replace").decode(),
                info.offset_data,
                info.size if info.isreg() else 0,
            )
            for info in archive.getmembers()
        ]
    return packed(lines(tar, entries))


def diff_id(*members: Member) -> str:
    """The diff_id of the layer tar that some members make."""
    return "sha256:" + hashlib.sha256(layer(*members)).hexdigest()


def unpack(folder: Path, *members: Member) -> None:
    """Put regular files, folders and symbolic links where an engine would unpack them."""
    folder.mkdir(parents=True, exist_ok=True)
    for member in members:
        place = folder / member.path.decode("utf-8", "surrogateescape")
        place.parent.mkdir(parents=True, exist_ok=True)
        if member.typeflag == b"5":
            place.mkdir(exist_ok=True)
        elif member.typeflag == b"2":
            place.symlink_to(member.linkname.decode())
        elif member.typeflag == b"0":
            place.write_bytes(member.data)
