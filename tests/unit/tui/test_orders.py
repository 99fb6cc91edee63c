"""The rows in every order and state, against rows made the plain way."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.rows import Opening, SortBy
from layerlens.tui.viewmodel.views import ChangeKind, Mark, View
from tests.browsing import IMAGES, browse, shown_paths
from tests.builders import Member, file, whiteout

_KINDS = [Mark.REMOVED, Mark.ADDED, Mark.CONTENT, Mark.TYPE, Mark.METADATA, Mark.INSIDE,
          Mark.UNCHANGED]  # fmt: skip


def plain_rows(browser: Browser) -> list[bytes]:
    """The paths of the rows, by recursion over lists of children."""
    view: View = browser.rows.view
    tree = browser.tree
    children: dict[int, list[int]] = {}
    for node in view.nodes[1:]:
        children.setdefault(tree.parent[node], []).append(node)

    def key(item: int) -> tuple[Any, ...]:
        first: dict[SortBy, Any] = {
            SortBy.COUNT: -view.files(item),
            SortBy.WASTE: -view.waste(item),
            SortBy.CHANGE: _KINDS.index(view.mark(item)),
        }
        return (first.get(browser.sort, 0), -view.size(item))

    def ordered(item: int) -> list[int]:
        found = []
        for child in children.get(item, []):
            while (
                browser.fold
                and len(children.get(child, [])) == 1
                and (children[child][0] in children)
            ):
                child = children[child][0]  # noqa: PLW2901 - the row is that one's
            found.append(child)
        if browser.sort is SortBy.NAME:
            return found[::-1] if browser.reverse else found
        # Reversed, equal ones still stand in the order of their names.
        keys = {item: key(item) for item in found}
        if browser.reverse:
            keys = {item: tuple(-part for part in keys[item]) for item in found}
        return sorted(found, key=keys.__getitem__)

    rows: list[bytes] = []

    def walk(item: int) -> None:
        for child in ordered(item):
            rows.append(tree.paths[child])
            if child in children and browser.rows.is_open(child):
                walk(child)

    walk(0)
    return rows


@settings(max_examples=300, deadline=None)
@given(IMAGES, st.data())
def test_rows_are_those_of_a_plain_walk(layers: list[list[Member]], data: st.DataObject) -> None:
    browser = browse(*layers)
    for _ in range(data.draw(st.integers(1, 12))):
        action = data.draw(st.sampled_from(
            ["open", "close", "siblings", "sort", "fold", "show", "all", "none", "level", "search",
             "reveal", "kind", "waste"]
        ))  # fmt: skip
        rows = browser.rows
        at = data.draw(st.integers(0, len(rows) - 1)) if len(rows) else None
        before = len(rows)
        if action == "open" and at is not None:
            assert rows.open(at) == len(rows) - before
        elif action == "close" and at is not None:
            assert rows.close(at) == before - len(rows)
        elif action == "siblings" and at is not None:
            item = rows[at]
            assert browser.rows[browser.close_siblings(at)] == item
        elif action == "sort":
            browser.sort_by(data.draw(st.sampled_from(SortBy)))
        elif action == "fold":
            browser.set_fold(fold=not browser.fold)
        elif action == "show":
            browser.show(
                layer=data.draw(st.integers(0, len(layers) - 1)), aggregate=data.draw(st.booleans())
            )
        elif action == "all":
            browser.open_all()
        elif action == "none":
            browser.close_all()
        elif action == "level":
            browser.open_level()
        elif action == "search":
            browser.search(data.draw(st.sampled_from(["", "a", "b/", "x"])))
        elif action == "kind":
            browser.toggle_kind(data.draw(st.sampled_from(ChangeKind)))
        elif action == "reveal":
            node = data.draw(st.integers(0, len(browser.tree) - 1))
            row = browser.reveal(node)
            shown = node and browser.rows.view.shown[node]
            assert (row is None) == (not shown)
            if row is not None:
                path = browser.rows.path(row)
                assert browser.rows.index_of(node) == row
                assert (path + b"/").startswith(browser.tree.paths[node] + b"/")
        else:
            browser.next_waste(None)
        expected = plain_rows(browser)
        rows = browser.rows
        assert [browser.tree.paths[item] for item in rows] == expected
        assert shown_paths(browser) == expected
        assert len(rows) == len(expected)
        for k, item in enumerate(rows):
            assert rows.index(item) == k
            up = rows.parent_index(k)
            above = [j for j in range(k) if rows.level(rows[j]) < rows.level(item)]
            assert up == (above[-1] if above else None)


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (SortBy.SIZE, [b"added", b"gone", b"kept", b"many", b"mode", b"new"]),
        (SortBy.NAME, [b"added", b"gone", b"kept", b"many", b"mode", b"new"]),
        (SortBy.COUNT, [b"many", b"added", b"gone", b"kept", b"mode", b"new"]),
        (SortBy.CHANGE, [b"gone", b"added", b"new", b"mode", b"many", b"kept"]),
    ],
)
def test_orders(sort: SortBy, order: list[bytes]) -> None:
    sizes = {"added": 60, "gone": 50, "kept": 40, "mode": 20, "new": 10}
    lower = {name: file(name, "x" * sizes[name]) for name in ("gone", "kept", "mode")}
    browser = browse(
        [*lower.values(), file("new", "y"), *(file(f"many/{k}", "x" * 10) for k in range(2))],
        [whiteout("gone"), file("mode", "x" * 20, mode=0o600), file("new", "x" * 10),
         file("added", "x" * 60), file("many/2", "x" * 10)],
    )  # fmt: skip
    browser.show(layer=1, aggregate=sort is not SortBy.CHANGE)
    browser.close_all()
    present = [path for path in order if path in shown_paths(browser)]
    if browser.sort is not sort:
        browser.sort_by(sort)
    assert shown_paths(browser) == present
    browser.sort_by(sort)
    assert browser.reverse
    if sort is not SortBy.COUNT:  # where equal ones stay in the order of their names
        assert shown_paths(browser) == present[::-1]


def test_the_way_to_a_path() -> None:
    browser = browse(
        [file("usr/share/doc/a/readme", "1"), file("usr/share/x", "1"), file("etc/a", "1")],
        [whiteout("etc/a"), file("usr/new", "1")],
    )
    browser.close_all()
    node = browser.node_of_path(b"usr/share/doc/a/readme")
    assert node is not None
    row = browser.reveal(node)
    assert row is not None
    assert browser.rows.path(row) == b"usr/share/doc/a/readme"
    assert shown_paths(browser) == [
        b"usr/share", b"usr/share/doc/a", b"usr/share/doc/a/readme", b"usr/share/x", b"etc",
    ]  # fmt: skip
    assert browser.node_of_path(b"usr/share/nothing") is None
    browser.show(layer=1)
    assert browser.reveal(node) is None
    assert browser.expansion.opening is Opening.NONE


def test_the_layer_that_shows_a_version() -> None:
    browser = browse([file("a", "1")], [file("a", "2"), file("a", "33"), whiteout("x")])
    paths, fs = browser.tree.paths, browser.tree.fs
    found = [browser.find_version(version) for version in range(len(fs.paths))]
    assert [None if f is None else (f[0], paths[f[1]]) for f in found] == [
        (0, b"a"), None, (1, b"a"), None,
    ]  # fmt: skip


def test_one_level_more_and_only_this_one() -> None:
    browser = browse([file("a/b/x", "1"), file("a/y", "1"), file("c/d/x", "1"), file("c/y", "1")])
    browser.close_all()
    browser.open_level()
    assert shown_paths(browser) == [b"a", b"a/b", b"a/y", b"c", b"c/d", b"c/y"]
    browser.open_level()
    assert len(browser.rows) == 8
    assert browser.close_siblings(4) == 1
    assert shown_paths(browser) == [b"a", b"c", b"c/d", b"c/d/x", b"c/y"]
    assert browser.close_siblings(0) == 0
    assert shown_paths(browser) == [b"a", b"c"]
