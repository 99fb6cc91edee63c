"""What an HTML report costs: bytes, seconds to write, and milliseconds in Chromium.

    python benchmarks/html_report.py [--folder DIR] [--entries N] [--million] [--runs N]

Three images: one like real ones with its findings and packages, the same with
compressed layers (so that every file has its bytes on the wire, too), and with
``--million`` one of a million files, whose small tail is folded.  Writing is measured
in processor time.  In the browser times are the page's own: from navigation, or from an
event, until what it changes has been painted, which is two animation frames later; beside
them stands the processor time of the page's main thread, which a busy machine changes less.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import io
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks.findings import image as lived_in
from benchmarks.inputs import once, plain_image, warm, write_image
from benchmarks.saved import analysis
from layerlens.outputs.html.image import image_data, write_html
from layerlens.outputs.html.page import write_data, write_page
from layerlens.outputs.report import Report

WANTED = {"write": 1.0, "bytes": 2_000_000, "view": 1000.0, "step": 100.0}
"""Seconds, bytes, milliseconds to the first view and from a key to its answer."""

_PARTS = ("distribution", "node", "python", "application", "changes")

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

_ANSWER = """async ([act, met]) => {
  const started = performance.now();
  new Function("return " + act)()();
  const is = new Function("return " + met)();
  const frame = () => new Promise(requestAnimationFrame);
  while (!is()) await frame();
  await frame();
  await frame();
  return performance.now() - started;
}"""

_ZOOM = '() => { location.hash = document.querySelector(".twin tbody a[href*=at]").hash; }'
_ZOOMED = '() => location.hash.includes("at=") && document.querySelector(".twin tbody tr")'
_SEARCH = """() => {
  const box = document.querySelector("main input[type=search]");
  box.value = "TEXT";
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
}"""
_FOUND = '() => location.hash.includes("q=TEXT") && /path/.test(document.querySelector(".said").textContent)'


def compressed(folder: Path, plain: Path) -> Path:
    """The same image, its layers stored as gzip."""
    stem, source = plain.name.removesuffix(".image.tar").rsplit("-", 1)
    tars = [folder / f"{stem}-{part}-{source}.tar" for part in _PARTS]
    return once(
        folder / f"{stem}-{source}-gzip.image.tar",
        lambda path: write_image(path, tars, store=lambda data: gzip.compress(data, 6, mtime=0)),
    )


def timed(runs: int, act: Callable[[], Any]) -> float:
    """The median of some runs, in seconds."""
    taken = []
    for _ in range(runs):
        started = time.process_time()
        act()
        taken.append(time.process_time() - started)
    gc.collect()
    return statistics.median(taken)


def packed(value: object) -> int:
    """How many bytes of the file a part of the data takes, about."""
    stream = io.BytesIO()
    write_data(stream, {"": value}, plain=False)
    return stream.tell()


def writing(title: str, report: Report, path: Path, runs: int, *, bound: bool) -> None:
    """Write a report, and print what took how long and how much."""
    stream = io.BytesIO()
    data: dict[str, Any] = {}
    steps = {
        "data": lambda: data.update(image=image_data(report)),
        "encode, pack": lambda: write_data(io.BytesIO(), data, plain=False),
        "all": lambda: write_html(report, stream),
    }
    taken = {}
    for name, act in steps.items():
        taken[name] = timed(runs, act)
    stream = io.BytesIO()
    write_html(report, stream)
    path.write_bytes(stream.getvalue())
    size = path.stat().st_size
    tree = data["image"]["tree"]
    print(
        f"{title}\n  write {taken['all']:.2f} s (data {taken['data']:.2f}, encode and pack "
        f"{taken['encode, pack']:.2f}){verdict(taken['all'], 'write', bound)}\n"
        f"  {size:,} bytes, {len(tree['depth']):,} paths named, {len(tree['layer']):,} records"
        f"{verdict(size, 'bytes', bound)}"
    )
    empty = io.BytesIO()
    write_page(empty, {"image": {}}, title="", summary=(), plain=True)
    parts = {"code": empty.tell(), **{f"tree.{name}": packed(each) for name, each in tree.items()}}
    parts |= {name: packed(each) for name, each in data["image"].items() if name != "tree"}
    largest = sorted(parts.items(), key=lambda part: -part[1])[:9]
    print("  of that " + ", ".join(f"{name} {size / 1000:,.0f} kB" for name, size in largest))


def verdict(value: float, what: str, bound: bool) -> str:
    """Whether that is what was wanted."""
    if not bound:
        return ""
    return f"; wanted: {WANTED[what]:,.0f}" + ("" if value <= WANTED[what] else ": missed")


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
        return made, Taken(wall, await made._worked())

    async def answers(self, act: str, met: str) -> Taken:
        """How long from an act until what it leads to was there and painted."""
        before = await self._worked()
        wall = await self.page.evaluate(_ANSWER, [act, met])
        return Taken(wall, await self._worked() - before)

    async def close(self) -> None:
        await self.page.context.close()

    async def _worked(self) -> float:
        found = await self._session.send("Performance.getMetrics")
        (busy,) = (each["value"] for each in found["metrics"] if each["name"] == "TaskDuration")
        return float(busy) * 1000


class Taken(NamedTuple):
    """Milliseconds that passed, and that the page's main thread worked."""

    wall: float
    work: float


STEPS = (
    ("zoom", _ZOOM, _ZOOMED),
    ("zoom, deeper", _ZOOM, _ZOOMED),
    ("search 'lib'", _SEARCH.replace("TEXT", "lib"), _FOUND.replace("TEXT", "lib")),
    ("search '7.'", _SEARCH.replace("TEXT", "7."), _FOUND.replace("TEXT", "7.")),
)


async def showing(path: Path, runs: int, *, bound: bool) -> None:
    """Open a report, go about in it, and print what took how long."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    taken: dict[str, list[Taken]] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for _ in range(runs):
            page, first = await Watched.opened(browser, path, "", "main h1")
            taken.setdefault("first view", []).append(first)
            await page.close()
            page, drawn = await Watched.opened(browser, path, "#/files", "main .twin tbody tr")
            taken.setdefault("files, drawn and sorted", []).append(drawn)
            for name, act, met in STEPS:
                taken.setdefault(name, []).append(await page.answers(act, met))
            await page.close()
        await browser.close()
    steps = {name for name, _, _ in STEPS}
    for name, each in taken.items():
        wall, work = (statistics.median(column) for column in zip(*each, strict=True))
        what = "step" if name in steps else "view"
        print(f"  {name:<24} {wall:6.0f} ms, work {work:5.0f} ms{verdict(wall, what, bound)}")


def main() -> None:
    """Parse the arguments, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "layerlens-bench"
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    gc.disable()  # as the command line does
    out, runs = arguments.folder / "report.html", arguments.runs
    plain = lived_in(arguments.folder, arguments.entries)
    images = {"lived-in": plain, "lived-in, gzip": compressed(arguments.folder, plain)}
    if arguments.million:
        images["a million"], _ = plain_image(arguments.folder, 1_000_000, 1_000_000_000, 20)
    for title, path in images.items():
        warm(path)
        bound = title != "a million"
        report = Report(analysis(path, rules=bound))
        writing(title, report, out, runs, bound=bound)
        asyncio.run(showing(out, runs, bound=bound))


if __name__ == "__main__":
    main()
