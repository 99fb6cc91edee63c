"""SARIF 2.1.0, for code scanning: rules, results, and what was left out.

After the OASIS standard, and what GitHub asks for beyond it: every result has a file,
no run more than 5,000 results, and a security severity stands only where it means one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from layerlens import __version__
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Rule, Severity, Topic
from layerlens.gate.catalogue import BY_ID
from layerlens.gate.model import Outcome
from layerlens.outputs.display import escape
from layerlens.outputs.json_text import encoded, member, tame, write_rows
from layerlens.outputs.problems import (
    MOST,
    Problem,
    clipped,
    clipped_path,
    image_name,
    place,
    problems,
)
from layerlens.outputs.report import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""Where editors look for the schema; GitHub's examples name the same."""

Json = dict[str, Any]

_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
_PRECISION = {
    Confidence.CERTAIN: "very-high",
    Confidence.LIKELY: "high",
    Confidence.HINT: "low",
}
_SECURITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.5",
    Severity.INFO: "0.5",
}
"""One figure inside each of GitHub's ranges (critical from 9.0, high 7.0, medium 4.0)."""

_ADDRESS = re.compile(r"https?://[^\s<>\"'(),]+")
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_PATHS = 10


def write_sarif(report: Report, stream: BinaryIO) -> None:
    """Write one run in ASCII, a result on each line; the same report gives the same bytes."""
    told = problems(report)
    kept = told[:MOST]
    rules = {problem.check: k for k, problem in enumerate({p.check: p for p in kept}.values())}
    marked = any(problem.suppressed is not None for problem in kept)

    def out(text: str) -> None:
        stream.write(tame(text).encode())

    out(f'{{\n  "$schema": {encoded(SCHEMA)},\n  "version": "2.1.0",\n  "runs": [\n    {{\n')
    for key, value in {
        "tool": {"driver": driver(kept)},
        "invocations": [invocation(report, len(told) - len(kept))],
        "columnKind": "unicodeCodePoints",
        "properties": run_properties(report),
    }.items():
        out(f"{member(key, value, 3)},\n")
    out('      "results": ')
    write_rows(
        stream,
        (encoded(result(report, each, rules[each.check], marked=marked)) for each in kept),
        3,
    )
    out("\n    }\n  ]\n}\n")


# ------------------------------------------------------------------------------------- rules


def driver(told: Sequence[Problem]) -> Json:
    """The tool, and each rule that has a result."""
    by_check: dict[str, list[Problem]] = {}
    for problem in told:
        by_check.setdefault(problem.check, []).append(problem)
    return {
        "name": "LayerLens",
        "version": __version__,
        "semanticVersion": __version__,
        "rules": [descriptor(check, found) for check, found in by_check.items()],
    }


def descriptor(check: str, found: Sequence[Problem]) -> Json:
    """One rule.  ``found`` are its results: where bytes decide, the worst is its severity."""
    worst = max(problem.severity for problem in found)
    finding = found[0].finding
    if finding is None:
        return _gate_descriptor(check, worst)
    rule = finding.rule
    security = rule.topic in (Topic.SECRETS, Topic.POSTURE)
    severity = worst if rule.severity is None else rule.severity
    properties: Json = {
        "tags": ["container-image", rule.topic.value, *(["security"] if security else [])],
        "precision": _PRECISION[rule.confidence],
    }
    if security:
        properties["security-severity"] = _SECURITY[severity]
    else:
        properties["problem.severity"] = _problem_severity(severity)
    made = {
        "id": escape(rule.id),
        "shortDescription": {"text": _literal(escape(rule.title))},
        "fullDescription": {"text": _literal(escape(rule.why))},
        "help": {"text": _literal(_help_text(rule)), "markdown": _literal(_help_markdown(rule))},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": properties,
    }
    address = _ADDRESS.search(rule.source)
    if address is not None:
        made["helpUri"] = escape(address[0].rstrip(".;"), ascii_only=True)
    return made


def _gate_descriptor(check: str, worst: Severity) -> Json:
    kind, _, name = check.partition("/")
    gate = BY_ID.get(name) if kind == "gate" else None
    if gate is not None:
        short, long = f"limit on {gate.title}", f"{gate.help[:1].upper()}{gate.help[1:]}."
        text = f"The limit is set by --{gate.id}, {gate.variable}, or in [ci] of .layerlens.toml."
    elif kind == "dive":
        short, long = f"dive's rule {name}", "A rule of dive, by dive's own figures."
        text = "The limit is set in .dive-ci, or by dive's flags."
    else:
        short = "ignores that nothing needs"
        long = "An ignore that has expired or hides nothing covers up what comes next."
        text = "Take it out of the settings, or set a later day."
    return {
        "id": check,
        "shortDescription": {"text": _literal(short)},
        "fullDescription": {"text": _literal(long)},
        "help": {"text": _literal(text), "markdown": _literal(text)},
        "defaultConfiguration": {"level": _LEVELS[worst]},
        "properties": {
            "tags": ["container-image", "gate"],
            "precision": "very-high",
            "problem.severity": _problem_severity(worst),
        },
    }


def _problem_severity(severity: Severity) -> str:
    """GitHub's words for what is no security problem."""
    level = _LEVELS[severity]
    return "recommendation" if level == "note" else level


