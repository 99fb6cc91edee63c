"""What all views share: the image, what is looked at, what is marked."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.retrieval import Retrieval
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.marks import Marks


class Session:
    """One image in the UI.

    ``reading``  whether more of it may still come
    ``browser``  the choices of the tree
    ``retrieval`` gives contents of files; ``None`` where they cannot be had

    Making one takes the time to number all paths: do it where waiting is fine.
    """

    def __init__(
        self,
        analysis: Analysis,
        retrieval: Retrieval | None = None,
        *,
        reading: bool = False,
    ) -> None:
        self.analysis = analysis
        self.retrieval = retrieval
        self.reading = reading
        self.browser = Browser(analysis)
        self.marks = Marks()

    def take_over(self, earlier: Session) -> None:
        """Keep the user's choices and marks of an earlier state of the same image."""
        for path in earlier.marks.paths:
            self.marks.toggle_path(path)
        self.browser.resume(earlier.browser)
