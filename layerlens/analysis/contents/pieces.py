"""The parts of a file that a probe was given."""

from __future__ import annotations

from collections.abc import Mapping


class Pieces:
    """Bytes by their offset in the file: its head and the windows that were asked for."""

    def __init__(self, head: bytes, parts: Mapping[int, bytes] | None = None) -> None:
        self._all = [(0, head), *(parts or {}).items()]

    def at(self, offset: int, length: int) -> bytes | None:
        """``length`` bytes from an offset, ``None`` where they are not all there."""
        for start, data in self._all:
            if start <= offset and offset + length <= start + len(data):
                return data[offset - start : offset - start + length]
        return None

    def start(self, offset: int, length: int) -> bytes:
        """As many of ``length`` bytes from an offset as are there in one piece."""
        found = (
            data[offset - start : offset - start + length]
            for start, data in self._all
            if start <= offset < start + len(data)
        )
        return max(found, key=len, default=b"")

    def around(self, offset: int, length: int) -> bytes:
        """The longest piece that is there of ``length`` bytes from an offset, from anywhere in them."""
        best = b""
        for start, data in self._all:
            low, high = max(offset, start), min(offset + length, start + len(data))
            if high - low > len(best):
                best = data[low - start : high - start]
        return best
