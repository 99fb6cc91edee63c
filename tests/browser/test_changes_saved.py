"""What can be saved of a comparison, what was folded in it, and figures of real images."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison
from layerlens.contents_of_two import Side, same_content
from layerlens.outputs.html import deltafolding
from layerlens.pipeline import Rules, analyse_image, open_image
from layerlens.sources.image import ReadOptions
from layerlens.units import human_change
from tests.browser.opening import Opener
from tests.browser.test_changes import cells, document, opened, paths_table, unsure
from tests.browser.test_export import menu, saved
from tests.browser.test_hostile_changes import monstrous_changes
from tests.builders import file
from tests.unit.comparison.twoimages import attacked, compared, shops, the_same
from tests.unit.outputs.html.test_comparison import uneven

SAMPLES = Path(__file__).parents[2] / "sample_images"

PAIRS: dict[str, Callable[[], Comparison]] = {
    "shops": shops,
    "same": the_same,
    "attacked": attacked,
    "uneven": uneven,
    "unsure": unsure,
    "monstrous": monstrous_changes,
}


def real(old: str, new: str) -> Comparison:
    """Two of the ready archives."""
    sides = []
    for name in (old, new):
        options = ReadOptions()
        image = open_image(str(SAMPLES / name), options)
        sides.append(Side(analyse_image(image, options, rules=Rules(sets=())), image))
    before, after = sides
    try:
        return compare(before.analysis, after.analysis, same_content(before, after))
    finally:
        for side in sides:
            assert side.image is not None
            side.image.close()


@pytest.mark.parametrize("name", PAIRS)
async def test_what_is_saved_is_what_compare_writes(opener: Opener, name: str) -> None:
    comparison = PAIRS[name]()
    page = await opened(opener, comparison)
    await menu(page)
    text = await saved(page, "Comparison as JSON")
    assert text.isascii()
    assert list(json.loads(text)) == list(document(comparison))
    assert json.loads(text) == document(comparison)
    heads, *rows = csv.reader(io.StringIO(await saved(page, "Changes"), newline=""), strict=True)
    told = document(comparison)["paths"]
    assert len(rows) == len(told)
    for row, path in zip(rows, told, strict=True):
        found = dict(zip(heads, row, strict=True))
        assert found["change"] == path["change"]
        assert [found[key] for key in ("old_bytes", "new_bytes", "bytes")] == [
            str(path[key]) for key in ("old_bytes", "new_bytes", "bytes")
        ]
        assert (found["moved_from"] != "") == ("moved_from" in path)
        assert found["sure"] == ("yes" if path["sure"] else "no")


async def test_figures_of_real_images_are_those_of_compare(opener: Opener) -> None:
    comparison = real("webshop-docker.tar", "webshop-lean-oci.tar")
    told = document(comparison)
    assert len(told["paths"]) > 20
    page = await opened(opener, comparison)
    rows = await cells(page.get_by_role("table", name="Why the size changed"), "tfoot")
    assert rows[0][0] == human_change(told["size"]["change"])
    await menu(page)
    assert json.loads(await saved(page, "Comparison as JSON")) == told
    await page.evaluate("location.hash = '#/changes?part=files&list=all'")
    whole = sum(each["bytes"] for each in told["paths"])
    assert told["live"]["change"] == whole
    await expect(page.locator("p.sum")).to_contain_text(
        f"{human_change(whole)} in {len(told['paths'])} paths"
    )
    counts = Counter(each["change"] for each in told["paths"])
    for word, label in (("added", "added"), ("removed", "removed"), ("content", "other content")):
        if counts[word]:
            await expect(page.get_by_label(f"{label} ({counts[word]})")).to_be_visible()


def many() -> Comparison:
    """Files that came, went and got another mode."""
    old = [file(f"b/{k}", b"m" * 5, mode=0o600) for k in range(40)]
    new = [file(f"b/{k}", b"m" * 5, mode=0o644) for k in range(40)]
    new += [file(f"a/{k:02}", b"n" * k) for k in range(40)]
    return compared([[*old, file("gone", b"g" * 99)]], [new])


async def test_small_changes_stand_as_sums(opener: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = many()
    assert len(comparison.paths) == 82, "a directory, too"
    whole = await opened(opener, comparison, "files", "&sort=path")
    before = await cells(paths_table(whole))
    monkeypatch.setattr(deltafolding, "MOST_CHANGES", 40)
    page = await opened(opener, many(), "files", "&sort=path")
    after = await cells(paths_table(page))
    folded = ["(40 small changes)", "40 owner, mode or time only", "200 B", "200 B", "0 B"]
    assert sorted(after) == sorted([folded, *(row for row in before if row[0] != "b/")])
    assert before[0][1].endswith("40 paths")
    note = page.locator(".note")
    await expect(note).to_contain_text("Of 82 paths that differ, ")
    await page.evaluate("location.hash = '#/changes?part=files&at=a&sort=path'")
    rows = await cells(paths_table(page))
    named = [row for row in rows if not row[0].startswith("(")]
    ((label, what, *_),) = [row for row in rows if row[0].startswith("(")]
    assert label == f"({40 - len(named)} small changes)"
    assert what == f"{40 - len(named)} added"
    assert named[-1][0] == "39"
    total: Any = await cells(paths_table(page), "tfoot")
    assert total[0][-1] == human_change(sum(range(40)))
    await page.evaluate("location.hash = '#/changes?part=files&list=all&hide=added'")
    assert {row[1] for row in await cells(paths_table(page))} >= {"removed"}
    for area in ("new", "whole"):
        await page.get_by_label("Area").select_option(area)
    await menu(page)
    await expect(page.locator(".export-panel")).to_contain_text("small changes were folded")
    paths = json.loads(await saved(page, "Comparison as JSON"))["paths"]
    every = document(comparison)["paths"]
    assert 0 < len(paths) < len(every)
    assert [each for each in every if each in paths] == paths


async def test_what_differs_beside_the_content_is_told(opener: Opener) -> None:
    page = await opened(
        opener,
        compared(
            [[file("m", b"1", mode=0o644, uid=1, mtime=1), file("t", b"1", mtime=1)]],
            [[file("m", b"1", mode=0o755, uid=2, mtime=2), file("t", b"1", mtime=2)]],
        ),
        "files",
    )
    said = {path: what for path, what, *_ in await cells(paths_table(page))}
    assert said == {"m": "only mode 0644 → 0755, owner 1:0 → 2:0, time", "t": "only time"}


async def test_a_moved_directory_leads_to_both_of_its_places(opener: Opener) -> None:
    page = await opened(opener, shops(), "why")
    table = page.get_by_role("table", name="Directories all of whose files are elsewhere now")
    links = await table.locator("tbody a").evaluate_all(
        "(links) => links.map((each) => each.getAttribute('href'))"
    )
    assert links == [
        "#/changes?part=files&at=app/static", "#/changes?part=files&at=app/public",
    ]  # fmt: skip
