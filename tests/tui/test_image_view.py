"""The view of the image under a pilot: every binding, filter, hostile texts, a picture."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.imagefacts import Fact
from layerlens.tui.viewmodel.imagelines import Heading
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.views.image import FactList, ImageView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.widgets.detail_pane import DetailPane
from tests.tui.piloting import TYPED, text_of, until, viewing
from tests.unit.outputs import samples

KEY = str(VIEWS.index(ImageView) + 1)


looked_at = partial(viewing, ImageView, settled=TYPED)


def focused(screen: MainScreen) -> object:
    return screen.focused


def height(details: DetailPane) -> int:
    return details.region.height


def titles(view: ImageView) -> list[str]:
    return [line.section.title for line in view._facts.lines if isinstance(line, Heading)]


async def go(pilot: Pilot[Any], view: ImageView, title: str) -> None:
    """To the first line of a section."""
    await pilot.press("home")
    for _ in range(titles(view).index(title)):
        await pilot.press("right")
    await pilot.press("down")
    await pilot.pause(TYPED)


async def test_sections() -> None:
    async with looked_at(samples.shop()) as (pilot, _screen, view):
        assert titles(view) == [
            "Image", "Figures", "Which size?", "Base", "Configuration", "Environment", "Labels",
            "Annotations", "History", "Diagnostics",
        ]  # fmt: skip
        assert "shop:1.0, registry.example/shop:latest" in text_of(pilot.app)
        await pilot.press("right", "l")
        line = view._line
        assert isinstance(line, Heading)
        assert line.section.title == "Which size?"
        await pilot.press("left", "h", "h")
        assert view._list.cursor == 0
        await pilot.press(*["right"] * 12)
        last = view._line
        assert isinstance(last, Heading)
        assert last.section.title == "Diagnostics", "there is no other after it"


async def test_folding() -> None:
    async with looked_at(samples.shop()) as (pilot, _screen, view):
        whole = len(view._facts.lines)
        await pilot.press("j", "space")
        assert "▸ Image" in text_of(pilot.app)
        assert view._list.cursor == 0
        await pilot.press("enter")
        assert len(view._facts.lines) == whole
        await pilot.press("right", "c")
        assert len(view._facts.lines) == 10
        assert view._list.cursor == 1, "still at the figures"
        await pilot.press("e")
        assert len(view._facts.lines) == whole
        await pilot.press("E", "C")
        assert len(view._facts.lines) == 10


async def test_a_step_leads_to_its_layer() -> None:
    async with looked_at(samples.shop()) as (pilot, screen, view):
        await go(pilot, view, "History")
        await pilot.press("j", "j")
        found = view.subject()
        assert found is not None
        assert found.layer == 1
        assert view.copy_text() == "RUN apt-get update && apt-get install -y git"
        await pilot.pause(TYPED)
        assert "RUN apt-get update\n" in text_of(pilot.app).replace(" " * 20, "\n")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.session.browser.layer == 1


async def test_a_step_without_a_layer_is_told_whole() -> None:
    async with looked_at(samples.shop()) as (pilot, screen, view):
        await go(pilot, view, "History")
        await pilot.press("j")
        assert view.subject() is None
        await pilot.press("enter")
        assert focused(screen) is view.query_one(DetailPane)
        assert "it changed settings only" in text_of(pilot.app)
        await pilot.press("escape")
        assert focused(screen) is view.query_one(FactList)


async def test_a_diagnostic_leads_to_its_path() -> None:
    async with looked_at(samples.hostile()) as (pilot, screen, view):
        await go(pilot, view, "Diagnostics")
        found = view.subject()
        assert found is not None
        assert found.layer == 1
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))


async def test_filter() -> None:
    async with looked_at(samples.shop()) as (pilot, screen, view):
        await pilot.press("slash", *"path=")
        await pilot.pause(TYPED)
        assert "Nothing matches" in text_of(pilot.app)
        assert view.subject() is None
        assert view.copy_text() is None
        await pilot.press("escape", "slash", *"/usr/bin", "enter")
        await pilot.pause(TYPED)
        assert titles(view) == ["Environment"]
        assert "1 line with /usr/bin" in text_of(pilot.app)
        assert view.matched() == "1 line"
        await pilot.press("space", "c")
        assert len(view._facts.lines) == 2, "what was found is not folded"
        assert focused(screen) is view.query_one(FactList)
        await pilot.press("escape", "e")
        await pilot.pause()
        assert len(titles(view)) == 10


async def test_details() -> None:
    async with looked_at(samples.shop(), (60, 20)) as (pilot, screen, view):
        details = view.query_one(DetailPane)
        assert not height(details), "no room"
        await pilot.press("i")
        await pilot.pause()
        assert height(details)
        await pilot.press("tab")
        assert focused(screen) is details
        await pilot.press("i", "j", "enter")
        await pilot.pause()
        assert focused(screen) is details, "Enter shows what has no room"


async def test_mouse() -> None:
    async with looked_at(samples.shop()) as (pilot, _screen, view):
        await pilot.click(FactList, offset=(5, 2))
        assert view._list.cursor == 1
        assert view.copy_text() == "shop.tar"
        await pilot.click(FactList, offset=(5, 1))
        await pilot.click(FactList, offset=(5, 1))
        assert "▸ Image" in text_of(pilot.app)


async def test_a_newer_state_keeps_the_line() -> None:
    analysis = samples.shop()
    async with looked_at(analysis) as (pilot, screen, view):
        await go(pilot, view, "Environment")
        screen.adopt(Session(samples.shop()))
        await pilot.pause(TYPED)
        line = view._line
        assert isinstance(line, Fact)
        assert line.label == "PATH"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (300, 100), (20, 6)])
async def test_hostile_texts_at_all_sizes(size: tuple[int, int]) -> None:
    async with looked_at(samples.hostile(), size) as (pilot, _screen, view):
        for _ in range(5):
            await pilot.press("pagedown")
            await pilot.pause(0.05)
            assert "\x1b" not in text_of(pilot.app)
            assert "\u202e" not in text_of(pilot.app)
        copied = view.copy_text()
        assert copied is not None
        assert copied.isprintable()


async def test_no_layers() -> None:
    async with looked_at(samples.empty()) as (pilot, _screen, view):
        await pilot.press("c", "e", "G", "enter")
        assert len(titles(view)) == 10


def test_picture(snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        pilot.app.theme = "textual-dark"
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await pilot.press(KEY, *["right"] * 8, *["down"] * 3)
        await pilot.pause(TYPED)

    app = LayerLensApp(Whole(lambda _progress: samples.shop()), "image.tar")
    assert snap_compare(app, terminal_size=(80, 24), run_before=prepare)
