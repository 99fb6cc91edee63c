"""What readers tell of an image while they read it, to whoever cannot wait for the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from layerlens.image.digest import Digest
from layerlens.image.model import ImageConfig
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import LayerRead

Candidates = Callable[[], Sequence[tuple[str, tuple[Digest, ...]]]]
"""Gives the names and the layers of images that may be the base."""

Compare = Callable[[tuple[int, int], tuple[int, int]], bool]
"""Whether two regular-file entries, each (layer, index), are known to hold the same bytes."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Candidates that are all known."""

    found: tuple[tuple[str, tuple[Digest, ...]], ...] = ()

    def __call__(self) -> tuple[tuple[str, tuple[Digest, ...]], ...]:
        return self.found


@dataclass(frozen=True, slots=True)
class ExpectedLayer:
    """What is said of a layer before it is read.

    ``compressed_size`` is the stored size in bytes that a descriptor states,
    ``size`` the content bytes that an engine's history states.
    """

    diff_id: Digest | None = None
    digest: Digest | None = None
    media_type: str | None = None
    compressed_size: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Announcement:
    """What is known of an image besides the contents of its layers, lowest layer first.

    The fields are those of an opened image.  ``notes`` may grow while layers
    are read.  ``same_content`` compares entries of layers that have arrived
    and may be called from any thread; ``None`` where there are only hashes.
    """

    reference: str
    source: str
    config: ImageConfig
    layers: tuple[ExpectedLayer, ...]
    id: Digest | None = None
    digest: Digest | None = None
    tags: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=dict)
    provenance: str | None = None
    attestation_bytes: int = 0
    as_pulled: bool = False
    notes: Sequence[Diagnostic] = ()
    base_candidates: Candidates = Listed()
    same_content: Compare | None = None


class Arrivals(Protocol):
    """Told what is known of an image as soon as it is known, and each layer once it is read.

    Called by the threads that read, several at a time; never waits and never raises.
    """

    def announce(self, image: Announcement) -> None:
        """The image is described; a later announcement is a better one of the same image."""

    def named_base(self, name: str, layers: tuple[Digest, ...]) -> None:
        """The user says that the image was built on this one."""

    def arrived(self, read: LayerRead, indexes: Sequence[int] = ()) -> None:
        """A layer has been read to its end, and nobody changes it any more.

        ``indexes`` are its places in the announced image.  Without any it is told
        by its digests: of a stream nobody knows yet which of its layers belong to
        the image.
        """

    def withdraw(self) -> None:
        """The layers that have arrived do not count: they are not the image's, or are read anew."""
