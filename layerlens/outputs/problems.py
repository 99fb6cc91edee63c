"""What a reviewer should hear of: gates that were not kept, and findings, in one shape.

SARIF, GitLab's code quality report and JUnit tell the same problems at the same
places; each only has its own words for them.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.globs import Automaton
from layerlens.analysis.rules.identity import key_of
from layerlens.analysis.rules.model import Severity
from layerlens.gate.model import (
    DiveRuling,
    Ignore,
    IgnoreRuling,
    Offender,
    Outcome,
    Ruling,
    Verdict,
)
from layerlens.outputs.display import escape, escape_path
from layerlens.outputs.report import Report
from layerlens.units import human_size

MOST = 5000
"""Problems in one document: GitHub shows no more results of a SARIF run."""

_LONGEST = 300
"""Characters of one text that an image brings, an instruction or a title."""

_FIX_LINES = 20
_PATHS = 5
_OFFENDERS = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to hear of.

    ``check``       a rule's id, ``gate/max-size``, ``dive/lowestEfficiency`` or ``gate/ignores``
    ``subject``     what tells it from others of the same check: a place, a glob; maybe empty
    ``title``       one line
    ``details``     further lines
    ``severity``    how much it matters; of gates HIGH where they fail, MEDIUM where they warn
    ``line``        of the Dockerfile, where known
    ``fingerprint`` the same from build to build, and no other problem's
    ``finding``     the finding that it is, of other problems ``None``
    ``suppressed``  why nobody is to count it, ``None`` where it counts

    All texts are escaped already: no line has a hidden character.
    """

    check: str
    subject: str
    title: str
    details: tuple[str, ...]
    severity: Severity
    line: int | None
    fingerprint: str
    finding: Finding | None = None
    suppressed: str | None = None

    @property
    def heading(self) -> str:
        """The title; of gates also what it is about, where that is not said."""
        if self.finding is not None or self.subject in self.title:
            return self.title
        return f"{self.subject}: {self.title}"

    @property
    def text(self) -> str:
        """All of it, line by line."""
        return "\n".join((self.heading, *self.details))


def problems(report: Report) -> list[Problem]:
    """All problems: gates first, then findings as they stand, those last that nobody counts."""
    found = [*gate_problems(report.verdict), *finding_problems(report)]
    found.sort(key=lambda problem: problem.suppressed is not None)
    return found


def clipped(text: str, most: int = _LONGEST) -> str:
    """A text from outside, escaped, on one line, and cut off where it is too long."""
    shown = escape(text[: most + 1])
    return shown if len(shown) <= most else shown[: most - 1] + "…"


# ---------------------------------------------------------------------------------- findings


def finding_problems(report: Report) -> Iterator[Problem]:
    """A problem for each finding, in their order."""
    analysis, verdict = report.analysis, report.verdict
    hidden = frozenset() if verdict is None else verdict.ignored
    prints = fingerprints(analysis.findings)
    reasons = Reasons(verdict)
    for k, finding in enumerate(analysis.findings):
        yield Problem(
            check=finding.rule.id,
            subject=place_of(finding),
            title=title_of(finding),
            details=tuple(details_of(finding)),
            severity=finding.severity,
            line=finding.line,
            fingerprint=prints[k],
            finding=finding,
            suppressed=reasons.of(finding) if k in hidden else None,
        )


def title_of(finding: Finding) -> str:
    """What was found, and what comes back."""
    title = clipped(finding.title)
    if not finding.bytes:
        return title
    wire = finding.transfer_bytes
    moved = f", {human_size(wire)} of a pull" if wire else ""
    return f"{title}: {human_size(finding.bytes)}{moved}"


def place_of(finding: Finding) -> str:
    """The directory that a finding speaks of, without what changes from build to build."""
    return clipped(key_of(finding).place, 120)


def details_of(finding: Finding) -> Iterator[str]:
    """Blame, evidence and fix, a line each."""
    if finding.layer is not None:
        whose = " of the base" if finding.is_base else ""
        yield f"layer {finding.layer}{whose}: {clipped(finding.instruction)}".rstrip(": ")
    elif finding.instruction:
        yield clipped(finding.instruction)
    for path in finding.paths[:_PATHS]:
        yield f"/{clipped_path(path)}"
    if finding.path_count > _PATHS:
        yield f"and {finding.path_count - _PATHS:,} more"
    for line in finding.evidence[:_PATHS]:
        yield clipped(line)
    yield from fix_lines(finding.fix)
    if finding.rule.trade_off:
        yield f"at the price: {clipped(finding.rule.trade_off)}"


def clipped_path(path: bytes) -> str:
    """A path for people, cut off where it is too long."""
    shown = escape_path(path[: _LONGEST + 1])
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def fix_lines(fix: str) -> Iterator[str]:
    """The lines of a fix, at most twenty, the first with ``fix:`` before it."""
    for k, line in enumerate(islice(fix.strip("\n").split("\n"), _FIX_LINES) if fix else ()):
        yield f"fix: {clipped(line)}" if not k else f"     {clipped(line)}".rstrip()


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """What tells findings apart from build to build, and from each other.

    Neither lines nor bytes count, which change with every build; of findings of one
    rule and place, the lower layer's is the first.
    """
    keys = [key_of(finding).fingerprint for finding in findings]
    order = sorted(range(len(findings)), key=lambda k: (findings[k].layer or 0, k))
    found, seen = [""] * len(findings), Counter[str]()
    for k in order:
        found[k] = _numbered(keys[k], seen)
    return found


