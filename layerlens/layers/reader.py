"""Read one layer, from a stream of its stored bytes or in place from a plain file."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from layerlens.errors import FormatError, ImageError, Where
from layerlens.image.digest import Digest
from layerlens.layers import limits
from layerlens.layers.asked import Part
from layerlens.layers.compression import PIECE_OUT, Compression, decompress, sniff
from layerlens.layers.contents import Contents, Examiner
from layerlens.layers.table import LayerTable
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import Hash, Tick, walk
from layerlens.layers.transfer import TransferMap

Counter = Callable[[int], None]
"""Receives how many stored bytes have been read so far; may raise to stop."""


class Origin(StrEnum):
    """What the entries of a layer were read from.

    The layer's own tar; an engine's record of the tar's headers (tar-split);
    the table of contents that a blob carries (eStargz, zstd:chunked).
    """

    TAR = "tar"
    TAR_SPLIT = "tar-split"
    ESTARGZ = "estargz-toc"
    ZSTD_CHUNKED = "zstd-chunked-toc"

    @property
    def is_toc(self) -> bool:
        """Whether the tar itself was not looked at."""
        return self in (Origin.ESTARGZ, Origin.ZSTD_CHUNKED)


@dataclass(frozen=True, slots=True)
class LayerRead:
    """A layer that was read.

    ``digest`` (of the stored bytes) and ``diff_id`` (of the tar) are ``None``
    where the bytes were not read through; ``compressed_size`` is the stored
    size in bytes; ``contents`` is what an examiner found in contents that
    passed, ``None`` where none was asked.
    """

    table: LayerTable
    compression: Compression
    compressed_size: int
    digest: Digest | None = None
    diff_id: Digest | None = None
    origin: Origin = Origin.TAR
    contents: Contents | None = None


def read_stream(
    pieces: Iterable[bytes],
    *,
    limit: int = limits.MAX_LAYER,
    count: Counter | None = None,
    ahead: Callable[[Iterable[bytes]], Iterable[bytes]] | None = None,
    examiner: Examiner | None = None,
    asked: Part | None = None,
) -> LayerRead:
    """Read a layer whose stored bytes come in non-empty pieces.

    Compression is sniffed; both digests are computed while the bytes pass, and
    every content is hashed, and shown to ``examiner``.  ``ahead`` may move a
    producer of bytes to another thread; ``asked`` counts what the layer asks for.  Raises :class:`FormatError` and :class:`LimitError`.
    """
    stored = _Counted(pieces, count)
    first = stored.first()
    compression = sniff(first)
    if compression is Compression.NONE:
        _insist_on_tar(first)
    transfer = None if compression is Compression.NONE else TransferMap()
    tar: Iterable[bytes]
    if ahead is None or compression is Compression.NONE:
        tar = decompress(stored, compression, limit=limit, transfer=transfer)
    else:
        # Three jobs of which no two fit one core at full speed: reading and the digest of
        # what is stored, decompression, and here the digest of the tar and its headers.
        tar = ahead(decompress(ahead(stored), compression, limit=limit, transfer=transfer))
    hashed = tar if compression is Compression.NONE else _Counted(tar, None)
    tape = StreamTape(hashed)
    contents = None
    hashing: Hash = tape.hash
    if examiner is not None:
        from layerlens.layers.examining import examining

        contents = Contents()
        hashing = examining(tape, examiner, contents)
    table, pos = walk(tape.fetch, tape.read, content_hash=hashing, asked=asked)
    table.tar_size = tape.drain()
    if pos > table.tar_size:
        raise FormatError(f"truncated: the last entry needs {pos - table.tar_size} more bytes")
    table.transfer = transfer
    diff_id = hashed.digest() if isinstance(hashed, _Counted) else stored.digest()
    return LayerRead(table, compression, stored.total, stored.digest(), diff_id, contents=contents)


def lead(pieces: Iterator[bytes], count: int = 512) -> bytes:
    """The first pieces, joined up to ``count`` bytes or more; a pipe may begin with one byte."""
    parts: list[bytes] = []
    have = 0
    for piece in pieces:
        parts.append(piece)
        have += len(piece)
        if have >= count:
            break
    return parts[0] if len(parts) == 1 else b"".join(parts)


def not_a_tar(head: bytes) -> FormatError | None:
    """The error for what is plainly no tar by its first bytes; a broken tar is left to the walk."""
    if head[257:262] == b"ustar" or not head.strip(b"\0"):
        return None
    if len(head) == 512 and head[148:156].strip(b" \0").isdigit():
        return None
    found = next((name for magic, name in _OTHERS if head.startswith(magic)), None)
    if found is not None or len(head) == 512:
        return FormatError(
            "not a tar, nor compressed with gzip, zstd, xz or bzip2"
            + (f"; it looks like {found}" if found else ""),
            hint="convert the image with skopeo copy --dest-compress-format gzip",
        )
    return None


def _insist_on_tar(head: bytes) -> None:
    error = not_a_tar(head)
    if error is not None:
        raise error


_OTHERS = (
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"LZIP", "lzip"),
    (b"\x1f\x9d", "compress (.Z)"),
    (b"\x89LZO", "lzop"),
    (b"\xff\x06\0\0sNaPpY", "snappy"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"PK\x03\x04", "zip"),
    (b"hsqs", "a squashfs file system"),
    (b"{", "JSON"),
    (b"<", "HTML or XML"),
)
"""Beginnings of what people take for layers."""


class _Counted:
    """Pieces that are counted and digested as they pass."""

    def __init__(self, pieces: Iterable[bytes], count: Counter | None) -> None:
        self._pieces = iter(pieces)
        self._sha = hashlib.sha256()
        self._count = count
        self._held: bytes | None = None
        self.total = 0

    def first(self) -> bytes:
        """Look at the first bytes (512 where there are as many) without consuming them."""
        self._held = lead(self._pieces)
        return bytes(self._held[:512])

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
    """An open file that is read at positions, from several threads.

    ``status`` is what it was when it was ``opened``, in nanoseconds since the epoch.
    """

    def __init__(self, path: str) -> None:
        """Raises ``OSError``."""
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self.opened = time.time_ns()
        self.status = os.fstat(self._fd)
        self.size = self.status.st_size
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

    def changed(self) -> bool:
        """Whether the file was written to since it was opened, as its size and time tell."""
        now = os.fstat(self._fd)
        return (now.st_size, now.st_mtime_ns) != (self.size, self.status.st_mtime_ns)

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


def read_plain(
    file: PlainFile,
    start: int,
    size: int,
    *,
    tick: Tick | None = None,
    asked: Part | None = None,
) -> LayerRead:
    """Read the headers of an uncompressed layer tar in place; contents are not touched."""
    _insist_on_tar(file.read(start, min(512, size)))
    table, _ = walk(file.fetch, file.read, start=start, end=start + size, tick=tick, asked=asked)
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
