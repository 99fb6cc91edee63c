"""What can be saved out of the report: the JSON of ``--json``, and tables for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Page, expect

from layerlens.analysis.model import Analysis, Partial, Unread
from layerlens.layers.limits import MAX_SPARSE
from layerlens.outputs.files import write_files
from layerlens.outputs.html import folding
from layerlens.outputs.json_report import write_json
from layerlens.outputs.report import Report
from layerlens.outputs.rows_csv import write_rows_csv
from tests.browser import axe
from tests.browser.opening import Opener
from tests.builders import directory, file, hardlink, symlink, whiteout
from tests.members import sparse
from tests.unit.outputs import images, judging, samples
from tests.unit.outputs.html.test_tree import mixed


def linked() -> Analysis:
    """Files with several names, of which some are lost, and dive's list with all its oddities."""
    return samples.build(
        [
            [
                file("a", b"1" * 10), hardlink("z", "a"), hardlink("b", "a"),
                file("c", b"2" * 20), hardlink("c2", "c"), file("\U0001f600", b"3" * 10),
                file("\uffe0", b"4" * 10), directory("d"), file("d/f", b"5" * 10),
                symlink("way", "d"), file(b"o\xff/n", b"6" * 10), hardlink("o", b"o\xff/n"),
            ],
            [whiteout("a"), whiteout("c"), file("\U0001f600", b"7" * 10), file("\uffe0", b"8" * 10)],
            [whiteout("c2"), whiteout("d"), file("way/g", b"9"), file("z", b"0" * 10)],
            [file("way/g", b"99"), whiteout(b"o\xff"), directory("e")],
            [directory("e"), file("b", b"1" * 10)],
        ],
        compressed=True,
    )  # fmt: skip


def half_plain() -> Analysis:
    """One of its layers lies uncompressed, so that nobody knows what its files take on the wire."""
    analysis = samples.build(
        [[file("a", b"1" * 4_000), file("empty")], [file("b", b"2" * 2_000)]], compressed=True
    )
    analysis.filesystem.tables[1].transfer = None
    return analysis


def beyond_numbers() -> Analysis:
    """What an image may claim, however large: a browser's numbers end at 2**53."""
    huge = 2**62 + 1
    check = {"Test": ["CMD", "exact-1"], "Interval": huge, "Timeout": -huge, "Retries": 2**53 - 1}
    holes = [sparse(f"holes/{k:03}", ((k, b"x"),), MAX_SPARSE - k) for k in range(600)]
    layers = [
        [file("a", b"1" * 10, uid=2**55 + 1), file("b", b"2", gid=2**60 + 1), *holes],
        [whiteout("holes/001")],
    ]
    return samples.build(layers, settings={"Healthcheck": check})


IMAGES = {
    **images.IMAGES, "mixed": mixed, "linked": linked, "half plain": half_plain,
    "beyond numbers": beyond_numbers,
}  # fmt: skip


async def menu(page: Page) -> None:
    """Open the menu."""
    await page.get_by_role("button", name="Export").click()


async def saved(page: Page, item: str) -> str:
    """Choose an item of the open menu, and give what the browser was handed."""
    async with page.expect_download() as started:
        await page.locator(".export-panel").get_by_role("button", name=item).click()
    download = await started.value
    return (await download.path()).read_bytes().decode()


def document(report: Report) -> Any:
    stream = io.BytesIO()
    write_json(report.analysis, stream, verdict=report.verdict)
    return json.loads(stream.getvalue())


def rows(text: str) -> list[list[str]]:
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("name", IMAGES)
async def test_what_is_saved_is_what_the_command_line_writes(opener: Opener, name: str) -> None:
    analysis = IMAGES[name]()
    verdict = judging.failing().verdict if name == "judged" else None
    report = Report(analysis, verdict)
    page = await opener.open(report)
    await menu(page)
    text = await saved(page, "Analysis as JSON")
    assert text.isascii()
    assert json.loads(text) == document(report)
    for scope in ("final", *(str(layer.index) for layer in analysis.layers[:6])):
        await page.get_by_label("Files of").select_option(scope)
        _are_files_of(analysis, scope, await saved(page, "Files"))
    await _are_rows_of(report, page)


def _are_files_of(analysis: Analysis, scope: str, text: str) -> None:
    heads, *found = rows(text)
    stream = io.BytesIO()
    write_files(analysis, stream, "csv", None if scope == "final" else int(scope))
    all_heads, *expected = rows(stream.getvalue().decode())
    assert set(heads) < set(all_heads)
    kept = [all_heads.index(head) for head in heads]
    assert list(map(_undated, found)) == [_undated([row[at] for at in kept]) for row in expected]


def _undated(row: list[str]) -> list[str]:
    """A row of a directory without its layer: the page has the first that made it what it is."""
    return [*row[:7], "", *row[8:]] if row[1] == "dir" else row


