"""What differs: metadata, lines, bytes; and that no input makes it take long."""

from __future__ import annotations

import difflib
import random

import pytest

from layerlens.errors import Interrupted
from layerlens.filesystem.changes import Entry
from layerlens.tui.viewmodel import diff as diff_module
from layerlens.tui.viewmodel import linediff
from layerlens.tui.viewmodel.content import Content
from layerlens.tui.viewmodel.diff import DiffLines, diff, metadata
from layerlens.tui.viewmodel.linediff import Block, compare
from layerlens.tui.viewmodel.preview import FileVersion

DICE = random.Random(7)  # noqa: S311 - the same cases every time


def version(
    number: int = 1, xattrs: tuple[tuple[bytes, bytes], ...] = (), **values: object
) -> FileVersion:
    entry = Entry(b"etc/x", "file", 10, 0o644, 0, 0, 0, None, None, number)
    return FileVersion(number, entry._replace(**values), xattrs)  # type: ignore[arg-type]


def contents(old: bytes, new: bytes) -> tuple[Content, Content]:
    return Content(old, len(old)), Content(new, len(new))


def lines(found: DiffLines) -> list[str]:
    return [f"{found.line(k).sign}{found.line(k).text}" for k in range(len(found))]


def differences(old: bytes, new: bytes) -> list[str]:
    return lines(diff(version(1), version(2), contents(old, new)))


# ---------------------------------------------------------------------- lines


def applied(old: list[str], new: list[str], blocks: list[Block]) -> None:
    """Check that blocks cover both texts, and say the truth."""
    at_old = at_new = 0
    for k, block in enumerate(blocks):
        assert (block.old, block.new) == (at_old, at_new)
        if block.same:
            assert old[block.old : block.old_end] == new[block.new : block.new_end]
            assert block.old_end > block.old
        if k:
            assert block.same != blocks[k - 1].same
        at_old, at_new = block.old_end, block.new_end
    assert (at_old, at_new) == (len(old), len(new))


@pytest.mark.parametrize("seconds", [60.0, -1.0], ids=["in time", "too late"])
def test_blocks_tell_the_truth(seconds: float) -> None:
    for _ in range(300):
        old = [DICE.choice("abcdefgh") for _ in range(DICE.randrange(12))]
        new = [DICE.choice("abcdefgh") for _ in range(DICE.randrange(12))]
        found = compare(old, new, seconds)
        applied(old, new, found.blocks)


def test_the_same_as_difflib_where_there_is_time() -> None:
    old = [f"line {k}" for k in range(300)]
    new = old[:50] + ["new"] * 3 + old[60:200] + old[210:]
    found = compare(old, new)
    assert found.is_exact
    expected = difflib.SequenceMatcher(None, old, new).get_opcodes()
    assert [(b.old, b.old_end, b.new, b.new_end) for b in found.blocks] == [
        op[1:] for op in expected
    ]


def test_the_quick_way_finds_moved_edges_and_single_changes() -> None:
    old = [f"line {k}" for k in range(1000)]
    new = [*old[:100], "changed", *old[101:500], *old[520:], "last"]
    found = compare(old, new, -1.0)
    assert not found.is_exact
    changed = [b for b in found.blocks if not b.same]
    assert [(b.old, b.old_end, b.new, b.new_end) for b in changed] == [
        (100, 101, 100, 101), (500, 520, 500, 500), (1000, 1000, 980, 981),
    ]  # fmt: skip


def test_what_keeps_difflib_busy_is_compared_roughly() -> None:
    # Many lines of few kinds, in another order: each search compares nearly all with all.
    kinds = [f"k{k}" for k in range(150)]
    old = [DICE.choice(kinds) for _ in range(15_000)]
    new = [DICE.choice(kinds) for _ in range(15_000)]
    found = compare(old, new, 0.2)
    applied(old, new, found.blocks)
    assert not found.is_exact


def test_many_lines_are_compared_roughly_at_once() -> None:
    old = [str(k) for k in range(linediff._MOST_EACH + 10)]
    new = [f"x{line}" for line in old]
    found = compare(old, new, 60)
    assert not found.is_exact
    assert found.blocks == [Block(False, 0, len(old), 0, len(new))]
    # What both begin and end with does not count as many.
    changed = [*old[:15_000], "changed", *old[15_001:]]
    assert compare(old, changed, 60).is_exact


