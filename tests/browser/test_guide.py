"""The guide: formulas with the image's own numbers, and what data the file holds."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from layerlens import __version__
from layerlens.outputs.html.image import image_data, write_html
from layerlens.outputs.report import Report
from layerlens.outputs.schema import SCHEMA_VERSION
from tests.browser import axe
from tests.browser.opening import Opener
from tests.unit.comparison.twoimages import shops
from tests.unit.outputs import samples


async def rows(page: Page, caption: str) -> dict[str, list[str]]:
    """The cells of a table's rows, by the first line of their heading."""
    found = page.get_by_role("table", name=caption).locator("tbody tr")
    cells = [await row.locator("th, td").all_inner_texts() for row in await found.all()]
    return {row[0].split("\n")[0].strip(): row[1:] for row in cells}


async def held(page: Page, label: str) -> str:
    """What the page says that the file holds of something."""
    last = page.locator("section").last
    return (
        await last.locator(".fact-list > div", has=page.get_by_text(label, exact=True))
        .locator("dd")
        .inner_text()
    )


async def test_formulas_are_worked_out_with_the_numbers_of_the_image(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/guide")
    scores, savings = samples.judged().scores, samples.judged().savings
    assert savings is not None
    total, live, dead = scores.total_bytes, scores.live_bytes, scores.dead_bytes
    kept = total - dead - scores.removable_bytes
    worked = {name: cells[-1] for name, cells in (await rows(page, "Scores and formulas")).items()}
    assert worked["Dead bytes"] == f"{total:,} \u2212 {live:,} = {dead:,}"
    assert worked["Kept bytes"].endswith(f"= {kept:,}")
    assert worked["Efficiency"] == f"{live:,} ÷ {total:,} = {int(live * 1000 / total) / 10}%"
    assert worked["Lean score"] == f"{kept:,} ÷ {total:,} = {int(kept * 1000 / total) / 10}%"
    assert worked["With all plain advice followed"].startswith(f"{total:,} \u2212 ")


async def test_every_class_of_the_ledger_has_a_line_and_its_bytes(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/guide?part=classes")
    classes = await rows(page, "Classes of bytes")
    ledger = [row for row in samples.shop().ledger if row.bytes]
    told = [cells for cells in classes.values() if cells[-1] != "none"]
    assert len(classes) == 1 + 7 + 16
    assert len(told) == len(ledger)
    assert classes["deleted later"] == [
        "dead",
        "A later layer deleted the file. It still ships with the layer that brought it.",
        "310.0 kB, 39.3%",
    ]


async def test_says_what_the_file_holds(opener: Opener) -> None:
    analysis = samples.packaged()
    page = await opener.open(analysis, "#/guide?part=data")
    data = image_data(Report(analysis))
    tree = data["tree"]
    stream = BytesIO()
    write_html(Report(analysis), stream)
    packed = stream.getvalue().partition(b' data-packed="gzip">')[2].partition(b"<")[0]
    assert await held(page, "Data section") == (
        f"{len(packed) / 1000:.1f} kB, packed with gzip and written in base64"
    )
    assert (await held(page, "Paths")).startswith(
        f"{len(tree['depth']) - 1} paths in {len(tree['layer'])} versions, "
        f"of {len(tree['names']) - 1} distinct names"
    )
    assert await held(page, "Small files") == "each is listed by itself"
    assert (await held(page, "Packages")).startswith("4 packages")
    assert (await held(page, "Findings")).startswith(f"{len(analysis.findings)} findings")
    assert await held(page, "Written by") == (
        f"LayerLens {__version__}, in the form {SCHEMA_VERSION} of its JSON"
    )


@pytest.mark.parametrize("plain", [False, True])
async def test_its_command_gets_the_data_out(opener: Opener, tmp_path: Path, plain: bool) -> None:
    for tool in ("sh", "sed", "base64", "gunzip"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool} here")
    page = await opener.open(samples.hostile(), "#/guide?part=data", plain=plain)
    command = await page.locator(".shell-line pre").inner_text()
    with (tmp_path / "report.html").open("wb") as stream:
        write_html(Report(samples.hostile()), stream, plain=plain)
    ran = await asyncio.create_subprocess_shell(command, cwd=tmp_path)
    assert await ran.wait() == 0
    found = json.loads((tmp_path / "report.json").read_bytes())
    expected = json.loads(json.dumps({"image": image_data(Report(samples.hostile()))}))
    assert found == expected


async def test_tells_of_the_keys_of_the_views_that_there_are(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/guide?part=keys")
    views = {link.split("\n")[0] for link in await page.locator("body > nav a").all_inner_texts()}
    told = set(await rows(page, "Keys")) - {"everywhere"}
    assert all(any(view.startswith(name) for view in views) for name in told)


async def test_tells_of_the_keys_of_a_comparison(opener: Opener) -> None:
    report = Report(shops().new, comparison=shops())
    page = await opener.open(report, "#/guide?part=keys")
    assert "Changes" in await rows(page, "Keys")


async def test_links_lead_to_parts_and_back(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/guide", height=400)
    parts = page.get_by_role("navigation", name="Parts of Guide")
    await parts.get_by_role("link", name="How exact the figures are").click()
    await expect(page.get_by_role("heading", name="How exact the figures are")).to_be_in_viewport()
    await page.get_by_role("link", name="Image", exact=True).last.click()
    await expect(page.get_by_role("heading", name="Which size?")).to_be_in_viewport()


async def test_no_accessibility_is_violated(opener: Opener) -> None:
    page = await opener.open(samples.empty(), "#/guide")
    assert await axe.violations(page) == []


async def test_a_share_is_the_one_of_the_overview(opener: Opener) -> None:
    analysis = samples.judged()
    scores = replace(analysis.scores, user_wasted_percent=28.999999999999996)
    page = await opener.open(replace(analysis, scores=scores), "#/guide")
    worked = await rows(page, "Scores and formulas, with the numbers of this image")
    assert worked["User wasted"][1].startswith("29.0% of ")
