"""Figures of another build to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.identity import FindingKey, key_of
from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.filesystem.changes import Cause
from layerlens.gate.catalogue import GATES, NEEDS_BASELINE, Gate
from layerlens.gate.ignoring import Excused
from layerlens.gate.limits import Unit
from layerlens.gate.measures import Measures
from layerlens.gate.model import BaselineFacts, Demand

REVISION_LABEL = "org.opencontainers.image.revision"
"""The label that names the source's revision (OCI image-spec, annotations.md)."""


class Baseline(Protocol):
    """What gates ask of a baseline, be it an image, a saved analysis or recorded figures."""

    @property
    def facts(self) -> BaselineFacts:
        """What it is, for people."""

    @property
    def findings(self) -> Sequence[FindingKey] | None:
        """Its findings; ``None`` where rules did not run."""

    def value(self, gate: Gate, subject: str) -> float | None:
        """Its figure for a gate, ``None`` where it has none."""


Figures = Mapping[tuple[str, str], float]
"""Figures in their gates' units, by gate id and subject."""


@dataclass(frozen=True, slots=True)
class BaselineImage:
    """The image that a baseline speaks of, as far as it is known.

    ``id`` is the digest of its configuration, ``digest`` that of its manifest;
    ``revision`` its source's, as its label says.
    """

    reference: str
    id: str | None = None
    digest: str | None = None
    platform: str | None = None
    revision: str | None = None

    def is_image_of(self, other: BaselineImage) -> bool:
        """Whether both are the very same image."""
        return any(
            mine is not None and mine == theirs
            for mine, theirs in ((self.digest, other.digest), (self.id, other.id))
        )


@dataclass(frozen=True, slots=True)
class RecordedBaseline:
    """The figures of an image, without the image.

    An image that serves as the baseline is measured at once and let go, so that no
    two images are held at a time; a baseline file is the same thing on disk.

    ``origin`` is what the user named; ``made`` when the figures were written or the
    image was built, in seconds since the epoch; ``revision`` the working tree's that
    wrote them; ``version`` the layerlens that did, ``None`` where it is this one.
    """

    origin: str
    image: BaselineImage
    figures: Figures
    findings: tuple[FindingKey, ...] | None = None
    made: float | None = None
    revision: str | None = None
    version: str | None = None

    @property
    def facts(self) -> BaselineFacts:
        """What it is, for people."""
        return BaselineFacts(
            origin=self.origin,
            reference=self.image.reference,
            digest=self.image.digest or self.image.id,
            made=self.made,
            revision=self.image.revision or self.revision,
        )

    @property
    def is_file(self) -> bool:
        """Whether it was read from a baseline file, and not measured in this run."""
        return self.version is not None

    def value(self, gate: Gate, subject: str) -> float | None:
        """Its figure for a gate, ``None`` where it has none."""
        return self.figures.get(figure_key(gate, subject))

    def says_the_same(self, other: RecordedBaseline) -> bool:
        """Whether all that gates could ask of both is equal."""
        return (
            self.figures == other.figures
            and self.findings == other.findings
            and self.image.platform == other.image.platform
        )


def image_of(analysis: Analysis) -> BaselineImage:
    """What a baseline says of an image."""
    image = analysis.image
    return BaselineImage(
        reference=image.reference,
        id=None if image.id is None else str(image.id),
        digest=None if image.digest is None else str(image.digest),
        platform=None if image.platform is None else str(image.platform),
        revision=_short(image.config.labels.get(REVISION_LABEL)),
    )


def record(
    analysis: Analysis,
    wanted: Sequence[tuple[Gate, str]],
    *,
    excused: Excused | None = None,
    origin: str = "",
    made: float | None = None,
    revision: str | None = None,
) -> RecordedBaseline:
    """Measure an image; figures that it cannot have are left out.

    ``excused`` is what the ignores in force leave out, as of the image that is judged:
    else figures of the two would not speak of the same.  All findings are kept.
    """
    globs = [subject for gate, subject in wanted if gate.subject == "GLOB"]
    measures = Measures(analysis, excused, globs)
    figures = {}
    for gate, subject in wanted:
        figure = measures.figure(gate, subject).value
        if figure is not None and math.isfinite(figure):
            figures[figure_key(gate, subject)] = float(figure)
    keys = None
    if analysis.judged is not None:
        keys = tuple(sorted(map(key_of, analysis.findings), key=order))
    return RecordedBaseline(origin, image_of(analysis), figures, keys, made, revision)


def figure_key(gate: Gate, subject: str) -> tuple[str, str]:
    """The key of a figure; classes of dead bytes are known with ``_`` and ``-``, and mean one."""
    return gate.id, subject.replace("_", "-") if gate.subject == "CLASS" else subject


def order(key: FindingKey) -> tuple[str, str, int]:
    """The order in which a baseline has findings."""
    return key.rule, key.place, int(key.severity)


def demanded(demands: Iterable[Demand]) -> list[tuple[Gate, str]]:
    """The figures that demands ask for."""
    pairs = ((demand.gate, demand.subject) for demand in demands)
    return [pair for pair in dict.fromkeys(pairs) if _is_recorded(pair[0])]


def recordable(demands: Iterable[Demand]) -> list[tuple[Gate, str]]:
    """The figures that a baseline file has.

    Those of all gates; of gates with a subject those that demands name, and besides
    every class of waste and every severity: there are few, and each may be asked of
    the next build.
    """
    found = []
    for gate in GATES:
        if _is_recorded(gate):
            found += [(gate, subject) for subject in _KNOWN.get(gate.subject, ())]
    return list(dict.fromkeys([*found, *demanded(demands)]))


_KNOWN = {
    "": ("",),
    "CLASS": (
        *(cause.word.replace("_", "-") for cause in Cause),
        *(each.value for each in LedgerClass),
    ),
    "SEVERITY": tuple(severity.word for severity in Severity),
}
"""Subjects that everybody knows, by what the catalogue calls them."""


def _is_recorded(gate: Gate) -> bool:
    """Whether a figure says something of an image alone, that a change can be told of."""
    return gate.id not in NEEDS_BASELINE and gate.unit is not Unit.YES_NO


_MOST_LABEL = 200
"""Characters of a label that names a revision; a git hash has 40."""


def _short(label: str | None) -> str | None:
    return label[:_MOST_LABEL] if label else None
