"""Parts of an image that arrive, stops and errors, each at the worst moment."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis, Partial
from layerlens.errors import FormatError, Interrupted, Where
from layerlens.partial import Arriving
from layerlens.pipeline import analyse_image, open_image
from layerlens.progress import Progress, Step
from layerlens.sources.image import ReadOptions
from layerlens.tui import loader
from layerlens.tui.app import LayerLensApp
from layerlens.tui.messages import Glimpsed, Loaded
from layerlens.tui.reading import Opened, Reader
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.error import ErrorNotice, ErrorScreen
from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.screens.history import HistoryScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.base import View
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.layer_list import LayerList
from tests.tui import image
from tests.tui.piloting import SETTLED, notices, text_of, until
from tests.unit.outputs import samples

BROKEN = FormatError("broken \x1b[31mheader [/]", where=Where("a.tar"), hint="save [it] again")


class Scripted(Reader):
    """Reads what it is told, when it is told."""

    def __init__(self) -> None:
        self.listens = True
        self._there: Opened | None = None
        self._new = False
        self._end = threading.Event()
        self._outcome: Opened | BaseException = Interrupted()

    def shows(self, analysis: Analysis) -> None:
        self._there, self._new = Opened(analysis), True

    def ends(self, outcome: Opened | BaseException) -> None:
        self._outcome = outcome
        self._end.set()

    def read(self, progress: Progress) -> Opened:
        while not self._end.wait(0.005):
            if self.listens:
                progress(Step("reading \x1b[31mlayers", 1, 4))
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def glimpse(self) -> Opened | None:
        new, self._new = self._new, False
        return self._there if new else None


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_FIRST_GLIMPSE", 0.01)
    monkeypatch.setattr(loader, "_GLIMPSES_APART", 0.01)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> list[Analysis]:
    """The tests' image with the first layer read, the first two, …, all of them."""
    path = image.write(tmp_path_factory.mktemp("parts") / "image.tar")
    found: list[Analysis] = []

    class Keeping(Arriving):
        def arrived(self, *arguments: Any) -> None:
            super().arrived(*arguments)
            analysis = self.analysis()
            assert analysis is not None
            found.append(analysis)

    options = ReadOptions(arrivals=Keeping("image.tar"))
    opened = open_image(str(path), options)
    try:
        found.append(analyse_image(opened, options))
    finally:
        opened.close()
    return found


@asynccontextmanager
async def reading(
    first: Analysis | None = None, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Pilot[Any], LayerLensApp, Scripted]]:
    """An app that reads; with a part of the image on the screen, if there is one."""
    reader = Scripted()
    app = LayerLensApp(reader, "image.tar")
    async with app.run_test(size=size) as pilot:
        if first is not None:
            reader.shows(first)
            await until(pilot, lambda: isinstance(app.screen, MainScreen))
            await until(pilot, lambda: app.screen.focused is not None)
        yield pilot, app, reader
        reader.ends(Interrupted())


def main_of(app: LayerLensApp) -> MainScreen:
    assert app._main is not None
    return app._main


# ---------------------------------------------------------------------- more arrives


async def test_the_whole_right_behind_a_part(parts: list[Analysis]) -> None:
    app = LayerLensApp(Scripted(), "image.tar")
    async with app.run_test(size=(100, 30)) as pilot:
        app.post_message(Glimpsed(Session(parts[0], reading=True)))
        app.post_message(Glimpsed(Session(parts[1], reading=True)))
        app.post_message(Loaded(Session(parts[-1])))
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        main = main_of(app)
        assert main.session.analysis is parts[-1]
        assert main.view.session is main.session
        await pilot.press("G", "tab")
        await pilot.pause(SETTLED)
        assert "server.js" in text_of(app)


