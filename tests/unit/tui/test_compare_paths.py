"""The tree of paths that differ: its sums, its order, what is hidden and searched for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from layerlens.comparison.model import Comparison, PathChange, PathDelta
from layerlens.tui.viewmodel.comparepaths import Differing, Folder, Tree, Way
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter
from tests.unit.comparison.twoimages import attacked, shops

_NAMES = st.sampled_from([b"a", b"a-", b"b", b"a.x", b"\x01", "é".encode(), b"\xff"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=4).map(b"/".join)


def differing(*deltas: PathDelta) -> Differing:
    return Differing(cast("Comparison", SimpleNamespace(paths=deltas)))


_ROWS = st.lists(
    st.tuples(
        _PATHS, _PATHS, st.sampled_from(list(PathChange)), st.integers(0, 9), st.integers(0, 9)
    ),
    max_size=9,
)


def _deltas(rows: list[tuple[bytes, bytes, PathChange, int, int]]) -> list[PathDelta]:
    """Paths that differ, each once; some were elsewhere before."""
    found, taken = [], set()
    for path, other, change, was, now in rows:
        if path in taken:
            continue
        taken.add(path)
        if change is PathChange.ADDED:
            found.append(PathDelta(path, change, None, 2, 0, now))
        elif change is PathChange.REMOVED:
            found.append(PathDelta(path, change, 1, None, was, 0))
        elif change is PathChange.MOVED and other not in taken:
            taken.add(other)
            found.append(PathDelta(path, change, 1, 2, was, was, other))
        else:
            found.append(PathDelta(path, PathChange.CONTENT, 1, 2, was, now))
    return found


@given(_ROWS.map(_deltas))
def test_directories_add_up_and_lose_nothing(deltas: list[PathDelta]) -> None:
    every = differing(*deltas)
    moved = [each for each in deltas if each.change is PathChange.MOVED]
    assert len(every.all) == len(deltas) + len(moved)
    assert sum(every.changes) == sum(each.bytes for each in deltas)
    seen = []

    def walk(top: bytes, spots: object) -> None:
        tree = Tree(every, cast("list[int]", spots))
        rows = tree.rows(top)
        changes = [row.change if isinstance(row, Folder) else every.changes[row] for row in rows]
        assert sum(changes) == tree.change
        for row in rows:
            if not isinstance(row, Folder):
                seen.append(row)
                continue
            inside = [k for k in every.all if (every.paths[k] + b"/").startswith(row.path + b"/")]
            assert row.count == len(inside) > 1
            assert row.old == sum(every.old[k] for k in inside)
            assert row.new == sum(every.new[k] for k in inside)
            own = [k for k in inside if every.paths[k] == row.path]
            assert own == ([] if row.spot is None else [row.spot])
            seen.extend(own)
            below = every.below(tree.spots, row.path)
            assert list(below) == [k for k in inside if k not in own]
            walk(row.path, below)

    walk(b"", every.all)
    assert sorted(seen) == list(every.all), "each is shown once"
    assert every.at(every.paths) == list(every.all)


def test_what_moved_is_where_it_went_and_where_it_was() -> None:
    every = differing(
        PathDelta(b"new/logo", PathChange.MOVED, 1, 2, 40, 40, b"old/logo"),
        PathDelta(b"new", PathChange.ADDED, None, 3, 0, 0),
        PathDelta(b"old/gone", PathChange.REMOVED, 4, None, 7, 0),
    )
    new, old = Tree(every, every.all).rows(b"")
    assert new == Folder(b"new", 0, 0, 40, 2, Way.ADDED), "it came, whatever is in it"
    assert old == Folder(b"old", None, 47, 0, 2, None), "one was moved away, one removed"
    spots = every.at([b"old/logo", b"new/logo", b"nowhere"])
    assert [every.is_away(k) for k in spots] == [False, True]
    assert {every.delta(k).path for k in spots} == {b"new/logo"}


def test_what_is_hidden_and_searched_for() -> None:
    every = Differing(shops())

    def paths(text: str, match: Match = Match.GLOB, *hidden: Way) -> list[bytes]:
        spots = every.narrowed(every.all, RowFilter(text, match), frozenset(hidden))
        return [every.paths[k] for k in spots]

    assert paths("LOGO") == [b"app/public/logo.svg", b"app/static/logo.svg"]
    assert paths("*.svg") == paths("logo")
    assert paths("/app/m") == [b"app/main.py"]
    assert paths(r"^/app/.*\.(css|py)$", Match.REGEX) == [
        b"app/main.py", b"app/public/app.css", b"app/static/app.css",
    ]  # fmt: skip
    assert paths("ampy", Match.FUZZY)[0] == b"app/main.py"
    assert paths("logo", Match.GLOB, Way.MOVED) == []
    assert paths("", Match.GLOB, *set(Way) - {Way.REMOVED}) == [b"app/notes.txt", b"app/static"]
    assert paths("", Match.GLOB, *Way) == []
    assert len(paths("")) == len(every.all)


def test_names_that_are_against_the_reader_have_their_places() -> None:
    found = attacked()
    every = Differing(found)
    assert sorted(every.paths) == sorted(
        [each.path for each in found.paths]
        + [each.moved_from for each in found.paths if each.moved_from is not None]
    )
    assert Tree(every, every.all).change == found.live.change
