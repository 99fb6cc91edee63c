"""Findings as JSON, and as a section of the text summary.

Only :func:`finding_fields` and :func:`savings_fields` are used without rich.
"""

from __future__ import annotations

from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.outputs.display import encodable, name_fields

Json = dict[str, Any]


def finding_fields(finding: Finding, *, ignored: bool = False) -> Json:
    """One row of ``findings``; ``ignored`` where a verdict does not count it."""
    rule = finding.rule
    return {
        "rule": rule.id,
        "severity": finding.severity.word,
        "confidence": finding.confidence.value,
        "topic": rule.topic.value,
        "title": encodable(finding.title),
        "bytes": finding.bytes,
        "transfer_bytes": finding.transfer_bytes,
        "claimed_bytes": finding.claimed,
        "class": None if rule.ledger_class is None else rule.ledger_class.value,
        "layer": finding.layer,
        "line": finding.line,
        "base": finding.is_base,
        "instruction": encodable(finding.instruction) or None,
        "paths": [name_fields("path", path)["path"] for path in finding.paths],
        "path_count": finding.path_count,
        "evidence": [encodable(line) for line in finding.evidence],
        "fix": encodable(finding.fix) or None,
        "trade_off": rule.trade_off or None,
        "alternative": rule.alternative,
        "also": list(rule.also),
        "also_matched_by": list(finding.overlaps),
        "ignored": ignored,
    }


def savings_fields(analysis: Analysis) -> Json | None:
    """``savings``: the image as it would be with all advice followed."""
    if analysis.judged is None:
        return None
    what = analysis.what_if(analysis.advised)
    return {
        "bytes": what.saved_bytes,
        "transfer_bytes": what.transfer_saved_bytes,
        "total_bytes": what.total_bytes,
        "efficiency": what.efficiency,
        "lean_score": what.lean_score,
    }
