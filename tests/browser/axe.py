"""The accessibility checker axe-core, as the npm registry has it."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

_VERSION = "4.14.1"
_SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


@functools.cache
def script() -> str:
    """Its JavaScript; the calling test is skipped where npm is absent."""
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("LAYERLENS_REQUIRE_BROWSER"):
            pytest.fail("there is no npm here")
        pytest.skip("there is no npm here")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [npm, "pack", "--silent", f"axe-core@{_VERSION}"],
            cwd=folder, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        (packed,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        assert digest == _SHA512, "this is not the package that was looked at"
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            return member.read().decode()


async def violations(page: Page) -> list[str]:
    """What axe finds of WCAG 2.2 A and AA and of good practice in both themes, one line each.

    In the second theme only colours are looked at: all else is the same there.
    """
    # Without motion, so that no colour is on its way to another.
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    light = await _found(page, _EVERYTHING)
    await page.emulate_media(color_scheme="dark")
    dark = await _found(page, _COLOURS)
    return [*light, *(f"dark: {each}" for each in dark)]


_EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_COLOURS = ["color-contrast", "link-in-text-block"]


async def _found(page: Page, rules: list[str]) -> list[str]:
    # Colours take a moment to change where motion is not unwanted.
    await page.evaluate("Promise.allSettled(document.getAnimations().map((each) => each.finished))")
    # The page's policy keeps foreign scripts out of the document, so it is evaluated by
    # the debugger.
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(script())
    found: list[dict[str, Any]] = await page.evaluate(
        """async (runOnly) =>
             (await axe.run(document, { runOnly, resultTypes: ["violations"] })).violations""",
        rules,
    )
    return [
        f"{each['impact']}: {each['id']}: {node['target']}: {node['html']:.200}"
        for each in found
        for node in each["nodes"]
    ]
