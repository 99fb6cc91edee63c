"""Plain mode: words instead of drawings, one pane at a time, the cursor on the row."""

from __future__ import annotations

import unicodedata

import pytest
from rich.segment import Segment
from textual.color import Color
from textual.geometry import Offset

from layerlens.analysis.model import Analysis
from layerlens.tui.plain import PlainFilter, escaped, joined, plain_cells
from layerlens.tui.settings import Settings
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import width
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.layer_details import LayerDetails
from layerlens.tui.widgets.layer_list import LayerList
from layerlens.tui.widgets.table_list import TableLines
from tests.tui.piloting import SETTLED, TYPED, opened, text_of, until

PLAIN = Settings(plain=True)


def drawn(text: str) -> list[str]:
    """Characters that draw instead of saying something."""
    return [
        char
        for char in text
        if not char.isascii()
        and unicodedata.name(char).startswith(("BOX", "BLOCK", "LIGHT", "LEFT", "FULL", "BLACK"))
    ]


# ---------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("text", "unicode", "plain"),
    [
        ("╭─ Keys ─╮", True, "   Keys   "),
        ("a · b", True, "a,  b"),
        ("▾ usr █▌", True, "  usr   "),
        ("日本 …", True, "日本 …"),
        ("日本 … →", False, "???? . >"),
        ("plain", False, "plain"),
    ],
)
def test_cells_are_kept_and_drawings_go(text: str, unicode: bool, plain: str) -> None:
    assert plain_cells(text, unicode=unicode) == plain
    assert width(plain) == width(text)
    (segment,) = PlainFilter(unicode=unicode).apply([Segment(text)], Color(0, 0, 0))
    assert segment.text == plain


def test_texts_in_ascii_lose_nothing() -> None:
    assert escaped("日 é") == "\\u65e5 \\xe9"
    assert joined(["a ", "", " b  c"]) == "a, b c"


def test_rows_of_a_table() -> None:
    rows = [("usr/lib", 3), ("", 4), (".env", 0)]
    table = Table(
        rows,
        [
            Column("path", "path", lambda row: (row[0], ""), lambda row: row[0]),
            Column("bar", "", lambda _row: ("█▌", "bar"), lambda row: row[1], cells=3),
            Column("kind", "kind", lambda _row: ("! high", ""), lambda row: row[1], cells=8),
            Column(
                "size",
                "size",
                lambda row: (f"{row[1]} B" if row[1] else "-", ""),
                lambda row: row[1],
                cells=8,
            ),
        ],
        text=lambda row: row[0],
        order="size",
        sign=lambda row: ("✓" if row[1] == 4 else " ", "mark"),
    )
    lines = TableLines(table)
    assert [lines.plain_line(k) for k in range(3)] == [
        "path .env, kind high",
        "path usr/lib, kind high, size 3 B",
        "ticked, kind high, size 4 B",
    ]


# ---------------------------------------------------------------------- the screen


async def test_rows_are_read_as_words(analysis: Analysis) -> None:
    async with opened(analysis, (100, 24), PLAIN) as (pilot, screen, _browser):
        assert text_of(pilot.app).splitlines()[4].rstrip() == (
            "layer 1, yours, 540.0 kB, 300.0 kB wasted, RUN apt-get update && apt-get install -y curl"
        )
        assert drawn(text_of(pilot.app)) == []
        await pilot.press("G")
        await pilot.pause(SETTLED)
        await pilot.press("tab", "n", "p", "m")
        await pilot.pause()
        shown = text_of(pilot.app)
        for line in (
            "marked, changes inside, directory, app, ",
            "modified metadata, hardlink, server.js, leads to app/server-copy.js, 0 B, level 2, -rw-------",
            "modified, file, motd, 5 B, level 2",
            "modified type, symlink, passwd, leads to shadow, ",
            "added, file, server-copy.js, 2.0 kB, level 2, -rw-------, owner 1000:1000",
        ):
            assert line in shown, line
        assert "removed, directory, node_modules/react/lib, 4.2 kB, " in shown
        assert "\x1b" not in shown
        assert drawn(shown) == []
        tree = screen.query_one(FileTree)
        await pilot.press("p", "home", "left")
        await pilot.pause()
        assert tree.plain_line(0).split(", ")[-2] == "level 1"
        assert ", closed" in tree.plain_line(0)


