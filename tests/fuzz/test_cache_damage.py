"""Damage done to records: it costs the record, never a wrong table and never an exception."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from layerlens.cache.archive import decode_archive, encode_archive
from layerlens.cache.blob import decode_blob, encode_blob
from layerlens.cache.envelope import seal, unseal
from layerlens.cache.layers import LayerCache
from layerlens.cache.record import decode, encode
from layerlens.layers.known import LayerMember, OtherMember, PassedArchive, PassedMember
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import Kind
from tests.builders import gzipped
from tests.fuzz.test_fuzz import damaged
from tests.unit.cache.records import EVERYTHING
from tests.unit.layers.reading import streamed

READ = streamed(gzipped(EVERYTHING, members=4))


def test_no_damaged_record_is_taken() -> None:
    good = seal("layers", "key", encode(READ))
    taken = 0
    for data in damaged(good, 1):
        payload = unseal("layers", "key", data)
        if payload is not None:
            taken += 1
            assert data == good
    assert unseal("layers", "key", good) is not None
    assert taken < 100


def test_every_bit_counts() -> None:
    good = seal("layers", "key", encode(READ))
    choose = random.Random(5)  # noqa: S311 - the same damage each time
    for at in [*range(64), *(choose.randrange(len(good)) for _ in range(500))]:
        bad = bytearray(good)
        bad[at] ^= 1 << choose.randrange(8)
        assert unseal("layers", "key", bytes(bad)) is None, at


def use(read: LayerRead) -> None:
    """Ask a table for everything that the rest of the program may ask for."""
    table = read.table
    count = len(table)
    for column in (table.kinds, table.sizes, table.offsets):
        assert len(column) == count
    for i in range(count):
        table.mode(i), table.uid(i), table.gid(i), table.mtime(i), table.hash(i)
        assert table.stored(i) >= 0
        if table.kinds[i] in (Kind.SYMLINK, Kind.HARDLINK):
            assert table.links[i] is not None
        if table.transfer is not None:
            table.transfer.span(table.offsets[i], table.stored(i))
    for i in table.marked():
        assert table.names[i] is not None
    table.parents()
    table.notes.all()


def archive() -> bytes:
    assert READ.digest is not None
    assert READ.diff_id is not None
    members: dict[int, PassedMember] = {
        0: LayerMember(READ.digest, READ.diff_id),
        1: OtherMember(b"x" * 8),
    }
    return encode_archive(PassedArchive(READ.table, b"", members))


def used_archive(data: bytes) -> object:
    found = decode_archive(data)
    if found is not None:
        use(LayerRead(found.table, READ.compression, 0))
        for i in found.members:
            assert found.table.names[i] is not None
    return found


def used_layer(data: bytes) -> object:
    found = decode(data)
    if found is not None:
        use(found)
    return found


@pytest.mark.parametrize(
    ("good", "decoder"),
    [
        (encode(READ), used_layer),
        (encode(READ, level=0), used_layer),
        (encode_blob(READ), decode_blob),
        (archive(), used_archive),
    ],
    ids=["layer", "unpacked layer", "blob", "archive"],
)
def test_damage_under_a_right_checksum(good: bytes, decoder: Callable[[bytes], object]) -> None:
    refused = sum(decoder(data) is None for data in damaged(good, 2))
    assert refused > 100
    assert decoder(good) is not None


def test_damaged_files(tmp_path: Path) -> None:
    cache = LayerCache(str(tmp_path))
    cache.keep(READ, place="here")
    paths = [path for path in tmp_path.glob("v*/*/*") if path.is_file()]
    assert len(paths) == 3
    for path in paths:
        good = path.read_bytes()
        for k, data in enumerate(damaged(good, 3)):
            if k == 60:
                break
            path.write_bytes(data)
            assert READ.digest is not None
            found = cache.by_blob(READ.digest)
            assert found is None or data == good or path.parent.name == "places"
            assert cache.by_place("here") is None or data == good
        path.write_bytes(good)
    assert cache.by_place("here") is not None
