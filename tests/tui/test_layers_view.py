"""The view of layers: ranges, waste, orders, base and yours, ways to filter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis
from layerlens.pipeline import analyse_image, open_image
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.whose import Whose
from layerlens.tui.views.base import View
from layerlens.tui.views.layers import LayersView
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.layer_list import LayerList
from tests.builders import Image, file, layer
from tests.tui.piloting import SETTLED, TYPED, names, notices, opened, text_of, until


def title_of(screen: MainScreen) -> str:
    return str(screen.query_one(FileTree).border_title)


async def test_a_range_of_layers(analysis: Analysis) -> None:
    async with opened(analysis, (140, 40)) as (pilot, screen, browser):
        layers = screen.query_one(LayerList)
        await pilot.press("j", "r", "j", "j")
        await pilot.pause(SETTLED)
        assert (browser.since, browser.layer) == (1, 3)
        assert "Changes of layers 1 to 3" in title_of(screen)
        assert "range from layer 1" in str(layers.border_subtitle)
        marks = [row[1] for row in text_of(pilot.app).splitlines()[4:9]]
        assert marks == [" ", "┃", "┃", "┃", " "]
        # The lists that layer 1 brought are gone again with layer 2: nothing of them is left.
        assert "lists" not in " ".join(names(browser))
        await pilot.press("a")
        assert browser.aggregate
        assert browser.since == 1
        marks = [row[1] for row in text_of(pilot.app).splitlines()[4:9]]
        assert marks == ["│", "┃", "┃", "┃", " "]
        await pilot.press("a", "g")
        await pilot.pause(SETTLED)
        assert (browser.since, browser.layer) == (0, 1), "the cursor may go to the other side"
        await pilot.press("escape")
        await pilot.pause(SETTLED)
        assert [browser.since, browser.layer] == [None, 0]
        await pilot.press("r", "r")
        assert browser.since is None


async def test_a_range_by_mouse(analysis: Analysis) -> None:
    async with opened(analysis, (140, 40)) as (pilot, screen, browser):
        layers = screen.query_one(LayerList)
        await pilot.click(layers, offset=(10, 2))
        await pilot.pause(SETTLED)
        await pilot.click(layers, offset=(10, 4), shift=True)
        await pilot.pause(SETTLED)
        assert (browser.since, browser.layer) == (1, 3)


async def test_to_the_next_waste(analysis: Analysis) -> None:
    async with opened(analysis, (140, 40)) as (pilot, screen, browser):
        await pilot.press("G")
        await pilot.pause(SETTLED)
        await pilot.press("a", "c", "w")
        tree = screen.query_one(FileTree)
        assert tree.has_focus
        greatest = browser.rows.path(tree.cursor)
        await pilot.press("greater_than_sign")
        second = browser.rows.path(tree.cursor)
        assert second != greatest
        await pilot.press("less_than_sign")
        assert browser.rows.path(tree.cursor) == greatest
        waste = {row.path: row.bytes for row in analysis.waste}
        below = {
            path: sum(count for each, count in waste.items() if each.startswith(path))
            for path in (greatest, second)
        }
        assert below[greatest] >= below[second] > 0


async def test_no_waste_to_go_to(tmp_path: Path) -> None:
    path = Image([layer(file("a", b"x"))]).save_25(tmp_path / "x.tar")
    image = open_image(str(path))
    analysis = analyse_image(image)
    image.close()
    async with opened(analysis) as (pilot, screen, _browser):
        await pilot.press("w")
        assert "nothing that is shown here is wasted" in notices(pilot.app)
        assert screen.query_one(LayerList).has_focus


@pytest.mark.parametrize(
    ("key", "order"),
    [
        ("s", SortBy.SIZE), ("n", SortBy.NAME), ("C", SortBy.COUNT),
        ("S", SortBy.WASTE), ("M", SortBy.CHANGE),
    ],
)  # fmt: skip
async def test_orders(analysis: Analysis, key: str, order: SortBy) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        browser.sort_by(SortBy.NAME if order is SortBy.SIZE else SortBy.SIZE)
        await pilot.press(key)
        assert (browser.sort, browser.reverse) == (order, False)
        assert f"by {order}" in str(screen.query_one(FileTree).border_subtitle)
        before = names(browser)
        await pilot.press(key)
        assert browser.reverse
        assert names(browser) != before


async def test_one_level_more(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, browser):
        await pilot.press("c", "full_stop")
        assert names(browser)[:3] == ["bin", "busybox", "sh"]
        await pilot.press("full_stop")
        assert len(browser.rows) == 14


async def test_whose(tmp_path: Path) -> None:
    base = layer(file("usr/lib/base.so", b"b" * 100))
    mine = layer(file("app/main", b"m" * 50))
    kept = Image([base], tag="base:1").save_25(tmp_path / "base.tar")
    path = Image([base, mine], tag="mine:1").save_25(tmp_path / "mine.tar")
    image = open_image(str(path))
    analysis = analyse_image(image, base=str(kept))
    image.close()
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("G", "a", "e")
        for whose, seen in (
            (Whose.YOURS, ["app", "main"]),
            (Whose.BASE, ["usr/lib", "base.so"]),
            (Whose.ALL, ["usr/lib", "base.so", "app", "main"]),
        ):
            await pilot.press("b")
            assert browser.whose is whose
            assert names(browser) == seen
            if whose is not Whose.ALL:
                assert f"{whose.name.lower()} only" in title_of(screen)
        await pilot.press("b", "escape")
        assert browser.whose is Whose.ALL


async def test_bars_of_all_or_of_the_directory(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("e", "tab")
        await pilot.pause()
        row = next(line for line in text_of(pilot.app).splitlines() if "motd" in line)
        await pilot.press("B")
        await pilot.pause()
        other = next(line for line in text_of(pilot.app).splitlines() if "motd" in line)
        assert row != other
        await pilot.press("B")
        await pilot.pause()
        assert row in text_of(pilot.app)


async def type_filter(pilot: Pilot[Any], text: str) -> None:
    await pilot.press("slash", *text)
    await pilot.pause(TYPED)


async def test_ways_to_read_the_filter(analysis: Analysis) -> None:
    async with opened(analysis, (120, 40)) as (pilot, screen, browser):
        line = screen.query_one(FilterLine)
        await type_filter(pilot, "b.s")
        assert names(browser) == []
        await pilot.press("ctrl+t")
        assert browser.match == "regex"
        assert "busybox" in names(browser)
        assert "regex" in str(line.border_title)
        assert line.border_subtitle == "1 file, 812.3 kB", "matches are counted and summed"
        await pilot.press("ctrl+t")
        assert browser.match == "fuzzy"
        assert "fuzzy" in str(line.border_title)
        await pilot.press("ctrl+t")
        assert browser.match == "glob"
        await pilot.press("escape")
        assert not browser.is_filtered


async def test_a_pattern_that_is_none_says_so(analysis: Analysis) -> None:
    async with opened(analysis, (120, 40)) as (pilot, screen, browser):
        await pilot.press("slash", "ctrl+t")
        await type_filter(pilot, "")
        await pilot.press("b", "left_parenthesis")
        await pilot.pause(TYPED)
        assert browser.problem is not None
        assert "no regular expression" in str(screen.query_one(FilterLine).border_subtitle)
        assert "no regular expression" in text_of(pilot.app)


async def test_other_views_read_the_filter_in_one_way(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("2", "slash", "ctrl+t")
        await pilot.pause()
        assert browser.match is Match.GLOB
        assert screen.query_one(FilterLine).has_focus


async def test_a_path_is_shown_in_the_tree(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        tree = screen.query_one(FileTree)
        await pilot.press("c", "2")
        screen.post_message(View.ShowInTree(b"var/lib/apt/lists/deb3_Packages", 2))
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert browser.layer == 2
        assert browser.rows.path(tree.cursor) == b"var/lib/apt/lists/deb3_Packages"
        assert tree.has_focus
        screen.post_message(View.ShowInTree(b"etc/motd", None))
        await until(pilot, lambda: browser.aggregate)
        assert browser.rows.path(tree.cursor) == b"etc/motd"
        screen.post_message(View.ShowInTree(b"no/such/path", None))
        await until(pilot, lambda: "not in that view" in notices(pilot.app))


async def test_zoom(analysis: Analysis) -> None:
    async with opened(analysis, (100, 30)) as (pilot, screen, _browser):
        tree = screen.query_one(FileTree)
        await pilot.press("tab")
        before = tree.region.width
        await pilot.press("z")
        await pilot.pause()
        assert tree.region.width > before + 20
        await pilot.press("escape")
        await pilot.pause()
        assert tree.region.width == before
        await pilot.press("z", "z")
        await pilot.pause()
        assert tree.region.width == before


async def test_views_by_key_and_by_mouse(analysis: Analysis) -> None:
    async with opened(analysis, (120, 30)) as (pilot, screen, _browser):
        titles = ["Layers", "Waste", "Findings", "Packages", "Image"]
        for key, title in enumerate(titles, 1):
            await pilot.press(str(key))
            assert title == screen.view.TITLE
            assert screen.focused in screen.view.panes()
        await pilot.press("right_square_bracket")
        assert screen.view.TITLE == "Layers"
        await pilot.press("left_square_bracket")
        assert screen.view.TITLE == "Image"
        row = text_of(pilot.app).splitlines()[2]
        await pilot.click("#tabs", offset=(row.index("Waste") + 1, 0))
        assert screen.view.TITLE == "Waste"


async def test_each_view_keeps_its_filter(analysis: Analysis) -> None:
    async with opened(analysis, (120, 30)) as (pilot, screen, browser):
        line = screen.query_one(FilterLine)
        await type_filter(pilot, "etc")
        await pilot.press("enter", "2")
        assert not line.display
        await type_filter(pilot, "deleted")
        await pilot.press("enter", "1")
        assert line.value == "etc"
        assert browser.text == "etc"
        await pilot.press("2")
        assert line.value == "deleted"
