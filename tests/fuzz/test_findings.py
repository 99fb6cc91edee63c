"""Damaged databases, lock files and programs in images: findings come out, and add up.

The same damage each time.  Whatever a file holds, the analysis neither raises
nor loses a rule, each byte has one class, and a problem names its file.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from layerlens.analysis.model import Analysis
from tests.builders import Image, file, hardlink, layer, symlink, whiteout
from tests.debian import Deb, databases
from tests.effort import at_most
from tests.elves import Program, debug, go_data, symbols, windows_program
from tests.judging import Looked
from tests.package_writers import (
    Rpm,
    apk_installed,
    dnf_history,
    pacman_sections,
    rpm_bdb,
    rpm_ndb,
    rpm_sqlite,
)
from tests.python_images import dist

ROUNDS = 80
SLOWEST = 5.0
"""Seconds of processor time for one small image, whatever its files say."""

Files = dict[str, bytes]

KEY = (
    b"-----BEGIN PRIVATE KEY-----\n" + b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n" * 9
    + b"-----END PRIVATE KEY-----\n"
)  # fmt: skip
SETTINGS: dict[str, Any] = {
    "Cmd": ["npm", "start"], "Entrypoint": ["/entrypoint.sh"], "Env": ["PATH=/usr/bin", "DEBUG=1"],
    "User": "app", "WorkingDir": "/app", "ExposedPorts": {"22/tcp": {}}, "Volumes": {"/data": {}},
}  # fmt: skip
STEPS = [
    "ADD file:1 in /",
    "|1 TOKEN=abcdefghijklmnop1234 /bin/sh -c apt-get install -y curl; npm ci",
]


def jar() -> bytes:
    """A Java archive with a Maven package and a library in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        archive.writestr(
            "META-INF/maven/o/a/pom.properties", "groupId=o\nartifactId=a\nversion=1\n"
        )
        archive.writestr("BOOT-INF/lib/b-2.0.jar", b"PK")
    return buffer.getvalue()


def debian() -> Files:
    curl = Deb("curl", {"usr/bin/curl": 900, "usr/share/doc/curl/a": 90}, needs="libc6")
    found = databases(curl, Deb("libc6", {"lib/libc.so.6": 70}), Deb("gcc", {"usr/bin/gcc": 800}))
    return {
        **{member.name.decode(): member.data for member in found},
        "etc/os-release": b"ID=debian\nVERSION_ID=12\n",
        "usr/bin/curl": Program(sections=debug() + symbols(1)).written(),
        "usr/bin/gcc": b"g" * 800,
        "etc/passwd": b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/home/app:/bin/sh\n",
        "etc/group": b"root:x:0:\napp:x:1000:\n",
        "etc/shadow": b"root:*:1:0:9:7:::\napp::1:0:9:7:::\n",
        "entrypoint.sh": b'#!/bin/sh\nexec "$@"\n',
        "usr/local/bin/clock": Program(data=go_data()).written(),
        "app/tool.exe": windows_program(),
    }


def rpms() -> Files:
    blobs = [
        Rpm("bash", files={"/usr/bin/bash": (100, 0)}).header(),
        Rpm("git", files={"/usr/bin/git": (90, 0)}, requires=("bash",), recommends=("perl",)).header(),
        Rpm("perl", files={"/usr/bin/perl": (80, 0)}).header(),
    ]  # fmt: skip
    return {
        "usr/lib/sysimage/rpm/rpmdb.sqlite": rpm_sqlite(blobs),
        "usr/lib/sysimage/rpm/Packages.db": rpm_ndb(blobs),
        "var/lib/rpm/Packages": rpm_bdb(blobs),
        "var/lib/dnf/history.sqlite": dnf_history([(1, [("git", 1, 5), ("perl", 1, 4)])]),
        "usr/bin/git": b"g" * 90,
        "lib/apk/db/installed": apk_installed(
            [{"P": "musl", "V": "1", "A": "x86_64", "I": "99", "D": "so:x", "files": ["lib/ld.so"]}]
        ),
        "etc/apk/world": b"musl\n.build=20200101.1\n",
        "var/lib/pacman/local/a-1/desc": pacman_sections(
            {"NAME": ["a"], "VERSION": ["1"], "SIZE": ["12"], "REASON": ["1"]}
        ),
        "var/lib/pacman/local/a-1/files": pacman_sections({"FILES": ["usr/", "usr/bin/a"]}),
    }


