"""``layerlens compare OLD NEW``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.analysing import Depth
from layerlens.cli.gate_options import (
    baseline_written,
    files_read,
    gate_options,
    refuse_without_gate,
)
from layerlens.cli.github import step_of
from layerlens.cli.looking import PIPE_WIDTH, has_colour, text_width
from layerlens.cli.options import Parser, check_html_plain, html_plain_option, image_options
from layerlens.cli.output import check_apart, check_writable, destination, stdout_guarded
from layerlens.cli.settings_file import config_option
from layerlens.cli.tui_settings import tui_options
from layerlens.cli.words import some
from layerlens.errors import UsageError

if TYPE_CHECKING:
    from layerlens.cli.comparing import Compared
    from layerlens.cli.diagnostics import Narrator
    from layerlens.cli.gating import Gating
    from layerlens.outputs.report import Report


def compare_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens compare",
        description="Show what changed from one image to another: size, layers, files, packages, "
        "findings, and what a client that has the old one must fetch.",
        epilog="On a terminal, where no output is asked for, both open in the terminal UI.  OLD "
        "and NEW are what layerlens IMAGE takes, or saved analyses.  With --ci the new image is "
        "judged, and the old one is the baseline.",
        allow_abbrev=False,
    )
    found.add_argument("old", metavar="OLD", help="the image to compare with")
    found.add_argument("new", metavar="NEW", help="the image to look at")
    output = found.add_argument_group("output")
    output.add_argument("--text", action="store_true", help="print the comparison as text")
    output.add_argument(
        "--table", action="store_true",
        help="print only the table of a case study: base, size, layers, user, packages, saving",
    )  # fmt: skip
    output.add_argument(
        "--json", metavar="F", type=some, help="write the comparison as JSON; - is stdout"
    )
    output.add_argument(
        "--markdown", metavar="F", type=some,
        help="write a comment for a pull request, below 60 kB; - is stdout",
    )  # fmt: skip
    output.add_argument(
        "--html", metavar="F", type=some,
        help="write the comparison, and the new image, as one HTML file; - is stdout",
    )  # fmt: skip
    html_plain_option(output)
    output.add_argument(
        "--diff", metavar="PATH", type=some,
        help="print only what differs in one file: its lines, its owner, mode and time",
    )  # fmt: skip
    output.add_argument(
        "--most", metavar="N", type=_count, default=10, help="rows of each list (default: 10)"
    )
    output.add_argument(
        "--no-findings", action="store_true", help="leave the rules out: files and layers only"
    )
    output.add_argument(
        "--dockerfile", metavar="F", type=some,
        help="the Dockerfile that made the new image: findings then name its lines",
    )  # fmt: skip
    output.add_argument(
        "--target", metavar="STAGE", type=some, help="the stage that made it (default: the last)"
    )
    config_option(output)
    apart = found.add_argument_group("reading (else the same for both)")
    for name in ("old", "new"):
        apart.add_argument(
            f"--{name}-platform", metavar="OS/ARCH[/VARIANT]", type=some,
            help=f"which platform of {name.upper()}",
        )  # fmt: skip
    apart.add_argument(
        "--old-base", metavar="REF", type=some, help="the base image of OLD (--base is NEW's)"
    )
    apart.add_argument(
        "--old-image", metavar="REF", type=some,
        help="which of several images in OLD's archive (--image is NEW's)",
    )  # fmt: skip
    gate_options(found)
    tui_options(found)
    image_options(found)
    found.set_defaults(context=None)
    return found


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Compare; gives the exit code."""
    from layerlens.cli.comparing import compared

    arguments = compare_parser().parse_args(argv)
    check_html_plain(arguments)
    gate = _gate(arguments, narrator)
    _check(arguments)
    step = step_of(arguments)
    if _is_for_people(arguments):
        code = _browse(arguments)
        if code is not None:
            return code
    depth = Depth.ENTRIES if arguments.no_findings or arguments.diff else Depth.RULES
    with compared(arguments, narrator, depth=depth) as found:
        if arguments.diff is not None:
            return _diff(arguments, found, narrator)
        _write(arguments, found)
        if gate is not None:
            gate = gate.against(found.comparison.old, arguments.old)
        report = _report(arguments, found, gate, narrator)
        _write_html(arguments, report)
        code = 0
        if gate is not None:
            data = any(path == "-" for _, path in _files(arguments))
            code = gate.tell(report, narrator, data_on_stdout=data)
        step.tell(report, narrator)
        return code


