"""What stacked layers show: the constructs on which all engines agree."""

from __future__ import annotations

import pytest

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics
from tests.members import (
    Member,
    char,
    directory,
    fifo,
    file,
    hardlink,
    opaque,
    symlink,
    table,
    whiteout,
)
from tests.stacking import codes, dead, stacked, visible


def changes(fs: Filesystem, layer: int) -> dict[bytes, tuple[str, str | None]]:
    """Path -> (change, kind of modification) of one layer."""
    return {event.path: (event.change, event.modified_kind) for event in fs.events(layer)}


def test_layers_add_and_replace() -> None:
    fs = stacked(
        table(directory("etc"), file("etc/a", b"one")),
        table(directory("etc"), file("etc/a", b"two!"), file("etc/b", b"b")),
    )
    assert visible(fs) == {b"etc": "dir", b"etc/a": "file", b"etc/b": "file"}
    assert changes(fs, 0) == {b"etc": ("added", None), b"etc/a": ("added", None)}
    assert changes(fs, 1) == {b"etc/a": ("modified", "content"), b"etc/b": ("added", None)}
    assert dead(fs) == {"replaced": 3}


@pytest.mark.parametrize(
    ("again", "what"),
    [
        (file("f", b"same", mode=0o755), "mode"),
        (file("f", b"same", uid=7), "owner"),
        (file("f", b"same", mtime=99), "time"),
        (file("f", b"same"), "nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_same_content_again_is_metadata_only(again: Member, what: str) -> None:
    assert what
    fs = stacked(table(file("f", b"same")), table(again))
    assert changes(fs, 1) == {b"f": ("modified", "metadata")}
    assert dead(fs) == {"metadata": 4}


def test_equal_size_other_content_is_replaced() -> None:
    fs = stacked(table(file("f", b"same")), table(file("f", b"Same")))
    assert dead(fs) == {"replaced": 4}


def test_directory_listed_again_is_no_change_unless_mode_or_owner_differ() -> None:
    lower = table(directory("a", mtime=1), directory("b"))
    fs = stacked(lower, table(directory("a", mtime=2), directory("b", mode=0o700)))
    assert changes(fs, 1) == {b"b": ("modified", "metadata")}


@pytest.mark.parametrize("header_first", [True, False])
def test_whiteout_hides_a_file_and_what_is_below_a_directory(header_first: bool) -> None:
    lower = table(directory("d"), file("d/a", b"aa"), directory("d/e"), file("d/e/b", b"bbb"))
    upper = [whiteout("d")]
    fs = stacked(lower, table(*upper) if header_first else table(*reversed(upper)))
    assert visible(fs) == {}
    assert changes(fs, 1) == dict.fromkeys((b"d", b"d/a", b"d/e", b"d/e/b"), ("removed", None))
    assert dead(fs) == {"deleted": 5}


def test_whiteout_of_nothing_is_said_and_ignored() -> None:
    fs = stacked(table(file("a", b"a")), table(whiteout("b"), file("c", b"c")))
    assert visible(fs) == {b"a": "file", b"c": "file"}
    assert "dangling-whiteout" in codes(fs)


def test_whiteouts_in_the_first_layer_hide_nothing() -> None:
    fs = stacked(table(directory("d"), file("d/a", b"a"), whiteout("d/b"), opaque("d")))
    assert visible(fs) == {b"d": "dir", b"d/a": "file"}


@pytest.mark.parametrize("order", [0, 1, 2])
def test_opaque_hides_lower_children_wherever_it_stands(order: int) -> None:
    lower = table(directory("d"), file("d/old", b"old"), file("d/both", b"both"))
    members = [directory("d"), file("d/new", b"n"), file("d/both", b"both")]
    members.insert(order, opaque("d"))
    fs = stacked(lower, table(*members))
    assert visible(fs) == {b"d": "dir", b"d/new": "file", b"d/both": "file"}
    assert dead(fs) == {"opaque": 3, "metadata": 4}


def test_opaque_without_header_of_its_directory() -> None:
    fs = stacked(table(directory("d"), file("d/old", b"old")), table(opaque("d"), file("d/n", b"")))
    assert set(visible(fs)) == {b"d", b"d/n"}


def test_old_children_never_come_back() -> None:
    lower = table(directory("d"), file("d/a", b"a"))
    assert set(visible(stacked(lower, table(whiteout("d")), table(directory("d"))))) == {b"d"}
    fs = stacked(lower, table(whiteout("d")), table(file("d", b"f")), table(directory("d")))
    assert visible(fs) == {b"d": "dir"}
    fs = stacked(
        lower, table(directory("d"), opaque("d")), table(directory("d"), file("d/b", b"b"))
    )
    assert set(visible(fs)) == {b"d", b"d/b"}


def test_removed_added_again_and_removed_again() -> None:
    fs = stacked(
        table(file("f", b"one")), table(whiteout("f")), table(file("f", b"three")),
        table(whiteout("f")),
    )  # fmt: skip
    assert visible(fs) == {}
    assert [event.change for event in fs.history(b"f")] == [
        "added", "removed", "added", "removed",
    ]  # fmt: skip
    assert dead(fs) == {"deleted": 8}


@pytest.mark.parametrize(
    ("lower", "upper", "kind"),
    [
        ([directory("x"), file("x/a", b"aaaa")], [file("x", b"f")], "file"),
        ([directory("x"), file("x/a", b"aaaa")], [symlink("x", "y")], "symlink"),
        ([file("x", b"aaaa")], [directory("x"), file("x/b", b"b")], "dir"),
        ([file("x", b"aaaa")], [fifo("x")], "fifo"),
        ([file("x", b"aaaa")], [char("x", 1, 3)], "char"),
    ],
)
def test_a_change_of_type(lower: list[Member], upper: list[Member], kind: str) -> None:
    fs = stacked(table(*lower), table(*upper))
    assert visible(fs)[b"x"] == kind
    assert b"x/a" not in visible(fs)
    assert changes(fs, 1)[b"x"] == ("modified", "type")
    cause = "deleted" if len(lower) == 2 else "type_changed"
    assert dead(fs) == {cause: 4}


def test_symlinks_compare_by_target() -> None:
    lower = table(symlink("a", "x"), symlink("b", "x"), symlink("c", "x"))
    fs = stacked(lower, table(symlink("a", "y"), symlink("b", "x"), symlink("c", "x", mtime=9)))
    assert changes(fs, 1) == {
        b"a": ("modified", "content"),
        b"c": ("modified", "metadata"),
    }


def test_a_symlink_in_place_of_a_directory_symlink_is_replaced_by_a_listed_directory() -> None:
    fs = stacked(
        table(directory("usr"), directory("usr/lib"), symlink("lib", "usr/lib")),
        table(directory("lib"), file("lib/new", b"n")),
    )
    assert visible(fs) == {
        b"lib": "dir", b"lib/new": "file", b"usr": "dir", b"usr/lib": "dir",
    }  # fmt: skip


def test_the_same_layer_twice_counts_twice() -> None:
    layer = table(directory("d"), file("d/a", b"12345"), whiteout("gone"))
    fs = stacked(layer, layer)
    assert dead(fs) == {"metadata": 5}
    assert set(visible(fs)) == {b"d", b"d/a"}


def test_missing_parents_are_made_for_root() -> None:
    fs = stacked(table(file("a/b/c", b"c")))
    entries = {entry.path: entry for entry in fs.final_entries()}
    assert set(entries) == {b"a", b"a/b", b"a/b/c"}
    assert (entries[b"a"].mode, entries[b"a"].uid, entries[b"a/b"].gid) == (0o755, 0, 0)


def test_the_root_entry_changes_nothing() -> None:
    fs = stacked(table(directory("./", mode=0o700), file("./a", b"a")))
    assert visible(fs) == {b"a": "file"}


def test_names_are_bytes() -> None:
    names = [
        b"a\xff",
        b"A",
        b"a",
        "ä".encode(),
        "a\u0308".encode(),
        b"-rf",
        b" b ",
        b"c\nd",
        b"e\\",
    ]
    fs = stacked(table(*(file(name, b"x") for name in names)))
    assert set(fs.live) == set(names)


def test_deep_paths_are_handled_without_recursion() -> None:
    deep = b"/".join([b"d"] * 5000)
    fs = stacked(table(file(deep, b"x")), table(whiteout("d")))
    assert visible(fs) == {}
    assert dead(fs) == {"deleted": 1}
    assert Semantics("docker") is Semantics.DOCKER


def test_final_entries_are_in_path_order() -> None:
    fs = stacked(
        table(
            file("a-b"), directory("a"), file("a/z"), file("a.c"), directory("a/b"), file("a/b/c")
        )
    )
    assert [entry.path for entry in fs.final_entries()] == [
        b"a", b"a/b", b"a/b/c", b"a/z", b"a-b", b"a.c",
    ]  # fmt: skip


def test_content_in_markers_is_dead_as_marker() -> None:
    fs = stacked(table(file("a", b"aa")), table(whiteout("a", b"junk"), file(".wh..wh.x", b"xyz")))
    assert dead(fs) == {"deleted": 2, "marker": 7}
    assert "aufs-metadata" in codes(fs)
    assert visible(fs) == {}


def test_metadata_rewrite_of_one_name_of_a_hard_link() -> None:
    lower = table(file("a", b"12345"), hardlink("b", "a"))
    fs = stacked(lower, table(file("a", b"12345", mode=0o600)))
    assert dead(fs) == {}, "the other name still holds the inode"
    assert fs.changes[fs.live[b"a"]] == Change.METADATA
    assert visible(fs) == {b"a": "file", b"b": "file"}


def test_deep_unlisted_parents_cost_no_more_than_their_bytes() -> None:
    deep = b"/".join([b"d"] * 3000)
    fs = stacked(
        table(file(deep + b"/a", b"x")),
        table(whiteout(deep + b"/a"), opaque(deep[:-2]), file(deep + b"/c", b"yy")),
    )
    assert dead(fs) == {"deleted": 1}
    assert deep + b"/c" in fs.live


def test_the_root_entry_is_no_change() -> None:
    fs = stacked(table(directory("./", mode=0o700), file("./a")))
    assert [event.path for event in fs.events(0)] == [b"a"]
