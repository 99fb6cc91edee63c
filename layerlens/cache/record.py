"""A layer that was read, as bytes, and back.

    4 bytes    length of the facts (little-endian)
    facts      MessagePack: what is known of the layer, and how long each column is
    body       zstd, or as it is: rare attributes (MessagePack), then the columns of
               the table one behind the other; names and parents are joined by NUL,
               which no path can hold

Writing and reading a column is one copy, which is why this form was chosen
(``docs/cache.md``).  What is decoded is checked like any input from outside:
a record that does not fit together is ``None``, never a table that lies.
"""

from __future__ import annotations

import math
import re
import sys
from array import array
from dataclasses import replace
from itertools import pairwise

import msgspec

from layerlens.cache.packing import BROKEN, LEVEL, pack, unpack
from layerlens.image.digest import Digest
from layerlens.layers import limits
from layerlens.layers.columns import Order, ordered
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import Diagnostic, Notes
from layerlens.layers.numbers import parse_number
from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HASH_SIZE, HashKind, Kind, LayerTable, Override, Sparse
from layerlens.layers.transfer import TransferMap

RAW_SIZE = 48
"""Bytes of header that a table keeps per entry."""

_LENGTH = 4
_NAME = 257
"""Bytes of a name in a header of its own, and the NUL behind it."""

_MOST_FACTS = 4096
_MOST_RARE = 1 << 30
_KINDS = bytes(Kind)
_DIGITS = b"01234567\0"
_SIGN = 7 if sys.byteorder == "little" else 0
_NOT_NEGATIVE = bytes(range(128))

Number = int | float | str
"""A number, as text where it has more than 64 bits."""


class _Facts(msgspec.Struct, array_like=True, frozen=True):
    """The part of a record that is read first.  Lengths are bytes."""

    count: int
    rare: int
    names: int
    parents: int | None
    hashed: bool
    hash_kind: int
    steps: int | None
    stored_size: int
    tar_size: int
    compression: str
    compressed_size: int
    digest: str | None
    diff_id: str | None
    origin: str
    packed: bool

    @property
    def body(self) -> int:
        """Bytes of the body before compression."""
        entry = 1 + 8 + 8 + RAW_SIZE + (HASH_SIZE if self.hashed else 0)
        return (
            self.rare
            + self.names
            + (self.parents or 0)
            + 16 * (self.steps or 0)
            + self.count * entry
        )

    def plausible(self) -> bool:
        """Whether no number is beyond what a layer can have."""
        long = limits.MAX_LONG_NAMES
        return (
            0 <= self.count <= limits.MAX_ENTRIES
            and 0 <= self.rare <= _MOST_RARE
            and 0 <= self.names <= self.count * _NAME + long
            and 0 <= (self.parents or 0) <= self.names + self.count + 1
            and 0 <= (self.steps or 0) <= limits.MAX_LAYER // 512
            and 0 <= self.stored_size <= limits.MAX_FILE
            and 0 <= self.tar_size <= limits.MAX_FILE
            and 0 <= self.compressed_size <= limits.MAX_FILE
        )


class _Rare(msgspec.Struct, array_like=True, frozen=True):
    """What few entries have, by the entry's index."""

    links: dict[int, bytes]
    devices: dict[int, tuple[int, int]]
    overridden: list[int]
    uids: list[int | str | None]
    gids: list[int | str | None]
    mtimes: list[Number | None]
    xattrs: dict[int, tuple[tuple[bytes, bytes], ...]]
    sparse: dict[int, tuple[tuple[tuple[int, int], ...], int, int]]
    suspects: list[int] | None
    notes: list[tuple[str, str, int | None, bytes | None]]
    counts: list[tuple[str, int | None, int]]


_FACTS = msgspec.msgpack.Decoder(_Facts)
_RARE = msgspec.msgpack.Decoder(_Rare)

# --------------------------------------------------------------------------- to bytes


def encode(read: LayerRead, *, level: int = LEVEL, order: Order = sys.byteorder) -> bytes:
    """The record of a layer; ``level`` 0 leaves compression out.

    ``order`` is that of the bytes of its columns, which the record does not tell.
    Raises ``ValueError`` for a table that no walk gives (a NUL in a name).
    """
    table = read.table
    count = len(table)
    names = b"\0".join(table.names)
    parents = None
    if table.known_parents is not None:
        parents = b"\0".join(sorted(table.known_parents))
    if names.count(0) != max(count - 1, 0):
        raise ValueError("a name with a NUL in it")
    rare = msgspec.msgpack.encode(_rare(table))
    out, into = table.transfer.columns() if table.transfer is not None else (None, None)
    facts = _Facts(
        count=count,
        rare=len(rare),
        names=len(names),
        parents=None if parents is None else len(parents),
        hashed=bool(table.hashes),
        hash_kind=table.hash_kind,
        steps=None if out is None else len(out),
        stored_size=0 if table.transfer is None else table.transfer.compressed_size,
        tar_size=table.tar_size,
        compression=read.compression.value,
        compressed_size=read.compressed_size,
        digest=None if read.digest is None else str(read.digest),
        diff_id=None if read.diff_id is None else str(read.diff_id),
        origin=read.origin.value,
        packed=level > 0,
    )
    numbers = [b"" if each is None else ordered(each, order)
               for each in (out, into, table.sizes, table.offsets)]  # fmt: skip
    columns = (rare, names, parents or b"", *numbers[:2], table.kinds,
               *numbers[2:], table.raw, table.hashes)  # fmt: skip
    body = b"".join(columns)
    if len(body) != facts.body:
        raise ValueError("columns of different lengths")
    head = msgspec.msgpack.encode(facts)
    return b"".join(
        (
            len(head).to_bytes(_LENGTH, "little"),
            head,
            pack(body, level),
        )
    )


