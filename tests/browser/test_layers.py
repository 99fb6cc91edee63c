"""The layers in the report: their figures, what they did, which lost whose bytes."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Cause
from layerlens.filesystem.result import path_order
from layerlens.image.history import wrap_run
from layerlens.outputs.display import percent_of
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import Opener
from tests.builders import directory, file, hardlink, opaque, symlink, whiteout
from tests.unit.outputs import samples, wicked

MINUS = "\u2212"
WORDS = {"content": "content", "metadata": "metadata", "type": "type"}


@cache
def busy() -> Analysis:
    """Two layers, the second of which changes the first in every way."""
    return samples.build(
        [
            [
                directory("etc"),
                *(file(f"etc/{name}", b"x" * 10 * (k + 1)) for k, name in enumerate("abcdef")),
                symlink("etc/link", "a"),
                directory("opt"), directory("opt/one"), directory("opt/one/two"),
                file("opt/one/two/deep", b"d" * 5_000),
                file("turn", b"t" * 77),
                directory("whole"), directory("whole/in"),
                file("whole/in/x", b"1" * 900), file("whole/in/y", b"2" * 800),
                directory("cleared"), file("cleared/z", b"z" * 40),
            ],
            [
                directory("etc", 0o750),
                file("etc/a", b"x" * 10, mode=0o755),
                file("etc/b", b"other than it was", uid=7, gid=8),
                file("etc/c", b"x" * 30, mtime=99),
                whiteout("etc/d"),
                symlink("etc/link", "b"),
                directory("new"), directory("new/line"), directory("new/line/of"),
                file("new/line/of/first", b"n" * 300), file("new/line/of/second", b"n" * 600),
                hardlink("new/also", "etc/a", mode=0o755),
                directory("turn"), file("turn/inside", b"i" * 12),
                whiteout("whole"),
                directory("cleared"), opaque("cleared"),
                file("var/only/here/file", b"v" * 1_234_567),
            ],
        ],
        ["COPY . /", f"{samples.RUN} change-it"],
    )  # fmt: skip


def names(analysis: Analysis, layer: int) -> list[tuple[str, str]]:
    """(path, words) of each line of a layer's tree, all opened, in the order of names."""
    events = {event.path: event for event in analysis.filesystem.events(layer)}
    below: dict[bytes, set[bytes]] = {}
    for path in events:
        while path:
            up = path.rpartition(b"/")[0]
            below.setdefault(up, set()).add(path)
            path = up  # noqa: PLW2901
    kinds = {path: analysis.filesystem.entry(event.entry).kind for path, event in events.items()}
    found: list[tuple[str, str]] = []

    def word(path: bytes) -> str:
        event = events.get(path)
        return "" if event is None else event.modified_kind or event.change

    def walk(path: bytes, level: int) -> None:
        for child in sorted(below.get(path, ()), key=path_order):
            name = child.rpartition(b"/")[2]
            while True:
                inner = below.get(child, set())
                if len(inner) != 1:
                    break
                (only,) = inner
                if only not in below and kinds[only] != "dir":
                    break
                alike = word(only) == word(child) and word(child) in {"added", "removed"}
                if child in events and not alike:
                    break
                name += b"/" + only.rpartition(b"/")[2]
                child = only  # noqa: PLW2901
            slash = "/" if child in below or kinds[child] == "dir" else ""
            found.append((f"{level} {name.decode()}{slash}", word(child)))
            walk(child, level + 1)

    walk(b"", 1)
    return found


async def open_all(page: Page) -> None:
    await page.evaluate(
        """() => {
             let row;
             while ((row = document.querySelector('.changetree [aria-expanded="false"]'))) row.click();
           }"""
    )


async def lines(page: Page) -> list[tuple[str, str]]:
    """(level and name, word of the change) of the lines that are there."""
    return [
        (name, word)
        for name, word in await page.locator(".changetree .change").evaluate_all(
            """rows => rows.map(row => [
                 row.getAttribute("aria-level") + " " + row.querySelector(".path").textContent,
                 row.querySelector(".what span:nth-child(2)")?.textContent ?? "",
               ])"""
        )
    ]


def line(page: Page, name: str) -> Locator:
    """The line of the tree with a name."""
    return page.locator(".changetree .change").filter(
        has=page.locator(".path", has_text=re.compile(f"^{re.escape(name)}$"))
    )


