"""Reads the image for the terminal UI, and fetches its contents again for it."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import BinaryIO

from layerlens.cli.reading import read_options
from layerlens.cli.ruling import rules_of
from layerlens.filesystem.stack import Semantics
from layerlens.partial import Arriving
from layerlens.pipeline import analyse_image, looking_inside, open_image, retrieve
from layerlens.progress import Progress
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
        self._semantics = Semantics(arguments.semantics)
        self._arriving = Arriving(arguments.image, self._semantics)
        self._seen = 0

    def read(self, progress: Progress) -> Opened:
        arguments = self._arguments
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
            image.close()
            raise
        return Opened(analysis, retrieve(image, analysis, options))

    def glimpse(self) -> Opened | None:
        generation = self._arriving.generation
        if generation == self._seen or not self._arriving.counted()[0]:
            return None
        analysis = self._arriving.analysis()
        self._seen = generation
        return None if analysis is None else Opened(analysis)
