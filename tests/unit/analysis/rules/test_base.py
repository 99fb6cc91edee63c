"""What an image stands on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from layerlens.analysis.rules.catalogue import base
from layerlens.analysis.rules.model import Draft, Severity
from layerlens.analysis.rules.support import day, distribution_end, language_end
from layerlens.image.dockerfile import parse_dockerfile
from tests.builders import Image, Member, file, layer, symlink
from tests.judging import Looked

DEBIAN = b'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


def looked(
    *layers: list[Member],
    below: int = 1,
    tag: str | None = "app:1",
    dockerfile: str = "",
    today: date | None = None,
    **settings: Any,
) -> Looked:
    image = Image(
        [layer(*members) for members in layers],
        [f"RUN {k}" for k in range(len(layers))],
        settings=settings,
        tag=tag,
    )
    found = Looked(image, below)
    if dockerfile:
        found.context.dockerfile = parse_dockerfile(dockerfile)
    if today is not None:
        found.context.today = today  # type: ignore[attr-defined]
    return found


def drafts(found: Looked) -> dict[str, list[Draft]]:
    told: dict[str, list[Draft]] = {}
    for check in base.RULE_SET.checks:
        for draft in found.drafts(check):
            told.setdefault(draft.rule, []).append(draft)
    return told


SYSTEM = [file("etc/os-release", DEBIAN), file("bin/sh", b"#"), file("usr/bin/apt-get", b"#")]


def test_the_share_of_the_base(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ([*SYSTEM, file("a", b"1" * 700)], [file("b", b"2" * 100)])
    (draft,) = drafts(looked(*rows))["base-share"]
    total = 700 + 100 + len(DEBIAN) + 2
    assert draft.evidence[0] == f"{total - 100:,} of {total} bytes of the final filesystem"
    assert draft.evidence[1] == "Debian GNU/Linux 12 (bookworm)"
    assert draft.severity is None
    monkeypatch.setattr(base, "_LARGE", 500)
    assert drafts(looked(*rows))["base-share"][0].severity is Severity.LOW
    assert "base-share" not in drafts(looked(*rows, below=0))
    assert "base-share" not in drafts(looked(*rows, below=2))


def test_a_leaner_variant() -> None:
    node = [*SYSTEM, file("usr/local/bin/node", b"1")]
    env = ["NODE_VERSION=20.11.1"]
    (draft,) = drafts(looked(node, [file("b")], Env=env))["leaner-base"]
    assert draft.values["leaner"] == "node:20.11.1-slim"
    assert draft.evidence[1] == "leaner: gcr.io/distroless/nodejs20-debian12:nonroot"
    slim = file("etc/dpkg/dpkg.cfg.d/docker", b"path-exclude /usr/share/doc/*\n")
    assert "leaner-base" not in drafts(looked([*node, slim], [file("b")], Env=env))
    assert "leaner-base" not in drafts(looked(SYSTEM, [file("b")], Env=env))
    alpine = [file("etc/os-release", b"ID=alpine\nVERSION_ID=3.20.1\n"), node[-1]]
    assert "leaner-base" not in drafts(looked(alpine, [file("b")], Env=env))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([file("app", b"1")], "no-shell"),
        ([file("app", b"1"), file("busybox/sh", b"1")], "debug-variant"),
        ([file("app", b"1"), file("bin/busybox", b"1")], None),
        ([file("app", b"1"), symlink("usr/bin/sh", "/x")], None),
        ([file("app", b"1"), file("usr/bin/rpm", b"1")], None),
    ],
)
def test_shells(members: list[Member], expected: str | None) -> None:
    assert set(drafts(looked(members, below=0))) == ({expected} if expected else set())


@pytest.mark.parametrize(("tag", "told"), [("app:latest", True), ("app:1.0", False), (None, False)])
def test_latest(tag: str | None, told: bool) -> None:
    assert ("latest-tag" in drafts(looked(SYSTEM, below=0, tag=tag))) is told


def test_tags_of_ports_and_digests() -> None:
    found = looked(SYSTEM, below=0)
    found.context.tags = ("registry:5000/app",)
    assert "latest-tag" in drafts(found)
    found.context.tags = ("app:latest", "app:1")
    assert "latest-tag" not in drafts(found)


def test_bases_of_a_dockerfile() -> None:
    text = (
        "ARG V=1\nFROM golang:1.24.1 AS build\nFROM build AS test\nFROM node\nFROM node:latest\n"
        "FROM node:20-alpine\nFROM x:$V\nFROM a:1.2@sha256:00\nFROM scratch\n"
        "FROM gcr.io/distroless/base-debian11\n"
    )
    told = drafts(looked(SYSTEM, dockerfile=text))
    titles = {draft.title: draft.severity for draft in told["unpinned-base"]}
    assert titles == {
        "FROM golang:1.24.1: is a tag": None,
        "FROM node: has no tag": Severity.MEDIUM,
        "FROM node:latest: is the tag latest": Severity.MEDIUM,
        "FROM node:20-alpine: is a tag of a whole line of versions": None,
        "FROM gcr.io/distroless/base-debian11: has no tag": Severity.MEDIUM,
    }
    assert [draft.title for draft in told["retired-distroless"]] == [
        "gcr.io/distroless/base-debian11 is built no more"
    ]


def test_bases_of_labels() -> None:
    key = "org.opencontainers.image.base."
    labels = {key + "name": "docker.io/library/debian:12"}
    (draft,) = drafts(looked(SYSTEM, Labels=labels))["unpinned-base"]
    assert draft.values["name"] == "docker.io/library/debian:12"
    labels[key + "digest"] = "sha256:00"
    assert "unpinned-base" not in drafts(looked(SYSTEM, Labels=labels))


def test_a_distroless_of_old() -> None:
    text = b'PRETTY_NAME="Distroless"\nID="debian"\nVERSION_ID="11"\n'
    told = drafts(looked([file("etc/os-release", text), file("app", b"1")]))
    assert "retired-distroless" in told
    assert "no-shell" in told


def test_support_that_has_ended() -> None:
    env = ["NODE_VERSION=16.20.0", "PYTHON_VERSION=3.13.1", "PHP_VERSION=7.4.1"]
    members = [
        *SYSTEM, file("usr/local/bin/node", b"1"), file("usr/local/bin/python3", b"1"),
    ]  # fmt: skip
    ended = drafts(looked(members, Env=env))["end-of-life"]  # built in May 2024
    assert [draft.title for draft in ended] == ["Node.js 16.20.0: support ended on 2023-09-11"]
    later = drafts(looked(members, Env=env, today=date(2035, 1, 1)))["end-of-life"]
    assert [draft.title.partition(":")[0] for draft in later] == [
        "Debian 12", "Node.js 16.20.0", "Python 3.13.1",
    ]  # fmt: skip
    assert "end-of-life" not in drafts(looked(members))


@pytest.mark.parametrize(
    ("created", "severity"),
    [("2024-04-01", "young"), ("2023-10-01", None), ("2022-01-01", Severity.MEDIUM),
     ("1970-01-01", "young"), ("nonsense", "young")],
)  # fmt: skip
def test_an_old_base(created: str, severity: object) -> None:
    image = Image(
        [layer(*SYSTEM), layer(file("b"))],
        history=[
            {"created": f"{created}T00:00:00Z", "created_by": "ADD x /"},
            {"created": "2024-05-01T00:00:00Z", "created_by": "RUN y"},
        ],
    )
    found = drafts(Looked(image, 1)).get("old-base", [])
    assert [draft.severity for draft in found] == ([] if severity == "young" else [severity])


def test_node_env() -> None:
    run: dict[str, Any] = {"Cmd": ["node", "a.js"]}
    assert drafts(looked(SYSTEM, **run))["node-env"][0].title == "NODE_ENV is not set"
    assert "node-env" not in drafts(looked(SYSTEM, Env=["NODE_ENV=production"], **run))
    assert "node-env" not in drafts(looked(SYSTEM, Cmd=["python", "a.py"]))


def test_bills_of_materials() -> None:
    members = [file("usr/share/sbom/app.spdx.json", b"{}"), file("app/sbom.py", b"1")]
    (draft,) = drafts(looked(members))["sbom-present"]
    assert draft.paths == [b"usr/share/sbom/app.spdx.json"]
    assert draft.title == "1 file with bills of materials"


def test_dates() -> None:
    assert distribution_end("alpine", "3.18.4") == date(2025, 5, 9)
    assert distribution_end("ubuntu", "20.04") == date(2025, 5, 31)
    assert distribution_end("debian", "") is None
    assert distribution_end("plan9", "4") is None
    assert language_end("Node.js", "18.19.0") == date(2025, 4, 30)
    assert language_end("Go", "1.18.3") == date(2023, 2, 1)
    assert language_end("Java", "21.0.1") is None
    assert day("2024-05-01T12:00:00.123456789Z") == date(2024, 5, 1)
    assert day(None) is day("1980-01-01T00:00:00Z") is None


def test_centos_is_told_from_its_stream() -> None:
    for name, end in (("CentOS Linux 8", "2021-12-31"), ("CentOS Stream 8", "2024-05-31")):
        text = f'PRETTY_NAME="{name}"\nID="centos"\nVERSION_ID="8"\n'.encode()
        found = looked([file("etc/os-release", text)], today=date(2025, 1, 1))
        assert drafts(found)["end-of-life"][0].title.endswith(end)


def test_no_clock_no_judgement() -> None:
    found = looked([file("etc/os-release", DEBIAN.replace(b"12", b"8"))])
    found.context.config = replace(found.context.config, created=None)
    assert "end-of-life" not in drafts(found)
