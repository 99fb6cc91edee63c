"""Marks, the clipboard and outputs, under a pilot."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.screen import ModalScreen
from textual.widgets import Input

from layerlens.analysis.model import Analysis, Partial, Unread
from layerlens.outputs.catalogue import OUTPUTS
from layerlens.outputs.html.image import write_html
from layerlens.outputs.report import Report
from layerlens.saved.load import load
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.prompt import PromptScreen
from tests.tui.piloting import notices, opened, text_of, until


def _is(pilot: Pilot[Any], kind: type) -> bool:
    return isinstance(pilot.app.screen, kind)


async def test_marks_are_shown_and_given_at_the_end(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, _browser):
        await pilot.press("tab", "n", "g", "m")
        await pilot.pause()
        assert "●" in text_of(pilot.app)
        assert screen.session.marks.lines() == ["/bin"]
        await pilot.press("m")
        await pilot.pause()
        assert "●" not in text_of(pilot.app)
        assert screen.session.marks.lines() == []
        await pilot.press("shift+tab", "m")
        assert not screen.session.marks, "a layer cannot be marked"


async def test_copy_the_path(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("tab", "n", "g", "y")
        assert pilot.app.clipboard == "/bin"
        await pilot.press("shift+tab", "y")
        assert pilot.app.clipboard == "/bin", "a layer has no path"


async def test_copy_something_else(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("Y")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("j", "enter")
        await until(pilot, lambda: _is(pilot, MainScreen))
        assert pilot.app.clipboard == str(analysis.layers[0].diff_id)
        await pilot.press("Y")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("1")
        await until(pilot, lambda: _is(pilot, MainScreen))
        assert pilot.app.clipboard.startswith("layerlens files ")
        before = pilot.app.clipboard
        await pilot.press("Y")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("9", "escape")
        await until(pilot, lambda: _is(pilot, MainScreen))
        assert pilot.app.clipboard == before


async def test_small_windows_leave_the_rest_in_sight(analysis: Analysis) -> None:
    async with opened(analysis, (100, 40)) as (pilot, _screen, _browser):
        for key in ("W", "Y", "question_mark"):
            await pilot.press(key)
            await until(pilot, lambda: isinstance(pilot.app.screen, ModalScreen))
            assert "shop/web:2.4" in text_of(pilot.app), key
            await pilot.press("escape")
            await until(pilot, lambda: _is(pilot, MainScreen))


@pytest.mark.parametrize("key", ["W", "ctrl+s"])
async def test_write_an_output(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press(key)
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("enter")
        await until(pilot, lambda: _is(pilot, PromptScreen))
        assert pilot.app.screen.query_one(Input).value == "shop-web-2.4.json"
        assert "shop-web-2.4.json" in text_of(pilot.app), "what is typed is seen"
        await pilot.press("enter")
        await until(pilot, (tmp_path / "shop-web-2.4.json").exists)
        await until(pilot, lambda: _is(pilot, MainScreen))
        written = json.loads((tmp_path / "shop-web-2.4.json").read_text())
        assert written["scores"]["total_bytes"] == analysis.scores.total_bytes


async def test_a_file_is_replaced_only_when_asked_twice(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "shop-web-2.4.txt"
    there.write_text("mine")
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("3")
        await until(pilot, lambda: _is(pilot, PromptScreen))
        await pilot.press("enter")
        await pilot.pause()
        assert there.read_text() == "mine"
        assert "replace it?" in text_of(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: there.read_text() != "mine")
        assert "shop/web:2.4" in there.read_text()


async def test_where_nothing_can_be_written(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("1")
        await until(pilot, lambda: _is(pilot, PromptScreen))
        pilot.app.screen.query_one(Input).value = "/no/such/folder/x"
        await pilot.press("enter")
        await pilot.pause()
        assert "no such directory" in text_of(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: _is(pilot, MainScreen))
    assert os.listdir(tmp_path) == []


async def test_what_needs_rules_says_so(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press(str([each.name for each in OUTPUTS].index("sarif") + 1))
        await pilot.pause()
        assert _is(pilot, ChoiceScreen), "it cannot be chosen"
        assert "needs the rules" in text_of(pilot.app)
        await pilot.press("q")
        await until(pilot, lambda: _is(pilot, MainScreen))


async def test_an_image_that_was_read_in_part_cannot_be_saved(analysis: Analysis) -> None:
    part = replace(analysis, partial=Partial(4, (Unread(4),)))
    async with opened(part) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("2")
        await pilot.pause()
        assert _is(pilot, ChoiceScreen)
        assert "needs the whole image" in notices(pilot.app)


async def test_what_is_saved_from_inside_can_be_opened(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press("2")
        await until(pilot, lambda: _is(pilot, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: os.path.exists("shop-web-2.4.lls"))
    assert load(str(tmp_path / "shop-web-2.4.lls")).scores == analysis.scores


@pytest.mark.parametrize("partial", [None, Partial(4, (Unread(4),))])
async def test_the_report_is_written_from_inside(
    analysis: Analysis,
    partial: Partial | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = replace(analysis, partial=partial)
    async with opened(shown) as (pilot, _screen, _browser):
        await pilot.press("W")
        await until(pilot, lambda: _is(pilot, ChoiceScreen))
        await pilot.press(str([each.name for each in OUTPUTS].index("html") + 1))
        await until(pilot, lambda: _is(pilot, PromptScreen))
        await pilot.press("enter")
        await until(pilot, lambda: os.path.exists("shop-web-2.4.html"))
    expected = io.BytesIO()
    write_html(Report(shown), expected)
    assert (tmp_path / "shop-web-2.4.html").read_bytes() == expected.getvalue()
    assert (b"4 of 5 layers were read" in expected.getvalue()) == (partial is not None)
