"""Judging an image: from arguments to a verdict, its printing, and the exit code."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from layerlens.cli.diagnostics import ExitCode
from layerlens.cli.dive_settings import dive_settings
from layerlens.cli.gate_settings import gate_settings
from layerlens.cli.output import stdout_guarded
from layerlens.cli.settings_file import settings_of
from layerlens.errors import UsageError
from layerlens.gate.dive import DiveSettings, dive_verdict, with_offenders
from layerlens.gate.judge import judge
from layerlens.gate.model import GateSettings
from layerlens.outputs.display import escape
from layerlens.outputs.report import Report

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.analysing import Depth
    from layerlens.cli.baseline import Writing
    from layerlens.cli.diagnostics import Narrator
    from layerlens.contents_of_two import Side
    from layerlens.gate.baseline import RecordedBaseline


@dataclass(frozen=True, slots=True)
class Gating:
    """Everything that a verdict needs besides the image, known to be good.

    ``old`` is the baseline where that is an image, still open, for an output that tells
    what changed from it; :meth:`close` closes it.
    """

    settings: GateSettings
    baseline: RecordedBaseline | None
    dive: DiveSettings | None
    exit_zero: bool
    strict_baseline: bool = False
    writing: Writing | None = None
    color: str = "auto"
    old: Side | None = None

    def close(self) -> None:
        """Close what was held open."""
        if self.old is not None and self.old.image is not None:
            self.old.image.close()

    @property
    def needs_packages(self) -> bool:
        """Whether a gate asks for packages, which a memory of findings does not list."""
        return any(demand.gate.subject == "NAME" for demand in self.settings.demands)

    def against(self, old: Analysis, origin: str) -> Gating:
        """The same with an analysed image, named ``origin``, as the baseline."""
        from layerlens.cli.baseline import epoch_of, measured_baseline

        made = old.image.saved_at or epoch_of(old.image.created)
        return replace(self, baseline=measured_baseline(old, self.settings, origin, made))

    def judged(self, report: Report, narrator: Narrator) -> Report:
        """The report with its verdict."""
        verdict = judge(report.analysis, self.settings, self.baseline, datetime.now(UTC).date())
        if self.dive is not None:
            of_dive = dive_verdict(report.analysis.dive, self.dive)
            verdict = replace(verdict, dive=with_offenders(of_dive, report.analysis))
        if self.baseline is not None:
            from layerlens.cli.baseline import with_baseline

            verdict = with_baseline(
                verdict, report.analysis, self.baseline, strict=self.strict_baseline
            )
        return replace(report, verdict=verdict)

    def tell(self, report: Report, narrator: Narrator, *, data_on_stdout: bool) -> int:
        """Print the verdict, to stderr where stdout has data, and write the baseline.

        Gives the exit code.
        """
        from layerlens.cli.looking import PIPE_WIDTH, has_colour, text_width
        from layerlens.outputs.verdict import write_verdict

        assert report.verdict is not None  # judged before
        stream = sys.stderr if data_on_stdout else sys.stdout
        terminal = stream.isatty()
        with stdout_guarded():
            write_verdict(
                report,
                stream,
                width=text_width(stream) if terminal else PIPE_WIDTH,
                colour=has_colour(self.color, terminal=terminal),
                now=time.time(),
            )
        if self.writing is not None:
            from layerlens.cli.baseline import write_baseline

            write_baseline(self.writing, report, self.settings, narrator)
        if report.verdict.passed or self.exit_zero:
            return ExitCode.OK
        return ExitCode.GATE_FAILED


def prepare(
    arguments: argparse.Namespace,
    narrator: Narrator,
    *,
    against_old: bool = False,
    hold: Depth | None = None,
) -> Gating:
    """Everything before the image is read: what is wrong is told at once.

    A baseline that is an image is read here; with ``against_old`` the caller reads it,
    and :meth:`Gating.against` takes it.  ``hold`` keeps it open, looked at so deep at
    least, where what changed from it is to be told.  Raises :class:`UsageError` for settings,
    ``.dive-ci`` and baselines that cannot be used.
    """
    dive = dive_settings(arguments)
    writing = None
    if arguments.write_baseline or arguments.ratchet or arguments.accept_new:
        from layerlens.cli.baseline import is_first, writing_of

        writing = writing_of(arguments)
        if is_first(arguments):
            arguments.baseline = None
    if against_old and arguments.baseline is not None:
        if "baseline" not in arguments.origins:
            raise UsageError("--baseline has no place here", hint="OLD is the baseline")
        arguments.baseline = None
    settings = gate_settings(
        arguments,
        settings_of(arguments),
        with_defaults=dive is None,  # who brings dive's limits did not ask for ours
        with_baseline=against_old or arguments.baseline is not None,
    )
    for note in dive.notes if dive is not None else ():
        narrator.tell(f"layerlens: {escape(note)}")
    baseline = old = None
    if arguments.baseline is not None:
        from layerlens.cli.baseline import baseline_of

        baseline, old = baseline_of(arguments, arguments.baseline, settings, narrator, hold)
    recorded = baseline is not None and baseline.is_file
    asked = arguments.strict_baseline and "strict_baseline" not in arguments.origins
    if asked and not recorded:
        raise UsageError(
            "--strict-baseline needs a baseline file", hint="images cannot be stale: drop it"
        )
    return Gating(
        settings=settings,
        baseline=baseline,
        dive=dive,
        exit_zero=bool(arguments.exit_zero),
        strict_baseline=bool(arguments.strict_baseline) and recorded,
        writing=writing,
        color=arguments.color,
        old=old,
    )
