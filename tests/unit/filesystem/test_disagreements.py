"""Constructs on which engines disagree: Docker's reading, the specification's, and a word.

Where Docker refuses a layer, both semantics are the specification's.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from layerlens.filesystem.stack import Semantics
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import walk
from tests.members import (
    Member,
    char,
    directory,
    file,
    hardlink,
    layer,
    opaque,
    symlink,
    table,
    whiteout,
)
from tests.stacking import codes, dead, stacked, visible

USR = [directory("usr"), directory("usr/lib"), file("usr/lib/x", b"xx"), symlink("lib", "usr/lib")]
D = [directory("d", mode=0o700, uid=5), file("d/a", b"aa"), file("d/b", b"bbb")]


@dataclass(frozen=True)
class Row:
    """``docker`` and ``spec`` are the paths that are visible at the end."""

    name: str
    lower: list[Member]
    upper: list[Member]
    docker: set[bytes]
    spec: set[bytes]
    code: str


ROWS = [
    Row(
        "entry below a lower symlink",
        USR,
        [file("lib/new", b"n")],
        {b"usr", b"usr/lib", b"usr/lib/x", b"lib", b"lib/new"},
        {b"usr", b"usr/lib", b"usr/lib/x", b"usr/lib/new", b"lib"},
        "symlink-parent",
    ),
    Row(
        "whiteout below a lower symlink",
        USR,
        [whiteout("lib/x")],
        {b"usr", b"usr/lib", b"usr/lib/x", b"lib"},
        {b"usr", b"usr/lib", b"lib"},
        "symlink-parent",
    ),
    Row(
        "whiteout, then the directory",
        D,
        [whiteout("d"), directory("d"), file("d/new")],
        {b"d", b"d/a", b"d/b", b"d/new"},
        {b"d", b"d/new"},
        "whiteout-then-directory",
    ),
    Row(
        "directory, then its whiteout",
        D,
        [directory("d"), file("d/new"), whiteout("d")],
        {b"d", b"d/new"},
        {b"d", b"d/new"},
        "whiteout-after-entry",
    ),
    Row(
        "file, then its whiteout",
        [file("f", b"old")],
        [file("f", b"new"), whiteout("f")],
        {b"f"},
        {b"f"},
        "whiteout-after-entry",
    ),
    Row(
        "opaque root",
        D,
        [opaque(""), file("new")],
        {b"d", b"d/a", b"d/b", b"new"},
        {b"new"},
        "opaque-root",
    ),
    Row(
        "device 0:0",
        [file("f", b"f"), file("g")],
        [char("f", 0, 0)],
        {b"g"},
        {b"f", b"g"},
        "device-whiteout",
    ),
    Row(
        "overlay's opaque attribute",
        D,
        [
            Member(b"d", b"5", mode=0o755, pax=((b"SCHILY.xattr.trusted.overlay.opaque", b"y"),)),
            file("d/new"),
        ],
        {b"d", b"d/new"},
        {b"d", b"d/a", b"d/b", b"d/new"},
        "overlay-opaque",
    ),
    Row(
        "overlay's redirect attribute",
        [*D, directory("e"), file("e/old")],
        [Member(b"e", b"5", mode=0o755, pax=((b"SCHILY.xattr.trusted.overlay.redirect", b"/d"),))],
        {b"d", b"d/a", b"d/b", b"e", b"e/a", b"e/b"},
        {b"d", b"d/a", b"d/b", b"e", b"e/old"},
        "overlay-redirect",
    ),
    Row(
        "whiteout of nothing by name",
        [file("a")],
        [file(".wh."), file(".wh.."), file(".wh...")],
        {b"a"},
        {b"a"},
        "invalid-whiteout",
    ),
    Row(
        "AUFS leftovers",
        [file("a")],
        [directory(".wh..wh.plnk"), file(".wh..wh.plnk/1.2"), file(".wh..wh.aufs")],
        {b"a"},
        {b"a"},
        "aufs-metadata",
    ),
    Row(
        "a path twice",
        [],
        [file("a", b"one"), file("a", b"two")],
        {b"a"},
        {b"a"},
        "duplicate-entry",
    ),
    Row(
        "a file and then a directory of the same layer",
        [],
        [file("a", b"one"), directory("a"), file("a/b")],
        {b"a", b"a/b"},
        {b"a", b"a/b"},
        "duplicate-entry",
    ),
    Row(
        "a directory and then a file of the same layer",
        [],
        [directory("a"), file("a/b", b"b"), file("a", b"one")],
        {b"a"},
        {b"a"},
        "duplicate-entry",
    ),
    Row(
        "a hard link to a lower layer",
        [file("a", b"a")],
        [hardlink("b", "a")],
        {b"a", b"b"},
        {b"a", b"b"},
        "hardlink-to-lower-layer",
    ),
    Row(
        "an entry below a symlink of its own layer",
        [directory("t")],
        [symlink("s", "t"), file("s/f")],
        {b"t", b"s", b"t/f"},
        {b"t", b"s", b"t/f"},
        "entry-below-own-symlink",
    ),
    Row(
        "an entry below a symlink of its own layer that leaves the root",
        [],
        [symlink("s", "../../x"), directory("x"), file("s/f")],
        {b"s", b"x", b"x/f"},
        {b"s", b"x", b"x/f"},
        "entry-below-own-symlink",
    ),
    Row(
        "a lower directory that is used and not listed",
        D,
        [file("d/new")],
        {b"d", b"d/a", b"d/b", b"d/new"},
        {b"d", b"d/a", b"d/b", b"d/new"},
        "implied-parent",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("semantics", list(Semantics))
def test_row(row: Row, semantics: Semantics) -> None:
    tables = [table(*members) for members in (row.lower, row.upper) if members]
    fs = stacked(*tables, semantics=semantics)
    expected = row.docker if semantics is Semantics.DOCKER else row.spec
    assert set(visible(fs)) == expected
    if semantics is Semantics.DOCKER or (row.docker == row.spec and row.code != "implied-parent"):
        assert row.code in codes(fs)
    total = sum(sum(t.sizes) for t in tables)
    live = sum(entry.size for entry in fs.final_entries())
    assert total - live == sum(dead(fs).values())


def test_implied_parents_are_reset_by_docker_and_kept_by_the_specification() -> None:
    tables = table(*D), table(file("d/new"))
    docker = next(e for e in stacked(*tables).final_entries() if e.path == b"d")
    assert (docker.mode, docker.uid) == (0o755, 0)
    spec = stacked(*tables, semantics=Semantics.SPEC)
    kept = next(e for e in spec.final_entries() if e.path == b"d")
    assert (kept.mode, kept.uid) == (0o700, 5)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_directory_and_something_in_it_whited_out_together(order: tuple[int, int]) -> None:
    both = [whiteout("d"), whiteout("d/a")]
    for semantics in Semantics:
        fs = stacked(table(*D), table(*(both[k] for k in order)), semantics=semantics)
        assert visible(fs) == {}
        assert dead(fs) == {"deleted": 5}


def test_whiteout_then_an_entry_below_without_header() -> None:
    for semantics in Semantics:
        fs = stacked(table(*D), table(whiteout("d"), file("d/new")), semantics=semantics)
        assert set(visible(fs)) == {b"d", b"d/new"}


def test_a_file_that_is_used_as_a_directory() -> None:
    for semantics in Semantics:
        fs = stacked(table(file("f", b"123")), table(file("f/x")), semantics=semantics)
        assert visible(fs) == {b"f": "dir", b"f/x": "file"}
        assert dead(fs) == {"type_changed": 3}
        assert "file-parent" in codes(fs)


def test_loop_of_own_symlinks_is_ignored() -> None:
    fs = stacked(table(symlink("a", "b"), symlink("b", "a"), file("a/f", b"123")))
    assert set(visible(fs)) == {b"a", b"b"}
    assert dead(fs) == {"duplicate_entry": 3}


def test_diagnostics_are_bounded() -> None:
    fs = stacked(table(file("a")), table(*(whiteout(f"x{k}") for k in range(500))))
    notes = fs.notes.all()
    assert len(notes) < 120
    assert any("400 more" in note.message for note in notes)


def test_names_above_the_root_are_clamped() -> None:
    tape = StreamTape([layer(file("../x", b"1"), file("d/../../y", b"2"))])
    found, _ = walk(tape.fetch, tape.read, content_hash=tape.hash)
    assert found.names == [b"x", b"y"]
    assert "path-above-root" in {note.code for note in found.notes.all()}


def test_a_parent_that_an_opaque_directory_hides_is_made_anew() -> None:
    lower = table(directory("d"), directory("d/e", mode=0o700), file("d/e/old"))
    for semantics in Semantics:
        fs = stacked(lower, table(opaque("d"), file("d/e/new")), semantics=semantics)
        assert visible(fs) == {b"d": "dir", b"d/e": "dir", b"d/e/new": "file"}
        assert next(e.mode for e in fs.final_entries() if e.path == b"d/e") == 0o755


def test_a_layer_that_is_odd_in_two_ways_is_read_once_more_from_the_start() -> None:
    """Its links are followed after a first reading without them, whose verdicts must not stay."""
    fs = stacked(
        table(symlink("c", "a")),
        table(file("a"), file("c/a"), file("c"), directory("c/a")),
        semantics=Semantics.SPEC,
    )
    replayed: set[bytes] = set()
    for index in range(2):
        for event in fs.events(index):
            (replayed.discard if event.change == "removed" else replayed.add)(event.path)
    assert replayed == set(fs.live)
