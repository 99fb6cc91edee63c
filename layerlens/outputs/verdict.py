"""The verdict of gates as a table for people."""

from __future__ import annotations

from typing import TextIO

from layerlens.outputs.report import Report


def write_verdict(
    report: Report, stream: TextIO, *, width: int = 100, colour: bool = False
) -> None:
    """Each gate, what was measured, the limit, the outcome; then the worst offenders."""
    raise NotImplementedError
