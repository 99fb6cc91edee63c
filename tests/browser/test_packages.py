"""The view of packages: table, filter, sums, details, and what they are called where there are none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from playwright.async_api import Page, expect

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Package, PackageChange
from layerlens.analysis.packages.purl import Distribution
from layerlens.image.model import BaseBoundary
from layerlens.units import human_size
from tests.browser import axe
from tests.browser.opening import Opener, becomes, too_wide
from tests.builders import file
from tests.unit.outputs import samples, wicked
from tests.unit.outputs.html.test_packages import crowd

DATABASE = b"var/lib/dpkg/status"


@cache
def shelf() -> Analysis:
    """Packages of two ecosystems, in need of each other, one upgraded, one of 250 files."""
    analysis = samples.build(
        [
            [
                file("bin/a", b"a" * 4_000),
                file("lib/b", b"b" * 30_000),
                file(DATABASE, b"d" * 100),
                *(file(f"share/c/{k:03}", b"c" * (500 - k)) for k in range(250)),
            ],
            [
                file("lib/b", b"B" * 20_000),
                file("app/n/x.js", b"x" * 7_000),
                file("own", b"o" * 900),
            ],
        ],
        ["ADD rootfs /", "RUN apt-get upgrade"],
        base=BaseBoundary("declared", 1, "a label"),
        compressed=True,
        rules=[],
    )
    live = analysis.filesystem.live
    deb = Ecosystem.DEB
    a = samples.listed(deb, "alpha", "1", manual=True, requires=("beta",), arch="amd64")
    b = samples.listed(
        deb, "beta", "2.0", manual=False, requires=("gamma (>= 1)",), declared=21_000
    )
    c = samples.listed(deb, "gamma", "3", manual=False, recommends=("alpha",), licence="MIT")
    n = samples.listed(
        Ecosystem.NPM, "node-thing", "4.4.4", dev=True, details={"manager": "npm", "none": ""}
    )
    old = samples.listed(deb, "beta", "1.9")
    gone = samples.listed(deb, "delta", "0")
    parts = [live[f"share/c/{k:03}".encode()] for k in range(250)]
    packages = (
        Package(a, DATABASE, 0, [live[b"bin/a"]], 4_000),
        Package(b, DATABASE, 1, [live[b"lib/b"]], 20_000),
        Package(c, DATABASE, 0, parts, sum(500 - k for k in range(250))),
        Package(n, b"app/n", 1, [live[b"app/n/x.js"]], 7_000),
    )
    owners = {version: at for at, each in enumerate(packages) for version in each.versions}
    changes = (
        PackageChange(0, DATABASE, (a, old, c, gone)),
        PackageChange(1, DATABASE, (), (gone,), ((old, b),)),
    )
    return replace(
        analysis,
        inventory=Inventory(packages, owners, changes),
        distribution=Distribution("debian", "12", "Debian GNU/Linux 12"),
    )


async def names(page: Page) -> list[str]:
    return await page.locator(".all-packages tbody th").all_inner_texts()


async def test_the_table_has_every_package_with_the_figures_of_the_inventory(
    opener: Opener,
) -> None:
    page = await opener.open(shelf(), "#/packages")
    packages = shelf().inventory.packages
    rows = page.locator(".all-packages tbody tr")
    await expect(rows).to_have_count(len(packages))
    for package in packages:
        row = rows.filter(has=page.get_by_role("link", name=package.name, exact=True))
        text = await row.inner_text()
        assert package.version in text
        assert human_size(package.bytes) in text
        assert f"\t{len(package.versions)}\t" in text
    sums = human_size(sum(package.bytes for package in packages))
    await expect(page.locator(".filtered-sum")).to_have_text(f"4 packages, {sums}")


async def test_the_bar_adds_up_to_the_live_bytes(opener: Opener) -> None:
    page = await opener.open(shelf(), "#/packages")
    shares = await page.locator(".stack span").evaluate_all(
        "spans => spans.map(each => Number(each.style.flexGrow))"
    )
    assert sum(shares) == shelf().scores.live_bytes
    total = page.locator(".total")
    await expect(total).to_contain_text(human_size(shelf().scores.live_bytes))
    loose = page.get_by_role("row", name="owned by no package")
    await expect(loose).to_contain_text("1.0 kB")
    await loose.get_by_role("link").click()
    await expect(page.locator(".one-package h2")).to_have_text("Owned by no package")
    await expect(page.locator(".one-package tbody tr").first).to_contain_text("/own")


async def test_sorts_by_each_column_and_keeps_that_in_the_link(opener: Opener) -> None:
    page = await opener.open(shelf(), "#/packages")
    assert await names(page) == ["gamma", "beta", "node-thing", "alpha"]
    expected = {
        "Package": ["alpha", "beta", "gamma", "node-thing"],
        "Version": ["alpha", "beta", "gamma", "node-thing"],
        "Ecosystem": ["alpha", "beta", "gamma", "node-thing"],
        "Size": ["gamma", "beta", "node-thing", "alpha"],
        "Files": ["gamma", "alpha", "beta", "node-thing"],
        "Layer": ["alpha", "gamma", "beta", "node-thing"],
        "Why it is there": ["alpha", "node-thing", "beta", "gamma"],
        "Licence": ["alpha", "beta", "node-thing", "gamma"],
    }
    for title, order in expected.items():
        await page.locator(".all-packages").get_by_role("button", name=title, exact=True).click()
        await becomes(lambda: names(page), order)
    await page.locator(".all-packages").get_by_role("button", name="Size").click()
    await page.locator(".all-packages").get_by_role("button", name="Size").click()
    await becomes(lambda: names(page), ["alpha", "node-thing", "beta", "gamma"])
    again = await opener.open(shelf(), page.url[page.url.index("#") :])
    await becomes(lambda: names(again), ["alpha", "node-thing", "beta", "gamma"])


async def test_filters_by_text_and_by_ecosystem_and_sums_what_is_left(opener: Opener) -> None:
    page = await opener.open(shelf(), "#/packages")
    await page.get_by_label("Find").fill("FOR beta")
    await becomes(lambda: names(page), ["gamma", "beta"])
    await expect(page.locator(".filtered-sum")).to_have_text("2 packages found, 113.9 kB")
    await page.get_by_label("Find").fill("")
    await page.locator(".package-filters select").select_option("npm")
    await becomes(lambda: names(page), ["node-thing"])
    await expect(page).to_have_url(re.compile(r"#/packages\?kind=npm$"))
    await page.get_by_label("Find").fill("alpha")
    await expect(page.locator(".table-end").first).to_have_text("No package matches.")
    await page.goto(page.url.replace("&q=alpha", "").replace("kind=npm", "kind=deb"))
    await becomes(lambda: names(page), ["gamma", "beta", "alpha"])
    await expect(page.get_by_label("Find")).to_have_value("")


async def test_a_package_tells_why_it_is_there_and_leads_to_those_around_it(opener: Opener) -> None:
    page = await opener.open(shelf(), "#/packages?at=2")
    about = page.locator(".one-package")
    await expect(about.locator("h2")).to_have_text("gamma 3")
    assert await about.locator(".chain li").all_inner_texts() == ["alpha", "beta", "gamma"]
    await expect(about).to_contain_text("MIT")
    await expect(about).to_contain_text("layer 0 of the base image")
    await expect(about.get_by_role("heading", name="Needed by (1)")).to_be_visible()
    await expect(about.get_by_role("heading", name="Recommends (1)")).to_be_visible()
    await about.locator(".chain").get_by_role("link", name="beta").click()
    await expect(about.locator("h2")).to_have_text("beta 2.0")
    await expect(about.locator("h2")).to_be_focused()
    await expect(about).to_contain_text("Its database says")
    done = about.get_by_role("heading", name="What layers did").locator("+ ul li")
    assert await done.all_inner_texts() == ["layer 0 added 1.9", "layer 1 replaced 1.9 by 2.0"]
    await expect(page.locator(".all-packages tr.chosen")).to_contain_text("beta")
    await page.go_back()
    await expect(about.locator("h2")).to_have_text("gamma 3")


async def test_the_files_of_a_package_are_those_of_the_tree_the_largest_first(
    opener: Opener,
) -> None:
    page = await opener.open(shelf(), "#/packages?at=2")
    files = page.locator(".one-package .table").last
    links = files.locator("tbody a")
    await expect(links).to_have_count(200)
    await expect(links.first).to_have_text("/share/c/000")
    await expect(links.first).to_have_attribute("href", "#/files?at=share/c/000&of=final")
    await expect(files.locator("tbody tr").first).to_contain_text("500 B")
    await files.get_by_role("button", name="Show 50 more of 50").click()
    await expect(links).to_have_count(250)


async def test_where_there_is_no_room_a_package_takes_the_place_of_the_table(
    opener: Opener,
) -> None:
    page = await opener.open(crowd(), "#/packages", width=360)
    row = page.locator(".all-packages tbody tr").nth(120).get_by_role("link").first
    name = await row.inner_text()
    await row.click()
    await expect(page.locator(".all-packages")).to_be_hidden()
    await expect(page.locator(".one-package h2")).to_be_focused()
    await expect(page.locator(".one-package h2")).to_be_in_viewport()
    await expect(page.locator(".one-package h2")).to_contain_text(name)
    await page.get_by_role("link", name="All packages").click()
    await expect(row).to_be_in_viewport()


async def test_of_many_packages_200_are_laid_out_and_all_are_filtered(opener: Opener) -> None:
    page = await opener.open(crowd(), "#/packages")
    await expect(page.locator(".all-packages tbody tr")).to_have_count(200)
    rarest = min(crowd().inventory.packages, key=lambda package: package.bytes)
    await page.get_by_label("Find").fill(f"{rarest.name} {rarest.version}")
    await expect(page.locator(".all-packages tbody tr").last).to_contain_text(rarest.name)


async def test_a_link_to_a_late_package_brings_its_row_into_sight(opener: Opener) -> None:
    packages = crowd().inventory.packages
    at = sorted(range(len(packages)), key=lambda k: -packages[k].bytes)[450]
    page = await opener.open(crowd(), f"#/packages?at={at}")
    row = page.locator(f'.all-packages tr[data-at="{at}"]')
    await expect(row).to_be_in_viewport()
    await expect(row).to_have_class("chosen")
    await expect(page.locator(".one-package h2")).to_be_in_viewport()
    assert (
        await page.evaluate(
            "() => { const box = document.querySelector('.all-packages .scroll');"
            " return box.scrollWidth - box.clientWidth; }"
        )
        <= 0
    )


async def test_bytes_of_two_packages_are_summed_once(opener: Opener) -> None:
    first = shelf().inventory
    live = shelf().filesystem.live[b"lib/b"]
    both = tuple(
        replace(each, versions=[*each.versions, live], bytes=each.bytes + 20_000)
        if each.listed.name == "node-thing"
        else each
        for each in first.packages
    )
    analysis = replace(shelf(), inventory=replace(first, packages=both))
    page = await opener.open(analysis, "#/packages")
    once = human_size(sum(each.bytes for each in first.packages))
    await expect(page.locator(".filtered-sum")).to_have_text(f"4 packages, {once}")
    await page.locator(".package-filters select").select_option("npm")
    await expect(page.locator(".filtered-sum")).to_have_text("1 package found, 27.0 kB")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (samples.shop, "Nobody has looked for packages."),
        (samples.judged, "No package is installed."),
    ],
)
async def test_says_why_there_are_none(
    opener: Opener, make: Callable[[], Analysis], says: str
) -> None:
    page = await opener.open(make(), "#/packages?at=3")
    await expect(page.locator("main")).to_contain_text(says)
    await expect(page.locator(".one-package h2")).to_have_count(0)


async def test_databases_that_could_not_be_read_are_told(opener: Opener) -> None:
    analysis = replace(
        shelf(), inventory=replace(shelf().inventory, problems=((b"db\xff", "torn"),))
    )
    page = await opener.open(analysis, "#/packages")
    await page.get_by_text("1 package database could not be read").click()
    await expect(page.locator(".problems")).to_contain_text("torn")


@pytest.mark.parametrize("place", ["#/packages?at=0", "#/packages?at=none"])
async def test_details_of_hostile_packages_stay_in_the_window(opener: Opener, place: str) -> None:
    page = await opener.open(hostile(), place)
    await expect(page.locator(".one-package h2")).to_be_visible()
    assert await too_wide(page) == []
    assert await page.locator("main script, main b").count() == 0


async def test_details_violate_no_accessibility(opener: Opener) -> None:
    page = await opener.open(shelf(), "#/packages?at=2&kind=deb")
    assert await axe.violations(page) == []


@cache
def hostile() -> Analysis:
    """A package of which every text is against the reader, and one with a name of a megabyte."""
    analysis = wicked.wicked()
    (package,) = analysis.inventory.packages
    text = wicked.TEXT
    evil = replace(
        package.listed, version=text, licence=text * 9, arch=text, details={text: text * 40}
    )
    long = samples.listed(Ecosystem.NPM, "n" * 1_000_000, "<b>" * 100_000)
    return replace(
        analysis,
        inventory=Inventory(
            (replace(package, listed=evil), Package(long, b"x" * 4_000, 0, [], 1)),
            {},
            (PackageChange(0, b"<script>", (evil,), (long,), ((evil, long),)),),
            ((b"<script>" * 500, text),),
        ),
    )


@pytest.mark.parametrize("place", [0, 199, 200, 1_000, 1_999])
async def test_a_link_to_any_of_2000_packages_brings_it_into_sight(
    opener: Opener, place: int
) -> None:
    packages = crowd(2_000).inventory.packages
    order = sorted(range(len(packages)), key=lambda k: -packages[k].bytes)
    at = order[place]
    page = await opener.open(crowd(2_000), "#/overview")
    await page.evaluate("at => { location.hash = `#/packages?at=${at}`; }", at)
    row = page.locator(f'.all-packages tr[data-at="{at}"]')
    await expect(row).to_be_in_viewport()
    await expect(row.locator("th a")).to_be_focused()
    assert await page.locator(".all-packages tbody tr").count() <= 400


async def test_the_rows_above_a_linked_one_can_be_had(opener: Opener) -> None:
    packages = crowd(2_000).inventory.packages
    order = sorted(range(len(packages)), key=lambda k: -packages[k].bytes)
    page = await opener.open(crowd(2_000), f"#/packages?at={order[1_000]}")
    rows = page.locator(".all-packages tbody tr")
    shown = "rows => rows.map(row => Number(row.dataset.at))"
    assert await rows.evaluate_all(shown) == order[980:1_180]
    await page.get_by_role("button", name="Show 200 earlier of 980").click()
    assert await rows.evaluate_all(shown) == order[780:1_180]
    await expect(rows.nth(199).locator("th a")).to_be_focused()
    await page.get_by_role("button", name="Show 200 more of 820").click()
    assert await rows.evaluate_all(shown) == order[780:1_380]
    # Another order begins at its beginning.
    await page.get_by_role("button", name="Package", exact=True).click()
    await expect(page.get_by_role("button", name="earlier")).to_have_count(0)
    await expect(rows).to_have_count(200)