async def figures(page: Page, selector: str) -> list[dict[str, str]]:
    """The rows of the table of layers as heading -> text."""
    found: list[dict[str, str]] = await page.locator(".layers .table table").first.evaluate(
        """(table, selector) => {
             const heads = Array.from(table.tHead.rows[0].cells, (cell) => cell.innerText.trim());
             return Array.from(table.querySelectorAll(selector), (row) => Object.fromEntries(
               Array.from(row.cells, (cell, at) => [heads[at], cell.innerText.trim()])));
           }""",
        selector,
    )
    return found


# ---------------------------------------------------------------------------------- the list


@pytest.mark.parametrize("make", [samples.shop, samples.judged, busy])
async def test_the_table_shows_the_figures_of_the_analysis(opener: Opener, make: Any) -> None:
    analysis: Analysis = make()
    page = await opener.open(analysis, "#/layers")
    rows = await figures(page, "tbody tr")
    assert len(rows) == len(analysis.layers)
    judged = analysis.judged is not None
    for row, layer in zip(rows, analysis.layers, strict=True):
        assert row["Layer"].split() == [
            str(layer.index), "base" if layer.is_base else "yours",
        ]  # fmt: skip
        assert row["Size"] == human_size(layer.size)
        assert row["Share"] == percent_of(layer.size, analysis.scores.total_bytes)
        assert row["Dead"] == human_size(layer.dead_bytes)
        assert row["Kills"] == human_size(layer.kills_bytes)
        for what in ("added", "modified", "removed"):
            assert row[what.title()] == str(getattr(layer, what).files)
        if layer.compressed_size is not None:
            assert row["Compressed"] == human_size(layer.compressed_size)
        blames = [each for each in analysis.findings if each.layer == layer.index]
        assert ("Findings" in row) is ("Removable" in row) is judged
        if judged:
            assert row["Findings"].split()[0] == str(len(blames))
            if blames:
                saved = analysis.what_if(blames).saved_bytes
                assert row["Findings"].endswith(human_size(saved) if saved else row["Findings"])
    if judged:
        assert analysis.judged is not None
        removable = Counter[int]()
        for inode, (_, size) in analysis.judged.claimed.inodes.items():
            removable[analysis.filesystem.layer_of(inode)] += size
        assert [row["Removable"] for row in rows] == [
            human_size(removable[layer.index]) for layer in analysis.layers
        ]


async def test_the_sums_are_those_of_the_image(opener: Opener) -> None:
    analysis = samples.judged()
    page = await opener.open(analysis, "#/layers")
    (row,) = await figures(page, "tfoot tr")
    scores = analysis.scores
    assert row["Layer"] == "4 layers"
    assert row["Size"] == human_size(scores.total_bytes)
    assert analysis.image.compressed_size is not None
    assert row["Compressed"] == human_size(analysis.image.compressed_size)
    assert row["Dead"] == row["Kills"] == human_size(scores.dead_bytes)
    assert row["Removable"] == human_size(scores.removable_bytes)
    assert row["Added"] == str(sum(layer.added.files for layer in analysis.layers))


