"""A layer's table made of its table of contents."""

from __future__ import annotations

from layerlens.errors import FormatError, LimitError, Where
from layerlens.layers import limits
from layerlens.layers.compression import Compression
from layerlens.layers.names import WHITEOUT, leaves_root, normalise
from layerlens.layers.table import HASH_SIZE, HashKind, Kind, LayerTable, Override
from layerlens.layers.toc.document import Listed
from layerlens.layers.transfer import TransferMap

_NO_HASH = bytes(HASH_SIZE)

_MOST_UNPACKED = {Compression.GZIP: 1100, Compression.ZSTD: 1 << 16}
"""Bytes that one stored byte can unpack to, at most (RFC 1951: 258 bytes for 2 bits;
RFC 8878: a block of one repeated byte, 128 KiB for 4)."""


class Builder:
    """Adds files to a table, with the names, numbers and notes that a walk would give."""

    def __init__(self, compression: Compression, limit: int) -> None:
        """``limit`` bounds the layer's content bytes, as it bounds a full read."""
        self.table = LayerTable(suspects=[], hash_kind=HashKind.SHA256)
        self.transfer = TransferMap()
        self.table.transfer = self.transfer
        self._limit = limit
        self._factor = _MOST_UNPACKED[compression]
        self._content = 0
        self._xattr_bytes = 0
        self._open: tuple[bytes, int, int] | None = None  # name, offset, size of a piece

    def add(self, listed: Listed, at: int) -> None:
        """Add one file whose content lies at byte ``at`` of the layer tar."""
        table = self.table
        i = len(table)
        name = self._path(listed.name, i)
        table.names.append(name)
        table.kinds.append(listed.kind)
        table.sizes.append(listed.size)
        table.offsets.append(at)
        self._numbers(listed, i)
        if listed.kind is Kind.HARDLINK:
            table.links[i] = normalise(listed.link)
        elif listed.kind is Kind.SYMLINK:
            table.links[i] = listed.link
        elif listed.kind in (Kind.CHAR, Kind.BLOCK):
            table.devices[i] = (listed.entry.devMajor, listed.entry.devMinor)
        if listed.xattrs:
            self._xattr_bytes += sum(len(key) + len(value) for key, value in listed.xattrs)
            if self._xattr_bytes > limits.MAX_XATTR_BYTES:
                raise LimitError(f"more than {limits.MAX_XATTR_BYTES} bytes of extended attributes")
            table.xattrs[i] = listed.xattrs
        if listed.size:
            self._content += listed.size
            if self._content > self._limit:
                raise LimitError(f"decompresses to more than {self._limit} bytes")
            self._place(listed, at)
        table.hashes += listed.digest[:HASH_SIZE] if listed.size else _NO_HASH

    def _place(self, listed: Listed, at: int) -> None:
        for piece in listed.pieces:
            self._close(piece.offset)
            self._open = (listed.name, piece.offset, piece.size)
            self.transfer.note(at, piece.offset)
            at += piece.size
        if listed.end:
            self._close(listed.end)
            self.transfer.note(at, listed.end)

    def _close(self, end: int) -> None:
        """The piece before ends at byte ``end`` of the blob at the latest."""
        if self._open is not None:
            name, offset, size = self._open
            if size > (end - offset) * self._factor:
                raise FormatError(
                    f"{size} bytes cannot unpack from the {end - offset} stored for them",
                    where=Where(entry=name),
                )
        self._open = None

    def finish(self, contents_end: int, blob_size: int) -> LayerTable:
        """The table; ``tar_size`` is set by now.  What follows ``contents_end`` is no content."""
        self._close(contents_end)
        self.transfer.note(self.table.tar_size, blob_size)
        self.table.parents()
        return self.table

    def _path(self, name: bytes, i: int) -> bytes:
        table = self.table
        if len(name) > limits.NAME_MAX and (
            len(name) > limits.PATH_MAX or max(map(len, name.split(b"/"))) > limits.NAME_MAX
        ):
            table.notes.add(
                "name-too-long", "longer than Linux allows: no engine can load it", path=name
            )
        if b".." in name and leaves_root(name):
            table.notes.add(
                "path-above-root",
                "name climbs above the root, taken below it",
                path=name.removeprefix(b"./"),
            )
        path = normalise(name)
        if WHITEOUT in path:
            assert table.suspects is not None
            table.suspects.append(i)
        return path

    def _numbers(self, listed: Listed, i: int) -> None:
        """The 48 header bytes, and an override for numbers that do not fit octal fields."""
        entry = listed.entry
        uid = _octal(entry.uid, 7)
        gid = _octal(entry.gid, 7)
        time = _octal(listed.mtime, 11) if isinstance(listed.mtime, int) else None
        self.table.raw += b"".join(
            (
                b"%07o\0" % (entry.mode & 0o7777777),
                uid or bytes(8),
                gid or bytes(8),
                _octal(listed.size, 11) or bytes(12),
                time or bytes(12),
            )
        )
        if uid is None or gid is None or time is None:
            self.table.overrides[i] = Override(
                uid=entry.uid if uid is None else None,
                gid=entry.gid if gid is None else None,
                mtime=listed.mtime if time is None else None,
            )


def _octal(number: int, digits: int) -> bytes | None:
    if 0 <= number < 1 << (3 * digits):
        return b"%0*o\0" % (digits, number)
    return None
