"""Figures of another build to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from layerlens.analysis.rules.identity import FindingKey
from layerlens.gate.catalogue import Gate
from layerlens.gate.model import BaselineFacts


class Baseline(Protocol):
    """What gates ask of a baseline, be it an image, a saved analysis or recorded figures."""

    @property
    def facts(self) -> BaselineFacts:
        """What it is, for people."""

    @property
    def findings(self) -> Sequence[FindingKey] | None:
        """Its findings; ``None`` where rules did not run."""

    def value(self, gate: Gate, subject: str) -> float | None:
        """Its figure for a gate, ``None`` where it has none."""