# ---------------------------------------------------------------------- texts


def test_a_text_that_changed() -> None:
    old = "".join(f"line {k}\n" for k in range(1, 31))
    new = old.replace("line 5\n", "five\n").replace("line 25\n", "")
    found = diff(version(1), version(2), contents(old.encode(), new.encode()))
    assert lines(found) == [
        "@@@ -2,7 +2,7 @@", " line 2", " line 3", " line 4", "-line 5", "+five", " line 6", " line 7", " line 8",
        "@@@ -22,7 +22,6 @@", " line 22", " line 23", " line 24", "-line 25", " line 26", " line 27", " line 28",
    ]  # fmt: skip
    assert found.hunks == [0, 9]
    assert found.gutter(4) == [(" 5 ", "guide"), ("- ", "removed")]
    assert found.gutter(5) == [(" 5 ", "guide"), ("+ ", "added")]
    assert found.gutter(1) == [(" 2 ", "guide"), ("  ", "")]
    assert found.pieces(5, 80) == [("five", "added")]
    assert found.find("LINE 5") == [4]
    assert found.find("") == []
    assert found.width(5) == 4


@pytest.mark.parametrize("distance", range(12))
def test_headers_are_those_of_difflib(distance: int) -> None:
    old = [f"{k}\n" for k in range(40)]
    new = list(old)
    new[10] = "x\n"
    new[10 + distance] = "y\n"
    del new[39]
    expected = list(difflib.unified_diff(old, new, n=3))[2:]
    found = differences("".join(old).encode(), "".join(new).encode())
    assert [line.removeprefix("@") if line.startswith("@@@") else line for line in found] == [
        line.rstrip("\n") for line in expected
    ]


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        (b"", b"a\n", ["@@@ -0,0 +1,1 @@", "+a"]),
        (b"a\n", b"", ["@@@ -1,1 +0,0 @@", "-a"]),
        (b"a", b"a\n", ["@@@ -1,1 +1,1 @@", "-a", "!no line end at the end of the file", "+a"]),
        (b"a\r\nb\r\n", b"a\nb\n", ["@line ends", "-CRLF", "+LF"]),
        (b"a\nb\n", b"a\r\nb\n", ["@line ends", "-LF", "+mixed", "@@@ -1,2 +1,2 @@", "-a", "+a\r", " b"]),
        ("café\n".encode("latin-1"), "café\n".encode(), ["@encoding", "-Latin-1", "+UTF-8"]),
        (b"a\n", b"\xef\xbb\xbfa\n", ["@encoding", "-ASCII", "+UTF-8 with mark"]),
        (b"a\n", "é\n".encode(), ["@@@ -1,1 +1,1 @@", "-a", "+é"]),
        (b"same\n", b"same\n", ["!the content is the same"]),
        (b"", b"", ["!the content is the same"]),
    ],
)  # fmt: skip
def test_small_texts(old: bytes, new: bytes, seen: list[str]) -> None:
    assert differences(old, new) == seen


def test_hostile_lines_are_drawn_safely() -> None:
    found = diff(
        version(), version(), contents(b"a\n", b"\x1b[31m\xe2\x80\xae" + b"x" * (1 << 20) + b"\n")
    )
    drawn = ["".join(text for text, _ in found.pieces(k, 100)) for k in range(len(found))]
    assert drawn[2].startswith("\\x1b[31m\\u202e")
    assert len(drawn[2]) < 1000
    assert not any("\x1b" in text for text in drawn)


def test_texts_longer_than_what_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diff_module, "MOST_LINES", 5)
    found = differences(b"1\n" * 9 + b"end\n", b"1\n" * 4 + b"2\n" * 9)
    assert found[0] == "!compared: the first 5 lines of each"
    assert found[-2:] == ["-1", "+2"]
    cut = diff(version(), version(), (Content(b"a\nb", 999_000), Content(b"a\nc\n", 4)))
    assert lines(cut)[0] == "!compared of the old: first 3 B of 999.0 kB"
    assert "!no line end at the end of the file" not in lines(cut)


