"""The view of packages under a pilot: every key, what is shown, a picture."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.views.layers import LayersView
from layerlens.tui.views.packages import PackagesView
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableHead, TableLines
from tests.tui.piloting import TYPED, text_of, until, viewing
from tests.unit.outputs import samples
from tests.unit.tui.test_packages import debian

KEY = str(VIEWS.index(PackagesView) + 1)


@pytest.fixture(scope="module")
def system() -> Analysis:
    return debian()


shown = partial(viewing, PackagesView)


def names(view: PackagesView) -> list[str]:
    return [row.name for row in view.query_one(TableLines).table.rows]


async def test_what_is_shown(system: Analysis) -> None:
    async with shown(system, (140, 40)) as (pilot, _screen, view):
        text = text_of(pilot.app)
        assert f"{KEY} Packages 7" in text
        assert "7 packages, 93.7 kB" in text
        assert "(no package)" in text
        assert "brought by  layer 1: RUN apt-get install -y gcc" in text
        assert "for gcc > cpp" in text
        subject = view.subject()
        assert subject is not None
        assert (subject.path, subject.layer) == (None, 1)


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (80, 24), (300, 100)])
async def test_hostile_texts_at_all_sizes(size: tuple[int, int]) -> None:
    async with shown(samples.packaged(), size) as (pilot, _screen, view):
        await pilot.press("n", "g", "enter", "d", "u")
        text = text_of(pilot.app)
        assert "=cmd" in text
        assert "\x1b" not in text
        assert view.copy_text() is None or "\x1b" not in view.copy_text()  # type: ignore[operator]


async def test_into_the_files_and_on_to_the_tree(system: Analysis) -> None:
    async with shown(system) as (pilot, screen, view):
        assert names(view)[0] == "gcc"
        await pilot.press("enter")
        subject = view.subject()
        assert subject is not None
        assert (subject.path, subject.layer) == (b"usr/lib/cc1", 1)
        assert subject.version == system.filesystem.live[b"usr/lib/cc1"]
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.query_one(FileTree).has_focus
        assert "/usr/bin/gcc" in text_of(pilot.app)


async def test_in_and_out(system: Analysis) -> None:
    async with shown(system) as (pilot, _screen, view):
        table, page = view.query_one(TableLines), view.query_one(PageList)
        for into, out in (("l", "h"), ("right", "left"), ("enter", "escape"), ("tab", "tab")):
            await pilot.press(into)
            assert page.has_focus, into
            await pilot.press(out)
            assert table.has_focus, out
        await pilot.click(table, offset=(10, 1))
        await pilot.click(table, offset=(10, 1))
        assert page.has_focus


async def test_sorting(system: Analysis) -> None:
    async with shown(system) as (pilot, _screen, view):
        row = view.row
        for key, words, first in (
            ("n", "by name", "bash"), ("C", "by number of files", "(no package)"),
            ("E", "by ecosystem", "(no package)"), ("L", "by layer", "(no package)"),
            ("s", "by size", "gcc"), ("s", "by size ↑", "left"),
        ):  # fmt: skip
            await pilot.press(key)
            assert words in text_of(pilot.app)
            assert names(view)[0] == first
            assert view.row is row, "the cursor stays on its package"
        await pilot.click(view.query_one(TableHead), offset=(3, 0))
        assert names(view)[0] == "gcc"


async def test_filters() -> None:
    async with shown(samples.packaged()) as (pilot, _screen, view):
        every = names(view)
        await pilot.press("e")
        assert "only deb" in text_of(pilot.app)
        assert set(names(view)) == {"apt", "libc6"}
        await pilot.press("escape", "b")
        assert "only yours" in text_of(pilot.app)
        assert "apt" not in names(view)
        await pilot.press("b", "b")
        assert names(view) == every
        await pilot.press("slash", *"left", "enter")
        await pilot.pause(TYPED)
        assert names(view) == ["@a/left-pad"]
        assert view.wanted.text == "left"
        assert view.copy_text() == "pkg:npm/%40a/left-pad@1.0"
        await pilot.press("escape")
        assert names(view) == every


async def test_nobody_looked_for_packages() -> None:
    async with shown(samples.clean()) as (pilot, screen, view):
        assert "Nobody has looked for packages." in text_of(pilot.app)
        assert view.subject() is None
        assert view.copy_text() is None
        await pilot.press("enter", "e", "b", "s", "n", "C", "E", "L", "escape")
        screen.adopt(Session(samples.clean(), reading=True))
        await pilot.pause()
        assert "Packages come when reading is done." in text_of(pilot.app)
        screen.adopt(Session(samples.packaged()))
        await pilot.pause()
        assert "apt" in names(view)
        assert "apt" in text_of(pilot.app)


def test_picture(system: Analysis, snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await pilot.press(KEY)
        await until(pilot, lambda: isinstance(pilot.app.screen.view, PackagesView))  # type: ignore[attr-defined]
        await pilot.press("j")
        await pilot.pause(TYPED)

    app = LayerLensApp(Whole(lambda _progress: system), "image.tar")
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepare)
