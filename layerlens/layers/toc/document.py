"""The JSON of a table of contents (both formats share it), decoded into checked files.

A file of several chunks is one ``reg`` entry followed by ``chunk`` entries;
here they are folded into one :class:`Listed` with a :class:`Piece` for each.
Bounds: :data:`MAX_TOC`, :data:`MAX_TOC_ENTRIES`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from layerlens.errors import FormatError, LimitError, Where
from layerlens.layers.table import Kind
from layerlens.layers.toc.hint import TocRefusedError
from layerlens.layers.toc.times import seconds

MAX_TOC = 128 << 20
"""Bytes of a table's JSON; 100,000 files take some 40 MB of it at most."""

MAX_TOC_ENTRIES = 2_000_000
"""Entries of a table, chunks included."""

_TOC_VERSION = 1

_Any64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62) - 1)]

_KINDS = {
    "reg": Kind.FILE,
    "dir": Kind.DIR,
    "symlink": Kind.SYMLINK,
    "hardlink": Kind.HARDLINK,
    "char": Kind.CHAR,
    "block": Kind.BLOCK,
    "fifo": Kind.FIFO,
}
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")

_LOST = "\ufffd"
"""What JSON writers put in place of bytes that are not UTF-8."""


class Entry(msgspec.Struct, gc=False):
    """One JSON entry; what is not read here is skipped."""

    name: str
    type: str
    size: _Size = 0
    modtime: str | None = None
    accesstime: str | None = None
    changetime: str | None = None
    linkName: str = ""  # noqa: N815 - the format's names
    mode: _Any64 = 0
    uid: _Any64 = 0
    gid: _Any64 = 0
    offset: _Size = 0
    innerOffset: _Size = 0  # noqa: N815
    endOffset: _Size = 0  # noqa: N815
    devMajor: _Any64 = 0  # noqa: N815
    devMinor: _Any64 = 0  # noqa: N815
    xattrs: dict[str, str | None] | None = None
    digest: str = ""
    chunkOffset: _Size = 0  # noqa: N815
    chunkSize: _Size = 0  # noqa: N815


class _Document(msgspec.Struct):
    version: int
    entries: list[Entry]
    tarSplitDigest: str = ""  # noqa: N815


@dataclass(frozen=True, slots=True)
class Piece:
    """``size`` bytes of a content that unpack from the blob's ``offset`` on."""

    offset: int
    size: int


@dataclass(slots=True)
class Listed:
    """One file of the layer, as the table lists it.

    ``name`` and ``link`` stand as in the tar; ``pieces`` and ``end`` (0 where
    it is not told) say where the content is stored; ``digest`` is its sha256;
    ``mtime`` is in seconds since the epoch.
    """

    name: bytes
    kind: Kind
    size: int
    link: bytes
    entry: Entry
    mtime: float
    digest: bytes = b""
    pieces: list[Piece] = field(default_factory=list)
    end: int = 0
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Toc:
    """A decoded table: its files one by one, and the digest of a tar-split if there is one."""

    entries: list[Entry]
    tar_split_digest: str

    def files(self, end: int) -> Iterator[Listed]:
        """The files in the table's order, which is the tar's; each is checked.

        ``end`` is where the stored contents end in the blob.  Raises
        :class:`FormatError` for what contradicts itself, and
        :class:`TocRefusedError` for what is not covered.
        """
        entries = self.entries
        last = 0  # offsets rise all through the table, or it is not in the tar's order
        i = 0
        while i < len(entries):
            entry = entries[i]
            i += 1
            listed = _listed(entry)
            if listed.size:
                chunks = [entry]
                while i < len(entries) and entries[i].type == "chunk":
                    chunks.append(entries[i])
                    i += 1
                last = _place(listed, chunks, last, end)
            yield listed


def decode(data: bytes) -> Toc:
    """Decode a table.

    Raises :class:`FormatError` for what is no table, :class:`LimitError`
    above the bounds, and :class:`TocRefusedError` for an unknown version.
    """
    if len(data) > MAX_TOC:
        raise LimitError(f"table of contents of {len(data)} bytes, the limit is {MAX_TOC}")
    if data.count(b'"type"') > MAX_TOC_ENTRIES:
        raise LimitError(f"table of contents with more than {MAX_TOC_ENTRIES} entries")
    try:
        document = msgspec.json.decode(data, type=_Document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise FormatError(f"table of contents: {error}") from error
    if document.version != _TOC_VERSION:
        raise TocRefusedError(f"table of contents of version {document.version}")
    return Toc(document.entries, document.tarSplitDigest)


def _listed(entry: Entry) -> Listed:
    kind = _KINDS.get(entry.type)
    name = _bytes(entry.name)
    if kind is None:
        if entry.type == "chunk":
            raise FormatError("a chunk without its file", where=Where(entry=name))
        raise TocRefusedError(f"table of contents with an entry of type {entry.type!r:.40}")
    try:
        mtime = seconds(entry.modtime) if entry.modtime else 0
    except (ValueError, OverflowError) as error:
        raise FormatError(f"not a time: {entry.modtime!r:.60}", where=Where(entry=name)) from error
    return Listed(
        name=name,
        kind=kind,
        size=entry.size if kind is Kind.FILE else 0,
        link=_bytes(entry.linkName),
        entry=entry,
        mtime=mtime,
        xattrs=_xattrs(entry.xattrs, name) if entry.xattrs else (),
    )


def _place(listed: Listed, chunks: list[Entry], last: int, end: int) -> int:
    """Set where a content is stored; gives the highest offset so far."""
    where = Where(entry=listed.name)
    match = _SHA256.fullmatch(chunks[0].digest)
    if match is None:
        raise TocRefusedError("table of contents without a sha256 of each content")
    listed.digest = bytes.fromhex(match[1])
    done = 0
    for chunk in chunks:
        if chunk.innerOffset:
            raise TocRefusedError("table of contents with several files in one compressed chunk")
        # The last chunk may leave its size out, and a lone one has none.
        size = chunk.chunkSize or listed.size - chunk.chunkOffset
        if chunk.chunkOffset != done or size <= 0 or done + size > listed.size:
            raise FormatError("chunks that do not make up their file", where=where)
        done += size
        if chunk.offset >= end:
            raise FormatError(
                f"a content at byte {chunk.offset}, where contents end at {end}", where=where
            )
        if chunk.offset <= last:
            raise TocRefusedError("table of contents in another order than the layer")
        last = chunk.offset
        listed.pieces.append(Piece(chunk.offset, size))
    if done != listed.size:
        raise FormatError("chunks that do not make up their file", where=where)
    listed.end = chunks[0].endOffset
    if listed.end:
        if not last < listed.end <= end:
            raise FormatError("a content that ends before it begins, or too late", where=where)
        last = listed.end - 1
    return last


def _xattrs(found: dict[str, str | None], name: bytes) -> tuple[tuple[bytes, bytes], ...]:
    try:
        pairs = {
            _bytes(key): binascii.a2b_base64(value or "", strict_mode=True)
            for key, value in found.items()
        }
    except ValueError as error:
        raise FormatError(
            f"extended attribute that is not base64: {error}", where=Where(entry=name)
        ) from error
    return tuple(sorted(pairs.items()))


def _bytes(text: str) -> bytes:
    """The bytes of a name.  Go's writers lose those that are not UTF-8."""
    if _LOST in text:
        raise TocRefusedError("table of contents with a name that is not UTF-8")
    if "\0" in text:
        raise FormatError("table of contents with a NUL in a name")
    return text.encode()
