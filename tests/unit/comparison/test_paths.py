"""Paths that differ, files that moved, places that grew."""

from __future__ import annotations

import pytest

from layerlens.analysis.packages.model import Ecosystem, Listed, Package
from layerlens.comparison.compare import compare
from layerlens.comparison.model import PathChange
from layerlens.comparison.moves import moved_directories
from layerlens.comparison.packages import package_deltas
from layerlens.comparison.places import Place, places
from layerlens.layers.table import HashKind
from tests.builders import char, directory, file, hardlink, symlink, whiteout
from tests.unit.comparison.twoimages import at, blind, by_hashes, changes, compared
from tests.unit.outputs.samples import build


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (file("a", b"x"), file("a", b"y"), PathChange.CONTENT),
        (file("a", b"x"), file("a", b"xx"), PathChange.CONTENT),
        (file("a", b"x"), file("a", b"x", mtime=5), PathChange.METADATA),
        (file("a", b"x"), file("a", b"x", mode=0o755), PathChange.METADATA),
        (file("a", b"x"), file("a", b"x", uid=5), PathChange.METADATA),
        (file("a", b"x"), file("a", b"x", pax=[("mtime", "0.5")]), PathChange.METADATA),
        (
            file("a", b"x"),
            file("a", b"x", pax=[("SCHILY.xattr.user.a", "b")]),
            PathChange.METADATA,
        ),
        (file("a", b""), file("a", b"", mtime=1), PathChange.METADATA),
        (file("a", b"x"), symlink("a", "b"), PathChange.TYPE),
        (symlink("a", "b"), symlink("a", "c"), PathChange.CONTENT),
        (symlink("a", "b"), symlink("a", "b", mtime=1), PathChange.METADATA),
        (char("a", 1, 3), char("a", 1, 5), PathChange.CONTENT),
        (directory("a"), directory("a", 0o700), PathChange.METADATA),
        (directory("a"), directory("a", mtime=9), None),
        (file("a", b"x"), file("a", b"x"), None),
    ],
)
def test_what_became_of_a_path(before: object, after: object, change: PathChange | None) -> None:
    # Another file beside it, so that the layers are not the same.
    found = compared([[before]], [[after, file("z", b"z")]])  # type: ignore[list-item]
    assert changes(found) == {b"z": PathChange.ADDED} | ({b"a": change} if change else {})


def test_directories_that_are_only_implied_are_as_those_that_are_listed() -> None:
    found = compared([[file("a/b", b"x")]], [[directory("a"), file("a/b", b"x")]])
    assert changes(found) == {}


def test_bytes_of_hard_links_stand_at_the_first_name() -> None:
    old = [[file("b", b"x" * 100), hardlink("c", "b")]]
    found = compared(old, [*old, [hardlink("a", "b")]])
    assert (at(found, b"a").old_bytes, at(found, b"a").new_bytes) == (0, 100)
    assert (at(found, b"b").old_bytes, at(found, b"b").new_bytes) == (100, 0)
    assert at(found, b"b").change is PathChange.METADATA
    assert b"c" not in changes(found)
    found = compared(old, [*old, [whiteout("b")]])
    assert (at(found, b"c").old_bytes, at(found, b"c").new_bytes) == (0, 100)
    assert sum(path.bytes for path in found.paths) == found.live.change == 0


def test_a_later_link_gives_its_header_to_all_names() -> None:
    old = [file("b", b"x" * 100, mode=0o644)]
    found = compared([old], [[*old, hardlink("c", "b", mode=0o755)]])
    assert at(found, b"b").change is PathChange.METADATA


def test_a_shared_layer_is_not_asked_for() -> None:
    shared = [file(f"f{k}", b"x" * 10) for k in range(50)]
    images = build([shared, [file("a", b"1")]]), build([shared, [file("a", b"2")]])
    asked = []

    def same(old: int, new: int) -> bool:
        asked.append((old, new))
        return False

    assert changes(compare(*images, same)) == {b"a": PathChange.CONTENT}
    assert asked == [(50, 50), (50, 50)], "once for the path, once for what is fetched again"


