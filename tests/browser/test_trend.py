"""One image over time: the chart, what moved it, the table that says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from layerlens.outputs.html.trend import write_trend_html
from layerlens.outputs.trend import trend_document
from layerlens.trend.model import Trend, TrendGap
from tests.browser import axe
from tests.browser.opening import WIDTHS, Opener, too_wide
from tests.golden.test_many_images import hostile_trend, moving
from tests.unit.trend.test_trend import followed
from tests.unit.trend.versions import versions

Show = Callable[..., Awaitable[Page]]


@pytest.fixture
def show(opener: Opener, tmp_path: Path) -> Show:
    """Opens the report of a trend."""

    async def show(
        trend: Trend, place: str = "", *, plain: bool = False, **options: object
    ) -> Page:
        path = tmp_path / "trend.html"
        with path.open("wb") as stream:
            write_trend_html(trend, stream, plain=plain)
        return await opener.open_file(path, place, **options)  # type: ignore[arg-type]

    return show


def long() -> Trend:
    """Two hundred points, of which some are not there and some have no transfer size."""
    point = moving().points[1]
    gaps = {30, 31, 199}
    points = [
        replace(
            point, place=k, reference=f"registry.example/app:1.{k}", size=10**8 + k * 10**6,
            live=10**8, dead=k * 10**6, transfer=None if 50 < k < 60 else 10**7 + k,
            created=f"2024-{1 + k // 28:02}-{1 + k % 28:02}T10:00:00Z",
        )
        for k in range(200)
        if k not in gaps
    ]  # fmt: skip
    step = moving().steps[0]
    steps = [replace(step, before=k, after=k + 1, size=10**6 + k) for k in range(len(points) - 1)]
    missing = [TrendGap(k, f"registry.example/app:1.{k}", "no such image") for k in sorted(gaps)]
    return Trend(tuple(points), tuple(missing), tuple(steps))


async def test_the_chosen_point_is_the_largest_growth(show: Show) -> None:
    page = await show(moving())
    await expect(page.locator(".trend-detail h2")).to_have_text("app:2")
    detail = page.locator(".trend-detail")
    await expect(detail).to_contain_text("Since app:1: +40.0 kB")
    await expect(detail).to_contain_text("the largest growth")
    await expect(detail).to_contain_text("added: RUN install")
    await expect(detail).to_contain_text("package caches +40.0 kB")
    await expect(detail.get_by_label("New findings")).to_contain_text("package lists")
    await expect(page.locator(".trend-missing")).to_contain_text("app:lost: no such image")


async def test_points_by_keys(show: Show) -> None:
    page = await show(moving())
    slider = page.get_by_role("slider")
    await slider.focus()
    await expect(slider).to_have_attribute("aria-valuenow", "3")
    await expect(page.locator(".trend-tip")).to_contain_text("removable 40.0 kB")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute(
        "aria-valuetext",
        "app:3: needed 93.0 kB, removable 0 B, dead 40.0 kB, size 133.0 kB, 0 B since the one before",
    )
    await expect(page.locator(".trend-tip")).to_contain_text("dead 40.0 kB")
    await expect(page).to_have_url(re.compile(r"#/trend\?at=3$"))
    await page.keyboard.press("Home")
    await expect(page.locator(".trend-detail h2")).to_have_text("app:1")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "app:lost: could not be read")
    await expect(page.locator(".trend-detail")).to_contain_text("no such image")
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuenow", "5")
    await page.keyboard.press("Tab")
    await expect(page.locator(".trend-tip")).to_be_hidden()


async def test_points_by_mouse(show: Show) -> None:
    page = await show(moving())
    box = await page.get_by_role("slider").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + 90, box["y"] + 50)
    await expect(page.locator(".trend-tip strong")).to_have_text("app:1")
    await page.mouse.click(box["x"] + 90, box["y"] + 50)
    await expect(page.locator(".trend-detail h2")).to_have_text("app:1")
    await page.mouse.move(2, 2)
    await expect(page.locator(".trend-tip")).to_be_hidden()


async def test_measures_and_deep_links(show: Show) -> None:
    page = await show(moving(), "#/trend?show=scores&at=3")
    await expect(page.get_by_label("Scores")).to_be_checked()
    await expect(page.locator(".trend-detail h2")).to_have_text("app:3")
    names = page.locator("svg .chart-name")
    await expect(names).to_have_text(["efficiency", "lean score"])
    assert await page.locator(".chart-line.of-lean").evaluate(
        "line => getComputedStyle(line).strokeDasharray"
    ) != "none"  # fmt: skip
    await page.get_by_label("Layers").check()
    await expect(names).to_have_text(["layers"])
    await expect(page.locator(".trend-detail h2")).to_have_text("app:3")
    # Nothing is known of a pull where layers lie uncompressed.
    await expect(page.get_by_label("Transfer")).to_have_count(0)


async def test_the_table_has_all_figures(show: Show) -> None:
    page = await show(moving())
    lines = page.locator("tbody tr")
    await expect(lines).to_have_count(5)
    found = await lines.nth(3).locator("th, td").all_inner_texts()
    assert found[1] == "app:3"
    assert found[3:] == [
        "133.0 kB", "0 B", "93.0 kB", "40.0 kB", "0 B", "69.9%", "69.9%",
        found[10], "4", "2", "0", "1", "",
    ]  # fmt: skip
    await expect(lines.nth(1)).to_contain_text("could not be read: app:lost: no such image")
    await page.get_by_role("button", name="Size").click()
    await expect(lines.first.locator("th")).to_have_text("app:2")
    await lines.last.get_by_role("link").click()
    await expect(page.locator(".trend-detail h2")).to_have_text("app:lost")


@pytest.mark.parametrize("width", WIDTHS)
async def test_two_hundred_points_at_any_width(show: Show, width: int) -> None:
    page = await show(long(), width=width)
    await expect(page.locator("svg.chart").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    ticks = await page.locator("svg.chart .chart-tick").all_text_contents()
    assert "0 B" in ticks
    assert ("300 MB" in ticks) or ("400 MB" in ticks)
    assert "1.0" in ticks
    # Three runs of points, two of them cut by what could not be read.
    line = await page.locator(".trend-plot .chart-line.of-total").get_attribute("d")
    assert line is not None
    assert line.count("M") == 2
    assert await _labels_touch(page) == []


async def _labels_touch(page: Page) -> list[str]:
    """Labels below the chart that lie over each other."""
    touching: list[str] = await page.evaluate(
        """() => {
             const all = [...document.querySelectorAll("svg.chart text")];
             const boxes = all.map((each) => [each.textContent, each.getBoundingClientRect()]);
             const found = [];
             boxes.forEach(([a, one], at) => {
               for (const [b, other] of boxes.slice(at + 1)) {
                 if (a === "?" && b === "?") continue;
                 if (one.left < other.right && other.left < one.right &&
                     one.top + 3 < other.bottom && other.top + 3 < one.bottom) found.push(`${a} / ${b}`);
               }
             });
             return found;
           }"""
    )
    return touching


@pytest.mark.parametrize("points", [1, 2])
async def test_few_points(show: Show, points: int) -> None:
    page = await show(followed(versions()[:points]))
    assert await _labels_touch(page) == []
    area = await page.locator(".chart-area.of-needed").bounding_box()
    assert area is not None
    assert area["width"] > 10
    await expect(page.locator("tbody tr")).to_have_count(points)


async def test_nothing_could_be_read(show: Show) -> None:
    page = await show(Trend((), (TrendGap(0, "a:1", "no such image"),), ()))
    await expect(page.locator("main")).to_contain_text("None of the images could be read.")
    await expect(page.locator("tbody tr")).to_contain_text("no such image")


async def test_it_is_accessible(show: Show) -> None:
    page = await show(moving())
    await page.get_by_role("slider").focus()
    assert await axe.violations(page) == []


@pytest.mark.parametrize("plain", [False, True])
async def test_hostile_text_stays_text(show: Show, plain: bool) -> None:
    page = await show(hostile_trend(), plain=plain)
    await expect(page.locator("tbody tr")).to_have_count(3)
    for at in range(3):
        await page.evaluate(f"location.hash = '#/trend?at={at}'")
    await expect(page.locator(".trend-detail h2")).to_contain_text("\\x1b[31mred")
    assert not await page.locator("main script, main b").count()


async def test_a_trend_is_saved_as_the_command_line_writes_it(show: Show) -> None:
    trend = hostile_trend()
    page = await show(trend)
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Trend as JSON").click()
    text = (await (await started.value).path()).read_text()
    assert json.loads(text) == json.loads(json.dumps(trend_document(trend)))
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Points").click()
    lines = (await (await started.value).path()).read_bytes().decode().split("\r\n")
    assert lines[1].startswith("'=1+1|`@you`\\x1b[31m,")
    assert lines[2].startswith("\\x3a:error::\\n\\u202e,")


async def test_a_little_waste_is_not_none(show: Show) -> None:
    trend = moving()
    point = replace(trend.points[0], user_wasted_percent=0.0645)
    page = await show(replace(trend, points=(point, *trend.points[1:])))
    row = page.get_by_role("row", name=point.reference).first
    await expect(row.get_by_role("cell", name="<0.1%", exact=True)).to_be_visible()


async def test_why_an_image_was_not_read_takes_no_tower(show: Show) -> None:
    trend = moving()
    problem = "no such file; give the path of an archive or of an image's directory, " * 3
    page = await show(replace(trend, gaps=(replace(trend.gaps[0], problem=problem),)))
    row = page.locator(".trend tbody tr").filter(has_text="could not be read")
    box = await row.bounding_box()
    assert box is not None
    assert box["height"] < 150


async def test_large_text_does_not_widen_the_page(show: Show) -> None:
    page = await show(moving(), width=360, locale="en-US")
    session = await page.context.new_cdp_session(page)
    await session.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    assert await too_wide(page, [360, 1280]) == []