async def test_the_rest_of_the_history_is_shown_where_it_belongs(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/layers")
    body = page.locator(".layers tbody").first
    await expect(body.locator("tr")).to_have_count(6)
    await page.get_by_label("show all history (1 row without a layer)").check()
    await expect(page).to_have_url(re.compile(r"#/layers\?history=all$"))
    await expect(body.locator("tr")).to_have_count(7)
    await expect(body.locator("tr").nth(1)).to_contain_text('CMD ["sh"]')
    await expect(body.locator("tr").nth(1)).to_have_class("no-layer")


TRICKY = (
    "RUN a && b; c || d",
    "RUN echo \"a && b\" && c 'x;y'; (d && e; f) && g",
    "RUN cat <<EOF > /x⏎one && two⏎EOF",
    "RUN case x in a) b ;; esac && echo \\&& c",
    "ENV A=b && c",
    'CMD ["a", "&&"]',
)


async def test_instructions_are_split_as_the_terminal_splits_them(opener: Opener) -> None:
    analysis = samples.build(
        [[file(f"f{k}", b"x")] for k in range(len(TRICKY))],
        [text.replace("⏎", "\n").replace("RUN ", f"{samples.RUN} ") for text in TRICKY],
    )
    page = await opener.open(analysis, "#/layers")
    for row, layer in zip(
        await page.locator(".layers tr.layer").all(), analysis.layers, strict=True
    ):
        text = layer.instruction.text
        run = layer.instruction.keyword == "RUN"
        expected = wrap_run(text) if run else [part.strip() for part in text.split("⏎")]
        assert await row.locator(".step").all_inner_texts() == expected
        await expect(row.locator(".step b")).to_have_text(layer.instruction.keyword)


LONG = "echo " + "z" * 300_000
HOSTILE = (
    f"{samples.RUN} {LONG} && </script><b>x</b> \x1b[31m\u202e && b && c && d && e",
    "RUN |2 A=\u202e B=</style> /bin/sh -c " + " && ".join(f"step-{k}" for k in range(3_000)),
)


async def test_a_hostile_instruction_is_text_and_is_cut(opener: Opener) -> None:
    analysis = samples.build([[file("a", b"1")], [file("b", b"2")]], HOSTILE)
    page = await opener.open(analysis, "#/layers", width=360)
    rows = page.locator(".layers tr.layer")
    assert len(await rows.nth(0).inner_text()) < 1_000
    await rows.nth(0).get_by_role("button", name="Show all").click()
    await expect(rows.nth(0)).to_contain_text("more characters")
    assert len(await rows.nth(0).inner_text()) < 10_000
    await rows.nth(0).get_by_role("button", name="Show less").click()
    await expect(rows.nth(1).locator(".step")).to_have_count(4)
    button = rows.nth(1).get_by_role("button", name="Show all 3,000 lines")
    await button.click()
    await expect(rows.nth(1).locator(".step")).to_have_count(1_000)
    await expect(rows.nth(1)).to_contain_text("and 2,000 more lines")
    await page.goto(page.url.partition("#")[0] + "#/layers?layer=1")
    await expect(page.locator(".args li")).to_have_text(["A=\\u202e", "B=</style>"])
    await page.locator(".raw summary").click()
    await expect(page.locator(".raw pre")).to_contain_text("more characters")
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


async def test_images_that_are_against_the_reader_are_shown(opener: Opener) -> None:
    page = await opener.open(wicked.wicked(), "#/layers?history=all&cell=0-1")
    await expect(page.locator(".layers tr.layer")).to_have_count(2)
    await page.locator(".layers tr.layer a").nth(1).click()
    await expect(page.locator("h1")).to_have_text("Layer 1 yours")
    await expect(page.locator(".raw pre")).to_contain_text("\\x1b[31mred", use_inner_text=False)


# -------------------------------------------------------------------------------- the matrix


def lost(analysis: Analysis, cause: Cause | None = None) -> Counter[tuple[int, int]]:
    """(layer that added, layer that lost) -> dead bytes."""
    fs = analysis.filesystem
    found = Counter[tuple[int, int]]()
    deaths = fs.deaths
    for inode, why, layer in zip(deaths.inode, deaths.cause, deaths.layer, strict=True):
        if fs.size(inode) and (cause is None or why == cause):
            found[fs.layer_of(inode), layer] += fs.size(inode)
    return found


async def matrix(page: Page) -> tuple[dict[tuple[int, int], str], dict[int, str], dict[int, str]]:
    """Cells, sums of rows, sums of columns; -1 is the corner."""
    rows: list[list[str]] = await page.locator(".matrix tr").evaluate_all(
        """rows => rows.map(row => Array.from(row.cells,
             cell => (cell.querySelector("a, button") ?? cell).textContent))"""
    )
    columns = [int(text.removeprefix("layer ")) for text in rows[0][1:-1]]
    cells: dict[tuple[int, int], str] = {}
    added: dict[int, str] = {}
    for row in rows[1:-1]:
        layer = int(row[0].removeprefix("layer "))
        cells |= {(layer, j): text for j, text in zip(columns, row[1:-1], strict=True) if text}
        added[layer] = row[-1]
    return cells, added, dict(zip([*columns, -1], rows[-1][1:], strict=True))


@pytest.mark.parametrize("make", [samples.shop, samples.many, busy])
async def test_the_matrix_holds_every_dead_byte(opener: Opener, make: Any) -> None:
    analysis: Analysis = make()
    page = await opener.open(analysis, "#/layers")
    cells, added, killed = await matrix(page)
    assert cells == {at: human_size(size) for at, size in lost(analysis).items()}
    layers = analysis.layers
    assert added == {x.index: human_size(x.dead_bytes) for x in layers if x.dead_bytes}
    assert killed == {x.index: human_size(x.kills_bytes) for x in layers if x.kills_bytes} | {
        -1: human_size(analysis.scores.dead_bytes)
    }


async def test_the_matrix_shows_one_cause(opener: Opener) -> None:
    analysis = samples.shop()
    page = await opener.open(analysis, "#/layers")
    cells: dict[tuple[int, int], str] = {}
    for cause in (Cause.DELETED, Cause.METADATA, Cause.DUPLICATE_ENTRY):
        await page.get_by_label("Cause").select_option(cause.word)
        expected = lost(analysis, cause)
        assert expected
        await expect(page.locator(".matrix tr").last.locator("td").last).to_have_text(
            human_size(expected.total())
        )
        cells, _, killed = await matrix(page)
        assert cells == {at: human_size(size) for at, size in expected.items()}
        assert killed[-1] == human_size(expected.total())
    await page.reload()
    await page.wait_for_selector(".matrix")
    assert (await matrix(page))[0] == cells


async def test_a_cell_lists_its_paths_by_keyboard(opener: Opener) -> None:
    analysis = samples.shop()
    page = await opener.open(analysis, "#/layers")
    first = page.locator(".matrix button").first
    await first.focus()
    order = sorted(lost(analysis))
    assert order[0] == (0, 1)
    await page.keyboard.press("ArrowDown")  # the nearest column of the next row
    await expect(page.locator(".matrix button:focus")).to_have_attribute("data-cell", "1-3")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile("cell=1-3"))
    heading = page.locator(".cell-paths h3")
    await expect(heading).to_be_focused()
    rows = [
        (row.path.decode(), row.bytes)
        for row in analysis.waste
        if (row.added_in, row.lost_in) == (1, 3)
    ]
    assert len(rows) == 2
    await expect(heading).to_have_text(
        f"Added in layer 1, lost in layer 3: {human_size(sum(b for _, b in rows))} in 2 files"
    )
    rows.sort(key=lambda row: -row[1])
    table = page.locator(".cell-paths tbody tr")
    await expect(table).to_have_text(
        [f"{path}deleted later{human_size(size)}" for path, size in rows]
    )
    link = table.first.get_by_role("link")
    await expect(link).to_have_attribute("href", f"#/files?at={rows[0][0]}&of=all")
    await page.get_by_role("button", name="Close").press("Enter")
    await expect(table).to_have_count(0)
    await expect(page.locator(".matrix button:focus")).to_have_attribute("data-cell", "1-3")


