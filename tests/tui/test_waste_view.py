"""The view of waste under a pilot: every binding, filter, mouse, hostile names, pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.analysis.model import Partial
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.wastelevels import FilesLevel
from layerlens.tui.viewmodel.wasterows import By
from layerlens.tui.viewmodel.whose import Whose
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.waste import WasteView
from layerlens.tui.widgets.detail_pane import DetailPane
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.table_list import TableHead, TableList
from tests.tui.piloting import TYPED, text_of, until, viewing
from tests.unit.outputs import samples

KEY = str(VIEWS.index(WasteView) + 1)


waste = partial(viewing, WasteView, settled=TYPED)


def trail(view: WasteView) -> str:
    return view._browser.trail()


def focused(screen: MainScreen) -> object:
    return screen.focused


def side(view: WasteView) -> Whose:
    return view._browser.side


def order(view: WasteView) -> tuple[str, bool]:
    return view._browser.table.order, view._browser.table.reverse


async def test_down_to_a_path_and_up_again() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        shown = text_of(pilot.app)
        assert "788.4 kB    100%" in shown
        assert "rules did not run: dead bytes only" in shown
        assert "A later layer deleted the file" in shown
        await pilot.press("enter")
        assert trail(view) == "Waste › deleted"  # noqa: RUF001
        await pilot.press("right")
        assert "/var/lib/lists" in text_of(pilot.app)
        await pilot.pause(TYPED)
        assert "added in layer 1, deleted in layer 3" in text_of(pilot.app)
        await pilot.press("left")
        await pilot.press("escape")
        assert trail(view) == "Waste"
        await pilot.press("escape", "backspace", "h")
        assert trail(view) == "Waste"
        await pilot.press("j", "l", "h")
        assert view._list.row.name == "metadata", "up leads to the row one came through"
        assert screen.is_active


async def test_a_path_is_shown_where_it_was_lost_and_where_it_came_in() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        for key, layer in (("enter", 3), ("t", 3), ("T", 1)):
            await pilot.press(KEY, "a", "g")
            await pilot.pause()
            assert view._list.row.path == b"var/lib/lists"
            await pilot.press(key)
            await until(pilot, lambda: isinstance(screen.view, LayersView))
            browser = screen.session.browser
            assert (browser.layer, browser.aggregate) == (layer, False)
            found = screen.view.subject()
            assert found is not None
            assert found.path == b"var/lib/lists"


async def test_a_kept_layer_is_shown_in_the_layers() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        await pilot.press("G", "k", "enter")
        assert trail(view).endswith("kept")
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.session.browser.layer == 0
        assert screen.focused is screen.view.panes()[0]


async def test_the_total_and_single_rows_lead_nowhere() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        await pilot.press("G", "enter", "t")
        await pilot.pause()
        assert screen.view is view
        assert trail(view) == "Waste"


async def test_flat_and_groups() -> None:
    async with waste(samples.shop()) as (pilot, _screen, view):
        await pilot.press("o")
        assert trail(view) == "Waste", "the ledger is not put together from files"
        await pilot.press("a")
        assert trail(view).endswith("all dead paths")
        await pilot.press("a")
        assert len(view._browser.levels) == 2
        level = view._browser.level
        assert isinstance(level, FilesLevel)
        for by in (By.LOST, By.CAME, By.DIRECTORY):
            await pilot.press("o")
            assert level.by is by
            assert by.value in text_of(pilot.app)
        await pilot.press("g", "enter")
        assert trail(view).endswith("/var/lib/")


async def test_base_or_yours() -> None:
    async with waste(samples.shop()) as (pilot, _screen, view):
        await pilot.press("b")
        assert side(view) is Whose.BASE
        assert "base only" in text_of(pilot.app)
        await pilot.press("b")
        assert "yours only" in text_of(pilot.app)
        await pilot.press("escape")
        assert side(view) is Whose.ALL
    async with waste(samples.clean()) as (pilot, _screen, view):
        await pilot.press("b")
        assert side(view) is Whose.ALL, "no base is known"


async def test_orders() -> None:
    async with waste(samples.shop()) as (pilot, _screen, view):
        await pilot.press("a")
        for key, column in (("n", "name"), ("L", "layer"), ("M", "cause"), ("s", "size")):
            await pilot.press(key)
            assert order(view) == (column, False)
            await pilot.press(key)
            assert order(view) == (column, True)
            assert f"by {column} ↑" in text_of(pilot.app)
        await pilot.press("S", "C")
        assert order(view) == ("size", False), "single paths have no count"
        await pilot.press("escape", "C")
        assert order(view) == ("count", False)


async def test_filter() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        await pilot.press("a", "slash", *"app")
        await pilot.pause(TYPED)
        assert view._browser.level.count == 6
        assert "with app" in text_of(pilot.app)
        assert view.matched() == "6 files, 168.5 kB"
        await pilot.press("enter")
        assert screen.focused is view._list.lines
        await pilot.press("left")
        await pilot.pause()
        assert trail(view) == "Waste"
        assert not screen.query_one(FilterLine).display, "the ledger has no filter"
        await pilot.press("slash", *"zzz", "enter")
        await pilot.pause(TYPED)
        assert "Nothing matches" in text_of(pilot.app)
        await pilot.press("enter", "t", "right", "escape")
        await pilot.pause()
        assert len(view._browser.table) == 9


async def test_details_and_panes() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        details = view.query_one(DetailPane)
        await pilot.press("tab")
        assert screen.focused is details
        await pilot.press("i")
        assert focused(screen) is view._list.lines
        assert not details.region.height
        await pilot.press("i")
        await pilot.pause()
        assert details.region.height


async def test_mouse() -> None:
    async with waste(samples.shop()) as (pilot, _screen, view):
        await pilot.click(TableList, offset=(10, 3))
        assert view._list.lines.cursor == 1
        await pilot.click(TableList, offset=(10, 3))
        assert trail(view).endswith("metadata")
        await pilot.press("escape")
        await pilot.click(TableHead, offset=(4, 0))
        assert order(view)[0] == "name"
        assert "by name" in text_of(pilot.app)


async def test_subjects_and_what_is_copied() -> None:
    async with waste(samples.shop()) as (pilot, screen, view):
        assert view.subject() is None
        assert view.copy_text() == "dead deleted: 310000 bytes"
        await pilot.press("enter")
        group = view.subject()
        assert group is not None
        assert group.layer == 3
        await pilot.press("enter")
        path = view.subject()
        assert path is not None
        assert (path.path, path.layer, path.removed) == (b"var/lib/lists", 3, True)
        assert path.version is not None
        assert view.copy_text() == "/var/lib/lists"
        await pilot.press("m")
        assert screen.session.marks.paths == [b"var/lib/lists"]


async def test_removable_bytes_lead_to_findings_and_files() -> None:
    async with waste(samples.judged()) as (pilot, _screen, view):
        await pilot.press("enter")
        finding = view.subject()
        assert finding is not None
        assert finding.finding is not None
        assert finding.finding.rule.id == "package-lists"
        await pilot.press("enter")
        path = view.subject()
        assert path is not None
        assert (path.path, path.removed) == (b"var/lib/apt/lists/big", False)
        await pilot.pause(TYPED)
        assert "rm -rf /var/lib/apt/lists/big" in text_of(pilot.app)


async def test_a_newer_state_keeps_the_place() -> None:
    analysis = samples.shop()
    async with waste(analysis) as (pilot, screen, view):
        await pilot.press("a", "j", "j")
        screen.adopt(Session(replace(analysis, partial=Partial(3))))
        await pilot.pause(TYPED)
        assert trail(view).endswith("all dead paths")
        assert view._list.lines.cursor == 2
        assert "only what was read" in text_of(pilot.app)


@pytest.mark.parametrize("name", ["empty", "clean"])
async def test_nothing_wasted(name: str) -> None:
    async with waste(getattr(samples, name)()) as (pilot, _screen, view):
        assert view.note(view.session) == ""
        await pilot.press("a", "enter", "o", "o", "t", "n", "T")
        assert view.subject() is None
        assert view.copy_text() is None
        await pilot.pause(TYPED)
        assert "Nothing here." in text_of(pilot.app)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (300, 100), (20, 6)])
async def test_hostile_names_at_all_sizes(size: tuple[int, int]) -> None:
    async with waste(samples.hostile(), size) as (pilot, _screen, view):
        await pilot.press("a", *"jjjjjjjjjjjjjjjjjjjj")
        await pilot.pause(TYPED)
        shown = text_of(pilot.app)
        assert "\x1b" not in shown
        assert "\u202e" not in shown
        assert len(view._browser.table) == len(samples.HOSTILE_NAMES)


@pytest.mark.parametrize(
    ("size", "theme", "keys"),
    [((80, 24), "textual-dark", []), ((120, 40), "textual-light", ["a", "j"])],
    ids=["80x24-dark-ledger", "120x40-light-paths"],
)
def test_picture(snap_compare: Any, size: tuple[int, int], theme: str, keys: list[str]) -> None:
    analysis = samples.judged() if not keys else samples.shop()

    async def prepare(pilot: Pilot[Any]) -> None:
        pilot.app.theme = theme
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await pilot.press(KEY, *keys)
        await pilot.pause(TYPED)

    app = LayerLensApp(Whole(lambda _progress: analysis), "image.tar")
    assert snap_compare(app, terminal_size=size, run_before=prepare)
