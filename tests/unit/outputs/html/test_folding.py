"""Small files as sums: which paths stay, and that no figure changes."""

from __future__ import annotations

import pytest

from layerlens.outputs.html import folding
from layerlens.outputs.html.folding import fold
from layerlens.outputs.html.image import image_data
from layerlens.outputs.html.paths import KINDS
from layerlens.outputs.html.tree import Columns, columns
from layerlens.outputs.report import Report
from tests import columns as columns_of
from tests.builders import directory, file, hardlink, symlink, whiteout
from tests.unit.outputs import samples


def paths(found: Columns) -> set[bytes]:
    return {record.path for record in columns_of.read(found)}


def test_an_image_that_is_small_enough_stays_as_it_is() -> None:
    found = columns(samples.shop())
    assert fold(found, (), len(found.layer)) is found


def test_the_largest_files_and_wasted_ones_keep_their_names() -> None:
    small = [file(f"usr/{k:03}", b"x" * k) for k in range(100)]
    wasted = [file(f"var/{k:03}", b"x" * 30) for k in range(5)]
    analysis = samples.build([[*small, *wasted], [whiteout(f"var/{k:03}") for k in range(5)]])
    found = fold(columns(analysis), (), 60)
    assert len(found.layer) <= 60
    told = paths(found)
    assert b"usr/099" in told
    assert b"usr/010" not in told
    assert {b"var/%03d" % k for k in range(5)} <= told
    columns_of.adds_up(found, analysis)


def test_whole_subtrees_become_one_node() -> None:
    deep = [file(f"a/{k}/{j}/f", b"x") for k in range(10) for j in range(10)]
    links = [symlink(f"a/links/{k}", "t") for k in range(10)]
    empty = [directory(f"e/{k}") for k in range(10)]
    found = fold(columns(samples.build([[*deep, *links, *empty, file("big", b"x" * 999)]])), (), 12)
    told = {found.names[ref - 1] if ref else None for ref in found.name}
    assert "f" not in told
    assert sum(files for _, files, _ in found.tails) == 110
    by_kind = {KINDS[found.kind[at]]: count for at, count in found.folded}
    assert by_kind["dir"] == 0
    assert sum(count for _, count in found.folded) == 110


def test_named_records_and_those_of_several_names_stay() -> None:
    many = [file(f"m/{k:03}", b"x" * 500) for k in range(50)]
    names = [file("z/b", b"1" * 10), hardlink("z/a", "z/b"), file("y/named", b"1"), file("y/f")]
    lost = [file("x/a", b"12345"), hardlink("x/b", "x/a")]
    analysis = samples.build([[*many, *names, *lost], [whiteout("x/a")], [whiteout("x/b")]])
    found = columns(analysis)
    named = [record.at for record in columns_of.read(found) if record.path == b"y/named"]
    folded = fold(found, named, 20)
    told = paths(folded)
    assert {b"z/a", b"z/b", b"y/named", b"x/a", b"x/b"} <= told
    assert b"y/f" not in told
    at = {record.path: record.at for record in columns_of.read(folded)}
    assert folded.stand == [(at[b"z/a"], at[b"z/b"])]
    assert folded.lost_at == [(at[b"x/a"], at[b"x/b"])]
    columns_of.adds_up(folded, analysis)


def test_names_that_are_not_unicode_keep_their_bytes() -> None:
    small = [file(b"\xfe%d" % k, b"x") for k in range(20)]
    found = fold(columns(samples.build([[*small, file(b"big\xff", b"x" * 99)]])), (), 6)
    assert b"big\xff" in paths(found)


def test_the_report_keeps_what_it_names_and_says_how_much_is_folded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folding, "MOST_RECORDS", 4)
    analysis = samples.judged()
    data = image_data(Report(analysis))
    assert data["folded"] == {"files": 2, "of": 6}
    assert sum(files for _, files, _ in data["tree"]["tails"]) == 2
    monkeypatch.undo()
    assert image_data(Report(analysis))["folded"] is None
