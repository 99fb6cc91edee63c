"""How far the names of an image reach.

A name stands for each directory above it, and a symbolic link for all that lies
beyond it, so a small archive can ask for any number of bytes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from layerlens.errors import LimitError
from layerlens.layers import limits

_EACH = 128
"""Bytes that a path takes in memory besides its own."""


@dataclass(slots=True)
class Bounds:
    """What the layers of one image have asked for so far.

    ``unlisted`` bytes of paths that were placed, and that no entry lists;
    ``climbed`` bytes of long paths that were looked up.
    """

    unlisted: int = 0
    climbed: int = 0

    def place(self, path: bytes) -> None:
        """Count a path that is placed although no entry lists it."""
        self.unlisted += len(path) + _EACH
        if self.unlisted > limits.MAX_IMPLIED_PATHS:
            raise _too_many()

    def check(self, paths: Collection[bytes], before: int = 0) -> int:
        """Make sure that some more paths could be placed, besides ``before`` bytes of others.

        Gives the bytes of both.
        """
        before += sum(map(len, paths)) + _EACH * len(paths)
        if self.unlisted + before > limits.MAX_IMPLIED_PATHS:
            raise _too_many()
        return before

    def climb(self, path: bytes) -> None:
        """Count a path that is looked up on the way to another.

        Those as short as almost all are cost little more than the archive's own bytes.
        """
        if len(path) > limits.NAME_MAX:
            self.climbed += len(path)
            if self.climbed > limits.MAX_CLIMBED:
                raise LimitError(
                    f"more than {limits.MAX_CLIMBED} bytes of paths to follow links in long names"
                )


def _too_many() -> LimitError:
    return LimitError(
        f"more than {limits.MAX_IMPLIED_PATHS} bytes of paths of directories that no layer lists"
    )
