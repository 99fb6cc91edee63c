"""An analysis as a memory of layers, so that its image can be opened without reading them."""

from __future__ import annotations

from layerlens.analysis.model import Analysis
from layerlens.image.digest import Digest
from layerlens.image.model import ImageConfig
from layerlens.layers.compression import Compression
from layerlens.layers.known import KnownLayers, PassedArchive
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HashKind


class AnalysedLayers(KnownLayers):
    """Answers with the layers of one analysis, else with what ``behind`` remembers.

    Nothing is kept.  Layers that a table of contents listed are left out: where
    their entries lie in the tar was only reckoned.  So are those that had not been
    read when a partial analysis was made.
    """

    def __init__(self, analysis: Analysis, behind: KnownLayers | None) -> None:
        self._behind = behind
        self._image = analysis.image
        self._reads: dict[Digest, LayerRead] = {}
        self._blobs: dict[Digest, LayerRead] = {}
        unread = {each.index for each in analysis.partial.unread} if analysis.partial else set()
        for facts, table in zip(analysis.layers, analysis.filesystem.tables, strict=True):
            if facts.index in unread:
                continue
            if Origin(facts.origin).is_toc or facts.diff_id is None:
                continue
            size = facts.tar_size if facts.compressed_size is None else facts.compressed_size
            read = LayerRead(
                table, Compression(facts.compression), size, facts.digest, facts.diff_id
            )
            self._reads[facts.diff_id] = read
            if facts.digest is not None:
                self._blobs[facts.digest] = read

    @property
    def problems(self) -> list[str]:
        return []

    def by_diff_id(self, diff_id: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        """Any hashes will do: nothing is compared with them."""
        return self._reads.get(diff_id)

    def by_blob(self, digest: Digest, *, hashes: HashKind | None = None) -> LayerRead | None:
        return self._blobs.get(digest)

    def by_toc(self, digest: Digest) -> LayerRead | None:
        return None

    def by_place(self, place: str) -> LayerRead | None:
        return None

    def keep(self, read: LayerRead, *, toc: Digest | None = None, place: str | None = None) -> None:
        """Nothing is kept."""

    def document(self, digest: Digest) -> bytes | None:
        return None if self._behind is None else self._behind.document(digest)

    def keep_document(self, data: bytes) -> None:
        """Nothing is kept."""

    def config(self, image_id: Digest) -> ImageConfig | None:
        return self._image.config if image_id == self._image.id else None

    def archive(self, place: str) -> PassedArchive | None:
        return None if self._behind is None else self._behind.archive(place)

    def keep_archive(self, place: str, archive: PassedArchive) -> None:
        """Nothing is kept."""
