"""What has to run again when a line of source changes."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.catalogue import build_order
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from tests.builders import Image, Member, file, layer
from tests.judging import Looked

SOURCES = [file(f"app/src/{k}.txt", f"{k}") for k in range(6)]
Row = tuple[str, list[Member]]


def judged(*rows: Row, base: int = 0) -> dict[str, list[Finding]]:
    image = Image([layer(*members) for _, members in rows], [text for text, _ in rows])
    return Looked(image, base).findings([build_order.RULE_SET])


CASES = [
    ("package.json", "package-lock.json", "npm ci"),
    ("package.json", "package-lock.json", "cd /app && npm install --omit=dev"),
    ("package.json", "yarn.lock", "yarn install --frozen-lockfile"),
    ("package.json", "pnpm-lock.yaml", "pnpm i"),
    ("requirements.txt", "", "pip install --no-cache-dir -r requirements.txt"),
    ("requirements-prod.txt", "", "python3 -m pip install -r requirements-prod.txt"),
    ("pyproject.toml", "uv.lock", "uv sync --frozen"),
    ("pyproject.toml", "poetry.lock", "poetry install --only main"),
    ("go.mod", "go.sum", "CGO_ENABLED=0 go build -o /out ."),
    ("Cargo.toml", "Cargo.lock", "cargo build --release"),
    ("pom.xml", "", "./mvnw -B package"),
    ("build.gradle.kts", "", "gradle build"),
    ("Gemfile", "Gemfile.lock", "bundle install"),
    ("composer.json", "composer.lock", "composer install --no-dev"),
    ("web.csproj", "", "dotnet publish -c Release"),
    ("mix.exs", "mix.lock", "mix deps.get"),
]


@pytest.mark.parametrize(("manifest", "lock", "install"), CASES)
def test_sources_before_an_install(manifest: str, lock: str, install: str) -> None:
    locks = [file(f"app/{lock}", b"l")] if lock else []
    copy: Row = ("COPY . /app", [file(f"app/{manifest}", b"m"), *locks, *SOURCES])
    run: Row = (f"RUN {install}", [file("app/out", b"o" * 1_000)])
    found = judged(copy, run)
    assert list(found) == ["copy-before-install"]
    (finding,) = found["copy-before-install"]
    assert (finding.layer, finding.severity) == (0, Severity.MEDIUM)
    assert finding.title.startswith("6 files copied before")
    assert finding.evidence[1].endswith("1,000 bytes")
    assert finding.paths == (f"app/{manifest}".encode(),)
    # In the right order, and without a lock file.
    narrow: Row = ("COPY m /app", [file(f"app/{manifest}", b"m"), *locks])
    assert judged(narrow, run, copy) == {}
    assert judged(narrow, run, copy, run) == {}
    if lock:
        bare: Row = ("COPY m /app", [file(f"app/{manifest}", b"m")])
        (missing,) = judged(bare, run, copy)["no-lock-file"]
        assert missing.layer == 1
    # Steps of the base, and other steps.
    assert judged(copy, run, base=2) == {}
    assert judged(copy, ("RUN true", [])) == {}


@pytest.mark.parametrize(
    "install", ["npm install -g pnpm", "npm install left-pad", "yarn build", "pip install flask",
                "go version", "dotnet --info", "echo npm ci", "composer dump-autoload"],
)  # fmt: skip
def test_what_installs_no_project(install: str) -> None:
    manifests = [
        file(f"app/{name}", b"m")
        for name in ("package.json", "requirements.txt", "go.mod", "a.csproj", "composer.json")
    ]
    assert judged(("COPY . /app", [*manifests, *SOURCES]), (f"RUN {install}", [])) == {}


def test_manifests_of_dependencies_do_not_count() -> None:
    inner = [file(f"app/node_modules/{k}/package.json", b"{}") for k in range(9)]
    assert judged(("COPY node_modules /app/node_modules", inner), ("RUN npm ci", [])) == {}


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("apt-get update", True),
        ("apt-get -qq update; echo install", True),
        ("apt update && apt list", True),
        ("apt-get update && apt-get install -y curl", False),
        ("set -eux; apt-get update; apt-get -y upgrade", False),
        ("if true; then apt-get update; apt-get build-dep x; fi", False),
        ("echo apt-get update", False),
        ("apt-get install curl", False),
    ],
)
def test_update_alone(command: str, told: bool) -> None:
    found = judged((f"/bin/sh -c {command}", [file("x", b"1")]))
    assert ("apt-update-alone" in found) is told
