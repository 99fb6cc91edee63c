"""Random keys, clicks, pastes and sizes, on every kind of image: nothing breaks.

``LAYERLENS_RANDOM_KEYS=20000`` presses more of them, ``LAYERLENS_RANDOM_SEED`` others.
"""

from __future__ import annotations

import io
import os
import random
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual import events
from textual.css.query import NoMatches
from textual.keys import _character_to_key
from textual.pilot import OutOfBounds, Pilot

from layerlens.analysis.model import Analysis, Partial
from layerlens.pipeline import analyse_image, open_image, reopen, retrieve
from layerlens.saved.load import load_from
from layerlens.saved.save import save
from layerlens.sources.image import ReadOptions
from layerlens.tui.app import LayerLensApp
from layerlens.tui.bindings import all_bindings, live_keys
from layerlens.tui.reading import Opened, Reader
from layerlens.tui.screens.loading import LoadingScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.settings import Settings
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.widgets.line_list import LineList
from tests.tui import image
from tests.tui.piloting import text_of, until
from tests.tui.test_preview import SCRIPT, Contents
from tests.unit.comparison.twoimages import attacked
from tests.unit.outputs import samples

pytestmark = pytest.mark.exhaustive

KEYS = int(os.environ.get("LAYERLENS_RANDOM_KEYS", "60"))
SEED = int(os.environ.get("LAYERLENS_RANDOM_SEED", "1"))

SIZES = ((80, 24), (60, 20), (300, 100), (120, 40), (40, 10), (12, 4), (1, 1))
TYPED = ("*.js", "[", "[/]", "(", "\\", "é", "日本", "e", "a", "$", "[red]x", "1", " ", "?", "'")
PASTED = ("\x1b[31mred", "two\nlines", "[/]", "a\x00b", "\u202e", "x" * 3000, "*" * 50)
LEFT_OUT = {"ctrl+z"}
"""It would stop the tests themselves."""


class Ready(Reader):
    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def read(self, _progress: object) -> Opened:
        return self._opened

    def glimpse(self) -> Opened | None:
        return None


def _contents(analysis: Analysis) -> Contents:
    """Something else in every version: texts, bytes, nothing."""
    of_kind = (
        SCRIPT,
        bytes(range(256)) * 9,
        b"",
        "日本\u202e\x1b[2J[red]\u0915\u093f\n".encode() * 99,
    )
    count = len(analysis.filesystem.paths)
    return Contents({version: of_kind[version % 4] for version in range(count)})


def _archive(folder: Path) -> Opened:
    options = ReadOptions()
    opened = open_image(str(image.write(folder / "image.tar")), options)
    analysis = analyse_image(opened, options)
    return Opened(analysis, retrieve(opened, analysis, options))


def _saved(folder: Path) -> Opened:
    opened = _archive(folder)
    stream = io.BytesIO()
    save(opened.analysis, stream)
    stream.seek(0)
    analysis = load_from(stream, "saved")
    return Opened(analysis, reopen(analysis.image.reference, ReadOptions(), analysis))


def _with_contents(make: Callable[[], Analysis]) -> Callable[[Path], Opened]:
    def made(_folder: Path) -> Opened:
        analysis = make()
        return Opened(analysis, _contents(analysis))

    return made


def _two(_folder: Path) -> Opened:
    found = attacked()
    return Opened(found.new, _contents(found.new), found, _contents(found.old))


IMAGES: dict[str, Callable[[Path], Opened]] = {
    "an archive": _archive,
    "a saved analysis": _saved,
    "judged": _with_contents(samples.judged),
    "packages": _with_contents(samples.packaged),
    "hostile": _with_contents(samples.hostile),
    "no layers": _with_contents(samples.empty),
    "a part": lambda _: Opened(replace(samples.shop(), partial=Partial(3))),
    "127 layers": lambda _: Opened(samples.many()),
    "two images": _two,
}


def _keys() -> list[str]:
    """All that is bound anywhere, what editing has, and text."""
    bound = {key for binding in all_bindings().values() for key in live_keys(binding, {})}
    editing = {"backspace", "delete", "left", "right", "ctrl+w", "ctrl+k", "shift+left"}
    return sorted((bound | editing) - LEFT_OUT) + list(TYPED)


