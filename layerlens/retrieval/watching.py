"""Progress of contents that are fetched."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable

from layerlens.progress import Progress, Step

_APART = 0.1
"""Seconds between two reports."""


class Watch:
    """Counts bytes that pass, and tells about them a few times a second.

    ``total`` is how many there will be at most.  The callback may raise to stop.
    """

    def __init__(self, progress: Progress, stage: str, total: int | None) -> None:
        self._progress = progress
        self._stage = stage
        self._total = total
        self._done = 0
        self._told = 0.0

    def over(self, pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
        """The same pieces, counted."""
        try:
            for piece in pieces:
                self._tell()
                self._done += len(piece)
                yield piece
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told >= _APART:
            self._told = now
            self._progress(Step(self._stage, self._done, self._total))
