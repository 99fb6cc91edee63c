"""Members of layer tars, and the layer tars and tables that are made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import xxhash

from layerlens.layers.table import HASH_SIZE, Kind, LayerTable, Override, Sparse
from tests import hostile
from tests.hostile import BLOCK, Segment, Text, as_bytes, header, padded, pax_header

Records = tuple[tuple[bytes, bytes], ...]
_XATTR = b"SCHILY.xattr."


@dataclass(frozen=True)
class Member:
    """One member: what is written, and what it means.

    ``name`` stands as it is written (with ``./``, a trailing slash, …).
    ``pax`` records come before the header.  ``blocks`` replaces all headers
    (sparse and hand-made members); ``sparse`` is the real size and segments
    of a sparse file, whose stored bytes are ``data`` and whose first segment
    starts at byte ``begin`` of them.
    """

    name: bytes
    typeflag: bytes = b"0"
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    linkname: bytes = b""
    device: tuple[int, int] = (0, 0)
    pax: Records = ()
    magic: str = "ustar"
    blocks: bytes | None = None
    sparse: tuple[int, tuple[Segment, ...]] | None = None
    begin: int = 0
    is_raw: bool = field(default=False)

    @property
    def head(self) -> bytes:
        """All blocks before the content."""
        if self.blocks is not None:
            return self.blocks
        records = list(self.pax)
        keys = {key for key, _ in records}
        for key, value in ((b"path", self.name), (b"linkpath", self.linkname)):
            if len(value) > 100 and key not in keys:
                records.append((key, value))
        plain = header(
            self.name,
            self.typeflag,
            len(self.data),
            mode=self.mode,
            uid=self.uid,
            gid=self.gid,
            mtime=self.mtime,
            linkname=self.linkname,
            devmajor=self.device[0],
            devminor=self.device[1],
            magic=self.magic,
        )
        return (pax_header(records) if records else b"") + plain

    def encode(self) -> bytes:
        """All bytes of the member, in whole blocks unless it is a raw one."""
        return self.head if self.is_raw else self.head + padded(self.data)

    def record(self, key: bytes) -> bytes | None:
        """The last value of a PAX record."""
        return dict(self.pax).get(key)

    @property
    def path(self) -> bytes:
        """The name as a path of the image (``..`` stops at the root)."""
        return plain_path(self.record(b"path") or self.name)

    @property
    def kind(self) -> Kind:
        """What the member is to an engine; unknown types count as files."""
        if self.typeflag == b"\0" and self.name.endswith(b"/"):
            return Kind.DIR
        return Kind(self.typeflag[0]) if self.typeflag in b"0123456" else Kind.FILE


def plain_path(name: bytes) -> bytes:
    """A name without odd parts, in the plainest words."""
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/".join(parts)


def _records(pax: Iterable[tuple[Text, Text]] | None) -> Records:
    return tuple((as_bytes(key), as_bytes(value)) for key, value in pax or ())


Pax = Iterable[tuple[Text, Text]] | None


def file(
    name: Text,
    data: Text = b"",
    *,
    mode: int = 0o644,
    uid: int = 0,
    gid: int = 0,
    mtime: int = 0,
    pax: Pax = None,
) -> Member:
    """A regular file."""
    content = as_bytes(data)
    return Member(as_bytes(name), b"0", content, mode, uid, gid, mtime, pax=_records(pax))


def directory(
    name: Text,
    mode: int = 0o755,
    *,
    uid: int = 0,
    gid: int = 0,
    mtime: int = 0,
    pax: Pax = None,
) -> Member:
    """A directory; its name is written with a slash at the end, as engines do."""
    written = as_bytes(name).rstrip(b"/") + b"/"
    return Member(written, b"5", b"", mode, uid, gid, mtime, pax=_records(pax))


def symlink(
    name: Text, target: Text, *, mode: int = 0o777, uid: int = 0, gid: int = 0, mtime: int = 0
) -> Member:
    """A symbolic link."""
    link = as_bytes(target)
    return Member(as_bytes(name), b"2", b"", mode, uid, gid, mtime, linkname=link)


def hardlink(
    name: Text, target: Text, *, mode: int = 0o644, uid: int = 0, gid: int = 0, mtime: int = 0
) -> Member:
    """A further name of another member."""
    link = as_bytes(target)
    return Member(as_bytes(name), b"1", b"", mode, uid, gid, mtime, linkname=link)


def whiteout(path: Text, data: Text = b"", *, mode: int = 0) -> Member:
    """The marker ``dir/.wh.base`` that removes a path; engines leave it empty."""
    head, slash, base = as_bytes(path).rpartition(b"/")
    return Member(head + slash + b".wh." + base, b"0", as_bytes(data), mode)


def opaque(path: Text) -> Member:
    """The marker that hides what lower layers have in a directory (``""`` is the root)."""
    inside = as_bytes(path)
    return Member((inside + b"/" if inside else b"") + b".wh..wh..opq", b"0", b"", 0o755)


def fifo(name: Text, mode: int = 0o644) -> Member:
    """A named pipe."""
    return Member(as_bytes(name), b"6", mode=mode)


def char(name: Text, major: int, minor: int, mode: int = 0o644) -> Member:
    """A character device."""
    return Member(as_bytes(name), b"3", mode=mode, device=(major, minor))


def block(name: Text, major: int, minor: int, mode: int = 0o644) -> Member:
    """A block device."""
    return Member(as_bytes(name), b"4", mode=mode, device=(major, minor))


def raw(data: bytes) -> Member:
    """Bytes that go into the tar as they are; no table can be made of them."""
    return Member(b"", blocks=data, is_raw=True)


def sparse(
    name: Text, segments: Iterable[tuple[int, bytes]], size: int, form: str = "gnu"
) -> Member:
    """A sparse file of ``size`` bytes; ``form`` is ``gnu``, ``0.0``, ``0.1`` or ``1.0``."""
    parts = tuple(segments)
    begin = 0
    if form == "gnu":
        blocks, stored = hostile.gnu_sparse_blocks(name, parts, size)
    else:
        blocks, stored, begin = hostile.pax_sparse_blocks(name, parts, size, form)
    flag = b"S" if form == "gnu" else b"0"
    return Member(as_bytes(name), flag, stored, blocks=blocks, sparse=(size, parts), begin=begin)


def layer(*members: Member, end: bool = True) -> bytes:
    """One layer tar; ``end=False`` leaves the two closing blocks out."""
    return b"".join(member.encode() for member in members) + (bytes(2 * BLOCK) if end else b"")


def table(*members: Member, hashed: bool = True) -> LayerTable:
    """The table of a layer tar, made from its members without reading a tar.

    Hashes of sparse members cover the stored bytes, as they stand in the tar.
    """
    made = LayerTable()
    at = 0
    for i, member in enumerate(members):
        if member.is_raw:
            raise ValueError("a raw member has no meaning that a table could hold")
        kind = member.kind
        content = member.data if kind is Kind.FILE else b""
        head = member.head
        made.names.append(member.path)
        made.kinds.append(kind)
        made.sizes.append(member.sparse[0] if member.sparse else len(content))
        made.offsets.append(at + len(head) + member.begin)
        # Only the blocks of an old GNU sparse map come after the header itself.
        top = head[:BLOCK] if member.typeflag == b"S" else head[-BLOCK:]
        made.raw += top[100:148]
        if hashed:
            made.hashes += xxhash.xxh3_128_digest(content) if content else bytes(HASH_SIZE)
        _rare(made, i, member)
        at += len(head) + len(padded(member.data))
    made.tar_size = at + 2 * BLOCK
    return made


def _rare(made: LayerTable, i: int, member: Member) -> None:
    kind = member.kind
    if kind in (Kind.SYMLINK, Kind.HARDLINK):
        link = member.record(b"linkpath") or member.linkname
        made.links[i] = plain_path(link) if kind is Kind.HARDLINK else link
    elif kind in (Kind.CHAR, Kind.BLOCK):
        made.devices[i] = member.device
    if member.sparse:
        segments = tuple((offset, len(data)) for offset, data in member.sparse[1] if data)
        made.sparse[i] = Sparse(segments, made.offsets[i], len(member.data))
    attributes = {
        key.removeprefix(_XATTR): value for key, value in member.pax if key.startswith(_XATTR)
    }
    if attributes:
        made.xattrs[i] = tuple(sorted(attributes.items()))
    uid, gid, mtime = (member.record(key) for key in (b"uid", b"gid", b"mtime"))
    if (uid, gid, mtime) != (None, None, None):
        made.overrides[i] = Override(
            None if uid is None else int(uid),
            None if gid is None else int(gid),
            None if mtime is None else _seconds(mtime),
        )


def _seconds(value: bytes) -> float:
    return float(value) if b"." in value else int(value)
