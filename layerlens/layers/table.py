"""The entries of one layer, in columns.

A layer of a real image has up to a million entries, so there is no object per
entry: index ``i`` of every column describes the ``i``-th entry of the layer's
tar, in the order of the tar.  Rare attributes live in dictionaries keyed by
that index.  All sizes and offsets are bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from layerlens.layers.diagnostics import Notes
from layerlens.layers.names import WHITEOUT
from layerlens.layers.numbers import parse_number
from layerlens.layers.transfer import TransferMap


class Kind(IntEnum):
    """What an entry is; the values are POSIX ustar's type flags."""

    FILE = 0x30
    HARDLINK = 0x31
    SYMLINK = 0x32
    CHAR = 0x33
    BLOCK = 0x34
    DIR = 0x35
    FIFO = 0x36

    @property
    def word(self) -> str:
        """The word that every output uses for the kind."""
        return _WORDS[self]


_WORDS = {
    Kind.FILE: "file",
    Kind.HARDLINK: "hardlink",
    Kind.SYMLINK: "symlink",
    Kind.CHAR: "char",
    Kind.BLOCK: "block",
    Kind.DIR: "dir",
    Kind.FIFO: "fifo",
}

HASH_SIZE = 16
"""Bytes of one content hash, of whatever kind."""


class HashKind(IntEnum):
    """What the content hashes of a table are; only hashes of one kind compare.

    ``XXH3`` is XXH3-128, ``SHA256`` the first 16 bytes of a SHA-256 (tables of
    contents), ``CRC64`` a CRC-64/GO-ISO and eight zero bytes (tar-split).
    """

    XXH3 = 1
    SHA256 = 2
    CRC64 = 3


_RAW = 48  # bytes 100 to 148 of a header: mode, uid, gid, size, mtime


@dataclass(frozen=True, slots=True)
class Override:
    """Numbers of a PAX header that replace those of the entry's own header."""

    uid: int | None = None
    gid: int | None = None
    mtime: float | None = None


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse entry: ``segments`` of (offset in the file, length), data in order.

    ``data_offset`` is where the first segment's bytes lie in the layer tar;
    ``stored`` is how many bytes the archive holds for the entry, a leading map
    (PAX format 1.0) included.
    """

    segments: tuple[tuple[int, int], ...]
    data_offset: int
    stored: int


@dataclass(slots=True)
class LayerTable:
    """All entries of one layer.

    ``names``    normalised paths: no leading or trailing slash, no ``.`` or
                 ``..`` parts; the root itself is ``b""``
    ``kinds``    one :class:`Kind` value per entry
    ``sizes``    content bytes: regular files only, else 0; a sparse file's
                 expanded size
    ``offsets``  where the content starts in the uncompressed layer tar
    ``raw``      48 bytes of header per entry (mode, uid, gid, size, mtime),
                 decoded on demand by :meth:`mode` and its siblings
    ``hashes``   16 bytes per entry where contents were hashed while they
                 passed, else empty; zeros for an entry without content
    ``hash_kind`` what they are
    ``links``    targets of symbolic links (as written) and of hard links
                 (normalised like a name)
    ``tar_size`` length of the uncompressed layer tar
    ``suspects`` indexes of the names that hold ``.wh.``, in order; ``None`` where
                 nobody looked yet
    ``known_parents`` what :meth:`parents` gives, likewise
    """

    names: list[bytes] = field(default_factory=list)
    kinds: bytearray = field(default_factory=bytearray)
    sizes: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    raw: bytearray = field(default_factory=bytearray)
    hashes: bytearray = field(default_factory=bytearray)
    hash_kind: HashKind = HashKind.XXH3
    links: dict[int, bytes] = field(default_factory=dict)
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    overrides: dict[int, Override] = field(default_factory=dict)
    xattrs: dict[int, tuple[tuple[bytes, bytes], ...]] = field(default_factory=dict)
    sparse: dict[int, Sparse] = field(default_factory=dict)
    tar_size: int = 0
    suspects: list[int] | None = None
    transfer: TransferMap | None = None
    notes: Notes = field(default_factory=Notes)
    known_parents: frozenset[bytes] | None = None

    def __len__(self) -> int:
        return len(self.names)

    def parents(self) -> frozenset[bytes]:
        """The directories that the names stand in, ``b""`` for the root; found once."""
        if self.known_parents is None:
            self.known_parents = frozenset({name.rpartition(b"/")[0] for name in self.names})
        return self.known_parents

    def marked(self) -> list[int]:
        """Indexes of the names that hold ``.wh.``: all whiteouts, and little else."""
        if self.suspects is None:
            self.suspects = [i for i, name in enumerate(self.names) if WHITEOUT in name]
        return self.suspects

    def mode(self, i: int) -> int:
        """Permission bits with setuid, setgid and sticky (``0o7777`` at most)."""
        return parse_number(self.raw[i * _RAW : i * _RAW + 8]) & 0o7777

    def uid(self, i: int) -> int:
        over = self.overrides.get(i)
        if over is not None and over.uid is not None:
            return over.uid
        return parse_number(self.raw[i * _RAW + 8 : i * _RAW + 16])

    def gid(self, i: int) -> int:
        over = self.overrides.get(i)
        if over is not None and over.gid is not None:
            return over.gid
        return parse_number(self.raw[i * _RAW + 16 : i * _RAW + 24])

    def mtime(self, i: int) -> float:
        """Seconds since the epoch, as the archive says (an ``int`` where it is whole)."""
        over = self.overrides.get(i)
        if over is not None and over.mtime is not None:
            return over.mtime
        return parse_number(self.raw[i * _RAW + 36 : i * _RAW + 48])

    def hash(self, i: int) -> bytes | None:
        """The content hash, or ``None`` where contents were not hashed."""
        if not self.hashes:
            return None
        return bytes(self.hashes[i * HASH_SIZE : (i + 1) * HASH_SIZE])

    def stored(self, i: int) -> int:
        """Bytes of content from the entry's offset on: of a sparse entry, its segments."""
        sparse = self.sparse.get(i)
        if sparse is None:
            return self.sizes[i]
        return sum(length for _, length in sparse.segments)

    def wire(self, i: int, size: int) -> int | None:
        """Bytes on the wire of ``size`` of an entry's bytes, as their share of all of it.

        ``None`` where the layer is stored uncompressed.
        """
        if self.transfer is None:
            return None
        span = self.transfer.span(self.offsets[i], self.stored(i))
        return span if size >= self.sizes[i] else span * size // self.sizes[i]

    def wires(self) -> array[int] | None:
        """:meth:`wire` of every entry's whole content."""
        if self.transfer is None:
            return None
        return array("q", self.transfer.each(self.offsets, self.stored_sizes()))

    def stored_sizes(self) -> Iterable[int]:
        """:meth:`stored` of every entry."""
        if not self.sparse:
            return self.sizes
        return (self.stored(i) if size else 0 for i, size in enumerate(self.sizes))

    @property
    def content_bytes(self) -> int:
        """The layer's bytes: the sum of content bytes of its regular-file entries."""
        return sum(self.sizes)
