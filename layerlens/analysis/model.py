"""The result of an analysis: one frozen value that feeds every output.

All byte figures are content bytes of regular files, unless a name says
``compressed`` or ``transfer`` (bytes on the wire) or ``overhead`` (headers and
padding of the layer tars).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.engine import Judged
from layerlens.analysis.rules.findings import Finding, WhatIf
from layerlens.analysis.rules.savings import Savings
from layerlens.filesystem.changes import Cause
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics
from layerlens.image.digest import Digest
from layerlens.image.model import (
    BaseBoundary,
    HistoryEntry,
    ImageConfig,
    Instruction,
    LayerHistory,
    Platform,
)
from layerlens.layers.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The image as a whole.

    ``id`` is the digest of the configuration, ``digest`` that of the manifest
    (``None`` where the medium has none); ``source`` says in a phrase where it
    was read from; ``size`` is total bytes, ``compressed_size`` the sum of the
    stored blobs where all are stored compressed; ``file_count`` counts the
    names of the final filesystem that are not directories;
    ``attestation_bytes`` is what attestations beside the image take, which no
    other figure includes; ``as_pulled`` says that the layers' blobs are those
    which a registry sends; ``saved_at`` when this analysis was saved, in seconds
    since the epoch (``None`` where it was made just now).
    """

    reference: str
    source: str
    id: Digest | None
    digest: Digest | None
    platform: Platform | None
    tags: tuple[str, ...]
    created: str | None
    size: int
    compressed_size: int | None
    overhead: int
    file_count: int
    config: ImageConfig
    annotations: tuple[tuple[str, str], ...] = ()
    attestation_bytes: int = 0
    as_pulled: bool = False
    saved_at: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """A count of paths that are not directories, and their content bytes."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """One layer: what it is, what it changed, what it wasted.

    ``dead_bytes`` are its own bytes that this or a later layer killed;
    ``kills_bytes`` the bytes that it killed (own duplicates included).  Each
    of the two adds up to ``Scores.dead_bytes`` over the layers.
    ``is_base`` tells base from yours; ``origin`` is what the entries were read
    from (a value of :class:`~layerlens.layers.reader.Origin`).
    """

    index: int
    diff_id: Digest | None
    digest: Digest | None
    media_type: str | None
    compression: str
    size: int
    compressed_size: int | None
    tar_size: int
    history: LayerHistory
    is_base: bool
    added: Tally
    modified: Tally
    removed: Tally
    dead_bytes: int
    kills_bytes: int
    origin: str = "tar"

    @property
    def instruction(self) -> Instruction:
        return self.history.instruction


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of DESIGN, "Figures"."""

    efficiency: float
    lean_score: float
    total_bytes: int
    live_bytes: int
    dead_bytes: int
    removable_bytes: int
    user_wasted_percent: float


