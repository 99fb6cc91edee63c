"""Instructions that a Dockerfile would better have otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from layerlens.analysis.rules.catalogue import instructions
from layerlens.analysis.rules.findings import Finding
from layerlens.image.dockerfile import parse_dockerfile
from tests.builders import Image, Member, directory, file, layer
from tests.judging import Looked

BASE = ("", [file("etc/x", b"1")])
SHA = "0123456789abcdef" * 4


def judged(
    *rows: tuple[str, list[Member]], base: int = 1, **settings: Any
) -> dict[str, list[Finding]]:
    image = Image(
        [layer(*members) for _, members in rows],
        [text for text, _ in rows],
        settings=settings,
    )
    return Looked(image, base).findings([instructions.RULE_SET])


def told(text: str, members: list[Member] | None = None, **settings: Any) -> set[str]:
    found = judged(BASE, (text, members or [file("y", b"1")]), **settings)
    return set(found) - {"classic-builder"}


@pytest.mark.parametrize(
    ("text", "files", "expected"),
    [
        ("ADD app.py /app/ # buildkit", 1, {"add-instead-of-copy"}),
        ("ADD site.tar.gz /srv # buildkit", 3, set()),
        ("ADD site.tar.zst site.tgz /srv # buildkit", 3, set()),
        ("ADD site.zip /srv # buildkit", 1, {"add-instead-of-copy"}),
        ("ADD tool.deb /srv # buildkit", 1, {"add-instead-of-copy"}),
        (f"/bin/sh -c #(nop) ADD dir:{SHA} in /app ", 3, {"add-instead-of-copy"}),
        (f"/bin/sh -c #(nop) ADD file:{SHA} in /app ", 1, {"add-instead-of-copy"}),
        (f"/bin/sh -c #(nop) ADD file:{SHA} in /app ", 3, set()),
        ("ADD https://example.org/a.tgz /tmp/ # buildkit", 1, {"remote-add"}),
        ("ADD --checksum=sha256:00 https://example.org/a.tgz /tmp/", 1, set()),
        ("ADD https://github.com/a/b.git#v1 /src # buildkit", 1, set()),
        ("ADD git@github.com:a/b.git /src # buildkit", 1, set()),
        ("COPY app.py /app/ # buildkit", 1, set()),
    ],
)
def test_add(text: str, files: int, expected: set[str]) -> None:
    assert told(text, [directory("d"), *(file(f"d/{k}", b"1") for k in range(files))]) == expected


def test_the_first_add_is_the_root_filesystem() -> None:
    rows = [(f"/bin/sh -c #(nop) ADD dir:{SHA} in / ", [file("a", b"1")])]
    assert set(judged(*rows, base=0)) == {"classic-builder"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cd /src && make", {"cd-in-run"}),
        ("(cd /src && make)", set()),
        ("make && cd /src", set()),
        ("cd /src", {"cd-in-run"}),
        ("set -ex; cd /src; make", {"cd-in-run"}),
        ("set -e; (cd /src && make)", set()),
        ("apt-get update && apt-get dist-upgrade -y", {"dist-upgrade"}),
        ("zypper --non-interactive dup", {"dist-upgrade"}),
        ("apt-get update && apt-get install -y curl", {"apt-without-no-recommends"}),
        ("apt-get update && apt-get install -y --no-install-recommends curl", set()),
        ("apt-get -o APT::Install-Recommends=0 install curl", set()),
        ("apk add curl", {"apk-without-no-cache"}),
        ("apk --no-cache add curl", set()),
        ("apk add curl && rm -rf /var/cache/apk/*", set()),
        ("pip install flask", {"pip-without-no-cache-dir"}),
        ("python3 -m pip install flask", {"pip-without-no-cache-dir"}),
        ("pip3 install --no-cache-dir flask", set()),
        ("pip install flask && rm -rf /root/.cache", set()),
        ("PIP_NO_CACHE_DIR=1 pip install flask", set()),
        ("export PIP_NO_CACHE_DIR=on && pip install flask", set()),
        ("env PIP_NO_CACHE_DIR=1 pip install flask", set()),
        ("PIP_NO_CACHE_DIR=0 pip install flask", {"pip-without-no-cache-dir"}),
        ("dnf install -y curl", {"dnf-without-clean"}),
        ("dnf install -y curl && dnf clean all", set()),
        ("microdnf install curl && rm -rf /var/cache/yum", set()),
        ("npm install --production", {"npm-production-option"}),
        ("npm ci --omit=dev", set()),
        ("echo 'apk add curl; pip install x'", set()),
    ],
)
def test_run(command: str, expected: set[str]) -> None:
    assert told(f"/bin/sh -c {command}") == expected
    assert told(f"RUN /bin/sh -c {command} # buildkit") == expected


def test_settings_that_make_options_unnecessary() -> None:
    assert told("RUN pip install flask", Env=["PIP_NO_CACHE_DIR=1"]) == set()
    conf = file("etc/apt/apt.conf.d/99x", b'APT::Install-Recommends "false";\n')
    found = judged(("", [conf]), ("RUN apt-get install curl", [file("y", b"1")]))
    assert found == {}


def test_npm_install_beside_a_lock_file() -> None:
    copy = ("COPY . /app", [file("app/package-lock.json", b"{}")])
    (finding,) = judged(BASE, copy, ("RUN npm install", [file("y", b"1")]))["npm-install-not-ci"]
    assert finding.layer == 2
    assert judged(BASE, copy, ("RUN npm install express", [])) == {}
    assert judged(BASE, ("RUN npm i", []), copy) == {}
    inner = ("COPY . /app", [file("app/node_modules/a/package-lock.json", b"{}")])
    assert judged(BASE, inner, ("RUN npm i", [])) == {}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"Cmd": ["/bin/sh", "-c", "node a.js"]}, {"shell-form-command"}),
        ({"Entrypoint": ["/bin/sh", "-c", "node a.js"], "Cmd": ["x"]}, {"shell-form-command"}),
        ({"Cmd": ["/bin/sh", "-c", "exec node a.js"]}, set()),
        ({"Cmd": ["/bin/sh"]}, set()),
        ({"Cmd": ["node", "a.js"]}, set()),
        ({"Cmd": None}, set()),
    ],
)
def test_shell_form(settings: dict[str, Any], expected: set[str]) -> None:
    assert told("RUN true", **settings) == expected


def test_the_builder() -> None:
    found = judged(BASE, (f"/bin/sh -c #(nop) COPY dir:{SHA} in / ", [file("y", b"1")]))
    assert found["classic-builder"][0].title == "1 step built with Docker's classic builder"
    assert judged(BASE, ("COPY a /b # buildkit", [file("y", b"1")])) == {}


@pytest.mark.parametrize(
    ("directory", "told"),
    [("app", True), ("./a/b", True), ("/app", False), ("$HOME/app", False), ("C:\\app", False)],
)
def test_a_relative_workdir(directory: str, told: bool) -> None:
    found = judged(BASE, (f"WORKDIR {directory}", [directory_(directory)]))
    assert ("relative-workdir" in found) is told
    looked = Looked(Image([layer(*BASE[1])], ["RUN x"]), 0)
    looked.context.dockerfile = parse_dockerfile(f"FROM a\nWORKDIR {directory}\n")
    assert bool(looked.drafts(instructions.check_workdir)) is told


def directory_(name: str) -> Member:
    return directory(name.replace("$", "").replace(":", "").strip("./\\"))
