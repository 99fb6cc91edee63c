"""Read a layer tar over every kind of tape, and compare the tables."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import pytest

from layerlens.errors import ImageError
from layerlens.layers.reader import LayerRead, PlainFile, read_plain, read_stream
from layerlens.layers.table import LayerTable

STEPS = (1, 7, 512, 32768)
"""Sizes of pieces that a stream may come in."""


def pieces(data: bytes, step: int) -> Iterator[bytes]:
    """The data in pieces of one size."""
    for start in range(0, len(data), step):
        yield data[start : start + step]


def streamed(data: bytes, step: int = 32768) -> LayerRead:
    """The layer as a stream gives it."""
    return read_stream(pieces(data, step))


def in_place(tar: bytes, *, before: bytes = b"", after: bytes = b"") -> LayerTable:
    """The layer as it lies inside a plain file, maybe between other bytes."""
    with tempfile.NamedTemporaryFile() as stream:
        stream.write(before + tar + after)
        stream.flush()
        file = PlainFile(stream.name)
        try:
            return read_plain(file, len(before), len(tar)).table
        finally:
            file.close()


def columns(table: LayerTable) -> dict[str, object]:
    """Everything of a table that does not depend on the tape."""
    return {
        "names": table.names,
        "kinds": bytes(table.kinds),
        "sizes": list(table.sizes),
        "offsets": list(table.offsets),
        "raw": bytes(table.raw),
        "links": table.links,
        "devices": table.devices,
        "overrides": table.overrides,
        "xattrs": table.xattrs,
        "sparse": table.sparse,
        "tar_size": table.tar_size,
        "notes": table.notes.all(),
    }


def table_of(tar: bytes) -> LayerTable:
    """The hashed table of a stream, after checking that all tapes agree."""
    plain = in_place(tar)
    inside = in_place(tar, before=b"B" * 512, after=b"A" * 700)
    assert columns(inside) == columns(plain)
    assert not plain.hashes
    last = plain
    for step in STEPS:
        last = streamed(tar, step).table
        assert columns(last) == columns(plain), f"pieces of {step}"
        assert len(last.hashes) == 16 * len(last)
    return last


def failure(tar: bytes) -> ImageError:
    """The error of reading in place, after checking that streams refuse it too."""
    with pytest.raises(ImageError) as caught:
        in_place(tar)
    for step in STEPS:
        with pytest.raises(ImageError) as passed:
            streamed(tar, step)
        assert type(passed.value) is type(caught.value), f"pieces of {step}"
    return caught.value
