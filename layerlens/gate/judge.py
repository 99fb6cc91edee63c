"""From demands to a verdict."""

from __future__ import annotations

from datetime import date

from layerlens.analysis.model import Analysis
from layerlens.gate.baseline import Baseline
from layerlens.gate.model import GateSettings, Verdict


def judge(
    analysis: Analysis, settings: GateSettings, baseline: Baseline | None, today: date
) -> Verdict:
    """Measure what is demanded, and hold it against the limits.

    ``today`` decides which ignores have expired.
    """
    raise NotImplementedError
