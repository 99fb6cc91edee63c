"""The packages of an image, for the report's page.

Packages name each other by their index, and rows keep the order of the inventory: the
page's files say by that index whose they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.closure import Dependencies
from layerlens.analysis.packages.model import Listed, Package
from layerlens.analysis.packages.unowned import by_directory, owned_inodes, unowned_files
from layerlens.analysis.packages.why import Why, reasons
from layerlens.filesystem.result import Filesystem
from layerlens.outputs.display import encodable, name_fields
from layerlens.outputs.html.tree import Columns

Json = dict[str, Any]

_MOST_DIRECTORIES = 50
_MOST_DETAILS = 20
_LONG = 2_000
"""Characters of a licence or a detail: some state the whole text of theirs."""


def package_data(analysis: Analysis, columns: Columns) -> Json:
    """``packages`` of the page's data; figures are bytes; ``columns`` are all the image's.

    ``looked`` says whether somebody looked for packages.  ``rows`` are in the order of
    the inventory: ``database`` is an index into ``databases``, ``reason`` why it is
    there, ``above`` the package that it is there for (``None`` where it begins a
    chain), ``requires`` and ``recommends`` the installed packages that it names;
    ``transfer`` is ``None`` where its layers are stored plain.  ``ecosystems`` and
    ``unowned`` add up to the live bytes, each inode counting once.  ``shared``: [rows,
    bytes] of what several packages own, which each of these rows counts.  In ``changes``
    a number is a row, and what is installed no more is [ecosystem, name, version].
    """
    inventory = analysis.inventory
    packages = inventory.packages
    dependencies = Dependencies([package.listed for package in packages])
    whys = reasons(packages, dependencies)
    databases = {
        path: at for at, path in enumerate(dict.fromkeys(each.database for each in packages))
    }
    return {
        "looked": analysis.judged is not None or bool(packages),
        "distribution": encodable(analysis.distribution.name) or None,
        "databases": [name_fields("path", path)["path"] for path in databases],
        "rows": [
            _row(analysis.filesystem, package, whys[at], databases[package.database], columns)
            | {"requires": dependencies.requires[at], "recommends": dependencies.recommends[at]}
            for at, package in enumerate(packages)
        ],
        "ecosystems": _ecosystems(analysis),
        "unowned": _unowned(analysis),
        "shared": _shared(analysis.filesystem, packages),
        "changes": _changes(analysis),
        "problems": [
            {**name_fields("path", path), "why": encodable(why)} for path, why in inventory.problems
        ],
    }


def _row(fs: Filesystem, package: Package, why: Why, database: int, columns: Columns) -> Json:
    listed, inodes = package.listed, fs.inodes
    wire, record_of = columns.wire, columns.record_of
    return {
        "name": encodable(listed.name),
        "version": encodable(listed.version),
        "ecosystem": listed.ecosystem.value,
        "arch": encodable(listed.arch),
        "licence": encodable(listed.licence[:_LONG]),
        "bytes": package.bytes,
        "transfer": (
            None
            if wire is None
            else sum(
                wire[record_of[each]] for each in {inodes.get(own, own) for own in package.versions}
            )
        ),
        "declared": listed.declared,
        "files": len(package.versions),
        "layer": package.layer,
        "database": database,
        "reason": why.reason.value,
        "above": why.chain[-2] if len(why.chain) > 1 else None,
        "details": {
            encodable(key): encodable(value[:_LONG])
            for key, value in list(listed.details.items())[:_MOST_DETAILS]
        },
    }


def _ecosystems(analysis: Analysis) -> list[Json]:
    """What the packages of each ecosystem own, in the order of the inventory."""
    packages, sizes = analysis.inventory.packages, analysis.filesystem.sizes()
    found: dict[str, Json] = {}
    for package in packages:
        word = package.ecosystem.value
        row = found.setdefault(word, {"ecosystem": word, "packages": 0, "bytes": 0, "files": 0})
        row["packages"] += 1
    for inode, owner in owned_inodes(analysis.filesystem, analysis.inventory).items():
        row = found[packages[owner].ecosystem.value]
        row["bytes"] += sizes[inode]
        row["files"] += 1
    return list(found.values())


def _shared(fs: Filesystem, packages: Sequence[Package]) -> list[tuple[list[int], int]]:
    """Packages and the bytes of the inodes that all of them, and no other, own."""
    inodes, sizes = fs.inodes, fs.sizes()
    first: dict[int, int] = {}
    several: dict[int, list[int]] = {}
    for at, package in enumerate(packages):
        for inode in {inodes.get(own, own) for own in package.versions}:
            if first.setdefault(inode, at) != at:
                several.setdefault(inode, [first[inode]]).append(at)
    sums: Counter[tuple[int, ...]] = Counter()
    for inode, rows in several.items():
        sums[tuple(rows)] += sizes[inode]
    return [(list(rows), size) for rows, size in sorted(sums.items()) if size]


def _unowned(analysis: Analysis) -> Json:
    """What no package owns: how much of it the base brought, and where it lies."""
    fs = analysis.filesystem
    versions, sizes = unowned_files(fs, analysis.inventory), fs.sizes()
    inode_of = fs.inodes
    inodes = [inode_of.get(version, version) for version in versions]
    yours = fs.first[analysis.base.layers]
    directories = by_directory(fs, versions)
    return {
        "bytes": sum(sizes[inode] for inode in inodes),
        "base_bytes": sum(sizes[inode] for inode in inodes if inode < yours),
        "files": len(versions),
        "directories": [
            {**name_fields("path", path), "bytes": size}
            for path, size in directories[:_MOST_DIRECTORIES]
        ],
        "more_directories": max(0, len(directories) - _MOST_DIRECTORIES),
    }


def _changes(analysis: Analysis) -> list[Json]:
    inventory = analysis.inventory
    rows = {_identity(each.listed): at for at, each in enumerate(inventory.packages)}
    return [
        {
            "layer": change.layer,
            "database": name_fields("path", change.database)["path"],
            "added": _named(change.added, rows),
            "removed": _named(change.removed, rows),
            "upgraded": [_named(pair, rows) for pair in change.upgraded],
        }
        for change in inventory.changes
    ]


def _named(every: Iterable[Listed], rows: Mapping[object, int]) -> list[int | tuple[str, str, str]]:
    return [
        rows[identity]
        if (identity := _identity(each)) in rows
        else (each.ecosystem.value, encodable(each.name), encodable(each.version))
        for each in every
    ]


def _identity(listed: Listed) -> object:
    return listed.ecosystem, listed.name, listed.version, listed.arch
