"""The view of files: the treemap, the table of the same directory, search, details."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache

import pytest
from playwright.async_api import Locator, Page, expect

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Change
from layerlens.image.model import BaseBoundary
from layerlens.outputs.rows import Row, decoder, rows
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import Opener, becomes
from tests.builders import directory, file, hardlink, symlink, whiteout
from tests.unit.outputs import samples


@cache
def village() -> Analysis:
    """Directories in directories, links, what changes and what goes, over four layers."""
    return samples.build(
        [
            [
                directory("usr"), directory("usr/lib"), directory("usr/share"),
                file("usr/lib/libc.so", b"c" * 400_000), file("usr/lib/libm.so", b"m" * 200_000),
                file("usr/lib/deep/er/libz.so.1", b"z" * 50_000),
                hardlink("usr/lib/libc.so.6", "usr/lib/libc.so"),
                file("usr/share/doc/README", b"r" * 30_000),
                symlink("lib", "usr/lib"), file("etc/passwd", b"p" * 900),
            ],
            [file("app/main.py", b"a" * 90_000), file("app/data.bin", b"d" * 300_000),
             file("app/it's here", b"q" * 10)],
            [file("app/data.bin", b"d" * 300_000, mode=0o600, uid=7), file("app/main.py", b"b" * 80)],
            [whiteout("usr/share"), file("app/new", b"n" * 5_000)],
        ],
        ["ADD base /", "COPY app /app", "RUN chmod 600 /app/data.bin", "RUN rm -r /usr/share"],
        base=BaseBoundary("declared", 1, "a label", "base:1"),
        compressed=True,
    )  # fmt: skip


IMAGES = {"shop": samples.shop, "judged": samples.judged, "village": village}


def children(found: list[Row], path: str) -> dict[str, tuple[int, int]]:
    """What stands in a directory: bytes and files by name, those below it included."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    start = f"{path}/".lstrip("/")
    for row in found:
        name = row.path.decode()
        if row.change == "removed" or not name.startswith(start) or name == path:
            continue
        child = name[len(start) :].split("/")[0]
        sums[child][0] += row.size
        sums[child][1] += row.kind != "dir"
    return {name: (size, files) for name, (size, files) in sums.items()}


def shipped(analysis: Analysis, layer: int | None) -> list[Row]:
    """The rows of a list, and for a layer what it ships without changing anything."""
    fs = analysis.filesystem
    found = list(rows(fs, layer))
    if layer is not None:
        decode, sizes = decoder(fs), fs.sizes()
        for version, change in enumerate(fs.changes):
            if change > Change.TYPE and sizes[version]:
                row = decode(version, None, None)
                found += [row] if row.layer == layer else []
    return found


async def cells(page: Page) -> dict[str, list[str]]:
    """The table: cells by the name of their row, as they are shown."""
    lines: list[list[str]] = await page.locator(".twin tbody tr").evaluate_all(
        "lines => lines.map((line) => [...line.cells].map((cell) => cell.textContent))"
    )
    return {line[0].rstrip("/"): line[1:] for line in lines if line[0] != ".."}


async def column(page: Page, title: str) -> dict[str, str]:
    """One column of the table, by name."""
    heads = await page.locator(".twin thead th").all_text_contents()
    at = heads.index(title) - 1
    return {name: values[at] for name, values in (await cells(page)).items()}


async def legend(page: Page) -> list[str]:
    return await page.locator(".legend .what").all_text_contents()


def canvas(page: Page) -> Locator:
    return page.locator(".treemap canvas")


async def pixels(page: Page) -> dict[str, int]:
    """How many of some thousand points of the map have which colour."""
    found: dict[str, int] = await page.evaluate(
        """() => {
             const canvas = document.querySelector(".treemap canvas");
             const { width, height } = canvas;
             const copy = new OffscreenCanvas(width, height)
               .getContext("2d", { willReadFrequently: true });
             copy.drawImage(canvas, 0, 0);
             const { data } = copy.getImageData(0, 0, width, height);
             const counts = {};
             for (let y = 2; y < height; y += 9) for (let x = 2; x < width; x += 9) {
               const at = 4 * (y * width + x);
               const key = `${data[at]},${data[at + 1]},${data[at + 2]}`;
               counts[key] = (counts[key] ?? 0) + 1;
             }
             return counts;
           }"""
    )
    return found


