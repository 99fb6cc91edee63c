"""Look at an image after everything that its readers tell, and hold that against the whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock

from layerlens.analysis.model import Analysis
from layerlens.errors import Interrupted
from layerlens.layers.arrivals import Announcement
from layerlens.layers.reader import LayerRead
from layerlens.partial import Arriving
from layerlens.pipeline import analyse_image, open_image
from layerlens.progress import Progress, Step, silent
from layerlens.sources.image import ReadOptions
from tests.unit.sources.looking import adds_up, figures


class Witness(Arriving):
    """Makes an analysis at each report, in the thread that reports."""

    def __init__(self, reference: str = "") -> None:
        super().__init__(reference)
        self.seen: list[Analysis | None] = []
        self.announced: list[Announcement] = []
        self._order = Lock()

    def announce(self, image: Announcement) -> None:
        with self._order:
            super().announce(image)
            self.announced.append(image)
            self.seen.append(self.analysis())

    def arrived(self, read: LayerRead, indexes: Sequence[int] = ()) -> None:
        # Together: of two layers that arrive side by side each is looked at by itself.
        with self._order:
            super().arrived(read, indexes)
            self.seen.append(self.analysis())

    def withdraw(self) -> None:
        with self._order:
            super().withdraw()
            self.seen.append(self.analysis())

    @property
    def ordered(self) -> list[Analysis]:
        """What was seen since the order of layers was known."""
        return [found for found in self.seen if found is not None and is_ordered(found)]

    @property
    def counts(self) -> list[int]:
        """How many layers were there each time that this changed, the order being known."""
        found: list[int] = []
        for each in self.ordered:
            count = len(each.layers) - len(unread(each))
            if [count] != found[-1:]:
                found.append(count)
        return found


def is_ordered(found: Analysis) -> bool:
    return found.partial is None or found.partial.ordered


def unread(found: Analysis) -> list[int]:
    """Indexes of the layers that have not been read."""
    return [] if found.partial is None else [each.index for each in found.partial.unread]


def read_whole(
    reference: object,
    arriving: Arriving,
    options: ReadOptions | None = None,
    progress: Progress = silent,
    *,
    base: str | None = None,
    at_end: Callable[[], object] = lambda: None,
) -> Analysis:
    """Open and analyse, telling ``arriving``; ``at_end`` is called before the image is closed."""
    options = replace(options or ReadOptions(), arrivals=arriving)
    image = open_image(str(reference), options, progress)
    try:
        return analyse_image(image, options, base=base, progress=progress)
    finally:
        at_end()
        image.close()


class Stopper:
    """A progress callback that the user's patience ends at the ``k``-th report."""

    def __init__(self, k: int) -> None:
        self._left = k

    def __call__(self, step: Step, /) -> None:
        self._left -= 1
        if self._left < 0:
            raise Interrupted


def holds_against(part: Analysis, whole: Analysis) -> None:
    """Whatever does not depend on unread layers is as in the analysis of the whole image."""
    adds_up(part)
    missing = unread(part)
    assert len(part.layers) == len(whole.layers)
    assert part.base == whole.base
    assert part.history == whole.history
    assert {note.layer for note in part.diagnostics if note.code == "not-read"} == set(missing)
    first_missing = min(missing, default=len(whole.layers))
    for mine, theirs in zip(part.layers, whole.layers, strict=True):
        k = mine.index
        assert (mine.history, mine.is_base) == (theirs.history, theirs.is_base)
        if k in missing:
            assert (mine.size, mine.tar_size, len(part.filesystem.tables[k])) == (0, 0, 0)
            continue
        assert (mine.size, mine.tar_size, mine.diff_id, mine.compressed_size) == (
            theirs.size, theirs.tar_size, theirs.diff_id, theirs.compressed_size,
        )  # fmt: skip
        assert part.filesystem.tables[k].names == whole.filesystem.tables[k].names
        if k < first_missing:
            assert (mine.added, mine.modified, mine.removed) == (
                theirs.added, theirs.modified, theirs.removed,
            )  # fmt: skip
            events = [list(each.filesystem.events(k)) for each in (part, whole)]
            assert events[0] == events[1]


def is_the_same(found: Analysis | None, whole: Analysis) -> None:
    """An analysis in which nothing is missing any more."""
    assert found is not None
    assert found.partial is None
    assert figures(found) == figures(whole)
    assert found.image == whole.image
    assert (found.layers, found.base, found.history) == (whole.layers, whole.base, whole.history)
    assert (found.sizes, found.ledger, found.diagnostics) == (
        whole.sizes, whole.ledger, whole.diagnostics,
    )  # fmt: skip
