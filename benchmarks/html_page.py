"""Go about in a report in Chromium, and measure what each step takes.

Times are the page's own: from navigation, or from an event, until what it changes has
been painted, two animation frames later.  Beside them stands the processor time of the
page's main thread, which a busy machine changes less: steps are judged by that.  Of
several runs the least counts.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, CDPSession, Page, Playwright, async_playwright

_WATCH = """
window.painted = new Promise((done) => {
  const wanted = "SELECTOR";
  const seen = () => {
    if (!document.querySelector(wanted)) return;
    watch.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  };
  const watch = new MutationObserver(seen);
  watch.observe(document, { childList: true, subtree: true });
});
"""
"""Kept in the page: when what SELECTOR means was painted, counted from navigation."""

_ANSWER = """async (act) => {
  const started = performance.now();
  const frame = () => new Promise(requestAnimationFrame);
  new Function(act)();
  await new Promise((done) => setTimeout(done)); // places change by an event
  while (document.querySelector(".said")?.textContent === "Searching…") await frame();
  await frame();
  await frame();
  return performance.now() - started;
}"""

_LARGEST = """
  const links = Array.from(document.querySelectorAll(".twin tbody th a"));
  location.hash = links.find((link) => /[^.]\\/$/.test(link.textContent)).hash;
"""
_SEARCH = """
  const box = document.querySelector("main input[type=search]");
  box.value = TEXT;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
"""
_CHOOSE = """
  const box = document.getElementById("files-ID");
  box.value = "VALUE";
  box.dispatchEvent(new Event("change", { bubbles: true }));
"""


class Step(NamedTuple):
    """Something that a reader does, as a script."""

    title: str
    act: str


def go(place: str, title: str = "") -> Step:
    """Follow a link to a place."""
    return Step(title or place, f"location.hash = {json.dumps(place)};")


def search(text: str, title: str) -> Step:
    """Search the files."""
    return Step(f"search {title}", _SEARCH.replace("TEXT", json.dumps(text)))


def choose(control: str, value: str) -> Step:
    """Look at other files, by another size, in other colours."""
    act = _CHOOSE.replace("ID", control).replace("VALUE", value)
    return Step(f"{control}: {value}", act)


FILES = (
    Step("zoom", _LARGEST),
    Step("zoom, deeper", _LARGEST),
    go("#/files", "zoom out"),
    search("lib", "'lib', the first"),
    search("7.js", "'7.js'"),
    search("a", "'a'"),
    search("*.js", "*.js"),
    search("usr/**/*a*", "usr/**/*a*"),
    search(r"/[a-f]+[0-9]\.js$/", "by an expression"),
    search("/./", "everything, by an expression"),
    search("", "no more"),
    choose("colour", "class"),
    choose("colour", "package"),
    choose("colour", "change"),
    choose("size", "waste"),
    choose("size", "content"),
    choose("of", "all"),
    choose("of", "1"),
    choose("of", "final"),
)
"""From the root of the files on."""


class Taken(NamedTuple):
    """Milliseconds that passed, and that the page's main thread worked."""

    wall: float
    work: float


class Watched:
    """A page in a context of its own, and what its main thread has worked."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session

    @classmethod
    async def opened(
        cls, browser: Browser, path: Path, place: str, selector: str
    ) -> tuple[Watched, Taken]:
        """A report at a place, and how long until the selector was there and painted."""
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, offline=True)
        page = await context.new_page()
        page.set_default_timeout(60_000)
        session = await context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        await page.add_init_script(_WATCH.replace("SELECTOR", selector))
        made = cls(page, session)
        await page.goto(path.as_uri() + place)
        wall = await page.evaluate("window.painted")
        return made, Taken(wall, await made._metric("TaskDuration") * 1000)

    async def does(self, step: Step) -> Taken:
        """How long from a step until what it leads to was painted."""
        before = await self._metric("TaskDuration")
        wall = await self.page.evaluate(_ANSWER, step.act)
        return Taken(wall, (await self._metric("TaskDuration") - before) * 1000)

    async def memory(self) -> float:
        """Megabytes that the page holds: what its script made, typed arrays included."""
        await self._session.send("HeapProfiler.collectGarbage")
        found = await self.page.evaluate("performance.memory.usedJSHeapSize")
        return float(found) / 1e6

    async def _metric(self, name: str) -> float:
        found = await self._session.send("Performance.getMetrics")
        (value,) = (each["value"] for each in found["metrics"] if each["name"] == name)
        return float(value)


async def files_and_start(path: Path, runs: int, view: float, step: float) -> None:
    """The first view, the files opened by themselves, and steps in them, and print all.

    ``view`` and ``step`` are the milliseconds that are wanted.
    """
    starts = (("first view", "", "main h1"), ("files, drawn", "#/files", ".twin tbody tr"))
    taken: dict[str, list[Taken]] = {}
    memory = 0.0
    async with async_playwright() as playwright:
        browser = await _browser(playwright)
        for _ in range(runs):
            for title, place, selector in starts:
                watched, found = await Watched.opened(browser, path, place, selector)
                taken.setdefault(title, []).append(found)
                if place:
                    for done in FILES:
                        taken.setdefault(done.title, []).append(await watched.does(done))
                memory = await watched.memory()
                await watched.page.context.close()
        await browser.close()
    for title, each in taken.items():
        _print(title, each, view if title in {start for start, _, _ in starts} else step)
    print(f"  memory of the page after that {memory:.0f} MB")


async def first_shows(path: Path, runs: int, places: Sequence[str], wanted: float) -> None:
    """What it takes to show each place for the first time, each in a page of its own."""
    async with async_playwright() as playwright:
        browser = await _browser(playwright)
        for place in places:
            taken = []
            for _ in range(runs):
                watched, _ = await Watched.opened(browser, path, "#/diagnostics", "main h1")
                taken.append(await watched.does(go(place)))
                await watched.page.context.close()
            _print(place, taken, wanted)
        await browser.close()


def _print(title: str, taken: Sequence[Taken], wanted: float) -> None:
    wall, work = (min(column) for column in zip(*taken, strict=True))
    missed = "" if work <= wanted else ": missed"
    print(f"  {title:<30} {work:5.0f} ms of work, {wall:5.0f} ms; wanted: {wanted:.0f}{missed}")


async def _browser(playwright: Playwright) -> Browser:
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    chromium = next(filter(None, map(shutil.which, names)), None)
    return await playwright.chromium.launch(
        executable_path=chromium,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"],
    )
