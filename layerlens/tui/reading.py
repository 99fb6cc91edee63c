"""What the UI asks of whoever reads the image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import Comparison
from layerlens.progress import Progress
from layerlens.retrieval import Retrieval


@dataclass(frozen=True, slots=True)
class Opened:
    """An image that was read; ``retrieval`` gives its contents, where they can be had.

    ``comparison`` where it was compared with an older image (it is the new one then),
    whose contents ``old_retrieval`` gives.
    """

    analysis: Analysis
    retrieval: Retrieval | None = None
    comparison: Comparison | None = None
    old_retrieval: Retrieval | None = None


class Reader(Protocol):
    """Reads an image, or two and compares them; made by the command line, which knows sources."""

    def read(self, progress: Progress) -> Opened:
        """Read all of it, in a thread; ends early where ``progress`` raises."""

    def glimpse(self) -> Opened | None:
        """What has been read so far, from another thread; ``None`` if nothing new is there.

        Still good after :meth:`read` was stopped.
        """


@dataclass(frozen=True, slots=True)
class Whole:
    """A reader of something that is only there as a whole."""

    load: Callable[[Progress], Analysis]

    def read(self, progress: Progress) -> Opened:
        return Opened(self.load(progress))

    def glimpse(self) -> Opened | None:
        return None
