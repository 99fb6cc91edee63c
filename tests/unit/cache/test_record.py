from __future__ import annotations

import gzip
import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from backports import zstd

from layerlens.cache import record
from layerlens.cache.archive import decode_archive, encode_archive
from layerlens.cache.blob import decode_blob, encode_blob
from layerlens.cache.record import body_size, decode, encode, hash_rank
from layerlens.errors import (
    DigestError,
    FormatError,
    ImageError,
    LimitError,
    NotAnImageError,
    SourceError,
    Where,
)
from layerlens.layers.columns import Order
from layerlens.layers.compression import Compression
from layerlens.layers.diagnostics import MOST_ALIKE, Notes
from layerlens.layers.known import LayerMember, OtherMember, PassedArchive, PassedMember
from layerlens.layers.reader import LayerRead, Origin, read_stream
from layerlens.layers.table import HashKind, LayerTable, Override
from layerlens.layers.transfer import TransferMap
from tests.builders import gzipped, zstandard
from tests.members import file, layer
from tests.shared_fixtures import layer_tars, shared_fixture
from tests.unit.cache.records import EVERYTHING, parts
from tests.unit.layers.reading import in_place, streamed

SAMPLES = (
    "archives/save20-one.tar", "archives/pod-oci-archive.tar", "archives/multi-all.tar",
    "dive/test-docker-image.tar", "dive/test-kaniko-image.tar", "dive/test-oci-estargz-image.tar",
)  # fmt: skip


def again(read: LayerRead, **options: Any) -> LayerRead:
    found = decode(encode(read, **options))
    assert found is not None
    return found


class TestRoundTrip:
    @pytest.mark.parametrize("level", [0, 1, 3])
    @pytest.mark.parametrize("form", [bytes, gzipped, zstandard])
    def test_one_of_each(self, form: Callable[[bytes], bytes], level: int) -> None:
        read = streamed(form(EVERYTHING))
        assert parts(again(read, level=level)) == parts(read)

    def test_the_sample_is_worth_it(self) -> None:
        table = streamed(EVERYTHING).table
        for rare in (table.links, table.devices, table.overrides, table.xattrs, table.sparse):
            assert rare
        assert table.suspects
        assert table.notes.all()
        assert any(isinstance(each.mtime, float) for each in table.overrides.values())
        assert any(isinstance(each.mtime, int) for each in table.overrides.values())
        assert any((each.uid or 0) < -(1 << 63) for each in table.overrides.values())

    def test_without_hashes(self) -> None:
        read = LayerRead(in_place(EVERYTHING), Compression.NONE, len(EVERYTHING))
        assert parts(again(read)) == parts(read)
        assert not again(read).table.hashes

    @pytest.mark.parametrize("tar", [bytes(1024), b"", layer(file("", b"root"))])
    def test_next_to_nothing(self, tar: bytes) -> None:
        read = streamed(tar)
        assert parts(again(read)) == parts(read)

    @pytest.mark.parametrize("kind", list(HashKind))
    @pytest.mark.parametrize("origin", list(Origin))
    def test_kinds_and_origins(self, kind: HashKind, origin: Origin) -> None:
        read = replace(streamed(EVERYTHING), origin=origin, digest=None, diff_id=None)
        read.table.hash_kind = kind
        assert parts(again(read)) == parts(read)

    @pytest.mark.parametrize("lazy", ["suspects", "known_parents"])
    def test_what_nobody_looked_for_yet(self, lazy: str) -> None:
        read = streamed(EVERYTHING)
        setattr(read.table, lazy, None)
        assert parts(again(read)) == parts(read)
        assert again(read).table.parents() == streamed(EVERYTHING).table.parents()

    def test_more_notes_than_are_kept(self) -> None:
        read = streamed(layer(*(file(f"../{k}") for k in range(MOST_ALIKE + 20))))
        assert "20 more" in read.table.notes.all()[-1].message
        assert parts(again(read)) == parts(read)

    @pytest.mark.parametrize("name", SAMPLES)
    def test_layers_of_real_archives(self, name: str) -> None:
        for tar in layer_tars(shared_fixture(name)):
            for read in (streamed(tar), read_stream([gzip.compress(tar, 1)])):
                assert parts(again(read)) == parts(read)

    def test_a_name_that_no_walk_gives(self) -> None:
        read = streamed(layer(file("a"), file("b")))
        read.table.names[0] = b"a\0b"
        with pytest.raises(ValueError, match="NUL"):
            encode(read)

    def test_columns_of_different_lengths(self) -> None:
        read = streamed(layer(file("a"), file("b")))
        del read.table.kinds[0]
        with pytest.raises(ValueError, match="lengths"):
            encode(read)

    def test_the_other_order_of_bytes(self) -> None:
        for read in (streamed(EVERYTHING), streamed(gzipped(EVERYTHING, members=3))):
            other: Order = "big" if sys.byteorder == "little" else "little"
            data = encode(read, order=other)
            assert data != encode(read)
            found = decode(data, order=other)
            assert found is not None
            assert parts(found) == parts(read)
            assert decode(data) is None

    def test_how_much_it_expands_to(self) -> None:
        read = streamed(EVERYTHING)
        plain = encode(read, level=0)
        head = 4 + int.from_bytes(plain[:4], "little")
        assert body_size(encode(read)) == body_size(plain) == len(plain) - head
        assert body_size(b"nothing") is None

    def test_ranks(self) -> None:
        read = streamed(EVERYTHING)
        assert hash_rank(encode(read)) == 2
        read.table.hash_kind = HashKind.CRC64
        assert hash_rank(encode(read)) == 1
        read.table.hashes.clear()
        assert hash_rank(encode(read)) == 0
        assert hash_rank(b"nothing") == -1


