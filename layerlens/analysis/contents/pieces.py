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

    def around(self, offset: int, length: int) -> bytes:
        """Whatever is there of ``length`` bytes from an offset: the longest run."""
        best = b""
        for start, data in self._all:
            low, high = max(offset, start), min(offset + length, start + len(data))
            if high - low > len(best):
                best = data[low - start : high - start]
        return best