# --------------------------------------------------------------------------------- one layer


@pytest.mark.parametrize("layer", [0, 1])
async def test_the_tree_has_the_events_of_the_layer(opener: Opener, layer: int) -> None:
    page = await opener.open(busy(), f"#/layers?layer={layer}&sort=name")
    await open_all(page)
    assert await lines(page) == names(busy(), layer)


async def test_the_tree_has_the_events_of_every_layer_of_a_shop(opener: Opener) -> None:
    page = await opener.open(samples.shop())
    for layer in range(6):
        await page.evaluate(f"location.hash = '#/layers?layer={layer}&sort=name'")
        await expect(page.locator("main h1")).to_contain_text(f"Layer {layer} ")
        await open_all(page)
        assert await lines(page) == names(samples.shop(), layer)
        events = list(samples.shop().filesystem.events(layer))
        await expect(page.locator(".changes [role=status]")).to_contain_text(
            f"{len(events)} change{'' if len(events) == 1 else 's'} ("
        )


async def test_lines_say_what_changed(opener: Opener) -> None:
    page = await opener.open(busy(), "#/layers?layer=1")
    await open_all(page)
    for name, expected in {
        "etc/": "metadata0755 → 0750",
        "a": "metadata0644 → 0755",
        "b": "content0:0 → 7:8, was 20 B",
        "c": "metadatatime or attributes",
        "link": "content",
        "turn/": "typefile → dir",
        "d": "removed",
        "whole/in/": "removed",
        "new/": "added",
    }.items():
        what = line(page, name).locator(".what")
        assert (await what.inner_text()).replace("\n", "")[1:] == expected, name
    await expect(line(page, "link").locator(".name")).to_have_text("link → b")
    await expect(line(page, "also").locator(".name")).to_have_text("also → etc/a")
    for name, ships, takes, files in (
        ("whole/in/", "", f"{MINUS}1.7 kB", f"{MINUS}2"),
        ("line/of/", "900 B", "", "+2"),
        ("var/only/here/", "1.2 MB", "", "+1"),
    ):
        await expect(line(page, name).locator(".number")).to_have_text([ships, takes, files])


