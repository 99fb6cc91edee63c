"""Which packages need which."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.packages.closure import Dependencies, names_in
from layerlens.analysis.packages.model import Ecosystem, Listed


def deb(name: str, *requires: str, manual: bool | None = False, **more: Any) -> Listed:
    return Listed(
        ecosystem=Ecosystem.DEB, name=name, version="1", requires=requires, manual=manual, **more
    )


PACKAGES = [
    deb("app", "libapp (>= 2)", "mail-agent | exim", manual=True, recommends=("nice:any",)),
    deb("libapp", "libc6"),
    deb("libc6", "libgcc"),
    deb("libgcc"),
    deb("postfix", "libmail [amd64] <!nocheck>", provides=("mail-agent (= 1)",)),
    deb("libmail"),
    deb("nice", "libnice"),
    deb("libnice", recommends=("nicer",)),
    deb("nicer", "libapp"),
    deb("tool", "libtool | libmissing", "libapp", manual=True),
    deb("libtool"),
    deb("orphan", "liborphan"),
    deb("liborphan"),
    deb("linux-image-6.1.0-1-amd64"),
    deb("base", essential=True),
    deb("init", details={"priority": "required"}),
]
GRAPH = Dependencies(PACKAGES)
INDEX = {listed.name: index for index, listed in enumerate(PACKAGES)}


def names(found: set[int]) -> set[str]:
    return {PACKAGES[index].name for index in found}


def test_recommended_packages_and_what_only_they_need() -> None:
    assert names(GRAPH.recommends_only()) == {"nice", "libnice", "nicer"}
    assert names(GRAPH.recommends_only(wanted=[INDEX["nicer"]])) == {"nice", "libnice"}


def test_orphans_leave_out_kernels_and_the_system() -> None:
    assert names(GRAPH.orphans()) == {"orphan", "liborphan"}


def test_what_goes_with_a_tool() -> None:
    assert names(GRAPH.exclusive([INDEX["tool"]])) == {"tool", "libtool"}
    assert names(GRAPH.exclusive([INDEX["app"]])) == {
        "app", "postfix", "libmail", "nice", "libnice", "nicer",
    }  # fmt: skip
    both = GRAPH.exclusive([INDEX["app"], INDEX["tool"]])
    assert names(both) > {"app", "tool", "libapp", "libc6", "libgcc"}


def test_the_system_itself_never_goes() -> None:
    assert GRAPH.exclusive([INDEX["base"], INDEX["init"], INDEX["libapp"]]) == set()


def test_where_nobody_wrote_down_who_asked_everything_was_asked_for() -> None:
    graph = Dependencies([deb("a", "b", manual=None), deb("b", manual=None)])
    assert graph.orphans() == set()
    assert graph.exclusive([0]) == {0}
    assert graph.exclusive([1]) == set()
    assert graph.chains() == [(0,), (0, 1)]


def test_chains_lead_from_what_was_asked_for() -> None:
    chains = {PACKAGES[i].name: [PACKAGES[j].name for j in c] for i, c in enumerate(GRAPH.chains())}
    assert chains["app"] == ["app"]
    assert chains["libgcc"] == ["app", "libapp", "libc6", "libgcc"]
    assert chains["libmail"] == ["app", "postfix", "libmail"]
    assert chains["libnice"] == ["app", "nice", "libnice"]
    assert chains["orphan"] == []
    assert chains["base"] == ["base"]


def test_circles_end() -> None:
    circle = Dependencies([deb("a", "b", manual=True), deb("b", "a"), deb("c", "d"), deb("d", "c")])
    assert circle.exclusive([0]) == {0, 1}
    assert circle.orphans() == {2, 3}
    assert circle.chains() == [(0,), (0, 1), (), ()]
    unknown = Dependencies([deb("a", "b", manual=None), deb("b", "a", manual=None)])
    assert unknown.chains() == [(0,), (0, 1)]


@pytest.mark.parametrize(
    ("ecosystem", "text", "expected"),
    [
        (Ecosystem.DEB, "a:any (>= 1) | b [i386] <!x> | ", ["a", "b"]),
        (Ecosystem.APK, "so:libc.musl-x86_64.so.1", ["so:libc.musl-x86_64.so.1"]),
        (Ecosystem.APK, "musl>=1.2.3", ["musl"]),
        (Ecosystem.APK, "so:libcurl.so.4=4.8.0", ["so:libcurl.so.4"]),
        (Ecosystem.APK, "!uclibc", []),
        (Ecosystem.ALPM, "glibc>=2.38", ["glibc"]),
        (Ecosystem.RPM, "libc.so.6(GLIBC_2.34)(64bit)", ["libc.so.6(GLIBC_2.34)(64bit)"]),
        (Ecosystem.RPM, "bash >= 5", ["bash"]),
        (Ecosystem.RPM, "(a >= 1 or b(x) if c)", ["a", "1", "b(x)", "c"]),
        (Ecosystem.PYPI, "Zope.Interface>=5; python_version > '3'", ["zope-interface"]),
        (Ecosystem.NPM, "@scope/name", ["@scope/name"]),
        (Ecosystem.RPM, "", []),
    ],
)  # fmt: skip
def test_names_of_dependencies(ecosystem: Ecosystem, text: str, expected: list[str]) -> None:
    assert names_in(ecosystem, text) == expected


def test_other_systems_have_dependencies_too() -> None:
    apk = Dependencies(
        [
            Listed(ecosystem=Ecosystem.APK, name="curl", version="8", manual=True,
                   requires=("so:libcurl.so.4", "so:libc.so")),
            Listed(ecosystem=Ecosystem.APK, name="libcurl", version="8", manual=False,
                   provides=("so:libcurl.so.4=4.8",), requires=("so:libc.so",)),
            Listed(ecosystem=Ecosystem.APK, name="musl", version="1", manual=True,
                   provides=("so:libc.so=1",)),
            Listed(ecosystem=Ecosystem.DEB, name="so:libc.so", version="1", manual=False),
        ]
    )  # fmt: skip
    assert apk.exclusive([0]) == {0, 1}
    rpm = Dependencies(
        [
            Listed(ecosystem=Ecosystem.RPM, name="app", version="1", requires=("/usr/bin/sh",),
                   manual=True),
            Listed(ecosystem=Ecosystem.RPM, name="bash", version="1", files=[b"usr/bin/sh"],
                   manual=False),
        ]
    )  # fmt: skip
    assert rpm.requires == [[1], []]