def test_a_claimed_diff_id_is_checked_against_what_was_read() -> None:
    images = build([[file("a", b"1")]]), build([[file("a", b"1")]])
    table = images[1].filesystem.tables[0]
    table.hashes[:] = bytes(16)  # the content is another, whatever the configuration says
    found = compare(*images, by_hashes(*images))
    assert changes(found) == {b"a": PathChange.CONTENT}


def test_contents_that_nobody_knows_are_told_by_size_and_time() -> None:
    old = [[file("a", b"x" * 9), file("b", b"x" * 9), file("c", b"x" * 9, mode=0o600)]]
    new = [[file("a", b"y" * 9), file("b", b"x" * 9, mtime=5), file("c", b"x" * 9)]]
    images = build(old), build(new)
    images[1].filesystem.tables[0].hashes.clear()
    found = compare(*images, blind)
    assert found.unsure == 3
    assert changes(found) == {b"b": PathChange.CONTENT, b"c": PathChange.METADATA}
    assert not any(path.sure for path in found.paths)
    assert not found.refetched, "what is not known is not held against anybody"


def test_the_largest_change_comes_first() -> None:
    found = compared([[file("gone", b"x" * 50)]], [[file("a", b"1"), file("b", b"2" * 70)]])
    assert [path.path for path in found.paths] == [b"b", b"gone", b"a"]


# ------------------------------------------------------------------------------------- moved


def test_files_of_one_content_move_to_where_paths_end_alike() -> None:
    old = [[file(f"old/{name}/LICENSE", b"MIT" * 10) for name in "abc"]]
    new = [[file(f"new/{name}/LICENSE", b"MIT" * 10) for name in "cba"]]
    found = compared(old, new)
    moved = {path.path: path.moved_from for path in found.paths if path.moved_from}
    assert moved == {f"new/{k}/LICENSE".encode(): f"old/{k}/LICENSE".encode() for k in "abc"}


def test_a_renamed_file_is_known_by_its_content() -> None:
    found = compared([[file("a", b"x" * 9)]], [[file("b", b"x" * 9)]])
    assert (at(found, b"b").change, at(found, b"b").moved_from) == (PathChange.MOVED, b"a")
    assert at(found, b"b").bytes == 0


def test_of_two_renamed_files_of_one_content_nobody_guesses() -> None:
    found = compared(
        [[file("a", b"x" * 9), file("b", b"x" * 9)]], [[file("c", b"x" * 9), file("d", b"x" * 9)]]
    )
    assert PathChange.MOVED not in changes(found).values()


def test_a_copy_is_not_a_move() -> None:
    found = compared([[file("a", b"x" * 9)]], [[file("a", b"x" * 9), file("b", b"x" * 9, mtime=1)]])
    assert changes(found) == {b"b": PathChange.ADDED}


def test_empty_files_do_not_move() -> None:
    found = compared([[file("a")]], [[file("b")]])
    assert set(changes(found).values()) == {PathChange.ADDED, PathChange.REMOVED}


@pytest.mark.parametrize("answer", [True, False, None])
def test_without_hashes_contents_are_compared(answer: bool | None) -> None:
    images = build([[file("x/a", b"1" * 9)]]), build([[file("y/a", b"2" * 9)]])
    images[0].filesystem.tables[0].hashes.clear()
    found = compare(*images, lambda _o, _n: answer)
    is_moved = at(found, b"y/a").change is PathChange.MOVED
    assert is_moved is (answer is True)


def test_without_hashes_large_groups_cost_little() -> None:
    names = [f"{k}/index.js" for k in range(2_000)]
    images = (
        build([[file(f"old/{name}", b"1" * 9) for name in names]]),
        build([[file(f"new/{name}", b"2" * 9) for name in names]]),
    )
    images[1].filesystem.tables[0].hash_kind = HashKind.SHA256
    asked = 0

    def same(_old: int, _new: int) -> bool:
        nonlocal asked
        asked += 1
        return True

    found = compare(*images, same)
    assert all(path.change is PathChange.MOVED for path in found.paths if path.new_bytes)
    assert asked <= 2 * len(names)


