"""Take a saved analysis apart, change it, and put it together with a right checksum."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from layerlens.cache.packing import pack_sized, sized, unpack_sized
from layerlens.cache.record import decode, encode
from layerlens.layers.reader import LayerRead
from layerlens.saved.document import decode_document, encode_document
from layerlens.saved.form import read_parts, write_parts


def apart(data: bytes) -> list[bytes]:
    """The parts: the document, unpacked, then the layers' records."""
    first, *records = map(bytes, read_parts(io.BytesIO(data)))
    return [unpack_sized(first, sized(first)), *records]


def together(parts: list[bytes]) -> bytes:
    """The file of such parts."""
    stream = io.BytesIO()
    write_parts(stream, [pack_sized(parts[0]), *parts[1:]])
    return stream.getvalue()


def with_document(data: bytes, **changes: Any) -> bytes:
    """With other values in the document."""
    first, *records = apart(data)
    return together([encode_document(replace(decode_document(first), **changes)), *records])


def with_layer(data: bytes, change: Callable[[Any], object], layer: int = 0) -> bytes:
    """With a change made to one layer's table."""
    parts = apart(data)
    read = decode(parts[layer + 1], order="little")
    assert isinstance(read, LayerRead)
    change(read.table)
    parts[layer + 1] = encode(read, order="little")
    return together(parts)
