"""Views of several layers together against what two plain dictionaries tell."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.makeviews import aggregate_view, changes_view
from layerlens.tui.viewmodel.pathtree import PathTree, Standing
from layerlens.tui.viewmodel.views import Mark, View
from tests.browsing import IMAGES, browse, shown_paths, stacked
from tests.builders import Member, directory, file, hardlink, symlink, whiteout


def marks(view: View) -> dict[bytes, Mark]:
    paths = view.tree.paths
    return {paths[i]: view.mark(i) for i in view.nodes[1:]}


def net(*layers: list[Member], since: int) -> View:
    fs = stacked(*layers)
    return changes_view(Standing(PathTree(fs)), len(layers) - 1, since)


def test_what_comes_and_goes_inside_is_not_shown() -> None:
    view = net(
        [file("kept", "1")],
        [file("temporary", "123")],
        [whiteout("temporary"), file("new", "12")],
        since=1,
    )
    assert marks(view) == {b"new": Mark.ADDED}
    assert view.size(0) == 2


def test_the_first_and_the_last_version_are_compared() -> None:
    view = net(
        [file("content", "1"), file("mode", "1", mode=0o600), file("type", "1"),
         file("gone", "1234"), directory("same"), file("back", "123")],
        [file("content", "2"), file("mode", "1", mode=0o640), directory("type"),
         file("gone", "12"), directory("same", mode=0o700), whiteout("back")],
        [file("content", "2", mode=0o600), file("mode", "1", mode=0o644), symlink("type", "x"),
         whiteout("gone"), directory("same"), file("back", "123", mode=0o600)],
        since=1,
    )  # fmt: skip
    assert marks(view) == {
        b"content": Mark.CONTENT,
        b"mode": Mark.METADATA,
        b"type": Mark.TYPE,
        b"gone": Mark.REMOVED,
        b"back": Mark.METADATA,
    }
    assert view.removed() == (1, 4), "what stood before the range"


def test_without_hashes_the_same_at_every_step_is_the_same() -> None:
    layers = [[file("a", "1", mode=mode)] for mode in (0o600, 0o640, 0o644)]
    fs = stacked(*layers)
    for table in fs.tables:
        table.hashes = bytearray()
    assert marks(changes_view(Standing(PathTree(fs)), 2, 1)) == {b"a": Mark.METADATA}
    fs = stacked([file("a", "1")], [whiteout("a")], [file("a", "1")])
    for table in fs.tables:
        table.hashes = bytearray()
    found = marks(changes_view(Standing(PathTree(fs)), 2, 1))
    assert found == {b"a": Mark.CONTENT}, "nobody compared the two"


def test_links_to_what_the_range_did_not_ship_count_nothing() -> None:
    view = net([file("a", "123")], [hardlink("b", "a")], [hardlink("c", "a")], since=1)
    assert marks(view) == {b"b": Mark.ADDED, b"c": Mark.ADDED}
    assert view.size(0) == 0


def test_browsing_ranges() -> None:
    browser = browse([file("a", "1")], [file("b", "1")], [file("c", "1")], [file("d", "1")])
    browser.show(layer=2, since=1)
    assert (browser.since, browser.layer) == (1, 2)
    assert shown_paths(browser) == [b"b", b"c"]
    browser.show(layer=1, since=3)
    assert (browser.since, browser.layer) == (1, 3), "in whichever order they were picked"
    browser.show(aggregate=True)
    assert (browser.since, browser.layer) == (1, 3)
    assert {row.label: row.mark for row in map(browser.rows.row, range(4))} == {
        b"a": Mark.UNCHANGED, b"b": Mark.ADDED, b"c": Mark.ADDED, b"d": Mark.ADDED,
    }  # fmt: skip
    browser.show(since=2)
    assert (browser.since, browser.layer) == (2, 3)
    browser.show(layer=3)
    assert browser.since is None
    browser.show(layer=2, since=2, aggregate=False)
    assert browser.since is None
    assert shown_paths(browser) == [b"c"]


# ---------------------------------------------------------------------- laws


def expected_mark(fs: Filesystem, lower: int, upper: int) -> Mark | None:
    """What changed from one version to another, by what they look like."""
    if fs.inode(lower) == fs.inode(upper):
        return None
    was, now = fs.entry(lower), fs.entry(upper)
    if was.kind != now.kind:
        return Mark.TYPE
    meta = (was.mode, was.uid, was.gid) == (now.mode, now.uid, now.gid)
    if now.kind == "dir":
        return None if meta else Mark.METADATA
    if now.kind == "file":
        one, other = (fs.slot(fs.inode(version)) for version in (lower, upper))
        return Mark.METADATA if one[0].hash(one[1]) == other[0].hash(other[1]) else Mark.CONTENT
    if was.target != now.target:
        return Mark.CONTENT
    return None if meta and was.mtime == now.mtime else Mark.METADATA


def bytes_of(fs: Filesystem, versions: list[int]) -> int:
    return sum(fs.size(inode) for inode in {fs.inode(version) for version in versions})


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.sampled_from(Semantics), st.data())
def test_ranges_show_the_difference(
    layers: list[list[Member]], semantics: Semantics, data: st.DataObject
) -> None:
    fs = stacked(*layers, semantics=semantics)
    standing = Standing(PathTree(fs))
    last = data.draw(st.integers(0, len(layers) - 1))
    first = data.draw(st.integers(0, last))
    view = changes_view(standing, last, first)
    before = stacked(*layers[:first], semantics=semantics).live
    after = stacked(*layers[: last + 1], semantics=semantics).live
    before, after = ({p: v for p, v in each.items() if p} for each in (before, after))
    expected: dict[bytes, Mark] = dict.fromkeys(after.keys() - before.keys(), Mark.ADDED)
    for path in after.keys() & before.keys():
        mark = expected_mark(fs, before[path], after[path])
        if mark is not None:
            expected[path] = mark
    gone = before.keys() - after.keys()
    expected |= dict.fromkeys(gone, Mark.REMOVED)
    found = marks(view)
    for path, mark in expected.items():
        used = any(other.startswith(path + b"/") for other in expected.keys() - gone)
        assert found[path] is mark or (used and found[path] is Mark.INSIDE and path in gone)
    assert all(found[path] is Mark.INSIDE for path in found.keys() - expected.keys())
    shipped = [after[path] for path in expected.keys() - gone]
    assert view.size(0) == bytes_of(
        fs, [version for version in shipped if fs.inode(version) >= fs.first[first]]
    )
    alive = {fs.inode(version) for version in after.values()}
    lost = [before[path] for path in gone if fs.inode(before[path]) not in alive]
    if all(found[path] is Mark.REMOVED for path in gone):
        kept_kinds = [path for path in gone if fs.kind(before[path]) != Kind.DIR]
        assert view.removed() == (len(kept_kinds), bytes_of(fs, lost))
    if first == last:
        assert marks(changes_view(standing, last)) == found
    whole = aggregate_view(standing, last, first)
    known = marks(whole)
    assert set(known) >= set(after)
    for path in after:
        assert known[path] in (expected.get(path, Mark.UNCHANGED), Mark.INSIDE) or (
            semantics is Semantics.SPEC
        )
    assert whole.size(0) == bytes_of(fs, list(after.values()))


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.sampled_from(Semantics), st.lists(st.integers(0, 3), max_size=8))
def test_what_stands_is_the_same_from_either_direction(
    layers: list[list[Member]], semantics: Semantics, walk: list[int]
) -> None:
    tree = PathTree(stacked(*layers, semantics=semantics))
    standing = Standing(tree)
    for layer in walk:
        at = min(layer, len(layers)) - 1
        standing.go_to(at)
        fresh = Standing(tree)
        for below in range(at + 1):  # up only
            fresh.go_to(below)
        assert (standing.version, standing.own) == (fresh.version, fresh.own)
        for lower in range(at + 1):
            before = Standing(tree)
            before.go_to(lower - 1)
            assert standing.before(lower) == before.version
