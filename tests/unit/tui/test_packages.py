"""The packages as a table and as pages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Ecosystem, Inventory, Package
from layerlens.analysis.packages.unowned import by_directory, unowned_files
from layerlens.analysis.packages.why import Reason, reasons
from layerlens.image.model import BaseBoundary
from layerlens.tui.viewmodel.packages import Packages, Row
from layerlens.tui.viewmodel.session import Session
from tests.builders import Image, file, hardlink, layer
from tests.debian import Deb, system
from tests.judging import Looked
from tests.unit.outputs import samples
from tests.unit.tui.test_page import text


def made(analysis: Analysis, *, reading: bool = False) -> Packages:
    return Packages(Session(analysis, reading=reading))


def names(packages: Packages) -> list[str]:
    return [row.name for row in packages.table.rows]


def named(packages: Packages, name: str) -> Row:
    return next(row for row in packages.table.rows if row.name == name)


def drawn(packages: Packages, cells: int = 120) -> list[str]:
    return [
        "".join(text for text, _ in packages.table.pieces(k, cells)).rstrip()
        for k in range(len(packages.table))
    ]


def debian() -> Analysis:
    """A system whose rules ran: gcc was asked for, two more came with it."""
    base = [
        Deb("libc6", {"usr/lib/libc.so": 2000}, priority="required", auto=True),
        Deb("bash", {"usr/bin/bash": 1300}, needs="libc6", essential=True, auto=True),
    ]
    more = [
        Deb("gcc", {"usr/bin/gcc": 30_000, "usr/lib/cc1": 50_000}, needs="cpp, libc6"),
        Deb("cpp", {"usr/bin/cpp": 9000}, needs="libgmp10", auto=True),
        Deb("libgmp10", {"usr/lib/libgmp.so": 500}, needs="libc6", likes="manpages", auto=True),
        Deb("manpages", {"usr/share/man/man1/x.1": 900}, auto=True, version="6.03-1"),
        Deb("left", {}, auto=True),
    ]
    image = Image(
        [
            layer(*system(*base), file("etc/motd", b"m" * 70)),
            layer(*system(*base, *more)),
            layer(file("app/data", b"d" * 5000), hardlink("app/same", "app/data")),
        ],
        instructions=["ADD x /", "RUN apt-get install -y gcc", "COPY . /app"],
    )
    return Looked(image, base=1).analysis(())


@pytest.fixture(scope="module")
def packages() -> Packages:
    return made(debian())


# ---------------------------------------------------------------------- table


def test_rows(packages: Packages) -> None:
    packages.clear_filters()
    lines = drawn(packages)
    assert lines[0].split() == [
        "80.0", "kB", "██████", "deb", "gcc", "1.0", "2", "1", "asked", "for",
    ]  # fmt: skip
    assert lines[names(packages).index("cpp")].endswith("for gcc")
    assert "for gcc > cpp > l…" in drawn(packages, 76)[names(packages).index("manpages")]
    by_name = {row.name: row for row in packages.table.rows}
    assert by_name["bash"].why == "essential"
    assert by_name["left"].why == "needed by nothing"
    assert by_name["manpages"].why == "for gcc > cpp > libgmp10"
    assert by_name["gcc"].layer == 1
    assert by_name["libc6"].is_base


def test_what_no_package_owns_is_a_row_of_the_base_and_one_of_yours(packages: Packages) -> None:
    packages.clear_filters()
    loose = [row for row in packages.table.rows if row.package is None]
    analysis = debian()
    assert {row.is_base for row in loose} == {True, False}
    files = unowned_files(analysis.filesystem, analysis.inventory)
    sums = by_directory(analysis.filesystem, files)
    assert sum(row.bytes for row in loose) == sum(size for _, size in sums)
    assert sum(len(row.versions) for row in loose) == len(files)
    owned = sum(package.bytes for package in analysis.inventory.packages)
    assert sum(row.bytes for row in loose) + owned == analysis.scores.live_bytes
    yours = next(row for row in loose if not row.is_base)
    shown = text(packages.page(yours), 100)
    assert shown[0] == "the files that no package owns"
    assert any("5.0 kB /app" in line for line in shown)
    assert shown[-len(yours.versions)] == "    5.0 kB /app/data"
    assert packages.purl(yours) == ""


def test_orders(packages: Packages) -> None:
    packages.clear_filters()
    packages.table.sort_by("name")
    assert names(packages)[:3] == ["bash", "cpp", "gcc"]
    assert names(packages)[-1] == "(no package)"
    packages.table.sort_by("count")
    assert len(packages.table.rows[0].versions) == max(len(r.versions) for r in packages.table.rows)
    assert packages.order == "by number of files"
    packages.table.sort_by("layer")
    assert [row.layer for row in packages.table.rows if row.layer is not None] == [
        0,
        0,
        1,
        1,
        1,
        1,
        1,
    ]
    packages.table.sort_by("kind")
    assert [row.kind for row in packages.table.rows] == ["-", "-"] + ["deb"] * 7
    packages.table.sort_by("size")
    packages.table.sort_by("size")
    assert packages.order == "by size ↑"
    packages.table.sort_by("size")
    assert names(packages)[0] == "gcc"


def test_filters() -> None:
    packages = made(samples.packaged())
    every = names(packages)
    assert set(packages.ecosystems) == {"deb", "npm", "gem"}
    seen = []
    for _ in range(4):
        packages.cycle_ecosystem()
        seen.append((packages.ecosystem, {row.kind for row in packages.table.rows}))
    assert seen[-1][0] == ""
    assert all(kinds == {kind} for kind, kinds in seen[:-1])
    assert names(packages) == every

    packages.cycle_whose()
    assert all(not row.is_base for row in packages.table.rows)
    assert packages.is_filtered
    assert packages.title == "3 of 4, 3.0 MB · only yours"
    packages.table.search("left")
    assert names(packages) == ["@a/left-pad"]
    packages.clear_filters()
    assert names(packages) == every
    packages.table.search("deb*2.6")
    assert names(packages) == ["apt"]
    packages.table.search("development")
    assert names(packages) == ["@a/left-pad"]


def test_problems_are_told() -> None:
    analysis = samples.packaged()
    odd = replace(analysis.inventory, problems=((b"var/lib/rpm/\x1b", "broken\x07"),))
    packages = made(replace(analysis, inventory=odd))
    assert packages.title.endswith("1 database not read")
    loose = next(row for row in packages.table.rows if row.package is None)
    assert any(r"/var/lib/rpm/\x1b: broken\x07" in line for line in text(packages.page(loose), 100))


@pytest.mark.parametrize("cells", [20, 58, 78, 120, 298])
def test_hostile_names(cells: int) -> None:
    packages = made(samples.packaged())
    evil = named(packages, samples.EVIL.name)
    lines = [*drawn(packages, cells), *text(packages.page(evil), cells)]
    assert not any(char in "".join(lines) for char in "\x1b\x00\n")
    assert any("=cmd" in line for line in lines)
    assert "\x1b" not in packages.purl(evil)


def test_no_package_one_and_many() -> None:
    analysis = samples.packaged()
    one = Inventory(analysis.inventory.packages[:1])
    assert made(replace(analysis, inventory=one)).title == "1 package, 5.0 MB"
    package = analysis.inventory.packages[0]
    thousand = tuple(
        replace(package, listed=replace(package.listed, name=f"p{k}", requires=(f"p{k + 1}",)))
        for k in range(1000)
    )
    packages = made(replace(analysis, inventory=Inventory(thousand)))
    assert len(packages.table) == 1002
    shown = text(packages.page(named(packages, "p500")), 100)
    assert "needs       p501" in shown
    assert "needed by   p499" in shown
    none = made(samples.judged())
    assert names(none) == ["(no package)"] * 2
    assert none.title == "0 packages, 0 B"
    assert "No package is installed" in " ".join(text(none.page(none.table.rows[0]), 100))


# ---------------------------------------------------------------------- pages


def test_a_page_has_all_that_is_known(packages: Packages) -> None:
    packages.clear_filters()
    shown = text(packages.page(named(packages, "libgmp10")), 200)
    joined = "\n".join(shown)
    for words in (
        "kind        deb, amd64",
        "size        500 B (500 bytes)",
        "its database says 1.0 kB",
        "brought by  layer 1: RUN apt-get install -y gcc",
        "why         there for another: gcc > cpp > libgmp10",
        "needs       libc6",
        "recommends  manpages",
        "needed by   cpp",
        "purl        pkg:deb/debian/libgmp10@1.0?arch=amd64",
        "listed in   /var/lib/dpkg/status",
        "changes     layer 1 added 1.0",
        "files (1), the largest first",
    ):
        assert words in joined
    assert "liked by    libgmp10" in text(packages.page(named(packages, "manpages")), 200)
    assert "why         asked for" in text(packages.page(named(packages, "gcc")), 200)
    assert text(packages.page(named(packages, "gcc")), 200)[-2:] == [
        "   50.0 kB /usr/lib/cc1",
        "   30.0 kB /usr/bin/gcc",
    ]
    assert text(packages.page(named(packages, "left")), 200)[-1] == "no files of its own"
    apt = made(samples.packaged())
    shown = text(apt.page(named(apt, "apt")), 200)
    assert "licence     GPL-2.0-or-later" in shown
    assert "layer 1 replaced 2.36 by 2.6" in "\n".join(shown)
    assert "layer 0, of the base image" in "\n".join(shown)


def test_files_are_places(packages: Packages) -> None:
    packages.clear_filters()
    page = packages.page(named(packages, "gcc"))
    assert page.first_place is not None
    place = page.place(page.first_place)
    assert place is not None
    assert (place.path, place.layer) == (b"usr/lib/cc1", 1)
    assert place.version is not None


def test_only_the_last_pages_keep_their_order_of_files(packages: Packages) -> None:
    packages.clear_filters()
    for _ in range(2):
        for row in packages.table.rows:
            page = packages.page(row)
            if page.first_place is not None:
                sizes = [page.place(page.first_place + k) for k in range(len(row.versions))]
                assert len({place.path for place in sizes if place}) == len(row.versions)


# ---------------------------------------------------------------------- none


def test_why_there_are_none() -> None:
    assert made(samples.packaged()).why_none() == ()
    assert "No package database" in made(samples.judged()).why_none()[1]
    reading = made(samples.clean(), reading=True)
    assert reading.why_none()[0] == "Packages come when reading is done."
    assert not names(reading), "nobody looked for owners, so nothing is without one"
    assert "--no-findings" in made(samples.clean()).why_none()[1]


def test_more_of_the_image_arrives() -> None:
    packages = made(samples.packaged())
    packages.cycle_ecosystem()
    kept = packages.ecosystem
    packages.adopt(Session(samples.packaged()))
    assert packages.ecosystem == kept
    packages.adopt(Session(samples.clean()))
    assert (packages.ecosystem, names(packages)) == ("", [])


# ---------------------------------------------------------------------- the facts beneath


def test_reasons() -> None:
    listed = [
        replace(samples.APT, name="root"),
        replace(samples.LIBC, name="libc6"),
        replace(samples.LIBC, name="alone"),
        replace(samples.LIBC, name="essential", essential=True),
        replace(samples.PAD, name="dev"),
        replace(samples.EVIL, name="unknown"),
    ]
    found = [Package(each, b"status", 0, (), 0) for each in listed]
    whys = reasons(found)
    assert [why.reason for why in whys] == [
        Reason.ASKED_FOR, Reason.NEEDED, Reason.ORPHAN, Reason.ESSENTIAL, Reason.DEVELOPMENT,
        Reason.UNKNOWN,
    ]  # fmt: skip
    assert whys[1].chain == (0, 1)
    assert reasons(found, Dependencies(listed)) == whys
    assert {each.ecosystem for each in found} >= {Ecosystem.DEB}


def test_an_inode_with_an_owned_name_is_owned() -> None:
    analysis = samples.build(
        [
            [
                file("a", b"x" * 5),
                hardlink("b", "a"),
                file("c/d/e", b"y" * 7),
                hardlink("f", "c/d/e"),
            ]
        ],
        base=BaseBoundary(),
    )
    fs = analysis.filesystem
    owned = Inventory(owners={fs.live[b"b"]: 0})
    assert [fs.paths[version] for version in unowned_files(fs, owned)] == [b"c/d/e"]
    assert by_directory(fs, unowned_files(fs, Inventory())) == [(b"c/d", 7), (b"a", 5)]
