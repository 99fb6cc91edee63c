"""Numbers, PAX records and names: the small functions under the walk."""

from __future__ import annotations

import pytest

from layerlens.errors import FormatError
from layerlens.layers import names
from layerlens.layers.diagnostics import MOST_ALIKE, Diagnostic, Notes
from layerlens.layers.numbers import parse_number
from layerlens.layers.pax import Pax, parse_pax
from tests.builders import base256, pax_record


class TestNumbers:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            (b"0000644\0", 0o644), (b"   644 \0", 0o644), (b"644\0\0\0\0\0", 0o644),
            (b"00000644", 0o644), (b"\0\0\0\0\0\0\0\0", 0), (b"        ", 0), (b"0", 0),
            (b"\0000644\0", 0o644), (b"12\0trash", 0o12),
            (base256(0, 8), 0), (base256(1 << 33, 8), 1 << 33), (base256(-1, 12), -1),
            (base256(-(1 << 40), 12), -(1 << 40)), (b"\xff" * 8, -1),
            (b"\x80" + b"\xff" * 11, (1 << 88) - 1),
        ],
    )  # fmt: skip
    def test_good(self, field: bytes, value: int) -> None:
        assert parse_number(field) == value
        assert parse_number(bytearray(field)) == value

    @pytest.mark.parametrize("field", [b"8", b"0x1F", b"-1", b"+1", b"1_0", b"1 2", b"abc", b"1\t"])
    def test_bad(self, field: bytes) -> None:
        with pytest.raises(ValueError, match="octal"):
            parse_number(field)


class TestPax:
    def test_nothing(self) -> None:
        assert parse_pax(b"") == Pax()
        assert parse_pax(bytes(512)) == Pax()

    def test_padding_with_nuls(self) -> None:
        assert parse_pax(pax_record(b"path", b"a") + bytes(100)).path == b"a"

    def test_binary_values(self) -> None:
        value = bytes(range(256))
        found = parse_pax(pax_record(b"SCHILY.xattr.security.capability", value))
        assert found.xattrs == {b"security.capability": value}

    def test_a_value_may_hold_what_looks_like_a_record(self) -> None:
        data = pax_record(b"comment", b"x\n12 path=evil\n") + pax_record(b"path", b"p=q")
        assert parse_pax(data).path == b"p=q"

    @pytest.mark.parametrize(
        ("text", "value"),
        [(b"0", 0), (b"1700000000", 1700000000), (b"-1", -1), (b"1.5", 1.5), (b"-1.5", -1.5),
         (b"12.000", 12), (b"12.", 12), (b"1700000000.123456789", 1700000000.123456789)],
    )  # fmt: skip
    def test_times(self, text: bytes, value: float) -> None:
        found = parse_pax(pax_record(b"mtime", text)).mtime
        assert found == value
        assert isinstance(found, type(value))

    @pytest.mark.parametrize("text", [b".5", b"-", b"1.x", b"inf", b"1" * 20, b" 1", b"1.-5"])
    def test_no_times(self, text: bytes) -> None:
        with pytest.raises(FormatError, match="mtime"):
            parse_pax(pax_record(b"mtime", text))

    @pytest.mark.parametrize("text", [b"-", b"+1", b"1.0", b"0x1", b"1" * 20, "\u0661".encode()])
    def test_no_numbers(self, text: bytes) -> None:
        for key in (b"uid", b"gid", b"size"):
            with pytest.raises(FormatError, match="not a number"):
                parse_pax(pax_record(key, text))

    def test_negative_ids_are_kept(self) -> None:
        assert parse_pax(pax_record(b"uid", b"-2")).uid == -2

    def test_sparse_pairs_keep_their_order(self) -> None:
        data = b"".join(
            pax_record(b"GNU.sparse." + key, value)
            for key, value in ((b"offset", b"1"), (b"numbytes", b"2"), (b"offset", b"3"))
        )
        found = parse_pax(data)
        assert found.sparse_pairs == [(b"offset", b"1"), (b"numbytes", b"2"), (b"offset", b"3")]
        assert found.sparse == {b"offset": b"3", b"numbytes": b"2"}


class TestNames:
    def test_long_and_deep(self) -> None:
        deep = b"/".join([b"d"] * 10_000)
        assert names.normalise(b"./" + deep + b"/") == deep
        assert names.normalise(b"../" * 10_000 + b"x") == b"x"
        assert names.normalise(b"a/" * 10_000 + b"../" * 10_000 + b"x") == b"x"

    @pytest.mark.parametrize(
        ("name", "leaves"),
        [(b"..", True), (b"a/../..", True), (b"a/..", False), (b"/..", True), (b"..a", False),
         (b"a/./../..", True), (b"a//../b", False), (b"", False), (b"a/b/../../../c/d", True)],
    )  # fmt: skip
    def test_leaves_root(self, name: bytes, leaves: bool) -> None:
        assert names.leaves_root(name) is leaves

    def test_parts(self) -> None:
        assert (names.parent(b"a/b/c"), names.base(b"a/b/c")) == (b"a/b", b"c")
        assert (names.parent(b"a"), names.base(b"a")) == (b"", b"a")
        assert (names.parent(b""), names.base(b"")) == (b"", b"")
        assert (names.join(b"", b"x"), names.join(b"a", b"x")) == (b"x", b"a/x")


class TestNotes:
    def test_bounded_by_code_and_layer(self) -> None:
        notes = Notes()
        for k in range(MOST_ALIKE + 5):
            notes.add("odd", f"number {k}", 1)
        notes.add("odd", "another layer", 2)
        notes.add("other", "another code", 1, b"path")
        found = notes.all()
        assert len(found) == MOST_ALIKE + 3
        assert found[-1] == Diagnostic("odd", "and 5 more like it", 1)
        assert Diagnostic("other", "another code", 1, b"path") in found

    def test_layers_are_filled_in(self) -> None:
        notes = Notes()
        notes.extend([Diagnostic("odd", "x", None, b"p")], 3)
        assert notes.all() == [Diagnostic("odd", "x", 3, b"p")]
