r"""Names of strangers on the screen; nothing gets through that a terminal would obey."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from layerlens.errors import FormatError, Where
from layerlens.tui.viewmodel import text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"plain.txt", "plain.txt"),
        (b"with space", "with space"),
        (b"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        (b"two\nlines\tand\rmore", "two\\nlines\\tand\\rmore"),
        (b"\x00\x07\x7f", "\\x00\\x07\\x7f"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"caf\xc3\xa9", "café"),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
        ("a\u200bb\u2066c\ufeff".encode(), "a\\u200bb\\u2066c\\ufeff"),
        ("\u2028line".encode(), "\\u2028line"),
        ("c1\x9b31m".encode(), "c1\\x9b31m"),
        ("日本".encode(), "日本"),
        (b"[bold]no markup[/]", "[bold]no markup[/]"),
        (b"back\\slash", "back\\\\slash"),
        ("e\u0301".encode(), "e\u0301"),
        ("\u0301start".encode(), "\\u0301start"),
        ("z\u0301\u0302\u0303\u0304".encode(), "z\u0301\u0302\\u0303\\u0304"),
        ("nbsp\u00a0".encode(), "nbsp\\xa0"),
        ("\ud800 in history", "\\ud800 in history"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\U0001f44d\U0001f3fd".encode(), "\U0001f44d\\U0001f3fd"),
        ("\u0915\u093f".encode(), "\u0915\\u093f"),
        ("\u3164filler".encode(), "\\u3164filler"),
        ("\u2630".encode(), "\\u2630"),
        ("\u1112\u1161\u11ab".encode(), "\u1112\u1161\u11ab"),
        ("\u1161alone".encode(), "\\u1161alone"),
    ],
)
def test_safe_text(raw: bytes | str, shown: str) -> None:
    assert text.safe_text(raw) == shown


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(max_size=60)), st.integers(1, 30))
def test_safe_text_is_printable_and_fits(raw: bytes | str, cells: int) -> None:
    shown = text.safe_text(raw)
    shown.encode()  # no surrogates
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in shown)
    assert text.width(text.pad(shown, cells)) == cells
    assert text.width(text.clip(shown, cells)) <= cells
    assert text.width(text.clip_start(shown, cells)) <= cells


def test_widths_agree_with_the_drawing_library() -> None:
    for shown in ("plain", "日本語", "e\u0301a", "한국", "\uff46\uff55\uff4c\uff4c", "café"):
        assert text.width(shown) == cell_len(shown)


def test_every_character_takes_as_many_cells_as_the_drawing_library_thinks() -> None:
    printable = "".join(map(chr, range(32, 127)))
    assert all(cell_len(char) == text.width(char) == 1 for char in printable)
    wrong = []
    for first in range(0, sys.maxunicode + 1, 256):
        for prose in (False, True):
            each = [f"a{chr(code)}" for code in range(first, first + 256)]
            if set(text.safe_text("".join(each), prose=prose)) <= set(printable):
                continue  # escapes, all of it
            for char in each:
                shown = text.safe_text(char, prose=prose)
                if text.width(shown) != cell_len(shown):
                    wrong.append(ascii(char))
    assert wrong == []


@settings(deadline=None)
@given(st.text(max_size=30))
def test_texts_take_as_many_cells_as_the_drawing_library_thinks(raw: str) -> None:
    shown = text.safe_text(raw)
    assert text.width(shown) == cell_len(shown)


def test_vowel_signs_are_shown_in_prose_only() -> None:
    assert text.safe_text("\u0915\u093f", prose=True) == "\u0915\u093f"
    assert text.safe_text("\u0915" + "\u093f" * 3, prose=True).endswith("\\u093f")


def test_names_near_the_limit_are_cut_first() -> None:
    shown = text.safe_text(b"\x1b" * (1 << 20), 100)
    assert len(shown) == 401
    assert shown.endswith("…")
    assert text.safe_text(b"a" * 100, 100) == "a" * 100


def test_clip() -> None:
    assert text.clip("日本語", 5) == "日本…"
    assert text.clip("日本語", 4) == "日…"
    assert text.clip_start("usr/lib/x", 6) == "…lib/x"
    assert text.clip("abc", 0) == text.clip_start("abc", 0) == ""


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"),
     (12_345_678, "12.3 MB"), (1_234_567_890, "1.2 GB")],
)  # fmt: skip
def test_size(count: int, shown: str) -> None:
    assert text.size(count) == shown
    assert len(shown) <= text.SIZE_CELLS


def test_percent_rounds_to_no_false_extreme() -> None:
    shares = (1.0, 0.99999, 0.985, 0.00001, 0.0)
    assert [text.percent(share) for share in shares] == [
        "100%", "99.9%", "98.5%", "<0.1%", "0%",
    ]  # fmt: skip


def test_bar() -> None:
    assert text.bar(0, 10, 4) == "    "
    assert text.bar(10, 10, 4) == "████"
    assert text.bar(5, 10, 4) == "██  "
    assert text.bar(1, 10_000, 4) == "▏   "
    assert text.bar(5, 0, 2) == "  "
    assert all(len(text.bar(k, 64, 8)) == 8 for k in range(66))


def test_permissions() -> None:
    assert text.permissions("file", 0o4755) == "-rwsr-xr-x"
    assert text.permissions("dir", 0o1777) == "drwxrwxrwt"
    assert text.permissions("symlink", 0o777) == "lrwxrwxrwx"
    assert text.permissions("file", 0o2644) == "-rw-r-Sr--"
    assert text.permissions("char", 0) == "c---------"


def test_where() -> None:
    error = FormatError("bad", where=Where("a.tar", "layer 1/2", b"x\x1b", 1234))
    assert text.where(error) == "a.tar, layer 1/2, entry x\\x1b, offset 1,234"
    assert text.where(FormatError("bad")) == ""
    assert text.plural(1, "file") == "1 file"
    assert text.plural(2000, "file") == "2,000 files"
