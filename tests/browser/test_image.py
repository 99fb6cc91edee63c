"""The views of the image itself and of its diagnostics."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from playwright.async_api import Page, expect

from layerlens.analysis.model import Analysis
from layerlens.layers.diagnostics import Diagnostic, Notes
from layerlens.outputs.schema import analysis_document
from tests.browser import axe
from tests.browser.opening import Opener, too_wide
from tests.builders import file
from tests.unit.outputs import samples, wicked


async def fact(page: Page, label: str) -> str:
    """What stands beside a label."""
    return (
        await page.locator(".fact-list > div", has=page.get_by_text(label, exact=True))
        .locator("dd")
        .inner_text()
    )


async def table(page: Page, caption: str) -> list[list[str]]:
    """The cells of a table's rows."""
    rows = page.get_by_role("table", name=caption).locator("tbody tr")
    return [await row.locator("th, td").all_inner_texts() for row in await rows.all()]


async def test_what_the_image_is(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/image")
    image = analysis_document(samples.shop())["image"]
    assert image["id"] in await fact(page, "Id")
    assert "unknown" in await fact(page, "Digest")
    assert await fact(page, "Tags") == "shop:1.0registry.example/shop:latest"
    assert "788.4 kB (788,400 bytes) in 6 layers" in await fact(page, "Size")
    assert (await fact(page, "Base image")).startswith("debian:12: the lowest layer, 140.1 kB")
    assert "the annotation base.name" in await fact(page, "How that is known")


async def test_sizes_and_scores_are_those_of_the_analysis(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/image")
    document = analysis_document(samples.shop())
    sizes = await table(page, "The image by four meters")
    assert [(row[0], row[2], row[3]) for row in sizes] == [
        (each["meter"], f"{each['bytes']:,}", each["why"]) for each in document["sizes"]
    ]
    scores = await table(page, "Scores of LayerLens and of dive")
    assert [row[:3] for row in scores] == [
        ["Efficiency", "38.1%", "40.2%"],
        ["Wasted", "487.5 kB (487,500 bytes)", "604.0 kB (604,000 bytes)"],
        ["User wasted", "94.9%", "93.1%"],
        ["Lean score", "38.1%", "has none"],
    ]


async def test_what_a_container_runs(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/image")
    assert await fact(page, "User") == "1000:1000"
    assert await fact(page, "Entrypoint") == '["/app/main.py"]'
    assert await fact(page, "Command") == '["serve","--port","8000"]'
    assert (await fact(page, "Ports")).split() == ["443/tcp", "8000/tcp"]
    check = await fact(page, "Health check")
    assert check.split("\n") == ['["true"]', "every 30 s, unhealthy after 3 failures in a row"]
    assert await table(page, "Environment") == [["PATH", "/usr/bin:/bin"], ["MODE", "755"]]
    assert await table(page, "Labels") == [
        ["a", "1"],
        ["b", "2"],
        ["org.opencontainers.image.title", "shop"],
    ]
    assert await table(page, "Annotations") == [["org.opencontainers.image.base.name", "debian:12"]]


@pytest.mark.parametrize(
    ("check", "says"),
    [
        ({"Test": ["NONE"]}, "switched off (NONE)"),
        ({"Test": ["CMD-SHELL", "curl -f x || exit 1"]}, "curl -f x || exit 1 in a shell"),
        (
            {
                "Test": ["CMD", "ok"],
                "Interval": 300_000_000_000,
                "Timeout": 1_500_000_000,
                "StartPeriod": 60_000_000_000,
                "StartInterval": 250_000_000,
                "Retries": 1,
            },
            (
                '["ok"]\nevery 5 min, given 1.5 s each time, failures count after the first 60 s, '
                "until then every 0.25 s, unhealthy after 1 failure in a row"
            ),
        ),
        (None, "not set"),
    ],
)
async def test_health_checks_in_words(opener: Opener, check: object, says: str) -> None:
    analysis = samples.build([[file("a", b"1")]], ["COPY a /"], settings={"Healthcheck": check})
    page = await opener.open(analysis, "#/image")
    assert await fact(page, "Health check") == says


async def test_the_history_leads_to_layers(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/image")
    rows = await table(page, "History")
    document = analysis_document(samples.shop())
    assert len(rows) == len(document["history"])
    assert rows[0][1] == "0 base"
    assert rows[1][1:3] == ["none", ""]
    assert rows[2][3].startswith("RUN apt-get update && apt-get install -y git")
    assert rows[2][4] == "2024-05-02 12:00:00Z"
    assert rows[6][6] == "Ada"
    link = page.get_by_role("table", name="History").get_by_role("link", name="5")
    await expect(link).to_have_attribute("href", "#/layers?layer=5")
    await page.get_by_text("as recorded").nth(2).click()
    recorded = page.locator(".recorded[open]")
    await expect(recorded).to_contain_text("/bin/sh -c apt-get update")


async def test_layers_without_a_row_of_history_are_told(opener: Opener) -> None:
    page = await opener.open(samples.build([[file("a", b"1")], [file("b", b"2")]]), "#/image")
    await expect(page.locator("main")).to_contain_text("2 layers without a row: layer 0, layer 1")


async def test_digests_are_copied_whole(opener: Opener) -> None:
    page = await opener.open(
        samples.shop(), "#/image", permissions=["clipboard-read", "clipboard-write"]
    )
    diff_id = str(samples.shop().layers[2].diff_id)
    await page.get_by_role("button", name="Copy the diff_id of layer 2").click()
    await expect(page.get_by_text("Copied the diff_id of layer 2")).to_be_attached()
    assert await page.evaluate("navigator.clipboard.readText()") == diff_id


async def test_parts_are_linked(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/image?part=history", height=300)
    await expect(page.get_by_role("heading", name="History")).to_be_in_viewport()
    parts = page.get_by_role("navigation", name="Parts of Image")
    await parts.get_by_role("link", name="Which size?").click()
    await expect(page.get_by_role("heading", name="Which size?")).to_be_focused()
    await expect(page.get_by_role("heading", name="Which size?")).to_be_in_viewport()
    await page.evaluate("scrollTo(0, 0)")
    await parts.get_by_role("link", name="Which size?").click()
    await expect(page.get_by_role("heading", name="Which size?")).to_be_in_viewport()
    await page.go_back()
    await expect(page.get_by_role("heading", name="History")).to_be_in_viewport()


@cache
def laden() -> Analysis:
    """Every text of the configuration is against the reader, and one a megabyte long."""
    text = wicked.TEXT
    return samples.build(
        [[file("a", b"1")]],
        history=[
            {
                "created": text,
                "created_by": f"RUN {'x' * 1_000_000}",
                "author": text,
                "comment": text,
            }
        ],
        settings={
            "User": "u" * 5_000,
            "Env": [f"A={'v' * 1_000_000}", text, "<script>alert(1)</script>=<b>", "NO"],
            "Cmd": [text, "c" * 100_000],
            "Labels": {f"l{k}": text for k in range(300)},
            "Volumes": {f"/v{k}{text}": {} for k in range(300)},
            "Healthcheck": {"Test": [text], "Interval": -1, "Retries": 2**62},
            "OnBuild": [text],
        },
        annotations={"k" * 4_000: "w" * 4_000},
        reference="r" * 3_000,
        tags=tuple(f"{text}{k}" for k in range(80)),
        notes=[Diagnostic("odd", "m" * 100_000, 0, b"p/" * 2_000)],
    )


@pytest.mark.parametrize("view", ["image", "diagnostics"])
async def test_hostile_texts_stay_texts_and_in_the_window(opener: Opener, view: str) -> None:
    page = await opener.open(laden(), f"#/{view}")
    assert await too_wide(page) == []
    assert await page.locator("main script, main b").count() == 0
    assert await page.evaluate("document.querySelector('main').textContent.length") < 300_000


async def test_the_value_of_a_secret_is_marked_as_missing(opener: Opener) -> None:
    analysis = samples.build(
        [[file("a", b"1")]], settings={"Env": ["AWS_SECRET_ACCESS_KEY=[redacted]"]}
    )
    page = await opener.open(analysis, "#/image")
    ((name, value),) = await table(page, "Environment")
    assert name == "AWS_SECRET_ACCESS_KEY"
    assert value.split("\n") == ["[redacted]", "a secret's value is in no report"]


async def test_no_accessibility_is_violated(opener: Opener) -> None:
    page = await opener.open(odd(), "#/image?part=history")
    await page.get_by_text("as recorded").first.click()
    assert await axe.violations(page) == []


# ------------------------------------------------------------------------- diagnostics


@cache
def odd() -> Analysis:
    """An image with diagnostics of three codes, more of one than are kept."""
    notes = Notes()
    for k in range(130):
        notes.add("dangling-whiteout", "whiteout of a path that is not there", 1, b"tmp/%d" % k)
    notes.add("flat-archive", "a root filesystem without manifest")
    notes.add("duplicate-entry", "the path is there twice", 0, b"a")
    return replace(samples.shop(), diagnostics=tuple(notes.all()))


async def test_diagnostics_are_counted_by_code_and_explained(opener: Opener) -> None:
    page = await opener.open(odd(), "#/diagnostics")
    groups = await table(page, "Diagnostics by code")
    assert [row[:2] for row in groups] == [
        ["dangling-whiteout", "130"],
        ["flat-archive", "1"],
        ["duplicate-entry", "1"],
    ]
    assert all(row[2] for row in groups)
    await expect(page.locator("main")).to_contain_text("132 oddities")
    every = page.get_by_role("table", name="Diagnostics", exact=True).locator("tbody tr")
    await expect(every).to_have_count(len(odd().diagnostics))
    await page.get_by_role("link", name="duplicate-entry").click()
    await expect(every).to_have_count(1)
    await expect(every.get_by_role("link", name="/a")).to_have_attribute(
        "href", "#/files?at=a&of=0"
    )
    await expect(every.get_by_role("link", name="0")).to_have_attribute("href", "#/layers?layer=0")
    await page.locator(".choice select").select_option("flat-archive")
    await expect(every).to_contain_text(["a root filesystem without manifest"])
    await page.go_back()
    await expect(every).to_have_count(len(odd().diagnostics))


async def test_an_image_without_oddities_says_so(opener: Opener) -> None:
    page = await opener.open(samples.judged(), "#/diagnostics")
    await expect(page.locator("main")).to_contain_text("Nothing odd was found in this image.")
