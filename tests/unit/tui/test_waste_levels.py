"""The ledger and the levels below it: order, groups, filters, sides, details."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from layerlens.analysis.model import Analysis, Waste
from layerlens.analysis.rules.engine import Claimed, Judged
from layerlens.analysis.rules.model import LedgerClass
from layerlens.filesystem.changes import Cause
from layerlens.image.model import BaseBoundary
from layerlens.tui.viewmodel.descent import SEPARATOR
from layerlens.tui.viewmodel.wastebrowser import WasteBrowser
from layerlens.tui.viewmodel.wastedetails import dead_version, told
from layerlens.tui.viewmodel.wastelevels import FilesLevel, row_text
from layerlens.tui.viewmodel.wasterows import By, Claim, Group, claims
from layerlens.tui.viewmodel.whose import Whose
from tests.builders import directory, file, whiteout
from tests.unit.outputs import samples
from tests.unit.tui.walking import check_sums


def lines(browser: WasteBrowser, cells: int = 100) -> list[str]:
    table = browser.table
    return ["".join(text for text, _ in table.pieces(k, cells)).rstrip() for k in range(len(table))]


def head(browser: WasteBrowser, cells: int = 100) -> str:
    return "".join(text for text, _, _ in browser.table.head(cells))


def enter(browser: WasteBrowser, *names: str) -> None:
    """Go down into the first row whose line has a text, level by level."""
    for name in names:
        row = browser.table.rows[[name in line for line in lines(browser)].index(True)]
        assert browser.enter(row)


def side(browser: WasteBrowser) -> Whose:
    return browser.side


def table_rows(browser: WasteBrowser) -> list[Any]:
    """The rows, of whatever kind the test knows them to be."""
    return list(browser.table.rows)


def paths(browser: WasteBrowser) -> list[bytes]:
    level = browser.level
    assert isinstance(level, FilesLevel)
    return [level.path(row) for row in browser.table.rows]


def pair(analysis: Analysis, browser: WasteBrowser, row: Any, label: str) -> str:
    return dict(told(analysis, browser.image.files, row)[2])[label]


def test_the_ledger_is_worst_first_and_ends_in_what_is_kept_and_the_total() -> None:
    browser = WasteBrowser(samples.shop())
    rows = table_rows(browser)
    assert [row.name for row in rows] == [
        "deleted", "metadata", "opaque", "replaced", "duplicate_entry", "type_changed", "marker",
        "live", "total",
    ]  # fmt: skip
    assert rows[-1].bytes == sum(row.bytes for row in rows[:-1]) == 788_400
    assert rows[-1].transfer == sum(row.transfer for row in rows[:-1])
    browser.sort_by("name")
    assert [row.name for row in table_rows(browser)][-2:] == ["live", "total"]
    assert [row.name for row in table_rows(browser)][:2] == ["deleted", "duplicate_entry"]
    assert "38.1%" in lines(browser)[-2]
    assert lines(browser)[0].startswith("x deleted")
    assert lines(browser)[-1].startswith("= total")


@pytest.mark.parametrize("name", ["shop", "judged", "clean", "empty", "hostile", "many"])
def test_levels_add_up(name: str) -> None:
    assert check_sums(getattr(samples, name)()) >= 3


def test_from_a_cause_to_the_layer_that_lost_it_to_paths() -> None:
    browser = WasteBrowser(samples.shop())
    enter(browser, "deleted", "apt-get purge")
    assert browser.trail().split(SEPARATOR) == [
        "Waste", "deleted", "layer 3 RUN apt-get purge -y git && rm -rf /var…",
    ]  # fmt: skip
    assert paths(browser) == [b"var/lib/lists", b"usr/git"]
    assert "1 → 3" in lines(browser)[0]
    assert not browser.enter(browser.table.rows[0]), "a path has nothing below it"
    came_from = browser.up()
    assert isinstance(came_from, Group)
    assert came_from.key == 3


def test_groups_take_turns_without_those_that_are_fixed() -> None:
    browser = WasteBrowser(samples.shop())
    assert not browser.regroup(), "the ledger has no files"
    enter(browser, "metadata")
    seen = []
    for _ in range(4):
        assert isinstance(browser.level, FilesLevel)
        seen.append(browser.level.by)
        browser.regroup()
    assert seen == [By.LOST, By.CAME, By.DIRECTORY, By.PATH]
    enter(browser, "chmod")
    assert isinstance(browser.level, FilesLevel)
    assert By.LOST not in browser.level.choices
    assert browser.level.by is By.PATH


def test_directories_fold_and_lead_down() -> None:
    first = [file(f"a/b/c/{name}", b"x" * 10) for name in ("one", "two")]
    first += [
        file("a/b/d/e/three", b"x" * 7),
        file("a/b/d/e/four", b"x" * 8),
        file("a/b/five", b"x"),
    ]
    browser = WasteBrowser(samples.build([first, [whiteout("a")]]))
    browser.flat()
    browser.regroup()
    assert isinstance(browser.level, FilesLevel)
    while browser.level.by is not By.DIRECTORY:
        browser.regroup()
    assert paths(browser) == [b"a/b/c/", b"a/b/d/e/", b"a/b/five"]
    assert "in /a/b/" in head(browser)
    assert lines(browser)[1].endswith("d/e/")
    enter(browser, "d/e/")
    assert paths(browser) == [b"a/b/d/e/four", b"a/b/d/e/three"]
    assert browser.trail().endswith("/a/b/d/e/")


def test_a_path_that_was_a_file_and_a_directory() -> None:
    layers = [
        [file("x/a", b"1" * 5), file("x/a-b", b"1" * 4)],
        [whiteout("x/a"), directory("x/a"), file("x/a/b", b"2" * 3), file("x/a/c", b"2")],
        [whiteout("x")],
    ]
    analysis = samples.build(layers)
    check_sums(analysis)
    browser = WasteBrowser(analysis)
    browser.flat()
    assert isinstance(browser.level, FilesLevel)
    while browser.level.by is not By.DIRECTORY:
        browser.regroup()
    assert sorted(paths(browser)) == [b"x/a-b", b"x/a/"]
    enter(browser, "a/")
    assert sorted(paths(browser)) == [b"x/a", b"x/a/b", b"x/a/c"]


def test_a_path_that_was_lost_many_times_is_one_row_of_its_directory() -> None:
    browser = WasteBrowser(samples.many())
    browser.flat()
    assert len(browser.table) == 126
    assert isinstance(browser.level, FilesLevel)
    while browser.level.by is not By.DIRECTORY:
        browser.regroup()
    assert len(browser.table) == 126, "all are the same path: nothing to put together"


def test_all_paths_of_what_is_shown() -> None:
    browser = WasteBrowser(samples.judged())
    assert browser.flat()
    assert paths(browser) == [b"tmp/kit"]
    assert not browser.flat(), "they are shown already"
    browser.up()
    enter(browser, "package-caches")
    assert browser.flat()
    assert paths(browser) == [b"var/lib/apt/lists/big", b"var/lib/apt/lists/small"]
    browser.up()
    browser.up()
    enter(browser, "live")
    assert not browser.flat()
    assert [row.bytes for row in table_rows(browser)] == [5_000_000, 4_100_000]


def test_findings_that_claim_a_class() -> None:
    analysis = samples.judged()
    found = claims(analysis, "package-caches")
    assert [(each.finding and each.finding.claimed, each.bytes) for each in found] == [
        (42_000_000, 42_000_000)
    ]
    (part,) = claims(analysis, "debug-information")
    assert (part.bytes, part.count) == (400_000, 1), "a part of a file"
    assert claims(analysis, "secrets") == []
    assert claims(samples.shop(), "package-caches") == [], "rules did not run"


def test_claims_without_a_finding_are_told_apart() -> None:
    analysis = samples.judged()
    assert analysis.judged is not None
    inode = next(iter(analysis.judged.claimed.inodes))
    odd = replace(analysis, judged=Judged((), Claimed({inode: (LedgerClass.SECRETS, 9)})))
    (claim,) = claims(odd, "secrets")
    assert (claim.finding, claim.bytes, list(claim.versions)) == (None, 9, [inode])
    browser = WasteBrowser(odd)
    assert "no finding" in told(odd, browser.image.files, claim)[1]
    assert "no finding" in row_text(browser.image, claim)


def test_whose_bytes_are_counted() -> None:
    browser = WasteBrowser(samples.shop())
    browser.next_side()
    assert side(browser) is Whose.BASE
    assert [row.name for row in table_rows(browser) if row.bytes] == ["replaced", "live", "total"]
    assert "Transfer" not in head(browser)
    browser.next_side()
    enter(browser, "deleted")
    assert browser.level.sum == 310_000
    browser.show_side(Whose.BASE)
    assert browser.level.sum == 0, "the same level, now of the base"
    browser.next_side()
    browser.next_side()
    assert side(browser) is Whose.ALL
    assert browser.level.sum == 310_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("APP", {b"app/model.bin", b"app/main.py", b"app/static/old.js", b"app/twice",
                 b"app/settings", b"app/.wh.nothing"}),
        ("*.js", {b"app/static/old.js"}),
        ("m*", {b"app/model.bin", b"app/main.py"}),
        ("app/*.py", {b"app/main.py"}),
        ("/app/*.py", {b"app/main.py"}),
        ("/usr", {b"usr/git"}),
        ("ü", set()),
        ("nothing there", set()),
    ],
)  # fmt: skip
def test_filter_of_paths(text: str, found: set[bytes]) -> None:
    browser = WasteBrowser(samples.shop())
    browser.flat()
    browser.level.search(text)
    assert set(paths(browser)) == found
    assert browser.level.count == len(found)
    assert browser.level.sum == sum(row.bytes for row in table_rows(browser))
    browser.level.search("")
    assert len(browser.table) == 9


def test_filter_beyond_ascii_does_not_mind_case() -> None:
    browser = WasteBrowser(
        samples.build([[file("Ärger", b"x"), file("b", b"y")], [whiteout("Ärger"), whiteout("b")]])
    )
    browser.flat()
    browser.level.search("äR")
    assert paths(browser) == ["Ärger".encode()]


def test_filters_of_levels_are_their_own() -> None:
    browser = WasteBrowser(samples.shop())
    browser.level.search("dead")
    assert len(browser.table) == 7, "without what is kept, without the total"
    browser.level.search("metadata")
    enter(browser, "metadata")
    assert browser.level.text == ""
    browser.level.search("chmod")
    assert len(browser.table) == 1
    browser.level.search("nothing")
    assert len(browser.table) == 0
    browser.up()
    assert browser.level.text == "metadata"


def test_a_filter_of_directories_goes_down_with_them() -> None:
    layers = [
        [file(f"d/{k}/{name}", b"x") for k in "ab" for name in ("x.js", "x.py", "y.js")],
        [whiteout("d")],
    ]
    browser = WasteBrowser(samples.build(layers))
    browser.flat()
    assert isinstance(browser.level, FilesLevel)
    while browser.level.by is not By.DIRECTORY:
        browser.regroup()
    browser.level.search("*.js")
    assert browser.level.count == 4
    enter(browser, "a/")
    assert browser.level.count == 2
    assert paths(browser) == [b"d/a/x.js", b"d/a/y.js"]


def test_orders() -> None:
    browser = WasteBrowser(samples.shop())
    browser.flat()
    sizes = [row.bytes for row in table_rows(browser)]
    assert sizes == sorted(sizes, reverse=True)
    browser.sort_by("size")
    assert [row.bytes for row in table_rows(browser)] == sizes[::-1]
    browser.sort_by("name")
    assert paths(browser) == sorted(paths(browser))
    browser.sort_by("layer")
    assert [row.lost_in for row in table_rows(browser)] == sorted(
        row.lost_in for row in table_rows(browser)
    )
    browser.sort_by("cause")
    assert [row.cause for row in table_rows(browser)] == sorted(
        row.cause for row in table_rows(browser)
    )
    assert not browser.sort_by("nothing")
    browser.level.search("app")
    assert browser.table.order == "cause", "a filter keeps the order"


def test_a_newer_state_of_the_image_keeps_the_level() -> None:
    analysis = samples.shop()
    browser = WasteBrowser(analysis)
    enter(browser, "deleted")
    browser.regroup()
    browser.sort_by("name")
    enter(browser, "apt-get update")
    browser.level.search("git")
    before = (browser.trail(), lines(browser))
    browser.adopt(samples.shop())
    assert (browser.trail(), lines(browser)) == before
    browser.up()
    assert isinstance(browser.level, FilesLevel)
    assert (browser.level.by, browser.table.order) == (By.CAME, "name")
    browser.adopt(samples.clean())
    assert browser.trail() == "Waste", "what is not there any more is left"
    browser.flat()
    browser.adopt(analysis)
    assert len(browser.table) == 9


def test_details_of_a_dead_path() -> None:
    analysis = samples.shop()
    browser = WasteBrowser(analysis)
    row = analysis.waste[0]
    title, headline, _ = told(analysis, browser.image.files, row)
    assert (title, headline) == ("deleted", "/var/lib/lists")
    assert pair(analysis, browser, row, "came in").startswith("layer 1 (yours): RUN apt-get update")
    assert pair(analysis, browser, row, "lost in").startswith("layer 3 (yours): RUN apt-get purge")
    assert pair(analysis, browser, row, "blame") == "layer 1"
    assert "250,000 bytes" in pair(analysis, browser, row, "size")
    for each in analysis.waste:
        assert pair(analysis, browser, each, "to do")
        version = dead_version(analysis.filesystem, each)
        assert version is not None
        assert analysis.filesystem.paths[version] == each.path
        assert analysis.filesystem.size(version) == each.bytes
    gone = Waste(b"not there", Cause.DELETED, 1, 0, 1)
    assert dead_version(analysis.filesystem, gone) is None


def test_details_tell_the_fix_of_a_finding() -> None:
    analysis = samples.judged()
    browser = WasteBrowser(analysis)
    assert (
        pair(analysis, browser, analysis.waste[0], "fix")
        == "delete them in the RUN that makes them"
    )
    enter(browser, "package-caches")
    claim = browser.table.rows[0]
    assert isinstance(claim, Claim)
    assert "rm -rf /var/lib/apt/lists/big" in pair(analysis, browser, claim, "fix")
    enter(browser, "package-lists")
    version = browser.table.rows[0]
    assert "40,000,000 bytes" in pair(analysis, browser, version, "may go")
    assert "package-lists" in pair(analysis, browser, version, "finding")
    browser.up()
    browser.up()
    assert "package-lists" in pair(analysis, browser, browser.table.rows[0], "findings")
    enter(browser, "debug-information", "debug-information")
    (version,) = browser.table.rows
    assert "400.0 kB of 3.0 MB" in pair(analysis, browser, version, "may go")


def test_details_of_classes_layers_and_groups() -> None:
    analysis = samples.shop()
    browser = WasteBrowser(analysis)
    rows = table_rows(browser)
    assert "did not run" in pair(analysis, browser, rows[-1], "rules")
    assert "did not run" in pair(analysis, browser, rows[-2], "meaning")
    marker = next(row for row in rows if row.name == "marker")
    assert pair(analysis, browser, marker, "files") == "4, 3 of them empty"
    enter(browser, "live")
    assert told(analysis, browser.image.files, browser.table.rows[0])[0] == "Layer 4 · yours"
    browser.up()
    enter(browser, "deleted")
    assert "2 files" in pair(analysis, browser, browser.table.rows[0], "here")
    group = Group(By.DIRECTORY, b"a/b/", 5, 2)
    assert told(analysis, browser.image.files, group)[1] == "/a/b/"


def test_rows_as_text() -> None:
    browser = WasteBrowser(samples.shop())
    image = browser.image
    assert row_text(image, browser.table.rows[0]) == "dead deleted: 310000 bytes"
    enter(browser, "live")
    assert row_text(image, browser.table.rows[0]) == "RUN chmod -R $MODE /app"
    browser.up()
    enter(browser, "deleted")
    assert row_text(image, browser.table.rows[0]).startswith("RUN apt-get purge")
    enter(browser, "apt-get")
    assert row_text(image, browser.table.rows[0]) == "/var/lib/lists"


def test_hostile_names_are_escaped() -> None:
    analysis = samples.hostile()
    browser = WasteBrowser(analysis)
    browser.flat()
    for cells in (20, 60, 200):
        assert all(line.isprintable() for line in lines(browser, cells))
    for row in browser.table.rows:
        title, headline, pairs = told(analysis, browser.image.files, row)
        for text in (title, headline, *(each for one in pairs for each in one)):
            assert all(line.isprintable() for line in text.split("\n"))
    assert row_text(browser.image, browser.table.rows[-1]).isprintable()


def test_a_name_of_a_million_bytes() -> None:
    name = b"d/" + b"\xff" * 1_000_000
    analysis = samples.build([[file(name, b"x" * 10)], [whiteout("d")]])
    browser = WasteBrowser(analysis)
    browser.flat()
    (line,) = lines(browser)
    assert len(line) <= 100
    assert len(told(analysis, browser.image.files, browser.table.rows[0])[1]) < 20_000


def test_nothing_at_all() -> None:
    browser = WasteBrowser(samples.empty())
    assert [(row.name, row.bytes) for row in table_rows(browser)] == [("live", 0), ("total", 0)]
    assert browser.flat()
    assert len(browser.table) == 0
    assert browser.up() is None
    clean = WasteBrowser(samples.build([[file("a", b"x")]], base=BaseBoundary("exact", 1, "")))
    assert [row.name for row in table_rows(clean)] == ["live", "total"]
