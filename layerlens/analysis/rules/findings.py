"""Findings, and what comes back when some of them are mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from layerlens.analysis.rules.model import Confidence, Rule, Severity, Topic

Path = bytes
"""A path, raw: ``Finding`` has a field called ``bytes``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that could be better in an image.

    ``bytes``       what it speaks of: its saving, taken alone
    ``claimed``     of those, the bytes that no earlier finding claimed in the
                    ledger; 0 for findings that claim none
    ``transfer_bytes`` the saving on the wire, ``None`` where layers are stored plain
    ``layer``       the layer to blame, ``None`` where none is
    ``line``        the line of a Dockerfile that made it, from 1, where one was given
    ``instruction`` that layer's instruction, or the history row's, in one line
    ``paths``       evidence, the largest first, at most ``MOST_PATHS``, of secrets
                    ``MOST_SECRETS``; ``path_count`` all
    ``evidence``    further lines for people
    ``versions``, ``parts`` what would go, as in :class:`~layerlens.analysis.rules.model.Draft`
    ``overlaps``    ids of other rules that speak of some of the same bytes
    """

    rule: Rule
    title: str
    severity: Severity
    confidence: Confidence
    bytes: int
    claimed: int
    transfer_bytes: int | None
    layer: int | None
    line: int | None
    instruction: str
    is_base: bool
    paths: tuple[Path, ...]
    path_count: int
    evidence: tuple[str, ...]
    fix: str
    versions: Sequence[int] = ()
    parts: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    overlaps: tuple[str, ...] = ()

    @property
    def claims(self) -> bool:
        """Whether its bytes have a class of their own in the ledger, as far as no other had them."""
        return self.rule.claims and self.confidence is not Confidence.HINT


MOST_PATHS = 20
"""Paths that a finding shows."""

MOST_SECRETS = 10_000
"""Paths, and lines of evidence, of a finding about secrets: each of them has to be revoked."""


class Quiet(NamedTuple):
    """A rule that ran to its end and found nothing."""

    id: str
    title: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The image as it would be without what some findings speak of.

    ``saved_bytes`` counts shared bytes once; ``transfer_saved_bytes`` is
    ``None`` where layers are stored uncompressed.  The scores are those of the
    smaller image.
    """

    saved_bytes: int
    transfer_saved_bytes: int | None
    total_bytes: int
    live_bytes: int
    dead_bytes: int
    removable_bytes: int
    efficiency: float
    lean_score: float
