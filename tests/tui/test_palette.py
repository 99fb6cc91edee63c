"""The command palette: every action is found by its words, with its keys, and runs."""

from __future__ import annotations

from typing import Any

from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from layerlens.analysis.model import Analysis
from layerlens.tui.bindings import all_bindings
from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.settings import LIGHT, Settings
from layerlens.tui.themes import theme_names
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from tests.tui.piloting import opened, text_of, until


def offered(pilot: Pilot[Any]) -> list[str]:
    """The commands in the palette's list."""
    options = pilot.app.screen.query_one(CommandList)
    return [str(options.get_option_at_index(k).prompt) for k in range(options.option_count)]


async def run(pilot: Pilot[Any], words: str, key: str = "ctrl+p") -> list[str]:
    """Search for words and run the first command that they find; gives all that were found."""
    await pilot.press(key)
    assert isinstance(pilot.app.screen, CommandPalette)
    await pilot.press(*words)
    await pilot.pause(0.3)
    found = offered(pilot)
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, CommandPalette))
    return found


async def test_it_offers_all_that_is_possible(analysis: Analysis) -> None:
    async with opened(analysis, (100, 30)) as (pilot, _screen, _browser):
        await pilot.press("ctrl+p")
        palette = pilot.app.screen
        assert isinstance(palette, CommandPalette)
        await until(pilot, lambda: palette.query_one(OptionList).option_count > 20)
        found = offered(pilot)
        words = "\n".join(found)
        # Open already; nowhere to go back to; the same by another key.
        elsewhere = ("app.palette", "app.return", "filter.open_control")
        for name, binding in all_bindings().items():
            if name.startswith(("app.", "panes.", "tree.", "list.", "item.", "filter.open")):
                assert (binding.tooltip in words) is not name.startswith(elsewhere), name
        assert any(line.endswith("  a  Ctrl+A") for line in found)
        assert f"theme: {LIGHT}" in found
        assert len(set(found)) == len(found)
        assert "Go to the view Layers  1" in found
        assert len([line for line in found if line.startswith("theme: ")]) == len(theme_names())


async def test_commands_run_where_the_focus_was(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        found = await run(pilot, "whole filesystem")
        assert any("  a  Ctrl+A" in line for line in found)
        assert browser.aggregate
        await run(pilot, "sort by name")
        assert browser.sort.value == "name"
        tree = screen.query_one(FileTree)
        await run(pilot, "next pane")
        assert tree.has_focus
        tree.cursor = 0
        before = len(browser.rows)
        await run(pilot, "open or close the dir")
        assert len(browser.rows) != before
        await run(pilot, "show only what has")
        assert screen.query_one(FilterLine).has_focus
        await run(pilot, "close all")
        assert all(browser.rows.row(k).level == 0 for k in range(len(browser.rows)))
        await run(pilot, "what the signs mean")
        assert isinstance(pilot.app.screen, HelpScreen)


async def test_it_changes_the_theme(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await run(pilot, "theme light")
        assert pilot.app.theme == LIGHT


async def test_a_pane_without_focus_can_be_told_too(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("c")
        assert not screen.query_one(FileTree).has_focus
        before = len(browser.rows)
        found = await run(pilot, "open the directory; once open")
        assert not any("→" in line for line in found), "the key would not do it from here"
        assert len(browser.rows) > before


async def test_keys_of_now(analysis: Analysis) -> None:
    settings = Settings(keys="dive", keymap={"app.palette": "f9"})
    async with opened(analysis, settings=settings) as (pilot, _screen, browser):
        await run(pilot, "show only the layer's", "f9")
        assert not browser.aggregate
        await pilot.press("f9", *"up to the layer")
        await pilot.pause(0.3)
        assert any(line.endswith("  Ctrl+A") for line in offered(pilot))
        assert "Ctrl+A" in text_of(pilot.app)
