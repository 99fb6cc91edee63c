"""The inventory of images in memory: owners, bytes, layers, changes."""

from __future__ import annotations

from layerlens.analysis.packages.layers import layer_views
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.packages.ownership import Ownership, Resolver
from tests.builders import (
    Image,
    directory,
    file,
    hardlink,
    layer,
    opaque,
    symlink,
    whiteout,
)
from tests.debian import STATUS, Deb, contents, databases, system
from tests.judging import Looked

LIBC = Deb("libc6", {"lib/libc.so": 100, "usr/share/doc/libc6/copyright": 5})
BASH = Deb("bash", {"usr/bin/bash": 50}, needs="libc6")
GIT = Deb("git", {"usr/bin/git": 70, "usr/lib/git-core/git": 70}, needs="libc6")


def inventory(*layers: bytes, base: int = 0) -> Inventory:
    return Looked(Image(list(layers)), base).context.inventory


def package(found: Inventory, name: str) -> Package:
    (one,) = (each for each in found.packages if each.name == name)
    return one


def changes(found: Inventory) -> list[tuple[int, list[str], list[str], list[str]]]:
    return [
        (
            change.layer,
            [each.name for each in change.added],
            [each.name for each in change.removed],
            [f"{old.name} {old.version} {new.version}" for old, new in change.upgraded],
        )
        for change in found.changes
    ]


def test_an_image_without_databases_has_no_packages() -> None:
    assert inventory(layer(file("a", b"1"))) == Inventory()


def test_files_are_found_through_linked_directories_and_counted_once() -> None:
    image = Looked(
        Image(
            [
                layer(
                    symlink("lib", "usr/lib"),
                    file("usr/lib/libc.so", b"x" * 100),
                    file("usr/share/doc/libc6/copyright", b"12345"),
                    file("usr/bin/git", b"g" * 70),
                    hardlink("usr/lib/git-core/git", "usr/bin/git"),
                    file("own", b"mine"),
                    *databases(LIBC, GIT),
                )
            ]
        ),
        0,
    )
    context = image.context
    found = context.inventory
    assert package(found, "libc6").bytes == 105
    assert package(found, "git").bytes == 70
    assert len(package(found, "git").versions) == 2
    lib = context.files.find(b"usr/lib/libc.so")
    own = context.files.find(b"own")
    assert lib is not None
    assert own is not None
    assert (owner := found.owner(lib)) is not None
    assert owner.name == "libc6"
    assert found.owner(own) is None
    assert list(found.unowned([lib, own])) == [own]


def test_a_package_came_with_the_lowest_layer_that_lists_it_without_a_break() -> None:
    found = inventory(
        layer(*system(LIBC, GIT)),
        layer(*contents([BASH]), *databases(LIBC, GIT, BASH)),
        layer(whiteout("usr/bin/git"), *databases(LIBC, BASH)),
        layer(file("unrelated", b"1")),
        layer(*contents([GIT]), *databases(LIBC, BASH, GIT)),
    )
    assert {each.name: each.layer for each in found.packages} == {"libc6": 0, "bash": 1, "git": 4}
    assert changes(found) == [
        (0, ["git", "libc6"], [], []),
        (1, ["bash"], [], []),
        (2, [], ["git"], []),
        (4, ["git"], [], []),
    ]
    assert list(found.changes[2].removed[0].files)[1:] == [b"usr/bin/git", b"usr/lib/git-core/git"]


def test_an_upgrade_is_no_removal() -> None:
    newer = Deb("libc6", {"lib/libc.so": 120}, version="1.1")
    found = inventory(layer(*system(LIBC)), layer(*system(newer)))
    assert changes(found) == [(0, ["libc6"], [], []), (1, [], [], ["libc6 1.0 1.1"])]
    assert package(found, "libc6").layer == 1


def test_a_database_that_goes_whole_says_nothing_of_packages() -> None:
    found = inventory(layer(*system(LIBC, BASH)), layer(whiteout("var/lib/dpkg")))
    assert found.packages == ()
    assert changes(found) == [(0, ["bash", "libc6"], [], [])]
    back = inventory(
        layer(*system(LIBC, BASH)), layer(whiteout("var/lib/dpkg")), layer(*system(LIBC))
    )
    assert changes(back)[1:] == [(2, [], ["bash"], [])]
    assert package(back, "libc6").layer == 2


