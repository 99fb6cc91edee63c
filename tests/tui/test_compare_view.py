"""The view of a comparison under a pilot, from two archives to what differs in a file."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from layerlens.cli.browse_two import TwoImagesReader
from layerlens.cli.compare import compare_parser
from layerlens.comparison.model import Comparison
from layerlens.errors import ImageError, Interrupted
from layerlens.outputs.catalogue import OF_COMPARISONS, OUTPUTS
from layerlens.progress import Step, silent
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Opened
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.diff import DiffScreen
from layerlens.tui.screens.error import ErrorScreen
from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.screens.history import HistoryScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.preview import PreviewScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.settings import Settings
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.compare import CompareView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.widgets.filter_line import FilterLine
from tests.tui import shop
from tests.tui.piloting import SETTLED, TYPED, notices, opened, text_of, until
from tests.tui.test_hostile import holds
from tests.tui.test_preview import Contents
from tests.unit.comparison.twoimages import attacked, shops


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The shop as it was, and as it is."""
    folder = tmp_path_factory.mktemp("shops")
    return str(shop.write_older(folder / "old.tar")), str(shop.write(folder / "new.tar"))


def reader(old: str, new: str) -> TwoImagesReader:
    arguments = compare_parser().parse_args([old, new, "--no-cache"])
    return TwoImagesReader(arguments, None, findings=True)


def with_contents(comparison: Comparison) -> Opened:
    """A comparison made by hand, with something in every file of both images."""
    sides = [
        Contents({k: b"one\n%d\n" % (k + n) for k in range(len(each.filesystem.paths))})
        for n, each in enumerate((comparison.new, comparison.old))
    ]
    return Opened(comparison.new, sides[0], comparison, sides[1])


@asynccontextmanager
async def comparing(
    what: Opened, size: tuple[int, int] = (100, 30), settings: Settings | None = None
) -> AsyncIterator[tuple[Pilot[Any], MainScreen, CompareView]]:
    async with opened(what, size, settings) as (pilot, screen, _browser):
        view = screen.view
        assert isinstance(view, CompareView), "it is shown first"
        yield pilot, screen, view


def trail(view: CompareView) -> str:
    return view._browser.trail().replace("\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}", ">")


async def go_to(pilot: Pilot[Any], view: CompareView, text: str) -> None:
    """Put the cursor on the row whose text begins so."""
    level = view._browser.level
    at = next(k for k, row in enumerate(level.table.rows) if level.text(row).startswith(text))
    view._list.lines.cursor = at
    await pilot.pause()


# ---------------------------------------------------------------------- from two archives