async def test_more_arrives_while_a_view_is_being_made(
    parts: list[Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reading(parts[0]) as (pilot, app, _reader):
        main = main_of(app)
        for number, kind in enumerate(VIEWS[1:], 1):
            newer = Session(parts[number % len(parts)], reading=True)
            compose = kind.compose

            def arriving(view: View, compose: Any = compose, newer: Session = newer) -> Any:
                main.adopt(newer)
                return compose(view)

            monkeypatch.setattr(kind, "compose", arriving)
            await pilot.press(str(number + 1))
            await until(pilot, lambda number=number: main._tabs.chosen == number)  # type: ignore[misc]
            assert main.view.session is newer
            assert main.view.panes()[0] is main.focused


async def test_a_view_asked_for_twice_is_made_once(parts: list[Analysis]) -> None:
    async with reading(parts[0]) as (pilot, app, _reader):
        main = main_of(app)
        for _ in range(2):
            main.run_worker(main.action_view(2), exclusive=False)
        await until(pilot, lambda: main._tabs.chosen == 2)
        await pilot.pause()
        assert len(main.query(VIEWS[2])) == 1


@pytest.mark.parametrize("number", range(len(VIEWS)))
async def test_every_view_takes_every_part(parts: list[Analysis], number: int) -> None:
    """Also what has less than what is shown: an archive may turn out to hold other images."""
    async with reading(parts[0], (80, 24)) as (pilot, app, _reader):
        main = main_of(app)
        await pilot.press(str(number + 1), "end", "tab", "end", "m")
        for state in (parts[-1], parts[1], samples.empty(), samples.judged(), parts[0]):
            main.adopt(Session(state, reading=True))
            await pilot.press("enter", "end")
            assert main.view.session is main.session
            assert text_of(app)


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (("ctrl+p",), CommandPalette),
        (("question_mark",), HelpScreen),
        (("Y",), ChoiceScreen),
        (("W",), ChoiceScreen),
        (("W", "enter"), PromptScreen),
        (("tab", "end", "H"), HistoryScreen),
    ],
)
async def test_more_arrives_while_something_is_open(
    parts: list[Analysis], keys: tuple[str, ...], kind: type, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    async with reading(parts[0]) as (pilot, app, reader):
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await until(pilot, lambda: isinstance(app.screen, kind))
        reader.shows(parts[2])
        await until(pilot, lambda: main_of(app).session.analysis is parts[2])
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: main_of(app).session.analysis is parts[-1])
        assert isinstance(app.screen, kind), "it stays open"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert main_of(app).focused is not None


async def test_an_output_is_written_of_what_is_there_by_then(
    parts: list[Analysis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with reading(parts[0]) as (pilot, app, reader):
        await pilot.press("W")
        await until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("1")
        await until(pilot, lambda: isinstance(app.screen, PromptScreen))
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: not main_of(app).session.reading)
        await pilot.press("enter")
        await until(pilot, lambda: bool(list(tmp_path.iterdir())))
        await until(pilot, lambda: "written to" in notices(app))
        written = (tmp_path / "shop-web-2.4.json").read_text(encoding="utf-8")
        assert "not-read" not in written


async def test_a_history_that_is_open_is_told_anew(parts: list[Analysis]) -> None:
    """The numbers of versions and layers in it are those of what was there before."""
    async with reading(parts[0]) as (pilot, app, reader):
        main = main_of(app)
        main.session.browser.open_all()
        await pilot.press("tab", "slash", *"passwd", "enter", "G", "H")
        await until(pilot, lambda: isinstance(app.screen, HistoryScreen))
        assert "layer 4" not in text_of(app)
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: not main.session.reading)
        await pilot.press("enter")
        await until(pilot, lambda: "this is the history now" in notices(app))
        assert isinstance(app.screen, HistoryScreen)
        assert "chown -R node" in text_of(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is main)
        assert main.session.browser.layer == 4


# ---------------------------------------------------------------------- where the user is


