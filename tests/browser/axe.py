"""The accessibility checker axe-core, as the npm registry has it."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

from tests.nodejs import axe_script


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
        await page.evaluate(axe_script())
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
