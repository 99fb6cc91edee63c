"""Expanding, sorting, folding: the flat list of rows and the browser that owns it."""

from __future__ import annotations

import itertools
import random
import sys
import tracemalloc
from array import array
from types import SimpleNamespace
from typing import cast

import pytest

from layerlens.analysis.model import Analysis
from layerlens.filesystem.stack import stack
from layerlens.layers.table import Kind, LayerTable
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.history import path_history
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind
from tests.browsing import analysis_of, browse, browse_tables
from tests.builders import file, hardlink, symlink, whiteout


def lines(browser: Browser) -> list[str]:
    """The rows as they stand below each other, indented."""
    rows = browser.rows
    found = []
    for index in range(len(rows)):
        row = rows.row(index)
        sign = "" if not row.can_open else "v " if row.is_open else "> "
        found.append(f"{'  ' * row.level}{sign}{row.label.decode()} {row.size}")
    return found


@pytest.fixture
def small() -> Browser:
    browser = browse(
        [
            file("usr/bin/tool", "12345678"), file("usr/share/doc/readme", "123"),
            file("etc/a", "1"), file("etc/b", "12"), file("etc/c", "12"),
        ]
    )  # fmt: skip
    browser.open_all()
    return browser


def test_sorted_by_size_then_name(small: Browser) -> None:
    assert lines(small) == [
        "v usr 11", "  v bin 8", "    tool 8", "  v share/doc 3", "    readme 3",
        "v etc 5", "  b 2", "  c 2", "  a 1",
    ]  # fmt: skip


def test_sort_orders_and_their_reverse(small: Browser) -> None:
    small.sort_by(SortBy.SIZE)
    assert lines(small)[:5] == ["v etc 5", "  a 1", "  b 2", "  c 2", "v usr 11"]
    small.sort_by(SortBy.NAME)
    assert lines(small)[:5] == ["v etc 5", "  a 1", "  b 2", "  c 2", "v usr 11"]
    small.sort_by(SortBy.NAME)
    assert lines(small)[:3] == ["v usr 11", "  v share/doc 3", "    readme 3"]
    small.sort_by(SortBy.SIZE)
    assert not small.reverse


def test_folding_can_be_switched_off(small: Browser) -> None:
    small.set_fold(fold=False)
    assert lines(small)[3:6] == ["  v share 3", "    v doc 3", "      readme 3"]
    rows = small.rows
    assert rows.parent_index(5) == 4
    small.set_fold(fold=True)
    assert small.rows.parent_index(4) == 3
    assert small.rows.parent_index(3) == 0
    assert small.rows.parent_index(0) is None


def test_open_and_close_splice_rows(small: Browser) -> None:
    before = lines(small)
    assert small.rows.close(0) == 4
    assert lines(small) == ["> usr 11", *before[5:]]
    assert small.rows.close(0) == 0
    assert small.rows.open(0) == 4
    assert lines(small) == before
    assert small.rows.open(2) == 0, "a file has nothing to show"


def test_what_was_closed_inside_stays_closed(small: Browser) -> None:
    small.rows.close(1)
    small.rows.close(0)
    small.rows.open(0)
    assert lines(small)[:3] == ["v usr 11", "  > bin 8", "  v share/doc 3"]
    small.sort_by(SortBy.NAME)
    assert "  > bin 8" in lines(small)
    small.open_all()
    assert "  v bin 8" in lines(small)
    small.close_all()
    assert lines(small) == ["> etc 5", "> usr 11"]


def test_openings_hold_over_layers() -> None:
    browser = browse(
        [file(f"a/{k}", "x") for k in range(60)] + [file("b/x", "1"), file("b/y", "2")],
        [file("a/new", "1"), file("b/z", "123")],
    )
    browser.close_all()
    browser.rows.open(0)
    assert len(browser.rows) == 62
    browser.show(layer=1)
    assert lines(browser) == ["> b 3", "v a 1", "  new 1"]
    browser.show(layer=0)
    assert len(browser.rows) == 62


def test_at_first_a_screenful_is_open() -> None:
    browser = browse(
        [file(f"many/{k}", "xx") for k in range(200)] + [file("few/x", "1"), file("few/y", "2")]
    )
    assert lines(browser) == ["> many 400", "v few 2", "  x 1", "  y 1"]


