"""What is known of many images together: one frozen value that feeds every view of it.

Bytes are content bytes of regular files, ``transfer`` those of stored blobs.  A *layer* here
is a distinct one: whatever has the same diff_id is one layer, however many images carry it.
Images and layers are named by their places in ``Fleet.images`` and ``Fleet.layers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from layerlens.analysis.rules.model import Severity
from layerlens.gate.model import Verdict

Path = bytes
"""A path, raw, without a leading slash."""


@dataclass(frozen=True, slots=True)
class FleetImage:
    """One image's row.

    ``layers`` are its layers from the lowest on, one that it lists twice standing twice.
    ``shared_bytes`` lie in layers that another image carries too, ``unique_bytes`` in those
    that none does, each layer once; ``repeated_bytes`` are what listing a layer twice adds.
    The three add up to ``size``.  ``base`` names the base image, ``""`` where none is known.
    ``verdict`` where gates were judged.
    """

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
    layers: tuple[int, ...]
    shared_bytes: int
    unique_bytes: int
    repeated_bytes: int
    base: str
    base_layers: int
    distribution: str
    findings: tuple[int, ...]
    verdict: Verdict | None = None

    def findings_of(self, severity: Severity) -> int:
        """How many findings it has of a severity."""
        return self.findings[severity]


@dataclass(frozen=True, slots=True)
class UnreadImage:
    """An image that could not be read, and why; ``place`` is its place among all that were named."""

    place: int
    reference: str
    problem: str


@dataclass(frozen=True, slots=True)
class FleetLayer:
    """A distinct layer.

    ``id`` is its diff_id or digest, ``None`` where nobody knows it (then no other image is
    known to carry it).  ``images`` carry it.  ``wasted`` are its bytes that are dead or
    removable in every image that carries it: only those can go.  ``wasted_somewhere`` are
    further ones that some of these images do without.  ``instruction`` made it.
    """

    id: str | None
    size: int
    transfer: int | None
    images: tuple[int, ...]
    instruction: str
    is_base: bool
    wasted: int
    wasted_somewhere: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The layers that so many ``images`` carry: how many there are, and their bytes."""

    images: int
    layers: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """What two images share: ``one`` stands before ``other``; distinct layers, and their bytes."""

    one: int
    other: int
    layers: int
    bytes: int


@dataclass(frozen=True, slots=True)
class FleetRow:
    """A class of the bytes on disk: ``kind`` is kept, dead or removable.

    ``shared_bytes`` are those in layers that several images carry.
    """

    kind: str
    name: str
    bytes: int
    shared_bytes: int


@dataclass(frozen=True, slots=True)
class Blamed:
    """A layer to blame: in how many of the images concerned it is."""

    layer: int
    instruction: str
    images: int


@dataclass(frozen=True, slots=True)
class CommonFinding:
    """A finding that several images have, by rule and place.

    ``bytes`` counts what lies in a shared layer once; ``bytes_apart`` is the sum of what
    each image's finding says for itself.  ``fix`` is that of the largest.
    """

    rule: str
    title: str
    place: str
    severity: Severity
    images: tuple[int, ...]
    bytes: int
    bytes_apart: int
    blamed: tuple[Blamed, ...]
    fix: str


@dataclass(frozen=True, slots=True)
class Copy:
    """Where a content lies: a layer, and one path in it."""

    layer: int
    path: Path


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same content in layers that the images do not share.

    ``size`` is of one copy; ``bytes`` is what one copy for all would save at most.
    """

    size: int
    copies: tuple[Copy, ...]
    images: tuple[int, ...]

    @property
    def bytes(self) -> int:
        return self.size * (len(self.copies) - 1)


@dataclass(frozen=True, slots=True)
class BaseChoice:
    """A lowest layer, and the images that stand on it; ``name`` as far as one is known."""

    layer: int
    name: str
    images: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BaseAdvice:
    """Images of one distribution release that stand on different lowest layers.

    ``choices`` has the best first: the one that most images have, then the smallest.
    ``saved`` is what standing on that alone would save, counting lowest layers only.
    """

    distribution: str
    choices: tuple[BaseChoice, ...]
    saved: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """Everything that is known of many images together.

    ``sum_bytes`` adds up all images as if each stood alone, ``disk_bytes`` has each distinct
    layer once; ``sum_transfer`` and ``disk_transfer`` likewise, ``None`` where a layer
    lies uncompressed.  ``ledger`` adds up to ``disk_bytes``.  ``wasted_somewhere`` are bytes
    that some, but not all, of the images with their layer could do without.
    ``findings``, ``duplicates`` and ``bases`` have the largest first; ``duplicates_cut`` says
    that there are more.
    """

    images: tuple[FleetImage, ...]
    unread: tuple[UnreadImage, ...]
    layers: tuple[FleetLayer, ...]
    sum_bytes: int
    disk_bytes: int
    sum_transfer: int | None
    disk_transfer: int | None
    spread: tuple[Spread, ...]
    sharing: Sequence[Sharing]
    ledger: tuple[FleetRow, ...]
    wasted_somewhere: int
    findings: tuple[CommonFinding, ...]
    duplicates: tuple[Duplicate, ...]
    duplicates_cut: bool
    bases: tuple[BaseAdvice, ...]

    @property
    def saved_bytes(self) -> int:
        """What sharing layers saves."""
        return self.sum_bytes - self.disk_bytes

    @property
    def wasted_bytes(self) -> int:
        """Dead and removable bytes on disk, each once."""
        return sum(row.bytes for row in self.ledger if row.kind != "kept")


class SharingTable:
    """What any two images of a fleet share, in bytes; of an image with itself all it has."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], int]:
        return {(each.one, each.other): each.bytes for each in self._fleet.sharing}

    def bytes(self, one: int, other: int) -> int:
        """Bytes of the distinct layers that both carry."""
        if one == other:
            image = self._fleet.images[one]
            return image.size - image.repeated_bytes
        return self._pairs.get((min(one, other), max(one, other)), 0)
