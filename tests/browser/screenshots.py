"""Pictures of the HTML report for the documentation, made in a real browser.

    python -m tests.browser.screenshots [--whole] [--folder FOLDER] [NAME ...]

writes ``docs/screenshots/html/NAME-WIDTH-SCHEME.webp``, all of them unless some views
are named.  The images are those of ``sample_images/`` and of the tests, so anyone can run it; a second
run on the same machine changes nothing.  ``--whole`` takes each page down to its end
and writes PNG, which is larger, to be looked at rather than kept.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import CHROMIUM
from tests.terminal import ROOT
from tests.tui import shop

FOLDER = ROOT / "docs" / "screenshots" / "html"
_SAMPLES = ROOT / "sample_images"
_HEIGHTS = {360: 740, 1280: 850, 3840: 2160}
_SCHEMES = ("light", "dark")
_QUALITY = 80
"""Of WebP: text stays sharp in half of what is lossless."""

_REPORTS = {
    "image": ("webshop-docker.tar",),
    "shop": ("shop.tar",),
    "comparison": ("compare", "webshop-docker.tar", "webshop-lean-oci.tar"),
    "trend": ("trend", "webshop-docker.tar", "webshop-oci-gzip.tar", "webshop-lean-oci.tar"),
}


@dataclass(frozen=True)
class Shot:
    """One view: its place in a report, and whether it is worth a picture at 4K."""

    place: str
    of: str = "image"
    wide: bool = False

    @property
    def widths(self) -> Sequence[int]:
        return [width for width in _HEIGHTS if self.wide or width < max(_HEIGHTS)]


SHOTS = {
    "overview": Shot("#/overview", wide=True),
    "files": Shot("#/files?colour=class", wide=True),
    "layers": Shot("#/layers?layer=7"),
    "findings": Shot("#/findings", wide=True),
    "packages": Shot("#/packages", "shop"),
    "security": Shot("#/security"),
    "image": Shot("#/image"),
    "diagnostics": Shot("#/diagnostics"),
    "guide": Shot("#/guide"),
    "changes": Shot("#/changes", "comparison", wide=True),
    "trend": Shot("#/trend", "trend"),
}


def names(only: Sequence[str] = ()) -> list[str]:
    """The files of some views' pictures, or of all."""
    return [
        f"{name}-{width}-{scheme}.webp"
        for name in only or SHOTS
        for width in SHOTS[name].widths
        for scheme in _SCHEMES
    ]


def _write_reports(folder: Path) -> None:
    for sample in _SAMPLES.glob("webshop-*"):
        (folder / sample.name).symlink_to(sample)
    # The web shop has no packages.
    shop.write(folder / "shop.tar")
    for of, words in _REPORTS.items():
        subprocess.run(
            [sys.executable, "-m", "layerlens", *words, "--no-cache", "--html", folder / f"{of}.html"],
            cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True, timeout=120,
        )  # fmt: skip


async def _picture(page: Page, *, whole: bool) -> bytes:
    """What the page shows, by the browser's own encoder."""
    session = await page.context.new_cdp_session(page)
    kind = {"format": "png"} if whole else {"format": "webp", "quality": _QUALITY}
    taken = await session.send("Page.captureScreenshot", kind)
    return base64.b64decode(taken["data"])


async def _take(
    browser: Browser, report: Path, place: str, width: int, scheme: str, *, whole: bool
) -> bytes:
    """A view at one width in one theme."""
    context = await browser.new_context(
        viewport={"width": width, "height": _HEIGHTS[width]}, offline=True, reduced_motion="reduce",
        color_scheme="dark" if scheme == "dark" else "light",
    )  # fmt: skip
    try:
        page = await context.new_page()
        await page.goto(report.as_uri() + place)
        await page.wait_for_selector("main h1")
        if whole:
            height = await page.evaluate("document.documentElement.scrollHeight")
            await page.set_viewport_size({"width": width, "height": height})
        # What was asked for before is drawn by the second frame after it.
        await page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        return await _picture(page, whole=whole)
    finally:
        await context.close()


async def _take_all(only: Sequence[str], folder: Path, *, whole: bool) -> None:
    with tempfile.TemporaryDirectory(prefix="ll-") as reports:
        _write_reports(Path(reports))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
            for file in names(only):
                name, width, scheme = file.removesuffix(".webp").split("-")
                shot = SHOTS[name]
                report = Path(reports, f"{shot.of}.html")
                taken = await _take(browser, report, shot.place, int(width), scheme, whole=whole)
                (folder / file).with_suffix(".png" if whole else ".webp").write_bytes(taken)
            await browser.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the pictures of the views that are named, or all."""
    parser = argparse.ArgumentParser(description="pictures of the HTML report")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SHOTS))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to write them")
    parser.add_argument("--whole", action="store_true", help="whole pages, for looking at")
    options = parser.parse_args(arguments)
    unknown = next((each for each in options.names if each not in SHOTS), None)
    problem = f"no picture {unknown!r}" if unknown else None if CHROMIUM else "chromium is missing"
    if problem is not None:
        sys.stderr.write(f"{problem}\n")
        return 2
    options.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take_all(options.names, options.folder, whole=options.whole))
    return 0


if __name__ == "__main__":
    sys.exit(main())
