"""Writing and extracting where the place is against it, and leaving in the middle."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import Input

from layerlens.progress import Progress, Step, silent
from layerlens.tui.background import WRITERS, wait_for_writers
from layerlens.tui.reading import Opened
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.screens.working import WorkingScreen
from tests.tui.piloting import notices, opened, text_of, until
from tests.tui.test_preview import Contents
from tests.unit.outputs import samples


def _is(pilot: Pilot[Any], kind: type) -> bool:
    return isinstance(pilot.app.screen, kind)


async def _asked_where_to_write(pilot: Pilot[Any]) -> Input:
    await pilot.press("W")
    await until(pilot, lambda: _is(pilot, ChoiceScreen))
    await pilot.press("1")
    await until(pilot, lambda: _is(pilot, PromptScreen))
    return pilot.app.screen.query_one(Input)


async def _asked_where_to_extract(pilot: Pilot[Any]) -> Input:
    await pilot.press("tab", "e", "G", "x")
    await until(pilot, lambda: _is(pilot, PromptScreen))
    return pilot.app.screen.query_one(Input)


class Slow(Contents):
    """Gives a first piece of each content, then waits for a stop or for leave to go on."""

    def __init__(self, contents: dict[int, bytes]) -> None:
        super().__init__(contents, "it \x1b[31mcosts [/]")
        self.begun, self.go_on = threading.Event(), threading.Event()

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        def pieces(data: bytes) -> Iterator[bytes]:
            yield data[:1]
            self.begun.set()
            while not self.go_on.wait(0.01):
                progress(Step("reading", 1, 2))
            yield data[1:]

        for version in sorted(versions):
            yield version, pieces(self._contents[version])


def _judged() -> tuple[Opened, Slow]:
    analysis = samples.judged()
    fs = analysis.filesystem
    slow = Slow({k: b"x" * fs.size(k) for k in range(len(fs.paths))})
    return Opened(analysis, slow), slow


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "work"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize("kind", ["pipe", "link to a pipe", "device", "folder", "NUL", "long"])
async def test_what_nothing_can_be_written_to(here: Path, kind: str) -> None:
    os.mkfifo(here / "pipe")
    (here / "link to a pipe").symlink_to("pipe")
    (here / "folder").mkdir()
    path = {"device": os.devnull, "NUL": "a\0b", "long": "x" * 5000}.get(kind, kind)
    before = sorted(os.listdir(here))
    async with opened(samples.judged()) as (pilot, screen, _browser):
        (await _asked_where_to_write(pilot)).value = path
        await pilot.press("enter", "enter")
        await pilot.pause(0.1)
        if kind == "long":
            await until(pilot, lambda: "cannot write" in notices(pilot.app))
        else:
            assert _is(pilot, PromptScreen)
            await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert sorted(os.listdir(here)) == before


async def test_a_folder_that_has_been_deleted(here: Path) -> None:
    os.rmdir(here)
    whole, slow = _judged()
    slow.go_on.set()
    async with opened(whole) as (pilot, screen, _browser):
        await _asked_where_to_write(pilot)
        assert "a folder that has been deleted" in text_of(pilot.app)
        await pilot.press("enter")
        await pilot.pause(0.1)
        if _is(pilot, PromptScreen):
            await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        await _asked_where_to_extract(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert "cannot write" in notices(pilot.app)


@pytest.mark.parametrize("path", ["a\0b", "file/below", ""])
async def test_what_nothing_can_be_extracted_to(here: Path, path: str) -> None:
    (here / "file").write_text("mine")
    async with opened(_judged()[0]) as (pilot, screen, _browser):
        (await _asked_where_to_extract(pilot)).value = path
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert _is(pilot, PromptScreen)
        assert "\x1b" not in text_of(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
    assert os.listdir(here) == ["file"]


async def test_what_is_in_the_way_is_replaced_and_not_followed(here: Path) -> None:
    whole, slow = _judged()
    slow.go_on.set()
    async with opened(whole) as (pilot, screen, _browser):
        await _asked_where_to_extract(pilot)
        subject = screen.view.subject()
        assert subject is not None
        assert subject.path is not None
        name = os.fsdecode(subject.path.rpartition(b"/")[2])
        (here / "elsewhere").write_text("mine")
        (here / name).symlink_to("elsewhere")
        await pilot.press("enter")
        await pilot.pause()
        assert "replace" in text_of(pilot.app)
        await pilot.press("enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert (here / "elsewhere").read_text() == "mine"
        assert not (here / name).is_symlink()


async def test_a_stop_in_the_middle_leaves_nothing(here: Path) -> None:
    whole, slow = _judged()
    async with opened(whole) as (pilot, screen, _browser):
        await _asked_where_to_extract(pilot)
        await pilot.press("enter")
        await until(pilot, slow.begun.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert "stopped" in notices(pilot.app)
        assert os.listdir(here) == []


async def test_leaving_in_the_middle_leaves_nothing(here: Path) -> None:
    whole, slow = _judged()
    async with opened(whole) as (pilot, _screen, _browser):
        await _asked_where_to_extract(pilot)
        await pilot.press("enter")
        await until(pilot, slow.begun.is_set)
        assert os.listdir(here) != []
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not pilot.app.is_running)
    wait_for_writers()  # as the app's caller does
    assert not WRITERS
    assert os.listdir(here) == []


async def test_work_that_ends_below_another_window(here: Path) -> None:
    whole, slow = _judged()
    async with opened(whole) as (pilot, screen, _browser):
        await _asked_where_to_extract(pilot)
        await pilot.press("enter")
        await until(pilot, slow.begun.is_set)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: _is(pilot, CommandPalette))
        slow.go_on.set()
        await until(pilot, lambda: not WRITERS)
        await pilot.pause(0.1)
        assert _is(pilot, CommandPalette), "it is not the one that has ended"
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert not any(isinstance(each, WorkingScreen) for each in pilot.app.screen_stack)
        assert "1 file" in notices(pilot.app)
    assert len(os.listdir(here)) == 1
    assert isinstance(screen, MainScreen)
