"""Contents of two images as if they were one: for what is compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from layerlens.progress import Progress, silent
from layerlens.retrieval import Cost, Retrieval


class Both(Retrieval):
    """Versions below ``first`` are the one image's; ``first`` is the other image's first.

    It closes neither.
    """

    def __init__(self, one: Retrieval, other: Retrieval, first: int) -> None:
        self._sides = (one, 0), (other, first)
        self._first = first

    def _split(self, versions: Collection[int]) -> Iterator[tuple[Retrieval, int, list[int]]]:
        """The images that are asked, each with its first version and its own numbers."""
        for (retrieval, first), is_other in zip(self._sides, (False, True), strict=True):
            own = [each - first for each in versions if (each >= self._first) is is_other]
            if own:
                yield retrieval, first, own

    def cost(self, version: int) -> Cost:
        ((retrieval, _, own),) = self._split([version])
        return retrieval.cost(own[0])

    def announcement(self, versions: Collection[int]) -> str | None:
        said = [retrieval.announcement(own) for retrieval, _, own in self._split(versions)]
        return "; ".join(filter(None, dict.fromkeys(said))) or None

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        for retrieval, first, own in self._split(versions):
            fetched = retrieval.fetch(own, progress)
            try:
                for version, pieces in fetched:
                    yield first + version, pieces
            finally:
                close = getattr(fetched, "close", None)
                if close is not None:
                    close()

    def close(self) -> None:
        """Both are their owners' to close."""
