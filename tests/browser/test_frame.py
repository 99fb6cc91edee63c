"""The frame around the views: navigation, theme, links, what the page may do."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import expect

from layerlens.analysis.model import Analysis
from layerlens.layers.diagnostics import Diagnostic
from layerlens.outputs.html.page import STYLES, _script
from tests.browser import axe
from tests.browser.opening import Opener, Scheme, too_wide
from tests.builders import file
from tests.unit.outputs import samples

VIEWS = 'nav[aria-label="Views"] a'
SURFACE = {"light": "rgb(252, 252, 251)", "dark": "rgb(22, 22, 26)"}


@pytest.mark.parametrize("plain", [False, True])
async def test_shows_the_image_from_packed_and_from_plain_data(opener: Opener, plain: bool) -> None:
    page = await opener.open(samples.shop(), plain=plain)
    subject = page.locator(".subject")
    await expect(subject).to_have_text("shop:1.0")
    await expect(subject).to_have_attribute("title", "shop:1.0, read from shop.tar")
    await expect(page.locator("main h1")).to_be_visible()


async def test_the_link_of_a_view_is_seen_on_a_narrow_screen(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/guide", width=360)
    await expect(page.locator(VIEWS).last).to_be_in_viewport(ratio=1)
    await page.evaluate("location.hash = '#/overview'")
    await expect(page.locator(VIEWS).first).to_be_in_viewport(ratio=1)


async def test_nothing_that_a_module_exports_hides_what_is_of_the_browser(opener: Opener) -> None:
    names = sorted({
        name
        for of in STYLES
        for given in re.findall(r"^return \{ ([\w, ]+) \};\n\}\)", _script(of), re.MULTILINE)
        for name in given.split(", ")
    })  # fmt: skip
    assert {"h", "table", "treemap", "trend"} <= set(names)
    page = await opener.open(samples.shop())
    assert await page.evaluate("(names) => names.filter((name) => name in window)", names) == []


async def test_an_unknown_place_leads_to_the_first_view(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/no-such-view?x=%E0%A4")
    await expect(page.locator(VIEWS).first).to_have_attribute("aria-current", "page")


async def test_every_view_is_reached_by_its_link_and_named_in_the_title(opener: Opener) -> None:
    page = await opener.open(samples.shop())
    for link in await page.locator(VIEWS).all():
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
        title = (await link.inner_text()).split("\n")[0]
        assert (await page.title()).startswith(re.sub(r"\d+$", "", title).strip())


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_takes_the_theme_of_the_system_until_one_is_chosen(
    opener: Opener, scheme: Scheme
) -> None:
    page = await opener.open(samples.shop(), color_scheme=scheme)
    html = page.locator("html")
    await expect(html).to_have_css("background-color", SURFACE[scheme])
    other: Scheme = "dark" if scheme == "light" else "light"
    await page.get_by_label("Theme").select_option(other)
    await expect(html).to_have_css("background-color", SURFACE[other])
    await page.reload()
    await expect(html).to_have_css("background-color", SURFACE[other])
    await expect(page.get_by_label("Theme")).to_have_value(other)
    await page.get_by_label("Theme").select_option("system")
    await expect(html).to_have_css("background-color", SURFACE[scheme])
    await page.emulate_media(color_scheme=other)
    await expect(html).to_have_css("background-color", SURFACE[other])
    await expect(html).to_have_css("color-scheme", other)


async def test_the_theme_is_in_force_before_there_is_anything_to_see(opener: Opener) -> None:
    # A page of its own: the script stays with it.
    page = await opener.open(samples.shop(), color_scheme="dark", locale="en")
    await page.add_init_script(
        """new MutationObserver((_, watch) => {
             if (!document.body) return;
             watch.disconnect();
             window.atFirst = document.documentElement.dataset.theme;
           }).observe(document, { childList: true, subtree: true });"""
    )
    await page.reload()
    assert await page.evaluate("window.atFirst") == "dark"


async def test_a_reader_without_scripts_sees_the_figures(opener: Opener) -> None:
    page = await opener.open(samples.shop(), java_script_enabled=False)
    await expect(page.get_by_role("row", name="Layers")).to_be_visible()
    heading = await page.get_by_role("heading", name="shop:1.0").bounding_box()
    assert heading is not None
    assert heading["x"] > 8  # not at the window's very edge


async def test_the_policy_stops_foreign_scripts_styles_and_pictures(opener: Opener) -> None:
    page = await opener.open(samples.shop())
    ran = await page.evaluate(
        """async () => {
             const script = document.createElement("script");
             script.textContent = "window.foreign = true";
             document.body.append(script);
             const picture = new Image();
             const failed = new Promise((done) => { picture.onerror = () => done(true); });
             picture.src = "https://example.invalid/x.png";
             return [window.foreign === true, await failed];
           }"""
    )
    assert ran == [False, True]
    blocked = [problem for problem in opener.problems if "Content Security Policy" in problem]
    assert len(blocked) >= 2
    opener.problems.clear()


@pytest.mark.parametrize("width", [360, 1280, 1920, 3840])
async def test_heading_navigation_and_views_stand_on_one_line(opener: Opener, width: int) -> None:
    page = await opener.open(samples.judged(), width=width)
    found = set()
    for link in await page.locator(VIEWS).all():
        await page.evaluate("(hash) => { location.hash = hash; }", await link.get_attribute("href"))
        await expect(link).to_have_attribute("aria-current", "page")
        left: list[float] = await page.evaluate(
            """() => {
                 const row = document.querySelector('nav[aria-label="Views"]');
                 row.scrollLeft = 0;
                 const first = row.querySelector("a");
                 const text = first.getBoundingClientRect().left + parseFloat(getComputedStyle(first).paddingLeft);
                 const left = (what) => document.querySelector(what).getBoundingClientRect().left;
                 return [left(".brand"), text, left("main h1")].map(Math.round);
               }"""
        )
        found.update(left)
    assert len(found) == 1
    beside = found.pop()
    right = await page.locator(".theme").evaluate("each => each.getBoundingClientRect().right")
    assert width < 1280 or abs(width - right - beside) <= 1


async def test_the_files_use_all_of_a_large_screen(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/files", width=3840, height=2160)
    box = await page.locator(".panes").bounding_box()
    assert box
    assert box["x"] < 40
    assert box["width"] > 3760


async def test_no_view_is_wider_than_the_window(opener: Opener) -> None:
    page = await opener.open(many_notes())
    for link in await page.locator(VIEWS).all():
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
        assert await too_wide(page) == [], await link.inner_text()


async def test_the_text_is_as_large_as_the_browsers_and_no_view_wider_than_the_window(
    opener: Opener,
) -> None:
    page = await opener.open(samples.judged(), locale="en-US")
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await expect(page.locator("body")).to_have_css("font-size", "32px")
    for link in await page.locator(VIEWS).all():
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
        assert await too_wide(page, [360, 1280]) == [], await link.inner_text()


@pytest.mark.parametrize("place", ["findings?at=0", "layers?layer=2", "packages?at=0"])
async def test_large_text_does_not_widen_what_is_opened(opener: Opener, place: str) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, "#/guide", locale="en-US", width=360)
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await page.evaluate("(place) => { location.hash = '#/' + place; }", place)
    await expect(
        page.locator(VIEWS).filter(has_text=place.split("?", maxsplit=1)[0].title())
    ).to_have_attribute("aria-current", "page")
    assert await too_wide(page, [360]) == []


async def test_no_view_violates_accessibility(opener: Opener) -> None:
    odd = replace(samples.judged(), diagnostics=many_notes().diagnostics[:3])
    page = await opener.open(odd)
    for link in await page.locator(VIEWS).all():
        await link.click()
        await expect(link).to_have_attribute("aria-current", "page")
        assert await axe.violations(page) == [], await link.inner_text()


def many_notes() -> Analysis:
    """An image with diagnostics, so that their table has rows."""
    return samples.build(
        [[file("a", b"12")]],
        ["COPY a /"],
        notes=[Diagnostic("odd", f"note {k}", 0, b"usr/" + b"x" * 300) for k in range(450)],
    )
