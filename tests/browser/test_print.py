"""Every view on paper: ink on white, nothing cut off, nothing to press."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.opening import Opener
from tests.browser.test_frame import many_notes
from tests.unit.outputs import judging, samples

PAPER = 717
"""Pixels: what a page of A4 has between margins of a centimetre."""

WHITE, BLACK = "rgb(255, 255, 255)", "rgb(0, 0, 0)"


async def views(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(
        "() => Array.from(document.querySelectorAll('nav a'), (link) => link.hash)"
    )
    return found


@pytest.mark.parametrize("theme", ["system", "dark"])
async def test_paper_is_white_in_any_theme(opener: Opener, theme: str) -> None:
    page = await opener.open(samples.judged(), color_scheme="dark")
    await page.get_by_label("Theme").select_option(theme)
    await page.emulate_media(media="print")
    await expect(page.locator("html")).to_have_css("background-color", WHITE)
    await expect(page.locator("html")).to_have_css("color", BLACK)
    await expect(page.locator("main a").first).to_have_css("color", BLACK)


@pytest.mark.parametrize("name", ["judged", "gate"])
async def test_every_view_is_printed_whole(opener: Opener, name: str) -> None:
    report = judging.failing() if name == "gate" else samples.judged()
    page = await opener.open(report, width=PAPER)
    await page.emulate_media(media="print")
    for place in await views(page):
        await page.evaluate("(hash) => { location.hash = hash; }", place)
        await expect(page.locator("main h1")).to_be_visible()
        await expect(page.get_by_label("Views")).to_be_hidden()
        await expect(page.get_by_label("Theme")).to_be_hidden()
        assert await wide(page) == [], place
        assert await clipped(page) == [], place


async def wide(page: Page) -> list[str]:
    """Tables that are wider than the paper."""
    found: list[str] = await page.evaluate(
        """() => Array.from(document.querySelectorAll("main table"))
             .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
             .map((each) => each.caption?.textContent ?? each.outerHTML.slice(0, 80))"""
    )
    return found


async def clipped(page: Page) -> list[str]:
    """Boxes around tables and texts that hold more than they show."""
    found: list[str] = await page.evaluate(
        """() => Array.from(document.querySelectorAll("main .scroll, main pre"))
             .filter((each) => getComputedStyle(each).overflow !== "visible"
               && (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight))
             .map((each) => each.outerHTML.slice(0, 80))"""
    )
    return found


async def test_rows_that_were_not_laid_out_are_counted(opener: Opener) -> None:
    page = await opener.open(many_notes(), "#/diagnostics")
    await page.emulate_media(media="print")
    more = page.locator(".table-end .more")
    said = await more.evaluate("more => getComputedStyle(more, '::after').content")
    assert "more rows are not printed" in said
    assert await more.get_attribute("data-left") == "250"
    await expect(more).to_be_visible()


async def test_colours_that_mean_something_are_printed_and_words_need_none(
    opener: Opener,
) -> None:
    page = await opener.open(judging.failing(), "#/overview", width=PAPER)
    await page.emulate_media(media="print")
    await expect(page.locator(".piece").first).to_have_css("print-color-adjust", "exact")
    await expect(page.locator(".swatch").first).to_have_css("print-color-adjust", "exact")
    await page.locator(".severity").first.evaluate(
        "each => { each.className = 'severity critical'; }"
    )
    # White on a background that printers leave out could not be read.
    await expect(page.locator(".severity.critical")).to_have_css(
        "background-color", "rgba(0, 0, 0, 0)"
    )
    await expect(page.locator(".verdict .outcome")).to_contain_text("FAIL")
    await expect(page.locator(".readout code")).to_be_visible()
    await expect(page.get_by_role("button")).to_have_count(0)
