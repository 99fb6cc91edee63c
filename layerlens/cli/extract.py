"""``layerlens extract IMAGE PATH``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from layerlens.cli.analysing import analyse_open, warn
from layerlens.cli.options import Parser, image_options
from layerlens.cli.words import size, some
from layerlens.errors import UsageError, Where

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.diagnostics import Narrator
    from layerlens.outputs.extract import Extracted
    from layerlens.retrieval import Retrieval

_MOST_LINES = 20
"""Skipped paths that are told one by one without --verbose."""


def extract_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens extract",
        description="Write a file or folder of an image to disk: as it is in the final "
        "filesystem, as a layer left it, or as it was when a layer removed it.",
        epilog="Nothing is written outside of DIR, no link is followed, and no owner or setuid "
        "bit is set.  Devices and links that lead out of what is extracted are left out and told.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument("path", metavar="PATH", type=some, help="the file or folder; / is all")
    found.add_argument(
        "--layer", type=int, metavar="N",
        help="as it stands once this layer is applied (the first is 0)",
    )  # fmt: skip
    found.add_argument(
        "--removed", action="store_true", help="what the layer removed there; needs --layer"
    )
    found.add_argument(
        "-o", "--output", metavar="DIR", type=some, default=".",
        help="the folder to write to, made if need be (default: the current one); "
        "- writes a single file to stdout",
    )  # fmt: skip
    found.add_argument(
        "--overwrite", action="store_true", help="replace files that exist, and add to folders"
    )
    found.add_argument(
        "--max-size", type=size, metavar="SIZE", help="refuse to extract more than this"
    )
    image_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Extract; gives the exit code."""
    arguments = extract_parser().parse_args(argv)
    analysis, retrieval = analyse_open(arguments, narrator)
    with closing(retrieval):
        narrator.clear()
        warn(analysis, narrator)
        return _extract(arguments, analysis, retrieval, narrator)


def _extract(
    arguments: argparse.Namespace, analysis: Analysis, retrieval: Retrieval, narrator: Narrator
) -> int:
    from layerlens.filesystem.selection import select
    from layerlens.outputs.extract import extract, write_content

    narrator.clear()
    selection = select(
        analysis.filesystem,
        os.fsencode(arguments.path),
        arguments.layer,
        removed=arguments.removed,
    )
    said = retrieval.announcement(selection.contents())
    if said is not None:
        narrator.tell(f"layerlens: {said}")
    if arguments.output == "-":
        from layerlens.cli.output import destination

        with destination("-", binary=True) as stream:
            write_content(selection, retrieval, stream, narrator.progress)
        narrator.clear()
        return 0
    done = extract(
        selection,
        retrieval,
        arguments.output,
        overwrite=arguments.overwrite,
        limit=arguments.max_size,
        progress=narrator.progress,
    )
    narrator.clear()
    _tell(done, narrator)
    if selection.top in selection.versions and not done.files + done.folders + done.links:
        raise UsageError("nothing was extracted", where=Where(file=done.place))
    return 0


def _tell(done: Extracted, narrator: Narrator) -> None:
    """What was left out, and a count of what was written."""
    from layerlens.outputs.display import escape, escape_path
    from layerlens.units import human_size

    most = len(done.skipped) if narrator.verbose else _MOST_LINES
    for path, why in done.skipped[:most]:
        narrator.tell(f"layerlens: {escape_path(path)}: left out: {escape(why)}")
    more = done.skipped_count - len(done.skipped[:most])
    if more:
        narrator.tell(f"layerlens: {more:,} more left out")
    files = "1 file" if done.files == 1 else f"{done.files:,} files"
    narrator.tell(f"layerlens: {files}, {human_size(done.content_bytes)}, in {escape(done.place)}")
