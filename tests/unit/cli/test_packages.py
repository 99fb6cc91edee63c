"""``layerlens packages``, ``--sbom``, ``--dockerfile`` and ``--context`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import Image, file, layer
from tests.unit.cli.running import layerlens, line

STATUS = b"""Package: libc6
Status: install ok installed
Priority: required
Architecture: amd64
Version: 2.36

Package: curl
Status: install ok installed
Architecture: amd64
Version: 7.88
Depends: libc6 (>= 2.34)
Description: a tool
"""
LOWER = STATUS.partition(b"\n\n")[0] + b"\n"
IMAGE = Image(
    [
        layer(
            file("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
            file("var/lib/dpkg/status", LOWER),
            file("var/lib/dpkg/info/libc6.list", b"/.\n/usr/lib/libc.so.6\n"),
            file("usr/lib/libc.so.6", b"c" * 500),
        ),
        layer(
            file("var/lib/dpkg/status", STATUS),
            file("var/lib/dpkg/info/curl.list", b"/usr/bin/curl\n"),
            file("usr/bin/curl", b"u" * 300),
        ),
    ],
    ["ADD rootfs.tar / # buildkit", "RUN /bin/sh -c apt-get install -y curl # buildkit"],
)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return IMAGE.save_legacy(tmp_path / "image.tar")


def test_a_table(archive: Path) -> None:
    result = layerlens("packages", archive)
    assert result.returncode == 0, result.stderr
    head, *rows, total = result.stdout.splitlines()
    assert head.split() == ["SIZE", "KIND", "NAME", "VERSION", "LAYER", "WHY"]
    assert [row.split()[3] for row in rows] == ["libc6", "curl"]
    assert total.startswith("2 packages, 800 B; no package owns")


def test_choices(archive: Path) -> None:
    document = json.loads(layerlens("packages", archive, "--layer", "1", "--format", "json").stdout)
    assert [row["name"] for row in document["packages"]] == ["curl"]
    assert document["changes"][-1]["added"] == [
        {"ecosystem": "deb", "name": "curl", "version": "7.88"}
    ]
    assert layerlens("packages", archive, "--kind", "npm").stdout.count("\n") == 2
    assert "+ curl 7.88" in layerlens("packages", archive, "--changes").stdout
    assert layerlens("packages", archive, "--format", "csv").stdout.startswith("ecosystem,name,")


def test_vulnerabilities(archive: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text(
        json.dumps(
            {"matches": [{"vulnerability": {"id": "CVE-7", "severity": "High"},
                          "artifact": {"name": "curl", "version": "7.88", "type": "deb"}}]}
        )
    )  # fmt: skip
    result = layerlens("packages", archive, "--vulnerabilities", report)
    assert "1 high" in result.stdout
    report.write_text("{}")
    message = line(layerlens("packages", archive, "--vulnerabilities", report), 2)
    assert "neither Trivy's nor Grype's" in message
    assert str(report) in message


def test_wrong_usage(archive: Path) -> None:
    assert "there is no layer 7" in line(layerlens("packages", archive, "--layer", "7"), 2)
    line(layerlens("packages", archive, "--changes", "--format", "json"), 2)
    line(layerlens("packages", archive, "--vulnerabilities", "/none"), 2)


def test_a_bill_of_materials(archive: Path, tmp_path: Path) -> None:
    bill = tmp_path / "bom.json"
    result = layerlens(archive, "--sbom", bill)
    assert (result.returncode, result.stdout) == (0, "")
    names = [part["name"] for part in json.loads(bill.read_text())["components"]]
    assert sorted(names) == ["curl", "debian", "libc6"]
    line(layerlens(archive, "--sbom", bill, "--no-findings"), 2)
    line(layerlens(archive, "--sbom", "-", "--json", "-"), 2)


def test_lines_of_a_dockerfile(archive: Path, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM debian\n\nRUN apt-get install -y curl\n")
    document = json.loads(layerlens(archive, "--json", "-", "--dockerfile", dockerfile).stdout)
    lines = {row["line"] for row in document["findings"] if row["layer"] == 1}
    assert lines == {3}
    dockerfile.write_text("FROM debian\nRUN make\n")
    document = json.loads(layerlens(archive, "--json", "-", "--dockerfile", dockerfile).stdout)
    assert "dockerfile" in [note["code"] for note in document["diagnostics"]]
    dockerfile.write_text("nothing")
    assert "no Dockerfile" in line(layerlens(archive, "--text", "--dockerfile", dockerfile), 2)
    line(layerlens(archive, "--text", "--target", "x"), 2)


def test_a_build_context(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "context"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD").write_text("ref")
    document = json.loads(layerlens(archive, "--json", "-", "--context", folder).stdout)
    (row,) = [row for row in document["findings"] if row["rule"] == "build-context-junk"]
    assert row["fix"] == "# .dockerignore\n.git"


def test_settings_and_user_rules(archive: Path, tmp_path: Path) -> None:
    settings = tmp_path / "mine.toml"
    settings.write_text(
        "[rules]\ndisable = ['root-user']\n[[rules.path]]\nid = 'tools'\ntitle = 'tools'\n"
        "paths = ['usr/bin/**']\nwhy = 'not needed'\nfix = 'rm {paths}'\nseverity = 'high'\n"
    )
    document = json.loads(layerlens(archive, "--json", "-", "--config", settings).stdout)
    found = {row["rule"]: row for row in document["findings"]}
    assert "root-user" not in found
    assert (found["tools"]["severity"], found["tools"]["bytes"]) == ("high", 300)
    settings.write_text("[rules]\ndisabel = ['x']\n")
    assert "disable" in line(layerlens(archive, "--text", "--config", settings), 2)
