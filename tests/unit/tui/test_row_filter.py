"""Filters of rows, in three ways; what the waste view, the tables and the image's facts do with them."""

from __future__ import annotations

import pytest

from layerlens.tui.viewmodel.imagelines import ImageLines
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rowfilter import RowFilter, next_way
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.wastebrowser import WasteBrowser
from tests.unit.outputs import samples

ROWS = ["apt lists", "Npm cache", "nginx.conf", "a+b"]


@pytest.mark.parametrize(
    ("text", "match", "kept"),
    [
        ("", Match.GLOB, ROWS),
        ("NP", Match.GLOB, ["Npm cache"]),
        ("n*c", Match.GLOB, ["Npm cache", "nginx.conf"]),
        ("a+b", Match.GLOB, ["a+b"]),
        ("^n.*[fe]$", Match.REGEX, ["Npm cache", "nginx.conf"]),
        ("^N", Match.REGEX, ["Npm cache"]),
        ("a+b", Match.REGEX, []),
        ("nce", Match.FUZZY, ["Npm cache"]),
        ("nf", Match.FUZZY, ["nginx.conf"]),
        ("ts a", Match.FUZZY, []),
    ],
)
def test_what_is_kept(text: str, match: Match, kept: list[str]) -> None:
    wanted = RowFilter(text, match)
    assert list(wanted.keep(ROWS, str)) == kept
    assert wanted.problem is None


def test_a_broken_expression_leaves_what_was_there() -> None:
    before = RowFilter("n", Match.REGEX)
    wanted = RowFilter("n(", Match.REGEX, before)
    assert wanted.problem is not None
    assert "no regular expression" in wanted.problem
    assert wanted.keep(ROWS, str) == before.keep(ROWS, str) == ["Npm cache", "nginx.conf"]
    assert RowFilter("(", Match.REGEX).keep(ROWS, str) == ROWS


def test_an_expression_that_runs_away_is_stopped() -> None:
    wanted = RowFilter("(a+)+$", Match.REGEX)
    assert wanted.keep(["a" * 60 + "!"], str) == []
    assert wanted.problem == "this expression takes too long"


def test_the_ways_go_round() -> None:
    assert [next_way(match) for match in Match] == [Match.REGEX, Match.FUZZY, Match.GLOB]


def test_tables_read_a_text_in_ways() -> None:
    table = Table(
        ROWS, [Column("name", "Name", lambda row: (row, ""), str)], text=str, order="name"
    )
    table.search("^[an]", Match.REGEX)
    assert table.rows == ["Npm cache", "a+b", "apt lists", "nginx.conf"]
    table.search("^a")
    assert table.rows == ["a+b", "apt lists"], "read as before"
    table.search("^a", Match.GLOB)
    assert table.rows == []
    table.search("")
    assert not table.is_filtered


def test_waste_reads_a_text_in_ways() -> None:
    browser = WasteBrowser(samples.shop())
    browser.level.search("^dead", Match.REGEX)
    dead = {row.name for row in browser.table.rows}
    assert dead
    assert browser.level.matched.startswith(f"{len(dead)} row")
    browser.level.search("")
    browser.flat()
    everything = len(browser.table)
    browser.level.search(r"/[^/]*\.py$")
    paths = [row.path for row in browser.table.rows]
    assert 0 < len(paths) < everything
    assert all(path.endswith(b".py") for path in paths)
    assert browser.level.matched.startswith(f"{len(paths)} file")
    browser.level.search("apmnpy", Match.FUZZY)
    assert {row.path for row in browser.table.rows} == {b"app/main.py"}
    browser.level.search("(")
    browser.level.search("(", Match.REGEX)
    assert browser.level.filter.problem is not None


def test_facts_of_the_image_are_read_in_ways() -> None:
    lines = ImageLines(samples.shop())
    lines.search("^digest|^platform", Match.REGEX)
    with_regex = lines.matched
    lines.search("^digest|^platform", Match.GLOB)
    assert lines.matched == 0
    assert with_regex > 0