def test_it_can_be_stopped() -> None:
    def stopped() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        diff(version(), version(), contents(b"a", b"b"), stopped)


def test_a_quick_comparison_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linediff, "_MOST_EACH", 1)
    assert differences(b"a\nb\n", b"c\nd\n")[0].startswith("!compared quickly")


# ---------------------------------------------------------------------- bytes


def test_bytes_that_differ() -> None:
    old = bytes(range(256)) * 4
    new = bytearray(old)
    new[0x25] = 0xFF
    new[0x212] = 0xFF
    found = differences(old, bytes(new))
    assert found[0] == "@binary: differ from byte 37 (0x25) on"
    assert found[1].startswith("-00000020  20 21 22 23 24 25")
    assert found[2].startswith("+00000020  20 21 22 23 24 ff")
    assert found[3] == " ⋮"
    assert [line[:9] for line in found[4:]] == ["-00000210", "+00000210"]


def test_bytes_where_one_goes_on() -> None:
    old = bytes(40)
    found = differences(old, old + b"more")
    assert found[0] == "@binary: the same up to byte 40, where one of them ends"
    assert [line[:9] for line in found[1:]] == ["-00000020", "+00000020"]
    assert differences(bytes(32), bytes(32) + b"more")[1:] == [
        "+00000020  6d 6f 72 65" + " " * 39 + "more"
    ]


def test_bytes_that_all_differ_are_not_all_shown() -> None:
    found = differences(bytes(16 << 20), b"\1" * (16 << 20))
    assert len(found) == 2 + 2 * diff_module._MOST_BINARY
    assert found[-1] == "!there may be more"


def test_bytes_that_are_the_same_as_far_as_they_were_read() -> None:
    cut = diff(version(), version(), (Content(bytes(100), 10**9), Content(bytes(100), 10**9)))
    assert lines(cut) == [
        "!compared: the first 100 B of each",
        "!no difference in what was compared",
    ]


def test_a_text_that_became_a_program() -> None:
    found = differences(b"#!/bin/sh\n", b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0")
    assert found[0] == "@binary and ELF 64-bit x86-64 program: differ from byte 0 (0x0) on"


# ---------------------------------------------------------------------- metadata


def test_metadata() -> None:
    old = version(
        1, ((b"user.a", b"x"), (b"security.capability", b"\1\0\0\2" * 5)), mode=0o4755, mtime=1.5
    )
    new = version(
        2, ((b"user.b\x1b", b"y"), (b"security.capability", b"\1\0\0\3")), uid=1000, size=11
    )
    assert metadata(old, new) == [
        ("size", "10 bytes", "11 bytes"),
        ("mode", "-rwsr-xr-x 4755", "-rw-r--r-- 0644"),
        ("owner", "0:0", "1000:0"),
        ("modified", "1970-01-01 00:00:01.5", "1970-01-01 00:00:00"),
        ("security.capability", "01000002 01000002 01000002 01000002 01000002 (20 B)", "01000003 (4 B)"),
        ("user.a", '"x"', ""),
        ("user.b\\x1b", "", '"y"'),
    ]  # fmt: skip
    assert metadata(old, old) == []


def test_metadata_above_the_content() -> None:
    found = diff(version(1, mode=0o600), version(2), contents(b"a\n", b"b\n"))
    assert lines(found) == [
        "=metadata", "-mode  -rw------- 0600", "+mode  -rw-r--r-- 0644", " ",
        "@@@ -1,1 +1,1 @@", "-a", "+b",
    ]  # fmt: skip
    assert found.hunks == [0, 4]


def test_versions_without_content() -> None:
    link = version(2, kind="symlink", target=b"../\x1by", size=0, mode=0o777)
    found = lines(diff(version(1), link, None))
    assert "-type  file" in found
    assert "+type  symbolic link to ../\\x1by" in found
    assert lines(diff(link, link, None)) == ["!there is no difference"]


def test_odd_times_and_long_values() -> None:
    old, new = version(1, mtime=float("nan")), version(2, ((b"k" * 900, bytes(900)),), mtime=1e300)
    found = metadata(old, new)
    assert all(len(part) < 200 for row in found for part in row)
