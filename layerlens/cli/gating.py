"""Judging an image: from arguments to a verdict, its printing, and the exit code."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from layerlens.cli.diagnostics import ExitCode
from layerlens.cli.dive_settings import dive_settings
from layerlens.cli.gate_settings import gate_settings
from layerlens.cli.output import stdout_guarded
from layerlens.cli.settings_file import settings_of
from layerlens.gate.baseline import Baseline
from layerlens.gate.dive import DiveSettings, dive_verdict
from layerlens.gate.judge import judge
from layerlens.gate.model import GateSettings
from layerlens.outputs.display import escape
from layerlens.outputs.report import Report

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


@dataclass(frozen=True, slots=True)
class Gating:
    """Everything that a verdict needs besides the image, known to be good."""

    settings: GateSettings
    baseline: Baseline | None
    dive: DiveSettings | None
    exit_zero: bool

    def judged(self, report: Report, narrator: Narrator) -> Report:
        """The report with its verdict."""
        verdict = judge(report.analysis, self.settings, self.baseline, datetime.now(UTC).date())
        if self.dive is not None:
            verdict = replace(verdict, dive=dive_verdict(report.analysis.dive, self.dive))
            for note in self.dive.notes:
                narrator.tell(f"layerlens: {escape(note)}")
        return replace(report, verdict=verdict)

    def tell(self, report: Report, narrator: Narrator, *, data_on_stdout: bool) -> int:
        """Print the verdict, to stderr where stdout has data; gives the exit code."""
        from layerlens.outputs.verdict import write_verdict

        assert report.verdict is not None
        with stdout_guarded():
            write_verdict(report, sys.stderr if data_on_stdout else sys.stdout)
        if report.verdict.passed or self.exit_zero:
            return ExitCode.OK
        return ExitCode.GATE_FAILED


def prepare(arguments: argparse.Namespace) -> Gating:
    """Everything before the image is read: what is wrong is told at once.

    Raises :class:`UsageError` for settings, ``.dive-ci`` and baselines that cannot be used.
    """
    dive = dive_settings(arguments)
    return Gating(
        # Who brings dive's limits did not ask for ours.
        settings=gate_settings(arguments, settings_of(arguments), with_defaults=dive is None),
        baseline=None,
        dive=dive,
        exit_zero=bool(arguments.exit_zero),
    )
