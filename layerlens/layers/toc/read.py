"""Read a layer by its table of contents, in a few range requests."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from layerlens.errors import FormatError, LimitError
from layerlens.layers import limits
from layerlens.layers.compression import Compression, decompress
from layerlens.layers.names import normalise
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HASH_SIZE, Kind, LayerTable
from layerlens.layers.tarwalk import walk
from layerlens.layers.toc.build import Builder
from layerlens.layers.toc.document import MAX_TOC, Listed, Toc, decode
from layerlens.layers.toc.hint import Fetch, Span, TocHint, TocRefusedError
from layerlens.layers.toc.layout import BLOCK, SplitTar, header_bytes, padded

MAX_STORED = 64 << 20
"""Stored bytes of a table, of a tar-split, and of what follows the last content."""

MAX_TAIL = 256 << 20
"""Bytes of the tar that may follow the last content: directories, links, the end."""

MAX_SPLIT = 4 << 30
"""Bytes of a tar-split; they pass, and are not kept."""

_FIRST = 64 << 10
"""Bytes of the first request for an eStargz blob: the footer, and most often the table."""

_BEFORE = 4 << 10
"""Bytes before a zstd:chunked table that are asked for with it: the end of the tar."""

_FRAME = 8  # header of a zstd skippable frame (RFC 8878, 3.1.2)
_FOOTER, _OLD_FOOTER = 51, 47
_INDEX = b"stargz.index.json"


def read_toc(
    hint: TocHint, blob_size: int, fetch: Fetch, *, limit: int = limits.MAX_LAYER
) -> LayerRead:
    """The layer as its table of contents lists it.

    ``fetch`` reads ranges of the stored blob of ``blob_size`` bytes; one to
    four are asked for.  ``limit`` bounds the layer's content bytes.  The
    table's hashes are of kind ``SHA256``; digests of the layer are unknown.

    Raises :class:`TocRefusedError` where the table cannot stand for the layer, and
    :class:`FormatError` or :class:`LimitError` where it is the promised one
    and broken.  Either way a full read gives the layer.  What ``fetch``
    raises passes.
    """
    window = _Window(fetch, blob_size)
    if hint.origin is Origin.ESTARGZ:
        return _Estargz(hint, window, limit).read()
    return _Chunked(hint, window, limit).read()


class _Window:
    """A part of a blob that has been fetched, and grows downwards."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self.size = size
        self._fetch = fetch
        self._start = self._end = size
        self._data = b""

    def get(self, start: int, end: int) -> bytes:
        """A range; what stands before the part that is there is fetched and kept."""
        if not 0 <= start <= end <= self.size:
            raise FormatError(
                f"table of contents that points at bytes {start} to {end} of its blob"
            )
        if end < self._start or end > self._end:
            return self._range(start, end)
        if start < self._start:
            self._data = self._range(start, self._start) + self._data
            self._start = start
        return self._data[start - self._start : end - self._start]

    def open(self, start: int, end: int) -> None:
        """Have a part of the blob, in one request."""
        self._start = self._end = end
        self._data = b""
        self.get(max(0, start), end)

    def _range(self, start: int, end: int) -> bytes:
        data = self._fetch(start, end - start)
        if len(data) != end - start:
            raise TocRefusedError(f"{len(data)} bytes came of the {end - start} asked for")
        return data


