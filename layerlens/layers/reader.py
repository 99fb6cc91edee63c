"""Read one layer, from a stream of its stored bytes or in place from a plain file."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from layerlens.errors import FormatError, ImageError, Where
from layerlens.image.digest import Digest
from layerlens.layers import limits
from layerlens.layers.compression import PIECE_OUT, Compression, decompress, sniff
from layerlens.layers.table import LayerTable
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import Tick, walk
from layerlens.layers.transfer import TransferMap

Counter = Callable[[int], None]
"""Receives how many stored bytes have been read so far; may raise to stop."""


@dataclass(frozen=True, slots=True)
class LayerRead:
    """A layer that was read.

    ``digest`` (of the stored bytes) and ``diff_id`` (of the tar) are ``None``
    where the bytes were not read through; ``compressed_size`` is the stored
    size in bytes.
    """

    table: LayerTable
    compression: Compression
    compressed_size: int
    digest: Digest | None = None
    diff_id: Digest | None = None


def read_stream(
    pieces: Iterable[bytes],
    *,
    limit: int = limits.MAX_LAYER,
    count: Counter | None = None,
    ahead: Callable[[Iterable[bytes]], Iterable[bytes]] | None = None,
) -> LayerRead:
    """Read a layer whose stored bytes come in non-empty pieces.

    Compression is sniffed; both digests are computed while the bytes pass, and
    every content is hashed.  ``ahead`` may move the decompression to another
    thread.  Raises :class:`FormatError` and :class:`LimitError`.
    """
    stored = _Counted(pieces, count)
    first = stored.first()
    compression = sniff(first)
    transfer = None if compression is Compression.NONE else TransferMap()
    tar: Iterable[bytes] = decompress(stored, compression, limit=limit, transfer=transfer)
    if ahead is not None and compression is not Compression.NONE:
        tar = ahead(tar)
    hashed = tar if compression is Compression.NONE else _Counted(tar, None)
    tape = StreamTape(hashed)
    table, pos = walk(tape.fetch, tape.read, content_hash=tape.hash)
    table.tar_size = tape.drain()
    if pos > table.tar_size:
        raise FormatError(f"truncated: the last entry needs {pos - table.tar_size} more bytes")
    table.transfer = transfer
    diff_id = hashed.digest() if isinstance(hashed, _Counted) else stored.digest()
    return LayerRead(table, compression, stored.total, stored.digest(), diff_id)


class _Counted:
    """Pieces that are counted and digested as they pass."""

    def __init__(self, pieces: Iterable[bytes], count: Counter | None) -> None:
        self._pieces = iter(pieces)
        self._sha = hashlib.sha256()
        self._count = count
        self._held: bytes | None = None
        self.total = 0

    def first(self) -> bytes:
        """Look at the first piece without consuming it."""
        self._held = next(self._pieces, b"")
        return bytes(self._held[:16])

    def __iter__(self) -> Iterator[bytes]:
        update = self._sha.update
        if self._held:
            update(self._held)
            self.total += len(self._held)
            yield self._held
        self._held = None
        for piece in self._pieces:
            update(piece)
            self.total += len(piece)
            if self._count is not None:
                self._count(self.total)
            yield piece

    def digest(self) -> Digest:
        """The sha256 of what has passed."""
        return Digest("sha256", self._sha.hexdigest())


class PlainFile:
    """An open file that is read at positions, from several threads."""

    def __init__(self, path: str) -> None:
        """Raises ``OSError``."""
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.size = os.fstat(self._fd).st_size
        if hasattr(os, "pread"):
            self.read: Callable[[int, int], bytes] = partial(_pread_all, self._fd)
            self.fetch: Callable[[int], bytes] = partial(os.pread, self._fd, 512)
        else:
            self._lock = threading.Lock()
            self.read = self._seek_and_read
            self.fetch = lambda pos: self._seek_and_read(pos, 512)

    def _seek_and_read(self, pos: int, count: int) -> bytes:
        with self._lock:
            os.lseek(self._fd, pos, os.SEEK_SET)
            parts = []
            while count and (part := os.read(self._fd, count)):
                parts.append(part)
                count -= len(part)
        return b"".join(parts)

    def pieces(self, start: int, count: int, step: int = PIECE_OUT) -> Iterator[bytes]:
        """``count`` bytes from ``start`` in pieces of ``step``.

        Raises :class:`FormatError` where the file ends before.
        """
        end = start + count
        while start < end:
            piece = self.read(start, min(step, end - start))
            if not piece:
                raise FormatError(f"truncated: {end - start} bytes are missing")
            start += len(piece)
            yield piece

    def close(self) -> None:
        """Close the file; reading afterwards is an ``OSError``."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _pread_all(fd: int, pos: int, count: int) -> bytes:
    data = os.pread(fd, count, pos)
    if len(data) in (count, 0):
        return data
    # One call gives at most 2 GiB, and less at the end of the file.
    parts = [data]
    have = len(data)
    while have < count and (part := os.pread(fd, count - have, pos + have)):
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def read_plain(file: PlainFile, start: int, size: int, *, tick: Tick | None = None) -> LayerRead:
    """Read the headers of an uncompressed layer tar in place; contents are not touched."""
    table, _ = walk(file.fetch, file.read, start=start, end=start + size, tick=tick)
    table.tar_size = size
    return LayerRead(table, Compression.NONE, size)


def digest_of(pieces: Iterable[bytes]) -> Digest:
    """The sha256 of all pieces."""
    sha = hashlib.sha256()
    for piece in pieces:
        sha.update(piece)
    return Digest("sha256", sha.hexdigest())


def located(error: ImageError, *, file: str | None = None, layer: str | None = None) -> ImageError:
    """The same error with the file and the layer that its reader could not know."""
    error.at(Where(file=file, layer=layer))
    return error
