"""A root filesystem without any description: ``docker export``, ``buildx --output type=tar``.

It is taken as an image of one layer, and a diagnostic says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerlens.image.digest import Digest
from layerlens.image.model import ImageConfig
from layerlens.layers.asked import Part
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Examiner
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import Counter, LayerRead
from layerlens.layers.table import LayerTable
from layerlens.sources.file_store import FileStore
from layerlens.sources.image import LayerBlob
from layerlens.sources.record import Record
from layerlens.sources.store import Store
from layerlens.sources.stream_store import StreamStore

NAME = ""
"""The one blob of such a store: the archive itself."""


class FlatStore(Store):
    """An archive that is its own only layer."""

    def __init__(self, archive: FileStore | StreamStore) -> None:
        self._archive = archive

    @property
    def label(self) -> str:
        return self._archive.label

    def names(self) -> Iterable[str]:
        return [NAME]

    def has(self, name: str) -> bool:
        return name == NAME

    def size(self, name: str) -> int:
        return self._archive.table.tar_size

    def compressed(self, name: str) -> bool:
        return False

    def rereads(self, name: str) -> bool:
        return isinstance(self._archive, FileStore)

    def document(self, name: str, limit: int = 0) -> bytes:
        return b""

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        table = self._archive.table
        contents = None
        if examiner is not None and isinstance(self._archive, StreamStore):
            contents = self._archive.contents
        return LayerRead(table, Compression.NONE, table.tar_size, contents=contents)

    def digest(self, name: str) -> Digest:
        """Nothing promises a digest for such an archive, so nobody asks for one."""
        raise NotImplementedError

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        if isinstance(self._archive, FileStore):
            return self._archive.file.pieces(table.offsets[i], table.stored(i))
        return None

    def changed(self, name: str) -> bool:
        return isinstance(self._archive, FileStore) and self._archive.file.changed()

    def close(self) -> None:
        self._archive.close()


def records() -> list[Record]:
    """The one record of a flat archive."""
    note = Diagnostic(
        "flat-archive",
        "a root filesystem without manifest: taken as one layer, without history",
    )
    return [
        Record(
            source="root filesystem tar",
            build=lambda: (ImageConfig(platform=None, diff_ids=()), (LayerBlob(NAME, None),)),
            notes=[note],
        )
    ]
