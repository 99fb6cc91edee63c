"""Every view on paper: ink on white, nothing cut off, nothing to press."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.opening import Opener
from tests.browser.test_frame import many_notes
from tests.browser.test_security import many_secrets
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


@pytest.mark.parametrize("theme", ["system", "dark"])
async def test_a_map_is_printed_as_it_is_on_a_light_screen(opener: Opener, theme: str) -> None:
    page = await opener.open(samples.judged(), "#/files", color_scheme="dark")
    await page.get_by_label("Theme").select_option(theme)
    dark = await ground(page)
    assert max(dark) < 64
    # Browsers that take a picture of it first, and those that tell by the medium.
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert min(await ground(page)) > 224
    await page.emulate_media(media="print", color_scheme="dark")
    assert await ground(page) == [255, 255, 255]
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert await ground(page) == [255, 255, 255]
    await page.emulate_media(media="screen", color_scheme="dark")
    assert await ground(page) == dark


async def test_a_map_keeps_its_shape_on_paper(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/files")
    await page.pdf()  # which lays it out anew, and back
    await page.emulate_media(media="print")
    ratios = await page.locator(".treemap canvas").evaluate(
        """canvas => [canvas.width / canvas.height, canvas.clientWidth / canvas.clientHeight]"""
    )
    assert ratios[0] == pytest.approx(ratios[1], rel=0.02)


async def ground(page: Page) -> list[int]:
    """The colour of the strip at the top of the map."""
    found: list[int] = await page.locator(".treemap canvas").evaluate(
        """canvas => {
             const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
             copy.drawImage(canvas, 0, 0);
             return [...copy.getImageData(canvas.width / 2, 3, 1, 1).data].slice(0, 3);
           }"""
    )
    return found


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


async def test_secrets_that_were_not_laid_out_are_counted(opener: Opener) -> None:
    page = await opener.open(many_secrets(60), "#/security")
    await expect(page.locator(".finding-held code")).to_have_count(20)
    await page.emulate_media(media="print")
    more = page.locator(".finding-held button[data-left]")
    await expect(more).to_have_attribute("data-left", "40")
    await expect(more).to_be_visible()
    said = await more.evaluate("more => getComputedStyle(more, '::after').content")
    assert "more are not printed" in said


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
