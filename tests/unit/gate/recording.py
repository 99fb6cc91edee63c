"""Baselines made by hand, for tests of gates."""

from __future__ import annotations

from typing import Any

from layerlens.analysis.rules.identity import FindingKey
from layerlens.analysis.rules.model import Severity
from layerlens.gate.baseline import BaselineImage, Figures, RecordedBaseline
from layerlens.gate.catalogue import BY_ID
from layerlens.gate.limits import parse_limit
from layerlens.gate.model import Demand

WRITTEN = 1_750_000_000.0
"""June 15, 2025."""

IMAGE = BaselineImage(
    "shop:1", f"sha256:{'1' * 64}", f"sha256:{'2' * 64}", "linux/amd64", "abc1234"
)
FIGURES: Figures = {
    ("max-size", ""): 1_000_000.0,
    ("lowest-efficiency", ""): 0.9,
    ("max-layers", ""): 4.0,
    ("max-waste", "deleted"): 5_000.0,
    ("max-waste", "type-changed"): 0.0,
    ("max-findings", "high"): 1.0,
}
FINDINGS = (
    FindingKey("apt-lists", "var/lib/apt/lists", Severity.LOW),
    FindingKey("root-user", "", Severity.HIGH),
)


def baseline(**changes: Any) -> RecordedBaseline:
    """A baseline with some of its fields changed."""
    given: dict[str, Any] = {
        "origin": "b.json", "image": IMAGE, "figures": FIGURES, "findings": FINDINGS,
        "made": WRITTEN, "revision": "f" * 40, "version": "1.2.3",
    }  # fmt: skip
    return RecordedBaseline(**given | changes)


def demand(gate: str, limit: str, subject: str = "") -> Demand:
    """A demand as settings make it."""
    found = BY_ID[gate]
    return Demand(found, parse_limit(limit, found.unit, at_least=found.at_least), subject, "test")