@dataclass(frozen=True, slots=True)
class InefficientFile:
    """A path that dive counts as inefficient: copies and the sum of their bytes."""

    path: str
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class DiveFigures:
    """dive 0.13.1's figures; its user-wasted figure is a ratio and may be NaN or infinite."""

    efficiency: float
    wasted_bytes: int
    user_wasted_percent: float
    inefficient_files: tuple[InefficientFile, ...]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One class of bytes.  ``kind`` is kept, dead or removable.

    ``name`` is the class: ``live`` for kept, a cause for dead, a rule's class
    for removable.  ``transfer_bytes`` is ``None`` where a layer is stored
    uncompressed.
    """

    kind: str
    name: str
    bytes: int
    base_bytes: int
    transfer_bytes: int | None
    files: int


@dataclass(frozen=True, slots=True)
class SizeRow:
    """The image's size by one of the meters that users meet.

    ``meter`` is a stable word: ``transfer`` (the blobs, each once), ``tar``
    (the layer tars, each once), ``docker`` (Docker's Size) or ``unpacked``
    (live bytes).  ``bytes`` is ``None`` where it cannot be known from where the
    image was read; ``why`` then says so and what to do, else what the meter
    counts.  ``repeated_bytes`` is what layers that the image lists more than
    once would add, were they counted each time; 0 where the meter does that.
    """

    meter: str
    bytes: int | None
    repeated_bytes: int
    approximate: bool
    why: str


class Waste(NamedTuple):
    """One dead inode: where it came in, where it was lost, and why."""

    path: bytes
    cause: Cause
    bytes: int
    added_in: int
    lost_in: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A layer whose contents are not there, and what is said of it.

    ``index`` is its place; ``size`` are the content bytes that an engine's history
    states, ``compressed_size`` the stored bytes that a descriptor states.
    """

    index: int
    size: int | None = None
    compressed_size: int | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """What an analysis lacks that was made before all layers were read.

    ``read`` counts the layers that were; ``unread`` are the others, lowest first:
    they stand among the layers without contents.  Where not even their order is
    known (not ``ordered``), those that were read stand in the order in which they
    came, and nobody knows how many are missing.
    """

    read: int
    unread: tuple[Unread, ...] = ()
    ordered: bool = True

    @property
    def layers(self) -> int | None:
        """How many layers the image has, ``None`` where that is not known."""
        return self.read + len(self.unread) if self.ordered else None


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything that is known of one image.

    ``judged`` holds the findings, ``None`` where rules did not run.  With
    ``partial`` all figures are of those layers that have been read; ``semantics``
    is the reading by which the layers were stacked.
    """

    image: ImageFacts
    scores: Scores
    dive: DiveFigures
    layers: tuple[LayerFacts, ...]
    base: BaseBoundary
    history: tuple[HistoryEntry, ...]
    sizes: tuple[SizeRow, ...]
    ledger: tuple[LedgerRow, ...]
    waste: Sequence[Waste]
    diagnostics: tuple[Diagnostic, ...]
    filesystem: Filesystem
    judged: Judged | None = None
    inventory: Inventory = field(default_factory=Inventory)
    distribution: Distribution = field(default_factory=Distribution)
    savings: Savings | None = None
    partial: Partial | None = None
    semantics: Semantics = Semantics.DOCKER

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings, the worst first; none where rules did not run."""
        return () if self.judged is None else self.judged.findings

    @property
    def advised(self) -> list[Finding]:
        """The findings that are plain advice: those that claim bytes, and those about dead ones.

        Alternatives, trade-offs and hints are left out.
        """
        dead = set(self.filesystem.deaths.inode)
        return [
            finding
            for finding in self.findings
            if finding.claims
            or (
                finding.versions
                and not finding.rule.alternative
                and dead.issuperset(finding.versions)
            )
        ]

    def what_if(self, findings: Iterable[Finding]) -> WhatIf:
        """The image without what some findings speak of; shared bytes go once."""
        scores, savings = self.scores, self.savings
        if self.judged is None or savings is None:
            raise ValueError("rules did not run")
        gone, parts = savings.going(findings)
        saved = savings.size(gone) + sum(parts.values())
        dead = scores.dead_bytes - savings.size(gone & savings.dead)
        dead -= sum(parts[inode] for inode in parts.keys() & savings.dead)
        claimed = self.judged.claimed.inodes
        removable = scores.removable_bytes - savings.claimed(gone, claimed)
        removable -= sum(
            min(claimed[inode][1], parts[inode]) for inode in parts.keys() & claimed.keys()
        )
        total = scores.total_bytes - saved
        return WhatIf(
            saved_bytes=saved,
            transfer_saved_bytes=savings.wire_of(gone, parts),
            total_bytes=total,
            live_bytes=total - dead,
            dead_bytes=dead,
            removable_bytes=removable,
            efficiency=(total - dead) / total if total else 1.0,
            lean_score=(total - dead - removable) / total if total else 1.0,
        )
