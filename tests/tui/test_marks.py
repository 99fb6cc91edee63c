"""Marks: seen in every view that shows the path, listed, gone to, taken away."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.marks import MarkList, MarksScreen
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.waste import WasteView
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableLines
from tests.tui.piloting import notices, opened, text_of, until
from tests.unit.outputs import samples


@pytest.fixture(scope="module")
def judged() -> Analysis:
    return samples.judged()


async def listed(pilot: Pilot[Any]) -> MarkList:
    await pilot.press("apostrophe")
    await until(pilot, lambda: isinstance(pilot.app.screen, MarksScreen))
    return pilot.app.screen.query_one(MarkList)


async def test_a_mark_is_seen_in_all_views(judged: Analysis) -> None:
    async with opened(judged, (120, 40)) as (pilot, screen, browser):
        await pilot.press("3")
        await until(pilot, lambda: screen._tabs.chosen == 2)
        table = screen.view.query_one(TableLines)
        table.cursor = next(k for k, row in enumerate(table.table.rows) if row.paths)
        await pilot.press("enter", "m")
        place = screen.view.query_one(PageList).place
        assert place is not None
        [path] = screen.session.marks.paths
        assert path == place.path
        await until(pilot, lambda: "● " in text_of(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        await until(pilot, lambda: "●" in text_of(pilot.app))
        assert browser.rows.path(screen.query_one(FileTree).cursor) == path


async def test_a_mark_is_seen_in_the_waste() -> None:
    async with opened(samples.shop(), (80, 24)) as (pilot, screen, _browser):
        await pilot.press("2")
        await until(pilot, lambda: isinstance(screen.view, WasteView))
        await pilot.press("a")
        await pilot.pause()
        assert "●" not in text_of(pilot.app)
        await pilot.press("j", "m")
        await until(pilot, lambda: "│● " in text_of(pilot.app))
        assert screen.view.query_one(TableLines).cursor == 1


async def test_the_list_of_marks(judged: Analysis) -> None:
    async with opened(judged, (100, 30)) as (pilot, screen, browser):
        marks = screen.session.marks
        await pilot.press("apostrophe")
        await until(pilot, lambda: "nothing is marked" in notices(pilot.app))
        await pilot.press("m")
        await until(pilot, lambda: "none under the cursor" in notices(pilot.app))
        deleted = next(waste.path for waste in judged.waste if waste.cause.word == "deleted")
        marks.toggle_path(b"\x1b[31m")
        marks.toggle_path(deleted)
        marks.toggle_finding(judged.findings[0])
        marks.toggle_finding(judged.findings[1])
        lines = await listed(pilot)
        shown = text_of(pilot.app)
        assert "4 marks" in shown
        assert "● /\\x1b[31m" in shown
        assert f"✓ {judged.findings[0].rule.id}" in shown
        await pilot.press("m")
        assert marks.paths == [deleted]
        await pilot.press("j", "space")
        assert marks.findings == [judged.findings[1]]
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await until(pilot, lambda: screen.query_one(FileTree).has_focus)
        assert browser.rows.path(screen.query_one(FileTree).cursor) == deleted
        lines = await listed(pilot)
        await pilot.press("delete")
        assert lines.line_count() == 1
        await pilot.press("delete")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert not marks


@pytest.mark.parametrize("key", ["escape", "q", "h", "left", "apostrophe"])
async def test_leaving_and_clearing(judged: Analysis, key: str) -> None:
    async with opened(judged, (80, 24)) as (pilot, screen, _browser):
        marks = screen.session.marks
        marks.toggle_path(b"a")
        await listed(pilot)
        await pilot.press(key)
        await until(pilot, lambda: pilot.app.screen is screen)
        assert marks.paths == [b"a"]
        await listed(pilot)
        await pilot.press("N")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert not marks


async def test_a_finding_leads_to_its_first_path(judged: Analysis) -> None:
    finding = next(each for each in judged.findings if each.paths)
    async with opened(judged, (80, 24)) as (pilot, screen, browser):
        screen.session.marks.toggle_finding(finding)
        await listed(pilot)
        await pilot.press("right")
        await until(pilot, lambda: screen.query_one(FileTree).has_focus)
        assert browser.rows.path(screen.query_one(FileTree).cursor) == finding.paths[0]
