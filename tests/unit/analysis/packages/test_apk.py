"""Alpine's database."""

from __future__ import annotations

from layerlens.analysis.packages import apk
from layerlens.analysis.packages.model import Ecosystem
from tests.dictview import DictView as Files
from tests.package_writers import apk_installed

_RECORDS: list[dict[str, str | tuple[str, ...]]] = [
    {
        "C": "Q1abc=", "P": "musl", "V": "1.2.5-r0", "A": "x86_64", "S": "400000", "I": "663552",
        "T": "the musl c library (libc) implementation", "L": "MIT", "o": "musl",
        "p": "so:libc.musl-x86_64.so.1=1", "files": ("lib/ld-musl-x86_64.so.1", "etc/motd"),
    },
    {
        "P": "busybox", "V": "1.36.1-r29", "A": "x86_64", "I": "946176", "L": "GPL-2.0-only",
        "D": "so:libc.musl-x86_64.so.1 !coreutils-fake", "p": "cmd:sh=1.36.1-r29 /bin/sh",
        "i": "alpine-baselayout", "o": "busybox", "files": ("bin/busybox",),
    },
    {"P": ".build-deps", "V": "20240101.120000", "A": "noarch", "D": "musl gcc>=9"},
    {"P": "later", "V": "20240101.120001", "T": "virtual meta package", "D": "musl"},
    {"P": "rootless", "V": "1", "files": ("at-the-root",)},
]  # fmt: skip


def _read(path: str = "lib/apk/db/installed", world: bytes | None = b"") -> Files:
    files = {path: apk_installed(_RECORDS)}
    if world is not None:
        files["etc/apk/world"] = world
    return Files(files)


def test_all_fields() -> None:
    view = _read(world=b".build-deps=20240101.120000\n/bin/sh\n!musl@edge\n")
    (database,) = apk.read(view)
    assert database.path == b"lib/apk/db/installed"
    found = {listed.name: listed for listed in database.packages}
    assert list(found) == ["musl", "busybox", ".build-deps", "later", "rootless"]
    musl, busybox = found["musl"], found["busybox"]
    assert (musl.ecosystem, musl.version, musl.arch, musl.licence, musl.declared) == (
        Ecosystem.APK, "1.2.5-r0", "x86_64", "MIT", 663552,
    )  # fmt: skip
    assert musl.files == [b"lib/ld-musl-x86_64.so.1", b"etc/motd"]
    assert musl.provides == ("so:libc.musl-x86_64.so.1=1",)
    assert (musl.manual, musl.details) == (False, {"origin": "musl"})
    assert busybox.requires == ("so:libc.musl-x86_64.so.1",)
    assert busybox.manual  # world names what it provides
    assert busybox.details == {"origin": "busybox", "install_if": "alpine-baselayout"}
    assert found[".build-deps"].manual
    assert [name for name, each in found.items() if "virtual" in each.details] == [
        ".build-deps", "later",
    ]  # fmt: skip
    assert found[".build-deps"].requires == ("musl", "gcc>=9")
    assert found["rootless"].files == [b"at-the-root"]
    assert view.problems == []


def test_the_later_place_and_no_world() -> None:
    (database,) = apk.read(_read("usr/lib/apk/db/installed", None))
    assert database.path == b"usr/lib/apk/db/installed"
    assert {listed.manual for listed in database.packages} == {None}


def test_nothing() -> None:
    assert list(apk.read(Files({}))) == []


def test_every_truncation_is_told_or_harmless() -> None:
    whole = apk_installed(_RECORDS)
    (database,) = apk.read(Files({"lib/apk/db/installed": whole}))
    for end in range(1, len(whole)):
        view = Files({"lib/apk/db/installed": whole[:end]})
        (found,) = apk.read(view)
        assert len(found.packages) + len(view.problems) <= len(database.packages)
        assert (
            len(found.packages) == len(database.packages)
            or view.problems
            or (whole[:end].rstrip().count(b"\n\n") < len(_RECORDS))
        )


def test_what_is_no_database() -> None:
    view = Files({"lib/apk/db/installed": b"P:a\nV:1\nI:many\n\n\xff\xfe\0\n\nP:b\n\nV:2\n"})
    (database,) = apk.read(view)
    assert [(each.name, each.declared) for each in database.packages] == [("a", None)]
    assert view.problems == [
        (b"lib/apk/db/installed", "3 entries without a package's name and version")
    ]
