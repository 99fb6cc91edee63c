"""Contents as lines: what is text, what is shown of it, and that hostile ones cost little."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from layerlens.errors import Interrupted
from layerlens.filesystem.changes import Entry
from layerlens.pipeline import analyse_image, open_image
from layerlens.tui.viewmodel import highlight
from layerlens.tui.viewmodel.content import (
    MOST_BYTES,
    MOST_TEXT,
    Content,
    is_text,
    read,
    text_of,
    unpacked,
)
from layerlens.tui.viewmodel.hexdump import HexLines, bytes_a_line
from layerlens.tui.viewmodel.highlight import Colours, colours
from layerlens.tui.viewmodel.magic import form_of
from layerlens.tui.viewmodel.preview import (
    FileVersion,
    facts,
    file_version,
    plain,
    preview,
    what,
    when,
)
from layerlens.tui.viewmodel.shown import (
    Lines,
    Remark,
    breaks,
    cells_of,
    column_of,
    crop,
    marked,
    shown,
)
from layerlens.tui.viewmodel.text import safe_text, width
from layerlens.tui.viewmodel.textlines import LONGEST, TextLines, Wrapped
from tests.builders import Image, directory, file, hardlink, layer, symlink

DICE = random.Random(9)  # noqa: S311 - the same noise every time
NOISE = DICE.randbytes(5000)
LONG_NOISE = DICE.randbytes(200_000)


def whole(data: bytes) -> Content:
    return Content(data, len(data))


def drawn(lines: Lines, line: int, cells: int = 200) -> str:
    return "".join(text for text, _ in lines.pieces(line, cells))


def all_drawn(lines: Lines) -> list[str]:
    return [drawn(lines, k, 10 * LONGEST) for k in range(len(lines))]


# ---------------------------------------------------------------------- text or not


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"hello\n", "hello\n", "ASCII"),
        ("grün\n".encode(), "grün\n", "UTF-8"),
        (b"\xef\xbb\xbf" + "grün".encode(), "grün", "UTF-8 with mark"),
        (b"\xff\xfe" + "grün\n".encode("utf-16-le"), "grün\n", "UTF-16 LE"),
        (b"\xfe\xff" + "日本\n".encode("utf-16-be"), "日本\n", "UTF-16 BE"),
        (b"\xff\xfe\0\0" + "日本".encode("utf-32-le"), "日本", "UTF-32 LE"),
        ("gr\xfcn\n".encode("latin-1"), "grün\n", "Latin-1"),
        ("日本".encode() + b" \xff", "日本 \udcff", "UTF-8 with wrong bytes"),
        (b"\x1b[31mred\x1b[0m\n", "\x1b[31mred\x1b[0m\n", "ASCII"),
    ],
)  # fmt: skip
def test_encodings(data: bytes, text: str, encoding: str) -> None:
    found = text_of(whole(data))
    assert found is not None
    assert (found.text, found.encoding) == (text, encoding)


@pytest.mark.parametrize(
    "data",
    [
        b"\0", b"text\0text", bytes(range(256)), b"\x7fELF\2\1\1" + bytes(60),
        gzip.compress(b"hello" * 100), NOISE,
        b"\xff\xfe" + NOISE,
    ],
    ids=["nul", "nul in text", "all bytes", "elf", "gzip", "noise", "noise behind a mark"],
)  # fmt: skip
def test_what_is_no_text(data: bytes) -> None:
    assert text_of(whole(data)) is None
    assert not is_text(data, is_whole=True)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_character_that_the_limit_cuts_in_half_does_not_make_it_another_encoding(
    cut: int,
) -> None:
    data = "aé日😀".encode()[:cut]
    found = text_of(Content(data, 100))
    assert found is not None
    assert "aé日😀".startswith(found.text)
    assert found.encoding in ("ASCII", "UTF-8")


@pytest.mark.parametrize(
    ("data", "lines", "ends", "ends_open"),
    [
        (b"a\nb\n", ["a", "b"], "LF", False),
        (b"a\nb", ["a", "b"], "LF", True),
        (b"a\r\nb\r\n", ["a", "b"], "CRLF", False),
        (b"a\rb\r", ["a", "b"], "CR", False),
        (b"a\r\nb\n", ["a\\r", "b"], "mixed", False),
        (b"10%\r20%\r100%\n", ["10%\\r20%\\r100%"], "LF", False),
        (b"a\x0cb\n\x0b\n", ["a\\x0cb", "\\x0b"], "LF", False),
        (b"\n\n", ["", ""], "LF", False),
        (b"one", ["one"], "", True),
        ("a\u2028b\x85\n".encode(), ["a\\u2028b\\x85"], "LF", False),
    ],
)  # fmt: skip
def test_line_ends(data: bytes, lines: list[str], ends: str, ends_open: bool) -> None:
    if b"\x0b" in data:
        data += b"padding, so that one control character is few\n" * 5
        lines = lines + ["padding, so that one control character is few"] * 5
    found = text_of(whole(data))
    assert found is not None
    assert (found.line_ends, found.ends_open) == (ends, ends_open)
    assert all_drawn(TextLines(found.text)) == lines


# ---------------------------------------------------------------------- safe lines


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("\x1b[31mred", "\\x1b[31mred"), ("a\u202egnp.exe", "a\\u202egnp.exe"),
        ("\x9b31m", "\\x9b31m"), ("\udcff", "\\xff"), ("a\tb", "a       b"),
        ("日\tb", "日      b"), ("\t\tx", " " * 16 + "x"), ("c:\\new\\x1b", "c:\\new\\x1b"),
        ("[red]x[/]", "[red]x[/]"), ("a" + "\u0301" * 4, "a\u0301\u0301\\u0301\\u0301"),
        ("\U000e0041", "\\U000e0041"),
    ],
)  # fmt: skip
def test_a_line_is_safe(raw: str, seen: str) -> None:
    pieces = shown([(raw, "")], 100)
    assert "".join(text for text, _ in pieces) == seen


def test_an_escape_differs_from_the_same_characters() -> None:
    assert shown([("\x1b", "")], 9) == [("\\x1b", "escape")]
    assert "escape" not in [style for _, style in shown([("\\x1b", "string")], 9)]


def test_nothing_unsafe_is_drawn_whatever_the_text() -> None:
    for _ in range(200):
        raw = "".join(
            chr(DICE.choice((DICE.randrange(0x300), DICE.randrange(0x3100)))) for _ in range(60)
        )
        seen = "".join(text for text, _ in shown([(raw, "")], 1000))
        assert "\x1b" not in seen
        assert seen.replace("\\", "") == safe_text(seen, 5000, prose=True).replace("\\", "")


def test_a_window_of_cells() -> None:
    pieces = [("ab", "x"), ("日本", "y"), ("cd", "")]
    assert crop(pieces, 0, 8) == pieces
    assert crop(pieces, 1, 4) == [("b", "x"), ("日", "y")]
    assert crop(pieces, 3, 5) == [("  ", "y")], "two halves"
    assert cells_of(crop(pieces, 3, 7)) == 4
    assert crop(pieces, 6, 100) == [("cd", "")]
    for start in range(8):
        for stop in range(start, 9):
            assert cells_of(crop(pieces, start, stop)) == stop - start


def test_rows_break_between_characters() -> None:
    assert breaks([("abcdef", "")], 4) == [0, 4]
    assert breaks([("abcd", "")], 4) == [0]
    assert breaks([("a日本", "")], 4) == [0, 3]
    assert breaks([("日" * 5, "")], 4) == [0, 4, 8]
    assert breaks([("a" * 3, ""), ("日b", "")], 4) == [0, 3]


def test_matches_are_marked_across_pieces() -> None:
    pieces = [("the de", ""), ("fault", "keyword"), (" DEFAULT", "")]
    assert marked(pieces, "default") == [
        ("the ", ""), ("de", "match"), ("fault", "match"), (" ", ""), ("DEFAULT", "match"),
    ]  # fmt: skip
    assert marked(pieces, "nothing") == pieces
    assert column_of([("日本 x", "")], "x") == 5
    assert marked([("İx", "")], "x") == [("İ", ""), ("x", "match")]


def test_numbers_and_widths() -> None:
    lines = TextLines("a\n" * 12)
    assert lines.gutter(0) == [(" 1 ", "guide")]
    assert lines.gutter(11) == [("12 ", "guide")]
    lines = TextLines("日\t\x1b\nplain")
    assert [lines.width(k) for k in range(2)] == [12, 5]
    assert lines.width(0) == width(drawn(lines, 0))


def test_a_line_of_a_megabyte_is_cut_and_found_over_its_cuts() -> None:
    text = "x" * (LONGEST - 2) + "needle" + "y" * (1 << 20) + "\nshort\n"
    lines = TextLines(text)
    assert lines.is_cut
    assert lines.count == 2
    assert max(len(each) for each in all_drawn(lines)) <= LONGEST
    assert "".join(all_drawn(lines)) == text.replace("\n", "")
    assert lines.gutter(0) == [("1 ", "guide")]
    assert lines.gutter(1) == [("  ", "guide")]
    assert lines.gutter(len(lines) - 1) == [("2 ", "guide")]
    assert [lines.number(k) for k in (0, 5, len(lines) - 1)] == [1, 1, 2]
    assert lines.find("NEEDLE") == [0]
    assert lines.find("short") == [len(lines) - 1]
    assert lines.find("") == []


def test_wrapping() -> None:
    text = TextLines("a" * 25 + "needle" + "b" * 10 + "\n\n日本語\n")
    rows = Wrapped(text, 10, lambda: None)
    seen = [
        "".join(piece for piece, _ in crop(text.pieces(line, stop), start, stop))
        for line, start, stop in map(rows.place, range(len(rows)))
    ]
    assert "".join(seen[:5]) == drawn(text, 0)
    assert seen[5:] == ["", "日本語"]
    assert max(map(width, seen)) <= 10
    assert rows.row_of(0, "needle") == 2
    assert rows.row_of(2) == 6
    assert len(Wrapped(TextLines(""), 10, lambda: None)) == 0

    def stopped() -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        Wrapped(text, 10, stopped)


def test_drawing_costs_what_is_seen_however_long_and_odd_the_line() -> None:
    for text in ("\u202e\x1b\t日" * 300_000, "a" * 1_200_000):
        lines = TextLines(text)
        for line in range(50):
            pieces = lines.pieces(line, 100)
            assert sum(len(piece) for piece, _ in pieces) < 5000
            assert cells_of(crop(pieces, 0, 100)) <= 100


# ---------------------------------------------------------------------- hex


def test_hex_widths() -> None:
    assert [bytes_a_line(cells) for cells in (40, 58, 75, 76, 79, 300)] == [8, 8, 8, 16, 16, 16]
    data = bytes(range(32, 32 + 20))
    lines = HexLines(data, 16)
    assert len(lines) == 2
    assert lines.gutter(1) == [("00000010  ", "guide")]
    assert drawn(lines, 0) == (
        "20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f   !\"#$%&'()*+,-./"
    )
    assert drawn(lines, 1) == "30 31 32 33" + " " * 39 + "0123"
    assert {width(drawn(HexLines(bytes(n), n), 0)) for n in (16,)} == {lines.width(0)}
    narrow = HexLines(data, 8)
    assert len(narrow) == 3
    assert drawn(narrow, 2) == "30 31 32 33" + " " * 14 + "0123"
    assert len(HexLines(b"")) == 0


def test_no_byte_of_a_hex_dump_is_unsafe() -> None:
    lines = HexLines(bytes(range(256)))
    assert all(
        text.isascii() and text.isprintable() for k in range(16) for text in [drawn(lines, k)]
    )


def test_searching_bytes() -> None:
    lines = HexLines(b"\0" * 30 + b"Magic\x7fEL" + b"\0" * 30)
    assert lines.find("magic") == [1]
    found = [(text, style) for text, style in lines.pieces(1, 99) if style == "match"]
    assert [text for text, _ in found] == ["4d", "61", "Ma"]
    assert [text for text, style in lines.pieces(2, 99) if style == "match"] == [
        "67",
        "69",
        "63",
        "gic",
    ]
    assert lines.find("0x7f454C") == [2]
    assert lines.find("nothing") == []
    assert lines.find("") == []
    assert not [style for _, style in lines.pieces(2, 99) if style == "match"]


# ---------------------------------------------------------------------- limits


def test_only_what_is_shown_is_read() -> None:
    taken = 0

    def endless(piece: bytes) -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += len(piece)
            yield piece

    heard: list[int] = []
    text = read(endless(b"all work and no play\n" * 1000), 10**12, heard.append)
    assert len(text.data) == MOST_TEXT
    assert taken < MOST_TEXT + 100_000
    assert heard[-1] == taken
    assert not text.is_whole
    taken = 0
    binary = read(endless(b"\0\1\2\3" * 10_000), 10**12, heard.append)
    assert len(binary.data) == MOST_BYTES
    assert taken < MOST_BYTES + 100_000
    assert preview(b"x", text).limits == "shown: first 2.1 MB of 1.0 TB"
    assert preview(b"x", binary).limits == "shown: first 16.8 MB of 1.0 TB"
    assert preview(b"x", whole(b"short")).limits == ""


def test_reading_can_be_stopped() -> None:
    def stopped(_done: int) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        read(iter([b"a"]), 1, stopped)


# ---------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0" + bytes(40), "ELF 64-bit x86-64 shared object"),
        (b"\x7fELF\1\2\1" + bytes(9) + b"\0\2\0\x08" + bytes(40), "ELF 32-bit MIPS program"),
        (b"\x7fELF", ""), (b"MZ", ""), (b"RIFF", ""), (b"", ""), (b"\xca\xfe\xba\xbe", ""),
        (b"\x89PNG\r\n\x1a\n", "PNG image"), (b"\xca\xfe\xba\xbe\0\0\0\x34", "Java class"),
        (b"\xca\xfe\xba\xbe\0\0\0\2", "Mach-O universal"), (b"RIFF0000WEBP", "WebP image"),
        (b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0", "Windows program"), (b"MZ" + b"\xff" * 70, ""),
        (b"SQLite format 3\0", "SQLite database"), (bytes(257) + b"ustar", "tar archive"),
        (b"\xcb\x0d\r\n" + bytes(12), "Python bytecode"), (b"!<arch>\ndebian-binary ", "Debian package"),
    ],
)  # fmt: skip
def test_forms(data: bytes, form: str) -> None:
    assert form_of(data) == form


@pytest.mark.parametrize(
    ("pack", "word"), [(gzip.compress, "gzip"), (bz2.compress, "bzip2"), (lzma.compress, "xz")]
)
def test_a_compressed_text_is_shown(pack: object, word: str) -> None:
    assert callable(pack)
    found = preview(b"usr/share/doc/x/changelog.gz", whole(pack(b"first\nsecond\n" * 50)))
    assert found.text is not None
    assert drawn(found.text, 1) == "second"
    assert found.form == f"{word} of text ASCII"
    assert found.path.endswith(b"changelog")
    inner = preview(b"x.gz", whole(pack(b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + bytes(40))))
    assert inner.text is None
    assert inner.form == f"{word} of ELF 64-bit x86-64 program"


def test_a_compressed_text_that_is_cut_damaged_or_a_bomb() -> None:
    packed = gzip.compress(LONG_NOISE.hex().encode())
    cut = preview(b"a.gz", Content(packed[:100_000], len(packed)))
    assert cut.text is not None
    assert cut.limits.startswith("shown: first ")
    damaged = preview(b"a.gz", whole(packed[:100_000]))
    assert damaged.text is None
    assert damaged.form == "gzip"
    bomb = gzip.compress(b"a\n" * (32 << 20))
    _, inner = unpacked(whole(bomb))
    assert inner is not None
    assert len(inner.data) == MOST_TEXT
    assert not inner.is_whole
    assert preview(b"a.gz", whole(b"\x1f\x8b")).form == "gzip"


def test_the_empty_file() -> None:
    found = preview(b"x", whole(b""))
    assert (found.text, found.form, found.data) == (None, "empty", b"")


# ---------------------------------------------------------------------- what has no content


def entry(kind: str, **values: object) -> Entry:
    return Entry(b"etc/x", kind, 0, 0o644, 0, 0, 0, None, None, 3)._replace(**values)  # type: ignore[arg-type]


def test_what_has_no_content_says_what_it_is() -> None:
    assert what(entry("symlink", target=b"\x1b[1m../y")) == "symbolic link to \\x1b[1m../y"
    assert what(entry("char", device=(1, 3))) == "character device 1, 3"
    assert what(entry("dir")) == "directory"
    assert what(entry("fifo")) == "named pipe"
    assert plain(FileVersion(1, entry("dir"))).form == "directory"
    assert not FileVersion(1, entry("symlink", target=b"x")).has_content
    assert FileVersion(1, entry("hardlink")).has_content
    assert drawn(Remark("directory"), 0) == "directory"
    assert Remark("directory").find("DIR") == [0]


@pytest.mark.parametrize("mtime", [1e300, -1e300, float("nan"), float("inf"), 10**20])
def test_times_of_no_age(mtime: float) -> None:
    assert when(mtime).startswith("time ")


def test_facts() -> None:
    version = FileVersion(
        7, entry("file", size=1234, mode=0o4755), ((b"user.a", b"1"),), "deleted in layer 9"
    )
    assert facts(version) == [
        "1.2 kB", "layer 3", "deleted in layer 9", "-rwsr-xr-x", "0:0", "1970-01-01 00:00:00",
        "1 extended attribute",
    ]  # fmt: skip
    assert facts(FileVersion(7, entry("dir")))[0] == "directory"


def test_versions_of_a_filesystem(tmp_path: Path) -> None:
    archive = Image([
        layer(directory("d"), file("d/f", b"12", mode=0o600, pax=[("SCHILY.xattr.user.k", "v")]),
              file("d/e", b"12"), hardlink("d/g", "d/e", mode=0o640), symlink("s", "d/f")),
    ]).save_25(tmp_path / "i.tar")  # fmt: skip
    image = open_image(str(archive))
    try:
        fs = analyse_image(image).filesystem
    finally:
        image.close()
    first = file_version(fs, fs.live[b"d/f"], "replaced in layer 2")
    assert first.xattrs == ((b"user.k", b"v"),)
    assert (first.entry.kind, first.entry.size, first.fate) == ("file", 2, "replaced in layer 2")
    assert file_version(fs, fs.live[b"d/g"]).has_content
    assert not file_version(fs, fs.live[b"s"]).has_content


# ---------------------------------------------------------------------- colours


def styles(found: Colours, text: str) -> dict[str, str]:
    return {
        part: style
        for k, line in enumerate(text.split("\n"))
        for part, style in found.spans(k, line)
    }


def test_colours_by_name_and_by_first_line() -> None:
    text = '# note\ndef f(x):\n    return "a" + 12  # \x1b日本\n'
    found = colours(text, b"usr/lib/a.py", 30)
    assert found is not None
    assert found.language == "Python"
    by_part = styles(found, text)
    assert by_part["# note"] == "comment"
    assert by_part["def"] == "keyword"
    assert by_part["f"] == "name"
    assert by_part['"a"'] == "string"
    assert by_part["12"] == "number"
    for k, line in enumerate(text.split("\n")):
        assert "".join(part for part, _ in found.spans(k, line)) == line
    for first in ("#!/bin/sh", "#!/usr/bin/env -S bash -e", "#! /usr/local/bin/dash"):
        script = colours(f"{first}\nif true; then echo hi; fi\n", b"run", 30)
        assert script is not None
        assert script.language == "Bash"
    lines = TextLines(text)
    lines.colour(found)
    assert ("def", "keyword") in lines.pieces(1, 80)
    assert ("\\x1b", "escape") in lines.pieces(2, 80)


@pytest.mark.parametrize(
    ("text", "path"),
    [("just words\n", b"README"), ("just words\n", b"a.txt"), ("", b"a.py"),
     ("#!/opt/own/thing\n", b"run"), ("x\n", b"\xff\n\x1b" * 1000)],
)  # fmt: skip
def test_no_colours(text: str, path: bytes) -> None:
    assert colours(text, path, 30) is None


def test_a_long_text_has_no_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "run", never)
    assert colours("x = 1\n" * 50_000, b"a.py") is None


def test_a_lexer_that_is_kept_busy_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a catastrophic expression does, with the one way to be sure of it in any release.
    program = tmp_path / "busy.py"
    program.write_text('import re\nre.match(r"(a+)+$", "a" * 60 + "b")\n')
    monkeypatch.setattr(highlight, "_program", lambda: str(program))
    assert colours("x = 1\n", b"a.py", 0.5) is None, "it would take years"


def test_a_folder_has_no_say_in_what_colours_are_made_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "trap"
    (tmp_path / "pygments").mkdir()
    (tmp_path / "pygments" / "__init__.py").write_text(f"open({str(trap)!r}, 'w')")
    monkeypatch.chdir(tmp_path)
    assert colours("x = 1\n", b"a.py", 30) is not None
    assert not trap.exists()


def test_slow_input_takes_no_longer_than_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[float] = []
    run = subprocess.run

    def watched(*args: Any, **options: Any) -> Any:
        given.append(options["timeout"])
        return run(*args, **options)

    monkeypatch.setattr(subprocess, "run", watched)
    # Nested quotes and brackets that make some lexers start over at each of them.
    nasty = "<!--" * 20_000 + "${" * 20_000 + "'\"`" * 10_000
    for name in (b"a.md", b"a.php", b"a.pl", b"a.rb"):
        found = colours(nasty, name, 1.0)
        assert found is None or isinstance(found, Colours)
    assert given == [1.0] * 4
