"""What the page's first view says beyond the document: what to mend first, and how a verdict is put."""

from __future__ import annotations

from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.gate.wording import measured_text, title
from layerlens.outputs.display import encodable
from layerlens.outputs.report import Report
from layerlens.outputs.verdict_words import (
    baseline_words,
    bound_sign,
    ending,
    ignore_words,
    limit_words,
)

Json = dict[str, Any]

FIXES = 5
"""Fixes that are shown."""


def overview(report: Report) -> Json:
    """``fixes``: what to mend first (see :func:`best_fixes`), by its index in the findings.

    ``savings``: what all advice saves without what the verdict ignores, ``None`` where
    the document's figures are that already.  ``verdict``: its words.
    """
    analysis, verdict = report.analysis, report.verdict
    ignored = frozenset() if verdict is None else verdict.ignored
    return {
        "fixes": best_fixes(analysis, ignored),
        "savings": _savings(analysis, ignored) if ignored else None,
        "verdict": None if verdict is None else verdict_words(verdict),
    }


def best_fixes(analysis: Analysis, ignored: frozenset[int] = frozenset()) -> list[int]:
    """The findings that save most: one's own first, then the base's, each by saving.

    Only plain advice counts: an alternative, a trade-off or a hint is no fix to be told
    without its other side.  The best of one's own is always among them: what a base brought
    is only mended by whoever builds that, or by another base.
    """
    advised = {id(finding) for finding in analysis.advised}
    found = [
        at
        for at, finding in enumerate(analysis.findings)
        if id(finding) in advised and finding.bytes and at not in ignored
    ]
    found.sort(key=lambda at: -analysis.findings[at].bytes)
    own = [at for at in found if not analysis.findings[at].is_base]
    best = found[:FIXES]
    if own and own[0] not in best:
        best[-1] = own[0]
    return sorted(best, key=lambda at: analysis.findings[at].is_base)


def _savings(analysis: Analysis, ignored: frozenset[int]) -> Json | None:
    if analysis.judged is None:
        return None
    hidden = {id(finding) for at, finding in enumerate(analysis.findings) if at in ignored}
    what = analysis.what_if(each for each in analysis.advised if id(each) not in hidden)
    return {
        "bytes": what.saved_bytes,
        "transfer_bytes": what.transfer_saved_bytes,
        "total_bytes": what.total_bytes,
    }


def verdict_words(verdict: Verdict) -> Json:
    """How the text summary puts it; ``gates`` and ``ignores`` in the document's order."""
    return {
        "ending": ending(verdict),
        "gates": [
            {
                "title": encodable(title(ruling.demand)),
                "measured": measured_text(ruling),
                "limit": encodable(f"{bound_sign(ruling)} {limit_words(ruling)}".strip()),
            }
            for ruling in verdict.rulings
        ],
        "ignores": [encodable(ignore_words(ruling)) for ruling in verdict.ignores],
        "baseline": (
            None if verdict.baseline is None else encodable(baseline_words(verdict.baseline))
        ),
    }