def test_a_directory_that_moved_as_a_whole() -> None:
    old = [[file(f"srv/app/{name}", name.encode() * 50) for name in ("a", "b/c", "b/d")]]
    new = [[file(f"opt/app/{name}", name.encode() * 50) for name in ("a", "b/c", "b/d")]]
    found = compared(old, new)
    (moved,) = moved_directories(found.paths, found.old.filesystem)
    assert (moved.old, moved.new, moved.files, moved.bytes) == (b"srv", b"opt", 3, 350)


def test_a_directory_of_which_a_file_stayed_did_not_move() -> None:
    old = [[file("srv/a", b"a" * 9), file("srv/b", b"b" * 9), file("srv/c", b"c" * 9)]]
    new = [[file("opt/a", b"a" * 9), file("opt/b", b"b" * 9), file("srv/c", b"c" * 9)]]
    found = compared(old, new)
    assert sum(path.change is PathChange.MOVED for path in found.paths) == 2
    assert moved_directories(found.paths, found.old.filesystem) == []


# ------------------------------------------------------------------------------------ places


def test_places_are_the_deepest_that_explain() -> None:
    old = [[file("usr/lib/x/one", b"1" * 5_000), file("etc/a", b"a")]]
    new = [
        [
            *(file(f"app/node_modules/p{k}/i.js", b"%d" % k * 1_000) for k in range(30)),
            file("usr/lib/x/one", b"1" * 9_000),
            file("etc/a", b"bb"),
        ]
    ]
    found = compared(old, new)
    shown = places(found.paths)
    assert [place.path for place in shown] == [b"app/node_modules", b"usr/lib/x/one"]
    assert shown[1] == Place(b"usr/lib/x/one", 4_000, 4_000, 0, 1)
    assert sum(place.bytes for place in shown) == (found.live.change or 0) - 1


def test_places_count_what_grew_and_what_shrank() -> None:
    old = [[file(f"d/o{k}", bytes([k]) * 1_000) for k in range(10)]]
    new = [[file(f"d/n{k}", bytes([k + 50]) * 1_100) for k in range(10)]]
    (place,) = places(compared(old, new).paths)
    assert place == Place(b"d", 1_000, 11_000, 10_000, 20)


def test_places_are_no_more_than_asked_for_and_none_is_in_another() -> None:
    new = [[file(f"{a}/{b}/{c}", b"x" * 100) for a in "abcdefgh" for b in "ab" for c in "xyz"]]
    shown = places(compared([[]], new).paths, most=5)
    assert 0 < len(shown) <= 5
    for one in shown:
        assert not any(other.path.startswith(one.path + b"/") for other in shown)
    assert places(compared([[]], [[file("a")]]).paths) == []


# ---------------------------------------------------------------------------------- packages


def package(name: str, version: str, size: int, place: str = "db", arch: str = "") -> Package:
    listed = Listed(ecosystem=Ecosystem.NPM, name=name, version=version, arch=arch)
    return Package(listed, place.encode(), 0, (), size)


def test_packages_come_go_and_change() -> None:
    old = [package("a", "1", 10), package("b", "1", 20), package("c", "1", 5), package("d", "1", 5)]
    new = [package("a", "2", 15), package("e", "1", 70), package("c", "1", 5), package("d", "1", 9)]
    found = package_deltas(old, new)
    assert [(each.package.name, each.change, each.bytes) for each in found] == [
        ("e", "added", 70),
        ("b", "removed", -20),
        ("a", "version", 5),
        ("d", "size", 4),
    ]
    assert sum(each.bytes for each in found) == sum(p.bytes for p in new) - sum(
        p.bytes for p in old
    )


def test_several_versions_of_a_package() -> None:
    old = [package("a", "1", 1, "x"), package("a", "2", 2, "y"), package("a", "2", 3, "z")]
    new = [package("a", "2", 3, "z"), package("a", "3", 9, "x"), package("a", "2", 2, "y")]
    (found,) = package_deltas(old, new)
    assert (found.change, found.bytes) == ("version", 8)
    assert found.old is old[0]
    assert package_deltas(old, old) == ()


def test_architectures_are_packages_apart() -> None:
    found = package_deltas(
        [package("a", "1", 1, arch="amd64")], [package("a", "1", 1, arch="arm64")]
    )
    assert {each.change for each in found} == {"added", "removed"}