def _is_for_people(arguments: argparse.Namespace) -> bool:
    """Whether nothing was asked for, on a terminal."""
    asked = (arguments.text, arguments.table, _files(arguments), arguments.diff, arguments.ci)
    return not any(asked) and sys.stdout.isatty()


def _files(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """The options that ask for a file, with its path."""
    found = ((name, getattr(arguments, name)) for name in ("json", "markdown", "html"))
    return [(name, path) for name, path in found if path is not None]


def _browse(arguments: argparse.Namespace) -> int | None:
    """The terminal UI; ``None`` where no keys can be had."""
    stdin = None
    if "-" in (arguments.old, arguments.new) and arguments.old != arguments.new:
        from layerlens.cli.reading import stdin_beside_terminal

        stdin = stdin_beside_terminal()
        if stdin is None:
            return None
    elif not sys.stdin.isatty() or arguments.old == arguments.new == "-":
        return None
    from layerlens.cli.browse_two import TwoImagesReader
    from layerlens.cli.looking import run_ui, settings_of_ui

    settings = settings_of_ui(arguments)
    reader = TwoImagesReader(arguments, stdin, findings=not arguments.no_findings)
    return run_ui(reader, f"{arguments.old} → {arguments.new}", settings)


def _check(arguments: argparse.Namespace) -> None:
    """Find out before a long read what cannot be done.  Raises :class:`UsageError`."""
    check_html_plain(arguments)
    page = arguments.text or arguments.table
    if arguments.text and arguments.table:
        raise UsageError("--table is the text of the table only", hint="drop --text or --table")
    outputs = _files(arguments)
    files = [path for _, path in outputs]
    if files.count("-") + page > 1:
        raise UsageError("more than one output wants stdout", hint="give all but one a file")
    if arguments.diff is not None and (files or page or arguments.ci):
        raise UsageError("--diff is an output by itself", hint="run it alone")
    for path in files:
        check_writable(path)
    check_apart(
        [*outputs, *baseline_written(arguments)],
        [arguments.old, arguments.new],
        [arguments.dockerfile, *files_read(arguments)],
    )


def _gate(arguments: argparse.Namespace, narrator: Narrator) -> Gating | None:
    """The gate, which gets the old image as its baseline once that was read."""
    if not arguments.ci:
        refuse_without_gate(arguments)
        return None
    from layerlens.cli.gating import prepare

    return prepare(arguments, narrator, against_old=True)


def _report(
    arguments: argparse.Namespace, found: Compared, gate: Gating | None, narrator: Narrator
) -> Report:
    """The new image beside the old one, judged where there is a gate."""
    from layerlens.outputs.report import Report

    comparison = found.comparison
    report = Report(
        comparison.new,
        comparison=comparison,
        dockerfile=arguments.dockerfile,
        html_plain=arguments.html_plain,
    )
    return report if gate is None else gate.judged(report, narrator)


def _write(arguments: argparse.Namespace, found: Compared) -> None:
    """What was asked for but the HTML, which has the verdict, too; the text if nothing was."""
    comparison = found.comparison
    if arguments.json is not None:
        from layerlens.outputs.compare_json import write_comparison_json

        with destination(arguments.json) as stream:
            write_comparison_json(comparison, stream)
    if arguments.markdown is not None:
        from layerlens.outputs.compare_markdown import write_comparison_markdown

        with destination(arguments.markdown) as stream:
            write_comparison_markdown(comparison, stream, dockerfile=arguments.dockerfile)
    nothing = not _files(arguments) and not arguments.ci
    if arguments.text or arguments.table or nothing:
        from layerlens.outputs.compare_text import write_comparison

        to_terminal = sys.stdout.isatty()
        with stdout_guarded():
            write_comparison(
                comparison,
                sys.stdout,
                width=text_width() if to_terminal else PIPE_WIDTH,
                colour=has_colour(arguments.color, terminal=to_terminal),
                most=arguments.most,
                table_only=arguments.table,
            )


def _write_html(arguments: argparse.Namespace, report: Report) -> None:
    if arguments.html is not None:
        from layerlens.outputs.html.image import write_comparison_html

        with destination(arguments.html) as stream:
            write_comparison_html(report, stream)


def _diff(arguments: argparse.Namespace, found: Compared, narrator: Narrator) -> int:
    """What differs in one file."""
    from layerlens.cli.file_diff import print_diff

    return print_diff(arguments, found, narrator)