class Monkey:
    def __init__(self, pilot: Pilot[Any], seed: object) -> None:
        self.pilot = pilot
        self.app = pilot.app
        self.random = random.Random(str(seed))  # noqa: S311 - not a secret
        self.keys = _keys()
        self.done: list[str] = []

    async def run(self, steps: int) -> None:
        pressed = 0
        while pressed < steps:
            what = self.random.random()
            if what < 0.02:
                size = self.random.choice(SIZES)
                self.done.append(f"size {size}")
                await self.pilot.resize_terminal(*size)
            elif what < 0.08:
                await self._click()
            elif what < 0.10:
                text = self.random.choice(PASTED)
                self.done.append(f"paste {text[:20]!r}")
                self.app.post_message(events.Paste(text))
            else:
                # Some keys of a burst come before the first of them has been acted upon.
                for _ in range(self.random.choice((1, 1, 1, 2, 5))):
                    self._press(self.random.choice(self.keys))
                    pressed += 1
            await self.pilot.pause(self.random.choice((0, 0, 0, 0.01, 0.15)))
            self.check()

    def _press(self, key: str) -> None:
        typing = isinstance(self.app.screen, PromptScreen)
        if typing and key in ("slash", "~", "tilde"):
            return  # files are to be written here and nowhere else
        self.done.append(key)
        if len(key) == 1 or key in TYPED:
            for char in key:
                self.app.post_message(events.Key(_character_to_key(char), char))
        else:
            self.app.post_message(events.Key(key, None))

    async def _click(self) -> None:
        width, height = self.app.size
        at = (self.random.randrange(width), self.random.randrange(height))
        self.done.append(f"click {at}")
        with suppress(OutOfBounds):
            await self.pilot.click(
                offset=at,
                shift=self.random.random() < 0.1,
                times=self.random.choice((1, 1, 2)),
            )

    # ------------------------------------------------------------------ what must hold

    def check(self) -> None:
        app = self.app
        assert app._exception is None, self.story()
        if app.screen._compositor.size != app.size:
            return  # a screen that has just come: it is not drawn yet
        shown = text_of(app)
        for line in shown.split("\n"):
            assert cell_len(line) == app.size.width, self.story(line)
        bad = {char for char in shown if char != "\n" and unicodedata.category(char)[0] == "C"}
        assert not bad, self.story(repr(bad))
        for lines in app.screen.query(LineList):
            assert 0 <= lines.cursor < max(1, lines.line_count()), self.story(str(lines))
        main = app._main if isinstance(app, LayerLensApp) else None
        assert main is not None
        with suppress(NoMatches, KeyError):  # its parts may not be there yet
            main.view.subject()
            main.view.copy_text()
        browser = main.session.browser
        assert 0 <= browser.layer < max(1, len(main.session.analysis.layers)), self.story()
        assert not isinstance(app.screen, LoadingScreen), self.story()
        assert main in app.screen_stack, self.story()

    def story(self, more: str = "") -> str:
        return f"{more}\n… {' '.join(self.done[-40:])}"


@pytest.fixture
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("HOME", str(tmp_path / "work"))


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("name", "plain"),
    # A short run takes each image once, a long one in both ways.
    [
        (name, way)
        for k, name in enumerate(IMAGES)
        for way in (False, True)
        if KEYS > 60 or k % 2 == way
    ],
)
async def test_random_keys(name: str, plain: bool, tmp_path: Path) -> None:
    opened = IMAGES[name](tmp_path)
    app = LayerLensApp(Ready(opened), f"{name} \x1b[31m[/]", Settings(plain=plain))
    app.exit = lambda *_, **__: None  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        monkey = Monkey(pilot, (name, plain, SEED))
        try:
            await monkey.run(KEYS)
        except Exception as error:  # noqa: BLE001 - with what led to it
            await pilot.pause(0.5)  # what waits must not meet an app that is gone
            raise AssertionError(monkey.story()) from (app._exception or error)
        # What waits must not meet an app that is gone.
        await until(pilot, app._message_queue.empty)
        await pilot.pause(0.2)
    assert app._exception is None
    assert app.session is not None
    assert isinstance(app.session, Session)
    app.session.marks.lines()


async def test_a_terminal_without_room_for_any_pane() -> None:
    app = LayerLensApp(Ready(Opened(samples.judged())), "x")
    async with app.run_test(size=(1, 1)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        await pilot.press("tab", "shift+tab")
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "judged:1" in text_of(app) or "shop:1.0" in text_of(app)


async def test_what_a_terminal_obeys_is_not_pasted() -> None:
    app = LayerLensApp(Ready(Opened(samples.judged())), "x")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        await pilot.press("slash")
        app.post_message(events.Paste("\x1b[31mr\x00e\u202ed\nmore"))
        await until(pilot, lambda: "[31mred" in text_of(app))
        assert "\x1b" not in text_of(app)
        assert "more" not in text_of(app)


async def test_a_burst_of_keys_closes_no_more_than_it_should() -> None:
    app = LayerLensApp(Ready(Opened(samples.judged(), _contents(samples.judged()))), "x")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        main = app.screen
        for opening in ("ctrl+p", "question_mark", "Y", "W"):
            await pilot.press(opening)
            await until(pilot, lambda: app.screen is not main)
            await pilot.pause(0.1)
            for _ in range(5):
                app.post_message(events.Key("escape", None))
            await until(pilot, lambda: main.is_active)
            await pilot.pause(0.05)
            assert app.screen is main, opening


async def test_a_burst_of_keys_opens_one_window() -> None:
    analysis = samples.judged()
    app = LayerLensApp(Ready(Opened(analysis, _contents(analysis))), "x")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        main = app.screen
        await pilot.press("tab", "e", "G")
        for _ in range(3):
            app.post_message(events.Key("v", "v"))
        await until(pilot, lambda: len(app.screen_stack) > 2)
        await pilot.pause(0.2)
        assert len(app.screen_stack) == 3
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is main)


async def test_the_palette_turns_pages_before_it_is_drawn() -> None:
    app = LayerLensApp(Ready(Opened(samples.judged())), "x")
    async with app.run_test(size=(12, 4)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        await pilot.press("ctrl+p")
        for _ in range(4):
            for key in ("down", "pagedown", "pageup"):
                app.post_message(events.Key(key, None))
            await pilot.resize_terminal(1, 1)
            await pilot.pause(0.05)
        assert app._exception is None
