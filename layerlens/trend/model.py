"""An image over time: one frozen value that feeds every view of it.

Bytes are content bytes of regular files, ``transfer`` is what a pull moves.
"""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.analysis.rules.model import Severity


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The image at one time, as its analysis tells; ``place`` among all that were named.

    ``created`` is what its configuration says, as it stands there.  ``findings`` counts them
    by severity, the least first; it and ``packages``, their number, are ``None`` where
    rules did not run.
    """

    place: int
    reference: str
    id: str | None
    created: str | None
    size: int
    transfer: int | None
    live: int
    dead: int
    removable: int
    efficiency: float
    lean_score: float
    user_wasted_percent: float
    layers: int
    files: int
    findings: tuple[int, ...] | None
    packages: int | None = None

    @property
    def waste(self) -> int:
        """Dead and removable bytes."""
        return self.dead + self.removable

    def findings_of(self, severity: Severity) -> int | None:
        """How many findings it has of a severity."""
        return None if self.findings is None else self.findings[severity]


@dataclass(frozen=True, slots=True)
class TrendGap:
    """A point that could not be read, and why."""

    place: int
    reference: str
    problem: str


@dataclass(frozen=True, slots=True)
class LayerMove:
    """A layer that came, went or changed: by how much, and which waste came or went in it.

    ``change`` is added, removed or changed; ``waste`` are classes of dead and removable
    bytes with their changes, the largest first.
    """

    bytes: int
    change: str
    instruction: str
    waste: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PackageMove:
    """A package that came, went or changed; a version is ``""`` where it is not there."""

    bytes: int
    ecosystem: str
    name: str
    old_version: str
    new_version: str


@dataclass(frozen=True, slots=True)
class ClassMove:
    """A class of waste that grew or shrank; ``kind`` is dead or removable."""

    bytes: int
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class FindingMove:
    """A finding that is new, or that is gone; ``bytes`` is what it speaks of."""

    rule: str
    title: str
    severity: Severity
    bytes: int
    instruction: str


@dataclass(frozen=True, slots=True)
class TrendStep:
    """What moved the figures from one point to the next that could be read.

    ``before`` and ``after`` are places in ``Trend.points``; changes are new less old,
    ``transfer`` is ``None`` where either is not known.  ``fetched`` is what a client with the
    old image downloads for the new one, in stored bytes where ``fetched_exact``, else in
    content bytes.  Lists have the largest change first and are cut off at ``MOST_MOVES``.
    """

    before: int
    after: int
    size: int
    transfer: int | None
    live: int
    dead: int
    removable: int
    files: int
    fetched: int
    fetched_exact: bool
    layers: tuple[LayerMove, ...]
    packages: tuple[PackageMove, ...]
    classes: tuple[ClassMove, ...]
    new_findings: tuple[FindingMove, ...]
    fixed_findings: tuple[FindingMove, ...]

    @property
    def blamed(self) -> LayerMove | None:
        """The layer that moved the size most, in the direction in which that went."""
        return next((each for each in self.layers if each.bytes * self.size > 0), None)


MOST_MOVES = 20
"""Moves of one kind that a step keeps."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Points in the order in which they were named, the steps between them, and the gaps."""

    points: tuple[TrendPoint, ...]
    gaps: tuple[TrendGap, ...]
    steps: tuple[TrendStep, ...]

    @property
    def largest(self) -> int | None:
        """The place in ``steps`` of the one that grew the image most; ``None`` where none did."""
        grown = [(-step.size, k) for k, step in enumerate(self.steps) if step.size > 0]
        return min(grown)[1] if grown else None
