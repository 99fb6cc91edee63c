"""A stream of bytes that answers the walker's questions while it passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import xxhash

from layerlens.errors import FormatError, LimitError

BLOCK = 512


class StreamTape:
    """Serves headers and payloads of a tar from pieces of bytes, forward only.

    Positions count from the first byte of the stream.  At most one piece is
    held, plus what a request needs beyond it.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._base = 0  # position of the piece's first byte

    def fetch(self, pos: int) -> bytes:
        """The 512 bytes at ``pos``, fewer at the end of the stream."""
        at = pos - self._base
        block = self._piece[at : at + BLOCK]
        if len(block) == BLOCK:
            return block
        return self.read(pos, BLOCK)

    def read(self, pos: int, count: int) -> bytes:
        """Up to ``count`` bytes at ``pos``; the caller bounds ``count``."""
        self._seek(pos)
        at = pos - self._base
        if at + count > len(self._piece):
            parts = [self._piece[at:]]
            have = len(parts[0])
            while have < count:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                parts.append(piece)
                have += len(piece)
            if len(parts) > 1:  # else the stream has ended, maybe before pos
                self._piece = b"".join(parts)
                self._base = pos
                at = 0
        return self._piece[at : at + count]

    def hash(self, pos: int, count: int, index: int = -1, name: bytes = b"") -> bytes:
        """The 16-byte XXH3 hash of the ``count`` bytes at ``pos``."""
        at = pos - self._base
        piece = self._piece
        if at >= 0 and at + count <= len(piece):
            return xxhash.xxh3_128_digest(memoryview(piece)[at : at + count])
        state = xxhash.xxh3_128()
        missing = count
        for part in self.pieces(pos, count):
            state.update(part)
            missing -= len(part)
        if missing:
            raise FormatError(f"truncated: the content needs {missing} more bytes")
        return state.digest()

    def pieces(self, pos: int, count: int) -> Iterator[memoryview]:
        """The ``count`` bytes at ``pos`` as they come; fewer where the stream ends before.

        Abandoning the iterator is fine: the next request skips the rest.
        """
        self._seek(pos)
        at = pos - self._base
        while count:
            part = memoryview(self._piece)[at : at + count]
            if not part:
                return
            count -= len(part)
            yield part
            if count:
                at = 0
                self._base += len(self._piece)
                self._piece = next(self._pieces, b"")

    def drain(self, most: int | None = None) -> int:
        """Read to the end of the stream; gives its length.

        Raises :class:`LimitError` where more than ``most`` bytes follow what was looked at.
        """
        length = self._base + len(self._piece)
        end = None if most is None else length + most
        for piece in self._pieces:
            length += len(piece)
            if end is not None and length > end:
                raise LimitError(f"more than {most} bytes follow the end of the archive")
        self._piece = b""
        self._base = length
        return length

    def _seek(self, pos: int) -> None:
        """Drop pieces that end at or before ``pos``; the stream may end before it."""
        if pos < self._base:
            raise ValueError("a stream cannot go back")
        while pos - self._base >= len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                self._base += len(self._piece)
                self._piece = b""
                return
            self._base += len(self._piece)
            self._piece = piece
