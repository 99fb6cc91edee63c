"""Package URLs (purl-spec): the names by which scanners know packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from layerlens.analysis.packages.model import Ecosystem, Listed

_DEFAULT_NAMESPACE = {Ecosystem.DEB: "debian", Ecosystem.APK: "alpine", Ecosystem.ALPM: "arch"}


@dataclass(frozen=True, slots=True)
class Distribution:
    """What ``os-release`` says: ``id`` (``debian``), ``version`` (``12``), ``name`` for people."""

    id: str = ""
    version: str = ""
    name: str = ""


def distribution(os_release: bytes | None) -> Distribution:
    """Read ``os-release`` (freedesktop.org, os-release(5)); nothing where there is none."""
    fields: dict[str, str] = {}
    for row in (os_release or b"").decode("utf-8", "replace").splitlines():
        key, equals, value = row.partition("=")
        if equals:
            fields[key.strip()] = value.strip().strip("\"'")
    return Distribution(
        fields.get("ID", ""), fields.get("VERSION_ID", ""), fields.get("PRETTY_NAME", "")
    )


def purl(listed: Listed, distro: Distribution) -> str:
    """The package URL of a package.

    A distribution's packages carry its name as namespace and ``distro``, by
    which Trivy, Grype and Clair choose the advisories; ``upstream`` names the
    source package, whose name advisories use.
    """
    from packageurl import PackageURL  # late: few runs need it

    ecosystem = listed.ecosystem
    namespace: str | None = None
    name = listed.name
    qualifiers: dict[str, str] = {}
    if ecosystem in (Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM):
        namespace = distro.id or _DEFAULT_NAMESPACE.get(ecosystem)
        if listed.arch:
            qualifiers["arch"] = listed.arch
        if distro.id and distro.version:
            qualifiers["distro"] = f"{distro.id}-{distro.version}"
        source = listed.details.get("source") or listed.details.get("origin")
        if source and source != name:
            qualifiers["upstream"] = source
        if ecosystem is Ecosystem.RPM and listed.details.get("epoch"):
            qualifiers["epoch"] = listed.details["epoch"]
    elif ecosystem is Ecosystem.MAVEN and ":" in name:
        namespace, _, name = name.partition(":")
    elif "/" in name:
        namespace, _, name = name.rpartition("/")
    return _text(PackageURL, ecosystem.value, namespace, name, listed.version, qualifiers)


def _text(
    make: type,
    kind: str,
    namespace: str | None,
    name: str,
    version: str,
    qualifiers: Mapping[str, str],
) -> str:
    try:
        return str(make(kind, namespace, name, version or None, qualifiers or None).to_string())
    except (ValueError, TypeError):  # a name that no package can have, or none but slashes
        return ""
