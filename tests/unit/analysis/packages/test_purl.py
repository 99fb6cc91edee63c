"""Package URLs."""

from __future__ import annotations

import pytest

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.purl import Distribution, distribution, purl

BOOKWORM = Distribution("debian", "12", "Debian GNU/Linux 12 (bookworm)")


def listed(kind: Ecosystem, name: str, version: str = "1", **more: str) -> Listed:
    arch = more.pop("arch", "")
    return Listed(ecosystem=kind, name=name, version=version, arch=arch, details=more)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (
            listed(Ecosystem.DEB, "libc6", "2.36-9+deb12u9", arch="amd64", source="glibc"),
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u9?arch=amd64&distro=debian-12&upstream=glibc",
        ),
        (listed(Ecosystem.DEB, "g++", "1:12"), "pkg:deb/debian/g%2B%2B@1:12?distro=debian-12"),
        (listed(Ecosystem.NPM, "@types/node", "20.0.0"), "pkg:npm/%40types/node@20.0.0"),
        (listed(Ecosystem.NPM, "left-pad", ""), "pkg:npm/left-pad"),
        (listed(Ecosystem.PYPI, "Flask", "3"), "pkg:pypi/flask@3"),
        (listed(Ecosystem.MAVEN, "org.a:core", "1"), "pkg:maven/org.a/core@1"),
        (
            listed(Ecosystem.GOLANG, "github.com/a/b", "v1.2.3"),
            "pkg:golang/github.com/a/b@v1.2.3",
        ),
        (listed(Ecosystem.COMPOSER, "a/b", "2"), "pkg:composer/a/b@2"),
        (listed(Ecosystem.PYPI, ""), ""),
        (listed(Ecosystem.NPM, "[/", "1"), ""),
    ],
)
def test_purl(what: Listed, expected: str) -> None:
    assert purl(what, BOOKWORM) == expected


def test_an_rpm_has_its_epoch_apart() -> None:
    rocky = Distribution("rocky", "9.3")
    assert purl(listed(Ecosystem.RPM, "bash", "5-1", epoch="2"), rocky) == (
        "pkg:rpm/rocky/bash@5-1?distro=rocky-9.3&epoch=2"
    )


def test_a_distribution() -> None:
    text = (
        b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n# x\nbroken\n'
    )
    assert distribution(text) == BOOKWORM
    assert distribution(None) == Distribution()
    assert distribution(b"\xff\xfe=\xff") == Distribution()
