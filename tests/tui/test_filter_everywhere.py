"""The filter line in every view: how the text is read, how much was found."""

from __future__ import annotations

import pytest

from layerlens.tui.widgets.filter_line import FilterLine
from tests.tui.piloting import TYPED, opened, until
from tests.unit.outputs import samples

CASES = [("1", "e"), ("2", "a"), ("3", "a"), ("4", "p"), ("5", "a")]


@pytest.mark.parametrize(("view", "char"), CASES)
async def test_ctrl_t_reads_the_text_in_the_next_way(view: str, char: str) -> None:
    async with opened(samples.judged(), (80, 24)) as (pilot, screen, _browser):
        await pilot.press(view)
        await until(pilot, lambda: screen._tabs.chosen == int(view) - 1)
        await pilot.press("slash", char)
        await pilot.pause(TYPED)
        line = screen.query_one(FilterLine)
        told = str(line.border_subtitle)
        assert line.border_title == "Filter (glob)"
        assert told[0].isdigit()
        assert view == "5" or told.endswith("B"), "the sum of what was found"
        await pilot.press("ctrl+t")
        assert line.border_title == "Filter (regex)"
        assert screen.view.wanted.match == "regex"
        await pilot.press("ctrl+a", "left_parenthesis")
        await pilot.pause(TYPED)
        assert "no regular expression" in str(line.border_subtitle)
        await pilot.press("ctrl+t")
        assert line.border_title == "Filter (fuzzy)"
        await pilot.press("escape")
        assert screen.view.wanted.text == ""
        await pilot.press("slash")
        assert line.border_title == "Filter (fuzzy)", "as it was read last"
