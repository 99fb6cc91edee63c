"""The figures of the page are those of ``--json``, of one run of the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.async_api import expect

from layerlens.units import human_size
from tests.browser.opening import Opener
from tests.unit.cli.running import ROOT, environment


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Path]:
    """The report and the JSON of one run."""
    html, document = tmp_path / "report.html", tmp_path / "analysis.json"
    image = ROOT / "sample_images" / "webshop-docker.tar"
    subprocess.run(
        [sys.executable, "-m", "layerlens", str(image), "--html", str(html), "--json", str(document)],
        env=environment(), check=True, timeout=120,
    )  # fmt: skip
    return html, document


async def test_the_page_says_what_the_json_says(opener: Opener, written: tuple[Path, Path]) -> None:
    html, document = written
    expected = json.loads(document.read_bytes())
    page = await opener.open_file(html)
    await page.get_by_role("button", name="Export").click()
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Analysis as JSON").click()
    assert json.loads((await (await started.value).path()).read_bytes()) == expected
    await page.keyboard.press("Escape")
    await page.evaluate("location.hash = '#/diagnostics'")
    rows = page.locator("main tbody tr")
    await expect(rows).to_have_count(len(expected["diagnostics"]))
    for view, figures in (
        ("overview", ("total_bytes", "dead_bytes", "removable_bytes")),
        ("layers", ()),
        ("files", ("live_bytes",)),
    ):
        if not await page.locator(f"nav a[href='#/{view}']").count():
            continue
        await page.evaluate(f"location.hash = '#/{view}'")
        for figure in figures:
            shown = human_size(expected["scores"][figure])
            await expect(page.locator("main")).to_contain_text(shown)
        if view == "layers":
            for layer in expected["layers"]:
                await expect(page.locator("main")).to_contain_text(human_size(layer["size"]))
