"""What GitHub's runner takes from a step: annotations, a summary, and values for later steps.

Workflow commands and their escapes: actions/runner, ``src/Runner.Common/ActionCommand.cs``;
files that a step may append to: https://docs.github.com/actions/reference/workflow-commands.
Gitea's and Forgejo's runners follow the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from layerlens.analysis.rules.model import Severity
from layerlens.gate.model import Outcome
from layerlens.outputs.display import escape
from layerlens.outputs.markdown import SUMMARY, markdown
from layerlens.outputs.problems import Problem, clipped, problems
from layerlens.outputs.report import Report

ANNOTATIONS = 10
"""The most that GitHub shows of one step."""

SUMMARY_BYTES = 1024 * 1024
"""Of all that a step has written to its summary; of a larger file nothing is shown."""

_DETAILS = 12
"""Lines of an annotation below its title."""


def annotate(report: Report) -> list[str]:
    """The worst ten problems as workflow commands, a line each, without line ends.

    Gates that fail come first, then those that warn, then findings above low, each
    by severity and saving; what ignores hide is left out.
    """
    told = [
        each
        for each in problems(report)
        if each.suppressed is None and (each.finding is None or each.severity > Severity.LOW)
    ]
    told.sort(key=_rank)
    return [_annotation(problem, report.dockerfile) for problem in told[:ANNOTATIONS]]


def _rank(problem: Problem) -> tuple[bool, int, int]:
    size = 0 if problem.finding is None else problem.finding.bytes
    return problem.finding is not None, -problem.severity, -size


def _annotation(problem: Problem, dockerfile: str | None) -> str:
    """Gates that fail are errors; what only might be better is a warning."""
    fails = problem.finding is None and problem.severity >= Severity.HIGH
    title = "LayerLens: " + problem.check
    if problem.subject and problem.finding is None:
        title += f" {problem.subject}"
    properties = [("title", clipped(title, 200))]
    if dockerfile is not None and problem.line is not None:
        properties = [("file", dockerfile), ("line", str(problem.line)), *properties]
    message = "\n".join((problem.title, *problem.details[:_DETAILS]))
    return command(properties, message, fails=fails)


def command(properties: Sequence[tuple[str, str]], message: str, *, fails: bool) -> str:
    """One annotation: an error, or a warning."""
    shown = ",".join(f"{name}={_property(value)}" for name, value in properties)
    return f"::{'error' if fails else 'warning'} {shown}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(escape(text)).replace(":", "%3A").replace(",", "%2C")


def step_summary(report: Report, held: int) -> str | None:
    """The page for a step's summary, which holds so many bytes already.

    ``None`` where it is full.
    """
    return markdown(report, SUMMARY, SUMMARY_BYTES - held - 2)


def delimited(values: Iterable[tuple[str, str]], delimiter: str) -> str:
    """Values for later steps, names with texts of one line, as ``GITHUB_OUTPUT`` takes them.

    ``delimiter`` must be one that nobody can guess.
    """
    return "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values)


def step_values(report: Report) -> Iterator[tuple[str, str]]:
    """Values for later steps: names and texts, bytes where it is sizes; empty: not known."""
    analysis, verdict = report.analysis, report.verdict
    image, scores = analysis.image, analysis.scores
    if verdict is not None:
        outcomes = [ruling.outcome for ruling in verdict.rulings]
        yield "passed", "true" if verdict.passed else "false"
        yield "outcome", verdict.outcome.value
        yield "failed_gates", str(outcomes.count(Outcome.FAIL))
        yield "warned_gates", str(outcomes.count(Outcome.WARN))
    yield "image", clipped(image.reference)
    yield "digest", str(image.digest or image.id or "")
    yield "size", str(scores.total_bytes)
    yield "transfer_size", _transfer(report)
    yield "wasted_bytes", str(scores.dead_bytes)
    yield "removable_bytes", "" if analysis.judged is None else str(scores.removable_bytes)
    yield "efficiency", f"{scores.efficiency:.6f}"
    yield "lean_score", "" if analysis.judged is None else f"{scores.lean_score:.6f}"
    yield "user_wasted_percent", f"{scores.user_wasted_percent:.4f}"
    yield "layers", str(len(analysis.layers))
    yield "findings", "" if analysis.judged is None else str(len(analysis.findings))


def _transfer(report: Report) -> str:
    for row in report.analysis.sizes:
        if row.meter == "transfer" and row.bytes is not None:
            return str(row.bytes)
    return ""