class _Reader:
    """What both formats share: from a decoded table to the layer's."""

    compression: Compression

    def __init__(self, hint: TocHint, window: _Window, limit: int) -> None:
        self._hint = hint
        self._window = window
        self._builder = Builder(self.compression, limit)

    def _build(self, toc: Toc, end: int, closing: bytes = b"", closed: int = 0) -> LayerRead:
        """Add all files; ``end`` is where contents end in the blob.

        ``closing`` is the part of the tar that is stored from there on, up to ``closed``.
        """
        table = self._builder.table
        reckoned = _Reckoned()
        after: list[Listed] = []  # files behind the last content so far
        last: Listed | None = None
        for listed in toc.files(end):
            after.append(listed)
            if listed.size:
                for each in after:
                    self._builder.add(each, reckoned.place(each))
                after.clear()
                last = listed
            if len(table) + len(after) > limits.MAX_ENTRIES:
                raise LimitError(f"more than {limits.MAX_ENTRIES} entries")
        tail = self._tail(last, end)
        base = reckoned.pos
        size = base + len(tail) + len(closing)
        told = self._hint.tar_size
        exact = last is None or size == told
        if not exact and told is not None and told > size and (told - size) % BLOCK == 0:
            # Some headers are longer than reckoned; which ones is not known.
            base, size = base + told - size, told
        walked = _walk(tail + closing)
        listed_index = self._compare(after, walked)
        for each, at in zip(after, walked.offsets, strict=False):
            self._builder.add(each, base + at)
        if listed_index:
            self._add_index(walked, base)
        table.tar_size = size
        if not exact:
            self._note_reckoned()
        self._builder.transfer.note(size - len(closing), end)
        if closing:
            self._builder.transfer.note(size, closed)
        return self._done(end)

    def _tail(self, last: Listed | None, end: int) -> bytes:
        """The tar from the block after the last content on, up to ``end`` of the blob."""
        start = skip = 0
        if last is not None:
            if last.end:
                start = last.end
            else:
                start, skip = last.pieces[-1].offset, last.pieces[-1].size
            skip += padded(last.size) - last.size
        if end - start > MAX_STORED:
            raise TocRefusedError(
                f"{end - start} bytes would be read for the end of the layer's tar"
            )
        stored = self._window.get(start, end)
        if not stored:
            return b""
        kept: list[bytes] = []
        have = -skip
        for piece in decompress([stored], self.compression, limit=skip + MAX_TAIL):
            have += len(piece)
            if have > 0:
                kept.append(piece[-have:] if have < len(piece) else piece)
        if have < 0:
            raise FormatError(f"truncated: the last content needs {-have} more bytes")
        return b"".join(kept)

    def _compare(self, after: list[Listed], walked: LayerTable) -> bool:
        """Whether the tar goes on, after what is listed, with the table itself."""
        names = [normalise(each.name) for each in after]
        kinds = [each.kind for each in after]
        if walked.names[: len(names)] == names and list(walked.kinds[: len(kinds)]) == kinds:
            rest = walked.names[len(names) :]
            if not rest:
                return False
            if rest == [_INDEX] and self._hint.origin is Origin.ESTARGZ:
                return True
        raise TocRefusedError("table of contents that does not list the end of its layer")

    def _add_index(self, walked: LayerTable, base: int) -> None:
        """The table is a file of the layer, too, for whoever unpacks the whole tar."""
        table = self._builder.table
        table.names.append(_INDEX)
        table.kinds.append(Kind.FILE)
        table.sizes.append(walked.sizes[-1])
        table.offsets.append(base + walked.offsets[-1])
        table.raw += walked.raw[-48:]
        table.hashes += bytes.fromhex(self._hint.digest.hex)[:HASH_SIZE]

    def _note_reckoned(self) -> None:
        self._builder.table.notes.add(
            "tar-size-reckoned",
            "read by its table of contents, which does not tell the size of the layer's tar: "
            "headers are reckoned",
        )

    def _done(self, end: int) -> LayerRead:
        table = self._builder.finish(end, self._window.size)
        return LayerRead(table, self.compression, self._window.size, origin=self._hint.origin)


@dataclass(slots=True)
class _Reckoned:
    """The position in a tar whose headers were not seen."""

    pos: int = 0

    def place(self, listed: Listed) -> int:
        """Where the next content lies."""
        at = self.pos + header_bytes(listed)
        self.pos = at + padded(listed.size)
        return at


