"""``layerlens fleet``: many images in one table, what they share, and the waste they have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from layerlens.cli.gate_options import BASELINE_FLAGS, gate_options, refuse_without_gate
from layerlens.cli.github import step_of
from layerlens.cli.options import Parser, image_options
from layerlens.cli.references import reference_options, references
from layerlens.cli.settings_file import config_option
from layerlens.cli.several import form_options, wanted_forms
from layerlens.cli.words import size
from layerlens.errors import LayerLensError, UsageError

if TYPE_CHECKING:
    from layerlens.cli.analysing import Depth
    from layerlens.cli.diagnostics import Narrator
    from layerlens.cli.gating import Gating
    from layerlens.cli.several import Failures
    from layerlens.fleet.gather import Gatherer
    from layerlens.fleet.model import Fleet
    from layerlens.gate.model import Verdict


def fleet_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens fleet",
        description="Look at many images together: what each takes, what they share, the waste "
        "that they have in common, files that several of them hold apart, and bases that they "
        "could share.",
        allow_abbrev=False,
    )
    reference_options(found, compose=True)
    output = form_options(found, "the table goes to stdout unless that is taken", row="image")
    output.add_argument(
        "--no-duplicates", action="store_true",
        help="do not look for files that several images hold apart (which reads large files)",
    )  # fmt: skip
    config_option(output)
    gate_options(found)
    found.add_argument_group("gate of the whole fleet").add_argument(
        "--max-total-size", type=size, metavar="SIZE",
        help="most bytes that all distinct layers may have together (with --ci)",
    )  # fmt: skip
    image_options(found)
    found.set_defaults(dockerfile=None, target=None, context=None)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Look at the images; gives the exit code."""
    from layerlens.cli.several import Failures, shared_memory

    arguments = fleet_parser().parse_args(argv)
    named = references(arguments, narrator)
    wanted = wanted_forms(arguments, named)
    if arguments.max_total_size is not None and not arguments.ci:
        raise UsageError("--max-total-size needs --ci")
    _leave_baselines(arguments)
    step = step_of(arguments)
    gate = None
    if not arguments.ci:
        refuse_without_gate(arguments)
    else:
        from layerlens.cli.gating import prepare

        gate = prepare(arguments, narrator)
    failures = Failures(narrator)
    with shared_memory(arguments, named) as shared:
        fleet = _gathered(shared, named, narrator, gate, failures)
    _write(fleet, arguments, wanted, ci=gate is not None)
    step.tell_fleet(fleet, arguments.max_total_size, narrator)
    if gate is not None:
        from layerlens.cli.diagnostics import ExitCode

        if not passed(fleet, arguments.max_total_size) and not gate.exit_zero:
            return max(failures.code, int(ExitCode.GATE_FAILED))
    return failures.code


def _leave_baselines(arguments: argparse.Namespace) -> None:
    """A baseline is of one image: refused as a flag, passed over where settings name one."""
    for name, flag in BASELINE_FLAGS.items():
        if getattr(arguments, name) and name not in arguments.origins:
            raise UsageError(f"{flag} is of one image", hint="judge that image by itself")
    arguments.baseline = arguments.tolerance = arguments.write_baseline = None
    arguments.strict_baseline = arguments.ratchet = arguments.accept_new = False


def _depth(arguments: argparse.Namespace, gate: Gating | None) -> Depth:
    from layerlens.cli.analysing import Depth

    if arguments.no_findings:
        return Depth.ENTRIES
    by_package = gate is not None and gate.needs_packages
    return Depth.RULES if by_package else Depth.FINDINGS


def _gathered(
    arguments: argparse.Namespace,
    named: Sequence[str],
    narrator: Narrator,
    gate: Gating | None,
    failures: Failures,
) -> Fleet:
    from layerlens.fleet.gather import Gatherer

    gatherer = Gatherer()
    for number, reference in enumerate(named, 1):
        narrator.part = f"{number}/{len(named)}"
        try:
            _add(gatherer, arguments, reference, narrator, gate)
        except LayerLensError as error:
            gatherer.failed(reference, failures.tell(error, reference))
    narrator.clear()
    return gatherer.fleet()


def _add(
    gatherer: Gatherer,
    arguments: argparse.Namespace,
    reference: str,
    narrator: Narrator,
    gate: Gating | None,
) -> None:
    """Read one image; when this returns nothing of it is left but what the fleet keeps."""
    from layerlens.cli.several import hashes_at_hand, read_one

    analysis, retrieval = read_one(arguments, reference, narrator, _depth(arguments, gate))
    try:
        verdict: Verdict | None = None
        if gate is not None:
            from layerlens.outputs.report import Report

            verdict = gate.judged(Report(analysis), narrator).verdict
        fresh = analysis.image.saved_at is None and not arguments.no_duplicates
        gatherer.add(
            analysis,
            reference=reference,
            verdict=verdict,
            hasher=partial(hashes_at_hand, retrieval) if fresh else None,
        )
    finally:
        retrieval.close()


def passed(fleet: Fleet, max_total_size: int | None) -> bool:
    """Whether every image passed, and the fleet its own gate."""
    fits = max_total_size is None or fleet.disk_bytes <= max_total_size
    return fits and all(image.verdict is None or image.verdict.passed for image in fleet.images)


def _write(
    fleet: Fleet, arguments: argparse.Namespace, wanted: list[tuple[str, str]], *, ci: bool
) -> None:
    from layerlens.cli.looking import PIPE_WIDTH, has_colour, text_width
    from layerlens.cli.output import destination, stdout_guarded
    from layerlens.outputs.fleet import WRITERS

    limit = arguments.max_total_size
    for form, path in wanted:
        with destination(path) as out:
            WRITERS[form](fleet, out, limit)
    taken = any(path == "-" for _, path in wanted)
    if arguments.text or ci or not wanted:
        from layerlens.outputs.fleet_text import write_text

        stream = sys.stderr if taken else sys.stdout
        terminal = stream.isatty()
        with stdout_guarded():
            write_text(
                fleet,
                stream,
                width=text_width(stream) if terminal else PIPE_WIDTH,
                colour=has_colour(arguments.color, terminal=terminal),
                limit=limit,
            )