def python() -> Files:
    members = [
        *dist("flask", requires=["click>=8; python_version > '3'"], requested=True),
        *dist("click"), *dist("pytest", requires=["pluggy"], scripts=["pytest"]), *dist("pluggy"),
    ]  # fmt: skip
    return {
        **{member.name.decode(): member.data for member in members},
        "app/pyproject.toml": b'[project]\nname="a"\ndependencies=["flask>=1"]\n[tool.poetry]\n'
        b'[dependency-groups]\ndev=["pytest"]\n',
        "app/requirements.txt": b"flask==1.0 --hash=sha256:aa\n-r other.txt\nclick[x]>=1 ; os_name=='a'\n",
        "app/uv.lock": b'version = 1\n[[package]]\nname = "flask"\nversion = "1"\n',
        "app/poetry.lock": b'[[package]]\nname = "flask"\nversion = "1"\n',
        "app/Pipfile.lock": b'{"default": {"flask": {"version": "==1"}}, "develop": {}}',
        "app/.venv/pyvenv.cfg": b"home = /usr/bin\nversion = 3.11.2\n",
    }


def node() -> Files:
    lock = {
        "name": "a", "lockfileVersion": 3, "packages": {
            "": {"dependencies": {"x": "^1"}, "devDependencies": {"y": "2"}},
            "node_modules/x": {"version": "1.0.0"}, "node_modules/y": {"version": "2.0.0", "dev": True},
        },
    }  # fmt: skip
    return {
        "app/package.json": b'{"name":"a","scripts":{"start":"node a.js"},"dependencies":{"x":"^1"}}',
        "app/package-lock.json": json.dumps(lock).encode(),
        "app/node_modules/.package-lock.json": json.dumps(lock).encode(),
        "app/node_modules/x/package.json": b'{"name":"x","version":"1.0.0","os":["linux"]}',
        "app/node_modules/y/package.json": b'{"name":"y","version":"2.0.0"}',
        "b/yarn.lock": b'# yarn lockfile v1\n\n\nx@^1, "x@>=1":\n  version "1.0.0"\n  dependencies:\n    y "2"\n',
        "b/package.json": b'{"name":"b","devDependencies":{"x":"^1"}}',
        "b/node_modules/x/package.json": b'{"name":"x","version":"1.0.0"}',
        "b/node_modules/.yarn-integrity": b'{"topLevelPatterns":["x@^1"],"lockfileEntries":{}}',
        "c/node_modules/.modules.yaml": b"hoistedDependencies:\n  /x/1.0.0:\n    x: private\nincluded:\n  devDependencies: true\n",
        "c/node_modules/.pnpm/lock.yaml": b"lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      x:\n        specifier: ^1\n        version: 1.0.0\npackages:\n  x@1.0.0:\n    resolution: {integrity: sha512-a}\nsnapshots:\n  x@1.0.0: {}\n",
        "c/node_modules/.pnpm/x@1.0.0/node_modules/x/package.json": b'{"name":"x","version":"1.0.0"}',
        "c/package.json": b'{"name":"c"}',
        "d/bun.lock": b'{"lockfileVersion": 1, "workspaces": {"": {"devDependencies": {"x": "1"}}}, "packages": {"x": ["x@1.0.0", "", {}, "sha512-a"]},}',
        "d/package.json": b'{"name":"d"}',
        "d/node_modules/x/package.json": b'{"name":"x","version":"1.0.0"}',
    }  # fmt: skip


