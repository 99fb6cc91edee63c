"""Images of extreme shapes: every operation still works, and each draws in its frames."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Package
from layerlens.tui.reading import Opened
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.content import ContentScreen
from layerlens.tui.screens.history import HistoryScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.views.catalogue import VIEWS
from tests.builders import file, whiteout
from tests.tui.piloting import SETTLED, TYPED, opened, until
from tests.tui.test_hostile import holds
from tests.tui.test_preview import Contents
from tests.unit.outputs import samples

pytestmark = pytest.mark.exhaustive

DEEP = b"d/" * 10_000 + b"bottom"
LONG = b"n" * ((1 << 20) - 1)


@cache
def deep() -> Analysis:
    return samples.build([[file(DEEP, b"x" * 5000)], [file(DEEP, b"y" * 700)], [whiteout(DEEP)]])


@cache
def shapes() -> dict[str, Analysis]:
    packaged = samples.judged()
    live = list(packaged.filesystem.live.values())
    packages = tuple(
        Package(samples.listed(Ecosystem.PYPI, f"p{k}", "1"), b"site", 1, live[:2], k)
        for k in range(5000)
    )
    return {
        "a directory of many": samples.build([[file(f"d/{k}", b"x") for k in range(20_000)]]),
        "127 layers": samples.many(),
        "5,000 packages": replace(packaged, inventory=Inventory(packages, {}, ())),
        "one layer": samples.build([[file("a", b"a")]]),
        "no bytes": samples.build([[file("a", b"")], [file("a", b"")]]),
        "no entries": samples.build([[], []]),
        "a name near the limit": samples.build([[file(LONG, b"x")], [file(LONG, b"yy")]]),
        "as deep as it goes": deep(),
    }


@pytest.mark.parametrize("name", shapes())
async def test_every_view_of_every_shape(name: str) -> None:
    analysis = shapes()[name]
    async with opened(analysis, (80, 24)) as (pilot, screen, _browser):
        for number in range(len(VIEWS)):
            await pilot.press(str(number + 1))
            await until(pilot, lambda number=number: screen._tabs.chosen == number)  # type: ignore[misc]
            await pilot.press("e", "end")
            await pilot.pause(SETTLED)
            holds(pilot)
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        holds(pilot)


async def test_every_operation_at_the_bottom() -> None:
    analysis = deep()
    contents = Contents(dict.fromkeys(range(len(analysis.filesystem.paths)), b"content\n"))
    async with opened(Opened(analysis, contents), (80, 24)) as (pilot, screen, browser):
        await pilot.press("tab", "e", "f", "end")
        holds(pilot)
        assert screen.view.subject().path == DEEP  # type: ignore[union-attr]
        await pilot.press("f", "end", "w", "less_than_sign", "p", "a", "a", "s", "n", "C", "B")
        holds(pilot)
        for text in ("bottom", "d/d/d", "*tom"):
            await pilot.press("slash", *text)
            await pilot.pause(TYPED)
            for _ in range(3):
                await pilot.press("ctrl+t")
                holds(pilot)
            await pilot.press("enter", "escape", "escape")
        await pilot.press("e", "end", "y", "m")
        for key, kind in (
            ("H", HistoryScreen), ("Y", ChoiceScreen), ("x", PromptScreen), ("v", ContentScreen),
            ("D", ContentScreen),
        ):  # fmt: skip
            await pilot.press(key)
            await until(pilot, lambda kind=kind: isinstance(pilot.app.screen, kind))  # type: ignore[misc]
            await pilot.pause(0.1)
            holds(pilot)
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("2", "a", "end", "enter")
        await until(pilot, lambda: screen._tabs.chosen == 0)
        await until(pilot, lambda: screen.view.subject() is not None)
        assert screen.view.subject().path == DEEP  # type: ignore[union-attr]
        assert browser.layer in (0, 1, 2)
        holds(pilot)