async def test_the_cursor_of_layers_rests_where_it_was_put(parts: list[Analysis]) -> None:
    async with reading(parts[0]) as (pilot, app, _reader):
        main = main_of(app)
        await pilot.press("G")
        main.adopt(Session(parts[2], reading=True))  # before the tree has followed the cursor
        await pilot.pause(2 * SETTLED)
        assert main.query_one(LayerList).cursor == 4
        assert main.session.browser.layer == 4
        assert "Changes of layer 4" in str(main.query_one(FileTree).border_title)


async def test_a_path_that_is_gone_gives_the_cursor_to_its_directory(
    parts: list[Analysis],
) -> None:
    async with reading(parts[-1]) as (pilot, app, _reader):
        main = main_of(app)
        await pilot.press("j")
        await pilot.pause(SETTLED)
        await pilot.press("tab", "e", "slash", *"curl", "enter", "G")
        assert main.view.subject().path == b"usr/bin/curl"  # type: ignore[union-attr]
        main.adopt(Session(parts[0], reading=True))
        await pilot.press("escape")
        await pilot.pause()
        tree = main.query_one(FileTree)
        assert 0 <= tree.cursor <= max(0, tree.line_count() - 1)


async def test_a_range_that_is_longer_than_what_is_there_then(parts: list[Analysis]) -> None:
    async with reading(samples.many()) as (pilot, app, _reader):
        main = main_of(app)
        await pilot.press("G", "r", *("up",) * 3)
        await pilot.pause(SETTLED)
        assert main.session.browser.since == 123
        for state in (parts[-1], samples.empty(), samples.many()):
            main.adopt(Session(state, reading=True))
            await pilot.press("j", "k")
            await pilot.pause(SETTLED)
            assert main.session.browser.layer <= max(0, len(state.layers) - 1)


async def test_layers_are_followed_when_their_order_becomes_known(parts: list[Analysis]) -> None:
    async with reading(parts[-1]) as (pilot, app, _reader):
        main = main_of(app)
        whole = parts[-1]
        swapped = replace(whole, layers=(whole.layers[4], *whole.layers[1:4], whole.layers[0]))
        main.adopt(Session(swapped, reading=True))
        await pilot.pause()
        assert main.session.browser.layer == 4
        assert main.query_one(LayerList).cursor == 4


async def test_what_is_typed_and_marked_stays(parts: list[Analysis]) -> None:
    async with reading(parts[0]) as (pilot, app, reader):
        main = main_of(app)
        await pilot.press("tab", "slash", *"motd", "enter", "m", "slash", "x")
        marked = main.session.marks.paths
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: not main.session.reading)
        await pilot.press("y")
        assert main._input.value == "motdxy"
        assert main.focused is main._input
        assert marked
        assert main.session.marks.paths == marked


# ---------------------------------------------------------------------- stopping


@pytest.mark.parametrize("keys", [("escape",), ("ctrl+c",), ("escape", "escape")])
@pytest.mark.parametrize("listens", [True, False])
async def test_a_part_stays_after_a_stop(
    parts: list[Analysis], keys: tuple[str, ...], listens: bool
) -> None:
    async with reading(parts[1]) as (pilot, app, reader):
        reader.listens = listens
        await pilot.press(*keys)
        await until(pilot, lambda: not main_of(app).session.reading)
        assert "stopped: only what was read" in text_of(app)
        assert app.error is None
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.error is None


async def test_what_a_glimpse_saw_while_the_reading_was_stopped_is_shown(
    parts: list[Analysis],
) -> None:
    """A reader tells each state once, so the one that had it must not drop it."""
    looking, go_on = threading.Event(), threading.Event()

    class Slow(Scripted):
        def glimpse(self) -> Opened | None:
            found = super().glimpse()
            if found is not None:
                looking.set()
                go_on.wait(5)
            return found

    reader = Slow()
    app = LayerLensApp(reader, "image.tar")
    async with app.run_test(size=(100, 30)) as pilot:
        reader.shows(parts[2])
        await until(pilot, looking.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: not app._loader.is_running)
        go_on.set()
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        assert main_of(app).session.analysis is parts[2]
        assert not main_of(app).session.reading


