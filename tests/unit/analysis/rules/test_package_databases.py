"""Images that hide their packages, and package managers."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.catalogue.package_databases import RULE_SET, os_release
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from tests.builders import Image, Member, file, layer, symlink, whiteout
from tests.judging import Looked

LIBRARIES = [file(f"usr/lib/lib{k}.so", b"1") for k in range(20)]
DEBIAN = [
    file("usr/lib/os-release", 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n'),
    symlink("etc/os-release", "../usr/lib/os-release"),
    *LIBRARIES,
]


def found(*layers: bytes) -> dict[str, list[Finding]]:
    return Looked(Image(list(layers)), 0).findings([RULE_SET])


def test_a_deleted_database() -> None:
    status = file("var/lib/dpkg/status", b"Package: a\nVersion: 1\n")
    (one,) = found(layer(*DEBIAN, status), layer(file("x", b"1")), layer(whiteout("var/lib/dpkg")))[
        "package-database-missing"
    ]
    assert one.title == "Debian GNU/Linux 12 without its package database, deleted in layer 2"
    assert (one.severity, one.layer, one.bytes) == (Severity.MEDIUM, 2, 0)
    assert one.paths == (b"var/lib/dpkg/status",)
    assert one.fix.startswith("# do not delete /var/lib/dpkg/status:")


@pytest.mark.parametrize(
    "release", ["ID=ubuntu", "ID=pop\nID_LIKE='ubuntu debian'", 'ID="alpine"', "ID=fedora",
                "ID=arch"],
)  # fmt: skip
def test_a_database_that_never_was(release: str) -> None:
    (one,) = found(layer(file("etc/os-release", release), *LIBRARIES))["package-database-missing"]
    assert one.layer == 0
    assert one.title.endswith(" without its package database")


def test_an_empty_database_is_none() -> None:
    assert "package-database-missing" in found(layer(*DEBIAN, file("var/lib/dpkg/status", b"")))


@pytest.mark.parametrize(
    "members",
    [
        [*DEBIAN, file("var/lib/dpkg/status", b"Package: a\nVersion: 1\n")],
        [*DEBIAN, file("var/lib/dpkg/status.d/base", b"Package: a\nVersion: 1\n")],
        [*DEBIAN, file("var/lib/rpm/rpmdb.sqlite", b"x")],
        DEBIAN[:-2],
        [file("etc/os-release", "ID=nixos"), *LIBRARIES],
        LIBRARIES,
        [file("etc/os-release", b"\xff\0=\n==\n#ID=debian"), *LIBRARIES],
    ],
)
def test_what_is_not_flagged(members: list[Member]) -> None:
    assert found(layer(*members)) == {}


def test_a_package_manager_is_told() -> None:
    (one,) = found(layer(file("usr/bin/apt-get", b"1"), file("sbin/apk", b"1")))["package-manager"]
    assert one.title == "a package manager: apt-get, apk"
    assert one.severity is Severity.INFO
    assert one.paths == (b"usr/bin/apt-get", b"sbin/apk")


def test_os_release() -> None:
    assert os_release(b"A=1\n#B=2\nC=\"x y\"\nD='z'\n  E = 5\nF") == {
        "A": "1", "C": "x y", "D": "z", "E ": "5",
    }  # fmt: skip
