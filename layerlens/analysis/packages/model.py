"""Packages: what an image's own databases say is installed, and the files that are theirs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Ecosystem(StrEnum):
    """Kinds of packages; the values are the types of package URLs (purl-spec)."""

    DEB = "deb"
    APK = "apk"
    RPM = "rpm"
    ALPM = "alpm"
    PYPI = "pypi"
    NPM = "npm"
    GEM = "gem"
    COMPOSER = "composer"
    GOLANG = "golang"
    MAVEN = "maven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One package as a database lists it; parsers give these, from bytes alone.

    ``files``      paths that are the package's, without a leading slash
    ``directories`` whole trees that are its own (``app/node_modules/left-pad``);
                   a nested package's tree is that package's
    ``docs``       those of the files that the package itself calls documentation,
                   licences not among them
    ``declared``   installed bytes as the database states them
    ``requires``   names of what it needs, as the database writes them, one per
                   dependency (alternatives and versions included)
    ``recommends`` likewise what it would like to have
    ``provides``   other names that it answers to
    ``manual``     whether somebody asked for it by name (``None``: not known)
    ``dev``        whether it is there for development only (``None``: not known)
    ``essential``  whether the system needs it whatever asks for it
    ``details``    what one ecosystem only has (``priority``, ``origin``, ``epoch``, …)
    """

    ecosystem: Ecosystem
    name: str
    version: str
    arch: str = ""
    licence: str = ""
    files: Sequence[bytes] = ()
    directories: Sequence[bytes] = ()
    docs: Sequence[bytes] = ()
    declared: int | None = None
    requires: tuple[str, ...] = ()
    recommends: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    manual: bool | None = None
    dev: bool | None = None
    essential: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package of the final filesystem.

    ``database`` is the path that lists it; ``layer`` the lowest layer whose
    database lists this name and version, without a break up to the top;
    ``versions`` the live regular files (versions of the filesystem) that are
    its own; ``bytes`` their content bytes, each inode once.
    """

    listed: Listed
    database: bytes
    layer: int
    versions: Sequence[int]
    bytes: int

    @property
    def name(self) -> str:
        return self.listed.name

    @property
    def version(self) -> str:
        return self.listed.version

    @property
    def ecosystem(self) -> Ecosystem:
        return self.listed.ecosystem


@dataclass(frozen=True, slots=True)
class PackageChange:
    """What one layer did to the packages of one database.

    ``removed`` and the old side of ``upgraded`` are as the layer below lists them.
    """

    layer: int
    database: bytes
    added: tuple[Listed, ...] = ()
    removed: tuple[Listed, ...] = ()
    upgraded: tuple[tuple[Listed, Listed], ...] = ()


@dataclass(frozen=True, slots=True)
class Inventory:
    """All packages of an image.

    ``packages`` in the order of ecosystem, name, version, database; ``owners``
    maps a live version to the index of the package that it belongs to (the
    system's package before a language's); ``changes`` is what each layer did,
    lowest first; ``problems`` are databases that could not be read: (path, why).
    """

    packages: tuple[Package, ...] = ()
    owners: Mapping[int, int] = field(default_factory=dict)
    changes: tuple[PackageChange, ...] = ()
    problems: tuple[tuple[bytes, str], ...] = ()

    def of(self, *ecosystems: Ecosystem) -> list[Package]:
        """The packages of some ecosystems."""
        return [package for package in self.packages if package.ecosystem in ecosystems]

    def owner(self, version: int) -> Package | None:
        """The package that a live version belongs to."""
        index = self.owners.get(version)
        return None if index is None else self.packages[index]

    def unowned(self, versions: Iterable[int]) -> array[int]:
        """Those of some live versions that no package owns."""
        return array("q", (version for version in versions if version not in self.owners))


def first_owners(versions: Sequence[Sequence[int]]) -> dict[int, int]:
    """Version -> index of the first package that has it, given each package's versions."""
    owners: dict[int, int] = {}
    for index in range(len(versions) - 1, -1, -1):
        owners.update(dict.fromkeys(versions[index], index))
    return owners
