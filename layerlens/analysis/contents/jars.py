"""Java archives: what the list at their end says of Maven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SUFFIXES = (b".jar", b".war", b".ear")
USUAL_TAIL = 1 << 20
LARGE_TAIL = 4 << 20
LARGE = 32 << 20
"""Bytes from which an archive's list may be long, and more of its end is read."""


def wants(name: bytes, size: int) -> bool:
    """Any archive of Java."""
    return name.endswith(SUFFIXES) and size >= 22


def windows(name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
    """The end of a file that begins as a zip does, or as a script before one."""
    del name
    if not head.startswith((b"PK", b"#!")):
        return []
    length = min(size, LARGE_TAIL if size >= LARGE else USUAL_TAIL)
    return [(size - length, length)]


def conclude(name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]) -> Mapping[str, Any]:
    """``jar``: as :func:`layerlens.analysis.packages.jars.parse_zip` gives it.

    Also a jar that says nothing has one: its name may.
    """
    from layerlens.analysis.packages.jars import parse_zip

    for start, length in windows(name, size, head):
        tail = parts.get(start, b"")[:length]  # another probe may have asked for more
        if len(tail) == length:
            found = parse_zip(tail, size, head)
            return {"jar": found or {"poms": [], "nested": [], "partial": False}}
    return {}
