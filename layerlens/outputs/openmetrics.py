"""Figures as OpenMetrics text, for GitLab's metrics reports and for Prometheus.

GitLab shows a sample's whole label set as its name and compares by it, so labels
are few, and the same from build to build: no image, no digest, and every class of
the ledger, those without bytes too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.filesystem.changes import Cause
from layerlens.gate.model import Outcome, Verdict
from layerlens.outputs.problems import clipped
from layerlens.outputs.report import Report

_PREFIX = "layerlens_"


@dataclass(frozen=True, slots=True)
class Family:
    """One metric family of type gauge; ``unit`` ends its name, or is ``""``."""

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]
    unit: str = ""


def write_openmetrics(report: Report, stream: BinaryIO) -> None:
    """Write the document in UTF-8; the same report gives the same bytes."""
    lines = [line for family in families(report) for line in _lines(family)]
    stream.write("\n".join((*lines, "# EOF\n")).encode())


def families(report: Report) -> list[Family]:
    """All families that there is something to say in."""
    found = [*_figures(report.analysis), _ledger(report.analysis)]
    if report.analysis.judged is not None:
        found.append(_findings(report))
    if report.verdict is not None:
        found += _gates(report.verdict)
    return [family for family in found if family.samples]


def _one(name: str, text: str, value: float | None, unit: str = "") -> Family:
    known = value is not None and math.isfinite(value)
    return Family(name, text, (({}, value),) if known and value is not None else (), unit)


def _figures(analysis: Analysis) -> Iterator[Family]:
    scores, image = analysis.scores, analysis.image
    ruled = analysis.judged is not None
    yield _one("size_bytes", "Content bytes of all layers.", scores.total_bytes, "bytes")
    yield _one(
        "transfer_bytes", "Stored bytes of all layers, which a pull moves.",
        image.compressed_size, "bytes",
    )  # fmt: skip
    yield _one("live_bytes", "Bytes in the final filesystem.", scores.live_bytes, "bytes")
    yield _one("dead_bytes", "Bytes that ship and cannot be seen.", scores.dead_bytes, "bytes")
    yield _one(
        "removable_bytes", "Live bytes that findings say need not be there.",
        scores.removable_bytes if ruled else None, "bytes",
    )  # fmt: skip
    yield _one("efficiency_ratio", "Live bytes of all.", scores.efficiency, "ratio")
    yield _one(
        "lean_score_ratio", "Bytes neither dead nor removable of all.",
        scores.lean_score if ruled else None, "ratio",
    )  # fmt: skip
    yield _one(
        "user_wasted_ratio", "Wasted bytes of your layers, of all that these ship.",
        scores.user_wasted_percent / 100, "ratio",
    )  # fmt: skip
    yield _one("layers", "Layers.", len(analysis.layers))
    yield _one("files", "Names in the final filesystem, without directories.", image.file_count)


def _ledger(analysis: Analysis) -> Family:
    rows = {(row.kind, row.name): row.bytes for row in analysis.ledger}
    keys = [("kept", "live"), *(("dead", cause.word) for cause in Cause)]
    if analysis.judged is not None:
        keys += [("removable", each.value) for each in LedgerClass]
    return Family(
        "ledger_bytes",
        "Every byte of every layer in one class.",
        tuple(({"kind": kind, "class": name}, rows.get((kind, name), 0)) for kind, name in keys),
        "bytes",
    )


def _findings(report: Report) -> Family:
    hidden = frozenset() if report.verdict is None else report.verdict.ignored
    counts = Counter(
        finding.severity for k, finding in enumerate(report.analysis.findings) if k not in hidden
    )
    return Family(
        "findings",
        "Findings that no ignore hides.",
        tuple(({"severity": each.word}, counts[each]) for each in reversed(Severity)),
    )


def _gates(verdict: Verdict) -> Iterator[Family]:
    """Of several limits of one gate, the worst outcome counts; what was skipped has none."""
    worst: dict[tuple[str, str], bool] = {}
    for ruling in verdict.rulings:
        if ruling.outcome is not Outcome.SKIP:
            key = ruling.demand.gate.id, clipped(ruling.demand.subject, 120)
            worst[key] = worst.get(key, True) and ruling.outcome is not Outcome.FAIL
    for each in () if verdict.dive is None else verdict.dive.rulings:
        if each.status != "skip":
            worst[f"dive/{clipped(each.rule, 80)}", ""] = each.status == "pass"
    yield Family(
        "gate_passed",
        "Whether a gate lets the image pass; warnings do.",
        tuple(
            ({"gate": gate, **({"subject": subject} if subject else {})}, int(passed))
            for (gate, subject), passed in worst.items()
        ),
    )
    yield _one("passed", "Whether the image may pass.", int(verdict.passed))


def _lines(family: Family) -> Iterator[str]:
    name = _PREFIX + family.name
    yield f"# TYPE {name} gauge"
    if family.unit:
        yield f"# UNIT {name} {family.unit}"
    yield f"# HELP {name} {_escaped(family.help)}"
    for labels, value in family.samples:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"{name}{{{inside}}} {value!r}" if inside else f"{name} {value!r}"


def _escaped(text: str) -> str:
    """Backslash, quote and line feed, as the format's ABNF has them."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
