"""Where the Pythons of an image are, and which installed packages see each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from layerlens.analysis.packages.model import Ecosystem, Package
from layerlens.analysis.packages.pyrecord import site_of
from layerlens.analysis.rules.context import Context

_SYSTEMS = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM})


def system_owned(context: Context, version: int | None) -> bool:
    """Whether a file belongs to a package of the distribution."""
    owner = None if version is None else context.inventory.owner(version)
    return owner is not None and owner.ecosystem in _SYSTEMS


def system_packages(context: Context) -> frozenset[int]:
    """Places of the distribution's packages in the inventory."""
    packages = context.inventory.packages
    return frozenset(i for i, package in enumerate(packages) if package.ecosystem in _SYSTEMS)


def encoded(text: str) -> bytes:
    """A path as the details of packages have it, as the filesystem has it."""
    return text.encode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Environment:
    """Packages that may need each other: a virtual environment, or all that is not in one.

    ``prefix`` is the virtual environment's directory; ``pythons`` are versions of its
    interpreters, with the patch level where it is known.
    """

    context: Context
    prefix: bytes
    packages: list[Package] = field(default_factory=list)
    pythons: list[str] = field(default_factory=list)

    def is_system(self, package: Package) -> bool:
        """Whether the distribution installed a package."""
        path = encoded(package.listed.details.get("metadata", ""))
        return system_owned(self.context, self.context.files.find(path))

    @property
    def shown(self) -> str:
        """The directory to name for it."""
        if self.prefix:
            return self.prefix.decode("utf-8", "surrogateescape")
        sites = [package.listed.details.get("site", "") for package in self.packages]
        return max(set(sites), key=lambda site: (sites.count(site), site))


def virtual_environments(context: Context) -> dict[bytes, dict[str, str]]:
    """Live virtual environments: directory -> what their ``pyvenv.cfg`` says."""
    live = context.fs.live
    paths = (
        (path, version)
        for version in context.kept_versions(lambda path: path.endswith(b"pyvenv.cfg"))
        if live.get(path := context.path(version)) == version
    )
    return {
        path[: -len(b"/pyvenv.cfg")]: parse_venv(context.content(version) or b"")
        for path, version in sorted(paths)
    }


def parse_venv(data: bytes) -> dict[str, str]:
    """``pyvenv.cfg``: keys in lower case (PEP 405)."""
    found = {}
    for line in data[: 1 << 16].decode("utf-8", "surrogateescape").splitlines():
        key, equals, value = line.partition("=")
        if equals:
            found[key.strip().lower()] = value.strip()
    return found


def environments(context: Context, packages: Sequence[Package]) -> list[Environment]:
    """The packages by environment.

    Egg-infos beside sources belong to every one: who knows where they are used.
    """
    isolated = {
        prefix: about
        for prefix, about in virtual_environments(context).items()
        if about.get("include-system-site-packages", "").lower() != "true"
    }
    found: dict[bytes, Environment] = {}
    everywhere = []
    for package in packages:
        if package.listed.details.get("source"):
            everywhere.append(package)
            continue
        site = site_of(encoded(package.listed.details.get("site", "")))
        prefix = site.prefix if site.prefix in isolated and site.prefix else b""
        environment = found.setdefault(prefix, Environment(context, prefix))
        environment.packages.append(package)
        if site.python and site.python not in environment.pythons:
            environment.pythons.append(site.python)
    for prefix, environment in found.items():
        environment.packages += everywhere
        if not environment.pythons:
            environment.pythons = _minor_versions(context)
        about = isolated.get(prefix, {})
        # uv and virtualenv write the version's patch level under other names than venv.
        exact = about.get("version") or about.get("version_info") or ""
        exact = exact if prefix else context.env.get("PYTHON_VERSION", "")
        environment.pythons = [_with_patch(version, exact) for version in environment.pythons]
    return list(found.values())


def _with_patch(version: str, exact: str) -> str:
    match = re.match(r"\d+\.\d+\.\d+", exact)
    return match[0] if match and match[0].startswith(version + ".") else version


def _minor_versions(context: Context) -> list[str]:
    """Versions of the interpreters in the image, such as ``3.11``."""
    parts = (re.fullmatch(r"[a-z-]+(\d)(\d+)t?", tag) for tag in interpreters(context))
    return sorted({f"{match[1]}.{match[2]}" for match in parts if match})


# Literal beginnings, so that the search is fast: there are as many such names as files.
_PYTHONS = (
    re.compile(rb"python(\d+)\.(\d+)(t?)(?:/os\.py|\.so[^/\0]*)?(?=\0)"),
    re.compile(rb"pypy(\d+)\.(\d+)(t?)(?:/os\.py|\.so[^/\0]*)?(?=\0)"),
)
"""The program, the first module of its library, or what programs embed it by."""


def interpreters(context: Context) -> frozenset[str]:
    """Tags of the Pythons that the image has (``cpython-311``), by programs and libraries."""
    joined = context.files.joined
    return frozenset(
        start + b"".join(match.groups()).decode()
        for start, pattern in zip(("cpython-", "pypy"), _PYTHONS, strict=True)
        for match in pattern.finditer(joined)
        if joined.endswith((b"bin/", b"lib/", b"lib32/", b"lib64/", b"/lib"), 0, match.start())
    )


def path_ending_at(joined: bytes, end: int) -> bytes:
    """The beginning of a path in :attr:`Files.joined`, up to some place."""
    return joined[joined.rfind(b"\0", 0, end) + 1 : end]


def shadowed(packages: Sequence[Package]) -> list[tuple[Package, Package]]:
    """Pairs of one name that one interpreter finds in two places: the first hides the second."""
    named: dict[str, list[Package]] = {}
    for package in packages:
        if not package.listed.details.get("source"):
            named.setdefault(package.name, []).append(package)
    return [
        (first, second)
        for same in named.values()
        if len(same) > 1
        for first in same
        for second in same
        if first is not second and _hides(first, second)
    ]


def _hides(first: Package, second: Package) -> bool:
    """Whether an interpreter comes to the first one's directory before the second's.

    Debian's order is ``/usr/local/lib/python3.N/dist-packages`` before
    ``/usr/lib/python3/dist-packages``; a user's own directory comes before both.
    """
    one = site_of(encoded(first.listed.details.get("site", "")))
    other = site_of(encoded(second.listed.details.get("site", "")))
    if one.path == other.path or one.prefix is None or other.prefix is None:
        return False
    if one.prefix.endswith(b"/.local") or one.prefix == b".local":
        return other.prefix in {b"usr", b"usr/local"} and other.python in {one.python, ""}
    return (
        one.prefix == b"usr/local"
        and other.prefix == b"usr"
        and one.path.endswith(b"/dist-packages")
        and other.path.endswith(b"/dist-packages")
        and other.python in {one.python, ""}
    )
