"""GitLab's code quality report: a list of problems at places, as merge requests show it.

Fields are those of GitLab's documentation ("Code Quality report format").
Fingerprints leave lines and figures out, so that a problem stays the same one from
build to build.  What ignores hide is left out: the format has no word for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from layerlens.analysis.rules.model import Severity
from layerlens.outputs.json_text import encoded, write_rows
from layerlens.outputs.problems import MOST, Problem, place, problems
from layerlens.outputs.report import Report

_SEVERITIES = {
    Severity.INFO: "info",
    Severity.LOW: "minor",
    Severity.MEDIUM: "major",
    Severity.HIGH: "critical",
    Severity.CRITICAL: "blocker",
}


def write_code_quality(report: Report, stream: BinaryIO) -> None:
    """Write the list, a problem on each line; the same report gives the same bytes."""
    told = (problem for problem in problems(report) if problem.suppressed is None)
    write_rows(stream, _rows(report, islice(told, MOST)), 0)
    stream.write(b"\n")


def _rows(report: Report, told: Iterator[Problem]) -> Iterator[str]:
    for problem in told:
        yield encoded(issue(report, problem))


def issue(report: Report, problem: Problem) -> dict[str, Any]:
    """One problem."""
    where = place(report, problem)
    return {
        "description": problem.heading,
        "check_name": problem.check,
        "fingerprint": problem.fingerprint,
        "severity": _SEVERITIES[problem.severity],
        "location": {"path": where.path, "lines": {"begin": where.line}},
    }
