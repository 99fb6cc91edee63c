"""Reads the image for the terminal UI, and fetches its contents again for it."""

from __future__ import annotations

import argparse
import gc
import os
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from layerlens.cli.open import opened
from layerlens.cli.reading import read_options
from layerlens.cli.ruling import rules_of
from layerlens.errors import LayerLensError
from layerlens.filesystem.stack import Semantics
from layerlens.partial import Arriving
from layerlens.pipeline import analyse_image, looking_inside, open_image, reopen, retrieve
from layerlens.progress import Progress
from layerlens.sources.image import Image, ReadOptions, RegistryAccess
from layerlens.tui.reading import Opened, Reader


class ImageReader(Reader):
    """One image, by the arguments of the command line.

    It stays open after it was read: its contents may be asked for.
    """

    def __init__(
        self, arguments: argparse.Namespace, stdin: BinaryIO | None, *, findings: bool
    ) -> None:
        self._arguments = arguments
        self._stdin = stdin
        self._findings = findings
        self._semantics = Semantics(getattr(arguments, "semantics", Semantics.DOCKER))
        self._arriving = Arriving(arguments.image, self._semantics)
        self._seen = 0

    def read(self, progress: Progress) -> Opened:
        found, _ = self.read_held(progress)
        return found

    def read_held(self, progress: Progress) -> tuple[Opened, Image | None]:
        """Read it; beside it the image itself, ``None`` of a saved analysis."""
        arguments = self._arguments
        saved = opened(arguments, self._stdin)
        if saved is not None:
            access = RegistryAccess(environment=dict(os.environ))
            retrieval = reopen(saved.image.reference, ReadOptions(registry=access), saved)
            return Opened(saved, retrieval), None
        # Not remembered: who browses wants the packages, which a memory of findings lacks.
        rules = rules_of(arguments, remember=False) if self._findings else None
        options = read_options(arguments, self._stdin)
        if rules is not None:
            options = looking_inside(options)
        options = replace(options, arrivals=self._arriving)
        image = open_image(arguments.image, options, progress)
        try:
            analysis = analyse_image(
                image,
                options,
                base=arguments.base,
                semantics=self._semantics,
                rules=rules,
                progress=progress,
            )
        except BaseException:
            # While the file is open: what is equal in it can still be told.
            with suppress(LayerLensError):
                self._arriving.analysis()
            image.close()
            raise
        # Nearly all of it lives to the end: the collector, which would make a key
        # wait for a tenth of a second, need not look at it.
        gc.freeze()
        return Opened(analysis, retrieve(image, analysis, options)), image

    def glimpse(self) -> Opened | None:
        generation = self._arriving.generation
        if generation == self._seen or not self._arriving.counted()[0]:
            return None
        analysis = self._arriving.analysis()
        self._seen = generation
        return None if analysis is None else Opened(analysis)
