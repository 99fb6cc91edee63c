"""What the pilot tests share: an app under a pilot, and what its screen shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis
from layerlens.progress import Progress
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Opened, Reader
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.settings import Settings
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.views.base import View
from layerlens.tui.views.catalogue import VIEWS

SETTLED = 0.08  # longer than a layer's cursor must rest
TYPED = 0.2  # longer than the pause after typing


async def until(pilot: Pilot[Any], what: Callable[[], bool]) -> None:
    for _ in range(200):
        # The first screen, or its parts, may not be there yet.
        with suppress(ScreenStackError, NoMatches):
            if what():
                await pilot.pause()
                return
        await pilot.pause(0.02)
    raise AssertionError("it did not come to that")


@asynccontextmanager
async def opened(
    analysis: Analysis | Opened,
    size: tuple[int, int] = (100, 30),
    settings: Settings | None = None,
) -> AsyncIterator[tuple[Pilot[Any], MainScreen, Browser]]:
    """The main screen of an image, ready for keys."""
    whole = analysis if isinstance(analysis, Opened) else Opened(analysis)
    app = LayerLensApp(_Ready(whole), "image.tar", settings)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, MainScreen))
        screen = app.screen
        assert isinstance(screen, MainScreen)
        await until(pilot, lambda: screen.focused is not None)
        yield pilot, screen, screen.session.browser


V = TypeVar("V", bound=View)


@asynccontextmanager
async def viewing(
    kind: type[V],
    analysis: Analysis,
    size: tuple[int, int] = (100, 30),
    *,
    settled: float = 0,
) -> AsyncIterator[tuple[Pilot[Any], MainScreen, V]]:
    """One view, ready for keys; ``settled`` is how long its details take to be told."""
    async with opened(analysis, size) as (pilot, screen, _browser):
        await pilot.press(str(VIEWS.index(kind) + 1))
        await until(pilot, lambda: isinstance(screen.view, kind))
        view = screen.view
        assert isinstance(view, kind)
        await until(pilot, lambda: view.panes()[0].has_focus)
        if settled:
            await pilot.pause(settled)
        yield pilot, screen, view


class _Ready(Reader):
    def __init__(self, whole: Opened) -> None:
        self._whole = whole

    def read(self, progress: Progress) -> Opened:
        return self._whole

    def glimpse(self) -> Opened | None:
        return None


def text_of(app: App[Any]) -> str:
    """What the screen shows, line by line."""
    size = app.size
    strips = app.screen._compositor.render_strips(size)
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def notices(app: App[Any]) -> str:
    """What was told at the edge of the screen, and not taken away yet."""
    return "\n".join(notification.message for notification in app._notifications)


def names(browser: Browser) -> list[str]:
    return [browser.rows.row(k).label.decode(errors="replace") for k in range(len(browser.rows))]
