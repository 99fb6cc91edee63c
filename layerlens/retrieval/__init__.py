"""The contents of files of an analysed image, fetched again when somebody asks.

An analysis keeps no contents.  Whoever wants to look at a file, or to extract
one, asks a :class:`Retrieval`; it says first what that costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Protocol

from layerlens.progress import Progress, silent


class Cost(StrEnum):
    """What fetching a content takes; the order is from little to impossible."""

    NONE = "at hand"
    LAYER = "its layer is read again"
    FETCH = "its layer is fetched again"
    EXPORT = "the whole image is exported again"
    GONE = "it cannot be had again"


class Retrieval(Protocol):
    """Gives contents by the versions of the analysis' filesystem.

    A version is that of a regular file; hard links and copies lead to the
    version that holds the bytes.  Calls may come from any one thread at a time.
    """

    def cost(self, version: int) -> Cost:
        """What fetching this version takes; asks nobody."""

    def announcement(self, versions: Collection[int]) -> str | None:
        """What is to be said before these are fetched, in one line of safe text.

        ``None`` where they are at hand, so that nobody needs to be asked.
        """

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        """Each version once, in whichever order is quickest, with its content.

        The content is what a reader of the file would see (a sparse file's holes
        are zeros), in pieces; it must be used before the next version is asked
        for, and may be left early.  Raises :class:`LayerLensError` where
        contents cannot be had, or are no longer those that were analysed.
        """

    def close(self) -> None:
        """Let go of files and connections."""
