"""Sparse entries in all four forms: what they expand to, what is stored, what lies are refused."""

from __future__ import annotations

import pytest

from layerlens.errors import FormatError, ImageError, LimitError
from layerlens.layers import limits
from tests.builders import file, header, layer, pax_header, sparse, table
from tests.hostile import base256, number, padded
from tests.unit.layers.reading import columns, failure, in_place, table_of

FORMS = ("gnu", "0.0", "0.1", "1.0")
SEGMENTS = ((0, b"a" * 10), (4096, b"b" * 700), (9000, b"c"))
END = bytes(1024)


def content(tar: bytes, found: object) -> bytes:
    """The expanded content of the first entry."""
    from layerlens.layers.table import LayerTable

    assert isinstance(found, LayerTable)
    made = bytearray(found.sizes[0])
    at = found.sparse[0].data_offset
    for offset, length in found.sparse[0].segments:
        made[offset : offset + length] = tar[at : at + length]
        at += length
    return bytes(made)


@pytest.mark.parametrize("form", FORMS)
class TestForms:
    def test_map_size_and_stored_bytes(self, form: str) -> None:
        member = sparse("d/big", SEGMENTS, 1_048_580, form)
        tar = layer(member, file("after", b"1"))
        found = table_of(tar)
        assert found.names == [b"d/big", b"after"]
        assert found.sizes[0] == 1_048_580
        assert found.sparse[0].segments == ((0, 10), (4096, 700), (9000, 1))
        assert found.sparse[0].stored == len(member.data)
        assert found.stored(0) == 711
        expanded = content(tar, found)
        assert expanded[4096:4796] == b"b" * 700
        assert expanded.count(b"\0") == 1_048_580 - 711
        expected = columns(table(member, file("after", b"1")))
        assert columns(found) == expected | {"notes": found.notes.all()}

    def test_many_segments(self, form: str) -> None:
        # More than one block of an old map, more than one read of a leading one.
        parts = [(k * 1000, b"s") for k in range(3000)]
        tar = layer(sparse("m", parts, 3_000_000, form), file("after"))
        found = table_of(tar)
        assert found.sparse[0].segments == tuple((k * 1000, 1) for k in range(3000))
        assert found.names == [b"m", b"after"]
        assert content(tar, found).count(b"s") == 3000

    def test_a_hole_and_nothing_else(self, form: str) -> None:
        found = table_of(layer(sparse("hole", [], 1 << 40, form), file("after")))
        assert (found.sizes[0], found.stored(0)) == (1 << 40, 0)
        assert found.names == [b"hole", b"after"]

    def test_claims_too_much(self, form: str) -> None:
        error = failure(layer(file("good"), sparse("big", [], limits.MAX_SPARSE + 1, form)))
        assert isinstance(error, LimitError)
        assert "claims" in error.what
        assert error.where.offset is not None
        assert error.where.offset >= 512

    def test_claims_2_to_the_60(self, form: str) -> None:
        assert isinstance(failure(layer(sparse("big", [], 1 << 60, form))), LimitError)

    @pytest.mark.parametrize(
        "segments",
        [
            ((0, b"aa"), (1, b"b")),  # overlapping
            ((10, b"a"), (0, b"b")),  # backwards
            ((95, b"abcdefgh"),),  # past the end
        ],
    )
    def test_impossible_maps(self, form: str, segments: tuple[tuple[int, bytes], ...]) -> None:
        error = failure(layer(sparse("lie", segments, 100, form)))
        assert isinstance(error, FormatError)
        assert "overlap or pass" in error.what
        assert error.where.entry is not None

    def test_more_than_is_stored(self, form: str) -> None:
        member = sparse("lie", ((0, b"a" * 2000),), 3000, form)
        keep = member.begin + 1000
        blocks = bytearray(member.head)
        # The last header block is the entry's own, but for an old map's further blocks.
        own = header_with_size(bytes(blocks[-512:]), keep)
        cut = bytes(blocks[:-512]) + own + padded(member.data[:keep]) + END
        error = failure(cut)
        assert "over 1000 stored bytes" in error.what

    def test_many_maps_together_are_bounded(
        self, form: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_SEGMENTS", 10)
        one = sparse("s", [(k * 10, b"x") for k in range(4)], 100, form)
        assert len(in_place(layer(one, one))) == 2
        with pytest.raises(LimitError, match="sparse maps of more than 10 segments"):
            in_place(layer(one, one, one))


def header_with_size(block: bytes, size: int) -> bytes:
    """The header with another size and its checksum made good."""
    made = bytearray(block)
    made[124:136] = number(size, 12)
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


def refused(records: list[tuple[bytes, bytes]], data: bytes = b"") -> ImageError:
    tar = pax_header(records) + header("x", size=len(data)) + padded(data) + END
    return failure(tar)


class TestPaxLies:
    def test_numbers_that_are_none(self) -> None:
        size = (b"GNU.sparse.size", b"100")
        for value in (b"0,x", b"0,-1", b"0,1,", b",", b"0,1" * 20, b"9" * 30 + b",1"):
            error = refused([size, (b"GNU.sparse.map", value)], b"d" * 100)
            assert isinstance(error, FormatError), value

    @pytest.mark.parametrize("value", [b"", b"x", b"-1", b"1" * 5000, b"1e9"])
    def test_real_size(self, value: bytes) -> None:
        assert isinstance(refused([(b"GNU.sparse.size", value)]), FormatError)

    def test_odd_count(self) -> None:
        records = [(b"GNU.sparse.size", b"100"), (b"GNU.sparse.map", b"0,1,5")]
        assert "odd count" in refused(records, b"d").what

    def test_pairs_out_of_step(self) -> None:
        records = [
            (b"GNU.sparse.size", b"100"),
            (b"GNU.sparse.numbytes", b"1"),
            (b"GNU.sparse.offset", b"1"),
        ]
        assert "out of step" in refused(records, b"d").what

    def test_too_many_segments(self) -> None:
        count = limits.MAX_SPARSE_SEGMENTS + 1
        records = [
            (b"GNU.sparse.size", b"%d" % count),
            (b"GNU.sparse.map", b",".join(b"%d,0" % k for k in range(count))),
        ]
        assert isinstance(in_place_error(records), LimitError)

    @pytest.mark.parametrize(
        ("lead", "kind"),
        [
            (b"100000000000\n", LimitError),  # a map of 10^11 segments
            (b"x\n", FormatError),
            (b"\n", FormatError),
            (b"2\n0\n1\n", FormatError),  # fewer numbers than it says
            (b"1\n0\nx\n", FormatError),
            (b"9" * 20 + b"\n", FormatError),
            (b"1" * 512, FormatError),  # no line at all
        ],
    )
    def test_leading_map(self, lead: bytes, kind: type[ImageError]) -> None:
        records = [
            (b"GNU.sparse.major", b"1"),
            (b"GNU.sparse.minor", b"0"),
            (b"GNU.sparse.realsize", b"100"),
        ]
        assert isinstance(refused(records, padded(lead)), kind)

    def test_leading_map_longer_than_the_limit(self) -> None:
        records = [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.realsize", b"100")]
        data = b"60000\n" + b"0" * (limits.MAX_EXTENDED_HEADER + 1000)
        assert "without an end" in in_place_error(records, data).what

    def test_nul_in_its_name(self) -> None:
        records = [
            (b"GNU.sparse.size", b"1"),
            (b"GNU.sparse.name", b"a\0b"),
            (b"GNU.sparse.map", b""),
        ]
        assert "NUL" in refused(records).what


def in_place_error(records: list[tuple[bytes, bytes]], data: bytes = b"") -> ImageError:
    """For what is too much for a stream of single bytes."""
    tar = pax_header(records) + header("x", size=len(data)) + padded(data) + END
    with pytest.raises(ImageError) as caught:
        in_place(tar)
    return caught.value


class TestOldMaps:
    def test_negative_numbers(self) -> None:
        tail = bytearray(512 - 345)
        tail[41:65] = base256(-5, 12) + number(1, 12)
        tail[138:150] = number(100, 12)
        tar = header("neg", b"S", 1, magic="gnu", tail=bytes(tail)) + padded(b"x") + END
        error = failure(tar)
        assert "overlap" in error.what
        assert error.where.entry == b"neg"

    def test_numbers_that_are_none(self) -> None:
        tail = bytearray(512 - 345)
        tail[41:65] = b"zzzzzzzzzzz\0" + number(1, 12)
        tail[138:150] = number(100, 12)
        tar = header("bad", b"S", 1, magic="gnu", tail=bytes(tail)) + padded(b"x") + END
        assert "sparse map" in failure(tar).what

    def test_negative_size(self) -> None:
        tail = bytearray(512 - 345)
        tail[138:150] = base256(-100, 12)
        tar = header("neg", b"S", 0, magic="gnu", tail=bytes(tail)) + END
        assert isinstance(failure(tar), ImageError)

    def test_cut_map(self) -> None:
        member = sparse("m", [(k * 10, b"x") for k in range(50)], 1000, "gnu")
        assert len(member.head) > 1024
        assert "truncated" in failure(member.head[:1024]).what
        assert "truncated" in failure(member.head[:700]).what

    def test_map_without_an_end(self) -> None:
        page = b"".join(number(0, 12) + number(0, 12) for _ in range(21)) + b"\1" + bytes(7)
        tail = bytearray(512 - 345)
        tail[41:137] = page[:96]
        tail[137] = 1
        tail[138:150] = number(100, 12)
        head = header("m", b"S", 0, magic="gnu", tail=bytes(tail))
        with pytest.raises(LimitError, match="segments"):
            in_place(head + page * 3300)