# ------------------------------------------------------------------------------------ figures


@pytest.mark.parametrize("name", IMAGES)
async def test_the_table_has_the_figures_of_the_analysis(opener: Opener, name: str) -> None:
    analysis = IMAGES[name]()
    page = await opener.open(analysis, "#/files")
    for scope in [None, *range(len(analysis.layers))]:
        if scope is not None:
            await page.get_by_label("Show").select_option(str(scope))
            await expect(page.locator(".totals")).to_contain_text(f"In layer {scope}:")
        expected = children(shipped(analysis, scope), "")
        sizes, files = await column(page, "Size"), await column(page, "Files")
        for child, (size, count) in expected.items():
            assert (sizes[child], files[child]) == (human_size(size), str(count)), (scope, child)
        total = sum(size for size, _ in expected.values())
        await expect(page.locator(".totals")).to_contain_text(f": {human_size(total)} ·")
        changes = await column(page, "Change")
        gone = {child: changes[child] for child in sizes if child not in expected}
        assert set(gone.values()) <= {"removed here"}
        if scope is not None:
            assert total == analysis.layers[scope].size


@pytest.mark.parametrize("name", IMAGES)
async def test_all_that_is_shipped_adds_up_to_the_scores(opener: Opener, name: str) -> None:
    analysis = IMAGES[name]()
    scores = analysis.scores
    page = await opener.open(analysis, "#/files?of=all&colour=class")
    totals = page.locator(".totals")
    await expect(totals).to_contain_text(f": {human_size(scores.total_bytes)} ·")
    waste = human_size(scores.dead_bytes + scores.removable_bytes)
    await expect(totals).to_contain_text(f"· {waste} waste ·")
    shown = dict(
        zip(
            await legend(page),
            await page.locator(".legend .number:not(.faint)").all_text_contents(),
            strict=True,
        )
    )
    ledger = [row for row in analysis.ledger if row.bytes]
    assert sorted(shown.values()) == sorted(human_size(row.bytes) for row in ledger)
    assert shown["kept"] == human_size(
        scores.total_bytes - scores.dead_bytes - scores.removable_bytes
    )


