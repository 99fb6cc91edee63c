"""The headers of a layer tar as an engine has recorded them (tar-split).

Docker and podman unpack a layer and throw its tar away.  To be able to make the
very same tar again they keep a record of it: gzip over lines of JSON, each with

    type      2 for bytes of the tar (headers, padding, end blocks), base64 in ``payload``;
              1 for one entry's content, ``size`` bytes, whose CRC-64 is ``payload``
              (eight bytes, base64; null where there is no content)
    position  the number of the line, from 0

(https://github.com/vbatts/tar-split, ``tar/storage/entry.go`` and
``tar/asm/disassemble.go``.)  So the record is the tar with gaps, and is walked
as the tar is: names, extended headers, links and checksums mean exactly what
they mean there.  Contents are known by their CRC-64 (ISO polynomial) alone.
That two contents of equal size and CRC are equal is taken for granted, as the
engine does; an author of an image who forges one fools nobody but himself.
Whoever wants the bytes themselves read (``--verify``) takes the export.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from layerlens.errors import FormatError, ImageError, UnfitStoreError
from layerlens.image.digest import Digest
from layerlens.layers import limits
from layerlens.layers.compression import Compression, decompress, sniff
from layerlens.layers.reader import Counter, LayerRead, Origin, lead
from layerlens.layers.table import HASH_SIZE, HashKind
from layerlens.layers.tarwalk import walk

BLOCK = 512

MAX_RECORD = 32 << 30
"""Bytes of one layer's record, decompressed: about 1.2 KB an entry."""

MAX_LINE = 64 << 20
"""Bytes of one line: an extended header has 1 MiB at most, end blocks mostly 10 KiB."""

MAX_LINES = 4 * limits.MAX_ENTRIES
"""Lines of one record: two or three an entry."""

_BATCH = 1 << 20
"""Decompressed bytes that are decoded at a time: they stay in the processor's cache."""

_CRC_SIZE = 8
_FILL = bytes(HASH_SIZE - _CRC_SIZE)


class _Line(msgspec.Struct, gc=False):
    """One line.  Names are left out: the headers say them better."""

    type: int
    position: int
    payload: bytes | None = None
    size: int = 0


def read_tar_split(
    pieces: Iterable[bytes],
    diff_id: Digest,
    *,
    limit: int = MAX_RECORD,
    count: Counter | None = None,
) -> LayerRead:
    """The layer that a record describes, as a plain tar in an archive would be read.

    ``pieces`` are the record's stored bytes, ``diff_id`` what the engine says
    of the tar (nothing here could compute it); ``count`` learns how many bytes
    of the tar have been passed.  Raises :class:`UnfitStoreError` for whatever
    the record cannot tell or should not look like.
    """
    tape = RecordTape(_batches(pieces, min(limit, MAX_RECORD)))
    try:
        table, end = walk(tape.fetch, tape.read, content_hash=tape.hash, tick=count)
        table.tar_size = tape.drain()
    except FormatError as error:
        raise UnfitStoreError(
            f"the record of the layer's tar: {error.what}", where=error.where
        ) from error
    if end > table.tar_size:
        raise UnfitStoreError("the record of the layer's tar ends early")
    if table.sparse:
        # What is recorded as content is the expanded file, which is not what the tar holds.
        raise UnfitStoreError("the layer has sparse entries, which are not recorded exactly")
    table.hash_kind = HashKind.CRC64
    return LayerRead(
        table,
        Compression.NONE,
        table.tar_size,
        digest=diff_id,
        diff_id=diff_id,
        origin=Origin.TAR_SPLIT,
    )


def _batches(pieces: Iterable[bytes], limit: int) -> Iterator[list[_Line]]:
    """The lines of a record, some thousands at a time."""
    decode = msgspec.json.Decoder(_Line).decode_lines
    for text in _whole_lines(pieces, limit):
        try:
            yield decode(text)
        except msgspec.MsgspecError as error:
            raise UnfitStoreError(f"the record of the layer's tar: {error}") from error


