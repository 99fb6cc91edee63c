"""The columns behind the tree pane against the plain answers of the filesystem."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.filesystem.result import Filesystem, path_order
from layerlens.filesystem.stack import Semantics, stack
from layerlens.layers.table import Kind, LayerTable
from layerlens.tui.viewmodel.makeviews import aggregate_view, changes_view
from layerlens.tui.viewmodel.matching import Match, matcher
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree, Standing
from layerlens.tui.viewmodel.views import ChangeKind, Mark, View
from tests.browsing import IMAGES, NAMES, stacked
from tests.builders import (
    Member,
    directory,
    file,
    hardlink,
    whiteout,
)


def deep_filesystem(depth: int) -> Filesystem:
    """Two files, of 3 and 4 bytes, below as many directories."""
    path = b"/".join([b"d"] * depth)
    names = [path[:end] for end in range(1, len(path) + 1, 2)]
    made = LayerTable(names=[*names, path + b"/f", path + b"/g"])
    made.kinds = bytearray([*[Kind.DIR] * depth, Kind.FILE, Kind.FILE])
    made.sizes = array("q", [*[0] * depth, 3, 4])
    made.offsets = array("q", [0] * len(made.names))
    made.raw = bytearray(48 * len(made.names))
    return stack([made], lambda _one, _other: False)


def shown(view: View) -> dict[bytes, tuple[Mark, int]]:
    """Path -> mark and size, of all items but the root."""
    return {view.tree.paths[i]: (view.mark(i), view.size(i)) for i in view.nodes[1:]}


def changes(fs: Filesystem, layer: int) -> View:
    tree = PathTree(fs)
    return changes_view(Standing(tree), layer)


def aggregate(fs: Filesystem, layer: int) -> View:
    tree = PathTree(fs)
    return aggregate_view(Standing(tree), layer)


def matched(view: View, pattern: str) -> bytearray:
    return matcher(pattern, Match.GLOB).select(view)


def check_shape(view: View) -> None:
    """The invariants of a preorder: nested ranges, parents first, sums that add up."""
    nodes, end = view.nodes, view.tree.end
    assert len(nodes) == len(view)
    for i in nodes:
        assert i < end[i] <= end[0]
        children, total, at = [], 0, i + 1
        while at < end[i]:
            if not view.shown[at]:
                assert not any(view.shown[at : end[at]]), "parents of what is shown are shown"
                at = end[at]
                continue
            children.append(at)
            path = view.tree.paths[at]
            assert path.rpartition(b"/")[0] == view.tree.paths[i]
            at = end[at]
        assert at == end[i]
        assert view.holds(i) == bool(children)
        same_kind = [
            c for c in children
            if view.mark(i) is Mark.REMOVED or view.mark(c) is not Mark.REMOVED
        ]  # fmt: skip
        total = sum(view.size(c) for c in same_kind)
        assert view.size(i) == view.own(i) + total
        own_file = not view.is_directory(i) and view.counts(i)
        assert view.files(i) == own_file + sum(view.files(c) for c in same_kind)
    assert view.sizes(nodes) == list(map(view.size, nodes))
    assert view.wastes(nodes) == list(map(view.waste, nodes))


# ---------------------------------------------------------------------- one by one


def test_changes_of_a_layer_with_their_parents() -> None:
    fs = stacked(
        [directory("a"), file("a/kept", "12345"), file("a/mode", "123"), file("a/new", "1")],
        [
            file("a/mode", "123", mode=0o600), file("a/new", "123456"),
            file("a/b/added", "12"), whiteout("a/kept"),
        ],
    )  # fmt: skip
    view = changes(fs, 1)
    assert shown(view) == {
        b"a": (Mark.INSIDE, 11),
        b"a/b": (Mark.ADDED, 2),
        b"a/b/added": (Mark.ADDED, 2),
        b"a/kept": (Mark.REMOVED, 5),
        b"a/mode": (Mark.METADATA, 3),
        b"a/new": (Mark.CONTENT, 6),
    }
    assert view.removed() == (1, 5)
    assert view.files(0) == 3
    check_shape(view)


def test_a_removed_directory_holds_what_was_removed_with_it() -> None:
    fs = stacked(
        [file("keep/x", "1"), file("gone/a", "123"), file("gone/b/c", "4567")],
        [whiteout("gone"), file("keep/y", "22")],
    )
    view = changes(fs, 1)
    found = shown(view)
    assert found[b"gone"] == (Mark.REMOVED, 7)
    assert found[b"gone/b"] == (Mark.REMOVED, 4)
    assert view.size(0) == 2
    assert view.removed() == (2, 7)
    check_shape(view)


def test_a_directory_that_became_a_file() -> None:
    fs = stacked([file("a/x", "123"), file("a/y", "4")], [file("a", "12")])
    view = changes(fs, 1)
    assert shown(view) == {
        b"a": (Mark.TYPE, 2),
        b"a/x": (Mark.REMOVED, 3),
        b"a/y": (Mark.REMOVED, 1),
    }
    check_shape(view)
    assert shown(aggregate(fs, 1)) == {b"a": (Mark.TYPE, 2)}
    only_removed = view.only(view.of_kinds({ChangeKind.REMOVED}))
    assert shown(only_removed)[b"a"] == (Mark.TYPE, 0)
    assert not only_removed.counts(1)
    assert only_removed.removed() == (2, 4)


def test_a_path_that_goes_and_comes_back() -> None:
    fs = stacked([file("a", "1")], [whiteout("a")], [file("a", "22")], [whiteout("a")])
    assert [shown(changes(fs, k)) for k in range(4)] == [
        {b"a": (Mark.ADDED, 1)},
        {b"a": (Mark.REMOVED, 1)},
        {b"a": (Mark.ADDED, 2)},
        {b"a": (Mark.REMOVED, 2)},
    ]
    assert [shown(aggregate(fs, k)) for k in range(4)] == [
        {b"a": (Mark.ADDED, 1)}, {}, {b"a": (Mark.ADDED, 2)}, {},
    ]  # fmt: skip


def test_hard_links_count_once_and_name_their_first_name() -> None:
    fs = stacked(
        [file("z", "12345"), hardlink("m", "z"), hardlink("a", "z")],
        [hardlink("late", "z")],
        [whiteout("a")],
        [whiteout("z"), whiteout("m"), whiteout("late")],
    )
    first = aggregate(fs, 0)
    assert {path: size for path, (_, size) in shown(first).items()} == {b"a": 5, b"m": 0, b"z": 0}
    names = {first.tree.paths[i]: first.tree.paths[n] for i, n in first.same.items()}
    assert names == {b"m": b"a", b"z": b"a"}
    assert changes(fs, 1).size(0) == 0, "a link to a lower file ships nothing"
    assert changes(fs, 2).removed() == (1, 0), "the file has other names"
    assert changes(fs, 3).removed() == (3, 5)
    for layer in range(4):
        check_shape(changes(fs, layer))
        check_shape(aggregate(fs, layer))


def test_the_root_and_an_image_without_layers() -> None:
    fs = stacked([Member(b"./", b"5", mode=0o700), file("a", "1")])
    assert list(shown(changes(fs, 0))) == [b"a"]
    empty = aggregate(stacked(), -1)
    assert len(empty) == 1
    assert empty.size(0) == 0


def test_directories_that_no_layer_lists() -> None:
    fs = stacked([file("a/b/c", "1"), file("d/e", "2")])
    for path in (b"a", b"a/b", b"d"):
        del fs.live[path]  # as a filesystem from elsewhere might be
    for view in (changes(fs, 0), aggregate(fs, 0)):
        assert list(shown(view)) == [b"a", b"a/b", b"a/b/c", b"d", b"d/e"]
        assert view.version(1) == ABSENT
        assert view.is_directory(1)
        check_shape(view)


def test_depth_of_ten_thousand() -> None:
    fs = deep_filesystem(10_000)
    view = aggregate(fs, 0)
    assert len(view) == 10_003
    assert view.size(1) == 7
    assert changes(fs, 0).size(1) == 7
    assert len(view.only(matched(view, "/g"))) == 10_002


# ---------------------------------------------------------------------- filters


@pytest.fixture
def filtered() -> View:
    return aggregate(
        stacked(
            [
                file("usr/lib/libssl.so.3", "1234"), file("usr/lib/libc.so.6", "12"),
                file("usr/LIB/README", "1"), file("etc/ssl/cert.pem", "123"),
                file("opt/Ünïcode", "1"), file(b"opt/\xff\xfe", "1"),
            ]
        ),
        0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("ssl", {b"usr/lib/libssl.so.3", b"etc/ssl/cert.pem"}),
        ("LIB/", {b"usr/lib/libssl.so.3", b"usr/lib/libc.so.6", b"usr/LIB/README"}),
        ("*.so.*", {b"usr/lib/libssl.so.3", b"usr/lib/libc.so.6"}),
        ("SSL*", {b"etc/ssl/cert.pem"}),
        ("/usr/*/read*", {b"usr/LIB/README"}),
        ("lib?.so.[0-9]", {b"usr/lib/libc.so.6"}),
        ("ünÏ", {"opt/Ünïcode".encode()}),
        ("no such thing", set()),
        ("*", {b"usr/lib/libssl.so.3", b"usr/lib/libc.so.6", b"usr/LIB/README",
               b"etc/ssl/cert.pem", "opt/Ünïcode".encode(), b"opt/\xff\xfe"}),
    ],
)  # fmt: skip
def test_text_filter(filtered: View, pattern: str, files: set[bytes]) -> None:
    view = filtered.only(matched(filtered, pattern))
    check_shape(view)
    paths = [view.tree.paths[node] for node in view.nodes]
    found = {view.tree.paths[node] for node in view.nodes if not view.is_directory(node)}
    assert found == files
    assert view.files(0) == len(files)
    for path in paths[1:]:
        assert path.rpartition(b"/")[0] in paths


# ---------------------------------------------------------------------- laws


@settings(deadline=None)
@given(IMAGES, st.sampled_from(Semantics))
def test_the_last_aggregate_is_the_final_filesystem(
    layers: list[list[Member]], semantics: Semantics
) -> None:
    fs = stacked(*layers, semantics=semantics)
    view = aggregate(fs, len(layers) - 1)
    check_shape(view)
    expected = [(entry.path, entry.size) for entry in fs.final_entries()]
    placed = [i for i in view.nodes[1:] if view.version(i) != ABSENT]
    assert [(tree_path(view, i), view.own(i)) for i in placed] == expected
    if semantics is Semantics.DOCKER:
        assert len(placed) == len(view) - 1, "every parent is there"
    dead = set(fs.deaths.inode)
    live = sum(sum(t.sizes) for t in fs.tables) - sum(fs.size(inode) for inode in dead)
    assert view.size(0) == live


@settings(deadline=None)
@given(IMAGES, st.sampled_from(Semantics))
def test_views_show_what_the_filesystem_tells(
    layers: list[list[Member]], semantics: Semantics
) -> None:
    fs = stacked(*layers, semantics=semantics)
    tree = PathTree(fs)
    standing = Standing(tree)
    kinds = {"added": {Mark.ADDED}, "removed": {Mark.REMOVED},
             "modified": {Mark.CONTENT, Mark.METADATA, Mark.TYPE}}  # fmt: skip
    for layer in [*range(len(layers)), *reversed(range(len(layers)))]:
        view = changes_view(standing, layer)
        check_shape(view)
        found = {path: mark for path, (mark, _) in shown(view).items()}
        told = {event.path: event for event in fs.events(layer) if event.path}
        for path, event in told.items():
            used = any(other.startswith(path + b"/") for other in told)
            assert found[path] in kinds[event.change] or (used and found[path] is Mark.INSIDE)
        leading = set(found) - set(told)
        assert all(found[path] is Mark.INSIDE for path in leading)
        # Up to here, the filesystem is what a stack of these layers alone gives.
        below = stacked(*layers[: layer + 1], semantics=semantics)
        here = aggregate_view(standing, layer)
        check_shape(here)
        assert set(shown(here)) == set(below.live) | {
            up for path in below.live for up in parents(path)
        }
        assert here.size(0) == sum(entry.size for entry in below.final_entries())


@settings(deadline=None)
@given(IMAGES, st.sets(st.sampled_from(ChangeKind)), NAMES)
def test_filters_keep_the_shape(
    layers: list[list[Member]], kinds: set[ChangeKind], text: str
) -> None:
    fs = stacked(*layers)
    for view in (changes(fs, len(layers) - 1), aggregate(fs, len(layers) - 1)):
        for flags in (view.of_kinds(kinds), matched(view, text), matched(view, text + "*")):
            found = view.only(flags)
            check_shape(found)
            selected = [i for i in view.nodes[1:] if flags[i]]
            assert [i for i in found.nodes[1:] if found.counts(i)] == selected
            paths = [tree_path(found, i) for i in found.nodes]
            assert paths == sorted(paths, key=path_order)


def parents(path: bytes) -> list[bytes]:
    parts = path.split(b"/")
    return [b"/".join(parts[:end]) for end in range(1, len(parts))]


def tree_path(view: View, item: int) -> bytes:
    return view.tree.paths[item]