def test_search_opens_what_it_finds_and_leaves_no_trace(small: Browser) -> None:
    small.close_all()
    small.search("readme")
    assert lines(small) == ["v usr/share/doc 3", "  readme 3"]
    assert small.is_filtered
    assert small.total == (1, 3)
    small.rows.close(0)
    assert lines(small) == ["> usr/share/doc 3"]
    small.search("")
    assert lines(small) == ["> usr 11", "> etc 5"]


def test_kinds_and_text_together() -> None:
    browser = browse(
        [file("etc/a", "1"), file("etc/b", "12"), file("etc/c", "1")],
        [file("etc/a", "123"), whiteout("etc/b"), file("etc/abc", "1234")],
    )
    browser.show(layer=1)
    assert browser.removed == (1, 2)
    browser.toggle_kind(ChangeKind.ADDED)
    assert lines(browser) == ["v etc 3", "  a 3", "  b 2"]
    browser.search("a")
    assert lines(browser) == ["v etc 3", "  a 3"]
    browser.toggle_kind(ChangeKind.MODIFIED)
    assert lines(browser) == []
    assert browser.rows.index_of(3) is None
    browser.clear_filters()
    assert len(browser.rows) == 4
    browser.show(aggregate=True)
    browser.toggle_kind(ChangeKind.UNCHANGED)
    assert lines(browser) == ["v etc 7", "  abc 4", "  a 3"]


def test_the_cursor_finds_its_node_again(small: Browser) -> None:
    rows = small.rows
    nodes = list(rows)
    assert [rows.index_of(node) for node in nodes] == list(range(len(rows)))
    rows.close(0)
    assert rows.index_of(nodes[2]) == 0, "its directory stands for it"
    share = small.tree.paths.index(b"usr/share")
    small.open_all()
    assert small.rows.row(small.rows.index_of(share) or 0).label == b"share/doc"


def test_links_and_entries() -> None:
    browser = browse(
        [
            file("b", "12", mode=0o640, uid=7),
            hardlink("a", "b", mode=0o640, uid=7),
            symlink("s", "a/../b"),
        ]
    )
    browser.sort_by(SortBy.NAME)
    items = browser.rows.items
    targets = [browser.link_target(item, browser.entry(item)) for item in items]
    assert targets == [None, ("hardlink", b"a"), ("symlink", b"a/../b")]
    entry = browser.entry(items[0])
    assert entry is not None
    assert (entry.mode, entry.uid) == (0o640, 7)


def test_an_image_without_layers() -> None:
    browser = browse()
    assert lines(browser) == []
    assert browser.total == (0, 0)
    browser.search("x")
    browser.open_all()


# ---------------------------------------------------------------------- large ones


