"""Vulnerabilities that a scanner found, put beside packages and layers.

LayerLens scans nothing itself.  It reads the JSON reports of Trivy
(``trivy image -f json``) and Grype (``grype -o json``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from layerlens.analysis.packages.model import Ecosystem, Inventory
from layerlens.errors import UsageError

MAX_REPORT = 256 << 20
"""Bytes of a report."""

SEVERITIES = ("critical", "high", "medium", "low", "negligible", "unknown")

_TYPES = {
    "deb": Ecosystem.DEB, "debian": Ecosystem.DEB, "ubuntu": Ecosystem.DEB, "dpkg": Ecosystem.DEB,
    "apk": Ecosystem.APK, "alpine": Ecosystem.APK, "wolfi": Ecosystem.APK,
    "chainguard": Ecosystem.APK, "rpm": Ecosystem.RPM, "redhat": Ecosystem.RPM,
    "centos": Ecosystem.RPM, "rocky": Ecosystem.RPM, "alma": Ecosystem.RPM, "fedora": Ecosystem.RPM,
    "oracle": Ecosystem.RPM, "amazon": Ecosystem.RPM, "photon": Ecosystem.RPM,
    "cbl-mariner": Ecosystem.RPM, "azurelinux": Ecosystem.RPM, "opensuse.leap": Ecosystem.RPM,
    "alpm": Ecosystem.ALPM, "python": Ecosystem.PYPI, "python-pkg": Ecosystem.PYPI,
    "pip": Ecosystem.PYPI, "npm": Ecosystem.NPM, "node-pkg": Ecosystem.NPM, "gem": Ecosystem.GEM,
    "gemspec": Ecosystem.GEM, "bundler": Ecosystem.GEM, "composer": Ecosystem.COMPOSER,
    "composer-vendor": Ecosystem.COMPOSER, "php-composer": Ecosystem.COMPOSER,
    "go-module": Ecosystem.GOLANG, "gobinary": Ecosystem.GOLANG, "gomod": Ecosystem.GOLANG,
    "java-archive": Ecosystem.MAVEN, "jar": Ecosystem.MAVEN, "pom": Ecosystem.MAVEN,
}  # fmt: skip
"""Kinds of packages in the words of Trivy and Grype."""


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """One vulnerability of one package version; ``fixed`` is the version that mends it, if any."""

    id: str
    severity: str
    ecosystem: Ecosystem | None
    package: str
    version: str
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Vulnerabilities by the index of their package, and those whose package is not there."""

    by_package: Mapping[int, Sequence[Vulnerability]]
    unmatched: Sequence[Vulnerability]


def parse_report(data: bytes) -> list[Vulnerability]:
    """The vulnerabilities of a report, each package version's once.

    Raises :class:`UsageError` for what is no report of Trivy or Grype.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the vulnerability report is no JSON: {error}") from error
    found: Iterator[Vulnerability] | None = None
    if isinstance(document, dict) and isinstance(document.get("matches"), list):
        found = _grype(document["matches"])
    elif isinstance(document, dict) and ("Results" in document or "ArtifactName" in document):
        found = _trivy(document.get("Results") or [])
    if found is None:
        raise UsageError(
            "the vulnerability report is neither Trivy's nor Grype's",
            hint="make it with trivy image -f json or grype -o json",
        )
    return list(dict.fromkeys(found))


def _trivy(results: object) -> Iterator[Vulnerability]:
    for result in _objects(results):
        kind = _TYPES.get(_text(result.get("Type")).lower())
        for row in _objects(result.get("Vulnerabilities")):
            yield Vulnerability(
                _text(row.get("VulnerabilityID")),
                _severity(row.get("Severity")),
                kind,
                _text(row.get("PkgName")),
                _text(row.get("InstalledVersion")),
                _text(row.get("FixedVersion")),
            )


def _grype(matches: object) -> Iterator[Vulnerability]:
    for match in _objects(matches):
        about, artifact = match.get("vulnerability"), match.get("artifact")
        if not isinstance(about, dict) or not isinstance(artifact, dict):
            continue
        fix = about.get("fix")
        versions = fix.get("versions") if isinstance(fix, dict) else None
        yield Vulnerability(
            _text(about.get("id")),
            _severity(about.get("severity")),
            _TYPES.get(_text(artifact.get("type")).lower()),
            _text(artifact.get("name")),
            _text(artifact.get("version")),
            ", ".join(v for v in versions if isinstance(v, str))
            if isinstance(versions, list)
            else "",
        )


def assign(inventory: Inventory, found: Iterable[Vulnerability]) -> Assigned:
    """Put vulnerabilities beside the packages that have them."""
    places: dict[tuple[Ecosystem, str, str], list[int]] = {}
    for i, package in enumerate(inventory.packages):
        for name in _names(package.ecosystem, package.name):
            places.setdefault((package.ecosystem, name, _plain(package.version)), []).append(i)
    by_package: dict[int, list[Vulnerability]] = {}
    unmatched = []
    for each in found:
        kinds = [each.ecosystem] if each.ecosystem is not None else list(Ecosystem)
        matched = [
            i
            for kind in kinds
            for name in _names(kind, each.package)
            for i in places.get((kind, name, _plain(each.version)), ())
        ]
        if not matched:
            unmatched.append(each)
        for i in dict.fromkeys(matched):
            by_package.setdefault(i, []).append(each)
    for rows in by_package.values():
        rows.sort(key=lambda each: (SEVERITIES.index(each.severity), each.id))
    return Assigned(by_package, unmatched)


def _names(kind: Ecosystem, name: str) -> list[str]:
    """The spellings under which a package is looked up; scanners write Maven's in two ways."""
    if kind is Ecosystem.PYPI:
        return [re.sub(r"[-_.]+", "-", name).lower()]
    if kind is Ecosystem.MAVEN and ":" in name:
        return [name, name.rpartition(":")[2]]
    return [name]


def _plain(version: str) -> str:
    """A version without epoch zero and the ``v`` of Go modules."""
    return version.removeprefix("0:").removeprefix("v")


def _severity(value: object) -> str:
    word = _text(value).lower()
    return word if word in SEVERITIES else "unknown"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
