"""Names and texts against the reader, in every view and window at every size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Package
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Topic
from layerlens.image.model import BaseBoundary
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.display import escape
from layerlens.tui.reading import Opened
from layerlens.tui.screens.choice import ChoiceScreen
from layerlens.tui.screens.content import ContentScreen
from layerlens.tui.screens.history import HistoryScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.settings import Settings
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.widgets.content_lines import ContentLines
from tests.builders import file, symlink
from tests.tui.piloting import SETTLED, notices, opened, text_of, until
from tests.tui.test_preview import Contents
from tests.unit.outputs import samples

pytestmark = pytest.mark.exhaustive

NASTY = (
    "[red]x[/]", "[/]", "[/", "\\[bold]", "[@click=app.quit]x[/]", "$foreground [", "x\\",
    "\x1b[2J\x1b]0;t\x07", "a\nb\tc\rd", "\u202egnp.exe", "\u200b\u2066", "e" + "\u0301" * 300,
    "日本語" * 40, "\U0001f469\u200d\U0001f4bb\U0001f44d\U0001f3fd\ufe0f", "\u0915\u093f\u1112\u1161\u11ab\u3164\u2630",
    " ", "...", "   ", "c1\u009b31m", "\u2028\u2029", "n" * 5000,
)  # fmt: skip
NAMES = (*(each.encode() for each in NASTY), b"\xff\xfe[/]\x1b", b"\xed\xa0\x80")
EVERYTHING = " ".join(NASTY[:-1]) + "\udcff"
SIZES = ((60, 20), (80, 24), (300, 100))
CONTENT = (EVERYTHING.encode("utf-8", "replace") + b"\n") * 40 + b"\x1b[31m[red]" * 900


def _check(context: Context) -> Iterator[Draft]:
    live = list(context.fs.live.values())
    for k, text in enumerate(NASTY):
        yield Draft(
            "third-party", live[k : k + 3], title=text, evidence=(text, EVERYTHING), fix=text
        )
    yield Draft("third-party", live, paths=NAMES, title=EVERYTHING, fix=EVERYTHING)


def hostile() -> Analysis:
    """Every text that an image, a package or somebody's rule can bring."""
    rule = Rule(id="third-party", title=EVERYTHING, topic=Topic.CONTENT, why=EVERYTHING, fix=EVERYTHING,
                also=(EVERYTHING,), trade_off=EVERYTHING)  # fmt: skip
    analysis = samples.build(
        [
            [
                *(file(name, b"x" * (100 + k)) for k, name in enumerate(NAMES)),
                *(file(b"[/" + b"/" + name, b"y") for name in NAMES),
            ],
            [
                *(file(name, b"z" * (200 + k)) for k, name in enumerate(NAMES)),
                *(symlink(f"link{k}", name) for k, name in enumerate(NAMES)),
            ],
        ],
        [EVERYTHING, "[/]"],
        base=BaseBoundary("guessed", 1, EVERYTHING, EVERYTHING),
        reference=EVERYTHING,
        tags=(EVERYTHING, "[/]"),
        settings={
            "User": EVERYTHING, "Env": [f"A={text}" for text in NASTY], "Cmd": list(NASTY),
            "Labels": {text: text for text in NASTY}, "WorkingDir": EVERYTHING,
            "ExposedPorts": {EVERYTHING: {}}, "Volumes": {"[/]": {}}, "StopSignal": EVERYTHING,
        },
        history=[
            samples.row("01T12:00:00Z", EVERYTHING, comment=EVERYTHING, author="[/]"),
            samples.row("01T12:00:00Z", "[/]", comment="[red]", empty_layer=True),
            samples.row("02T12:00:00Z", EVERYTHING, comment="[/]", author=EVERYTHING),
        ],
        annotations={EVERYTHING: "[/]", "[red]x[/]": EVERYTHING},
        notes=[Diagnostic("odd", EVERYTHING, 1, NAMES[0])],
        rules=[RuleSet((rule,), (_check,))],
    )  # fmt: skip
    live = list(analysis.filesystem.live.values())
    packages = tuple(
        Package(
            samples.listed(Ecosystem.NPM, text, text, licence=text, arch=text, requires=(text,)),
            NAMES[k], k % 2, live[k : k + 2], 1000,
        )
        for k, text in enumerate((*NASTY, EVERYTHING))
    )  # fmt: skip
    return replace(analysis, inventory=Inventory(packages, {}, ()))


@pytest.fixture(scope="module")
def nasty() -> Opened:
    analysis = hostile()
    contents = dict.fromkeys(range(len(analysis.filesystem.paths)), CONTENT)
    return Opened(analysis, Contents(contents, "it costs [red]x[/] \x1b[31m"))


