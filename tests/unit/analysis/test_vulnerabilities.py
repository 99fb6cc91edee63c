"""Reports of scanners, and the packages that they speak of."""

from __future__ import annotations

import json

import pytest

from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.vulnerabilities import Vulnerability, assign, parse_report
from layerlens.errors import UsageError


def package(kind: Ecosystem, name: str, version: str) -> Package:
    return Package(Listed(ecosystem=kind, name=name, version=version), b"db", 0, (), 0)


def report(document: object) -> bytes:
    return json.dumps(document).encode()


TRIVY = {
    "ArtifactName": "app:1",
    "Results": [
        {
            "Type": "debian",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-1", "PkgName": "libc6", "InstalledVersion": "2.36-9",
                    "FixedVersion": "2.36-10", "Severity": "HIGH",
                },
                {"VulnerabilityID": "CVE-2", "PkgName": "gone", "InstalledVersion": "1"},
                "nonsense",
            ],
        },
        {"Type": "python-pkg", "Vulnerabilities": None},
        None,
    ],
}  # fmt: skip

GRYPE = {
    "matches": [
        {
            "vulnerability": {"id": "GHSA-1", "severity": "Critical", "fix": {"versions": ["2.0"]}},
            "artifact": {"name": "Typing_Extensions", "version": "1.0", "type": "python"},
        },
        {"vulnerability": {"id": "x"}},
        {
            "vulnerability": {"id": "CVE-9", "severity": "odd"},
            "artifact": {"name": "core", "version": "1.2", "type": "java-archive"},
        },
    ]
}


def test_trivy() -> None:
    assert parse_report(report(TRIVY)) == [
        Vulnerability("CVE-1", "high", Ecosystem.DEB, "libc6", "2.36-9", "2.36-10"),
        Vulnerability("CVE-2", "unknown", Ecosystem.DEB, "gone", "1", ""),
    ]


def test_grype() -> None:
    assert [(each.id, each.severity, each.fixed) for each in parse_report(report(GRYPE))] == [
        ("GHSA-1", "critical", "2.0"),
        ("CVE-9", "unknown", ""),
    ]


def test_a_clean_report_is_one() -> None:
    assert parse_report(report({"ArtifactName": "a"})) == []
    assert parse_report(report({"matches": []})) == []


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_no_report(data: bytes) -> None:
    with pytest.raises(UsageError, match="vulnerability report"):
        parse_report(data)


def test_they_are_put_beside_their_packages() -> None:
    inventory = Inventory(
        (
            package(Ecosystem.DEB, "libc6", "2.36-9"),
            package(Ecosystem.PYPI, "typing-extensions", "1.0"),
            package(Ecosystem.MAVEN, "org.example:core", "1.2"),
            package(Ecosystem.NPM, "libc6", "2.36-9"),
        )
    )
    found = assign(inventory, parse_report(report(TRIVY)) + parse_report(report(GRYPE)))
    assert {i: [each.id for each in rows] for i, rows in found.by_package.items()} == {
        0: ["CVE-1"],
        1: ["GHSA-1"],
        2: ["CVE-9"],
    }
    assert [each.id for each in found.unmatched] == ["CVE-2"]


def test_the_worst_first() -> None:
    inventory = Inventory((package(Ecosystem.APK, "a", "1"),))
    rows = [Vulnerability(name, name, Ecosystem.APK, "a", "1") for name in ("low", "critical")]
    assert [each.id for each in assign(inventory, rows).by_package[0]] == ["critical", "low"]
