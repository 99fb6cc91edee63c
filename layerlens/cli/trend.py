"""``layerlens trend``: one image over time, and what moved it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.options import Parser, check_html_plain, html_plain_option, image_options
from layerlens.cli.references import reference_options, references
from layerlens.cli.settings_file import config_option
from layerlens.cli.several import form_options, wanted_forms
from layerlens.cli.words import some
from layerlens.errors import LayerLensError

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator
    from layerlens.trend.gather import TrendGatherer
    from layerlens.trend.model import Trend


def trend_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens trend",
        description="Show one image over time: its size, waste and scores at each of these tags, "
        "digests or saved analyses, in the order given, and what moved them from one to the next.",
        allow_abbrev=False,
    )
    reference_options(found, compose=False)
    output = form_options(found, "the table goes to stdout unless others are asked", row="point")
    output.add_argument(
        "--html", metavar="F", type=some,
        help="write a report as one HTML file that needs no network; - is stdout",
    )  # fmt: skip
    html_plain_option(output)
    config_option(output)
    image_options(found)
    found.set_defaults(dockerfile=None, target=None, context=None)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Follow the image; gives the exit code."""
    from layerlens.cli.several import Failures, shared_memory
    from layerlens.trend.gather import TrendGatherer

    arguments = trend_parser().parse_args(argv)
    check_html_plain(arguments)
    named = references(arguments, narrator)
    wanted = wanted_forms(arguments, named)
    failures = Failures(narrator)
    gatherer = TrendGatherer()
    with shared_memory(arguments, named) as shared:
        for number, reference in enumerate(named, 1):
            narrator.part = f"{number}/{len(named)}"
            try:
                _add(gatherer, shared, reference, narrator)
            except LayerLensError as error:
                gatherer.failed(reference, failures.tell(error, reference))
        narrator.clear()
    _write(gatherer.trend(), arguments, wanted)
    return failures.code


def _add(
    gatherer: TrendGatherer, arguments: argparse.Namespace, reference: str, narrator: Narrator
) -> None:
    from layerlens.cli.analysing import Depth
    from layerlens.cli.several import read_one

    depth = Depth.ENTRIES if arguments.no_findings else Depth.RULES
    analysis, retrieval = read_one(arguments, reference, narrator, depth)
    retrieval.close()
    gatherer.add(analysis, reference=reference)


def _write(trend: Trend, arguments: argparse.Namespace, wanted: list[tuple[str, str]]) -> None:
    from layerlens.cli.looking import PIPE_WIDTH, has_colour, text_width
    from layerlens.cli.output import destination, stdout_guarded
    from layerlens.outputs.trend import WRITERS

    for form, path in wanted:
        with destination(path) as out:
            if form == "html":
                from layerlens.outputs.html.trend import write_trend_html

                write_trend_html(trend, out, plain=arguments.html_plain)
            else:
                WRITERS[form](trend, out)
    if arguments.text or not wanted:
        from layerlens.outputs.trend_text import write_text

        terminal = sys.stdout.isatty()
        with stdout_guarded():
            write_text(
                trend,
                sys.stdout,
                width=text_width() if terminal else PIPE_WIDTH,
                colour=has_colour(arguments.color, terminal=terminal),
            )