def _rare(table: LayerTable) -> _Rare:
    overrides = list(table.overrides.values())
    notes = table.notes
    return _Rare(
        links=table.links,
        devices=table.devices,
        overridden=list(table.overrides),
        uids=[_text_if_wide(each.uid) for each in overrides],
        gids=[_text_if_wide(each.gid) for each in overrides],
        mtimes=[
            each.mtime if isinstance(each.mtime, float) else _text_if_wide(each.mtime)
            for each in overrides
        ],
        xattrs=table.xattrs,
        sparse={
            i: (each.segments, each.data_offset, each.stored) for i, each in table.sparse.items()
        },
        suspects=table.suspects,
        notes=[(each.code, each.message, each.layer, each.path) for each in notes.kept],
        counts=[(code, layer, count) for (code, layer), count in notes.counts.items()],
    )


def _text_if_wide(value: int | None) -> int | str | None:
    """A number that MessagePack can hold, or its digits."""
    if value is not None and not -(1 << 63) <= value < 1 << 63:
        return str(value)
    return value


# --------------------------------------------------------------------------- from bytes


def decode(payload: bytes | memoryview, *, order: Order = sys.byteorder) -> LayerRead | None:
    """The layer of a record, ``None`` where the bytes are no record."""
    try:
        return _decode(payload, order)
    except BROKEN:
        return None


def body_size(payload: bytes | memoryview) -> int | None:
    """Bytes that a record takes before compression, as it says, ``None`` where it is none.

    :func:`decode` makes no more of it than that.
    """
    try:
        facts, _ = _facts(payload)
    except BROKEN:
        return None
    return facts.body


def hash_rank(payload: bytes | memoryview) -> int:
    """How good the content hashes of a record are: 2 for XXH3, 1 for others, 0 for none."""
    try:
        facts, _ = _facts(payload)
    except BROKEN:
        return -1
    return rank(facts.hash_kind if facts.hashed else None)


def rank(kind: int | None) -> int:
    """The order of hash kinds that :func:`hash_rank` speaks of."""
    return 0 if kind is None else 2 if kind == HashKind.XXH3 else 1


def _facts(payload: bytes | memoryview) -> tuple[_Facts, memoryview]:
    """The first part of a record, and what follows."""
    view = memoryview(payload)
    length = int.from_bytes(view[:_LENGTH], "little")
    if not 0 < length <= _MOST_FACTS:
        raise ValueError("no facts")
    facts = _FACTS.decode(view[_LENGTH : _LENGTH + length])
    if not facts.plausible():
        raise ValueError("numbers beyond a layer's bounds")
    return facts, view[_LENGTH + length :]


def _decode(payload: bytes | memoryview, order: Order) -> LayerRead:
    facts, rest = _facts(payload)
    body = unpack(rest, facts.body) if facts.packed else bytes(rest)
    if len(body) != facts.body:
        raise ValueError("a body of another length")
    cut = _Cutter(body, order)
    rare = _RARE.decode(cut.take(facts.rare))
    count = facts.count
    table = LayerTable(
        names=_joined(cut.take(facts.names), count),
        hash_kind=HashKind(facts.hash_kind),
        tar_size=facts.tar_size,
    )
    if facts.parents is not None:
        parents = bytes(cut.take(facts.parents)).split(b"\0")
        table.known_parents = frozenset(parents if count or facts.parents else ())
        if len(table.known_parents) > count:
            raise ValueError("more parents than names")
    if facts.steps is not None:
        out, into = cut.numbers(facts.steps), cut.numbers(facts.steps)
        table.transfer = TransferMap.restored(out, into, facts.stored_size)
    table.kinds = bytearray(cut.take(count))
    table.sizes = _positive(cut.numbers(count))
    table.offsets = _positive(cut.numbers(count))
    table.raw = bytearray(cut.take(count * RAW_SIZE))
    if facts.hashed:
        table.hashes = bytearray(cut.take(count * HASH_SIZE))
    if table.kinds.translate(None, _KINDS):
        raise ValueError("kinds that are none")
    _check_numbers(table.raw)
    _take_rare(rare, table)
    return LayerRead(
        table,
        Compression(facts.compression),
        facts.compressed_size,
        None if facts.digest is None else Digest.parse(facts.digest),
        None if facts.diff_id is None else Digest.parse(facts.diff_id),
        Origin(facts.origin),
    )


