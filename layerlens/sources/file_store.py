"""A store that is a plain archive, read in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from layerlens.errors import ImageError, Where
from layerlens.image.digest import Digest
from layerlens.layers.asked import Part
from layerlens.layers.compression import Compression, sniff
from layerlens.layers.contents import Examiner
from layerlens.layers.readahead import read_ahead
from layerlens.layers.reader import (
    Counter,
    LayerRead,
    PlainFile,
    digest_of,
    read_plain,
    read_stream,
)
from layerlens.layers.table import LayerTable
from layerlens.layers.tarwalk import walk
from layerlens.sources.members import Members
from layerlens.sources.place import file_place
from layerlens.sources.store import MAX_DOCUMENT, WORTH_A_THREAD, Store, bounded, missing


class FileStore(Store):
    """The members of an uncompressed tar on disk, read in place."""

    def __init__(self, file: PlainFile) -> None:
        """Index the outer headers.  Raises :class:`FormatError` with the file's name."""
        self._file = file
        try:
            self.table, _ = walk(file.fetch, file.read, end=file.size)
        except ImageError as error:
            raise error.at(Where(file=file.path)) from error
        self.table.tar_size = file.size
        self._members = Members(self.table, file.path)
        self._plain: dict[str, int] = {}

    @property
    def label(self) -> str:
        return self._file.path

    @property
    def file(self) -> PlainFile:
        """The open archive."""
        return self._file

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def size(self, name: str) -> int:
        return self._span(name)[1]

    def _span(self, name: str) -> tuple[int, int]:
        i = self._members.find(name)
        if i is None:
            raise missing(name, self.label)
        return self.table.offsets[i], self.table.sizes[i]

    def compressed(self, name: str) -> bool:
        start, size = self._span(name)
        return sniff(self._file.read(start, min(16, size))) is not Compression.NONE

    def rereads(self, name: str) -> bool:
        return not self.compressed(name)

    def place(self, name: str) -> str | None:
        place = file_place(self._file.path, self._file.status, self._file.opened)
        if place is None:
            return None
        start, size = self._span(name)
        return f"{place}\0{start}\0{size}"

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        start, size = self._span(name)
        bounded(name, size, limit, self.label)
        return self._file.read(start, size)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        start, size = self._span(name)
        return load_span(
            self._file, start, size, limit=limit, count=count, examiner=examiner, asked=asked
        )

    def digest(self, name: str) -> Digest:
        return digest_of(self._file.pieces(*self._span(name)))

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        at = self._start(name)
        return None if at < 0 else self._file.pieces(at + table.offsets[i], table.stored(i))

    def span(self, name: str, table: LayerTable, i: int, start: int, length: int) -> bytes | None:
        at = self._start(name)
        if at < 0:
            return None
        return self._file.read(at + table.offsets[i] + start, min(length, table.stored(i) - start))

    def stored(self, name: str) -> Iterator[bytes] | None:
        return self._file.pieces(*self._span(name))

    def changed(self, name: str) -> bool:
        return self._file.changed()

    def _start(self, name: str) -> int:
        """Where a plain layer begins, -1 for a compressed one; asked for each of many contents."""
        at = self._plain.get(name)
        if at is None:
            at = -1 if self.compressed(name) else self._span(name)[0]
            self._plain[name] = at
        return at

    def close(self) -> None:
        self._file.close()


def load_span(
    file: PlainFile,
    start: int,
    size: int,
    *,
    limit: int,
    count: Counter | None = None,
    examiner: Examiner | None = None,
    asked: Part | None = None,
) -> LayerRead:
    """Read the layer that is stored in a part of a file, in place if it is plain."""
    if sniff(file.read(start, min(16, size))) is Compression.NONE:
        return read_plain(file, start, size, tick=count, asked=asked)
    return read_stream(
        file.pieces(start, size, 1 << 16),
        limit=limit,
        count=count,
        ahead=read_ahead if size > WORTH_A_THREAD else None,
        examiner=examiner,
        asked=asked,
    )