def many(count: int) -> LayerTable:
    noise = random.Random(5)  # noqa: S311 - the same every time
    made = LayerTable()
    for k in range(count // 10):
        top = b"d%d/%d/%d" % (k % 7, k % 300, k)
        made.names += [b"%s/%d" % (top, name) for name in range(9)]
    parents = {b"/".join(parts[:n]) for name in made.names
               for parts in [name.split(b"/")] for n in (1, 2, 3)}  # fmt: skip
    made.kinds = bytearray([Kind.FILE] * len(made.names) + [Kind.DIR] * len(parts_of(parents)))
    made.sizes = array("q", [noise.randrange(10_000) for _ in made.names])
    made.names += parts_of(parents)
    made.sizes.extend([0] * (len(made.names) - len(made.sizes)))
    made.offsets = array("q", [0] * len(made.names))
    made.raw = bytearray(48 * len(made.names))
    return made


def parts_of(parents: set[bytes]) -> list[bytes]:
    return sorted(parents)


def test_random_walks_keep_the_rows_in_order() -> None:
    browser = browse_tables(many(3000))
    noise = random.Random(1)  # noqa: S311 - the same every time
    for step in range(300):
        rows = browser.rows
        action = noise.choice(["open", "open", "close", "sort", "fold", "search"])
        at = noise.randrange(len(rows)) if len(rows) else 0
        if action == "open" and len(rows):
            rows.open(at)
        elif action == "close" and len(rows):
            rows.close(at)
        elif action == "sort" and step % 5 == 0:
            browser.sort_by(noise.choice([SortBy.SIZE, SortBy.NAME]))
        elif action == "fold":
            browser.set_fold(fold=not browser.fold)
        elif action == "search" and step % 3 == 0:
            browser.search(noise.choice(["", "1", "/2", "d3"]))
        spliced = list(browser.rows.items)
        browser.set_fold(fold=browser.fold)  # makes the rows from nothing
        assert list(browser.rows.items) == spliced
        assert len(set(spliced)) == len(spliced)


def test_depth_of_ten_thousand_rows() -> None:
    depth = 10_000
    path = b"/".join([b"d"] * depth)
    made = LayerTable(names=[path[:end] for end in range(1, len(path) + 1, 2)])
    made.names += [path + b"/f", b"d/e"]
    made.kinds = bytearray([*[Kind.DIR] * depth, Kind.FILE, Kind.FILE])
    made.sizes = array("q", [*[0] * depth, 3, 4])
    made.offsets = array("q", [0] * len(made.names))
    made.raw = bytearray(48 * len(made.names))
    browser = browse_tables(made)
    browser.set_fold(fold=False)
    browser.open_all()
    assert len(browser.rows) == depth + 2
    assert browser.rows.row(depth + 1).level in (1, depth)
    assert max(map(browser.rows.level, browser.rows.items)) == depth
    assert browser.rows.close(0) == depth + 1
    browser.set_fold(fold=True)
    browser.open_all()
    assert len(browser.rows) == 4
    assert max(len(browser.rows.label(item)) for item in browser.rows.items) == 2 * depth - 3


@pytest.mark.parametrize("fold", [True, False])
def test_every_way_through_a_depth_of_ten_thousand(*, fold: bool) -> None:
    depth = 10_000
    path = b"/".join([b"d"] * depth)
    below = LayerTable(names=[path[:end] for end in range(1, len(path) + 1, 2)])
    below.names += [path + b"/kept", path + b"/gone"]
    below.kinds = bytearray([*[Kind.DIR] * depth, Kind.FILE, Kind.FILE])
    below.sizes = array("q", [*[0] * depth, 3, 4])
    above = LayerTable(names=[path + b"/.wh.gone"], kinds=bytearray([Kind.FILE]))
    above.sizes = array("q", [0])
    for each in (below, above):
        each.offsets = array("q", [0] * len(each.names))
        each.raw = bytearray(48 * len(each.names))
    browser = browse_tables(below, above)
    browser.set_fold(fold=fold)
    browser.close_all()
    node = browser.next_waste(None)
    assert node is not None
    assert node == browser.node_of_path(path + b"/gone")
    assert browser.rows.row(browser.rows.index_of(node) or 0).node == node
    browser.close_all()
    assert browser.reveal(depth) is not None
    assert browser.waste == 4
    if not fold:
        return
    for text, match, found in [
        ("kept", Match.GLOB, (1, 3)), ("d/gone", Match.GLOB, (1, 4)), ("d/", Match.GLOB, (2, 7)),
        ("*ept", Match.GLOB, (1, 3)), ("d*/kept", Match.GLOB, (1, 3)), ("g?ne", Match.GLOB, (1, 4)),
        ("k.pt$", Match.REGEX, (1, 3)), ("^/d", Match.REGEX, (2, 7)), ("ddgn", Match.FUZZY, (1, 4)),
    ]:  # fmt: skip
        browser.search(text, match)
        assert browser.matched == found
        assert browser.rows.row(len(browser.rows) - 1).size in (3, 4)
        assert browser.next_waste(None) == (node if found[1] > 3 else None)
    browser.search("", Match.GLOB)
    browser.show(layer=1, aggregate=True)
    assert browser.total == (1, 3)
    assert browser.next_waste(None) == depth
    browser.show(layer=1, aggregate=False)
    assert browser.removed == (1, 4)
    assert [event.change for event in path_history(analysis_of(browser.tree.fs), path + b"/gone")] == [
        "added", "removed",
    ]  # fmt: skip


def test_memory_on_top_of_the_analysis() -> None:
    filesystem = stack([many(20_000)], lambda _one, _other: False)
    analysis = cast("Analysis", SimpleNamespace(filesystem=filesystem))
    tracemalloc.start()
    try:
        browser = Browser(analysis)
        browser.open_all()
        for layer_aggregate in itertools.islice(itertools.cycle([True, False]), 6):
            browser.show(aggregate=layer_aggregate)
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used / len(browser.tree) < 100


def test_the_view_model_knows_no_screen() -> None:
    import subprocess

    script = (
        "import sys, layerlens.tui.viewmodel.browser, layerlens.tui.viewmodel.layers\n"
        "sys.exit(any(m.partition('.')[0] in ('textual', 'rich') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