def _numbered(key: str, seen: Counter[str]) -> str:
    seen[key] += 1
    if seen[key] == 1:
        return key
    return hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:32]


class Reasons:
    """Why findings are ignored."""

    def __init__(self, verdict: Verdict | None) -> None:
        self._ignores: list[tuple[Ignore, Automaton | None]] = [
            (each.ignore, _globs(each.ignore.paths))
            for each in (() if verdict is None else verdict.ignores)
            if each.findings
        ]

    def of(self, finding: Finding) -> str:
        """The reason of the first ignore that speaks of a finding."""
        for ignore, globs in self._ignores:
            if ignore.rule not in ("", finding.rule.id):
                continue
            if globs is None or any(globs.labels(finding.paths)):
                return clipped(ignore.reason)
        # Its paths are not among those that the finding shows.
        return "the settings say so"


def _globs(paths: Sequence[str]) -> Automaton | None:
    return Automaton([(glob, 0) for glob in paths]) if paths else None


# ------------------------------------------------------------------------------------- gates


def gate_problems(verdict: Verdict | None) -> Iterator[Problem]:
    """Gates that fail or warn, dive's rules that fail, and ignores that nothing needs."""
    if verdict is None:
        return
    seen = Counter[str]()
    for outcome in (Outcome.FAIL, Outcome.WARN):
        for ruling in verdict.rulings:
            if ruling.outcome is outcome:
                yield _gate_problem(ruling, seen)
    for each in () if verdict.dive is None else verdict.dive.rulings:
        assert verdict.dive is not None  # else there are none
        if each.status not in ("pass", "skip"):
            blamed = verdict.dive.offenders[:_OFFENDERS] if each.status == "fail" else ()
            yield _problem(
                f"dive/{clipped(each.rule, 80)}",
                "",
                dive_message(each),
                tuple(line for offender in blamed for line in offender_lines(offender)),
                Severity.HIGH,
                seen,
                next((offender.line for offender in blamed if offender.line is not None), None),
            )
    for idle in verdict.idle_ignores:
        severity = Severity.HIGH if verdict.strict else Severity.LOW
        name = ignore_name(idle.ignore)
        yield _problem("gate/ignores", name, idle_message(idle), (), severity, seen)


def _gate_problem(ruling: Ruling, seen: Counter[str]) -> Problem:
    demand = ruling.demand
    line = next((each.line for each in ruling.offenders if each.line is not None), None)
    return _problem(
        f"gate/{demand.gate.id}",
        clipped(demand.subject, 120),
        clipped(ruling.message, 500),
        tuple(line for each in ruling.offenders[:_OFFENDERS] for line in offender_lines(each)),
        Severity.HIGH if ruling.outcome is Outcome.FAIL else Severity.MEDIUM,
        seen,
        line,
    )


def _problem(
    check: str,
    subject: str,
    title: str,
    details: tuple[str, ...],
    severity: Severity,
    seen: Counter[str],
    line: int | None = None,
) -> Problem:
    key = hashlib.sha256(f"{check}\0{subject}".encode()).hexdigest()[:32]
    return Problem(check, subject, title, details, severity, line, _numbered(key, seen))


def offender_lines(offender: Offender) -> Iterator[str]:
    """One of the things that cost the most, and how it is mended."""
    layer = None if offender.layer is None else f"layer {offender.layer}"
    place = "" if layer in (None, offender.what) else f", {layer}"
    if offender.line is not None:
        place += f", line {offender.line}"
    size = f"{human_size(offender.bytes)} " if offender.bytes else ""
    yield f"{size}{clipped(offender.what)}{place}"
    if offender.instruction:
        yield f"     {clipped(offender.instruction)}"
    yield from fix_lines(offender.fix)


def dive_message(ruling: DiveRuling) -> str:
    """What dive says of a rule."""
    said = clipped(ruling.message, 500) or clipped(ruling.status, 40)
    return f"dive: {said}"


def ignore_name(ignore: Ignore) -> str:
    """What an ignore is about."""
    return clipped(" ".join((ignore.rule, *ignore.paths)).strip() or "everything", 120)


def idle_message(ruling: IgnoreRuling) -> str:
    """Why an ignore should go."""
    why = "has expired" if ruling.expired else "hides nothing"
    return f"the ignore of {ignore_name(ruling.ignore)} {why}"


# ------------------------------------------------------------------------------------ places


@dataclass(frozen=True, slots=True)
class Place:
    """A file that a problem is shown at.

    ``path`` for people and for GitLab; ``uri`` percent-encoded, ``relative`` to the
    root of the source or not; ``line`` from 1.
    """

    path: str
    uri: str
    relative: bool
    line: int


def place(report: Report, problem: Problem) -> Place:
    """The Dockerfile where it is known, else the image.

    The first line stands for the whole of either, where a problem has none: GitHub and
    GitLab refuse what has no file and no line.
    """
    if report.dockerfile is not None:
        return _place(report.dockerfile, problem.line or 1)
    return _place(report.analysis.image.reference, 1)


def _place(path: str, line: int) -> Place:
    shown = path.replace("\\", "/")
    shown = posixpath.normpath(shown) if shown else "image"
    relative = not shown.startswith("/")
    uri = quote(shown.encode("utf-8", "surrogateescape"), safe="/")
    return Place(clipped(shown), uri if relative else f"file://{uri}", relative, line)


def image_name(analysis: Analysis) -> str:
    """What to call the image: its first tag, else what the user typed."""
    image = analysis.image
    return clipped(image.tags[0] if image.tags else image.reference, 200)