async def test_the_load_that_ends_while_it_is_being_stopped(parts: list[Analysis]) -> None:
    async with reading(parts[1]) as (pilot, app, reader):
        reader.listens = False
        await pilot.press("escape")
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: main_of(app).session.analysis is parts[-1])
        app._loader.abandon()  # as the timer does
        await pilot.pause(0.05)
        assert main_of(app).session.analysis is parts[-1]
        assert "stop" not in main_of(app)._header._note


async def test_nothing_is_told_twice_whoever_ends_first() -> None:
    """The reader ends and is left behind at the same moment."""
    for _ in range(50):
        reader = Scripted()
        told: list[object] = []
        loading = loader.Loader(reader, told.append)
        reader.listens = False
        loading.start()
        threads: list[Callable[[], None]] = [
            lambda reader=reader: reader.ends(BROKEN),  # type: ignore[misc]
            loading.abandon,
        ]
        started = [threading.Thread(target=each) for each in threads]
        for thread in started:
            thread.start()
        for thread in (*started, loading._thread, loading._glances):
            thread.join(5)
        for thread in threading.enumerate():
            if thread.name == "layerlens-leave":
                thread.join(5)
        assert len(told) == 1


# ---------------------------------------------------------------------- errors


async def test_an_error_keeps_what_was_read(parts: list[Analysis]) -> None:
    async with reading(parts[1], (120, 30)) as (pilot, app, reader):
        reader.shows(parts[2])
        reader.ends(BROKEN)
        await until(pilot, lambda: isinstance(app.screen, ErrorNotice))
        shown = text_of(app)
        assert "broken \\x1b[31mheader [/]" in shown
        assert "save [it] again" in shown
        assert "a.tar" in shown
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        main = main_of(app)
        assert main.session.analysis is parts[2]
        assert not main.session.reading
        assert "failed: only what was read" in text_of(app)
        await pilot.press("j", "tab", "e", "escape")
        assert app.is_running
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.error is BROKEN, "so the exit code is that of a bad image"


async def test_an_error_while_something_is_open(parts: list[Analysis]) -> None:
    async with reading(parts[1]) as (pilot, app, reader):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        reader.ends(BROKEN)
        await until(pilot, lambda: isinstance(app.screen, ErrorNotice))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, MainScreen))


async def test_an_error_while_stopping_is_an_error(parts: list[Analysis]) -> None:
    async with reading(parts[1]) as (pilot, app, reader):
        reader.listens = False
        await pilot.press("escape")
        reader.ends(BROKEN)
        await until(pilot, lambda: isinstance(app.screen, ErrorNotice))
    assert app.error is BROKEN


async def test_an_error_before_anything_is_shown() -> None:
    async with reading() as (pilot, app, reader):
        await pilot.press("ctrl+p")
        reader.ends(BROKEN)
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)
    assert app.error is BROKEN


async def test_the_first_part_comes_while_the_palette_is_open(parts: list[Analysis]) -> None:
    async with reading() as (pilot, app, reader):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        reader.shows(parts[0])
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        await until(pilot, lambda: app.screen.focused is not None)
        reader.ends(Opened(parts[-1]))
        await until(pilot, lambda: not main_of(app).session.reading)


async def test_a_bug_in_a_glimpse_is_told_as_one(parts: list[Analysis]) -> None:
    class Buggy(Scripted):
        def glimpse(self) -> Opened | None:
            raise ZeroDivisionError

    reader = Buggy()
    app = LayerLensApp(reader, "image.tar")
    async with app.run_test() as pilot:
        await until(pilot, lambda: not app.is_running)
    assert isinstance(app.error, ZeroDivisionError)
    reader.ends(Opened(parts[-1]))


async def test_a_partial_image_says_so(parts: list[Analysis]) -> None:
    unordered = replace(parts[1], partial=Partial(2, ordered=False))
    async with reading(unordered, (60, 20)) as (pilot, app, _reader):
        for key in "12345":
            await pilot.press(key)
            await pilot.pause()
            assert text_of(app)
