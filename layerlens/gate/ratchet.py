"""A baseline that only ever tightens."""

from __future__ import annotations

from dataclasses import replace

from layerlens.analysis.rules.identity import FindingKey, match_findings
from layerlens.gate.baseline import RecordedBaseline, order
from layerlens.gate.catalogue import BY_ID


def tightened(old: RecordedBaseline, now: RecordedBaseline) -> RecordedBaseline:
    """What ``now`` says, with the better of both figures and without new findings.

    A figure that one of them lacks is the other's: what could not be measured this
    time is not forgotten.  A finding that both have keeps the lower severity.
    """
    figures = dict(old.figures) | dict(now.figures)
    for key in old.figures.keys() & now.figures.keys():
        gate = BY_ID.get(key[0])
        better = max if gate is not None and gate.at_least else min
        figures[key] = better(old.figures[key], now.figures[key])
    return replace(now, figures=figures, findings=_kept(old.findings, now.findings))


def _kept(
    old: tuple[FindingKey, ...] | None, now: tuple[FindingKey, ...] | None
) -> tuple[FindingKey, ...] | None:
    if old is None or now is None:
        return old if now is None else now
    # Sorted, so that of findings that look alike the mild are paired with the mild.
    before, after = sorted(old, key=order), sorted(now, key=order)
    kept = [
        replace(after[n], severity=min(before[k].severity, after[n].severity))
        for k, n in match_findings(before, after).kept
    ]
    return tuple(sorted(kept, key=order))