def _help_text(rule: Rule) -> str:
    parts = [escape(rule.why), "Fix:\n" + "\n".join(escape(line) for line in _fix(rule))]
    if rule.trade_off:
        parts.append(f"At the price: {escape(rule.trade_off)}")
    if rule.also:
        parts.append(f"Also known as {', '.join(escape(name) for name in rule.also)}.")
    return "\n\n".join(parts)


def _help_markdown(rule: Rule) -> str:
    """The same with the fix as code.  Rules of others may hold anything: no markup of theirs."""
    lines = [escape(line).replace("```", "'''") for line in _fix(rule)]
    parts = [_plain(rule.why), "\n".join(("**Fix**", "", "```dockerfile", *lines, "```"))]
    if rule.trade_off:
        parts.append(f"**At the price:** {_plain(rule.trade_off)}")
    if rule.also:
        parts.append(f"Also known as {', '.join(_plain(name) for name in rule.also)}.")
    return "\n\n".join(parts)


def _fix(rule: Rule) -> list[str]:
    """A rule's fix, names in angles where findings fill something in."""
    from layerlens.outputs.rules import shown_fix

    return shown_fix(rule).split("\n")


def _plain(text: str) -> str:
    """A text in which Markdown finds nothing to do."""
    return re.sub(r"([\\`*_\[\]<>#|!~])", r"\\\1", escape(text))


def _literal(text: str) -> str:
    """A message that stands for itself.

    Digits in braces are placeholders (3.11.5), and brackets before parentheses a link
    (3.11.6).  Braces with anything else in them are left alone, although the standard
    would have all of them doubled: GitHub shows doubled ones as they stand.
    """
    return _PLACEHOLDER.sub(r"{{\1}}", text).replace("](", "] (")


# ----------------------------------------------------------------------------------- results


def result(report: Report, problem: Problem, index: int, *, marked: bool) -> Json:
    """One result.  ``marked`` where some are suppressed: then all say whether they are."""
    made: Json = {
        "ruleId": problem.check,
        "ruleIndex": index,
        "level": _LEVELS[problem.severity],
        "message": {"text": _literal(problem.text)},
        "locations": [location(report, problem)],
        "partialFingerprints": {
            # The one that GitHub goes by.
            "primaryLocationLineHash": f"{problem.fingerprint}:1",
            "layerlens/v1": problem.fingerprint,
        },
    }
    if problem.finding is not None:
        made["properties"] = _finding_properties(problem.finding)
    if marked:
        made["suppressions"] = (
            []
            if problem.suppressed is None
            else [
                {
                    "kind": "external",
                    "status": "accepted",
                    "justification": problem.suppressed,
                }
            ]
        )
    return made


def location(report: Report, problem: Problem) -> Json:
    """A file and a line, and where in the image that is."""
    where = place(report, problem)
    artifact: Json = {"uri": where.uri}
    if where.relative:
        artifact["uriBaseId"] = "%SRCROOT%"
    made: Json = {
        "physicalLocation": {
            "artifactLocation": artifact,
            "region": {"startLine": where.line},
        }
    }
    inside = [*_logical(problem.finding)] if problem.finding is not None else []
    if inside:
        made["logicalLocations"] = inside
    return made


def _logical(finding: Finding) -> Iterator[Json]:
    if finding.layer is not None:
        name = f"layer {finding.layer}"
        yield {"name": name, "fullyQualifiedName": name, "kind": "layer"}
    for path in finding.paths[:_PATHS]:
        whole = f"/{clipped_path(path)}"
        name = whole.rsplit("/", 1)[-1] or whole
        yield {"name": name, "fullyQualifiedName": whole, "kind": "path"}


def _finding_properties(finding: Finding) -> Json:
    return {
        "severity": finding.severity.word,
        "confidence": finding.confidence.value,
        "bytes": finding.bytes,
        "transferBytes": finding.transfer_bytes,
        "layer": finding.layer,
        "base": finding.is_base,
        "paths": finding.path_count,
    }


# --------------------------------------------------------------------------------------- run


def invocation(report: Report, left_out: int) -> Json:
    """How it went: what was left out, and which gates could not be judged."""
    notes: list[Json] = []
    if left_out:
        text = f"{left_out:,} results are left out: no more than {MOST:,} fit"
        notes.append(_notification("results-left-out", "warning", text))
    verdict = report.verdict
    for ruling in () if verdict is None else verdict.rulings:
        if ruling.outcome is Outcome.SKIP:
            subject = clipped(f" {ruling.demand.subject}", 120) if ruling.demand.subject else ""
            text = f"{ruling.demand.gate.id}{subject}: {clipped(ruling.message, 500)}"
            notes.append(_notification("gate-skipped", "note", text))
    made: Json = {"executionSuccessful": True}
    if notes:
        made["toolExecutionNotifications"] = notes
    return made


def _notification(name: str, level: str, text: str) -> Json:
    return {"descriptor": {"id": name}, "level": level, "message": {"text": _literal(text)}}


def run_properties(report: Report) -> Json:
    """The image and its figures."""
    image, scores = report.analysis.image, report.analysis.scores
    made: Json = {
        "image": image_name(report.analysis),
        "imageDigest": None if image.digest is None else str(image.digest),
        "totalBytes": scores.total_bytes,
        "deadBytes": scores.dead_bytes,
        "efficiency": scores.efficiency,
        "leanScore": scores.lean_score,
    }
    if report.verdict is not None:
        made["outcome"] = report.verdict.outcome.value
    return made
