"""Small windows lie on top of what is behind them; what is said goes away by itself."""

from __future__ import annotations

from textual.widgets import Footer, Input

from layerlens.analysis.model import Analysis
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.widgets.file_tree import FileTree
from tests.tui.piloting import notices, opened, text_of, until


async def test_what_is_behind_a_window_stays_visible(analysis: Analysis) -> None:
    async with opened(analysis, (80, 30)) as (pilot, screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        assert "shop/web:2.4" in text_of(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        box = pilot.app.screen.query_one(Input)
        assert box.has_focus
        shown = text_of(pilot.app)
        assert "shop/web:2.4" in shown
        assert box.value in shown, "what is typed is seen"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


async def test_only_the_last_notice_is_there(analysis: Analysis) -> None:
    async with opened(analysis, (80, 24)) as (pilot, screen, _browser):
        screen.set_focus(screen.query_one(FileTree))
        await pilot.press("v")
        await until(pilot, lambda: notices(pilot.app) == "a directory has no content to show")
        await pilot.press("y")
        await until(pilot, lambda: notices(pilot.app) == "copied: /bin")
        [told] = pilot.app._notifications
        assert told.timeout < 3, "it covers the screen"


async def test_the_footer_names_the_keys_that_people_look_for(analysis: Analysis) -> None:
    async with opened(analysis, (100, 24)) as (pilot, _screen, _browser):
        await pilot.press("2")
        await until(pilot, lambda: "← Up" in text_of(pilot.app))
        await pilot.press("5")
        await until(pilot, lambda: "→ Next section" in text_of(pilot.app))
        assert pilot.app.screen.query_one(Footer).region.height == 1