class _Cutter:
    """Takes columns off a body, from the front."""

    def __init__(self, body: bytes, order: Order) -> None:
        self._view = memoryview(body)
        self._order = order
        self._at = 0

    def take(self, length: int) -> memoryview:
        start = self._at
        self._at = start + length
        return self._view[start : self._at]

    def numbers(self, count: int) -> array[int]:
        column = array("q")
        column.frombytes(self.take(8 * count))
        return ordered(column, self._order)


def _joined(text: memoryview, count: int) -> list[bytes]:
    names = bytes(text).split(b"\0") if count else []
    if len(names) != count or (text and not count):
        raise ValueError("another count of names")
    return names


def _positive(column: array[int]) -> array[int]:
    """The column, whose numbers have no sign: told by the highest byte of each."""
    if column.tobytes()[_SIGN::8].translate(None, _NOT_NEGATIVE):
        raise ValueError("a negative size or offset")
    return column


def _check_numbers(raw: bytearray) -> None:
    """Make sure that every number field can be decoded when it is asked for.

    Octal digits and NULs alone always can; of others each distinct field is tried once.
    """
    if not raw.translate(None, _DIGITS):
        return
    tried: set[bytes] = set()
    for k in range(0, len(raw), RAW_SIZE):
        entry = bytes(raw[k : k + RAW_SIZE])
        for field in (entry[:8], entry[8:16], entry[16:24], entry[24:36], entry[36:]):
            if field not in tried:
                parse_number(field)
                tried.add(field)


_DECIMAL = re.compile(r"-?[0-9]{1,20}")


def _whole(value: int | str | None) -> int | None:
    """The number that :func:`_text_if_wide` took."""
    if isinstance(value, str):
        if not _DECIMAL.fullmatch(value):
            raise ValueError("a number that is none")
        return int(value)
    return value


def _take_rare(rare: _Rare, table: LayerTable) -> None:
    """Put the rare attributes into the table, each at an entry that can have it."""
    kinds, count = table.kinds, len(table)
    for keys in (rare.links, rare.devices, rare.overridden, rare.xattrs, rare.sparse):
        if keys and not 0 <= min(keys) <= max(keys) < count:
            raise ValueError("an attribute of no entry")
    links = kinds.count(Kind.HARDLINK) + kinds.count(Kind.SYMLINK)
    if len(rare.links) != links or bytes(map(kinds.__getitem__, rare.links)).translate(
        None, bytes((Kind.HARDLINK, Kind.SYMLINK))
    ):
        raise ValueError("links and their targets do not pair up")
    if not len(rare.overridden) == len(rare.uids) == len(rare.gids) == len(rare.mtimes):
        raise ValueError("overrides of different lengths")
    if sum(len(k) + len(v) for each in rare.xattrs.values() for k, v in each) > (
        limits.MAX_XATTR_BYTES
    ):
        raise ValueError("more extended attributes than a layer can have")
    if not all(math.isfinite(when) for when in rare.mtimes if isinstance(when, float)):
        raise ValueError("a time that is no number")
    suspects = rare.suspects
    if suspects and (
        not 0 <= suspects[0] <= suspects[-1] < count or any(a >= b for a, b in pairwise(suspects))
    ):
        raise ValueError("suspects out of order")
    table.links, table.devices, table.xattrs = rare.links, rare.devices, rare.xattrs
    table.suspects = suspects
    table.overrides = {
        i: Override(_whole(uid), _whole(gid), mtime if isinstance(mtime, float) else _whole(mtime))
        for i, uid, gid, mtime in zip(
            rare.overridden, rare.uids, rare.gids, rare.mtimes, strict=True
        )
    }
    table.sparse = {i: _sparse(table.sizes[i], *each) for i, each in rare.sparse.items()}
    if sum(len(each.segments) for each in table.sparse.values()) > limits.MAX_SEGMENTS:
        raise ValueError("more segments than a layer can have")
    table.notes = Notes.restored(
        [Diagnostic(*each) for each in rare.notes],
        {(code, layer): number for code, layer, number in rare.counts},
    )


def _sparse(size: int, segments: tuple[tuple[int, int], ...], at: int, stored: int) -> Sparse:
    end = 0
    for offset, length in segments:
        if offset < end or length <= 0:
            raise ValueError("segments that overlap")
        end = offset + length
    if end > size or at < 0 or stored < 0 or len(segments) > limits.MAX_SPARSE_SEGMENTS:
        raise ValueError("segments beyond the file")
    return Sparse(segments, at, stored)


def as_plain(read: LayerRead) -> LayerRead:
    """The same layer as its uncompressed tar would have been read.

    The digest must have been computed: ``diff_id`` is not ``None``.
    """
    return LayerRead(
        replace(read.table, transfer=None),
        Compression.NONE,
        read.table.tar_size,
        read.diff_id,
        read.diff_id,
        read.origin,
    )