async def _are_rows_of(report: Report, page: Page) -> None:
    stream = io.BytesIO()
    write_rows_csv(report, stream)
    heads, *every = rows(stream.getvalue().decode())
    whole = [dict(zip(heads, row, strict=True)) for row in every]
    waste_heads, *waste = rows(await saved(page, "Waste"))
    names = {"cause": "name", "added_in": "layer"}
    assert waste == [
        [row[names.get(head, head)] for head in waste_heads]
        for row in whole
        if row["record"] == "waste"
    ]
    layer_heads, *layers = rows(await saved(page, "Layers"))
    assert [row[layer_heads.index("instruction")] for row in layers] == [
        row["instruction"] for row in whole if row["record"] == "layer"
    ]
    if report.analysis.judged is None:
        await expect(page.locator(".export-panel").get_by_text("Findings")).to_have_count(0)
        return
    finding_heads, *findings = rows(await saved(page, "Findings"))
    shared = ["severity", "confidence", "path", "layer", "bytes", "transfer_bytes", "base"]
    shared += ["instruction", "line", "fix"]
    at = [finding_heads.index(head) for head in shared]
    assert [[row[k] for k in at] for row in findings] == [
        [row[head] for head in shared] for row in whole if row["record"] == "finding"
    ]


async def test_files_are_named_after_the_image(opener: Opener) -> None:
    page = await opener.open(samples.shop())
    await menu(page)
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Analysis as JSON").click()
    assert (await started.value).suggested_filename == "shop-1.0.json"
    await expect(page.get_by_role("status")).to_have_text("shop-1.0.json saved")


async def test_a_hostile_name_becomes_a_harmless_one(opener: Opener) -> None:
    tag = "../../.\u202e<b>:x/%2e%2e/" + "n" * 300
    page = await opener.open(samples.build([[file("a")]], tags=(tag,)))
    await menu(page)
    async with page.expect_download() as started:
        await page.get_by_role("button", name="Layers").click()
    suggested = (await started.value).suggested_filename
    assert suggested.endswith("nnn.layers.csv")
    assert len(suggested) < 80
    assert not set(suggested) & set("/\\%<>:\u202e")
    assert not suggested.startswith(".")


async def test_the_menu_by_keys(opener: Opener) -> None:
    page = await opener.open(samples.judged())
    button = page.get_by_role("button", name="Export")
    await button.focus()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Analysis as JSON")).to_be_focused()
    async with page.expect_download() as started:
        await page.keyboard.press("Enter")
    assert (await started.value).suggested_filename == "shop-1.0.json"
    assert await axe.violations(page) == []
    await page.keyboard.press("Escape")
    await expect(button).to_have_attribute("aria-expanded", "false")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator("main").click()
    await expect(button).to_have_attribute("aria-expanded", "false")


async def test_the_menu_fits_a_phone(opener: Opener) -> None:
    page = await opener.open(samples.shop(), width=360)
    await menu(page)
    box = await page.locator(".export-panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(
    ("partial", "said"),
    [
        (Partial(4, (Unread(4), Unread(5))), "Only 4 of 6 layers"),
        (Partial(4, (), False), "Only 4 layers"),
    ],
)
async def test_a_report_of_a_part_says_so_in_every_view(
    opener: Opener, partial: Partial, said: str
) -> None:
    page = await opener.open(replace(samples.shop(), partial=partial))
    for link in await page.locator("nav a").all():
        await link.click()
        await expect(page.locator(".partly")).to_contain_text(said)
    page = await opener.open(replace(samples.shop(), partial=partial), java_script_enabled=False)
    await expect(page.get_by_role("row", name="Only a part")).to_be_visible()


async def test_where_small_files_were_folded_the_menu_says_so(
    opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "MOST_RECORDS", 60)
    small = [f"usr/{k:03}" for k in range(200)]
    analysis = samples.build(
        [[file(name, b"x" * (k + 1)) for k, name in enumerate(small)], [whiteout("usr/199")]]
    )
    page = await opener.open(analysis)
    await menu(page)
    await expect(page.locator(".export-panel")).to_contain_text("Incomplete: ")
    found = json.loads(await saved(page, "Analysis as JSON"))
    whole = document(Report(analysis))
    assert [row for row in whole["waste"] if row in found["waste"]] == found["waste"]
    assert {**found, "waste": 0, "scores": 0} == {**whole, "waste": 0, "scores": 0}
    _, *files = rows(await saved(page, "Files"))
    assert 1 < len(files) < 200
    assert all(row[0] in {"usr", *small} for row in files)


async def test_packages_as_csv(opener: Opener) -> None:
    page = await opener.open(samples.packaged())
    await menu(page)
    heads, *found = rows(await saved(page, "Packages"))
    assert heads[:3] == ["ecosystem", "name", "version"]
    assert [row[:3] for row in found] == [
        ["deb", "apt", "2.6"],
        ["npm", "'@a/left-pad", "1.0"],
        ["gem", "'=cmd|'\\x1b[31m\\n", "'@1\\x00"],
        ["deb", "libc6", "2.36"],
    ]
    assert [row[heads.index("bytes")] for row in found] == ["5000000", "3000000", "0", "0"]
