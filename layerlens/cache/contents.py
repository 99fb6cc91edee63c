"""What an examiner found in a layer's contents, as bytes and back."""

from __future__ import annotations

from typing import Any

import msgspec

from layerlens.cache.packing import BROKEN, pack_sized, unpack_sized
from layerlens.layers.contents import MAX_KEPT, Contents
from layerlens.layers.limits import MAX_ENTRIES

_MOST = MAX_KEPT + (256 << 20)
"""Bytes of a record before compression: what is kept, and facts about the rest."""


class _Form(msgspec.Struct, array_like=True, frozen=True):
    kept: dict[int, bytes]
    facts: dict[str, dict[int, Any]]
    marks: dict[int, bytes]


_DECODER = msgspec.msgpack.Decoder(_Form)


def encode_contents(contents: Contents) -> bytes:
    """The record.  Raises ``ValueError`` for more than a record may hold."""
    data = msgspec.msgpack.encode(_Form(contents.kept, contents.facts, contents.marks))
    if len(data) > _MOST:
        raise ValueError("more contents than a record may hold")
    return pack_sized(data)


def decode_contents(payload: bytes | memoryview) -> Contents | None:
    """The contents of a record, ``None`` where the bytes are no record."""
    try:
        form = _DECODER.decode(unpack_sized(payload, _MOST))
    except BROKEN:
        return None
    found = Contents(form.kept, form.facts, form.marks)
    found.kept_bytes = sum(map(len, form.kept.values()))
    for column in (form.kept, form.marks, *form.facts.values()):
        if column and not 0 <= min(column) <= max(column) < MAX_ENTRIES:
            return None
    return found


def normal(contents: Contents) -> Contents:
    """The contents as their record would give them back: tuples become lists.

    So that what is found at first is what is found again.
    """
    contents.facts = msgspec.msgpack.decode(
        msgspec.msgpack.encode(contents.facts), type=dict[str, dict[int, Any]]
    )
    return contents
