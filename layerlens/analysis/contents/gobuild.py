"""What Go's linker writes into a program about how it was built (Go's ``debug/buildinfo``).

A writable segment begins with 14 bytes of magic, the size of a pointer and
flags.  Since Go 1.18 the texts follow at byte 32, each with its length before
it; before, two pointers lead to Go strings elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from layerlens.analysis.contents.pieces import Pieces

_MAGIC = b"\xff Go buildinf:"
_HEADER = 32
_ALIGNED = 16
_SEARCHED = 1 << 18
_MOST = 1 << 18
"""Bytes of a module list that are kept, at most."""

_BIG, _INLINE = 1, 2
"""Bits of the flags: pointers are big-endian; the texts follow."""

Mapped = Sequence[tuple[int, int, int]]
"""Segments in memory: (offset in the file, address, bytes)."""


def find(pieces: Pieces, mapped: Mapped, starts: Sequence[int]) -> dict[str, str] | None:
    """The Go version, the program's package path and its modules, one line each.

    ``starts`` are where writable segments begin.  ``mod`` has the lines of ``go
    version -m``, without their leading tab; it may be cut where it is long.
    """
    for start in starts:
        data = pieces.start(start, _SEARCHED)
        at = data.find(_MAGIC)
        while at >= 0 and at % _ALIGNED:
            at = data.find(_MAGIC, at + 1)
        if at < 0:
            continue
        info = pieces.start(start + at, _MOST + _HEADER)
        if len(info) < _HEADER:
            return None
        flags = info[15]
        if flags & _INLINE:
            version, rest = _counted(info, _HEADER)
            modules, _ = _counted(info, rest)
        else:
            big = bool(flags & _BIG)
            version = _pointed(pieces, mapped, info, 16, big=big)
            modules = _pointed(pieces, mapped, info, 16 + info[14], big=big)
        if not version:
            return None
        return _told(version, modules)
    return None


def _counted(info: bytes, at: int) -> tuple[bytes, int]:
    """A text with its length before it, and where the next one begins."""
    length = shift = 0
    while at < len(info) and shift < 35:
        byte = info[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return info[at : at + length], at + length
    return b"", len(info)


def _pointed(pieces: Pieces, mapped: Mapped, info: bytes, at: int, *, big: bool) -> bytes:
    """A Go string behind a pointer at ``at``: that leads to another pointer and a length."""
    width = info[14]
    if width not in (4, 8):
        return b""

    def number(data: bytes, start: int) -> int:
        return int.from_bytes(data[start : start + width], "big" if big else "little")

    place = _offset(mapped, number(info, at))
    string = None if place is None else pieces.at(place, 2 * width)
    if string is None:
        return b""
    place, length = _offset(mapped, number(string, 0)), number(string, width)
    return b"" if place is None else pieces.at(place, min(length, _MOST)) or b""


def _offset(mapped: Mapped, address: int) -> int | None:
    """Where an address lies in the file."""
    for offset, begin, size in mapped:
        if begin <= address < begin + size:
            return offset + address - begin
    return None


def _told(version: bytes, modules: bytes) -> dict[str, str]:
    """The texts; the module list stands between 16 bytes that mark its ends."""
    text = modules[16:].decode("utf-8", "replace")
    if len(modules) >= 33 and modules[-17:-16] == b"\n":
        text = modules[16:-16].decode("utf-8", "replace")
    text = text[: text.rfind("\n") + 1]
    path = next((line[5:] for line in text.split("\n") if line.startswith("path\t")), "")
    return {"version": version[:100].decode("utf-8", "replace"), "path": path, "mod": text}
