"""What of one analysis a fleet needs: small, and without what lies behind it.

An analysis holds every name of an image.  A fleet has many images, so each is boiled down
to figures, its layers' identities, and per layer the entries that are waste.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

from layerlens.analysis.model import Analysis, LayerFacts
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.identity import key_of
from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.layers.reader import Origin
from layerlens.layers.table import Kind

SMALLEST_DUPLICATE = 64 << 10
"""Content bytes from which on a file is worth comparing with those of other images."""

MOST_CANDIDATES = 500
"""Files of one layer that are compared, the largest."""

DEAD = 0
"""The rank of dead bytes; removable classes follow in their order."""

CLASSES = tuple(LedgerClass)
_RANKS = {each: rank for rank, each in enumerate(CLASSES, 1)}

Entries = dict[int, int]
"""Index of a layer's entry -> bytes."""

Hasher = Callable[[Collection[int]], Mapping[int, bytes]]
"""The XXH3 hashes of versions, of those whose contents can be had cheaply."""


@dataclass(frozen=True, slots=True)
class LayerPart:
    """A layer as one image has it.

    ``id`` as in :class:`~layerlens.fleet.model.FleetLayer`; ``form`` tells readings of one
    layer apart whose entries are not numbered alike; ``waste`` is entry -> (rank, bytes).
    """

    id: str | None
    blob: str | None
    size: int
    transfer: int | None
    instruction: str
    is_base: bool
    form: tuple[int, bool]
    waste: dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A content that another layer may have too; ``content`` is the kind of its hash, and the hash."""

    content: tuple[int, bytes]
    size: int
    entry: int
    path: bytes


@dataclass(frozen=True, slots=True)
class FindingPart:
    """A finding as one image has it: ``freed`` is layer -> entry -> bytes."""

    rule: str
    place: str
    title: str
    severity: Severity
    bytes: int
    fix: str
    layer: int | None
    instruction: str
    freed: dict[int, Entries] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImagePart:
    """One image, boiled down; ``candidates`` by layer, only of layers that were asked for."""

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
    files: int
    layers: tuple[LayerPart, ...]
    base: str
    base_layers: int
    distribution: tuple[str, str, str]
    severities: tuple[int, ...]
    findings: tuple[FindingPart, ...]
    candidates: dict[int, list[Candidate]]


def layer_id(layer: LayerFacts) -> str | None:
    """What tells a layer from all others, wherever it lies."""
    known = layer.diff_id or layer.digest
    return None if known is None else str(known)


def boil_down(
    analysis: Analysis, hasher: Hasher | None = None, known: Collection[str] = ()
) -> ImagePart:
    """What a fleet keeps of an analysis.

    Contents are compared by the hashes that the layers carry; ``hasher`` makes those that
    are missing.  The layers ``known`` are not asked again.
    """
    image, scores = analysis.image, analysis.scores
    waste = _waste(analysis)
    counts = Counter(finding.severity for finding in analysis.findings)
    distro = analysis.distribution
    return ImagePart(
        reference=image.reference,
        id=None if image.id is None else str(image.id),
        created=image.created,
        size=image.size,
        transfer=image.compressed_size,
        live=scores.live_bytes,
        dead=scores.dead_bytes,
        removable=scores.removable_bytes,
        efficiency=scores.efficiency,
        lean_score=scores.lean_score,
        files=image.file_count,
        layers=tuple(
            LayerPart(
                id=layer_id(layer),
                blob=None if layer.digest is None else str(layer.digest),
                size=layer.size,
                transfer=layer.compressed_size,
                instruction=layer.instruction.text,
                is_base=layer.is_base,
                form=(len(table), Origin(layer.origin).is_toc),
                waste=waste[layer.index],
            )
            for layer, table in zip(analysis.layers, analysis.filesystem.tables, strict=True)
        ),
        base=analysis.base.name or "",
        base_layers=analysis.base.layers,
        distribution=(distro.id, distro.version, distro.name),
        severities=tuple(counts[severity] for severity in Severity),
        findings=tuple(_finding(analysis, each) for each in analysis.findings),
        candidates=_candidates(analysis, hasher, known),
    )


def _waste(analysis: Analysis) -> list[dict[int, tuple[int, int]]]:
    """Per layer, what is dead or claimed in this image: entry -> (rank, bytes)."""
    fs = analysis.filesystem
    found: list[dict[int, tuple[int, int]]] = [{} for _ in fs.tables]
    for inode in fs.deaths.inode:
        layer = fs.layer_of(inode)
        i = inode - fs.first[layer]
        size = fs.tables[layer].sizes[i]
        if size:
            found[layer][i] = DEAD, size
    if analysis.judged is not None:
        for inode, (ledger_class, size) in analysis.judged.claimed.inodes.items():
            layer = fs.layer_of(inode)
            if size:
                found[layer][inode - fs.first[layer]] = _RANKS[ledger_class], size
    return found


def _finding(analysis: Analysis, finding: Finding) -> FindingPart:
    fs, key = analysis.filesystem, key_of(finding)
    freed: dict[int, Entries] = {}
    if analysis.savings is not None and finding.bytes:
        for inode, size in analysis.savings.freed([finding]).items():
            if size:
                layer = fs.layer_of(inode)
                freed.setdefault(layer, {})[inode - fs.first[layer]] = size
    return FindingPart(
        rule=key.rule,
        place=key.place,
        title=finding.rule.title,
        severity=finding.severity,
        bytes=finding.bytes,
        fix=finding.fix,
        layer=finding.layer,
        instruction=finding.instruction,
        freed=freed,
    )


def _candidates(
    analysis: Analysis, hasher: Hasher | None, known: Collection[str]
) -> dict[int, list[Candidate]]:
    fs = analysis.filesystem
    found: dict[int, list[Candidate]] = {}
    missing: dict[int, tuple[int, int, int]] = {}
    for layer, table in zip(analysis.layers, fs.tables, strict=True):
        if layer_id(layer) in known:
            continue
        first = fs.first[layer.index]
        large = (
            (size, -i)
            for i, (size, kind) in enumerate(zip(table.sizes, table.kinds, strict=True))
            if size >= SMALLEST_DUPLICATE and kind == Kind.FILE
        )
        for size, minus in nlargest(MOST_CANDIDATES, large):
            i = -minus
            digest = table.hash(i)
            if i in table.sparse:
                continue  # what is hashed of it differs from reader to reader
            if digest is None:
                missing[first + i] = layer.index, i, size
                continue
            found.setdefault(layer.index, []).append(
                Candidate((int(table.hash_kind), digest), size, i, fs.paths[first + i])
            )
    if missing and hasher is not None:
        from layerlens.layers.table import HashKind

        for version, digest in hasher(missing).items():
            index, i, size = missing[version]
            found.setdefault(index, []).append(
                Candidate((int(HashKind.XXH3), digest), size, i, fs.paths[version])
            )
    return found
