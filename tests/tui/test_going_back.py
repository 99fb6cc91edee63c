"""Into the tree and out again: from the layers, and from the view that showed something in it."""

from __future__ import annotations

import pytest

from layerlens.analysis.model import Analysis
from layerlens.tui.views.findings import FindingsView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.waste import WasteView
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.layer_list import LayerList
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableLines
from tests.tui.piloting import opened, text_of, until
from tests.unit.outputs import samples


@pytest.mark.parametrize("key", ["enter", "right", "l"])
async def test_from_the_layers_into_the_tree_and_back(analysis: Analysis, key: str) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        layers, tree = screen.query_one(LayerList), screen.query_one(FileTree)
        await pilot.press("j", "j", "j", key)
        assert tree.has_focus
        assert browser.layer == 3, "at once"
        await pilot.press("g")
        while browser.rows.row(0).is_open:
            await pilot.press("h")
        await pilot.press("h")
        assert layers.has_focus
        assert layers.cursor == 3


async def test_a_double_click_goes_into_the_tree(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        layers, tree = screen.query_one(LayerList), screen.query_one(FileTree)
        screen.set_focus(tree)
        await pilot.click(LayerList, offset=(5, 1))
        await pilot.pause(0.6)
        assert layers.has_focus, "a single one only chooses"
        await pilot.click(LayerList, offset=(5, 4), times=2)
        await until(pilot, lambda: tree.has_focus)
        assert browser.layer == 3


@pytest.mark.parametrize("way", ["backspace", "escape", "right click"])
async def test_back_to_the_waste(analysis: Analysis, way: str) -> None:
    async with opened(analysis, (80, 24)) as (pilot, screen, _browser):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(screen.view, WasteView))
        await pilot.press("a", "j", "j")
        view = screen.view
        rows = view.query_one(TableLines)
        await until(pilot, lambda: rows.cursor == 2)
        assert "⌫ Back" not in text_of(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.query_one(FileTree).has_focus
        await until(pilot, lambda: "⌫ Back" in text_of(pilot.app))
        assert "q Quit" in text_of(pilot.app)
        if way == "right click":
            await pilot.click(FileTree, button=3)
        else:
            await pilot.press(way)
        await until(pilot, lambda: screen.view is view)
        assert rows.has_focus
        assert rows.cursor == 2


async def test_back_to_the_page_and_only_where_one_came_from() -> None:
    async with opened(samples.judged()) as (pilot, screen, _browser):
        await pilot.press("3")
        await until(pilot, lambda: isinstance(screen.view, FindingsView))
        view = screen.view
        table = view.query_one(TableLines)
        found = next(k for k, row in enumerate(table.table.rows) if row.paths)
        table.cursor = found
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        await pilot.press("escape")
        await until(pilot, lambda: screen.view is view)
        assert view.query_one(PageList).has_focus
        assert table.cursor == found
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        await pilot.press("5", "1", "escape", "backspace")
        await pilot.pause()
        assert isinstance(screen.view, LayersView), "the user has gone elsewhere since"
