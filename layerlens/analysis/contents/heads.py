"""What the head of a file of any name tells: one byte over and over, and AppleDouble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

FILLED = 1 << 20
"""Bytes from which on a file is looked at for being one byte repeated."""

_APPLE_DOUBLE = b"\0\5\x16\7"


class Heads:
    """The probe that tells them."""

    def wants(self, name: bytes, size: int) -> bool:
        """Large files, and those that macOS writes beside others on foreign file systems."""
        return size >= FILLED or (b"._" in name and (b"/._" in name or name[:2] == b"._"))

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        """A filled file's end, which most other files with a blank beginning do not share."""
        if size >= FILLED and _filled(head):
            return [(size // 2, 4096), (size - 4096, 4096)]
        return ()

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        """Facts ``fill`` (the byte that all looked-at bytes are) and ``appledouble``."""
        if size >= FILLED:
            if _filled(head) and all(
                part == head[:1] * len(part)
                for part in (parts.get(size // 2, b""), parts.get(size - 4096, b""))
            ):
                return {"fill": head[0]}
            return {}
        if head.startswith(_APPLE_DOUBLE) and name[name.rfind(b"/") + 1 :].startswith(b"._"):
            return {"appledouble": True}
        return {}


def _filled(head: bytes) -> bool:
    return bool(head) and head[:1] == head[-1:] and head == head[:1] * len(head)
