"""The application under a pilot: loading, every binding, errors, pictures."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Footer, Static

from layerlens.analysis.model import Analysis
from layerlens.errors import FormatError, Interrupted, Where
from layerlens.progress import Preview, Progress, Step
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.error import ErrorScreen
from layerlens.tui.screens.loading import LoadingScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.layer_details import LayerDetails
from layerlens.tui.widgets.layer_list import LayerList
from tests.tui import image
from tests.tui.piloting import SETTLED, TYPED, names, opened, text_of, until

# ---------------------------------------------------------------------- loading


async def test_loading_shows_progress_and_gives_way() -> None:
    go_on, seen = threading.Event(), threading.Event()

    def load(progress: Progress) -> Analysis:
        progress(Step("reading layers", 250_000_000, 1_000_000_000, layers=(3, 13)))
        seen.set()
        go_on.wait(10)
        raise FormatError("not a tar", where=Where(file="x.tar"), hint="save it again")

    app = LayerLensApp(Whole(load), "x.tar")
    async with app.run_test(size=(80, 24)) as pilot:
        assert isinstance(app.screen, LoadingScreen)
        await until(pilot, lambda: "250.0 MB of 1.0 GB" in text_of(app))
        shown = text_of(app)
        assert "reading layers" in shown
        assert "25.0%" in shown
        assert "3 of 13 layers" in shown
        assert len(re.findall(r"\d+ s\b", shown)) == 1
        assert "█" * 10 in shown
        go_on.set()
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))


async def test_progress_is_passed_on_a_few_times_a_second() -> None:
    def load(progress: Progress) -> Analysis:
        for k in range(50_000):
            progress(Step("reading layers", k, None))
        raise FormatError("done")

    app = LayerLensApp(Whole(load), "x.tar")
    reports: list[Step] = []
    app._loading.report = reports.append  # type: ignore[method-assign, assignment]
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.error is not None)
    assert len(reports) < 50


@pytest.mark.parametrize("key", ["escape", "q", "ctrl+c"])
async def test_stop_while_loading(key: str) -> None:
    stopped = threading.Event()

    def load(progress: Progress) -> Analysis:
        try:
            while True:
                progress(Step("reading layers", 1, None))
                threading.Event().wait(0.01)
        except Interrupted:
            stopped.set()
            raise

    app = LayerLensApp(Whole(load), "x.tar")
    async with app.run_test() as pilot:
        await pilot.pause()
        await pilot.press(key)
        await until(pilot, lambda: not app.is_running or stopped.is_set())
    assert stopped.is_set()
    assert isinstance(app.error, Interrupted)


async def test_a_reader_that_does_not_listen_is_left_behind() -> None:
    forever = threading.Event()

    def load(_progress: Progress) -> Analysis:
        forever.wait(30)
        raise FormatError("too late")

    app = LayerLensApp(Whole(load), "x.tar")
    async with app.run_test() as pilot:
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not app.is_running)
    assert isinstance(app.error, Interrupted)
    forever.set()


async def test_an_error_is_shown_and_handed_to_the_caller() -> None:
    error = FormatError(
        "broken \x1b[31mheader", where=Where("a.tar", "layer 1/2", b"e", 512), hint="save it again"
    )

    def load(_progress: Progress) -> Analysis:
        raise error

    app = LayerLensApp(Whole(load), "a.tar")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
        shown = text_of(app)
        assert "broken \\x1b[31mheader" in shown
        assert "a.tar, layer 1/2, entry e, offset 512" in shown
        assert "save it again" in shown
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)
    assert app.error is error


async def test_a_bug_in_the_load_is_handed_to_the_caller() -> None:
    def load(_progress: Progress) -> Analysis:
        raise ZeroDivisionError

    app = LayerLensApp(Whole(load), "a.tar")
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.error is not None)
    assert isinstance(app.error, ZeroDivisionError)


# ---------------------------------------------------------------------- bindings


async def test_layers_and_their_trees(analysis: Analysis) -> None:
    async with opened(analysis, (140, 40)) as (pilot, screen, browser):
        layers = screen.query_one(LayerList)
        assert screen.focused is layers
        for key, line in (
            ("j", 1), ("down", 2), ("k", 1), ("up", 0), ("G", 4), ("g", 0), ("end", 4), ("home", 0),
            ("pagedown", 4), ("pageup", 0), ("ctrl+d", 4), ("ctrl+u", 0), ("d", 4), ("u", 0),
        ):  # fmt: skip
            await pilot.press(key)
            assert layers.cursor == line, key
        await pilot.press("j")
        await pilot.pause(SETTLED)
        assert browser.layer == 1
        assert "usr" in " ".join(names(browser))
        shown = text_of(pilot.app)
        assert "RUN apt-get update && apt-get install -y curl" in shown
        assert "Layer 1" in shown


async def test_panes(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, _browser):
        order = [LayerList, FileTree, LayerDetails, LayerList]
        for pane in order[1:]:
            await pilot.press("tab")
            assert isinstance(screen.focused, pane)
        for pane in reversed(order[:-1]):
            await pilot.press("shift+tab")
            assert isinstance(screen.focused, pane)


async def test_details_can_be_hidden_and_shown(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, _browser):
        details = screen.query_one(LayerDetails)
        await pilot.press("tab", "tab")
        assert details.has_focus
        await pilot.press("i")
        assert details.region.height == 0
        assert screen.query_one(LayerList).has_focus
        await pilot.press("i")
        assert details.region.height > 0


async def test_moving_in_the_tree(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("tab", "c")
        tree = screen.query_one(FileTree)
        assert names(browser) == ["bin", "etc", "usr/share/names", "tmp"]
        for key in ("l", "right", "enter", "space"):
            if key in ("l", "right"):
                await pilot.press(key)
                assert names(browser)[:3] == ["bin", "busybox", "sh"]
                await pilot.press(key)
                assert tree.cursor == 1
                await pilot.press("h")
                assert tree.cursor == 0
                await pilot.press("left")
            else:
                await pilot.press(key)
                assert len(browser.rows) == 6
                await pilot.press(key)
            assert len(browser.rows) == 4, key
        await pilot.press("G", "l", "enter", "h")
        assert tree.cursor == 3, "nothing to open, nowhere to go"


async def test_expand_collapse_sort_fold(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, browser):
        for expand, collapse in (("e", "c"), ("E", "c")):
            await pilot.press(collapse)
            assert len(browser.rows) == 4
            await pilot.press(expand)
            assert len(browser.rows) == 14
        await pilot.press("n")
        assert (browser.sort, browser.reverse) == (SortBy.NAME, False)
        await pilot.press("n")
        assert (browser.sort, browser.reverse) == (SortBy.NAME, True)
        assert names(browser)[0] == "usr/share/names"
        await pilot.press("s")
        assert (browser.sort, browser.reverse) == (SortBy.SIZE, False)
        await pilot.press("s")
        assert browser.reverse
        await pilot.press("f")
        assert "usr" in names(browser)
        await pilot.press("f")
        assert "usr" not in names(browser)


async def test_aggregate(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, browser):
        await pilot.press("G")
        for key in ("a", "ctrl+a"):
            await pilot.press(key)
            assert browser.aggregate
            assert browser.layer == image.LAYERS - 1
            assert browser.total == (analysis.image.file_count, analysis.scores.live_bytes)
            await pilot.press(key)
            assert not browser.aggregate


async def test_kinds(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("G")
        await pilot.pause(SETTLED)
        keys = {
            "plus": ChangeKind.ADDED, "minus": ChangeKind.REMOVED, "tilde": ChangeKind.MODIFIED,
            "equals_sign": ChangeKind.UNCHANGED,
        }  # fmt: skip
        for key, kind in keys.items():
            await pilot.press(key)
            assert kind not in browser.kinds, key
            assert f"without {kind}" in str(screen.query_one(FileTree).border_title)
            await pilot.press(key)
            assert kind in browser.kinds, key
        await pilot.press("plus", "escape")
        assert not browser.is_filtered


@pytest.mark.parametrize("start", ["slash", "ctrl+f"])
async def test_filter(analysis: Analysis, start: str) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("c", start, *"BUSY")
        await pilot.pause(TYPED)
        assert names(browser) == ["bin", "busybox"]
        line = screen.query_one(FilterLine)
        assert line.has_focus
        await pilot.press("enter")
        assert screen.query_one(FileTree).has_focus
        assert line.display
        await pilot.press("escape")
        assert not bool(line.display)  # bool: mypy believes what it was before
        assert names(browser) == ["bin", "etc", "usr/share/names", "tmp"]
        await pilot.press("escape", "escape")
        assert pilot.app.is_running, "Esc never quits"


async def test_keys_right_behind_the_slash_are_the_filters(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        for key, char in (("slash", "/"), *((c, c) for c in "lib"), ("slash", "/"), ("s", "s")):
            pilot.app.post_message(events.Key(key, char))
        await pilot.pause(0.5)
        assert screen.query_one(FilterLine).value == "lib/s"
        assert not browser.reverse


async def test_filter_line_keys(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        await pilot.press("slash", *"q*")
        await pilot.pause(TYPED)
        assert names(browser) == []
        assert "nothing matches" in str(screen.query_one(FileTree).border_subtitle)
        await pilot.press("escape")
        assert not browser.is_filtered
        await pilot.press("slash", *"etc", "down")
        assert screen.query_one(FileTree).has_focus
        assert browser.text == "etc"
        await pilot.press("tab")
        assert screen.query_one(FilterLine).has_focus
        await pilot.press("ctrl+a", "ctrl+k", "enter")
        assert not browser.is_filtered
        assert not screen.query_one(FilterLine).display


async def test_permissions(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        assert "-rwsr-xr-x" not in text_of(pilot.app)
        for key in ("p", "ctrl+b"):
            await pilot.press("tab" if key == "p" else "shift+tab")
            await pilot.press("p", "e")
            await pilot.pause()
            assert "-rwsr-xr-x" in text_of(pilot.app)
            await pilot.press("p")


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_quit(analysis: Analysis, key: str) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press(key)
        await until(pilot, lambda: not pilot.app.is_running)
    assert pilot.app.return_value == 0


async def test_quit_while_typing(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, _browser):
        await pilot.press("slash", "q")
        assert screen.query_one(FilterLine).value == "q"
        await pilot.press("ctrl+c")
        await until(pilot, lambda: not pilot.app.is_running)


async def test_mouse(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, screen, browser):
        layers, tree = screen.query_one(LayerList), screen.query_one(FileTree)
        await pilot.click(layers, offset=(10, 4))
        assert layers.cursor == 3
        await pilot.pause(SETTLED)
        assert browser.layer == 3
        await pilot.press("c")
        await pilot.click(tree, offset=(10, 1))
        assert tree.has_focus
        assert len(browser.rows) > 1, "a click on the cursor's line opens it"
        await pilot.click(tree, offset=(10, 2))
        assert tree.cursor == 1
        await pilot.click(tree, offset=(10, 25))
        assert tree.cursor == 1, "nothing there"


async def test_the_wheel_scrolls(analysis: Analysis) -> None:
    async with opened(analysis, (80, 12)) as (pilot, screen, _browser):
        await pilot.press("e")
        tree = screen.query_one(FileTree)
        await pilot._post_mouse_events([events.MouseScrollDown], tree, offset=(5, 3))
        await pilot.pause(0.1)
        assert tree.scroll_offset.y > 0


# ---------------------------------------------------------------------- what is seen


async def test_hostile_names_are_escaped(analysis: Analysis) -> None:
    async with opened(analysis) as (pilot, _screen, _browser):
        await pilot.press("tab", "e")
        await pilot.pause()
        shown = text_of(pilot.app)
        for name in (
            "\\x1b[31mred\\n.txt",
            "[bold]markup[",
            "\\u202egnp.exe",
            "\\xff\\xfe",
            "日本語",
        ):
            assert name in shown
        assert "\x1b" not in shown


@pytest.mark.parametrize("size", [(60, 20), (40, 10), (20, 6), (80, 24), (300, 100)])
async def test_sizes(analysis: Analysis, size: tuple[int, int]) -> None:
    async with opened(analysis, size) as (pilot, screen, _browser):
        await pilot.press("j", "tab", "a", "e", "p", "i", "question_mark", "escape", "slash", "x")
        await pilot.pause(TYPED)
        if size >= (60, 20):
            assert screen.query_one(FileTree).region.height >= 5
            assert screen.query_one(FileTree).region.width >= 40
        assert screen.query_one(Footer).region.height == 1


@pytest.mark.parametrize(
    ("size", "theme", "keys"),
    [
        ((80, 24), "layerlens-dark", ["G"]),
        ((80, 24), "layerlens-light", ["j", "tab"]),
        ((120, 40), "layerlens-dark", ["G", "tab", "a", "e", "p"]),
        ((120, 40), "layerlens-light", ["G", "e"]),
        ((60, 20), "layerlens-dark", ["j", "tab"]),
    ],
    ids=["80x24-dark", "80x24-light", "120x40-dark-aggregate", "120x40-light", "60x20-dark"],
)
def test_picture(
    analysis: Analysis, snap_compare: Any, size: tuple[int, int], theme: str, keys: list[str]
) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        pilot.app.theme = theme
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        for key in keys:
            await pilot.press(key)
            await pilot.pause(SETTLED)
        await pilot.pause(TYPED)

    app = LayerLensApp(Whole(lambda _progress: analysis), "image.tar")
    assert snap_compare(app, terminal_size=size, run_before=prepare)


async def test_an_engine_preview_is_shown_while_waiting(analysis: Analysis) -> None:
    go_on = threading.Event()
    preview = Preview("shop:1", 3_000_000, ((2_000_000, "FROM x"), (0, "CMD [red]sh\x1b[0m")))

    def load(progress: Progress) -> Analysis:
        progress(Step("waiting for the Docker Engine", 0, 10, preview=preview))
        for done in range(5):
            progress(Step("waiting for the Docker Engine", done, 10))
        go_on.wait(20)
        return analysis

    app = LayerLensApp(Whole(load), "shop:1")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(
            pilot,
            lambda: bool(app.screen_stack and app.screen.query("#loading-preview.-known")),
        )
        box = app.screen.query_one("#loading-preview")
        await until(pilot, lambda: box.size.height >= 2)
        shown = str(app.screen.query_one("#loading-layers", Static).content)
        assert "2.0 MB  FROM x" in shown
        assert "[red]sh\\x1b[0m" in shown
        go_on.set()


def test_a_report_before_the_screen_has_its_parts_is_kept() -> None:
    screen = LoadingScreen("shop:1")
    screen.report(Step("reading", preview=Preview("shop:1", 1, ((1, "RUN x"),))))
    screen.stopping()


async def test_layers_to_come_take_a_line_each() -> None:
    go_on = threading.Event()
    layers = tuple((1000 * k, f"RUN step {k} " + "and more " * 30) for k in range(1, 9))

    def load(progress: Progress) -> Analysis:
        progress(Step("exporting", preview=Preview("shop/web:2.4", 36_000, layers)))
        go_on.wait(10)
        raise FormatError("done")

    app = LayerLensApp(Whole(load), "docker://shop/web")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "RUN step 1" in text_of(app))
        await pilot.pause(0.1)
        shown = text_of(app).splitlines()
        steps = [line for line in shown if "RUN step" in line]
        assert [f"step {k} " in line for k, line in enumerate(steps, 1)] == [True] * len(steps)
        assert sum("and more" in line for line in shown) == len(steps) >= 7
        assert all("…" in line for line in steps)
        go_on.set()
        await until(pilot, lambda: isinstance(app.screen, ErrorScreen))
