"""``layerlens IMAGE``: the terminal UI, the outputs that were asked for, the gate."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TextIO

from layerlens.cli.gate_options import baseline_written, files_read, refuse_without_gate
from layerlens.cli.github import step_of
from layerlens.cli.options import check_html_plain
from layerlens.cli.output import check_apart, check_writable, destination, stdout_guarded
from layerlens.errors import UsageError
from layerlens.outputs.catalogue import OUTPUTS, Output

if TYPE_CHECKING:
    import argparse

    from layerlens.cli.analysing import Depth
    from layerlens.cli.diagnostics import Narrator
    from layerlens.cli.gating import Gating
    from layerlens.outputs.report import Report
    from layerlens.tui.reading import Reader
    from layerlens.tui.settings import Settings

PIPE_WIDTH = 100
"""Columns of text that goes into a pipe or a file: always the same."""


def look(
    arguments: argparse.Namespace, narrator: Narrator, make: Callable[[], str] | None = None
) -> int:
    """Look at an image and give the exit code.

    ``make`` makes the image and gives its reference, once the arguments are
    known to be good.
    """
    to_terminal = sys.stdout.isatty()
    wanted = wanted_outputs(arguments)
    check_html_plain(arguments)
    gated = arguments.ci
    if not gated:
        refuse_without_gate(arguments)
    if not wanted and not arguments.text and not gated and to_terminal and arguments.browse:
        if make is not None:
            if sys.stdin.isatty():
                settings = settings_of_ui(arguments)  # what is wrong is told before the build
                arguments.image = make()
                return _browse(arguments, settings)
        elif arguments.image == "-":
            from layerlens.cli.reading import stdin_beside_terminal

            stream = stdin_beside_terminal()
            if stream is not None:
                return _browse(arguments, settings_of_ui(arguments), stream)
        elif sys.stdin.isatty():
            return _browse(arguments, settings_of_ui(arguments))
    check_outputs(wanted, arguments, to_terminal=to_terminal)
    step = step_of(arguments)
    gate = None
    if gated:
        from layerlens.cli.gating import prepare

        shown = any(output.shows_changes for output, _ in wanted)
        hold = _depth(arguments, wanted, lists=False) if shown else None
        gate = prepare(arguments, narrator, hold=hold)
    try:
        if make is not None:
            arguments.image = make()
        depth = _depth(arguments, wanted, lists=gate is not None and gate.needs_packages)
        report = _report(arguments, narrator, depth, gate)
    finally:
        if gate is not None:
            gate.close()
    if gate is not None:
        report = gate.judged(report, narrator)
    write_outputs(report, wanted)
    if arguments.text or not (wanted or gated):
        from layerlens.outputs.text import write_text

        with stdout_guarded():
            write_text(
                report.analysis,
                sys.stdout,
                width=text_width() if to_terminal else PIPE_WIDTH,
                colour=has_colour(arguments.color, terminal=to_terminal),
            )
    code = 0
    if gate is not None:
        on_stdout = any(path == "-" for _, path in wanted)
        code = gate.tell(report, narrator, data_on_stdout=on_stdout)
    step.tell(report, narrator)
    return code


def wanted_outputs(arguments: argparse.Namespace) -> list[tuple[Output, str]]:
    """The outputs that were asked for, with the paths that they go to."""
    found = []
    for output in OUTPUTS:
        path = getattr(arguments, output.option, None) if output.option else None
        if path is not None:
            found.append((output, path))
    return found


def check_outputs(
    wanted: list[tuple[Output, str]], arguments: argparse.Namespace, *, to_terminal: bool
) -> None:
    """Find out before a long read that an output cannot be written.  Raises :class:`UsageError`."""
    if sum(path == "-" for _, path in wanted) + arguments.text > 1:
        raise UsageError("more than one output wants stdout", hint="give all but one a file")
    for output, path in wanted:
        if output.binary and path == "-" and to_terminal:
            raise UsageError(
                "a saved analysis is no text", hint="send it elsewhere, or give a file"
            )
        check_writable(path)
        problem = output.problem()
        if problem is not None:
            raise UsageError(problem)
        if output.needs_rules and arguments.no_findings:
            raise UsageError(
                f"--{output.flag} needs what --no-findings leaves out", hint="drop one of them"
            )
    check_apart(
        [*((output.flag, path) for output, path in wanted), *baseline_written(arguments)],
        [arguments.image],
        [arguments.dockerfile, *files_read(arguments)],
    )


def write_outputs(report: Report, wanted: list[tuple[Output, str]]) -> None:
    """Write each output: to its file, or to stdout."""
    for output, path in wanted:
        with destination(path, binary=output.binary) as stream:
            output.write(report, stream)


def _report(
    arguments: argparse.Namespace, narrator: Narrator, depth: Depth, gate: Gating | None
) -> Report:
    """Read the image, and compare it with the baseline where the gate holds that open."""
    from layerlens.cli.analysing import analyse, warn
    from layerlens.outputs.report import Report

    comparison = None
    if gate is not None and gate.old is not None:
        from layerlens.cli.comparing import compare_sides, read_side

        new = read_side(arguments, narrator, depth)
        try:
            # What rules found on one side only would all be told as new or gone.
            if (gate.old.analysis.judged is None) == (new.analysis.judged is None):
                comparison = compare_sides(gate.old, new, narrator)
        finally:
            if new.image is not None:
                new.image.close()
        analysis = new.analysis
    else:
        analysis = analyse(arguments, narrator.progress, narrator, depth=depth)
        narrator.clear()
        warn(analysis, narrator)
    return Report(
        analysis,
        comparison=comparison,
        dockerfile=arguments.dockerfile,
        html_plain=arguments.html_plain,
    )


def _depth(
    arguments: argparse.Namespace, wanted: list[tuple[Output, str]], *, lists: bool
) -> Depth:
    """How deep to look; ``lists`` where packages are asked for besides the outputs."""
    from layerlens.cli.analysing import Depth

    if arguments.no_findings:
        return Depth.ENTRIES
    # Who wants packages needs more than a memory of findings.
    whole = lists or any(output.needs_packages for output, _ in wanted)
    return Depth.RULES if whole else Depth.FINDINGS


def _browse(
    arguments: argparse.Namespace, settings: Settings, stdin: BinaryIO | None = None
) -> int:
    """The terminal UI; the image is read inside it."""
    from layerlens.cli.browse import ImageReader

    reader = ImageReader(arguments, stdin, findings=not arguments.no_findings)
    return run_ui(reader, arguments.image, settings)


def run_ui(reader: Reader, title: str, settings: Settings) -> int:
    """Run the terminal UI, and print what was marked in it; gives the exit code."""
    from layerlens.tui.app import run_app

    gc.enable()  # a long session makes garbage
    marked = run_app(reader, title, settings)
    sys.stdout.writelines(f"{line}\n" for line in marked)
    return 0


def settings_of_ui(arguments: argparse.Namespace) -> Settings:
    """What was chosen about the UI.  Raises :class:`UsageError` for what cannot be used."""
    from layerlens.cli.settings_file import settings_of
    from layerlens.cli.tui_settings import tui_settings

    return tui_settings(arguments, settings_of(arguments))


def text_width(stream: TextIO | None = None) -> int:
    """Columns of the terminal behind a stream (stdout); those of a pipe where there is none."""
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns
    except (OSError, ValueError):
        return PIPE_WIDTH


def has_colour(choice: str, *, terminal: bool) -> bool:
    """Whether text is coloured, by ``--color`` and the environment."""
    if choice == "auto":
        return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"