def lying(change: Callable[[LayerTable], object], **facts: Any) -> LayerRead | None:
    """What a record gives that was written by somebody who knows the form, and lies."""
    read = streamed(EVERYTHING)
    change(read.table)
    honest = encode(read, level=0)
    length = int.from_bytes(honest[:4], "little")
    head = msgspec.msgpack.decode(honest[4 : 4 + length])
    names = [each.name for each in msgspec.structs.fields(record._Facts)]
    for name, value in facts.items():
        head[names.index(name)] = value
    data = msgspec.msgpack.encode(head)
    return decode(len(data).to_bytes(4, "little") + data + honest[4 + length :])


def nothing(table: LayerTable) -> None:
    """No change."""


class TestLies:
    def test_the_truth_passes(self) -> None:
        assert lying(nothing) is not None

    @pytest.mark.parametrize(
        "facts",
        [
            {"count": 0}, {"count": 1}, {"count": -1}, {"count": 1 << 40}, {"count": 20}, {"count": 22},
            {"names": 0}, {"names": -5}, {"names": 1 << 50}, {"rare": 0}, {"rare": 1 << 40},
            {"rare": -1}, {"parents": 0}, {"parents": None}, {"parents": 1 << 40},
            {"hashed": False}, {"hash_kind": 9}, {"steps": 3}, {"steps": -1}, {"tar_size": -1},
            {"tar_size": 1 << 63}, {"compressed_size": -1}, {"stored_size": -1},
            {"compression": "lz4"}, {"origin": "x"}, {"digest": "sha256:00"}, {"diff_id": "no"},
            {"packed": True}, {"count": "many"}, {"count": None}, {"names": 3, "rare": 3},
        ],
    )  # fmt: skip
    def test_facts(self, facts: dict[str, Any]) -> None:
        assert lying(nothing, **facts) is None

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.kinds.__setitem__(0, 0x39),
            lambda t: t.sizes.__setitem__(0, -1),
            lambda t: t.offsets.__setitem__(3, -(1 << 63)),
            lambda t: t.raw.__setitem__(slice(0, 8), b"mode  !!"),
            lambda t: t.raw.__setitem__(slice(100, 108), b"1 2 3 4 "),
            lambda t: t.links.clear(),
            lambda t: t.links.popitem(),
            lambda t: t.links.update({0: b"x"}),
            lambda t: t.links.update({0: t.links.popitem()[1]}),
            lambda t: t.links.update({99: b"x"}),
            lambda t: t.devices.update({-1: (1, 2)}),
            lambda t: t.devices.update({99: (1, 2)}),
            lambda t: t.xattrs.update({99: ()}),
            lambda t: t.overrides.update({99: next(iter(t.overrides.values()))}),
            lambda t: t.sparse.update({99: next(iter(t.sparse.values()))}),
            lambda t: t.sparse.update({0: next(iter(t.sparse.values()))}),
            lambda t: t.overrides.update({0: Override(mtime=float("nan"))}),
            lambda t: t.overrides.update({0: Override(mtime=float("inf"))}),
            lambda t: t.suspects.append(99),
            lambda t: t.suspects.reverse(),
            lambda t: t.suspects.insert(0, -3),
            lambda t: t.sparse.update(
                {i: replace(s, segments=((5, 10), (0, 2))) for i, s in t.sparse.items()}
            ),
            lambda t: t.sparse.update({i: replace(s, stored=-1) for i, s in t.sparse.items()}),
            lambda t: t.xattrs.update({0: ((b"a", bytes(257 << 20)),)}),
            lambda t: setattr(t, "known_parents", frozenset(b"%d" % k for k in range(99))),
            lambda t: setattr(t, "tar_size", -1),
        ],
    )  # fmt: skip
    def test_columns(self, change: Callable[[Any], object]) -> None:
        assert lying(change) is None

    def test_a_frame_that_gives_more_than_was_stated(self) -> None:
        payload = encode(streamed(EVERYTHING))
        head = 4 + int.from_bytes(payload[:4], "little")
        body = zstd.decompress(payload[head:])
        for false in (body[:-1], body + b"x", body + bytes(1 << 28), b""):
            assert decode(payload[:head] + zstd.compress(false)) is None
        assert decode(payload + b"behind") is None
        assert decode(payload[:-1]) is None

    @pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 40, bytes(40), b"\4\0\0\0abcd"])
    def test_no_record(self, data: bytes) -> None:
        assert decode(data) is None
        assert decode_blob(data) is None
        assert decode_archive(data) is None


