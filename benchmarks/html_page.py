"""Go about in a report in Chromium, and measure what each step takes.

Times are the page's own: from navigation, or from an event, until what it changes has
been painted, two animation frames later.  Beside them stands the processor time of the
page's main thread, which a busy machine changes less; in it is what the page does after
that, too, such as rows that nobody sees yet.  Of several runs the least counts.  Steps
are judged by both; a machine that does nothing else is what the time that passes is for.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
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
  const painted = performance.now() - started;
  for (let k = 0; k < 4; k += 1) await frame();
  await new Promise((done) => setTimeout(done));
  return painted;
}"""

_LARGEST = """
  const links = Array.from(document.querySelectorAll("main tbody th a"));
  location.hash = links.find((link) => /[^.]\\/$/.test(link.textContent)).hash;
"""
_SEARCH = """
  const box = document.querySelector("main input[type=search]");
  box.value = TEXT;
  box.dispatchEvent(new Event("input", { bubbles: true }));
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
    Step("into the search", 'document.querySelector("main input[type=search]").focus();'),
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

CHANGED = (
    Step("zoom", _LARGEST),
    Step("zoom, deeper", _LARGEST),
    go("#/changes?part=files", "zoom out"),
    search("7", "'7', the first"),
    search("a", "'a'"),
    search("1/f", "'1/f'"),
    search("", "no more"),
)
"""From the root of the paths that differ on."""

_KINDS: dict[str, Callable[[str], bool]] = {
    "zooms": lambda title: title.startswith("zoom"),
    "first search": lambda title: title.endswith("the first"),
    "later searches": lambda title: title.startswith("search") and not title.endswith("the first"),
    "other steps": lambda title: not title.startswith(("zoom", "search")),
}


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
    async with async_playwright() as playwright:
        browser = await _browser(playwright)
        starts = []
        for _ in range(runs):
            watched, found = await Watched.opened(browser, path, "", "main h1")
            starts.append(found)
            await watched.page.context.close()
        _print("first view", starts, view)
        await _walk(browser, path, runs, Walk("#/files", ".twin tbody tr", FILES), (view, step))
        await browser.close()


async def changed_files(path: Path, runs: int, view: float, step: float) -> None:
    """The paths that differ of a comparison, and steps in them, and print all."""
    walk = Walk("#/changes?part=files", ".paths tbody tr", CHANGED)
    async with async_playwright() as playwright:
        browser = await _browser(playwright)
        await _walk(browser, path, runs, walk, (view, step))
        await browser.close()


class Walk(NamedTuple):
    """Where a reader begins, what is there once that is drawn, and what is done then."""

    place: str
    selector: str
    steps: Sequence[Step]


async def _walk(
    browser: Browser, path: Path, runs: int, walk: Walk, wanted: tuple[float, float]
) -> None:
    starts: list[Taken] = []
    taken: dict[str, list[Taken]] = {}
    memory = 0.0
    for _ in range(runs):
        watched, found = await Watched.opened(browser, path, walk.place, walk.selector)
        starts.append(found)
        for done in walk.steps:
            taken.setdefault(done.title, []).append(await watched.does(done))
        memory = await watched.memory()
        await watched.page.context.close()
    view, step = wanted
    _print("files, drawn", starts, view)
    for title, each in taken.items():
        _print(title, each, step)
    for kind, belongs in _KINDS.items():
        least = [_least(each) for title, each in taken.items() if belongs(title)]
        if not least:
            continue
        walls, works = ([round(value) for value in column] for column in zip(*least, strict=True))
        print(
            f"  = {kind}: {min(works)} to {max(works)} ms of work, "
            f"{min(walls)} to {max(walls)} ms until painted"
        )
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


def _least(taken: Sequence[Taken]) -> Taken:
    wall, work = (min(column) for column in zip(*taken, strict=True))
    return Taken(wall, work)


def _print(title: str, taken: Sequence[Taken], wanted: float) -> None:
    wall, work = _least(taken)
    missed = ": missed" if work > wanted else ": missed on the clock" if wall > wanted else ""
    print(f"  {title:<30} {work:5.0f} ms of work, {wall:5.0f} ms; wanted: {wanted:.0f}{missed}")


async def _browser(playwright: Playwright) -> Browser:
    names = ("chromium-headless-shell", "chromium", "chromium-browser")
    chromium = next(filter(None, map(shutil.which, names)), None)
    return await playwright.chromium.launch(
        executable_path=chromium,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"],
    )