async def test_the_largest_come_first_and_a_path_leads_to_its_files(opener: Opener) -> None:
    page = await opener.open(busy(), "#/layers?layer=1")
    # The directories of var are not listed by the layer, but it makes them.
    assert (await lines(page))[:2] == [("1 var/only/here/", "added"), ("1 whole/in/", "removed")]
    await line(page, "whole/in/").click()
    removed = line(page, "x").get_by_role("link")
    await expect(removed).to_have_attribute("href", "#/files?at=whole/in/x&of=all")
    await line(page, "etc/").click()
    changed = line(page, "a").get_by_role("link")
    await expect(changed).to_have_attribute("href", "#/files?at=etc/a&of=1")


async def test_the_tree_is_walked_by_keyboard(opener: Opener) -> None:
    page = await opener.open(busy(), "#/layers?layer=1&sort=name")
    rows = page.locator(".changetree .change")
    focused = page.locator(".changetree .change:focus .path")

    async def press(keys: str, name: str) -> None:
        for key in keys.split():
            await page.keyboard.press(key)
        await expect(focused).to_have_text(name)

    await rows.first.focus()
    await press("End", "whole/in/")
    await press("Home", "cleared/")
    await press("ArrowDown", "etc/")
    await press("ArrowRight", "etc/")
    await expect(rows.nth(1)).to_have_attribute("aria-expanded", "true")
    await press("ArrowRight", "a")
    await press("ArrowDown l", "link")
    await press("ArrowLeft", "etc/")
    await press("ArrowLeft", "etc/")
    await expect(rows.nth(1)).to_have_attribute("aria-expanded", "false")
    await press("t", "turn/")
    await press("Space ArrowDown", "inside")
    await press("ArrowUp Enter", "turn/")
    await expect(line(page, "inside")).to_have_count(0)
    await press("PageUp", "cleared/")
    # One line is reached by Tab, and from it its link.
    await page.keyboard.press("Tab")
    await expect(rows.first.get_by_role("link")).to_be_focused()
    await expect(page.locator('.changetree .change[tabindex="0"]')).to_have_count(1)


