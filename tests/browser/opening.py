"""Open reports in a browser, and watch what they do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from layerlens.analysis.model import Analysis
from layerlens.outputs.html.image import write_html
from layerlens.outputs.report import Report

WIDTHS = (360, 1280, 3840)
"""A phone, a laptop, 4K."""


class Opener:
    """Opens reports; ``problems`` is what a page logged, threw or asked of the network."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._contexts: list[BrowserContext] = []
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
        **context: Any,
    ) -> Page:
        """The report of an image at a place such as ``#/layers``, in a context of its own.

        ``context`` are options of the browser's context: ``color_scheme``,
        ``reduced_motion``, ``java_script_enabled`` …
        """
        path = self._folder / f"report-{len(self._contexts)}.html"
        with path.open("wb") as stream:
            whole = report if isinstance(report, Report) else Report(report)
            write_html(whole, stream, plain=plain)
        return await self.open_file(path, place, width=width, height=height, **context)

    async def open_file(
        self, path: Path, place: str = "", *, width: int = 1280, height: int = 800, **context: Any
    ) -> Page:
        """A report that was written already."""
        self._allowed.add(path.as_uri())
        made = await self._browser.new_context(
            viewport={"width": width, "height": height}, offline=True, **context
        )
        made.set_default_timeout(10_000)
        self._contexts.append(made)
        page = await made.new_page()
        page.on("console", lambda said: self.problems.append(f"console: {said.text}"))
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("request", lambda asked: self._asked(asked.url))
        await page.goto(path.as_uri() + place)
        if context.get("java_script_enabled", True):
            await page.wait_for_selector("main")
        return page

    def _asked(self, url: str) -> None:
        # What a page makes for the reader to save is no request that leaves it.
        if url.partition("#")[0] not in self._allowed and not url.startswith(("data:", "blob:")):
            self.problems.append(f"request: {url:.200}")

    async def close(self) -> None:
        for context in self._contexts:
            await context.close()

    def check(self) -> None:
        assert self.problems == []