def _whole_lines(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in _decompressed(pieces, limit):
        size += len(piece)
        cut = piece.rfind(b"\n") + 1 if size >= _BATCH else 0
        if cut:
            held.append(piece[:cut])
            yield b"".join(held)
            held, size = [piece[cut:]], len(piece) - cut
        else:
            held.append(piece)
        if size > MAX_LINE:
            raise UnfitStoreError(
                f"the record of the layer's tar has a line of more than {MAX_LINE} bytes"
            )
    if size:
        yield b"".join(held)


def _decompressed(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    stored = iter(pieces)
    first = lead(stored)
    if sniff(first) is not Compression.GZIP:  # a crash may leave an empty file
        raise UnfitStoreError("the record of the layer's tar is not compressed with gzip")
    try:
        yield from decompress(chain((first,), stored), Compression.GZIP, limit=limit)
    except UnfitStoreError:
        raise
    except ImageError as error:
        raise UnfitStoreError(f"the record of the layer's tar: {error.what}") from error


class _Headers(dict[int, bytes]):
    """Blocks by position; one that is not there is asked of the tape, which may know it yet."""

    def __init__(self, tape: RecordTape) -> None:
        super().__init__()
        self._tape = tape

    def __missing__(self, pos: int) -> bytes:
        return self._tape.read(pos, BLOCK)


class RecordTape:
    """Answers the walker from recorded segments; between them lie contents, as gaps.

    Forward only, like a stream.  A gap must be hashed as a whole, by the entry
    whose header lies before it: the walker's idea of each entry is checked
    against the engine's.
    """

    def __init__(self, batches: Iterator[list[_Line]]) -> None:
        self._batches = batches
        self._headers = _Headers(self)
        self._contents: dict[int, _Line] = {}
        self._starts: list[int] = []
        self._segments: list[bytes] = []
        self._end = 0  # position behind the last line that was taken in
        self._lines = 0
        # The dictionary's own method: no call of ours for nearly all headers.
        self.fetch = self._headers.__getitem__

    def read(self, pos: int, count: int) -> bytes:
        """Up to ``count`` recorded bytes at ``pos``, fewer at the end of the tar.

        Raises :class:`UnfitStoreError` where content would be needed.
        """
        while self._end < pos + count and self._take_in(pos):
            pass
        if pos >= self._end:
            return b""
        k = bisect_right(self._starts, pos) - 1
        at = pos - self._starts[k] if k >= 0 else -1
        found = self._segments[k][at:] if at >= 0 else b""
        parts = [found[:count]]
        have, stop = len(found), pos + len(found)
        while have < count and stop < self._end:
            k += 1
            if not found or k >= len(self._starts) or self._starts[k] != stop:
                raise UnfitStoreError(
                    f"the record of the layer's tar has no headers at {stop}, where one is due"
                )
            found = self._segments[k]
            parts.append(found[: count - have])
            have, stop = have + len(found), stop + len(found)
        return b"".join(parts)

    def hash(self, pos: int, count: int, index: int = -1, name: bytes = b"") -> bytes:
        """The CRC-64 of the content at ``pos``, which must have ``count`` bytes."""
        line = self._contents.pop(pos, None)
        while line is None and self._end <= pos and self._take_in(pos):
            line = self._contents.pop(pos, None)
        if line is None or line.size != count:
            raise UnfitStoreError(
                f"the record of the layer's tar has {line.size if line else 0} bytes of content"
                f" at {pos}, {count} are due"
            )
        assert line.payload is not None
        return line.payload + _FILL

    def drain(self) -> int:
        """Take in what is left; gives the length of the tar."""
        while self._take_in(self._end):
            pass
        self._insist_on_no_contents()
        return self._end

    def _insist_on_no_contents(self) -> None:
        if self._contents:
            raise UnfitStoreError(
                f"the record of the layer's tar has content at {min(self._contents)},"
                " which no header announces"
            )

    def _take_in(self, keep: int) -> bool:
        """Replace what lies before ``keep`` by the next batch of lines; false at the end.

        Dense on purpose: this runs once per line, twice per entry.
        """
        batch = next(self._batches, None)
        if batch is None:
            return False
        # All gaps before are hashed by now, for the walker goes in order.
        self._insist_on_no_contents()
        k = max(0, bisect_right(self._starts, keep) - 1)
        starts, segments = self._starts, self._segments = self._starts[k:], self._segments[k:]
        headers, contents = self._headers, self._contents
        headers.clear()
        pos = self._end
        number = self._lines
        for line in batch:
            if line.position != number:
                raise UnfitStoreError(
                    f"the record of the layer's tar has line {line.position} where {number} is due"
                )
            number += 1
            data = line.payload
            if line.type == 2:
                if not data:
                    continue
                starts.append(pos)
                segments.append(data)
                # Padding up to the next block, and a header; or extended ones before it.
                head = -pos & 511
                extra = len(data) - head - BLOCK
                if extra >= 0:
                    headers[pos + head] = data[head : head + BLOCK]
                    if extra:
                        last = len(data) - BLOCK
                        headers[pos + last] = data[last:]
                pos += len(data)
            elif line.type == 1:
                size = line.size
                if not size:
                    continue
                if size < 0 or size > limits.MAX_FILE or data is None or len(data) != _CRC_SIZE:
                    raise UnfitStoreError(
                        f"the record of the layer's tar, line {number - 1}: content of {size}"
                        f" bytes with a checksum of {len(data or b'')} bytes"
                    )
                contents[pos] = line
                pos += size
            else:
                raise UnfitStoreError(
                    f"the record of the layer's tar, line {number - 1}: unknown type {line.type}"
                )
        if number > MAX_LINES:
            raise UnfitStoreError(f"the record of the layer's tar has more than {MAX_LINES} lines")
        self._end = pos
        self._lines = number
        return True
