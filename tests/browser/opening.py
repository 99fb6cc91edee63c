"""Open reports in a browser, and watch what they do."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from layerlens.analysis.model import Analysis
from layerlens.outputs.html.image import write_html
from layerlens.outputs.report import Report

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page

WIDTHS = (360, 1280, 3840)
"""A phone, a laptop, 4K."""

PATIENCE = 60_000
"""Milliseconds to wait for what should be there at once: as long as a busy machine takes."""

Scheme = Literal["light", "dark"]


Found = TypeVar("Found")


async def becomes(read: Callable[[], Awaitable[Found]], expected: Found) -> None:
    """Wait until what is read of a page is what is expected: pages answer a moment later."""
    for _ in range(PATIENCE // 20):
        if await read() == expected:
            return
        await asyncio.sleep(0.02)
    assert await read() == expected


async def too_wide(page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
    """By how many pixels a page is wider than a window of some widths."""
    found = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 800})
        # What follows the window by script has done so when the next picture is drawn.
        over: int = await page.evaluate(
            """async () => {
                 for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
                 return document.documentElement.scrollWidth - innerWidth;
               }"""
        )
        found += [f"{over} px at {width}"] if over > 0 else []
    return found


class Reports:
    """Writes each report once, however many tests open it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Each with what it was made from: while that lives, nothing else has its identity.
        self._written: dict[tuple[int | str | bool | None, ...], tuple[Report, Path]] = {}

    def path(self, report: Report, *, plain: bool) -> Path:
        parts = (getattr(report, field.name) for field in fields(report))
        key = (
            plain,
            *(each if isinstance(each, str | bool | None) else id(each) for each in parts),
        )
        if key not in self._written:
            path = self._folder / f"report-{len(self._written)}.html"
            with path.open("wb") as stream:
                write_html(report, stream, plain=plain)
            self._written[key] = report, path
        return self._written[key][1]


class Pages:
    """Pages of one context, used again: a new page costs more than most tests do with one."""

    def __init__(self, launch: Callable[[], Awaitable[Browser]]) -> None:
        self._launch = launch
        self._browser: Browser | None = None
        self._context: BrowserContext | None = None
        self._idle: list[Page] = []
        self._visits = itertools.count()

    async def browser(self) -> Browser:
        """The browser, a new one where there is none yet, or it has died."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = await self._launch()
            # They died with the one before.
            self._context = None
            self._idle.clear()
        return self._browser

    async def close(self) -> None:
        if self._browser is not None:
            await self._browser.close()

    async def take(
        self, width: int, height: int, scheme: Scheme | None, **context: Any
    ) -> tuple[Page, bool]:
        """A page, and whether it is to be given back; else its context is its own."""
        size = {"width": width, "height": height}
        browser = await self.browser()
        if context:
            made = await self._made(browser, viewport=size, color_scheme=scheme, **context)
            return await made.new_page(), False
        if self._context is None:
            self._context = await self._made(browser)
        page = self._idle.pop() if self._idle else await self._context.new_page()
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(
            color_scheme=scheme or "light", media="null", reduced_motion="null"
        )
        return page, True

    def address(self, path: Path) -> str:
        """Of a file, and another one each time.

        The browser would not load a file anew that it shows already, at another place.
        """
        return f"{path.as_uri()}?{next(self._visits)}"

    async def _made(self, browser: Browser, **options: Any) -> BrowserContext:
        made = await browser.new_context(offline=True, **options)
        made.set_default_timeout(PATIENCE)
        return made

    async def give_back(self, page: Page) -> None:
        """Nothing of what a test did is to be there for the next one."""
        try:
            async with asyncio.timeout(PATIENCE / 1000):
                await page.evaluate("localStorage.clear()")
                await page.mouse.move(0, 0)
        except Exception:  # noqa: BLE001  # a page that does not answer any more
            if browser_lives(page.context):
                await page.close()
            return
        self._idle.append(page)


def browser_lives(context: BrowserContext) -> bool:
    return context.browser is not None and context.browser.is_connected()


class Opener:
    """Opens reports; ``problems`` is what a page logged, threw or asked of the network."""

    def __init__(self, reports: Reports, pages: Pages) -> None:
        self._reports = reports
        self._pages = pages
        self._closing: list[Callable[[], Any]] = []
        self._allowed: set[str] = set()
        self.problems: list[str] = []

    async def open(
        self,
        report: Report | Analysis,
        place: str = "",
        *,
        width: int = 1280,
        height: int = 800,
        plain: bool = False,
        color_scheme: Scheme | None = None,
        **context: Any,
    ) -> Page:
        """The report of an image at a place such as ``#/layers``.

        ``context`` are options of a context of its own: ``java_script_enabled``,
        ``permissions`` …
        """
        whole = report if isinstance(report, Report) else Report(report)
        path = self._reports.path(whole, plain=plain)
        return await self.open_file(
            path, place, width=width, height=height, color_scheme=color_scheme, **context
        )

    async def open_file(
        self,
        path: Path,
        place: str = "",
        *,
        width: int = 1280,
        height: int = 800,
        color_scheme: Scheme | None = None,
        **context: Any,
    ) -> Page:
        """A report that was written already."""
        page, again = await self._pages.take(width, height, color_scheme, **context)
        watches: dict[Any, Callable[[Any], None]] = {
            "console": lambda said: self.problems.append(f"console: {said.text}"),
            "pageerror": lambda error: self.problems.append(f"error: {error}"),
            "request": lambda asked: self._asked(asked.url),
        }
        for event, watch in watches.items():
            page.on(event, watch)

        async def close() -> None:
            for event, watch in watches.items():
                page.remove_listener(event, watch)
            if again:
                await self._pages.give_back(page)
            elif browser_lives(page.context):
                await page.context.close()

        self._closing.append(close)
        address = self._pages.address(path)
        self._allowed.add(address)
        await page.goto(address + place)
        if context.get("java_script_enabled", True):
            await page.wait_for_selector("main")
        return page

    def _asked(self, url: str) -> None:
        # What a page makes for the reader to save is no request that leaves it.
        if url.partition("#")[0] not in self._allowed and not url.startswith(("data:", "blob:")):
            self.problems.append(f"request: {url:.200}")

    async def close(self) -> None:
        for close in self._closing:
            await close()

    def check(self) -> None:
        assert self.problems == []
