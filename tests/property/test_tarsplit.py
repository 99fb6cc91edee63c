"""Laws of recorded headers: they read as their tar does, and nothing else escapes."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.errors import ImageError
from layerlens.image.digest import Digest
from layerlens.layers.tarsplit import read_tar_split
from tests.property.test_layers import FORMATS, _members, packed
from tests.tarsplit import crc64, record_of_tar
from tests.unit.layers.reading import columns, pieces, streamed

_DIGEST = Digest("sha256", "1" * 64)


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_record_reads_like_its_tar(form: str, data: st.DataObject) -> None:
    tar = packed(data.draw(_members(form)), form)
    step = data.draw(st.sampled_from((1, 100, 1 << 16)))
    found = read_tar_split(pieces(record_of_tar(tar), step), _DIGEST)
    expected = streamed(tar)
    assert columns(found.table) == columns(expected.table)
    for i, (at, size) in enumerate(zip(found.table.offsets, found.table.sizes, strict=True)):
        content = tar[at : at + size]
        assert found.table.hash(i) == (crc64(content) if content else bytes(8)) + bytes(8)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_record_gives_an_error_of_the_family(data: st.DataObject) -> None:
    tar = packed(data.draw(_members("pax")), "pax")
    text = bytearray(gzip.decompress(record_of_tar(tar)))
    for _ in range(data.draw(st.integers(1, 4))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_tar_split([gzip.compress(bytes(text))], _DIGEST)
    except ImageError:
        return
    assert len(found.table.hashes) == 16 * len(found.table)
