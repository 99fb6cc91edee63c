"""Bindings as a whole, keymaps, and the help that is made from both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from textual._xterm_parser import XTermParser
from textual.binding import Binding
from textual.command import CommandPalette
from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Footer, Input
from textual.widgets._footer import FooterKey

from layerlens.analysis.model import Analysis
from layerlens.tui.bindings import (
    all_bindings,
    clashes,
    live_keys,
    own_bindings,
    scopes,
    shared_keys,
)
from layerlens.tui.keymaps import DIVE, keymap_of, problems_of
from layerlens.tui.keys import NO_KEY, key_name, names_of, read_keys
from layerlens.tui.keys_page import keys_page
from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.settings import Settings
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.layer_list import LayerList
from tests.tui.piloting import SETTLED, opened, text_of, until

ROOT = Path(__file__).resolve().parents[2]


def footer_of(pilot: Pilot[Any]) -> dict[str, str]:
    """Words of the footer, and their keys."""
    keys = pilot.app.screen.query_one(Footer).query(FooterKey)
    return {key.description: key.key_display for key in keys}


def by(browser: Browser) -> SortBy:
    """Asked anew each time, where mypy believes what it was before."""
    return browser.sort


def aggregated(browser: Browser) -> bool:
    return browser.aggregate


# ---------------------------------------------------------------------- all bindings


def test_every_binding_has_an_id_a_tooltip_and_a_key_of_its_own() -> None:
    seen: dict[str, type] = {}
    for scope in scopes():
        for raw in vars(scope).get("BINDINGS", ()):
            assert isinstance(raw, Binding), scope
        for binding in own_bindings(scope):
            assert binding.id, (scope, binding)
            assert binding.tooltip, binding
            assert binding.description, binding
            assert binding.id not in seen, (binding.id, scope, seen[binding.id])
            seen[binding.id] = scope
            assert binding.key == NO_KEY or read_keys(binding.key), binding
    assert len(seen) > 40
    assert {"app.quit", "list.up", "tree.fold", "filter.open", "help.close"} <= set(seen)
    assert not clashes(DIVE)


def test_no_two_actions_share_a_key() -> None:
    assert not list(shared_keys({})), "those would have to be possible at different times only"


def test_tooltips_tell_actions_of_one_scope_apart() -> None:
    for scope in scopes():
        told = [binding.tooltip for binding in own_bindings(scope)]
        assert len(set(told)) == len(told), scope


def test_clashes_are_found() -> None:
    assert clashes({"tree.fold": "a"}) == ["a is both tree.aggregate and tree.fold"]
    assert clashes({"list.up": "c"}) == []  # a list goes before the view around it
    assert "Ctrl+P is both app.palette and tree.fold" in clashes({"tree.fold": "ctrl+p"})
    assert "/ is both filter.open and list.top" in clashes({"list.top": "slash"})


# ---------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("ctrl+f,slash", ["ctrl+f", "slash"]),
        ("Ctrl+F, /", ["ctrl+f", "slash"]),
        ("g , G", ["g", "G"]),
        ("PgUp,esc,return", ["pageup", "escape", "enter"]),
        ("ctrl+space", ["ctrl+space", "ctrl+@"]),
        ("ctrl+@", ["ctrl+space", "ctrl+@"]),
        ("ctrl+/", ["ctrl+slash", "ctrl+underscore"]),
        ("+,=,-", ["plus", "equals_sign", "minus"]),
        ("ctrl++", ["ctrl+plus"]),
        ("shift+alt+f5", ["alt+shift+f5"]),
        ("ctrl+i", ["tab"]),
        ("é", ["é"]),
        ("a,a", ["a"]),
        ("", []),
        (NO_KEY, []),
    ],
)
def test_keys_that_are_read(text: str, keys: list[str]) -> None:
    assert read_keys(text) == keys


@pytest.mark.parametrize(("name", "sent"), [("ctrl+space", "\0"), ("ctrl+/", "\x1f")])
def test_keys_that_terminals_send_as_another(name: str, sent: str) -> None:
    (event,) = XTermParser().feed(sent)
    assert isinstance(event, Key)
    assert event.key in read_keys(name)


@pytest.mark.parametrize("text", ["a,,b", "wibble", "ctrl+", "hold+a", ",", "a b", "ctrl+wibble"])
def test_keys_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_keys(text)


def test_names_of_keys() -> None:
    assert [key_name(key) for key in ("ctrl+f", "slash", "a", "G", "plus", "pageup", "f1")] == [
        "Ctrl+F", "/", "a", "G", "+", "PgUp", "F1",
    ]  # fmt: skip
    assert names_of(["ctrl+space", "ctrl+@", "c"]) == "Ctrl+Space  c"


# ---------------------------------------------------------------------- a user's keys


def test_what_is_wrong_with_keys_is_told_at_once() -> None:
    found = problems_of(
        "dive",
        {"tree.fld": "x", "tree.fold": "ctrl+", "tree.sort_size": "n", "item.mark": "ctrl+o"},
    )
    assert found == [
        "tui.bindings: no action 'tree.fld'; did you mean 'tree.fold'?",
        "tui.bindings.tree.fold: 'ctrl+' is no key",
        "tui.bindings: n is both tree.sort_size and tree.sort_name",
    ]
    assert problems_of("dive", {"tree.fold": "ctrl+o"}) == [
        "tui.bindings: Ctrl+O is both tree.sort_other and tree.fold"
    ]
    assert problems_of("default", {"tree.sort_size": "n", "tree.sort_name": "s"}) == []


def test_a_users_keys_go_before_those_of_dive() -> None:
    keymap = keymap_of(Settings(keys="dive", keymap={"tree.sort_other": "O", "tree.fold": ""}))
    assert keymap["tree.sort_other"] == "O"
    assert keymap["tree.fold"] == NO_KEY
    assert keymap["tree.show_changes"] == "ctrl+l"


REMAPPED = Settings(
    keymap={
        "tree.sort_size": "n", "tree.sort_name": "s",  # each other's
        "tree.aggregate": "ctrl+g",  # one key instead of two
        "filter.open": "F3", "list.down": "ctrl+pagedown,x", "tree.expand_all": "",
        "app.quit_always": "ctrl+q", "item.copy": "",
    }
)  # fmt: skip


async def test_remapped_keys_act_and_the_old_ones_do_not(analysis: Analysis) -> None:
    async with opened(analysis, settings=REMAPPED) as (pilot, screen, browser):
        await pilot.press("s")
        assert by(browser) == SortBy.NAME
        await pilot.press("n")
        assert by(browser) == SortBy.SIZE
        await pilot.press("a", "ctrl+a")
        assert not aggregated(browser)
        await pilot.press("ctrl+g")
        assert aggregated(browser)
        await pilot.press("ctrl+g", "e")
        assert not aggregated(browser)
        layers = screen.query_one(LayerList)
        await pilot.press("down", "j")
        assert layers.cursor == 0
        await pilot.press("x", "ctrl+pagedown")
        assert layers.cursor == 2, "also where the widget that it comes from has the key"
        await pilot.press("slash")
        assert not screen.query_one(FilterLine).has_focus
        await pilot.press("f3")
        assert screen.query_one(FilterLine).has_focus, "a key with priority"
        await pilot.press(*"sn/", "ctrl+c")
        assert screen.query_one(FilterLine).value == "sn/"
        assert pilot.app.is_running, "Ctrl+C is nobody's now"


async def test_footer_and_help_show_the_keys_of_now(analysis: Analysis) -> None:
    async with opened(analysis, settings=REMAPPED) as (pilot, _screen, _browser):
        await pilot.pause()
        shown = footer_of(pilot)
        assert shown["Aggregate"] == "Ctrl+G"
        assert shown["Filter"] == "F3"
        await pilot.press("question_mark")
        help_screen = pilot.app.screen
        assert isinstance(help_screen, HelpScreen)
        told = {what: keys for _, rows in help_screen.sections for keys, what in rows}
        assert told["Sort by name; again to reverse"] == "s"
        assert told["One line down"] == "Ctrl+PgDn  x"
        assert "Open all directories" not in told, "it has no key"


# ---------------------------------------------------------------------- dive's keys


async def test_keys_of_dive(analysis: Analysis) -> None:
    async with opened(analysis, (120, 40), Settings(keys="dive")) as (pilot, screen, browser):
        layers, tree = screen.query_one(LayerList), screen.query_one(FileTree)
        await pilot.press("G")
        await pilot.pause(SETTLED)
        await pilot.press("ctrl+a")
        assert aggregated(browser)
        await pilot.press("ctrl+a")
        assert aggregated(browser), "not a switch"
        await pilot.press("ctrl+l")
        assert not aggregated(browser)
        await pilot.press("right")
        assert tree.has_focus
        for key, kind in (
            ("ctrl+a", ChangeKind.ADDED), ("ctrl+r", ChangeKind.REMOVED),
            ("ctrl+m", ChangeKind.MODIFIED), ("ctrl+u", ChangeKind.UNCHANGED),
        ):  # fmt: skip
            await pilot.press(key)
            assert kind not in browser.kinds, key
            await pilot.press(key)
            assert kind in browser.kinds, key
        assert not aggregated(browser)
        await pilot.press("ctrl+o")
        assert by(browser) == SortBy.NAME
        await pilot.press("ctrl+o")
        assert by(browser) == SortBy.SIZE
        assert not browser.reverse
        await pilot.press("e")
        many = len(browser.rows)
        await pilot.press("ctrl+@")  # what terminals send for Ctrl+Space
        assert len(browser.rows) < many
        await pilot.press("space")
        assert len(browser.rows) > 2
        await pilot.press("ctrl+b")
        assert tree.attributes
        await pilot.press("ctrl+p")
        assert screen.maximized is tree
        await pilot.press("ctrl+p", "tab", "tab")
        assert layers.has_focus
        await pilot.press("ctrl+underscore")  # what terminals send for Ctrl+/
        assert screen.query_one(FilterLine).has_focus
        await pilot.press("escape")
        await pilot.press("f2")
        assert isinstance(pilot.app.screen, CommandPalette)


# ---------------------------------------------------------------------- the help


async def test_help_begins_with_the_focused_pane(analysis: Analysis) -> None:
    async with opened(analysis, (80, 24)) as (pilot, screen, _browser):
        await pilot.press("question_mark")
        help_screen = pilot.app.screen
        assert isinstance(help_screen, HelpScreen)
        titles = [title for title, _ in help_screen.sections]
        assert titles == ["In the layers", "In a list", "In the view Layers", "Everywhere", "Signs"]
        await pilot.press("escape", "tab", "f1")
        help_screen = pilot.app.screen
        assert isinstance(help_screen, HelpScreen)
        assert next(title for title, _ in help_screen.sections) == "In the tree"
        assert "Open or close the directory" in text_of(pilot.app)
        told = [what for _, rows in help_screen.sections for _, what in rows]
        for scope in (FileTree, *FileTree.__mro__[1:2], type(screen), type(pilot.app)):
            for binding in own_bindings(scope):
                # There is nowhere to go back, and nothing is compared.
                works = binding.key != NO_KEY and binding.id not in ("app.return", "view.compare")
                assert (binding.tooltip in told) is works, binding
        await pilot.press("escape", "slash", "question_mark")
        assert screen.query_one(FilterLine).value == "?"
        await pilot.press("f1")
        help_screen = pilot.app.screen
        assert isinstance(help_screen, HelpScreen)
        sections = dict(help_screen.sections)
        assert next(iter(sections)) == "In the filter line"
        told = [what for rows in sections.values() for _, what in rows]
        assert all_bindings()["app.quit"].tooltip not in told, "a q is typed there"


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (30, 8)])
async def test_help_scrolls_and_is_searched(analysis: Analysis, size: tuple[int, int]) -> None:
    async with opened(analysis, size) as (pilot, screen, _browser):
        await pilot.press("question_mark")
        await pilot.pause()
        pane = pilot.app.screen.query_one("#help-pane")
        assert pane.region.height > 2
        await pilot.press("j", "down")
        await until(pilot, lambda: pane.scroll_offset.y == 2)
        await pilot.press("k", "up", "pagedown")
        await pilot.pause()
        assert pane.scroll_offset.y > 0
        await pilot.press("slash", *"collapse")
        await pilot.pause()
        assert pilot.app.screen.query_one("#help-search", Input).value == "collapse"
        await pilot.press(*(["backspace"] * 8), *"directories")
        await pilot.pause()
        shown = text_of(pilot.app)
        assert "One line up" not in shown
        assert "Close all" in shown or size < (60, 20)
        await pilot.press("enter", "escape")
        assert isinstance(pilot.app.screen, HelpScreen), "first back from the search"
        await pilot.press("home")
        assert "In the layers" in text_of(pilot.app)
        await pilot.press("escape")
        assert screen.is_active
        for key in ("q", "question_mark", "f1"):
            await pilot.press("question_mark")
            assert isinstance(pilot.app.screen, HelpScreen)
            await pilot.press(key)
            assert screen.is_active, key


# ---------------------------------------------------------------------- pages


def test_the_page_of_keys_is_up_to_date() -> None:
    there = (ROOT / "docs" / "tui-keys.md").read_text(encoding="utf-8")
    hint = (
        "run: python -c 'from layerlens.tui.keys_page import *; write_page(\"docs/tui-keys.md\")'"
    )
    assert there == keys_page(), hint
    for name in all_bindings():
        assert f"| `{name}` |" in there


def test_what_the_page_for_users_of_dive_says_is_so() -> None:
    page = (ROOT / "docs" / "from-dive.md").read_text(encoding="utf-8")
    known = all_bindings()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    keys = [row for row in rows if len(row) >= 6 and row[3].startswith("`")]
    assert len(keys) >= 20
    for _, _, _, ids, here, dive, *_ in keys:
        bindings = [known[name.strip("`")] for name in ids.split()]
        for keymap, told in (({}, here), (DIVE, dive)):
            live = " ".join(names_of(live_keys(binding, keymap)) for binding in bindings)
            assert [key.strip("`") for key in told.split()] == live.split()
    for name in re.findall(r"`([a-z]+\.[a-z_]+)`", page):
        assert name in known, name


def test_the_page_for_users_of_dive_has_all_keys_of_dive() -> None:
    page = (ROOT / "docs" / "from-dive.md").read_text(encoding="utf-8")
    told = "\n".join(line.split(" | ")[1] for line in page.splitlines() if line.count(" | ") > 4)
    for key in (
        "Ctrl+C", "q", "Tab", "Ctrl+F", "Ctrl+/", "Esc", "←", "h", "→", "l", "Ctrl+Z", "↑", "k", "↓",
        "j", "PgUp", "u", "PgDn", "d", "Ctrl+L", "Ctrl+A", "Space", "Ctrl+Space", "Ctrl+R", "Ctrl+M",
        "Ctrl+U", "Ctrl+B", "Ctrl+O", "Ctrl+P", "Ctrl+E",
    ):  # fmt: skip
        assert f"`{key}`" in told, key