async def test_from_two_archives_to_what_differs_in_a_file(
    archives: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with comparing(reader(*archives).read(silent)) as (pilot, screen, view):
        shown = text_of(pilot.app)
        assert "6 Compare +959.7 kB" in shown
        assert "shop:2.4" in shown, "the header is about the new image"
        assert archives[0] in dict(view._browser.level.told(view._list.row)[2])["old"]
        await go_to(pilot, view, "files:")
        await pilot.press("enter", "a")
        assert trail(view) == "Compare > Files > all paths"

        await go_to(pilot, view, "/app/src/settings.json")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        await until(pilot, lambda: "currency" in text_of(pilot.app))
        shown = text_of(pilot.app)
        assert "old image, layer 5, " in shown
        assert "new image, layer 5, " in shown
        assert '+   "currency": "EUR",' in shown
        assert '-   "log": "debug",' in shown
        await pilot.press("escape")
        await until(pilot, lambda: screen.is_active)

        await go_to(pilot, view, "/app/src/run")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(pilot.app.screen, DiffScreen))
        await until(pilot, lambda: "the content is the same" in text_of(pilot.app))
        assert "/app/bin/run  →  /app/src/run" in text_of(pilot.app)
        await pilot.press("escape")
        await until(pilot, lambda: screen.is_active)

        # Only the old image has it: its content, history and a copy of it come from there.
        await go_to(pilot, view, "/app/TODO.md")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
        await until(pilot, lambda: "prices without rounding" in text_of(pilot.app))
        await pilot.press("escape")
        await until(pilot, lambda: screen.is_active)
        await pilot.press("y", "m", "t")
        await until(pilot, lambda: "only the old image has this path" in notices(pilot.app))
        assert pilot.app.clipboard == "/app/TODO.md"
        assert screen.session.marks.lines() == ["/app/TODO.md"]
        await pilot.press("H")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen))
        await pilot.press("enter")
        await until(pilot, lambda: "shows those of the new one" in notices(pilot.app))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, (tmp_path / "TODO.md").exists)
        assert (tmp_path / "TODO.md").read_text() == shop.NOTES * 3
        await until(pilot, lambda: screen.is_active)

        # What lives in the new image is shown in its tree, and Backspace comes back.
        await go_to(pilot, view, "/app/src/server.js")
        await pilot.press("t")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        found = screen.view.subject()
        assert found is not None
        assert (found.path, screen.session.browser.layer) == (b"app/src/server.js", 5)
        await pilot.press("backspace")
        await until(pilot, lambda: screen.view is view)
        await pilot.press("escape", "escape")
        assert trail(view) == "Compare"

        await pilot.press("W")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press("enter")
        await until(pilot, (tmp_path / "shop-2.4.compare.json").exists)
        written = json.loads((tmp_path / "shop-2.4.compare.json").read_text())
        size = view._browser.both.comparison.size
        assert written["size"] == {"old": size.old, "new": size.new, "change": size.change}

        # The comparison's page has both; that of the image is of it alone.
        offered = [each.name for each in (*OF_COMPARISONS, *OUTPUTS)]
        for name, file in (
            ("comparison-html", "shop-2.4.compare.html"), ("html", "shop-2.4.html"),
        ):  # fmt: skip
            await until(pilot, lambda: screen.is_active)
            await pilot.press("W")
            await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
            await pilot.press(*["down"] * offered.index(name), "enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, PromptScreen))
            await pilot.press("enter")
            await until(pilot, (tmp_path / file).exists)
        title = "shop:2.3 → shop:2.4"
        assert f"<title>{title} - LayerLens" in (tmp_path / "shop-2.4.compare.html").read_text()
        alone = (tmp_path / "shop-2.4.html").read_text()
        assert title not in alone
        assert "#/changes" not in alone
        screen.session.close()


def test_the_new_image_is_there_when_the_old_one_is_not(archives: tuple[str, str]) -> None:
    stages: list[str] = []

    def stop(step: Step) -> None:
        stages.append(step.stage)
        assert step.preview is None or not step.stage.startswith("old image")
        if step.stage.startswith("old image"):
            raise Interrupted

    reading = reader(*archives)
    assert reading.glimpse() is None
    with pytest.raises(Interrupted):
        reading.read(stop)
    assert stages[0].startswith("new image: ")
    whole = reading.glimpse()
    assert whole is not None
    assert whole.analysis.partial is None
    assert whole.retrieval is not None
    assert whole.comparison is None
    assert reading.glimpse() is None, "once is enough"

    reading = reader("nowhere.tar", archives[1])
    with pytest.raises(ImageError) as caught:
        reading.read(silent)
    assert caught.value.where.file == "nowhere.tar"
    assert reading.glimpse() is not None


async def test_an_error_in_either_image_is_told(archives: tuple[str, str]) -> None:
    app = LayerLensApp(reader("/nowhere.tar", archives[1]), "both")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen) or app.error is not None)
        await until(pilot, lambda: "/nowhere.tar" in text_of(app))
    assert isinstance(app.error, ImageError)


# ---------------------------------------------------------------------- the view