def test_distroless_packages_of_several_layers_add_up() -> None:
    one = file("var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\n")
    two = file("var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2\n")
    sums = file("var/lib/dpkg/status.d/libc6.md5sums", "00  lib/libc.so\n")
    found = inventory(layer(one), layer(two, sums, file("lib/libc.so", b"x" * 9)))
    assert {each.name: (each.layer, each.bytes) for each in found.packages} == {
        "base": (0, 0), "libc6": (1, 9),
    }  # fmt: skip
    assert changes(found) == [(0, ["base"], [], []), (1, ["libc6"], [], [])]


def test_problems_are_told_once() -> None:
    image = Looked(Image([layer(file(STATUS, b"Nonsense: 1\nVersion: 1\n"))]), 0)
    assert [(path, "1 entries" in why) for path, why in image.context.inventory.problems] == [
        (STATUS.encode(), True)
    ]
    assert [note.code for note in image.context.notes.all()] == ["package-database"]


def views(*layers: bytes) -> list[tuple[int, dict[bytes, bytes | None], bool]]:
    context = Looked(Image(list(layers)), 0).context
    kept = context.kept_versions(lambda _: True)
    return [
        (view.layer, {path: view.text(path) for path in view.kept(bool)}, view.is_final)
        for view in layer_views(context, kept)
    ]


def test_views_show_what_each_layer_leaves() -> None:
    status, info = b"var/lib/dpkg/status", b"var/lib/dpkg/info/"
    assert views(
        layer(file(status, b"1"), file(info + b"a.list", b"a")),
        layer(file("other", b"x")),
        layer(file(status, b"2"), whiteout(info + b"a.list"), file(info + b"b.list", b"b")),
        layer(opaque("var/lib/dpkg/info"), directory("var/lib/dpkg/info")),
        layer(symlink(status, "elsewhere")),
        layer(file(status, b"3")),
    ) == [
        (0, {status: b"1", info + b"a.list": b"a"}, False),
        (2, {status: b"2", info + b"b.list": b"b"}, False),
        (3, {status: b"2"}, False),
        (4, {}, False),
        (5, {status: b"3"}, True),
    ]


def test_views_follow_hard_links_and_deleted_directories() -> None:
    status, other = b"var/lib/dpkg/status", b"var/lib/dpkg/info/a.list"
    assert views(
        layer(file(status, b"1"), file(other, b"2")),
        layer(hardlink(status, other)),
        layer(file("etc/os-release", b"ID=x")),
        layer(whiteout("var/lib")),
    ) == [
        (0, {status: b"1", other: b"2"}, False),
        (1, {status: b"2", other: b"2"}, False),
        (2, {status: b"2", other: b"2", b"etc/os-release": b"ID=x"}, False),
        (3, {b"etc/os-release": b"ID=x"}, True),
    ]


def test_trees_belong_to_the_innermost_package() -> None:
    context = Looked(
        Image(
            [
                layer(
                    file("n/a/index.js", b"1" * 10),
                    file("n/a/node_modules/b/index.js", b"2" * 20),
                    file("n/a/zebra.js", b"3" * 30),
                    file("n/a.b/x", b"4" * 40),
                    file("n/c/node_modules/d/x", b"5" * 50),
                    symlink("m", "n"),
                )
            ]
        ),
        0,
    ).context

    def npm(*directories: bytes) -> Listed:
        return Listed(ecosystem=Ecosystem.NPM, name="x", version="1", directories=directories)

    packages = [
        npm(b"m/a"), npm(b"n/a/node_modules/b"), npm(b"n/c"), npm(b"n/c/node_modules/d"),
        npm(b"", b"n/none"),
    ]  # fmt: skip
    ownership = Ownership(context, packages)
    paths = [[context.path(v) for v in versions] for versions in ownership.versions]
    assert paths == [
        [b"n/a/index.js", b"n/a/zebra.js"],
        [b"n/a/node_modules/b/index.js"],
        [],
        [b"n/c/node_modules/d/x"],
        [],
    ]
    assert [ownership.total(versions) for versions in ownership.versions] == [40, 20, 0, 50, 0]


def test_loops_of_links_lead_nowhere() -> None:
    context = Looked(Image([layer(symlink("a", "b"), symlink("b", "a"), file("c", b"1"))]), 0)
    resolver = Resolver(context.context)
    assert resolver.path(b"a/x/y") is None
    assert resolver.path(b"c") == b"c"
