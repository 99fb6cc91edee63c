"""The footer: the same keys in the same places, nothing cut, whatever the view and the width."""

from __future__ import annotations

import pytest

from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.widgets.key_line import KeyLine
from tests.tui.piloting import opened, text_of, until
from tests.unit.outputs import samples

EVERYWHERE = "/ Filter  v View  ? Help  q Quit"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
async def test_keys_of_all_views_keep_their_places(size: tuple[int, int]) -> None:
    async with opened(samples.judged(), size) as (pilot, screen, _browser):
        for number in range(len(VIEWS)):
            await pilot.press(str(number + 1))
            await until(pilot, lambda number=number: screen._tabs.chosen == number)  # type: ignore[misc]
            await pilot.pause(0.1)
            last = text_of(pilot.app).splitlines()[-1].rstrip()
            assert last.endswith(EVERYWHERE), last
            assert len(last) in (size[0], size[0] - 1), last
            own = last.removesuffix(EVERYWHERE).split()
            assert own, "the view's first key is there in any case"
            assert len(own) >= (6 if size[0] >= 80 else 2), last


async def test_another_width_has_room_for_other_keys() -> None:
    async with opened(samples.judged(), (140, 40)) as (pilot, _screen, _browser):
        await pilot.press("2")
        await until(pilot, lambda: "o Group" in text_of(pilot.app))
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "o Group" not in text_of(pilot.app))
        assert "q Quit" in text_of(pilot.app)
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: "o Group" in text_of(pilot.app))
        await pilot.click("KeyLine", offset=(137, 0))
        await until(pilot, lambda: not pilot.app.is_running)


async def test_keys_are_made_anew_only_where_others_are_shown() -> None:
    async with opened(samples.judged(), (140, 40)) as (pilot, screen, _browser):
        line = screen.query_one(KeyLine)
        await until(pilot, lambda: "q Quit" in text_of(pilot.app))
        before = list(line.children)
        made = set(map(id, before))
        screen.refresh_bindings()
        await pilot.pause(0.1)
        assert [id(each) for each in line.children] == [id(each) for each in before]
        await pilot.press("2")
        await until(pilot, lambda: "o Group" in text_of(pilot.app))
        assert made.isdisjoint(map(id, line.children))
