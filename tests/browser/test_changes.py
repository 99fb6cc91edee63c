"""The view of what changed between two images: its figures are those of the comparison."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, PathChange
from layerlens.outputs.compare_json import write_comparison_json
from layerlens.outputs.compare_words import cause_words, change_of
from layerlens.outputs.display import escape
from layerlens.outputs.report import Report
from layerlens.units import human_change, human_size
from tests.browser import axe
from tests.browser.opening import Opener, becomes, too_wide
from tests.builders import file
from tests.unit.comparison.twoimages import attacked, blind, compared, shops, the_same
from tests.unit.outputs import samples

PARTS = ("", "files", "layers", "packages", "findings", "why")


async def opened(
    opener: Opener, comparison: Comparison, part: str = "", more: str = "", **options: Any
) -> Page:
    """The report of a comparison at one of its parts."""
    place = f"#/changes?part={part}{more}" if part else "#/changes"
    return await opener.open(Report(comparison.new, comparison=comparison), place, **options)


def document(comparison: Comparison) -> Any:
    stream = io.BytesIO()
    write_comparison_json(comparison, stream)
    return json.loads(stream.getvalue())


async def cells(table: Locator, rows: str = "tbody") -> list[list[str]]:
    """The texts of a table, as they can be read."""
    found: list[list[str]] = await table.evaluate(
        """(table, rows) => [...table.querySelectorAll(`${rows} tr`)].map((row) =>
             [...row.cells].map((cell) => {
               const copy = cell.cloneNode(true);
               copy.querySelectorAll("[aria-hidden]").forEach((each) => each.remove());
               return copy.textContent.trim();
             }))""",
        rows,
    )
    return found


# ----------------------------------------------------------------------------- the summary


async def test_the_labels_of_both_images_are_not_broken(opener: Opener) -> None:
    page = await opened(opener, attacked(), width=360)
    lines = await page.locator(".images dt").evaluate_all(
        """all => all.map((each) => {
             const text = document.createRange();
             text.selectNodeContents(each);
             return text.getClientRects().length;
           })"""
    )
    assert lines == [1, 1]


async def test_the_causes_are_called_as_everywhere_in_the_report(opener: Opener) -> None:
    page = await opened(opener, shops())
    table = page.get_by_role("table", name="Why the size changed")
    await expect(table.get_by_role("rowheader", name="package caches")).to_be_visible()
    await expect(page.locator(".changes")).not_to_contain_text("package-caches")
    await page.evaluate("location.hash = '#/changes?part=why'")
    await expect(page.get_by_role("row", name="package caches")).to_be_visible()


async def test_leads_to_what_is_fetched_for_nothing_only_where_something_is(
    opener: Opener,
) -> None:
    link = "What is fetched again for nothing"
    page = await opened(opener, the_same())
    await expect(page.locator(".pull")).to_contain_text("To fetch")
    await expect(page.get_by_role("link", name=link)).to_have_count(0)
    page = await opened(opener, shops())
    await expect(page.get_by_role("link", name=link)).to_have_count(
        1 if document(shops())["refetched"] else 0
    )


async def test_it_is_the_first_view_and_named_in_the_title(opener: Opener) -> None:
    page = await opener.open(Report(shops().new, comparison=shops()))
    await expect(page.locator("nav a").first).to_have_text("Changes")
    await expect(page.locator("main h1")).to_have_text("Changes")
    assert await page.title() == "Changes - shop:1.0 → shop:1.1 - LayerLens"


async def test_an_image_alone_has_no_such_view(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/changes")
    await expect(page.locator("nav")).not_to_contain_text("Changes")


async def test_the_figures_are_those_of_both_images(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison)
    rows = await cells(page.get_by_role("table", name="Figures of both images"))
    shown = {name: rest for name, *rest in rows}
    told = document(comparison)
    for name, key in (
        ("Size", "size"), ("Transfer", "transfer"), ("Live bytes", "live"), ("Dead bytes", "dead"),
    ):  # fmt: skip
        delta = getattr(comparison, key)
        assert shown[name] == [
            human_size(told[key]["old"]), human_size(told[key]["new"]), change_of(delta), "larger",
        ]  # fmt: skip
    assert shown["Packages"] == ["2", "3", "+1", "more"]
    assert shown["Layers"] == ["5", "5", "no change", ""]
    assert shown["Efficiency"] == ["100%", "94.1%", "-5.8 points", "worse"]
    assert shown["Lean score"] == ["100%", "45.7%", "-54.3 points", "worse"]


async def test_the_causes_add_up_to_the_change_in_size(opener: Opener) -> None:
    comparison = many_causes()
    told = document(comparison)
    page = await opened(opener, comparison)
    table = page.get_by_role("table", name="Why the size changed")
    rows = await cells(table)
    changes = [each["bytes"] for each in told["causes"]]
    assert [row[0] for row in rows] == [
        *map(human_change, changes[:12]), human_change(sum(changes[12:])),
    ]  # fmt: skip
    assert rows[-1][2] == f"{len(changes) - 12} smaller causes"
    total = [[human_change(told["size"]["change"]), "", "Change in size", "", ""]]
    assert await cells(table, "tfoot") == total
    button = page.get_by_role("button", name="Show all")
    await button.click()
    await expect(table.locator("tbody tr")).to_have_count(len(changes))
    assert [row[0] for row in await cells(table)] == list(map(human_change, changes))
    assert await cells(table, "tfoot") == total
    await page.get_by_role("button", name="Show the largest only").click()
    await expect(table.locator("tbody tr")).to_have_count(13)


async def test_a_cause_is_told_in_the_words_of_other_outputs_a_class_in_those_of_the_page(
    opener: Opener,
) -> None:
    from layerlens.comparison.causes import causes

    comparison = shops()
    page = await opened(opener, comparison)
    rows = await cells(page.get_by_role("table", name="Why the size changed"))
    assert [row[2] for row in rows] == [
        each.name.replace("-", " ") if each.kind == "removable" else cause_words(each)
        for each in causes(comparison)
    ]
    first = causes(comparison)[0]
    assert rows[0][3:] == [f"new {first.layer}", first.instruction]


async def test_bars_lie_on_the_side_of_their_sign_and_are_as_long_as_their_bytes(
    opener: Opener,
) -> None:
    comparison = shops()
    page = await opened(opener, comparison)
    bars = page.get_by_role("table", name="Why the size changed").locator("tbody .signed")
    found: list[list[float]] = await bars.evaluate_all(
        """(bars) => bars.map((bar) => {
             const box = bar.getBoundingClientRect();
             const zero = box.x + (parseFloat(bar.style.getPropertyValue("--zero")) * box.width) / 100;
             const { x, width } = bar.firstElementChild.getBoundingClientRect();
             return [x + 0.5 >= zero ? 1 : -1, width];
           })"""
    )
    changes = [each["bytes"] for each in document(comparison)["causes"]]
    assert [side for side, _ in found] == [1 if each > 0 else -1 for each in changes]
    scale = found[0][1] / abs(changes[0])
    for (_, width), each in zip(found, changes, strict=True):
        assert width == pytest.approx(max(2, abs(each) * scale), abs=1)


async def test_what_a_client_fetches(opener: Opener) -> None:
    comparison = shops()
    pull = document(comparison)["pull"]
    page = await opened(opener, comparison)
    section = page.locator(".pull")
    await expect(section).to_contain_text(
        f"{human_size(pull['bytes'])} of {human_size(pull['bytes'] + pull['reused_bytes'])}, as stored"
    )
    await expect(section).to_contain_text(f"{human_size(pull['bytes'])} in 4 layers: 1, 2, 3, 4")
    await expect(section).to_contain_text(f"{human_size(pull['reused_bytes'])} in 1 layer: 0")
    await expect(section).to_contain_text(pull["why"])


async def test_the_same_image_twice(opener: Opener) -> None:
    page = await opened(opener, the_same())
    await expect(page.locator("main")).to_contain_text("Nothing differs.")
    for part in PARTS[1:]:
        await page.evaluate("(part) => { location.hash = `#/changes?part=${part}`; }", part)
        await expect(page.locator(".part-links [aria-current]")).to_have_count(1)
        assert await page.locator(".part:visible").count() == 1
    await page.evaluate("location.hash = '#/changes?part=files'")
    await expect(page.locator("main")).to_contain_text("No path of the final filesystem differs.")


async def test_contents_that_could_not_be_compared_are_told(opener: Opener) -> None:
    comparison = unsure()
    assert comparison.unsure == 2
    page = await opened(opener, comparison, "files")
    await expect(page.locator(".note")).to_contain_text("The contents of 2 files could not be")
    await expect(page.get_by_role("row", name="other content")).to_contain_text(
        "contents could not be compared"
    )


# ------------------------------------------------------------------------------- the parts


async def test_layers_in_pairs(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "layers")
    table = page.get_by_role("table", name="Layers of both images")
    rows = await cells(table)
    told = document(comparison)
    assert len(rows) == len(told["layers"])
    for row, pair in zip(rows, told["layers"], strict=True):
        state = "same" if pair["same"] else "changed"
        change = pair["size"]["change"]
        assert row == [
            str(pair["old"]), str(pair["new"]), state, human_size(pair["size"]["old"]),
            human_size(pair["size"]["new"]), human_change(change) if change else "", "",
            human_size(pair["compressed_size"]["new"]), pair["instruction"],
        ]  # fmt: skip
    (total,) = await cells(table, "tfoot")
    size = told["size"]
    assert total[3:6] == [
        human_size(size["old"]), human_size(size["new"]), human_change(size["change"]),
    ]  # fmt: skip


async def test_layers_of_one_image_only(opener: Opener) -> None:
    comparison = compared(
        [[file("a", b"1")], [file("b", b"22")]],
        [[file("a", b"1")], [file("c", b"333")]],
        (["ADD a /", "COPY b /"], ["ADD a /", "RUN make install"]),
    )
    page = await opened(opener, comparison, "layers")
    rows = await cells(page.get_by_role("table", name="Layers of both images"))
    assert [row[:3] for row in rows] == [
        ["0", "0", "same"], ["", "1", "only in new"], ["1", "", "only in old"],
    ]  # fmt: skip


async def test_packages(opener: Opener) -> None:
    page = await opened(opener, shops(), "packages")
    rows = await cells(page.get_by_role("table", name="Packages that differ"))
    assert rows == [
        [
            "curl", "deb", "other version", "7.88", "8.1", "60.0 kB", "75.0 kB", "+15.0 kB", "",
        ],
        ["@a/left-pad", "npm", "added", "", "1.0", "", "6.0 kB", "+6.0 kB", ""],
    ]  # fmt: skip
    await expect(page.locator(".part:visible")).to_contain_text("1 added, 1 other version")


async def test_findings_that_are_new_fixed_and_in_both(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "findings")
    part = page.locator(".part:visible")
    await expect(part).to_contain_text("1 new, 1 fixed, 0 in both.")
    new = part.locator("article.came")
    await expect(new).to_contain_text("package lists")
    await expect(new).to_contain_text("would save 250.0 kB")
    await new.locator("summary").click()
    await expect(new.locator("pre")).to_have_text(comparison.new.findings[0].fix)
    await expect(part.locator("article.fixed")).to_contain_text("runs as root")
    at = document(comparison)["findings"]["new"]
    assert len(at) == 1
    await expect(new.get_by_role("link", name="package lists")).to_have_attribute(
        "href", f"#/findings?at={comparison.findings.new[0]}"
    )


async def test_findings_of_both_images_are_listed_with_what_they_cost(opener: Opener) -> None:
    new = shops().new
    page = await opened(opener, compare(new, new, blind), "findings")
    rows = await cells(page.get_by_role("table", name="finding"))
    assert [row[1:] for row in rows] == [
        [each.title, human_size(each.bytes), human_size(each.bytes), "no change"]
        for each in new.findings
    ]


async def test_without_rules_that_is_said(opener: Opener) -> None:
    comparison = compared([[file("a", b"1")]], [[file("a", b"2")]])
    page = await opened(opener, comparison, "findings")
    await expect(page.locator(".part:visible")).to_contain_text(
        "The rules did not run on both images."
    )


async def test_classes_add_up_and_what_is_fetched_again_has_advice(opener: Opener) -> None:
    comparison = shops()
    told = document(comparison)
    page = await opened(opener, comparison, "why")
    table = page.get_by_role("table", name="The ledger of both images")
    rows = await cells(table)
    assert [row[4] for row in rows] == [
        human_change(each["bytes"]["change"]) for each in told["classes"]
    ]
    ((label, _, *total, _),) = await cells(table, "tfoot")
    size = told["size"]
    assert label == "Size"
    assert total == [human_size(size["old"]), human_size(size["new"]), human_change(size["change"])]
    again = page.locator("article.again")
    await expect(again).to_have_count(len(told["refetched"]))
    for at, each in enumerate(told["refetched"]):
        await expect(again.nth(at)).to_contain_text(each["advice"])
        await expect(again.nth(at)).to_contain_text(f"{human_size(each['bytes'])} in ")
        await expect(again.nth(at).get_by_role("link", name=f"/{each['paths'][0]}")).to_be_visible()
    moved = await cells(page.get_by_role("table", name="Directories all of whose files"))
    assert moved == [["/app/static", "/app/public", "2", "18.0 kB"]]


async def test_classes_that_did_not_change_make_up_the_rest(opener: Opener) -> None:
    comparison = compared(
        [[file("a", b"1" * 50), file("b", b"2" * 30)], [file("a", b"3" * 50)]],
        [[file("a", b"1" * 50), file("b", b"2" * 40)], [file("a", b"3" * 50)]],
    )
    page = await opened(opener, comparison, "why")
    rows = await cells(page.get_by_role("table", name="The ledger of both images"))
    assert rows == [
        ["kept", "kept", "80 B", "90 B", "+10 B", ""],
        ["classes that did not change", "", "50 B", "50 B", "0 B", ""],
    ]


# -------------------------------------------------------------------------------- the files


def paths_table(page: Page) -> Locator:
    return page.get_by_role("table", name="Paths that differ")


WORDS = {
    "added": "added",
    "removed": "removed",
    "content": "other content",
    "type": "another type",
    "metadata": "only time",
}


@pytest.mark.parametrize("make", [shops, attacked], ids=["shops", "attacked"])
async def test_all_paths_are_those_of_the_comparison(
    opener: Opener, make: Callable[[], Comparison]
) -> None:
    comparison = make()
    page = await opened(opener, comparison, "files", "&list=all")
    rows = await cells(paths_table(page))
    expected = []
    for delta in comparison.paths:
        path = shown_path(delta.path)
        old, new = human_size(delta.old_bytes), human_size(delta.new_bytes)
        if delta.change is PathChange.MOVED:
            assert delta.moved_from is not None
            origin = shown_path(delta.moved_from)
            expected += [
                [path, f"moved here from {origin}", "0 B", new, human_change(delta.new_bytes)],
                [origin, f"moved away to {path}", old, "0 B", human_change(-delta.old_bytes)],
            ]
        else:
            said = WORDS[delta.change] + ("" if delta.sure else " (contents could not be compared)")
            expected.append([path, said, old, new, human_change(delta.bytes)])
    assert sorted([[path.rstrip("/"), *rest] for path, *rest in rows]) == sorted(
        [[path.rstrip("/"), *rest] for path, *rest in expected]
    )
    (total,) = await cells(paths_table(page), "tfoot")
    assert total[-1] == human_change(comparison.live.change or 0)


def shown_path(path: bytes) -> str:
    """A path as the page shows it: in part where it is very long."""
    text = escape("/" + path.decode("utf-8", "surrogateescape"))
    return text if len(text) <= 2000 else text[:2000]


async def test_a_directory_has_the_sums_of_what_is_in_it(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "files")
    rows = {path: rest for path, *rest in await cells(paths_table(page))}
    for name in ("app", "usr", "var"):
        inside = [each for each in comparison.paths if each.path.startswith(f"{name}/".encode())]
        said, old, new, change = rows[f"{name}/"]
        assert said.startswith(f"{len(inside)} paths")
        assert old == human_size(sum(each.old_bytes for each in inside))
        assert new == human_size(sum(each.new_bytes for each in inside))
        assert change == human_change(sum(each.bytes for each in inside))
    assert rows["app/"][0] == "7 paths, 2 moved away"
    assert list(rows)[:3] == ["var/", "usr/", "app/"], "the largest change first"


async def test_zooming_by_the_table_the_trail_and_the_back_button(opener: Opener) -> None:
    page = await opened(opener, shops(), "files")
    await paths_table(page).get_by_role("link", name="app/").click()
    await paths_table(page).get_by_role("link", name="static/").click()
    await expect(page).to_have_url(re.compile("at=app/static"))
    await expect(page.locator("p.sum")).to_contain_text("2 moved away. The directory itself:")
    await page.locator(".trail").get_by_role("link", name="app", exact=True).click()
    await expect(page.locator(".trail [aria-current]")).to_have_text("app")
    await page.go_back()
    await expect(page.locator(".trail [aria-current]")).to_have_text("static")
    await page.reload()
    await expect(page.locator(".trail [aria-current]")).to_have_text("static")


async def test_search_finds_paths_with_their_sum(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "files")
    await page.get_by_label("Find").fill("APP/Pub")
    found = [each for each in comparison.paths if b"app/pub" in each.path]
    status = page.locator("p.sum")
    await expect(status).to_contain_text(f"+18.0 kB in {len(found)} paths that match")
    rows = [path for path, *_ in await cells(paths_table(page))]
    assert sorted(rows) == ["/app/public/", "/app/public/app.css", "/app/public/logo.svg"]
    assert "q=APP/Pub" in page.url
    await page.get_by_label("Find").fill("nowhere")
    await expect(page.locator(".part:visible")).to_contain_text(
        "No path that differs is shown here."
    )
    await page.get_by_label("Find").fill("")
    await expect(paths_table(page).get_by_role("link", name="var/")).to_be_visible()


async def test_kinds_of_change_can_be_left_out(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "files", "&list=all")
    for word in ("added", "removed", "other content", "moved here"):
        await page.get_by_label(word).uncheck()
    await expect(page).to_have_url(re.compile("hide=added(,|%2C)removed(,|%2C)content(,|%2C)moved"))
    rows = await cells(paths_table(page))
    assert {said for _, said, *_ in rows} == {"only time"}
    await page.reload()
    await becomes(lambda: cells(paths_table(page)), rows)
    await expect(page.get_by_label("removed")).not_to_be_checked()


async def test_the_table_sorts_and_the_address_tells_how(opener: Opener) -> None:
    comparison = shops()
    page = await opened(opener, comparison, "files", "&list=all")
    await page.get_by_role("button", name="Path").click()
    await expect(page).to_have_url(re.compile("sort=path"))
    rows = await cells(paths_table(page))
    paths = [path for path, *_ in rows]
    assert paths == sorted(paths, key=lambda path: path.strip("/").split("/"))
    await page.reload()
    await becomes(lambda: cells(paths_table(page)), rows)


async def test_a_file_is_told_of_and_leads_to_its_place_in_the_new_image(opener: Opener) -> None:
    page = await opened(opener, shops(), "files", "&at=app/public/logo.svg")
    picked = page.locator(".picked")
    await expect(picked).to_contain_text("moved here from /app/static/logo.svg")
    await expect(picked).to_contain_text("file, 0 B → 12.0 kB: +12.0 kB")
    await expect(page.locator("tr[aria-current]")).to_contain_text("logo.svg")
    await expect(picked.get_by_role("link", name="in the new image")).to_have_attribute(
        "href", "#/files?at=app/public/logo.svg"
    )
    await picked.get_by_role("link", name="/app/static/logo.svg").click()
    await expect(picked).to_contain_text("moved away to /app/public/logo.svg")
    await expect(picked.get_by_role("link", name="in the new image")).to_have_count(0)


async def test_the_map_is_walked_by_keys(opener: Opener) -> None:
    page = await opened(opener, shops(), "files")
    canvas = page.locator(".map canvas")
    said = page.locator(".map [role=status]")
    await page.get_by_label("moved here").focus()
    # By way of the trail: the first stop after it is the map.
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await canvas.evaluate("(canvas) => document.activeElement === canvas"):
            break
    await expect(said).to_have_text("/var, 3.0 kB → 253.0 kB: +250.0 kB, 5 paths differ")
    await page.keyboard.press("ArrowRight")
    await expect(said).to_contain_text("/app, 20.5 kB → 18.0 kB: -2.5 kB")
    await page.keyboard.press("Enter")
    await expect(page.locator(".trail [aria-current]")).to_have_text("app")
    await expect(canvas).to_be_focused()
    await page.keyboard.press("Backspace")
    await expect(page.locator(".trail [aria-current]")).to_have_text("/")
    await expect(said).to_contain_text("/app, ")


@pytest.mark.parametrize(
    ("area", "inside"),
    [
        ("change", {"usr": 15_000, "app": 38_496}),
        ("new", {"usr": 124_000, "app": 18_017}),
        ("whole", {"usr": 124_000, "app": 18_017, "(unchanged)": 91_100}),
    ],
)
async def test_areas_are_by_change_or_by_size(
    opener: Opener, area: str, inside: dict[str, int]
) -> None:
    page = await opened(opener, shops(), "files")
    await page.get_by_label("Area").select_option(area)
    await expect(page).to_have_url(re.compile("files$" if area == "change" else f"area={area}"))
    canvas = page.locator(".map canvas")
    box = await canvas.bounding_box()
    assert box is not None
    # What the pointer meets, over a grid of points.
    texts: list[str] = await canvas.evaluate(
        """(canvas) => {
             const box = canvas.getBoundingClientRect();
             const found = [];
             for (let x = 4; x < box.width; x += 12) for (let y = 30; y < box.height; y += 12) {
               const at = { clientX: box.x + x, clientY: box.y + y, bubbles: true };
               canvas.dispatchEvent(new PointerEvent("pointermove", at));
               found.push(document.querySelector(".tooltip").textContent);
             }
             return found;
           }"""
    )
    whole = {"change": 303_496, "new": 395_026, "whole": 486_126}[area]
    for name, size in inside.items():
        start = "91.1 kB of / did not change" if name == "(unchanged)" else f"/{name}"
        met = sum(text.startswith(start) for text in texts) / len(texts)
        assert met == pytest.approx(size / whole, abs=0.06), name


# ------------------------------------------------------------------------ all of its parts


async def test_no_part_is_wider_than_the_window(opener: Opener) -> None:
    page = await opened(opener, attacked())
    for part in PARTS:
        await page.evaluate("(part) => { location.hash = `#/changes?part=${part}`; }", part)
        assert await too_wide(page, [360, 3840]) == [], part


async def test_no_part_violates_accessibility(opener: Opener) -> None:
    page = await opened(opener, shops())
    for at, part in enumerate(PARTS):
        await page.evaluate("(part) => { location.hash = `#/changes?part=${part}`; }", part)
        await expect(page.locator(".part-links a").nth(at)).to_have_attribute(
            "aria-current", "page"
        )
        assert await axe.violations(page) == [], part


async def test_parts_are_links_of_their_own(opener: Opener) -> None:
    page = await opened(opener, shops())
    links = page.locator(".part-links a")
    for at, part in enumerate(PARTS):
        await links.nth(at).click()
        place = f"#/changes?part={part}" if part else "#/changes"
        await expect(page).to_have_url(re.compile(re.escape(place) + "$"))
        await expect(links.nth(at)).to_have_attribute("aria-current", "page")
    await page.go_back()
    await expect(page.locator(".part-links [aria-current]")).to_contain_text("Findings")
    await page.evaluate("location.hash = '#/changes?part=constructor&area=constructor'")
    await expect(page.locator(".part-links [aria-current]")).to_have_text("Summary")


async def test_all_parts_are_printed(opener: Opener) -> None:
    page = await opened(opener, shops(), "layers")
    await page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await page.emulate_media(media="print")
    headings = page.locator(".part:visible h2")
    expected = ["Both images", "Files", "Layers", "Packages", "Findings", "Where the bytes are"]
    shown = await headings.all_inner_texts()
    assert [each for each in shown if each in expected] == expected
    await page.emulate_media(media="screen")
    await page.evaluate("dispatchEvent(new Event('afterprint'))")
    await expect(page.locator(".part:visible")).to_have_count(1)


async def test_rows_that_come_later_are_on_paper_at_once(opener: Opener) -> None:
    new = [[file(f"f{k}", b"2" * (2000 - k)) for k in range(60)]]
    comparison = compared([[file("f", b"1")]], new)
    page = await opened(opener, comparison, "layers")
    rows = await page.evaluate(
        """() => {
             dispatchEvent(new Event("beforeprint"));
             return document.querySelectorAll(".paths tbody tr").length;
           }"""
    )
    assert rows == 61
    await page.evaluate("dispatchEvent(new Event('afterprint'))")


# --------------------------------------------------------------------------------- samples


def unsure() -> Comparison:
    """Contents of which nothing is known."""
    old = samples.build([[file("a", b"1" * 10, mtime=1), file("b", b"1", mtime=1)]])
    new = samples.build([[file("a", b"2" * 10, mtime=1), file("b", b"1", mtime=2)]])
    return compare(old, new, blind)


def many_causes() -> Comparison:
    """Steps of which each brought other files."""
    steps = [f"RUN make {'abcdefghijklmnopqrstuvwxyz'[k]}" for k in range(20)]
    old = [[file(f"f{k}", b"1" * (1000 + 50 * k))] for k in range(20)]
    new = [[file(f"f{k}", b"2" * (2000 - 60 * k))] for k in range(20)]
    return compared(old, new, (steps, steps))
