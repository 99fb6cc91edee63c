"""Whether a finding of one image is the same as one of another build of it."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity

_VARIABLE = re.compile(rb"[0-9a-f]{12,}|\d+")
"""Parts of a path that change from build to build: hashes, versions, numbers."""


@dataclass(frozen=True, slots=True)
class FindingKey:
    """What of a finding lasts from build to build.

    ``place`` is the directory that holds its paths, numbers and hashes taken out;
    empty where it has none.
    """

    rule: str
    place: str
    severity: Severity

    @property
    def fingerprint(self) -> str:
        """The same as hexadecimal digits; without the severity, which bytes decide."""
        return hashlib.sha256(f"{self.rule}\0{self.place}".encode()).hexdigest()[:32]


def key_of(finding: Finding) -> FindingKey:
    """The key of a finding."""
    return FindingKey(finding.rule.id, _place(finding.paths), finding.severity)


def _place(paths: Sequence[bytes]) -> str:
    if not paths:
        return ""
    parts = [path.split(b"/")[:-1] for path in paths]
    common = []
    for segments in zip(*parts, strict=False):
        if len(set(segments)) > 1:
            break
        common.append(segments[0])
    return _VARIABLE.sub(b"#", b"/".join(common)).decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Matched:
    """Findings of two images, by their indices: what went, what came, what stayed."""

    fixed: tuple[int, ...]
    new: tuple[int, ...]
    kept: tuple[tuple[int, int], ...]


def match_findings(old: Sequence[FindingKey], new: Sequence[FindingKey]) -> Matched:
    """Pair findings up: first those of one rule and place, then those of one rule.

    What is left over is fixed or new.  In the order of ``old`` and ``new``.
    """
    waiting: dict[tuple[str, str | None], list[int]] = defaultdict(list)
    pairs: dict[int, int] = {}
    free = set(range(len(old)))
    for by_place in (True, False):
        waiting.clear()
        for k in sorted(free, reverse=True):
            waiting[old[k].rule, old[k].place if by_place else None].append(k)
        for n, key in enumerate(new):
            if n in pairs:
                continue
            found = waiting.get((key.rule, key.place if by_place else None))
            if found:
                pairs[n] = found.pop()
                free.discard(pairs[n])
    return Matched(
        fixed=tuple(sorted(free)),
        new=tuple(n for n in range(len(new)) if n not in pairs),
        kept=tuple((k, n) for n, k in sorted(pairs.items())),
    )
