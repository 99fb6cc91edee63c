"""The result of comparing two images: one frozen value that feeds every view of it.

Bytes are content bytes of regular files; ``transfer`` is what a registry would send.
``old`` and ``new`` are the two images in the order in which they were named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Package
from layerlens.analysis.rules.identity import Matched
from layerlens.image.model import Instruction

Path = bytes
"""A path, raw, without a leading slash."""

SameContent = Callable[[int, int], bool | None]
"""Whether a regular file of the old image and one of the new hold the same bytes.

Both are versions that hold content (inodes) of equal size above zero; ``None``
where that is not known.
"""


@dataclass(frozen=True, slots=True)
class Delta:
    """A figure of both images; ``None`` where an image does not have it."""

    old: int | None
    new: int | None

    @property
    def change(self) -> int | None:
        """New less old, ``None`` where either is not known."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True, slots=True)
class LayerPair:
    """A step of the build in both images, by the layers' indices; ``None``: only in one.

    ``same`` where it is the same layer (equal diff_id), wherever it stands.
    ``instruction`` is the new image's, else the old one's.
    """

    old: int | None
    new: int | None
    same: bool
    instruction: Instruction
    size: Delta
    transfer: Delta


@dataclass(frozen=True, slots=True)
class PullDelta:
    """What a client that has OLD downloads for NEW.

    ``bytes`` are stored bytes where ``exact``, else content bytes (layers that lie
    uncompressed); ``fetched`` the new image's layers that the old one lacks,
    ``reused`` the others; ``reused_bytes`` likewise.  A layer that the new image lists
    twice is fetched once: the bytes of both add up to its distinct layers.
    ``chained_bytes`` is what a client fetches that has a layer only together with all
    below it: Docker Engine's own store (moby, ``distribution/xfer/download.go``) looks
    layers up by chain, and from the first that is missing downloads all.
    ``broke_at`` is the lowest new layer that is not the old one's in its place,
    ``None`` where nothing broke, and ``why`` says in words what happened to it.
    """

    bytes: int
    reused_bytes: int
    chained_bytes: int
    exact: bool
    fetched: tuple[int, ...]
    reused: tuple[int, ...]
    broke_at: int | None
    why: str


class PathChange(StrEnum):
    """What became of a path of the final filesystem."""

    ADDED = "added"
    REMOVED = "removed"
    CONTENT = "content"
    METADATA = "metadata"
    TYPE = "type"
    MOVED = "moved"


class PathDelta(NamedTuple):
    """One path that differs.

    ``path`` is the new image's, of removed ones the old; ``moved_from`` where the
    content stood before; ``old`` and ``new`` are versions in the two filesystems;
    ``sure`` is false where contents could not be compared and equal size and time
    were taken for equal content.  Bytes count an inode once, at its first name; where
    only that name is another, a path differs by its bytes alone (``METADATA``).

    A tuple: two images have hundreds of thousands of them.
    """

    path: Path
    change: PathChange
    old: int | None
    new: int | None
    old_bytes: int
    new_bytes: int
    moved_from: Path | None = None
    sure: bool = True

    @property
    def bytes(self) -> int:
        """How much larger the new image is for it."""
        return self.new_bytes - self.old_bytes


@dataclass(frozen=True, slots=True)
class PackageDelta:
    """A package that was added, removed, or changed its version or size."""

    old: Package | None
    new: Package | None

    @property
    def bytes(self) -> int:
        """How much larger the new image is for it."""
        return (self.new.bytes if self.new else 0) - (self.old.bytes if self.old else 0)

    @property
    def package(self) -> Package:
        """The new image's, else the old one's."""
        found = self.new or self.old
        assert found is not None, "a package of neither image"
        return found

    @property
    def change(self) -> str:
        """``added``, ``removed``, ``version`` or ``size``."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        return "size" if self.old.version == self.new.version else "version"


@dataclass(frozen=True, slots=True)
class ClassDelta:
    """A row of the ledger in both images: kind (kept, dead, removable), class, bytes."""

    kind: str
    name: str
    bytes: Delta
    transfer: Delta


class Pointless(StrEnum):
    """Why bytes are fetched again although nothing that matters changed.

    ``SAME``: content that the old image has at this path, in a layer that is new.
    ``MOVED``: content that it has at another path.  ``BYTECODE``: compiled Python
    whose source did not change.  ``LOG``: logs and caches that a build writes.
    """

    SAME = "same"
    MOVED = "moved"
    BYTECODE = "bytecode"
    LOG = "log"


@dataclass(frozen=True, slots=True)
class Refetched:
    """Files that are fetched again for one such reason: content bytes, the largest first.

    ``layers`` are the new image's layers that carry them.  ``transfer`` is ``None``
    where one of them is stored uncompressed.
    """

    reason: Pointless
    files: int
    bytes: int
    transfer: int | None
    paths: tuple[Path, ...]
    layers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that differs between two images.

    ``layers`` in the order of the new image's, with the old one's own in between;
    ``paths`` the largest change first; ``packages``, ``classes`` and ``refetched``
    likewise.  Only what differs is in them, but all layers.  ``findings`` matches
    ``old.findings`` with ``new.findings``; nothing where rules did not run on both.
    ``unsure`` counts the paths whose contents could not be compared.
    """

    old: Analysis
    new: Analysis
    size: Delta
    transfer: Delta
    live: Delta
    dead: Delta
    layers: tuple[LayerPair, ...]
    pull: PullDelta
    paths: Sequence[PathDelta]
    packages: tuple[PackageDelta, ...]
    classes: tuple[ClassDelta, ...]
    refetched: tuple[Refetched, ...]
    findings: Matched
    unsure: int = 0

    @property
    def is_same(self) -> bool:
        """Whether nothing that is compared here differs."""
        return not (
            self.paths or self.packages or self.classes or self.findings.fixed or self.findings.new
        ) and all(pair.same for pair in self.layers)
