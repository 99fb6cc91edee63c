"""Small changes as sums: which paths stay, and that no figure of a directory changes."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.comparison.model import Comparison
from layerlens.outputs.html import deltafolding
from layerlens.outputs.html.comparison import CHANGES, DeltaColumns, delta_columns
from layerlens.outputs.html.deltafolding import fold_changes, folded_changes
from layerlens.outputs.html.image import page_data
from layerlens.outputs.html.paths import KINDS
from layerlens.outputs.report import Report
from tests.builders import Member, directory, file, symlink
from tests.columns import read
from tests.unit.comparison.twoimages import compared, shops

Sums = dict[bytes, Counter[tuple[str, ...]]]
"""Of each directory that a page can show: figures at or below it."""


def sums(found: DeltaColumns, shown: set[bytes]) -> Sums:
    """By directory: paths by change and by kind, those not compared, bytes that grew and shrank."""
    counts = dict(found.folded)
    totals: Sums = {path: Counter() for path in shown}
    for path, at in read(found):
        here = Counter[tuple[str, ...]]()
        many = counts.get(at, 1)
        change = CHANGES[found.change[at]]
        here["change", change] = here["kind", change, KINDS[found.kind[at]]] = many
        here["unsure",] = many * (at in found.unsure)
        grown = found.new[at] - found.old[at]
        here["grown" if grown > 0 else "shrunk",] = abs(grown)
        here["old",], here["new",] = found.old[at], found.new[at]
        for each in shown:
            if not each or path == each or path.startswith(each + b"/"):
                totals[each] += here
    return totals


def directories(found: DeltaColumns) -> set[bytes]:
    """What the page can show of them: those with a name."""
    told = {path for path, at in read(found) if at not in dict(found.folded)}
    return {b"", *told, *(path.rpartition(b"/")[0] for path in told)}


def holds(whole: DeltaColumns, found: DeltaColumns) -> None:
    """Sums are exact, and what is told apart is consistent."""
    shown = directories(found)
    assert sums(found, shown) == sums(whole, shown)
    records = read(found)
    assert len(records) == len(found.change) == len(found.kind) == len(found.old) == len(found.new)
    folded = dict(found.folded)
    paths = dict(read(whole))
    for to, at in found.moved:
        assert to not in folded
        assert (paths[records[to].path], paths[records[at].path]) in whole.moved
    kept = {path for path, at in records if at not in folded}
    whole_paths = [path for path, _ in read(whole)]
    ends = {whole_paths[end] for pair in whole.moved for end in pair}
    assert ends & kept == {records[end].path for pair in found.moved for end in pair}
    hows = {whole_paths[at]: whole.hows[how] for at, how in whole.how}
    assert {records[at].path: found.hows[how] for at, how in found.how} == {
        path: words for path, words in hows.items() if path in kept
    }
    assert sum(files + folders for _, files, folders in found.tails) == sum(folded.values())


def large() -> Comparison:
    """Files that came, went, moved, grew and shrank, in directories of every depth."""
    old: list[Member] = [file(f"gone/{k}", b"g" * k) for k in range(30)]
    new: list[Member] = [file(f"come/{k // 5}/{k}", b"c" * k) for k in range(30)]
    for k in range(20):
        old += [file(f"was/{k}", b"moved %d" % k * k), file(f"both/{k}", b"1" * (k + 9))]
        new += [file(f"is/{k}", b"moved %d" % k * k), file(f"both/{k}", b"2" * (30 - k))]
        old.append(file(f"mode/{k}", b"m", mode=0o644))
        new.append(file(f"mode/{k}", b"m", mode=0o755))
        new += [symlink(f"links/{k}", "x"), directory(f"empty/{k}")]
    return compared([old], [new])


@pytest.mark.parametrize("most", [1, 12, 40, 90, 150])
def test_sums_stay_what_they_were(most: int) -> None:
    whole = delta_columns(large())
    found = fold_changes(whole, most)
    assert found is not whole
    holds(whole, found)
    told = folded_changes(whole, found)
    assert told is not None
    assert told["of"] == len(large().paths)
    if most >= 40:
        assert len(found.change) <= most


def test_what_changed_the_most_keeps_its_name() -> None:
    found = fold_changes(delta_columns(large()), 60)
    kept = {path for path, at in read(found) if at not in dict(found.folded)}
    assert {b"is/19", b"was/19", b"is/10", b"was/10"} <= kept
    assert not {b"is/1", b"gone/1", b"mode/3"} & kept


def test_few_changes_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = shops()
    whole = delta_columns(comparison)
    assert fold_changes(whole) is whole
    report = Report(comparison.new, comparison=comparison)
    assert page_data(report)["comparison"]["folded"] is None
    monkeypatch.setattr(deltafolding, "MOST_CHANGES", 17)
    data = page_data(report)["comparison"]
    assert 0 < data["folded"]["paths"] < data["folded"]["of"] == len(comparison.paths)
    assert len(data["paths"]["change"]) < len(whole.change)


@st.composite
def two(draw: st.DrawFn) -> Comparison:
    """Two images of files with few names, sizes and modes, so that much is alike."""
    names = st.sampled_from([f"{a}/{b}/{c}" for a in "pq" for b in "rs" for c in "tuvw"])
    sides = []
    for _ in range(2):
        found = draw(
            st.dictionaries(names, st.tuples(st.integers(0, 6), st.booleans()), max_size=14)
        )
        sides.append(
            [
                file(name, b"12345678"[:size], mode=0o600 + odd)
                for name, (size, odd) in found.items()
            ]
        )
    return compared([sides[0]], [sides[1]])


@given(two(), st.integers(1, 12))
def test_no_figure_changes_whatever_is_folded(comparison: Comparison, most: int) -> None:
    whole = delta_columns(comparison)
    holds(whole, fold_changes(whole, most))
