"""A layer read by its table of contents beside the same layer read in full."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerlens.layers.reader import LayerRead, read_stream
from layerlens.layers.table import LayerTable
from layerlens.layers.toc.content import toc_content
from layerlens.layers.toc.hint import TocHint, find_toc
from layerlens.layers.toc.read import read_toc
from tests.toc_writers import Blob


@dataclass
class Ranges:
    """A blob that is read by ranges, and which were asked for."""

    data: bytes
    asked: list[tuple[int, int]] = field(default_factory=list)

    def fetch(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= offset + length <= len(self.data)
        self.asked.append((offset, length))
        return self.data[offset : offset + length]

    @property
    def bytes(self) -> int:
        return sum(length for _, length in self.asked)


def hint_of(blob: Blob) -> TocHint:
    hint = find_toc(blob.annotations, len(blob.data), blob.media_type, least=0)
    assert hint is not None
    return hint


def by_toc(blob: Blob) -> LayerRead:
    return read_toc(hint_of(blob), len(blob.data), Ranges(blob.data).fetch)


def in_full(blob: Blob) -> LayerRead:
    return read_stream([blob.data])


def rows(table: LayerTable, *, fractions: bool = True) -> list[tuple[object, ...]]:
    """Everything that a table says of each entry, but where it lies."""
    return [
        (
            name,
            table.kinds[i],
            table.sizes[i],
            table.mode(i),
            table.uid(i),
            table.gid(i),
            table.mtime(i) if fractions else table.mtime(i) // 1,
            table.links.get(i),
            table.devices.get(i),
            table.xattrs.get(i),
        )
        for i, name in enumerate(table.names)
    ]


def agree(listed: LayerTable, full: LayerTable, *, fractions: bool = True) -> None:
    """Both tables say the same of every entry, and of the names as a whole."""
    assert rows(listed, fractions=fractions) == rows(full, fractions=fractions)
    assert listed.parents() == full.parents()
    assert listed.marked() == full.marked()
    assert listed.content_bytes == full.content_bytes
    assert len(listed.hashes) == 16 * len(listed)
    assert len(listed.raw) == 48 * len(listed)
    notes = [note for note in listed.notes.all() if note.code != "tar-size-reckoned"]
    assert notes == full.notes.all()


def lie_alike(listed: LayerTable, full: LayerTable) -> None:
    """Both tables have every content at the same place of the same tar."""
    assert listed.offsets == full.offsets
    assert listed.tar_size == full.tar_size


def content(blob: Blob, table: LayerTable, i: int) -> bytes:
    pieces = toc_content(table, i, Ranges(blob.data).fetch)
    assert pieces is not None
    return b"".join(pieces)
