"""Build tools, with all that goes with them."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.rules.catalogue.build_tools import GROUPS, RULE_SET
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from tests.builders import Image, file, layer, symlink
from tests.debian import Deb, contents, databases, system
from tests.judging import Looked

LIBC = Deb("libc6", {"usr/lib/libc.so": 1000}, priority="required")
GIT = Deb("git", {"usr/bin/git": 500}, needs="libcurl, perl")
CURL = Deb("curl", {"usr/bin/curl": 50}, needs="libcurl")
LIBCURL = Deb("libcurl", {"usr/lib/libcurl.so": 70}, auto=True, needs="libc6")
PERL = Deb("perl", {"usr/bin/perl": 900}, auto=True, needs="libc6")


def looked(*layers: bytes, base: int = 1, **settings: Any) -> Looked:
    image = Image(list(layers), [f"RUN step {k}" for k in range(len(layers))], settings=settings)
    return Looked(image, base)


def found(*layers: bytes, base: int = 1, **settings: Any) -> dict[str, list[Finding]]:
    one = looked(*layers, base=base, **settings)
    findings = one.findings([RULE_SET])
    assert [note for note in one.context.notes.all() if note.code == "rule-failed"] == []
    return findings


def installed(*packages: Deb) -> bytes:
    return layer(*contents(packages), *databases(LIBC, *packages))


BASE = layer(*system(LIBC))


def test_a_tool_goes_with_what_only_it_needs() -> None:
    (one,) = found(BASE, installed(GIT, LIBCURL, PERL))["version-control-tools"]
    assert (one.title, one.bytes, one.claimed, one.layer) == ("git and 2 packages", 1470, 1470, 1)
    assert one.evidence == ("tools: git", "go with them: libcurl, perl")
    assert one.severity is Severity.LOW  # however small
    assert "<install git>" in one.fix


def test_what_two_tools_share_goes_with_both() -> None:
    image = looked(BASE, installed(GIT, CURL, LIBCURL, PERL))
    analysis = image.analysis([RULE_SET])
    findings = {finding.rule.id: finding for finding in analysis.findings}
    assert findings["version-control-tools"].title == "git and 1 package"
    assert findings["network-tools"].title == "curl"
    shared = findings["shared-tool-packages"]
    assert shared.title == "1 package that only these tools need together: curl and git"
    assert shared.bytes == 70
    assert shared.evidence == ("packages: libcurl", "go when all of these go: curl, git")
    assert analysis.what_if(analysis.findings).saved_bytes == 500 + 900 + 50 + 70


def test_a_tool_that_something_needs_stays() -> None:
    app = Deb("app", {"usr/bin/app": 10}, needs="git")
    assert found(BASE, installed(GIT, LIBCURL, PERL, app)) == {}


def test_a_tool_that_nobody_asked_for_is_its_users_concern() -> None:
    app = Deb("app", {"usr/bin/app": 10}, needs="git")
    git = Deb("git", {"usr/bin/git": 500}, auto=True)
    assert found(BASE, installed(git, app)) == {}


def test_the_system_itself_has_no_tools() -> None:
    assert found(layer(*system(Deb("less", {"a": 1}, essential=True))), base=0) == {}
    assert found(layer(*system(Deb("make", {"a": 1}, priority="required"))), base=0) == {}


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"Entrypoint": ["git", "daemon"]}, "the entrypoint"),
        ({"Cmd": ["/bin/sh", "-c", "exec /usr/bin/git daemon"]}, "the command"),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "git --version || exit 1"]}}, "the health check"),
        ({"Entrypoint": ["/entrypoint.sh"]}, "a start script"),
    ],
)
def test_a_tool_in_use_is_told_with_the_reason(settings: dict[str, Any], place: str) -> None:
    script = file("entrypoint.sh", "#!/bin/sh\ngit pull\n")
    layers = (BASE, installed(GIT, LIBCURL, PERL), layer(script))
    (one,) = found(*layers, **settings)["version-control-tools"]
    assert one.title == f"git and 2 packages; in use: named in {place}"
    assert (one.severity, one.confidence, one.claimed) == (Severity.INFO, Confidence.HINT, 0)
    assert one.evidence[-1] == f"in use: named in {place}"


def test_programs_of_a_package_count_as_its_name() -> None:
    netcat = Deb("netcat-openbsd", {"bin/nc.openbsd": 40})
    links = layer(
        symlink("usr/bin/nc", "/etc/alternatives/nc"),
        symlink("etc/alternatives/nc", "../../bin/nc.openbsd"),
    )
    layers = (BASE, installed(netcat), links)
    for command in (["sh", "-c", "nc -l 80"], ["/usr/bin/nc"]):
        (one,) = found(*layers, Cmd=command)["network-tools"]
        assert one.severity is Severity.INFO
    (idle,) = found(*layers, Cmd=["sync"])["network-tools"]
    assert idle.severity is Severity.LOW


def test_what_the_image_runs_does_not_go_with_a_tool() -> None:
    (one,) = found(BASE, installed(GIT, LIBCURL, PERL), Cmd=["perl", "-e", "1"])[
        "version-control-tools"
    ]
    assert one.title == "git and 1 package"
    assert one.evidence == ("tools: git", "go with them: libcurl")


def test_tools_of_the_base_are_the_bases() -> None:
    both = found(layer(*system(LIBC, GIT, PERL)), layer(file("app", b"1")))
    (one,) = both["version-control-tools"]
    assert one.is_base
    assert one.severity is Severity.INFO


def test_groups_by_layer() -> None:
    gcc = Deb("gcc", {"usr/bin/gcc": 10}, needs="gcc-12")
    gcc12 = Deb("gcc-12", {"usr/bin/gcc-12": 20}, auto=True)
    make = Deb("make", {"usr/bin/make": 30})
    gdb = Deb("gdb", {"usr/bin/gdb": 40})
    findings = found(
        BASE,
        installed(gcc, gcc12, make),
        layer(*contents([gdb]), *databases(LIBC, gcc, gcc12, make, gdb)),
    )
    (compilers,) = findings["compilers"]
    assert (compilers.title, compilers.bytes) == ("gcc, make and 1 package", 60)
    assert compilers.severity is Severity.MEDIUM
    (debuggers,) = findings["debuggers"]
    assert (debuggers.title, debuggers.layer) == ("gdb", 2)


def test_a_full_base_image() -> None:
    tools = [
        Deb(name, {f"usr/share/{name}/x": 100})
        for name in ("g++", "make", "imagemagick", "libpq-dev", "git", "mercurial", "wget", "file")
    ]
    headers = Deb("libpq5", {"usr/lib/libpq.so": 11})
    base = layer(*contents([LIBC, *tools, headers]), *databases(LIBC, *tools, headers))
    runtime = layer(file("usr/local/bin/python3", b"p"))
    own = layer(*contents([CURL]), *databases(LIBC, *tools, headers, CURL))
    findings = found(base, runtime, own, base=2)
    (one,) = findings.pop("full-base-image")
    assert one.title == "a full base image: 8 packages for building extensions"
    assert (one.bytes, one.is_base, one.severity) == (800, True, Severity.MEDIUM)
    assert [finding.title for finding in findings.pop("network-tools")] == ["curl"]
    assert findings == {}
    slim = found(layer(*system(LIBC, *tools[:3])), runtime, base=2)
    assert "full-base-image" not in slim
    own_tools = found(BASE, layer(*contents(tools), *databases(LIBC, *tools)), runtime, base=1)
    assert "full-base-image" not in own_tools


def test_tools_without_a_package() -> None:
    members = [file("usr/bin/cc", b"1" * 9), file("usr/local/bin/make", b"2" * 5),
               file("usr/bin/git", b"3"), file("opt/bin/gcc", b"4")]  # fmt: skip
    (one,) = found(layer(*members), base=0, Cmd=["git"])["unpackaged-tools"]
    assert (one.title, one.bytes) == ("cc and make, which no package owns", 14)
    owned = system(Deb("tinycc", {"usr/bin/cc": 9}))
    assert "unpackaged-tools" not in found(layer(*owned), base=0)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("gcc", "compilers"), ("gcc-12", "compilers"), ("g++-12-multilib", "compilers"),
        ("gcc-c++", "compilers"), ("build-base", "compilers"), ("golang-1.19-go", "compilers"),
        ("llvm-16-tools", "compilers"), ("clang", "compilers"),
        ("gcc-12-base", ""), ("llvm-libs", ""), ("clang-libs", ""), ("makedev", ""),
        ("zlib1g-dev", "development-files"), ("openssl-devel", "development-files"),
        ("linux-libc-dev", "development-files"), ("libdevmapper", ""),
        ("git", "version-control-tools"), ("gitlab-runner", ""),
        ("openssh-server", "ssh-server"), ("openssh-client", "network-tools"),
        ("libcurl4", ""), ("curl", "network-tools"), ("netcat-traditional", "network-tools"),
        ("vim-tiny", "interactive-tools"), ("gdb", "debuggers"), ("sudo", "privilege-tools"),
    ],
)  # fmt: skip
def test_names(name: str, rule: str) -> None:
    matching = [group.rule.id for group in GROUPS if group.names.fullmatch(name)]
    assert matching[:1] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("command", "in_use"),
    [
        (["git", "daemon"], True),
        (["/usr/bin/git"], True),
        (["sh", "-c", "cd / && exec 'git' daemon"], True),
        (["sh", "-c", "git; sleep 1"], True),
        (["/git/bin/app"], False),
        (["/srv/git"], False),
        (["sh", "-c", "cd /srv/git/x && ./run --with-git=no git-annex"], False),
    ],
)
def test_a_directory_is_no_command(command: list[str], in_use: bool) -> None:
    members = system(Deb("git", {"usr/bin/git": 3_000_000}))
    image = Looked(Image([layer(*members)], ["RUN x"], settings={"Cmd": command}), 0)
    (found,) = image.findings([RULE_SET])["version-control-tools"]
    assert found.title.endswith("named in the command") is in_use
