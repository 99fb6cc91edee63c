"""Bytes belong to inodes: hard links within and across layers."""

from __future__ import annotations

import pytest

from layerlens.filesystem.stack import Semantics
from tests.members import directory, file, hardlink, symlink, table, whiteout
from tests.stacking import codes, dead, stacked, visible


def test_first_name_in_path_order_is_the_file() -> None:
    fs = stacked(table(file("b", b"12345"), hardlink("c", "b"), hardlink("a", "b")))
    entries = {entry.path: (entry.kind, entry.size, entry.target) for entry in fs.final_entries()}
    assert entries == {
        b"a": ("file", 5, None),
        b"b": ("hardlink", 0, b"a"),
        b"c": ("hardlink", 0, b"a"),
    }


def test_an_inode_dies_with_its_last_name() -> None:
    lower = table(file("a", b"12345"), hardlink("b", "a"), hardlink("c", "a"))
    fs = stacked(lower, table(whiteout("a")), table(whiteout("b")))
    assert dead(fs) == {}
    assert {e.path: e.kind for e in fs.final_entries()} == {b"c": "file"}
    fs = stacked(lower, table(whiteout("a")), table(whiteout("b"), whiteout("c")))
    assert dead(fs) == {"deleted": 5}
    assert fs.deaths.layer[-1] == 2


def test_of_two_causes_in_one_layer_the_first_in_the_table_counts() -> None:
    lower = table(file("a", b"12345"), hardlink("b", "a"))
    fs = stacked(lower, table(file("a", b"12345", mode=0o700), whiteout("b")))
    assert dead(fs) == {"deleted": 5}
    fs = stacked(lower, table(file("a", b"12345", mode=0o700), file("b", b"other")))
    assert dead(fs) == {"replaced": 5}


def test_a_copied_up_pair_of_links_compares_with_its_target() -> None:
    lower = table(file("a", b"12345"), hardlink("b", "a"))
    fs = stacked(lower, table(file("a", b"12345", uid=3), hardlink("b", "a", uid=3)))
    assert dead(fs) == {"metadata": 5}
    assert [event.modified_kind for event in fs.events(1)] == ["metadata", "metadata"]
    entry = next(e for e in fs.final_entries() if e.path == b"b")
    assert (entry.kind, entry.uid) == ("hardlink", 3)


def test_link_to_a_file_of_a_lower_layer_shares_it() -> None:
    fs = stacked(table(file("a", b"12345")), table(hardlink("b", "a")), table(whiteout("a")))
    assert dead(fs) == {}
    assert visible(fs) == {b"b": "file"}
    assert "hardlink-to-lower-layer" in codes(fs)
    fs = stacked(table(file("a", b"12345")), table(hardlink("b", "a"), whiteout("a")))
    assert dead(fs) == {}
    assert next(fs.final_entries()).size == 5


def test_link_in_place_of_its_own_target() -> None:
    fs = stacked(table(file("a", b"12345")), table(hardlink("a", "a")))
    assert "unresolved-hardlink" in codes(fs)
    assert visible(fs) == {b"a": "file"}
    assert dead(fs) == {}


@pytest.mark.parametrize("semantics", list(Semantics))
def test_links_that_lead_nowhere_place_nothing(semantics: Semantics) -> None:
    fs = stacked(
        table(hardlink("a", "b"), hardlink("b", "a"), hardlink("c", "nothing"), file("d", b"d")),
        semantics=semantics,
    )
    assert visible(fs) == {b"d": "file"}
    assert "unresolved-hardlink" in codes(fs)


def test_forward_reference_is_said_and_resolved() -> None:
    fs = stacked(table(hardlink("a", "b"), file("b", b"123")))
    assert visible(fs) == {b"a": "file", b"b": "hardlink"}
    assert "forward-hardlink" in codes(fs)


def test_chain_of_links_is_one_inode() -> None:
    fs = stacked(
        table(file("a", b"123"), hardlink("b", "a"), hardlink("c", "b")),
        table(whiteout("a"), whiteout("b")),
    )
    assert dead(fs) == {}
    assert visible(fs) == {b"c": "file"}


def test_link_through_a_symlink_and_to_a_symlink() -> None:
    fs = stacked(
        table(
            directory("d"), file("d/f", b"123"), symlink("s", "d"), hardlink("x", "s/f"),
            hardlink("y", "s"),
        )
    )  # fmt: skip
    assert visible(fs)[b"x"] == "hardlink"
    assert visible(fs)[b"y"] == "symlink"
    assert next(e for e in fs.final_entries() if e.path == b"y").target == b"d"


def test_link_to_a_directory_is_refused() -> None:
    fs = stacked(table(directory("d"), hardlink("x", "d")))
    assert visible(fs) == {b"d": "dir"}
    assert "unresolved-hardlink" in codes(fs)


def test_shadowed_file_lives_on_through_a_link() -> None:
    fs = stacked(table(file("a", b"first"), hardlink("b", "a"), file("a", b"second")))
    assert visible(fs)[b"a"] == "file"
    assert {entry.path: entry.size for entry in fs.final_entries()} == {b"a": 6, b"b": 5}
    assert dead(fs) == {}


def test_the_last_header_of_an_inode_gives_its_attributes() -> None:
    lower = table(file("a", b"123", mode=0o600), hardlink("b", "a", mode=0o755, uid=4))
    for entry in stacked(lower).final_entries():
        assert (entry.mode, entry.uid) == (0o755, 4)
    fs = stacked(lower, table(file("a", b"123", mode=0o755, uid=4), hardlink("b", "a", mode=0o700)))
    assert {entry.mode for entry in fs.final_entries()} == {0o700}


def test_symlinks_have_the_mode_that_linux_gives_them() -> None:
    fs = stacked(table(symlink("s", "t", mode=0o600)), table(symlink("s", "t", mode=0o644)))
    assert [entry.mode for entry in fs.final_entries()] == [0o777]
    assert list(fs.events(1)) == []