async def test_levels_filters_and_kinds() -> None:
    async with comparing(with_contents(shops()), (120, 40)) as (pilot, screen, view):
        await pilot.press("plus", "a")
        assert "go into the files first" in notices(pilot.app)
        await go_to(pilot, view, "files:")
        await pilot.press("l", "h", "enter")
        assert "20 paths, +262.5 kB" in text_of(pilot.app)
        await pilot.press("slash", *"*.svg")
        await pilot.pause(TYPED)
        await pilot.press("enter")
        assert "with *.svg · 2 paths, 0 B" in text_of(pilot.app)
        assert [row.path for row in view._browser.table.rows] == [b"app"]
        await pilot.press("enter")
        assert screen.query_one(FilterLine).value == "*.svg", "what is below is filtered alike"
        shown = text_of(pilot.app)
        assert "public/logo.svg (from /app/static/logo.svg)" in shown
        assert "moved away" in shown
        await pilot.press("escape", "greater_than_sign", "minus", "n")
        shown = text_of(pilot.app)
        assert "without removed, moved" in shown
        assert "by name" in shown
        assert "notes.txt" not in shown
        await pilot.press("tilde", "plus", "s")
        await pilot.pause(SETTLED)
        assert "Nothing of the kinds that are shown; Esc shows all." in text_of(pilot.app)
        await pilot.press("y", "v", "D", "m", "enter", "t")
        assert screen.is_active
        await pilot.press("escape")
        assert len(view._browser.table) == 5
        await pilot.press("escape")
        assert trail(view) == "Compare > Files"
        await pilot.press("escape", "escape", "escape")
        assert trail(view) == "Compare"

        await go_to(pilot, view, "layers:")
        await pilot.press("enter", "j", "enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.session.browser.layer == 1
        await pilot.press("escape")
        await until(pilot, lambda: screen.view is view)
        await pilot.press("backspace")
        await go_to(pilot, view, "findings:")
        await pilot.press("enter", "G", "m")
        assert screen.session.marks.lines() == ["package-lists: package lists (layer 1)"]
        await pilot.press("g", "m")
        assert "there is none under the cursor" in notices(pilot.app)
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        told = dict(pilot.app.screen.sections)
        assert ("→", "the same content at another path") in told["Signs in the view Compare"]
        await pilot.press("escape", "1", "right_square_bracket", "left_square_bracket", "6")
        await until(pilot, lambda: screen.view is view)
        await pilot.press("right_square_bracket")
        assert screen._tabs.chosen == 0, "after the last comes the first"


async def test_it_comes_when_both_were_read() -> None:
    found = with_contents(shops())
    async with opened(Opened(found.analysis), (60, 20)) as (pilot, screen, _browser):
        await pilot.press("6")
        assert isinstance(screen.view, LayersView), "nothing is compared yet"
        assert "6" not in text_of(pilot.app).splitlines()[2]
        screen.adopt(Session.of(found))
        await pilot.pause(SETTLED)
        assert isinstance(screen.view, LayersView), "whoever has pressed a key is left alone"
        assert "see the view Compare" in notices(pilot.app)
        assert text_of(pilot.app).splitlines()[2].rstrip().endswith("6 Compare")
        await pilot.click("ViewTabs", offset=(55, 0))
        await until(pilot, lambda: bool(screen.query("CompareView.view")))
        view = screen.query_one(CompareView)
        await until(pilot, lambda: screen.view is view)
        screen.adopt(Session.of(found))
        await pilot.press("j", "j", "enter")
        assert trail(view) == "Compare > Files"
    async with opened(Opened(found.analysis)) as (pilot, screen, _browser):
        screen.adopt(Session.of(found))
        await until(pilot, lambda: isinstance(screen.view, CompareView))


@pytest.mark.parametrize("size", [(60, 20), (300, 100)])
async def test_hostile_names(size: tuple[int, int]) -> None:
    async with comparing(with_contents(attacked()), size) as (pilot, screen, view):
        for label in ("size:", "layers:", "for nothing:", "files:"):
            await go_to(pilot, view, label)
            holds(pilot)
            await pilot.press("enter", "end")
            await pilot.pause(SETTLED)
            holds(pilot)
            if label != "files:":
                await pilot.press("escape")
        await pilot.press("a", "i")
        for at in range(0, len(view._browser.table), 9):
            view._list.lines.cursor = at
            await pilot.pause(SETTLED)
            holds(pilot)
            await pilot.press("y", "enter")
            await pilot.pause(SETTLED)
            holds(pilot)
            assert pilot.app.clipboard.isprintable()
            if not screen.is_active:
                await pilot.press("escape")
                await until(pilot, lambda: screen.is_active)


async def test_in_words() -> None:
    plain = Settings(plain=True, unicode=False)
    async with comparing(with_contents(shops()), (100, 30), plain) as (pilot, _screen, view):
        shown = text_of(pilot.app)
        assert "What size, Old 223.6 kB, New 516.1 kB, Change +292.5 kB (+130.8%)" in shown
        await go_to(pilot, view, "files:")
        await pilot.press("enter", "a", "tilde")
        await pilot.pause(SETTLED)
        shown = text_of(pilot.app)
        assert "Change -2.5 kB, Old 2.5 kB, What removed, Path /app/notes.txt" in shown
        assert "without changed" in shown
        assert shown.isascii()


def test_picture(snap_compare: Any) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await until(pilot, lambda: pilot.app.screen.focused is not None)
        await pilot.press("j", "j", "enter", "j", "j", "enter")
        await pilot.pause(TYPED)

    app = LayerLensApp(_Ready(with_contents(shops())), "image.tar")
    assert snap_compare(app, terminal_size=(120, 40), run_before=prepare)


class _Ready:
    def __init__(self, whole: Opened) -> None:
        self._whole = whole

    def read(self, _progress: object) -> Opened:
        return self._whole

    def glimpse(self) -> None:
        return None
