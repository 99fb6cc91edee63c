"""Every form of a header that a layer may have, over every kind of tape."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from layerlens.layers.reader import PlainFile, read_plain
from layerlens.layers.table import Kind, LayerTable
from tests import hostile
from tests.builders import (
    Member,
    base256,
    block,
    char,
    directory,
    fifo,
    file,
    gnu_long,
    hardlink,
    header,
    layer,
    pax_header,
    raw,
    symlink,
    table,
)
from tests.hostile import padded
from tests.unit.layers.reading import columns, in_place, streamed, table_of

END = bytes(1024)


def one(head: bytes, content: bytes = b"") -> LayerTable:
    """The table of one entry, which a marker follows: sizes that are off would lose it."""
    found = table_of(head + padded(content) + header("marker") + END)
    assert len(found) == 2
    assert found.names[1] == b"marker"
    return found


class TestKinds:
    def test_all_kinds(self) -> None:
        members = (
            directory("d", mode=0o1777, uid=1, gid=2, mtime=3),
            file("d/f", b"content", mode=0o4755, uid=1000, gid=100, mtime=1_700_000_000),
            symlink("d/s", "../x//y/"),
            hardlink("d/h", "./d//f"),
            char("d/c", 1, 3),
            block("d/b", 8, 17),
            fifo("d/p"),
        )
        found = table_of(layer(*members))
        assert columns(found) == columns(table(*members))
        assert bytes(found.hashes) == bytes(table(*members).hashes)
        assert [Kind(kind).word for kind in found.kinds] == [
            "dir", "file", "symlink", "hardlink", "char", "block", "fifo",
        ]  # fmt: skip
        assert found.links == {2: b"../x//y/", 3: b"d/f"}
        assert found.devices == {4: (1, 3), 5: (8, 17)}
        assert (found.mode(1), found.uid(1), found.gid(1)) == (0o4755, 1000, 100)
        assert (found.mtime(0), found.mtime(1)) == (3, 1_700_000_000)

    @pytest.mark.parametrize("flag", [b"5", b"2", b"1", b"3", b"4", b"6"])
    def test_no_content_follows_what_is_no_file(self, flag: bytes) -> None:
        found = one(header("x", flag, 5000, linkname="t"))
        assert found.sizes[0] == 0

    @pytest.mark.parametrize("flag", [b"S", b"7", b"V", b"M", b"Z", b"\xff"])
    def test_unusual_types_are_files_and_said_to_be_so(self, flag: bytes) -> None:
        tail = hostile.number(3, 12).rjust(138 + 12, b"\0") if flag == b"S" else None
        found = one(header("x", flag, 3, magic="gnu", tail=tail), b"abc")
        assert found.kinds[0] == Kind.FILE
        assert found.sizes[0] == 3
        assert [note.code for note in found.notes.all()] == ["unusual-type"]
        assert found.notes.all()[0].path == b"x"

    def test_a_directory_listing_is_a_directory_with_data(self) -> None:
        found = one(header("x", b"D", 600), b"Y" * 600)
        assert (found.kinds[0], found.sizes[0]) == (Kind.DIR, 0)
        assert [note.code for note in found.notes.all()] == ["unusual-type"]

    @pytest.mark.parametrize(
        ("name", "flag", "kind"),
        [
            ("d/", b"\0", Kind.DIR),
            ("d", b"\0", Kind.FILE),
            ("d/", b"0", Kind.FILE),  # the type decides, the slash does not
            ("d/", b"5", Kind.DIR),
            ("d", b"5", Kind.DIR),
        ],
    )
    def test_slash_at_the_end(self, name: str, flag: bytes, kind: Kind) -> None:
        found = one(header(name, flag, magic="v7" if flag == b"\0" else "ustar"))
        assert (found.names[0], found.kinds[0]) == (b"d", kind)

    def test_v7_file(self) -> None:
        found = one(header("old", b"\0", 5, magic="v7"), b"12345")
        assert (found.names[0], found.kinds[0], found.sizes[0]) == (b"old", Kind.FILE, 5)


class TestNames:
    @pytest.mark.parametrize(
        ("written", "path"),
        [
            (b"./a", b"a"), (b"/a", b"a"), (b"//a", b"a"), (b"a//b", b"a/b"), (b"a/./b", b"a/b"),
            (b"a/b/", b"a/b"), (b"a/.", b"a"), (b".", b""), (b"./", b""), (b"/", b""),
            (b"../x", b"x"), (b"d/../../x", b"x"), (b"a/../b", b"b"), (b"..", b""),
            (b".hidden", b".hidden"), (b"a/.b", b"a/.b"), (b"..a/b..", b"..a/b.."),
            (b"n" * 100, b"n" * 100), (b"", b""),
            (b"\xff\xfe", b"\xff\xfe"), (b"a\nb\x1b[31m", b"a\nb\x1b[31m"), (b" a ", b" a "),
            (b"back\\slash", b"back\\slash"), (b"-rf", b"-rf"), ("e\u0301".encode(), b"e\xcc\x81"),
        ],
    )  # fmt: skip
    def test_normalised(self, written: bytes, path: bytes) -> None:
        # A symbolic link takes the slow way through the walk, a file the quick one.
        for head in (header(written), header(written, b"2", linkname=b"t")):
            assert one(head).names[0] == path

    @pytest.mark.parametrize("written", [b"../x", b"d/../../x", b".."])
    @pytest.mark.parametrize("flag", [b"0", b"2"])
    def test_above_the_root_is_noted(self, written: bytes, flag: bytes) -> None:
        found = one(header(written, flag, linkname=b"t"))
        assert [(n.code, n.path) for n in found.notes.all()] == [("path-above-root", written)]

    def test_unicode_forms_and_case_stay_apart(self) -> None:
        names = ["\u00e9", "e\u0301", "CASE", "case"]
        assert table_of(layer(*map(file, names))).names == [name.encode() for name in names]

    def test_ustar_prefix(self) -> None:
        assert one(header("name", prefix="some/where")).names[0] == b"some/where/name"
        assert one(header("n" * 100, prefix="p" * 155)).names[0] == b"p" * 155 + b"/" + b"n" * 100
        found = one(header("l", b"2", prefix="a", linkname="t"))
        assert found.names[0] == b"a/l"

    @pytest.mark.parametrize("magic", ["gnu", "v7"])
    def test_other_formats_have_no_prefix(self, magic: str) -> None:
        # GNU keeps times and sparse maps there.
        assert one(header("name", magic=magic, tail=b"00000000001")).names[0] == b"name"

    def test_gnu_long_name_and_link(self) -> None:
        name, target = "d/" + "n" * 300, "t" * 400
        head = gnu_long(b"K", target) + gnu_long(b"L", name) + header("cut", b"2", magic="gnu")
        found = one(head)
        assert found.names[0] == name.encode()
        assert found.links[0] == target.encode()

    def test_the_last_of_two_long_names_counts(self) -> None:
        head = gnu_long(b"L", "first" * 50) + gnu_long(b"L", "second" * 50) + header("cut")
        assert one(head).names[0] == b"second" * 50

    def test_gnu_goes_before_pax_in_either_order(self) -> None:
        pax = pax_header([(b"path", b"from-pax")])
        gnu = gnu_long(b"L", "from-gnu")
        assert one(pax + gnu + header("x")).names[0] == b"from-gnu"
        assert one(gnu + pax + header("x")).names[0] == b"from-gnu"


class TestPax:
    def test_all_records(self) -> None:
        head = pax_header(
            [
                (b"path", b"./very/long"), (b"linkpath", b"/target"), (b"uid", b"4294967294"),
                (b"gid", b"3000000"), (b"mtime", b"1700000000.25"), (b"uname", b"somebody"),
                (b"SCHILY.xattr.user.b", b"2\0x\n"), (b"SCHILY.xattr.user.a", b"1"),
                (b"LIBARCHIVE.creationtime", b"1"), (b"comment", b"path=evil"),
            ]
        )  # fmt: skip
        found = one(head + header("x", b"1", mode=0o600))
        assert found.names[0] == b"very/long"
        assert found.links[0] == b"target"
        assert (found.uid(0), found.gid(0), found.mtime(0)) == (4294967294, 3000000, 1700000000.25)
        assert found.xattrs[0] == ((b"user.a", b"1"), (b"user.b", b"2\0x\n"))
        assert found.mode(0) == 0o600

    def test_size_replaces_the_headers(self) -> None:
        head = pax_header([(b"size", b"700")]) + header("x", size=0)
        assert one(head, b"z" * 700).sizes[0] == 700

    def test_size_of_what_is_no_file_is_ignored(self) -> None:
        assert one(pax_header([(b"size", b"700")]) + header("x", b"5")).sizes[0] == 0

    def test_the_later_of_two_records_counts(self) -> None:
        head = pax_header([(b"path", b"a"), (b"path", b"b"), (b"mtime", b"1"), (b"mtime", b"-2")])
        found = one(head + header("x"))
        assert (found.names[0], found.mtime(0)) == (b"b", -2)

    def test_an_empty_value_takes_a_record_back(self) -> None:
        records = [(b"path", b"a"), (b"path", b""), (b"size", b"5"), (b"size", b"")]
        found = one(pax_header(records) + header("x", size=1), b"1")
        assert (found.names[0], found.sizes[0]) == (b"x", 1)

    def test_old_solaris_headers_count_too(self) -> None:
        assert one(pax_header([(b"path", b"a")], b"X") + header("x")).names[0] == b"a"

    def test_global_headers_are_ignored_and_noted(self) -> None:
        found = one(pax_header([(b"path", b"evil"), (b"size", b"9")], b"g") + header("x"))
        assert (found.names[0], found.sizes[0]) == (b"x", 0)
        assert [note.code for note in found.notes.all()] == ["pax-global-header"]

    def test_a_global_header_alone(self) -> None:
        for end in (END, b""):
            assert len(table_of(pax_header([(b"comment", b"abc")], b"g") + end)) == 0

    def test_records_of_one_entry_do_not_stick_to_the_next(self) -> None:
        found = one(
            pax_header([(b"path", b"a"), (b"uid", b"7"), (b"size", b"3")]) + header("x"), b"abc"
        )
        assert found.sizes[1] == 0
        assert found.uid(1) == 0


class TestNumbers:
    def test_base_256(self) -> None:
        big = 1 << 40
        head = header("x", mode=0o755, uid=base256(big, 8), gid=base256(3 << 30, 8),
                      mtime=base256(-5, 12), size=base256(600, 12))  # fmt: skip
        found = one(head, b"y" * 600)
        assert (found.uid(0), found.gid(0), found.mtime(0)) == (big, 3 << 30, -5)
        assert found.sizes[0] == 600

    @pytest.mark.parametrize(
        "field",
        [
            b"00000000012\0", b"00000000012 ", b"000000000012", b"12\0", b"12 ", b"         12 ",
            b"12\0\0\0\0\0\0\0\0\0\0", b"\0" + b"00000000012", b" 12\0junk", b"12\0        9",
        ],
    )  # fmt: skip
    def test_octal_in_every_padding(self, field: bytes) -> None:
        assert one(header("x", size=field), b"0123456789").sizes[0] == 10

    @pytest.mark.parametrize("field", [bytes(12), b" " * 12])
    def test_an_empty_field_is_nothing(self, field: bytes) -> None:
        assert one(header("x", size=field)).sizes[0] == 0

    def test_mode_bits_beyond_permissions_are_dropped(self) -> None:
        assert one(header("x", mode=0o100644)).mode(0) == 0o644

    def test_signed_checksums_of_old_writers(self) -> None:
        block = bytearray(header(b"\xe9\xe8"))
        signed = sum(b - 256 if b > 127 else b for b in block[:148] + b" " * 8 + block[156:])
        block[148:156] = b"%06o\0 " % signed
        assert one(bytes(block)).names[0] == b"\xe9\xe8"

    @pytest.mark.parametrize("form", [b"%06o\0 ", b"%06o \0", b"%07o\0", b"%7o\0", b"%o"])
    def test_checksum_in_every_padding(self, form: bytes) -> None:
        plain = header("x")
        head = plain[:148] + (form % int(plain[148:154], 8)).ljust(8, b"\0") + plain[156:]
        assert one(head).names[0] == b"x"


class TestEnds:
    @pytest.mark.parametrize("end", [b"", bytes(512), bytes(1024), bytes(10240)])
    def test_ends(self, end: bytes) -> None:
        found = table_of(file("a", b"1").encode() + end)
        assert found.names == [b"a"]
        assert found.tar_size == 1024 + len(end)

    def test_garbage_after_the_end_counts_only_in_the_digest(self) -> None:
        tar = layer(file("a", b"1"))
        found = table_of(tar + b"garbage" * 100 + layer(file("b")))
        assert found.names == [b"a"]
        assert streamed(tar + b"x").diff_id != streamed(tar).diff_id

    def test_part_of_a_second_zero_block(self) -> None:
        assert table_of(file("a").encode() + bytes(700)).names == [b"a"]

    def test_empty(self) -> None:
        for tar in (b"", bytes(512), END):
            assert len(table_of(tar)) == 0


class TestOffsets:
    def test_offsets_lead_to_the_contents(self) -> None:
        members = (
            file("a", b"first"),
            file("long/" + "n" * 200, b"second"),
            directory("d"),
            raw(pax_header([(b"size", b"5")]) + header("p") + padded(b"third")),
            file("z", b"last" * 500),
        )
        tar = layer(*members)
        found = table_of(tar)
        shown = [tar[at : at + size] for at, size in zip(found.offsets, found.sizes, strict=True)]
        assert shown == [b"first", b"second", b"", b"third", b"last" * 500]

    def test_more_entries_than_a_batch(self) -> None:
        members = [file(f"f{k}", b"x" * (k % 3)) for k in range(9000)]
        tar = layer(*members)
        plain = in_place(tar)
        assert len(plain) == 9000
        assert plain.content_bytes == 9000
        assert columns(streamed(tar).table) == columns(plain)

    def test_the_tick_tells_positions_and_may_stop(self, tmp_path: Path) -> None:
        class Stop(Exception):  # noqa: N818
            pass

        path = tmp_path / "x.tar"
        path.write_bytes(layer(*(file(f"f{k}") for k in range(20000))))
        told: list[int] = []

        def tick(position: int) -> None:
            told.append(position)
            if len(told) == 2:
                raise Stop

        opened = PlainFile(str(path))
        try:
            with pytest.raises(Stop):
                read_plain(opened, 0, opened.size, tick=tick)
        finally:
            opened.close()
        assert told == [8192 * 512, 2 * 8192 * 512]


class TestWithoutPread:
    def test_seek_and_read_gives_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tar = layer(
            directory("d"), file("d/f", b"x" * 3000), file("n" * 200, b"1"),
            Member(b"s", blocks=hostile.gnu_sparse_blocks("s", [(k * 1024, b"a") for k in range(50)], 60000)[0],
                   data=b"a" * 50, typeflag=b"S"),
        )  # fmt: skip
        with_pread = in_place(tar)
        monkeypatch.delattr(os, "pread")
        assert columns(in_place(tar)) == columns(with_pread)

    def test_pieces_and_ends(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        path = tmp_path / "f"
        path.write_bytes(bytes(range(256)) * 8)
        for missing in (False, True):
            if missing:
                monkeypatch.delattr(os, "pread")
            opened = PlainFile(str(path))
            assert opened.read(2000, 500) == (bytes(range(256)) * 8)[2000:]
            assert opened.read(5000, 10) == b""
            assert opened.fetch(2048 - 100) == (bytes(range(256)) * 8)[-100:]
            assert b"".join(opened.pieces(10, 600, 256)) == (bytes(range(256)) * 8)[10:610]
            opened.close()
            opened.close()
            with pytest.raises(OSError, match="descriptor"):
                opened.read(0, 1)
