"""A store that is a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from layerlens.errors import SourceError, Where
from layerlens.image.digest import Digest
from layerlens.layers.asked import Part
from layerlens.layers.compression import Compression, sniff
from layerlens.layers.contents import Examiner
from layerlens.layers.reader import (
    Counter,
    LayerRead,
    PlainFile,
    digest_of,
)
from layerlens.layers.table import LayerTable
from layerlens.sources.file_store import load_span
from layerlens.sources.place import file_place
from layerlens.sources.store import MAX_DOCUMENT, Store, bounded, missing

_MOST_NAMES = 10_000


class DirectoryStore(Store):
    """Blobs that are files below a directory."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._open: dict[str, PlainFile] = {}

    @property
    def label(self) -> str:
        return self._root

    def names(self) -> Iterable[str]:
        """Names as deep as any layout has them, and not endlessly many: it may be ``/``."""
        found: list[str] = []
        for place, folders, files in os.walk(self._root):
            within = os.path.relpath(place, self._root)
            found += [os.path.normpath(os.path.join(within, name)) for name in files]
            if within.count(os.sep) >= 1 or len(found) > _MOST_NAMES:
                folders.clear()
        return found

    def _path(self, name: str) -> str | None:
        if "\0" in name:
            return None
        path = os.path.realpath(os.path.join(self._root, name.lstrip("/")))
        inside = os.path.commonpath([path, self._real]) == self._real
        return path if inside and os.path.isfile(path) else None

    def _file(self, name: str) -> PlainFile:
        path = self._path(name)
        if path is None:
            raise missing(name, self.label)
        if path not in self._open:
            try:
                self._open[path] = PlainFile(path)
            except OSError as error:
                raise SourceError(
                    f"cannot open: {error.strerror or error}", where=Where(file=path)
                ) from error
        return self._open[path]

    def has(self, name: str) -> bool:
        return self._path(name) is not None

    def size(self, name: str) -> int:
        return self._file(name).size

    def compressed(self, name: str) -> bool:
        return sniff(self._file(name).read(0, 16)) is not Compression.NONE

    def rereads(self, name: str) -> bool:
        return not self.compressed(name)

    def place(self, name: str) -> str | None:
        file = self._file(name)
        return file_place(file.path, file.status, file.opened)

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        file = self._file(name)
        bounded(name, file.size, limit, self.label)
        return file.read(0, file.size)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        file = self._file(name)
        return load_span(
            file, 0, file.size, limit=limit, count=count, examiner=examiner, asked=asked
        )

    def digest(self, name: str) -> Digest:
        file = self._file(name)
        return digest_of(file.pieces(0, file.size))

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        if self.compressed(name):
            return None
        return self._file(name).pieces(table.offsets[i], table.stored(i))

    def span(self, name: str, table: LayerTable, i: int, start: int, length: int) -> bytes | None:
        if self.compressed(name):
            return None
        length = min(length, table.stored(i) - start)
        return self._file(name).read(table.offsets[i] + start, length)

    def stored(self, name: str) -> Iterator[bytes] | None:
        file = self._file(name)
        return file.pieces(0, file.size)

    def changed(self, name: str) -> bool:
        return self._file(name).changed()

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()