class TestBlob:
    def test_round_trip(self) -> None:
        read = streamed(gzipped(EVERYTHING, members=5))
        blob = decode_blob(encode_blob(read))
        assert blob is not None
        assert (blob.digest, blob.diff_id) == (read.digest, read.diff_id)
        assert (blob.compression, blob.compressed_size) == (read.compression, read.compressed_size)
        assert read.table.transfer is not None
        assert blob.transfer.columns() == read.table.transfer.columns()
        assert blob.transfer.compressed_size == read.table.transfer.compressed_size

    @pytest.mark.parametrize(
        ("out", "into", "size"),
        [([], [], 0), ([1], [0], 0), ([0, 5], [0, 9], 8), ([0, 5, 5], [0, 1, 2], 9),
         ([0, 5, 6], [0, 2, 1], 9), ([0, 5], [0], 9), ([0], [1], 9)],
    )  # fmt: skip
    def test_offsets_that_do_not_rise(self, out: list[int], into: list[int], size: int) -> None:
        with pytest.raises(ValueError, match="rise"):
            TransferMap.restored(array("q", out), array("q", into), size)

    def test_lies(self) -> None:
        form = msgspec.msgpack.decode(encode_blob(streamed(gzipped(EVERYTHING))))
        for at, value in ((0, "x"), (1, "sha256:1"), (2, "zip"), (3, -1), (4, 0), (5, 1),
                          (5, 0), (5, 1 << 40), (6, b"")):  # fmt: skip
            false = [*form[:at], value, *form[at + 1 :]]
            assert decode_blob(msgspec.msgpack.encode(false)) is None, (at, value)


class TestArchive:
    def made(self) -> PassedArchive:
        outer = streamed(layer(*(file(f"m{k}", b"{}") for k in range(9))))
        read = streamed(gzipped(EVERYTHING))
        assert read.digest is not None
        assert read.diff_id is not None
        errors: list[ImageError] = [
            FormatError("broken", where=Where(entry=b"\xff", offset=7)),
            LimitError("too much", where=Where(layer="l", file="f")),
            NotAnImageError("other", hint="do this"), SourceError("gone"), DigestError("false"),
        ]  # fmt: skip
        members: dict[int, PassedMember] = {
            0: b"{}", 1: LayerMember(read.digest, read.diff_id), 2: OtherMember(b"PK\3\4"), 3: b"[]",
            **dict(enumerate(errors, 4)),
        }  # fmt: skip
        return PassedArchive(outer.table, b"behind", members)

    def test_round_trip(self) -> None:
        made = self.made()
        found = decode_archive(encode_archive(made))
        assert found is not None
        outer = LayerRead(made.table, Compression.NONE, 0)
        assert parts(LayerRead(found.table, Compression.NONE, 0)) == parts(outer)
        assert found.tail == made.tail
        assert set(found.members) == set(made.members)
        for i, member in made.members.items():
            other = found.members[i]
            if isinstance(member, ImageError):
                assert isinstance(other, ImageError)
                assert type(other) is type(member)
                assert (other.what, other.hint, other.where) == (
                    member.what, member.hint, member.where,
                )  # fmt: skip
            elif isinstance(member, OtherMember):
                assert isinstance(other, OtherMember)
                assert other.head.startswith(member.head)
            else:
                assert other == member

    @pytest.mark.parametrize(
        "members",
        [{99: b"{}"}, {-1: b"{}"}, {0: b"longer than the table says"}, {99: OtherMember(b"x")}],
    )
    def test_members_that_the_table_does_not_have(self, members: dict[int, Any]) -> None:
        assert decode_archive(encode_archive(replace(self.made(), members=members))) is None

    def test_a_class_of_error_that_is_none(self) -> None:
        class OtherError(ImageError):
            pass

        assert (
            decode_archive(encode_archive(replace(self.made(), members={0: OtherError("")})))
            is None
        )


def test_notes_are_independent_of_their_record() -> None:
    notes = Notes.restored([], {("a", None): 2})
    notes.add("a", "b")
    assert notes.counts == {("a", None): 3}