async def test_hard_links_count_once(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=usr/lib")
    sizes = await column(page, "Size")
    assert (sizes["libc.so"], sizes["libc.so.6"]) == ("400.0 kB", "0 B")
    await expect(page.locator(".totals")).to_contain_text("650.0 kB")


async def test_one_layer_shows_what_it_removed(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?of=3")
    await expect(page.locator(".totals")).to_contain_text("removes 1 file of 30.0 kB")
    await page.locator(".twin").get_by_role("link", name="usr/").click()
    await expect(page.locator(".crumbs [aria-current]")).to_have_text("usr")
    assert (await column(page, "Change"))["share"] == "removed here"


# --------------------------------------------------------------------------------- going about


async def test_zooms_by_a_click_and_back_by_the_history(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    here = page.locator(".crumbs [aria-current]")
    box = await canvas(page).bounding_box()
    assert box is not None
    await page.mouse.click(
        box["x"] + 60, box["y"] + 27
    )  # the strip of the largest, below the root's
    await expect(here).to_have_text("usr")
    await expect(page).to_have_url(re.compile("at=usr"))
    await page.mouse.click(box["x"] + 60, box["y"] + 8)  # its own strip leads up again
    await expect(here).to_have_text("/")
    await page.go_back()
    await expect(here).to_have_text("usr")
    await page.locator(".crumbs a").first.click()
    await expect(here).to_have_text("/")


async def test_walks_by_keys(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    said = page.locator(".treemap [role=status]")
    here = page.locator(".crumbs [aria-current]")
    row = page.locator(".twin tr.now th")
    await page.locator(".files h1").click()
    await canvas(page).focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowLeft")
    await expect(said).to_contain_text("usr, directory, 650.0 kB")
    await expect(row).to_have_text("usr/")
    await expect(page.locator(".ring.focus")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(said).to_contain_text("app, directory, 305.1 kB")
    await expect(row).to_have_text("app/")
    await page.keyboard.press("Enter")
    await expect(here).to_have_text("app")
    await expect(said).to_contain_text("data.bin, file, 300.0 kB")
    await page.keyboard.press("Enter")
    await expect(page.locator(".details .path").first).to_have_text("/app/data.bin")
    await expect(page).to_have_url(re.compile("pick=app/data.bin"))
    await page.keyboard.press("Backspace")
    await expect(here).to_have_text("/")
    await expect(said).to_contain_text("app, directory")  # where it came from
    await page.keyboard.press("Enter")
    await page.keyboard.press("Home")
    await expect(here).to_have_text("/")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Search")).to_be_focused()


async def test_walks_into_what_is_drawn_and_out_again(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    said = page.locator(".treemap [role=status]")
    here = page.locator(".crumbs [aria-current]")
    await canvas(page).focus()
    await expect(said).to_contain_text("usr, directory")
    await page.keyboard.press("PageDown")  # usr/lib is alone in usr: both are one rectangle
    await expect(said).to_contain_text("libc.so, file, 400.0 kB")
    await expect(page.locator(".details .path").first).to_have_text("/usr/lib/libc.so")
    await page.keyboard.press("ArrowRight")
    await expect(said).not_to_contain_text("libc.so, file")
    await page.keyboard.press("PageUp")
    await expect(said).to_contain_text("usr, directory")
    await page.keyboard.press("PageUp")
    await expect(said).to_contain_text("usr, directory")
    await expect(here).to_have_text("/")


async def test_escape_hides_the_tooltip_and_then_goes_up(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=usr/lib")
    tip = page.locator(".tooltip")
    await canvas(page).focus()
    await page.keyboard.press("ArrowRight")
    await expect(tip).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(page.locator(".crumbs [aria-current]")).to_have_text("usr")


async def test_the_table_leads_down_and_up(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    await page.locator(".twin").get_by_role("link", name="usr/").press("Enter")
    await expect(page.locator(".twin tbody a").first).to_be_focused()
    await page.locator(".twin").get_by_role("link", name="lib/").press("Enter")
    await expect(page.locator(".crumbs [aria-current]")).to_have_text("lib")
    assert list(await cells(page)) == ["libc.so", "libm.so", "deep", "libc.so.6"]
    await page.locator(".twin").get_by_role("link", name="Up", exact=True).click()
    await expect(page.locator(".crumbs [aria-current]")).to_have_text("usr")


async def test_sorts_by_every_column_and_keeps_that_in_the_link(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=usr/lib&of=all")
    heads = page.locator(".twin thead button")
    for head in await heads.all():
        title = await head.inner_text()
        sorts = page.locator(".twin thead [aria-sort]", has=page.get_by_text(title, exact=True))
        await head.click()
        await expect(sorts).to_have_count(1)
        way = await sorts.get_attribute("aria-sort")
        first = await cells(page)
        await head.click()
        await expect(sorts).not_to_have_attribute("aria-sort", way or "")
        assert set(await cells(page)) == set(first), title
        await expect(page.locator(".twin tbody a").first).to_have_text("..")
    await heads.filter(has_text="Name").click()
    await expect(page).to_have_url(re.compile("sort=name"))
    by_name = page.locator(".twin tbody th")
    expected = ["..", "deep/", "libc.so", "libc.so.6", "libm.so"]
    await expect(by_name).to_have_text(expected)
    await page.reload()
    await expect(by_name).to_have_text(expected)


async def test_a_link_leads_there_from_a_cold_start(opener: Opener) -> None:
    page = await opener.open(
        village(), "#/files?at=app/data.bin&of=all&size=waste&colour=change&q=data&sort=-layer"
    )
    await expect(page.get_by_label("Show")).to_have_value("all")
    await expect(page.get_by_label("Size")).to_have_value("waste")
    await expect(page.get_by_label("Colour")).to_have_value("change")
    await expect(page.get_by_label("Search")).to_have_value("data")
    await expect(page.locator(".crumbs [aria-current]")).to_have_text("app")
    await expect(page.locator(".details .path").first).to_have_text("/app/data.bin")
    await expect(page.locator("thead [aria-sort=descending]")).to_have_text("Layer")


@pytest.mark.parametrize(
    ("place", "notice", "here"),
    [
        ("at=usr/lib/nothing/x", "its deepest part that is there is /usr/lib", "lib"),
        ("at=usr/share/doc/README", "is not in the final filesystem", "usr"),
        ("at=%00&of=999&size=odd&colour=odd&sort=;", "There is no \\x00", "/"),
    ],
)
async def test_what_is_not_there_leads_to_its_deepest_part(
    opener: Opener, place: str, notice: str, here: str
) -> None:
    page = await opener.open(village(), f"#/files?{place}")
    await expect(page.locator(".notice")).to_contain_text(notice)
    await expect(page.locator(".crumbs [aria-current]")).to_have_text(here)


# -------------------------------------------------------------------------------------- search

SEARCHES: list[tuple[str, Callable[[str], bool]]] = [
    ("lib", lambda path: "lib" in path),
    ("LIB/L", lambda path: "lib/l" in path),
    ("deep/er/libz", lambda path: "deep/er/libz" in path),
    ("/usr/", lambda path: "usr" in path),
    ("*.so", lambda path: fnmatch.fnmatchcase(path.rpartition("/")[2], "*.so")),
    ("lib?.so*", lambda path: fnmatch.fnmatchcase(path.rpartition("/")[2], "lib?.so*")),
    ("[a-c]pp", lambda path: path.rpartition("/")[2] == "app"),
    ("usr/**/lib*", lambda path: bool(re.fullmatch(r"usr/(.*/)?lib[^/]*", path))),
    ("usr/**", lambda path: path.startswith("usr/") or path == "usr"),
    ("*/lib/*.so", lambda path: bool(re.fullmatch(r"[^/]*/lib/[^/]*\.so", path))),
    (r"/\.so(\.\d)?$/", lambda path: bool(re.search(r"\.so(\.\d)?$", path))),
    ("/^APP/i", lambda path: bool(re.search("^app", path, re.IGNORECASE))),
    ("nothing at all", lambda path: not path),
]  # fmt: skip


def _with_what_is_inside(found: list[Row]) -> int:
    """The bytes of paths, those of what is in a directory included, each once."""
    paths = {row.path for row in found}
    inside = tuple(path + b"/" for path in paths)
    every = rows(village().filesystem, None)
    return sum(row.size for row in every if row.path in paths or row.path.startswith(inside))


async def test_finds_what_python_finds(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    said = page.locator(".said")
    for text, test in SEARCHES:
        found = [row for row in rows(village().filesystem, None) if test(row.path.decode())]
        await page.get_by_label("Search").fill(text)
        word = "path" if len(found) == 1 else "paths"
        await expect(said).to_contain_text(f"{len(found)} {word}")
        await expect(said).to_contain_text(f", {human_size(_with_what_is_inside(found))}")
        if found:
            await expect(page.locator(".twin tbody tr")).to_have_count(len(found))
        assert set(await cells(page)) == {row.path.decode() for row in found}, text
        await page.get_by_label("Search").press("Escape")
        await expect(said).to_have_text("")
        assert "usr" in await cells(page)


async def test_what_does_not_match_is_grey(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?colour=change", color_scheme="light")
    before = await pixels(page)
    await page.get_by_label("Search").fill("libm")
    await expect(page.locator(".said")).to_contain_text("1 path")
    after = await pixels(page)
    sunken, added = "233,232,228", "42,120,214"
    assert after.get(sunken, 0) > 3 * before.get(sunken, 0) + 100
    assert 0 < after[added] < before[added] / 2


async def test_answers_each_key_at_once_and_those_that_come_together_together(
    opener: Opener,
) -> None:
    page = await opener.open(village(), "#/files")
    said = await page.evaluate(
        """async () => {
             const box = document.querySelector("#files-q");
             const said = document.querySelector(".said");
             const type = (text) => {
               box.value = text;
               box.dispatchEvent(new Event("input", { bubbles: true }));
             };
             let changes = 0;
             new MutationObserver(() => (changes += 1)).observe(said, { childList: true });
             type("li");
             type("libm");
             await new Promise((done) => setTimeout(done));
             return [changes, said.textContent];
           }"""
    )
    assert said[0] == 1
    assert said[1].startswith("1 path")


async def test_rows_that_nobody_sees_yet_come_after_the_first_picture(opener: Opener) -> None:
    files = [file(f"f{k:02}", b"x" * (100 - k)) for k in range(60)]
    page = await opener.open(samples.build([files], ["COPY f /"]), "#/files?pick=f59")
    rows = page.locator(".twin tbody tr")
    await expect(rows).to_have_count(60)
    await expect(page.locator(".twin tr[aria-current]")).to_contain_text("f59")
    at_once = await page.evaluate(
        """() => {
             document.querySelector(".twin thead th button").click();
             return document.querySelectorAll(".twin tbody tr").length;
           }"""
    )
    assert at_once == 25
    await expect(rows).to_have_count(60)
    assert await page.locator(".twin tbody tr th").all_inner_texts() == [
        f"f{k:02}" for k in range(60)
    ]
    await expect(page.locator(".twin tr[aria-current]")).to_have_count(1)
    await expect(page.locator(".twin .more:visible")).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "why"),
    [("/(/", "Unterminated group"), ("/(p+)+$/", "took too long")],
)
async def test_says_what_is_wrong_with_an_expression(opener: Opener, text: str, why: str) -> None:
    analysis = samples.build([[file("p" * 60 + "!", b"1"), file("a", b"2")]], ["COPY p /"])
    page = await opener.open(analysis, "#/files")
    rows = page.locator(".twin tbody tr")
    await page.get_by_label("Search").fill("a")
    await expect(rows).to_have_count(1)
    await page.get_by_label("Search").fill(text)
    await expect(page.locator(".said.bad")).to_contain_text(why)
    await expect(rows).to_have_count(2)
    await page.get_by_label("Search").fill("/^a$/")
    await expect(page.locator(".said")).to_contain_text("1 path")


async def test_a_directory_that_is_found_has_its_size_and_is_lit_with_what_is_in_it(
    opener: Opener,
) -> None:
    page = await opener.open(village(), "#/files?colour=change&q=l*b")
    sizes = await column(page, "Size")
    assert sizes == {"usr/lib": "650.0 kB", "lib": "0 B"}
    lit = await pixels(page)
    await page.get_by_label("Search").fill("[n]othing*")
    await expect(page.locator(".said")).to_contain_text("0 paths")
    added = "42,120,214"
    assert lit.get(added, 0) > 1000
    assert (await pixels(page)).get(added, 0) == 0


async def test_the_legend_leaves_one_group(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?of=all&colour=class&size=waste")
    row = page.locator(".legend").get_by_role("button", name="copied for new metadata", exact=True)
    await row.press("Enter")
    await expect(row).to_have_attribute("aria-pressed", "true")
    await expect(row).to_be_focused()
    assert list(await cells(page)) == ["app/data.bin"]
    await expect(page.locator(".said")).to_have_text(
        "1 path in all that is shipped, 300.0 kB of copied for new metadata"
    )
    assert "only=copied" in page.url
    await page.get_by_label("Search").fill("usr")
    await expect(page.locator(".said")).to_contain_text("0 paths")
    await page.get_by_label("Search").fill("")
    await expect(page.locator(".said")).to_contain_text("300.0 kB")
    await page.get_by_role("button", name="Show all, not only").click()
    await expect(page).not_to_have_url(re.compile("only"))
    await expect(page.locator(".twin").get_by_role("link", name="usr/")).to_be_visible()
    assert {"app", "usr"} <= set(await cells(page))
    await page.go_back()
    await expect(page.locator(".said")).to_contain_text("300.0 kB")
    await page.get_by_label("Colour").select_option("layer")
    await expect(page.locator(".said")).to_be_empty()


# ----------------------------------------------------------------------------- looks and words


async def test_every_scope_size_and_colour_is_drawn(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?of=all")
    seen = set()
    for size in ("content", "transfer", "waste"):
        await page.get_by_label("Size").select_option(size)
        for colour in ("layer", "class", "change"):
            await page.get_by_label("Colour").select_option(colour)
            await expect(page.locator(".legend h2")).to_have_text(f"By {colour}")
            assert await legend(page)
            seen.add(str(sorted((await pixels(page)).items())))
    assert len(seen) >= 8  # waste is of one class here, and of its layers
    await expect(page.get_by_label("Colour").get_by_role("option", name="package")).to_have_count(0)


async def test_packages_colour_what_they_own(opener: Opener) -> None:
    page = await opener.open(samples.packaged(), "#/files?colour=package&at=app")
    await expect(page.get_by_label("Colour")).to_have_value("package")
    assert await legend(page) == ["@a/left-pad 1.0", "of no package"]
    assert (await column(page, "Package"))["run"] == "@a/left-pad 1.0"


async def test_transfer_is_not_offered_where_it_is_not_known(opener: Opener) -> None:
    page = await opener.open(
        samples.build([[file("a", b"1")]], ["COPY a /"]), "#/files?size=transfer"
    )
    await expect(page.get_by_label("Size")).to_have_value("content")
    option = page.get_by_label("Size").locator("option[value=transfer]")
    await expect(option).to_be_disabled()
    await expect(page.get_by_label("Size")).to_have_attribute("title", re.compile("uncompressed"))
    await expect(page.get_by_role("button", name="Transfer")).to_have_count(0)


async def test_a_hundred_layers_are_told_apart(opener: Opener) -> None:
    page = await opener.open(samples.many(), "#/files?of=all")
    await page.locator(".legend").get_by_role("button", name=re.compile("^[0-9]+ more$")).click()
    await expect(page.locator(".legend .what")).to_have_count(127)
    looks = await page.locator(".legend li").evaluate_all(
        """lines => lines.map((line) => {
             const swatch = line.querySelector(".swatch");
             return [swatch.className, swatch.style.getPropertyValue("--of")].join();
           })"""
    )
    yours = [
        look for look, text in zip(looks, await legend(page), strict=True) if "(base)" not in text
    ]
    assert len(set(yours)) == len(yours) == 107


async def test_a_tooltip_says_everything_and_stays_in_the_window(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=app&of=all")
    box = await canvas(page).bounding_box()
    assert box is not None
    tip = page.locator(".tooltip")
    await page.mouse.move(box["x"] + 80, box["y"] + 120)
    await expect(tip).to_contain_text("/app/data.bin")
    for text in ("file", "600.0 kB", "of /app", "of all", "Transfer", "Waste", "COPY app /app",
                 "mostly added, replaced later", "rw------- (0600), 7:0"):  # fmt: skip
        await expect(tip).to_contain_text(text)
    await page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3)
    await expect(tip).to_be_visible()
    where = await tip.bounding_box()
    assert where is not None
    assert 0 <= where["x"] <= 1280 - where["width"]
    assert 0 <= where["y"] <= 800 - where["height"]


async def test_the_tooltip_of_the_keys_does_not_cover_what_is_focused(opener: Opener) -> None:
    page = await opener.open(village(), "#/files")
    await canvas(page).focus()
    await page.keyboard.press("ArrowRight")
    ring = await page.locator(".ring.focus").bounding_box()
    tip = await page.locator(".tooltip").bounding_box()
    assert ring is not None
    assert tip is not None
    apart = (
        tip["x"] >= ring["x"] + ring["width"]
        or tip["x"] + tip["width"] <= ring["x"]
        or tip["y"] >= ring["y"] + ring["height"]
        or tip["y"] + tip["height"] <= ring["y"]
    )
    assert apart


async def test_another_theme_draws_the_map_anew(opener: Opener) -> None:
    page = await opener.open(village(), "#/files", color_scheme="light")
    light = await pixels(page)
    await page.get_by_label("Theme").select_option("dark")
    main = max(light, key=light.__getitem__)

    async def is_there() -> bool:
        return main in await pixels(page)

    await becomes(is_there, expected=False)
    dark = await pixels(page)
    assert max(dark, key=dark.__getitem__) not in light


async def test_the_map_follows_the_window_and_its_resolution(opener: Opener) -> None:
    page = await opener.open(village(), "#/files", device_scale_factor=2)
    await expect(canvas(page)).to_have_js_property("width", await wide(page) * 2)
    await page.set_viewport_size({"width": 500, "height": 800})
    await page.wait_for_function("document.querySelector('.treemap canvas').width < 1000")
    assert await canvas(page).evaluate("canvas => canvas.width") == await wide(page) * 2


async def wide(page: Page) -> int:
    found: int = await canvas(page).evaluate("canvas => canvas.parentElement.clientWidth")
    return found


# ------------------------------------------------------------------------------------- details


async def test_details_tell_every_version_of_a_path(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=app/data.bin")
    versions = page.locator(".versions > li")
    await expect(versions).to_have_count(2)
    for text in ("layer 1", "added", "COPY app /app", "0644, 0:0", "replaced in layer 2",
                 "dead: copied for new metadata, by layer 2"):  # fmt: skip
        await expect(versions.nth(0)).to_contain_text(text)
    for text in ("layer 2", "metadata changed", "0644 → 0600, 0:0 → 7:0", "kept"):
        await expect(versions.nth(1)).to_contain_text(text)
    await expect(page.locator(".details pre")).to_have_text(
        "layerlens extract shop.tar /app/data.bin"
    )


async def test_details_of_what_is_gone_say_how_to_get_it_back(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=usr/share/doc/README")
    await expect(page.locator(".versions")).to_contain_text("removed in layer 3")
    await expect(page.locator(".details pre")).to_have_text(
        "layerlens extract shop.tar /usr/share/doc/README --layer 0"
    )


QUOTED = {
    b"it's $(here)": r"'/d/it'\''s $(here)'",
    b"raw\xff\n": r"$'/d/raw\377\012'",
    "bidi\u202egnp".encode(): r"$'/d/bidi\342\200\256gnp'",
    "caf\u00e9".encode(): "'/d/caf\u00e9'",
}


async def test_commands_are_quoted_for_a_shell(opener: Opener) -> None:
    # The largest stands first.
    files = [file(b"d/" + name, b"1" * (9 - k)) for k, name in enumerate(QUOTED)]
    page = await opener.open(samples.build([files], ["COPY d /"]), "#/files?at=d")
    for k, quoted in enumerate(QUOTED.values()):
        await page.locator(".twin tbody a").nth(1 + k).click()
        await expect(page.locator(".details pre")).to_have_text(
            f"layerlens extract shop.tar {quoted}"
        )


async def test_hostile_names_are_text(opener: Opener) -> None:
    page = await opener.open(samples.hostile(), "#/files?of=all")
    names = list(await cells(page))
    assert "<script>alert(1)<" in names  # its slash makes it a directory
    assert "bidi\\u202egnp.exe" in names
    assert "raw\\xff\\xfe" in names
    shown = await page.locator("main").inner_text()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


async def test_an_image_without_files_says_so(opener: Opener) -> None:
    page = await opener.open(samples.empty(), "#/files?of=0&at=x")
    await expect(page.locator(".twin")).to_contain_text("No files here.")
    await expect(page.locator(".legend")).to_contain_text("No bytes here.")


@pytest.mark.parametrize("width", [360, 1280, 3840])
async def test_stands_well_at_every_width(opener: Opener, width: int) -> None:
    page = await opener.open(village(), "#/files?at=usr/lib/deep/er&of=all", width=width)
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    map_, twin = await canvas(page).bounding_box(), await page.locator(".twin").bounding_box()
    assert map_ is not None
    assert twin is not None
    if width > 2000:
        assert twin["x"] > map_["x"] + map_["width"]
    else:
        assert twin["y"] > map_["y"] + map_["height"]


async def test_accessible_while_searching_and_with_details(opener: Opener) -> None:
    page = await opener.open(village(), "#/files?at=app/data.bin&q=app&of=all&colour=change")
    await canvas(page).focus()
    assert await axe.violations(page) == []