async def test_one_pane_at_a_time(analysis: Analysis) -> None:
    async with opened(analysis, (60, 20), PLAIN) as (pilot, screen, _browser):
        panes = [screen.query_one(kind) for kind in (LayerList, FileTree, LayerDetails)]
        for k in (0, 1, 2, 0, 1):
            await pilot.pause()
            assert screen.focused is panes[k]
            shown = [pane for pane in panes if pane.region.area]
            assert shown == [panes[k]]
            assert panes[k].region.width == 60
            assert panes[k].region.height >= 14
            await pilot.press("tab")
        await pilot.press("shift+tab", "z")
        await pilot.pause()
        assert screen.maximized is None
        assert "one pane at a time" in text_of(pilot.app)


async def test_the_terminals_cursor_stands_on_the_row(analysis: Analysis) -> None:
    async with opened(analysis, (100, 12), PLAIN) as (pilot, screen, _browser):
        app, layers, tree = pilot.app, screen.query_one(LayerList), screen.query_one(FileTree)

        def is_on(text: str) -> bool:
            x, y = app.cursor_position
            return text_of(app).splitlines()[y][x:].startswith(text)

        await until(pilot, lambda: is_on("layer 0"))
        await pilot.press("down", "down")
        await until(pilot, lambda: is_on("layer 2"))
        await pilot.press("home", "tab", "e")
        await until(pilot, lambda: is_on("added"))
        await pilot.press("end")
        await pilot.pause()
        assert tree.scroll_offset.y > 0
        assert app.cursor_position == Offset(0, tree.region.bottom - 1)
        await pilot.press("slash", *"bin")
        await pilot.pause(TYPED)
        assert app.cursor_position == screen.query_one(FilterLine).cursor_screen_offset
        await pilot.press("enter")
        await until(pilot, lambda: is_on("added, directory, bin"))
        await pilot.press("tab")  # the filter's line, then the details
        await pilot.press("tab")
        await until(pilot, lambda: is_on("ADD file"))
        await pilot.press("question_mark")
        await until(pilot, lambda: is_on("In "))
        await pilot.press("escape", "tab")
        await until(pilot, lambda: layers.has_focus and is_on("layer 0"))


async def test_the_status_line_says_what_changed(analysis: Analysis) -> None:
    async with opened(analysis, (100, 24), PLAIN) as (pilot, screen, browser):

        def says() -> str:
            return str(screen.query_one("#status").content)  # type: ignore[attr-defined]

        assert says() == "Layers"
        await pilot.press("tab")
        await until(pilot, lambda: "layer 0" in says().lower())
        await pilot.press("n")
        await until(pilot, lambda: says() == "sorted by name")
        await pilot.press("n")
        await until(pilot, lambda: says() == "sorted by name, in reverse")
        await pilot.press("slash", *"bin", "enter")
        await until(pilot, lambda: browser.is_filtered and "2 files, 812.3 kB" in says())
        await pilot.press("escape", "slash", *"zzz", "enter")
        await until(pilot, lambda: "nothing matches" in says())
        assert says() in text_of(pilot.app)
        pilot.app.notify("written")
        await until(pilot, lambda: says() == "written")


@pytest.mark.parametrize("keys", [["tab", "e"], ["question_mark"], ["ctrl+p"], ["Y"], ["a", "p"]])
async def test_ascii_for_terminals_that_know_no_more(analysis: Analysis, keys: list[str]) -> None:
    settings = Settings(plain=True, unicode=False)
    async with opened(analysis, (100, 30), settings) as (pilot, _screen, _browser):
        await pilot.press(*keys)
        await pilot.pause(TYPED)
        shown = text_of(pilot.app)
        assert shown.isascii()
        if keys[0] == "tab":
            assert "\\u65e5\\u672c\\u8a9e, 1 B" in shown


@pytest.mark.parametrize("keys", [["question_mark"], ["ctrl+p"], ["Y"]])
async def test_nothing_is_seen_beside_what_is_in_front(analysis: Analysis, keys: list[str]) -> None:
    async with opened(analysis, (100, 30), PLAIN) as (pilot, screen, _browser):
        await pilot.press(*keys)
        await pilot.pause(TYPED)
        assert not screen.is_active
        assert "layer 1, yours" not in text_of(pilot.app)
        assert drawn(text_of(pilot.app)) == []
