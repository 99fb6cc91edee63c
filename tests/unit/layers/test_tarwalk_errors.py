"""Broken layers: every error names the entry where one is known, and the offset."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from layerlens.errors import FormatError, ImageError, LimitError
from layerlens.layers import limits
from layerlens.layers.reader import read_stream
from tests.builders import base256, file, gnu_long, header, layer, pax_header, pax_record
from tests.hostile import padded
from tests.unit.layers.reading import failure, in_place, streamed

END = bytes(1024)
GOOD = file("good", b"g" * 100).encode()


def fails(
    tar: bytes, what: str, *, entry: bytes | None, offset: int, kind: type[ImageError] = FormatError
) -> None:
    """Check the error of a tar that begins with a good entry of 1024 bytes."""
    error = failure(tar)
    assert isinstance(error, kind), error
    assert what in error.what
    assert (error.where.entry, error.where.offset) == (entry, offset)


class TestHeaders:
    def test_checksum(self) -> None:
        fails(GOOD + header("bad", checksum=1234) + END, "checksum", entry=None, offset=1024)

    @pytest.mark.parametrize("field", [b"\xff" * 8, b"nonsense", b"12 34\0\0\0"])
    def test_no_checksum_at_all(self, field: bytes) -> None:
        fails(GOOD + header("bad", checksum=field) + END, "checksum", entry=None, offset=1024)

    def test_a_flipped_bit(self) -> None:
        broken = bytearray(GOOD + header("name") + END)
        broken[1024 + 2] ^= 1
        fails(bytes(broken), "checksum", entry=None, offset=1024)

    def test_a_known_checksum_on_another_header(self) -> None:
        # The walk remembers checksum fields; a header must not pass by another one's.
        other = bytearray(header("same"))
        other[0] += 1
        fails(header("same") * 2 + bytes(other) + END, "checksum", entry=None, offset=1024)

    def test_checksum_behind_an_extended_header(self) -> None:
        tar = GOOD + pax_header([(b"path", b"p")]) + header("bad", checksum=1) + END
        fails(tar, "checksum", entry=None, offset=2048)

    def test_an_earlier_odd_entry_is_not_blamed(self) -> None:
        odd = header("./odd", b"2", linkname=b"t")
        fails(GOOD + odd + header("bad", checksum=1) + END, "checksum", entry=None, offset=1536)

    def test_garbage(self) -> None:
        fails(GOOD + b"G" * 512 + END, "not a tar header", entry=None, offset=1024)

    def test_lone_zero_block(self) -> None:
        fails(GOOD + bytes(512) + GOOD + END, "lone block", entry=None, offset=1024)

    @pytest.mark.parametrize("length", [1, 100, 511])
    def test_cut_header(self, length: int) -> None:
        fails(GOOD + header("cut")[:length], "truncated", entry=None, offset=1024)

    def test_cut_zero_block(self) -> None:
        fails(GOOD + bytes(100), "truncated", entry=None, offset=1024)


class TestContent:
    @pytest.mark.parametrize("left", [0, 1, 512, 599])
    def test_cut(self, left: int) -> None:
        tar = GOOD + header("cut", size=600) + b"c" * left
        error = failure(tar)
        assert isinstance(error, FormatError)
        assert "truncated" in error.what
        assert error.where.entry == b"cut"
        assert error.where.offset == 1536

    def test_cut_behind_an_extended_header(self) -> None:
        tar = GOOD + gnu_long(b"L", "n" * 200) + header("x", size=600) + b"c" * 512
        error = failure(tar)
        assert "truncated" in error.what
        assert error.where.entry == b"n" * 200

    def test_cut_padding(self) -> None:
        assert "truncated" in failure(GOOD + header("cut", size=100) + b"c" * 100).what
        assert "truncated" in failure(GOOD + header("cut", size=100) + b"c" * 511).what

    def test_the_file_goes_on_but_the_layer_ends(self) -> None:
        tar = header("big", size=5000)
        with pytest.raises(FormatError, match="truncated") as caught:
            in_place(tar, after=bytes(10_000))
        assert caught.value.where.entry == b"big"


class TestSizes:
    @pytest.mark.parametrize("flag", [b"0", b"7", b"\0"])
    def test_negative(self, flag: bytes) -> None:
        tar = GOOD + header("neg", flag, size=base256(-512, 12)) + END
        fails(tar, "negative size -512", entry=b"neg", offset=1024)

    @pytest.mark.parametrize("flag", [b"0", b"7"])
    def test_beyond_all_bounds(self, flag: bytes) -> None:
        tar = GOOD + header("huge", flag, size=base256(1 << 80, 12)) + END
        fails(tar, "limit", entry=b"huge", offset=1024, kind=LimitError)

    @pytest.mark.parametrize("size", [(1 << 63) - 1, (1 << 63) - 512, 1 << 62])
    def test_largest_number_without_so_many_bytes(self, size: int) -> None:
        error = failure(GOOD + header("big", size=base256(size, 12)) + END)
        assert "truncated" in error.what
        assert error.where.entry == b"big"

    @pytest.mark.parametrize(
        "field",
        [b"0000000001x\0", b"1_0", b"+10", b"-10", b"0o10", b"00000000089\0", b"1 2", b"\t7"],
    )
    def test_junk(self, field: bytes) -> None:
        fails(GOOD + header("junk", size=field) + END, "not an octal", entry=b"junk", offset=1024)

    def test_negative_in_pax(self) -> None:
        tar = GOOD + pax_header([(b"size", b"-1")]) + header("x") + END
        fails(tar, "negative size", entry=None, offset=1024)

    @pytest.mark.parametrize("size", [b"9223372036854775808", b"9999999999999999999"])
    def test_beyond_64_bits_in_pax(self, size: bytes) -> None:
        tar = GOOD + pax_header([(b"size", size)]) + header("x") + END
        fails(tar, "limit", entry=b"x", offset=2048, kind=LimitError)

    @pytest.mark.parametrize("key", ["mode", "uid", "gid", "mtime"])
    def test_junk_in_other_numbers(self, key: str) -> None:
        head = header("x", **{key: b"9x"})
        fails(GOOD + head + GOOD + END, "not an octal", entry=b"x", offset=1024)

    def test_junk_in_device_numbers(self) -> None:
        tar = GOOD + header("x", b"3", devmajor=b"zz") + END
        fails(tar, "not an octal", entry=b"x", offset=1024)


class TestPax:
    @pytest.mark.parametrize(
        ("payload", "what"),
        [
            (pax_record(b"path", b"a\0b"), "NUL"),
            (pax_record(b"linkpath", b"a\0b"), "NUL"),
            (pax_record(b"mtime", b"abc"), "mtime"),
            (pax_record(b"mtime", b"1e5"), "mtime"),
            (pax_record(b"mtime", b"nan"), "mtime"),
            (pax_record(b"uid", b"1x"), "uid"),
            (pax_record(b"size", b"9" * 5000), "size"),
            (b"garbage", "without a length"),
            (b"9 path=ab\n", "does not end"),
            (b"99999 path=ab\n", "does not end"),
            (b"0 =\n", "does not end"),
            (b"3 a\n", "does not end"),
            (b"6 abc\n", "equals sign"),
            (b"99999999999999999999999999 a=b\n", "without a length"),
        ],
    )
    def test_broken_records(self, payload: bytes, what: str) -> None:
        tar = GOOD + header("pax", b"x", len(payload)) + padded(payload) + header("x") + END
        fails(tar, what, entry=None, offset=1024)

    @pytest.mark.parametrize("flag", [b"x", b"L", b"K"])
    def test_longer_than_the_limit(self, flag: bytes) -> None:
        size = limits.MAX_EXTENDED_HEADER + 1
        tar = GOOD + header("x", flag, size) + padded(b"n" * size) + header("x") + END
        fails(tar, str(limits.MAX_EXTENDED_HEADER), entry=None, offset=1024, kind=LimitError)

    def test_a_long_name_just_below_the_limit(self) -> None:
        name = b"n" * (limits.MAX_EXTENDED_HEADER - 1)
        assert in_place(gnu_long(b"L", name) + header("x") + END).names == [name]

    @pytest.mark.parametrize("flag", [b"x", b"L"])
    def test_claims_200_mb_that_are_not_there(self, flag: bytes) -> None:
        tar = GOOD + header("x", flag, 200 << 20) + END
        fails(tar, "limit", entry=None, offset=1024, kind=LimitError)

    @pytest.mark.parametrize("part", [pax_header([(b"path", b"p")]), gnu_long(b"L", b"n" * 200)])
    def test_chain_of_3000(self, part: bytes) -> None:
        tar = GOOD + part * 3000 + header("x") + END
        limit = str(limits.MAX_EXTENDED_CHAIN)
        fails(tar, limit, entry=None, offset=1024, kind=LimitError)

    def test_cut_inside(self) -> None:
        tar = GOOD + pax_header([(b"path", b"p" * 2000)])
        for length in (1024 + 512, 1024 + 600, 1024 + 2000):
            assert "truncated" in failure(tar[:length]).what

    @pytest.mark.parametrize("end", [b"", END])
    def test_without_an_entry(self, end: bytes) -> None:
        tar = GOOD + pax_header([(b"path", b"p")]) + end
        fails(tar, "without its entry", entry=None, offset=2048)

    def test_endless_names_stop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_LONG_NAMES", 10_000)
        one = gnu_long(b"L", b"n" * 3000) + header("x")
        assert len(in_place(one * 3)) == 3
        with pytest.raises(LimitError, match="long names"):
            in_place(one * 4)

    def test_endless_attributes_stop(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_XATTR_BYTES", 10_000)
        one = pax_header([(b"SCHILY.xattr.user.a", b"v" * 3000)]) + header("x")
        assert len(in_place(one * 3)) == 3
        with pytest.raises(LimitError, match="extended attributes"):
            in_place(one * 4)


class TestOthers:
    def test_nul_in_a_link_target(self) -> None:
        # A header's own field ends at its first NUL; only records could carry one.
        tar = GOOD + pax_header([(b"linkpath", b"a\0b")]) + header("x", b"2") + END
        assert "NUL" in failure(tar).what

    def test_entries_are_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_ENTRIES", 20)
        plain, links = header("x"), header("x", b"2", linkname="t")
        for one in (plain, links):
            assert len(in_place(one * 20 + END)) == 20
        with pytest.raises(LimitError, match="20 entries"):
            in_place(links * 21 + END)
        with pytest.raises(LimitError, match="20 entries"):
            in_place(plain * 9000 + END)  # counted batch by batch

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (b"\x04\x22\x4d\x18" + b"d" * 600, "lz4"),
            (b"PK\x03\x04" + b"z" * 600, "zip"),
            (b"hsqs" + b"s" * 2000, "squashfs"),
            (b'{"not": "a layer"}', "JSON"),
        ],
    )
    def test_something_else_is_named(self, data: bytes, name: str) -> None:
        error = failure(data)
        assert isinstance(error, FormatError)
        assert name in error.what
        assert error.hint is not None

    def test_text_is_no_tar(self) -> None:
        error = failure(b"just some text " * 100)
        assert error.what == "not a tar, nor compressed with gzip, zstd, xz or bzip2"

    def test_an_error_of_the_bytes_source_passes_through(self) -> None:
        def broken() -> Iterator[bytes]:
            yield layer(file("a", b"x" * 5000))[:1024]
            raise LimitError("from below")

        with pytest.raises(LimitError, match="from below"):
            read_stream(broken())

    def test_a_good_layer_is_good(self) -> None:
        assert streamed(GOOD + END).table.names == [b"good"]