class _Estargz(_Reader):
    compression = Compression.GZIP

    def read(self) -> LayerRead:
        window = self._window
        window.open(window.size - _FIRST, window.size)
        start, end = _footer(window)
        if end - start > MAX_STORED:
            raise LimitError(f"table of contents of {end - start} bytes, the limit is {MAX_STORED}")
        member = [window.get(start, end)]
        tar = b"".join(decompress(member, self.compression, limit=MAX_TOC + 64 * BLOCK))
        found = _walk(tar)
        if found.names != [_INDEX] or found.kinds[0] != Kind.FILE or found.sparse:
            raise TocRefusedError("no table of contents where the blob's footer points")
        document = tar[found.offsets[0] :][: found.sizes[0]]
        _insist(document, self._hint.digest.hex)
        return self._build(decode(document), start, tar, end)


def _footer(window: _Window) -> tuple[int, int]:
    """Where the table's gzip member begins and ends.

    The footer is an empty member whose extra field holds the beginning in
    hexadecimal: with the subfield ``SG`` (eStargz), or bare (stargz).
    """
    for size, lead in (
        (_FOOTER, b"\x1a\0SG\x16\0"),
        (_OLD_FOOTER, b"\x16\0"),
    ):
        if window.size < size:
            continue
        footer = window.get(window.size - size, window.size)
        field_at = 10 + len(lead)
        number = footer[field_at : field_at + 16]
        if (
            footer[:4] == b"\x1f\x8b\x08\x04"
            and footer[10:field_at] == lead
            and footer[field_at + 16 : field_at + 22] == b"STARGZ"
            and not number.translate(None, b"0123456789abcdefABCDEF")
        ):
            start, end = int(number, 16), window.size - size
            if start >= end:
                raise FormatError(f"table of contents at byte {start} of {window.size}")
            return start, end
    raise TocRefusedError("no eStargz footer at the end of the blob")


class _Chunked(_Reader):
    compression = Compression.ZSTD

    def read(self) -> LayerRead:
        table = self._hint.table
        assert table is not None
        if max(table.size, table.unpacked) > MAX_TOC or table.offset < _FRAME:
            raise LimitError(f"table of contents of {table.unpacked} bytes, the limit is {MAX_TOC}")
        split = self._hint.tar_split
        if (
            split is not None
            and not table.end <= split.offset <= split.end <= table.end + MAX_STORED
        ):
            split = None  # writers put it right behind the table
        self._window.open(table.offset - _BEFORE, split.end if split else table.end)
        stored = self._window.get(table.offset, table.end)
        _insist(stored, self._hint.digest.hex)
        document = b"".join(decompress([stored], self.compression, limit=table.unpacked))
        if len(document) != table.unpacked:
            raise FormatError(
                f"table of contents of {len(document)} bytes, {table.unpacked} are promised"
            )
        toc = decode(document)
        end = table.offset - _FRAME
        if split is None or not toc.tar_split_digest:
            return self._build(toc, end)
        return self._laid_out(toc, end, split)

    def _laid_out(self, toc: Toc, end: int, split: Span) -> LayerRead:
        """The same by a tar-split, which tells the tar's layout to the byte."""
        stored = self._window.get(split.offset, split.end)
        _insist(stored, toc.tar_split_digest.removeprefix("sha256:"))
        limit = min(split.unpacked, MAX_SPLIT)
        tar = SplitTar(decompress([stored], self.compression, limit=limit))
        table = self._builder.table
        for listed in toc.files(end):
            self._builder.add(listed, tar.content(listed))
            if len(table) > limits.MAX_ENTRIES:
                raise LimitError(f"more than {limits.MAX_ENTRIES} entries")
        table.tar_size = tar.end()
        self._builder.transfer.note(table.tar_size, end)
        return self._done(end)


def _insist(data: bytes, promised: str) -> None:
    """Make sure that the table is the one that the manifest vouches for."""
    found = hashlib.sha256(data).hexdigest()
    if found != promised:
        raise TocRefusedError(
            f"the table of contents has the digest sha256:{found}, sha256:{promised:.64} is promised"
        )


def _walk(tar: bytes) -> LayerTable:
    """The entries of a piece of tar that is in memory."""
    table, _ = walk(
        lambda pos: tar[pos : pos + BLOCK], lambda pos, count: tar[pos : pos + count], end=len(tar)
    )
    return table
