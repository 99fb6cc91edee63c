"""JUnit XML: gates, dive's rules and findings as test cases.

The form is that of Jenkins' xUnit plugin (``junit-10.xsd``), which GitLab, Azure
and CircleCI read as well.  Times and host names, which other descriptions ask for,
are left out: the same image gives the same bytes.

Only gates fail.  Findings are for information: they pass, and have their text as
output; those that ignores hide are skipped, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO
from xml.sax.saxutils import escape as markup
from xml.sax.saxutils import quoteattr

from layerlens.analysis.rules.model import Severity
from layerlens.gate.limits import Level
from layerlens.gate.model import DiveVerdict, Outcome, Ruling, Verdict
from layerlens.outputs.problems import (
    MOST,
    Problem,
    clipped,
    dive_message,
    finding_problems,
    idle_message,
    ignore_name,
    image_name,
    offender_lines,
)
from layerlens.outputs.report import Report

_OFFENDERS = 10


@dataclass(frozen=True, slots=True)
class Case:
    """One test case; ``result`` is failure, skipped or ``""`` where it passes."""

    group: str
    name: str
    result: str = ""
    message: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """A named list of cases, whose names are all different."""

    name: str
    cases: tuple[Case, ...]

    def count(self, result: str) -> int:
        return sum(case.result == result for case in self.cases)


def write_junit(report: Report, stream: BinaryIO) -> None:
    """Write the document in UTF-8; the same report gives the same bytes."""
    found = suites(report)
    tests = sum(len(suite.cases) for suite in found)
    failures = sum(suite.count("failure") for suite in found)
    name = _attribute(f"layerlens {image_name(report.analysis)}")
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name={name} tests="{tests}" failures="{failures}" errors="0">',
    ]
    for suite in found:
        out += _suite_lines(suite)
    out.append("</testsuites>\n")
    stream.write("\n".join(out).encode())


def suites(report: Report) -> list[Suite]:
    """The suites that there is something to say in; always one, with a case at least.

    Jenkins takes a document without any test case for a broken build.
    """
    verdict, found = report.verdict, []
    if verdict is not None:
        found.append(Suite("gates", _named([*_gate_cases(verdict)])))
        if verdict.dive is not None:
            found.append(Suite("dive", _named([*_dive_cases(verdict.dive)])))
    if report.analysis.judged is not None:
        found.append(Suite("findings", _named([*_finding_cases(report)])))
    found = [suite for suite in found if suite.cases]
    return found or [Suite("image", (Case("image", "was read"),))]


def _named(cases: list[Case]) -> tuple[Case, ...]:
    """The same, numbered where names are the same: histories go by names."""
    seen = Counter[tuple[str, str]]()
    found = []
    for case in cases:
        key = case.group, case.name
        seen[key] += 1
        number = f" #{seen[key]}" if seen[key] > 1 else ""
        found.append(Case(case.group, case.name + number, case.result, case.message, case.text))
    return tuple(found)


def _gate_cases(verdict: Verdict) -> Iterator[Case]:
    for ruling in verdict.rulings:
        name = f"{ruling.demand.gate.id} {clipped(ruling.demand.subject, 120)}".rstrip()
        if ruling.demand.limit.level is Level.WARN:
            name += " (warns)"
        yield _gate_case(name, ruling)
    for idle in verdict.idle_ignores:
        message = idle_message(idle)
        name = f"ignore {ignore_name(idle.ignore)}"
        if verdict.strict:
            yield Case("gate", name, "failure", message, clipped(idle.ignore.reason))
        else:
            yield Case("gate", name, text=f"warning: {message}")


def _gate_case(name: str, ruling: Ruling) -> Case:
    message = clipped(ruling.message, 500)
    if ruling.outcome is Outcome.SKIP:
        return Case("gate", name, "skipped", message)
    lines = [line for each in ruling.offenders[:_OFFENDERS] for line in offender_lines(each)]
    if ruling.outcome is Outcome.FAIL:
        return Case("gate", name, "failure", message, "\n".join(lines))
    warns = "warning: " if ruling.outcome is Outcome.WARN else ""
    return Case("gate", name, text="\n".join((warns + message, *lines)))


def _dive_cases(verdict: DiveVerdict) -> Iterator[Case]:
    for each in verdict.rulings:
        result = {"pass": "", "skip": "skipped"}.get(each.status, "failure")
        message = dive_message(each)
        name = clipped(each.rule, 80)
        if not result:
            yield Case("dive", name, text=message)
            continue
        lines = verdict.offenders[:_OFFENDERS] if each.status == "fail" else ()
        text = "\n".join(line for offender in lines for line in offender_lines(offender))
        yield Case("dive", name, result, message, text)


def _finding_cases(report: Report) -> Iterator[Case]:
    told = [p for p in finding_problems(report) if p.severity > Severity.INFO]
    for problem in islice(told, MOST):
        yield _finding_case(problem)
    if len(told) > MOST:
        yield Case("findings", "and more", text=f"{len(told) - MOST:,} more findings: see --json")
    if not told:
        yield Case("findings", "nothing above info")


def _finding_case(problem: Problem) -> Case:
    assert problem.finding is not None
    group = f"findings.{problem.finding.rule.topic.value}"
    name = f"{problem.check} in /{problem.subject}" if problem.subject else problem.check
    text = f"{problem.severity.word}: {problem.text}"
    if problem.suppressed is not None:
        return Case(group, name, "skipped", f"ignored: {problem.suppressed}", text)
    return Case(group, name, text=text)


# --------------------------------------------------------------------------------------- xml


def _suite_lines(suite: Suite) -> Iterator[str]:
    yield (
        f'  <testsuite name={_attribute(suite.name)} tests="{len(suite.cases)}"'
        f' failures="{suite.count("failure")}" errors="0" skipped="{suite.count("skipped")}">'
    )
    for case in suite.cases:
        head = (
            f"    <testcase classname={_attribute(f'layerlens.{case.group}')}"
            f" name={_attribute(case.name)}"
        )
        if not (case.result or case.text):
            yield f"{head}/>"
            continue
        yield f"{head}>"
        text = _text(case.text)
        if case.result == "failure":
            yield f'      <failure type="gate" message={_attribute(case.message)}>{text}</failure>'
        elif case.result:
            yield f"      <skipped message={_attribute(case.message)}/>"
        if case.text and case.result != "failure":
            yield f"      <system-out>{text}</system-out>"
        yield "    </testcase>"
    yield "  </testsuite>"


def _text(text: str) -> str:
    """Escaped lines as character data."""
    return _legal(markup(text))


def _attribute(text: str) -> str:
    return _legal(quoteattr(text))


def _legal(text: str) -> str:
    """Of what XML 1.0 forbids (2.2) only two characters that are none are left by now."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
