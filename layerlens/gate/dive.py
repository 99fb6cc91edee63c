"""What dive 0.13.1 says in its CI mode, by its own figures."""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.analysis.model import DiveFigures
from layerlens.gate.model import DiveVerdict


@dataclass(frozen=True, slots=True)
class DiveLimit:
    """What one of dive's rules is set to, and where that was found."""

    text: str
    origin: str


@dataclass(frozen=True, slots=True)
class DiveSettings:
    """dive's three rules as its configuration sets them, each as text."""

    lowest_efficiency: DiveLimit
    highest_wasted_bytes: DiveLimit
    highest_user_wasted_percent: DiveLimit


def dive_verdict(figures: DiveFigures, settings: DiveSettings) -> DiveVerdict:
    """Dive's verdict."""
    raise NotImplementedError
