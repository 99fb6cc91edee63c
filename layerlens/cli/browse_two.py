"""Reads two images for the terminal UI, and compares them."""

from __future__ import annotations

import argparse
import gc
from dataclasses import replace
from typing import BinaryIO

from layerlens.cli.browse import ImageReader
from layerlens.cli.comparing import side_arguments
from layerlens.comparison.compare import compare
from layerlens.contents_of_two import Side, same_content
from layerlens.progress import Progress, Step
from layerlens.tui.reading import Opened, Reader


class TwoImagesReader(Reader):
    """Reads the new image first, which the UI is about.

    So it can be browsed while the old one is read, and where reading that is stopped or
    fails.  ``stdin`` is that one's whose reference is ``-``.
    """

    def __init__(
        self, arguments: argparse.Namespace, stdin: BinaryIO | None, *, findings: bool
    ) -> None:
        self._new, self._old = (
            ImageReader(
                side_arguments(arguments, name),
                stdin if getattr(arguments, name) == "-" else None,
                findings=findings,
            )
            for name in ("new", "old")
        )
        self._whole: Opened | None = None
        """The new image, once all of it was read and not yet shown."""
        self._is_shown = False

    def read(self, progress: Progress) -> Opened:
        new, image = self._new.read_held(_of("new image", progress))
        self._whole = new
        old, old_image = self._old.read_held(_of("old image", progress))
        same = same_content(Side(old.analysis, old_image), Side(new.analysis, image), progress)
        progress(Step("comparing"))
        comparison = compare(old.analysis, new.analysis, same)
        gc.freeze()  # as after reading one
        return replace(new, comparison=comparison, old_retrieval=old.retrieval)

    def glimpse(self) -> Opened | None:
        if self._whole is None:
            return self._new.glimpse()
        if self._is_shown:
            return None
        self._is_shown = True
        return self._whole


def _of(image: str, progress: Progress) -> Progress:
    """Progress that says which image it is of; only the new one is shown before it was read."""

    def told(step: Step, /) -> None:
        preview = step.preview if image == "new image" else None
        progress(replace(step, stage=f"{image}: {step.stage}", preview=preview))

    return told
