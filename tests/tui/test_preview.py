"""The screens of a content and of a difference under a pilot: every state and every binding."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.app import App
from textual.css.query import NoMatches
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Footer

from layerlens.errors import Interrupted, SourceError, Where
from layerlens.filesystem.changes import Entry
from layerlens.progress import Progress, Step, silent
from layerlens.retrieval import Cost
from layerlens.tui import app as app_module
from layerlens.tui.jobs import FETCHING
from layerlens.tui.screens import preview as preview_module
from layerlens.tui.screens.content import ContentScreen, SearchLine
from layerlens.tui.screens.diff import DiffScreen
from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.screens.preview import PreviewScreen
from layerlens.tui.viewmodel.hexdump import HexLines
from layerlens.tui.viewmodel.highlight import Colours, colours
from layerlens.tui.viewmodel.preview import FileVersion
from layerlens.tui.widgets.content_lines import ContentLines

TEXT = "".join(f"line {k}\n" for k in range(1, 101))
LONG = "start " + "x" * 300 + " needle end\nshort\n"
SCRIPT = b"#!/bin/sh\n# a note\nif true; then echo hi; fi\n"


class Contents:
    """A retrieval that has contents by version, and does as it is told."""

    def __init__(
        self,
        contents: dict[int, bytes],
        announced: str | None = None,
        before: Callable[[Progress], None] = lambda _progress: None,
    ) -> None:
        self._contents = contents
        self._announced = announced
        self._before = before
        self.fetched: list[list[int]] = []
        self.closed = 0

    def cost(self, version: int) -> Cost:
        return Cost.NONE if self._announced is None else Cost.EXPORT

    def announcement(self, versions: Collection[int]) -> str | None:
        return self._announced

    def fetch(
        self, versions: Collection[int], progress: Progress = silent
    ) -> Iterator[tuple[int, Iterator[bytes]]]:
        self.fetched.append(list(versions))
        try:
            self._before(progress)
            for version in sorted(versions, reverse=True):
                if version in self._contents:
                    yield version, iter([self._contents[version]])
        finally:
            self.closed += 1

    def close(self) -> None:
        pass


class Host(App[None]):
    CSS_PATH = Path(app_module.__file__).parent / "app.tcss"

    def __init__(self, make: Callable[[], Screen[None]]) -> None:
        super().__init__()
        self._make = make
        self.left = False
        self.copied = ""

    def on_mount(self) -> None:
        self.push_screen(self._make(), self._back)

    def _back(self, _result: None) -> None:
        self.left = True

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text
        super().copy_to_clipboard(text)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")


def version(number: int, data: bytes, path: bytes = b"etc/file", **values: Any) -> FileVersion:
    fate = values.pop("fate", "")
    entry = Entry(path, "file", len(data), 0o644, 0, 0, 0, None, None, number)
    return FileVersion(number, entry._replace(**values), fate=fate)


def one(data: bytes | str, path: bytes = b"etc/file", **values: Any) -> Callable[[], PreviewScreen]:
    data = data.encode() if isinstance(data, str) else data
    return lambda: PreviewScreen("", [version(3, data, path, **values)], Contents({3: data}))


async def until(pilot: Pilot[Any], what: Callable[[], bool]) -> None:
    for _ in range(500):
        with suppress(NoMatches, IndexError):
            if what():
                await pilot.pause()
                return
        await pilot.pause(0.02)
    raise AssertionError(f"it did not come to that; the screen shows\n{text_of(pilot.app)}")


def text_of(app: App[Any]) -> str:
    strips = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


@asynccontextmanager
async def opened(
    make: Callable[[], ContentScreen], size: tuple[int, int] = (80, 24), *, shown: bool = True
) -> AsyncIterator[tuple[Pilot[Any], Any, ContentLines]]:
    app = Host(make)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: bool(app.screen.query(ContentLines)))
        screen = app.screen
        assert isinstance(screen, ContentScreen)
        lines = screen.query_one(ContentLines)
        if shown:
            await until(pilot, lambda: bool(lines.display) and lines.size.height > 0)
        yield pilot, screen, lines


def left(pilot: Pilot[Any]) -> Callable[[], bool]:
    app = pilot.app
    assert isinstance(app, Host)
    return lambda: app.left


def copied_by(pilot: Pilot[Any]) -> str:
    app = pilot.app
    assert isinstance(app, Host)
    return app.copied


# ---------------------------------------------------------------------- asking and fetching


async def test_it_asks_before_an_export() -> None:
    retrieval = Contents({3: b"hello\n"}, "the whole image is exported \x1b[1magain")
    async with opened(
        lambda: PreviewScreen("", [version(3, b"hello\n")], retrieval), shown=False
    ) as (pilot, _screen, lines):
        await until(pilot, lambda: "the whole image is exported" in text_of(pilot.app))
        shown = text_of(pilot.app)
        assert "\\x1b[1magain" in shown
        assert "Go on" in shown
        assert "Wrap" not in shown
        await pilot.press("slash", "w", "x", "n")
        assert retrieval.fetched == []
        await pilot.press("enter")
        await until(pilot, lambda: "hello" in text_of(pilot.app))
        assert retrieval.fetched == [[3]]
        assert retrieval.closed == 1
        assert lines.has_focus


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_asking_can_be_declined(key: str) -> None:
    retrieval = Contents({3: b"hello\n"}, "again")
    async with opened(
        lambda: PreviewScreen("", [version(3, b"hello\n")], retrieval), shown=False
    ) as (pilot, _screen, _lines):
        await until(pilot, lambda: "again" in text_of(pilot.app))
        await pilot.press(key)
        await until(pilot, left(pilot))
    assert retrieval.fetched == []


async def test_progress_and_stop() -> None:
    ended = threading.Event()

    def wait(progress: Progress) -> None:
        try:
            while True:
                progress(Step("waiting for the Docker Engine", 25_000_000, 100_000_000))
                time.sleep(0.01)
        finally:
            ended.set()

    retrieval = Contents({}, before=wait)
    async with opened(
        lambda: PreviewScreen("", [version(3, b"hello\n")], retrieval), shown=False
    ) as (pilot, _screen, _lines):
        await until(pilot, lambda: "25.0 MB of 100.0 MB" in text_of(pilot.app))
        shown = text_of(pilot.app)
        assert "waiting for the Docker Engine" in shown
        assert "██████████" in shown
        assert "Esc stops" in shown
        assert not left(pilot)()
        await pilot.press("escape")
        await until(pilot, left(pilot))
        assert ended.is_set()
    assert retrieval.closed == 1
    assert not FETCHING.locked()


async def test_a_reader_that_does_not_listen_is_left_behind_and_then_waited_for() -> None:
    go_on = threading.Event()
    slow = Contents({3: b"late\n"}, before=lambda _progress: void(go_on.wait(20)))
    async with opened(lambda: PreviewScreen("", [version(3, b"late\n")], slow), shown=False) as (
        pilot,
        _screen,
        _lines,
    ):
        await until(pilot, FETCHING.locked)
        await pilot.press("escape", "escape")
        await until(pilot, left(pilot))
        quick = Contents({4: b"quick\n"})
        pilot.app.push_screen(PreviewScreen("", [version(4, b"quick\n")], quick))
        await until(pilot, lambda: "waiting for the reading before" in text_of(pilot.app))
        assert quick.fetched == []
        go_on.set()
        await until(pilot, lambda: "quick" in text_of(pilot.app))


async def test_the_first_stop_gives_the_reader_a_second() -> None:
    go_on = threading.Event()
    slow = Contents({}, before=lambda _progress: void(go_on.wait(20)))
    async with opened(lambda: PreviewScreen("", [version(3, b"late\n")], slow), shown=False) as (
        pilot,
        _screen,
        _lines,
    ):
        await until(pilot, FETCHING.locked)
        await pilot.press("q")
        await until(pilot, lambda: "stopping" in text_of(pilot.app))
        await until(pilot, left(pilot))
    go_on.set()


def void(_value: object) -> None:
    """Give nothing back."""


async def test_an_error_is_shown() -> None:
    def fail(_progress: Progress) -> None:
        raise SourceError(
            "the image \x1b[31mis gone", where=Where("shop:1", "layer 2/3"), hint="pull it again"
        )

    async with opened(
        lambda: PreviewScreen("", [version(3, b"x")], Contents({}, before=fail)), shown=False
    ) as (pilot, _screen, _lines):
        await until(pilot, lambda: "\\x1b[31mis gone" in text_of(pilot.app))
        shown = text_of(pilot.app)
        assert "in shop:1, layer 2/3" in shown
        assert "pull it again" in shown
        assert "Esc goes back" in shown
        await pilot.press("slash", "enter", "x", "w")
        await pilot.press("escape")
        await until(pilot, left(pilot))
    assert not FETCHING.locked()


async def test_a_content_that_does_not_come() -> None:
    async with opened(lambda: PreviewScreen("", [version(3, b"x")], Contents({})), shown=False) as (
        pilot,
        _screen,
        _lines,
    ):
        await until(pilot, lambda: "1 of 1 contents did not come" in text_of(pilot.app))


async def test_a_bug_is_not_hidden() -> None:
    def fail(_progress: Progress) -> None:
        raise ZeroDivisionError

    app = Host(lambda: PreviewScreen("", [version(3, b"x")], Contents({}, before=fail)))

    async def run() -> None:
        async with app.run_test() as pilot:
            await until(pilot, lambda: app._exception is not None)

    with pytest.raises(ZeroDivisionError):
        await run()


async def test_what_has_no_content_is_not_fetched() -> None:
    retrieval = Contents({}, "never asked")
    link = version(3, b"", kind="symlink", target=b"../\x1by")
    async with opened(lambda: PreviewScreen("", [link], retrieval)) as (pilot, _screen, _lines):
        await until(pilot, lambda: text_of(pilot.app).count("symbolic link to ../\\x1by") == 2)
        await pilot.press("slash", "x", "w", "n", "right", "dollar_sign")
        await pilot.press("escape", "escape", "escape")
        await until(pilot, left(pilot))
    assert retrieval.fetched == []


async def test_an_empty_file() -> None:
    async with opened(one(b"")) as (pilot, _screen, lines):
        assert "empty" in text_of(pilot.app)
        assert lines.line_count() == 1


# ---------------------------------------------------------------------- looking


async def test_title_and_position() -> None:
    async with opened(one(TEXT, b"etc/\x1b[1mx", fate="deleted in layer 9")) as (
        pilot,
        _screen,
        _lines,
    ):
        await until(pilot, lambda: "line 1 of 100 · text ASCII" in text_of(pilot.app))
        shown = text_of(pilot.app)
        assert "/etc/\\x1b[1mx" in shown
        assert "792 B · layer 3 · deleted in layer 9 · -rw-r--r-- · 0:0" in shown
        assert "\x1b" not in shown
        await pilot.press("j")
        assert "line 2 of 100" in text_of(pilot.app)


async def test_walking() -> None:
    async with opened(one(TEXT)) as (pilot, _screen, lines):
        for key, line in (
            ("j", 1), ("down", 2), ("k", 1), ("up", 0), ("G", 99), ("g", 0), ("end", 99), ("home", 0),
        ):  # fmt: skip
            await pilot.press(key)
            assert lines.cursor == line, key
        await pilot.press("pagedown")
        assert 10 < lines.cursor < 30
        await pilot.click(lines, offset=(10, 3))
        assert lines.cursor == lines.scroll_offset.y + 2
        await pilot._post_mouse_events([events.MouseScrollDown], lines, offset=(5, 3))
        await pilot.pause(0.1)


async def test_to_the_side() -> None:
    async with opened(one(LONG)) as (pilot, _screen, lines):
        assert "start xxx" in text_of(pilot.app)
        for key in ("right", "l"):
            before = lines.side
            await pilot.press(key)
            assert lines.side == before + 8
        assert "start" not in text_of(pilot.app)
        assert "1 xxxx" in text_of(pilot.app), "the number stays"
        await pilot.press("left", "h")
        assert lines.side == 0
        await pilot.press("dollar_sign")
        assert "needle end" in text_of(pilot.app)
        far = lines.side
        await pilot.press("right")
        assert lines.side == far, "there is nothing more"
        await pilot.press("0")
        assert lines.side == 0
        await pilot.press("dollar_sign", "circumflex_accent")
        assert lines.side == 0
        await pilot._post_mouse_events([events.MouseScrollRight], lines, offset=(5, 3))
        assert lines.side == 4
        await pilot._post_mouse_events([events.MouseScrollLeft], lines, offset=(5, 3))
        assert lines.side == 0
        assert not left(pilot)()


@pytest.mark.parametrize("key", ["left", "h"])
async def test_left_at_the_edge_goes_back_but_not_while_held_down(key: str) -> None:
    async with opened(one(LONG)) as (pilot, _screen, lines):
        await pilot.press("right", key, key, key, key)
        assert lines.side == 0
        assert not left(pilot)()
        await pilot.pause(0.7)
        await pilot.press(key)
        await until(pilot, left(pilot))


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_back(key: str) -> None:
    async with opened(one(TEXT)) as (pilot, _screen, _lines):
        await pilot.press(key)
        await until(pilot, left(pilot))
        assert pilot.app.is_running


async def test_hex() -> None:
    async with opened(one(TEXT)) as (pilot, screen, lines):
        await pilot.press("x")
        await until(pilot, lambda: "00000000  6c 69 6e 65" in text_of(pilot.app))
        assert screen.is_hex
        await pilot.press("j")
        assert "byte 16 (0x10)" in text_of(pilot.app)
        assert "Wrap" not in text_of(pilot.app)
        await pilot.press("w")
        assert not lines.is_wrapped
        await pilot.press("x")
        await until(pilot, lambda: "1 line 1" in text_of(pilot.app))


async def test_a_program() -> None:
    data = b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x3e\0" + bytes(999)
    async with opened(one(data)) as (pilot, screen, lines):
        await until(pilot, lambda: "ELF 64-bit x86-64 shared object" in text_of(pilot.app))
        assert ".ELF" in text_of(pilot.app)
        assert "Hex" not in text_of(pilot.app)
        await pilot.press("x", "j", "j")
        content = lines.content
        assert isinstance(content, HexLines)
        assert content.a_line == 16
        await pilot.resize_terminal(60, 20)
        await until(
            pilot, lambda: isinstance(lines.content, HexLines) and lines.content.a_line == 8
        )
        assert lines.cursor == 4, "at the same byte"
        assert screen.query_one(Footer).region.height == 1


async def test_wrap() -> None:
    async with opened(one(LONG)) as (pilot, _screen, lines):
        await pilot.press("j", "w")
        await until(pilot, lambda: lines.is_wrapped)
        await until(pilot, lambda: "e end" in text_of(pilot.app))
        assert lines.line == 1
        assert lines.cursor > 2
        rows = lines.line_count()
        await pilot.resize_terminal(120, 24)
        await until(pilot, lambda: lines.line_count() < rows)
        await pilot.press("w")
        assert not lines.is_wrapped
        assert lines.cursor == 1
        await pilot.press("w", "w")
        await pilot.pause(0.1)
        assert not lines.is_wrapped


# ---------------------------------------------------------------------- searching


async def test_search() -> None:
    async with opened(one(TEXT)) as (pilot, screen, lines):
        await pilot.press("slash", *"LINE 5", "enter")
        await until(pilot, lambda: "LINE 5: 1 of 11" in text_of(pilot.app))
        assert lines.cursor == 4
        assert lines.has_focus
        assert not screen.query_one(SearchLine).display
        for key, line in (("n", 49), ("n", 50), ("N", 49), ("N", 4), ("N", 58), ("n", 4)):
            await pilot.press(key)
            assert lines.cursor == line, key
            top = lines.scroll_offset.y
            assert top <= line < top + lines.scrollable_content_region.height
        await pilot.press("j")
        assert "LINE 5: 11" in text_of(pilot.app)
        await pilot.press("escape")
        assert "LINE 5" not in text_of(pilot.app)
        assert not left(pilot)(), "the first Esc clears the search"
        await pilot.press("escape")
        await until(pilot, left(pilot))


async def test_search_finds_nothing_and_can_be_left() -> None:
    async with opened(one(TEXT)) as (pilot, screen, lines):
        await pilot.press("slash", *"nowhere", "enter")
        await until(pilot, lambda: "nowhere: nothing found" in text_of(pilot.app))
        await pilot.press("n")
        assert lines.cursor == 0
        await pilot.press("slash")
        assert screen.query_one(SearchLine).has_focus
        await pilot.press("q", "slash", "escape")
        assert lines.has_focus
        assert "nowhere" in text_of(pilot.app)
        await pilot.press("slash", "ctrl+u", "ctrl+k", "enter")
        assert "nowhere" not in text_of(pilot.app)
        assert not left(pilot)()


async def test_what_was_found_comes_into_view_at_the_side_and_in_wrapped_lines() -> None:
    async with opened(one(LONG)) as (pilot, _screen, lines):
        await pilot.press("slash", *"needle", "enter")
        await until(pilot, lambda: "needle end" in text_of(pilot.app))
        assert lines.side > 200
        assert "1 of 1" in text_of(pilot.app)
        await pilot.press("w")
        await until(pilot, lambda: lines.is_wrapped)
        await pilot.press("n")
        assert lines.cursor > 2
        assert lines.line == 0


async def test_search_in_bytes() -> None:
    async with opened(one(bytes(1000) + b"\x7fELF" + bytes(1000))) as (pilot, _screen, lines):
        await pilot.press("slash", *"0x7f45", "enter")
        await until(pilot, lambda: lines.cursor == 1000 // 16)
        await pilot.press("escape")
        assert lines.content is not None
        row = lines.content.pieces(lines.cursor, 99)
        assert "match" not in [style for _, style in row]


async def test_a_search_goes_on_in_hex() -> None:
    async with opened(one(TEXT)) as (pilot, _screen, lines):
        await pilot.press("slash", *"line 50", "enter")
        await until(pilot, lambda: lines.cursor == 49)
        await pilot.press("x")
        await until(pilot, lambda: "line 50: 1 of 1" in text_of(pilot.app) and lines.cursor > 15)


# ---------------------------------------------------------------------- colours


async def test_colours_come_later(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()

    def slowly(text: str, path: bytes) -> Colours | None:
        go_on.wait(20)
        return colours(text, path, 30)

    monkeypatch.setattr(preview_module, "colours", slowly)
    async with opened(one(SCRIPT, b"usr/bin/run")) as (pilot, _screen, lines):
        assert lines.content is not None
        assert lines.content.pieces(1, 80) == [("# a note", "")]
        assert "# a note" in text_of(pilot.app)
        go_on.set()
        await until(pilot, lambda: "Bash" in text_of(pilot.app))
        assert lines.content.pieces(1, 80) == [("# a note", "comment")]


async def test_colours_that_are_not_found_leave_the_text_plain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    def none(_text: str, path: bytes) -> None:
        asked.append(path)

    monkeypatch.setattr(preview_module, "colours", none)
    async with opened(one(SCRIPT, b"usr/bin/run.sh")) as (pilot, _screen, _lines):
        await until(pilot, lambda: asked == [b"usr/bin/run.sh"])
        await pilot.press("x", "x")
        await pilot.pause(0.1)
        assert asked == [b"usr/bin/run.sh"], "once is enough"
        assert "# a note" in text_of(pilot.app)


# ---------------------------------------------------------------------- the rest of the keys


async def test_versions() -> None:
    contents = {3: b"old\n", 5: b"new\n"}

    def make() -> PreviewScreen:
        gone = version(7, b"", kind="symlink", target=b"elsewhere")
        kept = [version(number, data) for number, data in contents.items()]
        return PreviewScreen("", [*kept, gone], Contents(contents), at=1)

    async with opened(make) as (pilot, _screen, _lines):
        assert "version 2 of 3 · 4 B · layer 5" in text_of(pilot.app)
        assert "1 new" in text_of(pilot.app)
        await pilot.press("left_square_bracket")
        assert "version 1 of 3 · 4 B · layer 3" in text_of(pilot.app)
        assert "1 old" in text_of(pilot.app)
        await pilot.press("left_square_bracket", "right_square_bracket", "right_square_bracket")
        assert "symbolic link to elsewhere" in text_of(pilot.app)
        await pilot.press("right_square_bracket")
        assert "version 3 of 3" in text_of(pilot.app)


@pytest.mark.parametrize(
    ("path", "copied"),
    [(b"etc/file", "/etc/file"), ("etc/é b".encode(), "/etc/é b"),
     (b"a\nrm -rf x", "/a\\nrm -rf x"), (b"\xff", "/\\xff"), (b"a\\b", "/a\\b")],
)  # fmt: skip
async def test_copying_the_path(path: bytes, copied: str) -> None:
    async with opened(one(TEXT, path)) as (pilot, _screen, _lines):
        await pilot.press("y")
        assert copied_by(pilot) == copied


@pytest.mark.parametrize("which", [PreviewScreen, DiffScreen])
async def test_help_lists_what_can_be_done(which: type[ContentScreen]) -> None:
    make = one(TEXT) if which is PreviewScreen else two(TEXT.encode(), b"other\n")
    async with opened(make, (100, 90)) as (pilot, screen, _lines):
        possible_now = [
            each.binding.tooltip
            for _, each in sorted(screen.active_bindings.items())
            if each.node is not pilot.app and each.binding.id
        ]
        assert len(possible_now) > 15
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        shown = " ".join(text_of(pilot.app).replace("│", " ").split())
        for tooltip in possible_now:
            assert tooltip.split(";")[0][:30] in shown
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, which)


@pytest.mark.parametrize("size", [(60, 20), (40, 10), (20, 6), (80, 24), (300, 100)])
async def test_sizes(size: tuple[int, int]) -> None:
    async with opened(one(TEXT + LONG + "日本\t\x1b\n" * 50), size) as (pilot, screen, lines):
        await pilot.press("j", "right", "x", "x", "w", "slash", "x", "enter", "n", "w", "G")
        await pilot.pause(0.2)
        assert screen.query_one(Footer).region.height == 1
        if size >= (60, 20):
            assert lines.scrollable_content_region.height >= 12
            assert lines.scrollable_content_region.width >= size[0] - 2


async def test_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(two(b"old\n", b"new\n")) as (pilot, _screen, _lines):
        shown = text_of(pilot.app)
        assert "- old" in shown
        assert "+ new" in shown


async def test_the_screen_stays_awake_while_a_large_text_is_prepared_wrapped_and_searched() -> None:
    data = ("\u202e日本 \x1b[31m text\n" * 90_000).encode()
    async with opened(one(data)) as (pilot, screen, lines):
        screen.action_wrap()
        turns = 0
        while not lines.is_wrapped:
            await pilot.pause(0.01)
            turns += 1
        assert turns > 5, "where one holds up the screen all the while, there are one or two"
        await pilot.press("slash", *"text", "enter")
        await until(pilot, lambda: "text: 1 of" in text_of(pilot.app))


# ---------------------------------------------------------------------- differences


def two(old: bytes, new: bytes, **values: Any) -> Callable[[], DiffScreen]:
    return lambda: DiffScreen(
        "", version(2, old), version(5, new, **values), Contents({2: old, 5: new})
    )


async def test_a_difference() -> None:
    new = TEXT.replace("line 10\n", "ten\n").replace("line 90\n", "ninety\n")
    make = two(TEXT.encode(), new.encode(), mode=0o755, fate="deleted in layer 9")
    async with opened(make) as (pilot, screen, lines):
        shown = text_of(pilot.app)
        assert "/etc/file" in shown
        assert "layer 2, 792 B  →  layer 5, 787 B, deleted in layer 9" in shown
        assert "- mode  -rw-r--r-- 0644" in shown
        assert "+ mode  -rwxr-xr-x 0755" in shown
        assert "10 - line 10" in shown
        assert "10 + ten" in shown
        hunks = screen._diff.hunks
        assert len(hunks) == 3
        for key, hunk in (("n", 1), ("n", 2), ("n", 0), ("N", 2), ("N", 1)):
            await pilot.press(key)
            assert lines.cursor == hunks[hunk], key
            assert f"change {hunk + 1} of 3" in text_of(pilot.app)
        await pilot.press("slash", *"ninety", "enter")
        await until(pilot, lambda: "ninety: 1 of 1" in text_of(pilot.app))
        at = lines.cursor
        await pilot.press("g", "n")
        assert lines.cursor == at, "after a search, n goes to what was found"
        await pilot.press("w")
        await until(pilot, lambda: lines.is_wrapped)
        await pilot.press("escape", "y", "x")
        assert copied_by(pilot) == "/etc/file"
        await pilot.press("escape")
        await until(pilot, left(pilot))


async def test_a_difference_is_asked_for_and_fetched_at_once() -> None:
    retrieval = Contents({2: b"a", 5: b"b"}, "again")
    async with opened(
        lambda: DiffScreen("", version(2, b"a"), version(5, b"b"), retrieval), shown=False
    ) as (pilot, _screen, _lines):
        await until(pilot, lambda: "again" in text_of(pilot.app))
        await pilot.press("enter")
        await until(pilot, lambda: "- a" in text_of(pilot.app))
    assert retrieval.fetched == [[2, 5]]


async def test_a_difference_of_what_has_no_content() -> None:
    retrieval = Contents({}, "never asked")
    link = version(5, b"", kind="symlink", target=b"x")
    async with opened(lambda: DiffScreen("", version(2, b"a"), link, retrieval)) as (
        pilot, _screen, _lines,
    ):  # fmt: skip
        await until(pilot, lambda: "+ type  symbolic link to x" in text_of(pilot.app))
    assert retrieval.fetched == []


async def test_a_difference_can_be_stopped_while_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from layerlens.tui.screens import diff as diff_screen

    stopped = threading.Event()

    def forever(_old: object, _new: object, _both: object, check: Callable[[], None]) -> None:
        try:
            while True:
                check()
                time.sleep(0.01)
        except Interrupted:
            stopped.set()
            raise

    monkeypatch.setattr(diff_screen, "diff", forever)
    async with opened(two(b"a", b"b"), shown=False) as (pilot, _screen, _lines):
        await until(pilot, lambda: "preparing" in text_of(pilot.app))
        await pilot.press("escape")
        await until(pilot, left(pilot))
    assert stopped.is_set()