def others() -> Files:
    return {
        "srv/vendor/composer/installed.json": b'{"packages":[{"name":"a/b","version":"1","install-path":"../a/b"}],"dev":true,"dev-package-names":["a/b"]}',
        "srv/vendor/autoload.php": b"<?php",
        "srv/vendor/a/b/x.php": b"<?php x",
        "srv/composer.lock": b'{"packages":[],"packages-dev":[{"name":"a/b","version":"1"}]}',
        "r/Gemfile": b"source 'https://rubygems.org'\ngroup :test do\n  gem 'rspec'\nend\n",
        "r/Gemfile.lock": b"GEM\n  remote: https://rubygems.org/\n  specs:\n    rspec (3.1)\n      diff (>= 1)\n\nDEPENDENCIES\n  rspec\n",
        "usr/lib/ruby/gems/3.1/specifications/rspec-3.1.gemspec": b'Gem::Specification.new do |s|\n  s.name = "rspec".freeze\n  s.version = "3.1"\nend\n',
        "usr/lib/ruby/gems/3.1/gems/rspec-3.1/lib/a.rb": b"x",
        "g/go.mod": b"module a\n\nrequire x.y/z v1.0.0 // indirect\n",
        "g/vendor/modules.txt": b"# x.y/z v1.0.0\n## explicit\nx.y/z\n",
        "g/Cargo.lock": b'version = 3\n[[package]]\nname = "a"\nversion = "1.0.0"\n',
        "j/app.jar": jar(),
        "root/.ssh/id_rsa": KEY,
        "app/.env": b"SECRET_KEY=q8Zk2pLw0vXn3RtY7uIo\nPORT=1\n",
        "root/.docker/config.json": b'{"auths":{"r.example":{"auth":"dXNlcjpwYXNzd29yZDEyMw=="}}}',
        "root/.npmrc": b"//registry.npmjs.org/:_authToken=npm_abcdefghijklmnopqrstuvwxyz0123456789\n",
        "root/.kube/config": b"users:\n- name: a\n  user:\n    token: abcdefghijklmnop\n",
        "root/.aws/credentials": b"[default]\naws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYzK3pQ9xE0aLm\n",
        "root/.netrc": b"machine a login b password hunter2hunter2\n",
        "core": b"\x7fELF\2\1\1" + bytes(9) + b"\4\0" + bytes(100),
        "srv/a.bin": Program(wide=False, order=">", sections=debug()).written(),
    }  # fmt: skip


KINDS: Mapping[str, Callable[[], Files]] = {
    "debian": debian, "rpm-apk-pacman": rpms, "python": python, "node": node, "others": others,
}  # fmt: skip