def cells(line: str) -> list[str]:
    """A line, one entry for each cell."""
    found: list[str] = []
    for char in line:
        taken = cell_len(char)
        if taken:
            found += [char] * taken
    return found


def holds(pilot: Pilot[Any]) -> None:
    """What is drawn is as wide as the terminal, harmless, and in its frames."""
    app = pilot.app
    shown = text_of(app)
    assert not [char for char in shown if char != "\n" and not char.isprintable()]
    lines = shown.split("\n")
    assert {cell_len(line) for line in lines} == {app.size.width}
    if not isinstance(app.screen, MainScreen):
        return
    toasts = [each.region for each in app.screen.query("Toast")]
    for framed in app.screen.query(Widget):
        region = framed.region
        sides = framed.styles.border_left[0], framed.styles.border_right[0]
        if sides != ("round", "round") or not region.width or not framed.is_on_screen:
            continue
        for y in range(region.y + 1, min(region.bottom - 1, len(lines))):
            if any(toast.y <= y < toast.bottom for toast in toasts):
                continue
            row = cells(lines[y])
            assert row[region.x] == "│", (framed, lines[y])
            assert row[region.right - 1] == "│", (framed, lines[y])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("number", range(len(VIEWS)))
async def test_every_view(nasty: Opened, number: int, size: tuple[int, int]) -> None:
    async with opened(nasty, size) as (pilot, screen, _browser):
        await pilot.press(str(number + 1))
        await until(pilot, lambda: screen._tabs.chosen == number)
        await pilot.press("e")
        for key in ("pagedown", "tab", "end"):
            await pilot.press(key)
            await pilot.pause(SETTLED)
            holds(pilot)
        await pilot.press("slash", *"[/", "enter", "end")
        await pilot.pause(SETTLED)
        holds(pilot)


async def test_every_name_in_every_window(nasty: Opened) -> None:
    async with opened(nasty, (80, 24)) as (pilot, screen, browser):
        browser.open_all()
        await pilot.press("tab", "n", "e", "g")
        for at in range(0, min(len(browser.rows), 40), 5):
            screen.query_one("#tree").cursor = at  # type: ignore[attr-defined]
            await pilot.press("y", "H")
            await pilot.pause()
            holds(pilot)
            pilot.app.clipboard.encode()
            assert pilot.app.clipboard.isprintable()
            if isinstance(pilot.app.screen, HistoryScreen):
                await pilot.press("escape")
            await pilot.press("v")
            await pilot.pause()
            holds(pilot)
            if isinstance(pilot.app.screen, ContentScreen):
                await pilot.press("enter")
                lines = pilot.app.screen.query_one(ContentLines)
                await until(pilot, lambda lines=lines: bool(lines.display and lines.size))  # type: ignore[misc]
                holds(pilot)
                await pilot.press("w", "end", "escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            await pilot.press("x")
            await pilot.pause()
            holds(pilot)
            if isinstance(pilot.app.screen, PromptScreen):
                await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
            pilot.app.clear_notifications()


@pytest.mark.parametrize("number", range(len(VIEWS)))
async def test_everything_that_can_be_copied(nasty: Opened, number: int) -> None:
    async with opened(nasty, (80, 24)) as (pilot, screen, _browser):
        await pilot.press(str(number + 1), "down", "Y")
        await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
        holds(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        for line in range(1, 14, 3):
            await pilot.press("Y")
            await until(pilot, lambda: isinstance(pilot.app.screen, ChoiceScreen))
            await pilot.press(*("down",) * line, "enter")
            await until(pilot, lambda: pilot.app.screen is screen)
            copied = pilot.app.clipboard
            copied.encode()
            assert escape(copied.replace("\n", "")) == copied.replace("\n", "")
            holds(pilot)
            assert "copied: " in notices(pilot.app)
            pilot.app.clear_notifications()


async def test_in_words_too(nasty: Opened) -> None:
    """Plain mode reads the frames' titles again."""
    async with opened(nasty, (80, 24), Settings(plain=True)) as (pilot, screen, _browser):
        for key in ("tab", "e", *("down",) * 12, "2", "tab", "down", "3", "4", "5"):
            await pilot.press(key)
            await pilot.pause()
            shown = text_of(pilot.app)
            assert not [char for char in shown if char != "\n" and not char.isprintable()]
            assert screen.is_active


async def test_a_directory_called_bracket_in_words() -> None:
    """Read as markup, what stands on the frame would close something that was never open."""
    analysis = samples.build([[file(b"[/x", b"x" * 10), file(b"[/y\\", b"y")]])
    async with opened(analysis, (80, 24), Settings(plain=True)) as (pilot, screen, _browser):
        await pilot.press("tab", "e", "down", "down", "s", "n")
        await pilot.pause()
        assert screen.view.subject().path == b"[/y\\"  # type: ignore[union-attr]
        assert "sorted by name" in text_of(pilot.app)
