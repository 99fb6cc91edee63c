"""From arguments to an analysis: the same for all commands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.diagnostics import Narrator
    from layerlens.pipeline import Rules
    from layerlens.progress import Progress
    from layerlens.retrieval import Retrieval
    from layerlens.sources.image import Image, ReadOptions


class Depth(Enum):
    """How deep to look: at entries only, at packages too, or by all rules.

    ``FINDINGS`` may come from the memory of an image's findings, which lists no
    packages; ``RULES`` has everything.
    """

    ENTRIES = 0
    PACKAGES = 1
    FINDINGS = 2
    RULES = 3


def analyse(
    arguments: argparse.Namespace,
    progress: Progress,
    narrator: Narrator | None = None,
    *,
    depth: Depth = Depth.ENTRIES,
) -> Analysis:
    """Open and analyse ``arguments.image``; ``narrator`` is told what is aside from the result."""
    analysis, image = analyse_held(arguments, progress, narrator, depth=depth)
    if image is not None:
        image.close()
    return analysis


def analyse_held(
    arguments: argparse.Namespace,
    progress: Progress,
    narrator: Narrator | None = None,
    *,
    depth: Depth = Depth.ENTRIES,
) -> tuple[Analysis, Image | None]:
    """The same of an image that stays open, for the caller to close; ``None`` if it was saved."""
    from layerlens.cli.open import opened

    saved = opened(arguments, narrator=narrator, packages=depth in _LISTING)
    if saved is not None:
        return saved, None
    options, rules = _how(arguments, depth)
    image, analysis = _read(arguments, options, rules, progress, narrator)
    return analysis, image


def analyse_open(
    arguments: argparse.Namespace, narrator: Narrator, *, depth: Depth = Depth.ENTRIES
) -> tuple[Analysis, Retrieval]:
    """Analyse an image that stays open for its contents; closing the retrieval closes it."""
    from layerlens.cli.open import opened
    from layerlens.cli.reading import read_options
    from layerlens.pipeline import reopen, retrieve

    saved = opened(arguments, narrator=narrator, packages=depth in _LISTING)
    if saved is not None:
        return saved, reopen(saved.image.reference, read_options(arguments), saved)
    options, rules = _how(arguments, depth)
    image, analysis = _read(arguments, options, rules, narrator.progress, narrator)
    try:
        retrieval = retrieve(image, analysis, options)
    except BaseException:
        image.close()
        raise
    return analysis, retrieval


_LISTING = (Depth.PACKAGES, Depth.RULES)


def _how(arguments: argparse.Namespace, depth: Depth) -> tuple[ReadOptions, Rules | None]:
    """How an image is read, and the rules that look at it."""
    from layerlens.cli.reading import read_options
    from layerlens.cli.ruling import rules_of
    from layerlens.pipeline import Rules, looking_inside

    if depth is Depth.ENTRIES:
        return read_options(arguments), None
    if depth is Depth.PACKAGES:
        rules = Rules(sets=())
    else:
        rules = rules_of(arguments, remember=depth is Depth.FINDINGS)
    return looking_inside(read_options(arguments)), rules


def _read(
    arguments: argparse.Namespace,
    options: ReadOptions,
    rules: Rules | None,
    progress: Progress,
    narrator: Narrator | None,
) -> tuple[Image, Analysis]:
    """Open an image and analyse it; it stays open."""
    from layerlens.filesystem.stack import Semantics
    from layerlens.pipeline import analyse_image, open_image

    image = open_image(arguments.image, options, progress)
    try:
        analysis = analyse_image(
            image,
            options,
            base=arguments.base,
            semantics=Semantics(arguments.semantics),
            rules=rules,
            progress=progress,
        )
    except BaseException:
        image.close()
        raise
    finally:
        if narrator is not None:
            aside(image.remarks, options.cache.problems if options.cache else [], narrator)
    return image, analysis


def aside(remarks: Sequence[str], problems: Sequence[str], narrator: Narrator) -> None:
    """Tell how the image was read, to those who ask, and what was not remembered, to all."""
    from layerlens.outputs.display import escape

    if narrator.verbose:
        for remark in remarks:
            narrator.tell(f"layerlens: {escape(remark)}")
    for problem in problems:
        narrator.tell(f"layerlens: {escape(problem)}")


def warn(analysis: Analysis, narrator: Narrator, among: str = "") -> None:
    """Diagnostics on stderr: all with --verbose, else a count.

    ``among`` is the image's reference where it is one of several: that stands before each,
    and there is no count, for which the others' would have to be known.
    """
    found = analysis.diagnostics
    if not found or narrator.quiet:
        return
    from layerlens.outputs.display import escape, escape_path

    told = [item for item in found if narrator.verbose or item.code in _ALWAYS]
    for item in told:
        place = "" if item.layer is None else f"layer {item.layer}: "
        path = "" if item.path is None else f"{escape_path(item.path)}: "
        image = f"{escape(among)}: " if among else ""
        narrator.tell(f"layerlens: {image}{place}{path}{escape(item.message)} [{item.code}]")
    count = len(found) - len(told)
    if count and not among:
        narrator.tell(
            f"layerlens: {count} diagnostic{'s' if count > 1 else ''}, see --verbose or --json"
        )


_ALWAYS = frozenset({"read-from-registry", "rules-left-out"})
"""Diagnostics that nobody should have to ask for: the image may be another than was meant."""
