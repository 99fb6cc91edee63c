"""What an archive held that was read in one pass, as bytes, and back."""

from __future__ import annotations

from array import array

import msgspec

from layerlens.cache.packing import BROKEN, pack, unpack
from layerlens.cache.record import decode, encode
from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    LimitError,
    NotAnImageError,
    SourceError,
    Where,
)
from layerlens.image.digest import Digest
from layerlens.layers.compression import Compression
from layerlens.layers.known import LayerMember, OtherMember, PassedArchive, PassedMember
from layerlens.layers.reader import LayerRead

_HEAD = 8
_FILLER = b"\1"
"""What short heads are filled up with; the beginnings that are told apart hold none at their end."""

_MOST = 1 << 30
"""Bytes of all members' results together."""

_ERRORS: dict[str, type[ImageError]] = {
    each.__name__: each
    for each in (ImageError, SourceError, NotAnImageError, FormatError, DigestError, LimitError)
}

_Error = tuple[str, str, str | None, str | None, str | None, bytes | None, int | None]
"""Class, what, hint; and of the place: file, layer, entry, offset."""


class _Form(msgspec.Struct, array_like=True, frozen=True):
    """The record: the outer table as a layer's record, and ``size`` bytes of ``members`` as zstd."""

    table: bytes
    size: int
    members: bytes


class _Members(msgspec.Struct, array_like=True, frozen=True):
    """Members by what they were.  ``others`` are indexes, ``heads`` eight bytes for each."""

    tail: bytes
    documents: dict[int, bytes]
    layers: dict[int, tuple[str, str]]
    errors: dict[int, _Error]
    others: bytes
    heads: bytes


_FORM = msgspec.msgpack.Decoder(_Form)
_MEMBERS = msgspec.msgpack.Decoder(_Members)


def encode_archive(archive: PassedArchive) -> bytes:
    """The record of an archive.  Raises ``ValueError`` as :func:`encode` does."""
    documents: dict[int, bytes] = {}
    layers: dict[int, tuple[str, str]] = {}
    errors: dict[int, _Error] = {}
    others = array("q")
    heads = bytearray()
    for i, member in archive.members.items():
        if isinstance(member, bytes):
            documents[i] = member
        elif isinstance(member, LayerMember):
            layers[i] = str(member.digest), str(member.diff_id)
        elif isinstance(member, OtherMember):
            others.append(i)
            heads += member.head[:_HEAD].ljust(_HEAD, _FILLER)
        else:
            where = member.where
            errors[i] = (
                type(member).__name__, member.what, member.hint,
                where.file, where.layer, where.entry, where.offset,
            )  # fmt: skip
    data = msgspec.msgpack.encode(
        _Members(archive.tail, documents, layers, errors, others.tobytes(), bytes(heads))
    )
    table = archive.table
    return msgspec.msgpack.encode(
        _Form(
            encode(LayerRead(table, Compression.NONE, table.tar_size)),
            len(data),
            pack(data),
        )
    )


def decode_archive(payload: bytes | memoryview) -> PassedArchive | None:
    """The archive of a record, ``None`` where the bytes are no record."""
    try:
        form = _FORM.decode(payload)
        outer = decode(form.table)
        if outer is None or not 0 <= form.size <= _MOST:
            return None
        found = _MEMBERS.decode(unpack(form.members, form.size))
        members = _members(found)
    except (*BROKEN, KeyError):
        return None
    count = len(outer.table)
    if members and not 0 <= min(members) <= max(members) < count:
        return None
    sizes = outer.table.sizes
    if any(len(data) != sizes[i] for i, data in found.documents.items()):
        return None
    return PassedArchive(outer.table, found.tail, members)


def _members(found: _Members) -> dict[int, PassedMember]:
    others = array("q", found.others)
    if len(found.heads) != _HEAD * len(others):
        raise ValueError("heads and indexes do not pair up")
    members: dict[int, PassedMember] = {
        i: OtherMember(found.heads[at : at + _HEAD])
        for i, at in zip(others, range(0, len(found.heads), _HEAD), strict=True)
    }
    members.update(found.documents)
    for i, (digest, diff_id) in found.layers.items():
        members[i] = LayerMember(Digest.parse(digest), Digest.parse(diff_id))
    for i, (name, what, hint, file, layer, entry, offset) in found.errors.items():
        where = Where(file, layer, entry, offset)
        members[i] = _ERRORS[name](what, where=where, hint=hint)
    return members
