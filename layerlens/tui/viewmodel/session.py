"""What all views share: the image, what it is compared with, what is looked at and marked."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import Comparison
from layerlens.retrieval import Retrieval
from layerlens.tui.reading import Opened
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.comparepaths import Differing
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.subject import Subject


class Session:
    """One image in the UI.

    ``reading``  whether more of it may still come
    ``browser``  the choices of the tree
    ``retrieval`` gives contents of files; ``None`` where they cannot be had
    ``comparison`` with an older image, ``None`` where there is none
    ``old_retrieval`` gives contents of that one
    ``differing`` the paths that differ, ``None`` where nothing is compared

    Making one takes the time to number all paths: do it where waiting is fine.
    """

    def __init__(
        self,
        analysis: Analysis,
        retrieval: Retrieval | None = None,
        *,
        reading: bool = False,
        comparison: Comparison | None = None,
        old_retrieval: Retrieval | None = None,
    ) -> None:
        self.analysis = analysis
        self.retrieval = retrieval
        self.reading = reading
        self.comparison = comparison
        self.old_retrieval = old_retrieval
        self.differing = None if comparison is None else Differing(comparison)
        self.browser = Browser(analysis)
        self.marks = Marks()

    @classmethod
    def of(cls, opened: Opened, *, reading: bool = False) -> Session:
        """A session with what was read."""
        return cls(
            opened.analysis,
            opened.retrieval,
            reading=reading,
            comparison=opened.comparison,
            old_retrieval=opened.old_retrieval,
        )

    def close(self) -> None:
        """Let go of the images."""
        for retrieval in (self.retrieval, self.old_retrieval):
            if retrieval is not None:
                retrieval.close()

    def image_of(self, subject: Subject | None) -> tuple[Analysis, Retrieval | None]:
        """The image that a subject speaks of, and what gives its contents."""
        if subject is not None and subject.old and self.comparison is not None:
            return self.comparison.old, self.old_retrieval
        return self.analysis, self.retrieval

    def take_over(self, earlier: Session) -> None:
        """Keep the user's choices and marks of an earlier state of the same image."""
        for path in earlier.marks.paths:
            self.marks.toggle_path(path)
        self.browser.resume(earlier.browser)
