"""What people should know of a baseline before they trust the comparison with it."""

from __future__ import annotations

from collections.abc import Sequence

from layerlens import __version__
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.identity import FindingKey, key_of, match_findings
from layerlens.errors import UsageError
from layerlens.gate.baseline import RecordedBaseline, image_of
from layerlens.gate.catalogue import Gate
from layerlens.gate.limits import Unit, parse_limit
from layerlens.gate.model import Demand, Outcome, Ruling
from layerlens.image.manifest import normalise_platform, parse_platform
from layerlens.image.model import Platform

STALE_DAYS = 90
"""A baseline older than this is told: what has crept in since is in no single change."""

_DAY = 86_400


def baseline_notes(
    analysis: Analysis, baseline: RecordedBaseline, now: float, *, gone_told: bool = False
) -> list[str]:
    """One line for each thing that is odd about the pair; ``now`` in seconds since the epoch.

    With ``gone_told`` a ruling says already what is gone.
    """
    notes = []
    image = image_of(analysis)
    if baseline.image.is_image_of(image):
        notes.append("the baseline is of the very same image: nothing can have changed")
    if other_platform(analysis, baseline):
        notes.append(
            f"the baseline is of another platform: {baseline.image.platform}, and this image is "
            f"{image.platform}"
        )
    age = age_days(baseline, now)
    if age is not None and age > STALE_DAYS:
        way = "write it anew" if baseline.is_file else "compare with a newer build"
        notes.append(f"the baseline is {age} days old: {way}")
    if baseline.version not in (None, __version__):
        notes.append(
            f"layerlens {baseline.version} wrote the baseline, this is {__version__}: new findings "
            "may be those of new rules"
        )
    gone = [] if gone_told or not baseline.is_file else gone_findings(analysis, baseline)
    if gone:
        notes.append(
            f"{_counted(gone)} of the baseline {'is' if len(gone) == 1 else 'are'} gone: "
            "write it anew, so that they cannot come back unseen"
        )
    return notes


def other_platform(analysis: Analysis, baseline: RecordedBaseline) -> bool:
    """Whether both platforms are known, and are not the same one."""
    mine, theirs = _platform(image_of(analysis).platform), _platform(baseline.image.platform)
    return mine is not None and theirs is not None and mine != theirs


def age_days(baseline: RecordedBaseline, now: float) -> int | None:
    """Whole days since it was made, ``None`` where that is not known."""
    if baseline.made is None or baseline.made <= _NO_TIME:
        return None
    return max(0, int((now - baseline.made) // _DAY))


_NO_TIME = 366 * 12 * _DAY
"""Times of the seventies and of 1980 are what reproducible builds write for none."""


def gone_findings(analysis: Analysis, baseline: RecordedBaseline) -> list[FindingKey]:
    """Findings of the baseline that the image does not have any more, ignored ones counted."""
    if baseline.findings is None or analysis.judged is None:
        return []
    matched = match_findings(baseline.findings, [key_of(each) for each in analysis.findings])
    return [baseline.findings[k] for k in matched.fixed]


STRICT_BASELINE = Gate(
    "strict-baseline",
    "stale entries of the baseline",
    Unit.COUNT,
    "findings of the baseline that are gone, at most",
)
"""What ``--strict-baseline`` demands; no limit can be set, so the catalogue lacks it."""


def strict_ruling(analysis: Analysis, baseline: RecordedBaseline) -> Ruling:
    """The ruling of ``--strict-baseline``: a baseline that allows what is mended fails."""
    demand = Demand(STRICT_BASELINE, parse_limit("0", Unit.COUNT), origin="--strict-baseline")
    if baseline.findings is None or analysis.judged is None:
        which = "the baseline" if baseline.findings is None else "this analysis"
        message = f"{which} has no findings: rules did not run"
        return Ruling(demand, Outcome.SKIP, None, 0.0, message)
    gone = gone_findings(analysis, baseline)
    if not gone:
        return Ruling(
            demand, Outcome.PASS, 0.0, 0.0, "all findings of the baseline are still there"
        )
    shown = ", ".join(_shown(gone[:_MOST]))
    more = f" and {len(gone) - _MOST} more" if len(gone) > _MOST else ""
    message = f"{_counted(gone)} of the baseline gone: {shown}{more}; write it anew"
    return Ruling(demand, Outcome.FAIL, float(len(gone)), 0.0, message)


_MOST = 5
"""Gone findings that a message names."""


def _shown(keys: Sequence[FindingKey]) -> list[str]:
    return [f"{key.rule} at {key.place}" if key.place else key.rule for key in keys]


def _counted(keys: Sequence[FindingKey]) -> str:
    return f"{len(keys)} finding{'' if len(keys) == 1 else 's'}"


def _platform(text: str | None) -> Platform | None:
    try:
        return None if text is None else normalise_platform(parse_platform(text))
    except UsageError:  # an image may claim anything
        return None