async def test_changes_are_filtered_by_kind_and_text(opener: Opener) -> None:
    page = await opener.open(busy(), "#/layers?layer=1")
    events = list(busy().filesystem.events(1))
    status = page.locator(".changes [role=status]")
    await page.get_by_label("Paths with").fill("ETC")
    below = [event for event in events if b"etc" in event.path]
    await expect(status).to_contain_text(f"{len(below)} changes (")
    await expect(line(page, "etc/")).to_have_attribute("aria-expanded", "true")
    await page.get_by_label("Paths with").fill("/in/")
    await expect(status).to_contain_text("2 changes (2 files): ships 0 B, takes away 1.7 kB")
    await page.get_by_label("Paths with").fill("")
    for kind in ("added", "content", "metadata", "type"):
        await page.get_by_label(re.compile(rf"^\s*{kind} ")).uncheck()
    removed = [event for event in events if event.change == "removed"]
    await expect(status).to_contain_text(f"{len(removed)} changes (")
    await expect(page).to_have_url(re.compile("kinds=removed$"))
    await page.get_by_label(re.compile(r"^\s*removed ")).uncheck()
    await expect(page.get_by_text("No change is like that.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("No change is like that.")).to_be_visible()


async def test_only_some_lines_of_a_large_directory_are_made(opener: Opener) -> None:
    members = [file(f"many/{k:05}", b"x" * (k % 100)) for k in range(10_000)]
    page = await opener.open(samples.build([members], ["COPY . /"]), "#/layers?layer=0")
    rows = page.locator(".changetree .change")
    await expect(rows).to_have_count(202)  # the directory, 200 files, the button
    await rows.first.focus()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(402)
    await expect(page.locator(".change:focus")).to_have_attribute("aria-posinset", "201")
    await expect(rows.nth(1)).to_have_attribute("aria-setsize", "10000")
    await page.get_by_label("Paths with").fill("999")
    await expect(page.locator(".changes [role=status]")).to_contain_text("19 changes (19 files)")
    await expect(rows).to_have_count(20)


async def test_details_are_those_of_the_layer(opener: Opener) -> None:
    analysis = samples.lined()
    page = await opener.open(analysis, "#/layers?layer=1")
    layer = analysis.layers[1]
    facts = page.locator(".facts")
    await expect(facts).to_contain_text(str(layer.diff_id))
    await expect(facts).to_contain_text(human_size(layer.tar_size))
    await expect(page.locator(".said-in-full")).to_contain_text("of the Dockerfile")
    for k, finding in enumerate(analysis.findings):
        link = page.locator(f'.layers a[href="#/findings?at={k}"]')
        await expect(link).to_have_count(int(finding.layer == 1))
    fate = page.get_by_role("region", name="What became of its bytes")
    deaths = lost(analysis)
    await expect(fate.get_by_role("row", name="deleted later")).to_contain_text(
        human_size(deaths[1, 3])
    )
    await expect(fate.get_by_role("row", name="All")).to_contain_text(human_size(layer.size))
    await fate.get_by_role("link", name="layer 3").click()
    await expect(page.locator("h1")).to_be_focused()
    kills = page.get_by_role("region", name="What it made unreachable")
    await expect(kills.get_by_role("row", name="layer 1")).to_contain_text(human_size(deaths[1, 3]))
    files = page.get_by_role("link", name="Files of this layer")
    await expect(files).to_have_attribute("href", "#/files?of=3")


async def test_a_layer_is_opened_and_left_by_keyboard(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/layers?history=all")
    await page.get_by_role("link", name="layer 4", exact=True).first.press("Enter")
    await expect(page.locator("h1")).to_have_text("Layer 4 yours")
    await expect(page.locator("h1")).to_be_focused()
    await page.get_by_role("link", name="Next").press("Enter")
    await expect(page.locator("h1")).to_have_text("Layer 5 yours")
    await expect(page.get_by_role("link", name="Next")).to_have_count(0)
    await page.get_by_role("combobox", name="Layer", exact=True).select_option("0")
    await expect(page.locator("h1")).to_have_text("Layer 0 base")
    await page.go_back()
    await expect(page.locator("h1")).to_have_text("Layer 5 yours")
    await page.get_by_role("link", name="All layers").press("Enter")
    await expect(page.locator("h1")).to_have_text("Layers")
    await expect(page).to_have_url(re.compile("history=all"))
    await expect(page.locator("tr.layer a:focus")).to_have_attribute("href", "#/layers?layer=5")


async def test_a_click_into_a_row_opens_its_layer(opener: Opener) -> None:
    page = await opener.open(samples.shop(), "#/layers")
    await page.locator(".layers tr.layer").nth(2).locator(".made").click()
    await expect(page).to_have_url(re.compile("layer=2$"))


# ------------------------------------------------------------------------------------ extremes


async def test_an_image_without_layers_says_so(opener: Opener) -> None:
    page = await opener.open(samples.empty(), "#/layers?layer=3&cell=0-0")
    await expect(page.get_by_text("This image has no layers.")).to_be_visible()


async def test_an_image_without_waste_says_so(opener: Opener) -> None:
    page = await opener.open(samples.clean(), "#/layers")
    await expect(page.get_by_text("No bytes are dead in this image")).to_be_visible()


@pytest.mark.parametrize("place", ["#/layers?cell=3-4", "#/layers?layer=60"])
async def test_many_layers_fit_a_phone(opener: Opener, place: str) -> None:
    page = await opener.open(samples.many(), place, width=360)
    await expect(page.locator("h1")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize(
    "place",
    ["#/layers?history=all&cell=1-3", "#/layers?layer=3", "#/layers?layer=5&q=static"],
)
async def test_the_layers_are_accessible(opener: Opener, place: str) -> None:
    page = await opener.open(samples.shop(), place)
    await expect(page.locator("h1")).to_be_visible()
    assert await axe.violations(page) == []


async def test_a_swatch_stands_on_the_line_of_its_words(opener: Opener) -> None:
    page = await opener.open(samples.lined(), "#/layers?layer=1", width=360)
    fate = page.get_by_role("region", name="What became of its bytes")
    # A word that the column has no room for.
    apart = await fate.evaluate(
        """region => {
             region.style.width = "9rem";
             return Array.from(region.querySelectorAll(".swatch"), (swatch) => {
               const words = document.createRange();
               words.selectNodeContents(swatch.nextSibling);
               swatch.nextSibling.data = "x".repeat(40);
               return words.getClientRects()[0].bottom - swatch.getBoundingClientRect().bottom;
             });
           }"""
    )
    assert apart
    assert all(0 <= each < 12 for each in apart), apart
