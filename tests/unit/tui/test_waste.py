"""Dead bytes by path, and going from the greatest to the next."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.figures import account
from layerlens.filesystem.stack import Semantics
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.views import ChangeKind
from tests.browsing import IMAGES, browse, shown_paths
from tests.builders import Member, file, hardlink, whiteout


def wastes(browser: Browser) -> dict[bytes, int]:
    browser.open_all()
    waste = browser.rows.view.waste
    return {browser.tree.paths[node]: waste(node) for node in browser.rows if waste(node)}


def tour(browser: Browser, *, forward: bool = True) -> list[bytes]:
    """The paths that the key leads to, until it starts again."""
    found: list[bytes] = []
    node = None
    while True:
        node = browser.next_waste(node, forward=forward)
        if node is None or (found and browser.tree.paths[node] == found[0]):
            return found
        assert browser.rows.index_of(node) is not None
        found.append(browser.tree.paths[node])


def test_waste_in_the_layer_that_ships_it() -> None:
    browser = browse(
        [file("a/x", "123"), file("a/y", "1"), file("b", "12345")],
        [whiteout("a/x"), file("b", "1234567")],
        [file("b", "1234567", mode=0o600)],
    )
    assert wastes(browser) == {b"a": 3, b"a/x": 3, b"b": 5}
    assert browser.waste == 8
    browser.show(layer=1)
    assert wastes(browser) == {b"b": 7}, "what it removed was shipped by another layer"
    browser.show(layer=1, since=0)
    assert wastes(browser) == {b"a": 3, b"b": 12}, "a/x is not shown: its directory has its waste"
    browser.show(layer=2, aggregate=True)
    assert wastes(browser) == {b"a": 3, b"b": 12}
    browser.show(layer=0)
    assert wastes(browser) == {b"a": 3, b"a/x": 3, b"b": 5}


def test_the_greatest_first_and_round_again() -> None:
    browser = browse(
        [file("a/small", "1"), file("a/kept", "1"), file("b/c/large", "12345"),
         file("b/kept", "1"), file("z", "123")],
        [whiteout("a/small"), whiteout("b/c/large"), whiteout("z")],
    )  # fmt: skip
    browser.close_all()
    assert tour(browser) == [b"b/c/large", b"z", b"a/small"]
    assert tour(browser, forward=False) == [b"a/small", b"z", b"b/c/large"]
    elsewhere = browser.node_of_path(b"a/kept")
    found = browser.next_waste(elsewhere)
    assert found == browser.node_of_path(b"b/c/large"), "from elsewhere it is the greatest"
    browser.toggle_kind(ChangeKind.ADDED)
    assert browser.next_waste(None) is None


def test_a_deleted_directory_is_one_stop() -> None:
    many = [file(f"cache/apt/{k}", "x" * (1 + k % 3)) for k in range(500)]
    browser = browse([*many, file("cache/empty", ""), file("etc/a", "12"), file("etc/b", "1")],
                     [whiteout("cache"), file("etc/a", "1")])  # fmt: skip
    assert tour(browser) == [b"cache/apt", b"etc/a"]
    inside = browser.node_of_path(b"cache/apt/7")
    assert browser.next_waste(inside) == browser.node_of_path(b"etc/a"), "it is a part of the first"


def test_a_directory_whose_owner_was_changed_is_one_stop() -> None:
    app = [file(f"app/{k}", "xy") for k in range(20)]
    browser = browse([*app, file("etc/a", "1")], [file(f"app/{k}", "xy", uid=7) for k in range(20)])
    browser.show(layer=1, aggregate=True)
    assert tour(browser) == [b"app"]
    assert browser.waste == 40


def test_what_no_layer_shows_any_more_counts_for_its_directory() -> None:
    browser = browse([file("a/b/c", "123"), file("a/kept", "1")], [whiteout("a/b")],
                     [file("a/dup", "1"), file("a/dup", "22")])  # fmt: skip
    browser.show(layer=2, aggregate=True)
    assert wastes(browser) == {b"a": 4, b"a/dup": 1}
    assert tour(browser) == [b"a", b"a/dup"]


def test_filters_leave_waste_out() -> None:
    browser = browse([file("a/x", "123"), file("a/y", "1")], [whiteout("a")])
    browser.search("y")
    assert wastes(browser) == {b"a": 1, b"a/y": 1}
    assert tour(browser) == [b"a/y"]


def test_sorted_by_waste() -> None:
    browser = browse(
        [file("a/x", "1"), file("b/x", "12345"), file("c", "1234567")],
        [whiteout("a/x"), file("b/x", "12"), file("d", "1")],
    )
    browser.sort_by(SortBy.WASTE)
    browser.close_all()
    assert shown_paths(browser) == [b"b", b"a", b"c"]
    browser.sort_by(SortBy.WASTE)
    assert shown_paths(browser) == [b"c", b"a", b"b"]


# ---------------------------------------------------------------------- laws


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.sampled_from(Semantics), st.data())
def test_every_dead_byte_lies_somewhere_once(
    layers: list[list[Member]], semantics: Semantics, data: st.DataObject
) -> None:
    browser = browse(*layers, semantics=semantics)
    fs = browser.tree.fs
    last = data.draw(st.integers(0, len(layers) - 1))
    first = data.draw(st.integers(0, last))
    aggregate = data.draw(st.booleans())
    browser.show(layer=last, since=first, aggregate=aggregate)
    dead = account(fs).dead
    assert browser.waste == sum(dead[0 if aggregate else first : last + 1])
    view = browser.rows.view
    end = browser.tree.end
    shown = {browser.tree.paths[node]: node for node in view.nodes}
    own = [0] * len(browser.tree)
    for inode in fs.deaths.inode:
        if (0 if aggregate else first) <= fs.layer_of(inode) <= last:
            path = fs.paths[inode]
            while path not in shown:
                path = path.rpartition(b"/")[0]
            own[shown[path]] += fs.size(inode)
    for node in view.nodes:
        assert view.waste(node) == sum(own[node : end[node]])

    visited = tour(browser)
    stops = [shown[path] for path in visited]
    ranges = [range(node, end[node] if not own[node] else node + 1) for node in stops]
    covered = sum(
        own[item] or view.waste(item) for item in stops
    )  # fmt: skip
    if all(own[i] == 0 or not view.is_directory(i) for i in view.nodes):
        assert covered == browser.waste
        assert sum(map(len, ranges)) == len(set().union(*ranges))
        amounts = [view.waste(item) for item in stops]
        assert amounts == sorted(amounts, reverse=True)
    assert tour(browser, forward=False) == visited[::-1]


@settings(max_examples=100, deadline=None)
@given(IMAGES, st.sampled_from(["a", "b", ".x", "a/b"]))
def test_what_a_filter_finds_is_counted_once(layers: list[list[Member]], text: str) -> None:
    browser = browse(*layers)
    fs = browser.tree.fs
    browser.show(layer=len(layers) - 1, aggregate=True)
    browser.search(text)
    versions = [v for path, v in fs.live.items() if text.encode() in path]
    files = [version for version in versions if fs.entry(version).kind != "dir"]
    inodes = {fs.inode(version) for version in versions}
    assert browser.matched == (len(files), sum(map(fs.size, inodes)))


def test_a_filter_that_finds_only_the_second_name_of_a_file() -> None:
    browser = browse([file("a", "123"), hardlink("b", "a"), hardlink("c", "a")])
    browser.search("c")
    assert browser.matched == (1, 3)
    assert browser.link_target(browser.rows.items[0], None) == ("hardlink", b"a")
    browser.search("[bc]")
    assert browser.matched == (2, 3)
