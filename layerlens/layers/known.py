"""What a memory of layers answers: the face of the layer cache towards those who read.

Nothing here knows where records are kept.  A record is only ever kept under a
digest that was computed, or under the place of a file that was looked at, so
that no image can plant a wrong record for another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from layerlens.errors import ImageError
from layerlens.image.digest import Digest
from layerlens.image.model import ImageConfig
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import HashKind, LayerTable


@dataclass(frozen=True, slots=True)
class LayerMember:
    """A member of an archive that was read as a layer: its computed digests."""

    digest: Digest
    diff_id: Digest


@dataclass(frozen=True, slots=True)
class OtherMember:
    """A member that is neither a document nor a layer: its first (at most 8) bytes."""

    head: bytes


PassedMember = bytes | LayerMember | ImageError | OtherMember
"""What is kept of a member: a document, a layer's digests, why it is no layer, or its head."""


@dataclass(frozen=True, slots=True)
class PassedArchive:
    """What an archive held that was read in one pass.

    ``table`` lists its members, ``tail`` is what stood behind its last block
    (at most 64 KiB), ``members`` what each member was, by its index in the table.
    """

    table: LayerTable
    tail: bytes
    members: Mapping[int, PassedMember]


class KnownLayers(Protocol):
    """Layers, and small documents, that were read before.

    Asking never raises: a record that is missing, damaged or of another
    version is ``None``.  Keeping never raises either: a full disk costs the
    record, not the analysis.  All methods may be called from several threads.

    ``hashes`` asks for content hashes of that kind; ``None`` takes a record
    with any, or with none.
    """

    @property
    def problems(self) -> list[str]:
        """Why records could not be kept or used, in words, each once."""

    def by_diff_id(self, diff_id: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        """The layer as an uncompressed tar of that digest would be read."""

    def by_blob(self, digest: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        """The layer as the stored (maybe compressed) blob of that digest would be read."""

    def by_toc(self, digest: Digest) -> LayerRead | None:
        """The layer that a table of contents of that (computed) digest lists."""

    def by_place(self, place: str) -> LayerRead | None:
        """The layer that was read at a place, whose digests nobody computed."""

    def keep(self, read: LayerRead, *, toc: Digest | None = None, place: str | None = None) -> None:
        """Remember a layer.

        Under its computed digests where it has them; else under ``place``;
        one that a table of contents gave, under that table's digest, ``toc``.  A better record
        (with XXH3 hashes, or any) is never replaced by a lesser one.
        """

    def document(self, digest: Digest) -> bytes | None:
        """A small document by its sha256, checked."""

    def keep_document(self, data: bytes) -> None:
        """Remember a small document under its sha256."""

    def config(self, image_id: Digest) -> ImageConfig | None:
        """The configuration of an image, from a memory that has it parsed and not as bytes."""
        return None

    def judgement(self, key: str) -> bytes | None:
        """What rules said of an image: ``key`` names all that it depends on."""
        return None

    def keep_judgement(self, key: str, record: bytes) -> None:
        """Remember what rules said of an image."""
        return None  # noqa: RET501 - a memory may do without

    def archive(self, place: str) -> PassedArchive | None:
        """What the archive at a place held; its layers are records of their own."""

    def keep_archive(self, place: str, archive: PassedArchive) -> None:
        """Remember what the archive at a place held."""