def damaged(good: bytes, other: bytes, choose: random.Random) -> bytes:
    """One kind of damage."""
    kind = choose.randrange(10)
    at = choose.randrange(len(good) + 1)
    if kind == 0:
        return good[:at]
    if kind == 1:
        return good[at:]
    if kind == 2:
        return other
    if kind == 3:
        return good[:at] + good[max(at - choose.randrange(1, 200), 0) :]
    if kind == 4:
        huge = choose.choice([b"9" * 30, b"-1", b"4294967295", b"1e999", b"9" * 5000])
        return re.sub(rb"\d+", huge, good, count=choose.randrange(1, 4))
    if kind == 5:
        word = choose.choice([b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0" * 8])
        return good[:at] + word + good[at + len(word) :]
    if kind == 6:
        deep = choose.choice([b"[", b'{"a":', b"(", b"  " * 50 + b"x:\n", b"a.b = [", b"\n \n"])
        return good[:at] + deep * 2000 + good[at:]
    if kind == 7:
        return choose.choice([b"null", b"[]", b"{}", b"7", b'"x"', b"\0" * 600, b"", b"\xff\xfe"])
    found = bytearray(good)
    for _ in range(choose.randrange(1, 8) if found else 0):
        found[choose.randrange(len(found))] ^= 1 << choose.randrange(8)
    return bytes(found)


def variants(good: Files, seed: int) -> Iterator[Files]:
    """The files, first whole, then one or two of them damaged."""
    yield good
    choose = random.Random(seed)  # noqa: S311 - the same damage each time
    names = sorted(good)
    for _ in range(ROUNDS):
        bad = dict(good)
        for name in choose.sample(names, choose.randrange(1, 3)):
            bad[name] = damaged(good[name], good[choose.choice(names)], choose)
        yield bad


def analysed(files: Files, settings: dict[str, Any], steps: list[str]) -> Analysis:
    """The analysis of an image that has the files, and changes some of them."""
    names = sorted(files)
    lower = layer(*(file(name, files[name]) for name in names))
    upper = layer(
        file(names[0], files[names[0]], mode=0o777), whiteout(names[-1]),
        hardlink("srv/link", names[0]), symlink("srv/soft", "/" + names[1]),
    )  # fmt: skip
    return Looked(Image([lower, upper], steps, settings=settings), 1).analysis()


def check(analysis: Analysis, what: object) -> None:
    """That nothing was lost and everything adds up."""
    for note in analysis.diagnostics:
        assert note.code != "rule-failed", (note, what)
        assert note.code != "package-database" or note.path, (note, what)
    assert sum(row.bytes for row in analysis.ledger) == analysis.scores.total_bytes, what
    assert all(row.bytes >= 0 for row in analysis.ledger), what
    for found in analysis.findings:
        assert 0 <= found.claimed <= analysis.scores.total_bytes, (found.rule.id, what)
        assert found.bytes >= 0, (found.rule.id, what)
        assert found.fix.strip(), (found.rule.id, what)
        assert "\n" not in found.title, (found.rule.id, what)
        assert len(found.title) < 1000, (found.rule.id, what)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files(kind: str) -> None:
    good = KINDS[kind]()
    for seen, files in enumerate(variants(good, seed=len(kind))):
        bad = {name: data[:300] for name, data in files.items() if data != good.get(name)}
        with at_most(SLOWEST, bad):
            check(analysed(files, SETTINGS, STEPS), bad)
        if not seen:
            assert not bad


def test_all_files_swapped() -> None:
    """Each file with the contents of another kind's."""
    everything = {name: data for build in KINDS.values() for name, data in build().items()}
    contents = sorted(everything.values())
    for k in range(12):
        moved = contents[5 * k + 1 :] + contents[: 5 * k + 1]
        check(analysed(dict(zip(sorted(everything), moved, strict=True)), SETTINGS, STEPS), k)


ODD: tuple[Any, ...] = (
    None, 7, "", "x" * 5000, [], {}, [None, 7, ["x"]], {"": None, "a": 7}, ["\udc80\n\0", "=", "=="],
    {"\udc80/tcp": {}, "99999999999/udp": 1}, ["/bin/sh", "-c", "a" * 3000], -1, 1e300, True,
)  # fmt: skip


@pytest.mark.parametrize("key", [*SETTINGS, "Healthcheck", "Labels", "OnBuild", "StopSignal"])
def test_odd_settings(key: str) -> None:
    good = debian()
    for odd in ODD:
        check(analysed(good, {**SETTINGS, key: odd}, STEPS), (key, odd))


def test_odd_instructions() -> None:
    good = debian()
    pieces = [
        "RUN ", "COPY ", "/bin/sh -c ", "#(nop) ", "|9 ", "|1 A=", "--mount=type=secret,", "$(", "'", '"', "\\",
        " && ", ";", "\n", "apt-get install ", "curl -k ", "chmod 777 ", " " * 3000, "a" * 3000, "\0", "\udc80",
        "://u:p@", "-----BEGIN", "# buildkit", "sudo ", "| sh", "npm ", "=",
    ]  # fmt: skip
    choose = random.Random(5)  # noqa: S311 - the same each time
    for _ in range(2 * ROUNDS):
        steps = ["".join(choose.choices(pieces, k=choose.randrange(12))) for _ in range(2)]
        with at_most(SLOWEST, steps):
            check(analysed(good, SETTINGS, steps), steps)
