"""Damage done to saved analyses, with the checksum left wrong, and with it made right again."""

from __future__ import annotations

import io
from collections.abc import Callable

import msgspec
import pytest

from layerlens.analysis.model import Analysis
from layerlens.cache.packing import pack_sized
from layerlens.cache.record import decode, encode
from layerlens.errors import LayerLensError
from layerlens.saved.form import read_parts, write_parts
from layerlens.saved.load import load_from
from tests.builders import file, layer, whiteout
from tests.fuzz.test_fuzz import damaged
from tests.unit.cache.records import EVERYTHING
from tests.unit.layers.reading import streamed
from tests.unit.outputs import samples
from tests.unit.outputs.samples import packaged
from tests.unit.saved.again import outputs, saved
from tests.unit.saved.opening import apart
from tests.unit.saved.test_round_trip import stacked

ROUNDS = 300

JUDGED = saved(packaged())
SHOP = saved(samples.shop())
ODD = saved(stacked(streamed(EVERYTHING), streamed(layer(whiteout("d"), file("d", b"now")))))


def used(data: bytes) -> Analysis | None:
    """Load a file, and ask for all outputs of what came out."""
    try:
        found = load_from(io.BytesIO(data), "x")
    except LayerLensError:
        return None
    outputs(found)
    return found


@pytest.mark.parametrize("good", [JUDGED, SHOP, ODD], ids=["judged", "shop", "odd"])
def test_no_damaged_file_is_taken(good: bytes) -> None:
    taken = sum(used(data) is not None for data in damaged(good, 1) if data != good)
    assert taken == 0
    assert used(good) is not None


def part(data: bytes, k: int) -> tuple[bytes, Callable[[bytes], bytes]]:
    """One part of a file before compression, and what puts another one in its place."""
    parts = list(map(bytes, read_parts(io.BytesIO(data))))
    if not k:
        inside = apart(data)[0]
    else:
        read = decode(parts[k], order="little")
        assert read is not None
        inside = encode(read, level=0, order="little")

    def with_part(changed: bytes) -> bytes:
        stream = io.BytesIO()
        new = changed if k else pack_sized(changed)
        write_parts(stream, [*parts[:k], new, *parts[k + 1 :]])
        return stream.getvalue()

    return inside, with_part


@pytest.mark.parametrize("k", [0, 1, 2])
@pytest.mark.parametrize("good", [JUDGED, SHOP, ODD], ids=["judged", "shop", "odd"])
def test_damage_under_a_right_checksum(good: bytes, k: int) -> None:
    inside, with_part = part(good, k)
    assert used(with_part(inside)) is not None
    found = [used(with_part(data)) for data in damaged(inside, 2, ROUNDS)]
    assert found.count(None) > 10


@pytest.mark.parametrize("name", ["judgement", "inventory"])
def test_damage_to_records_inside(name: str) -> None:
    first, with_part = part(JUDGED, 0)
    form = msgspec.msgpack.decode(first)
    at = {"judgement": -2, "inventory": -1}[name]
    record = form[at]
    refused = 0
    for data in damaged(record, 3, ROUNDS):
        form[at] = data
        refused += used(with_part(msgspec.msgpack.encode(form))) is None
    assert refused > 10
