"""Which live bytes packages own, and which no package does."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable

from layerlens.analysis.packages.model import Inventory
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind


def unowned_files(fs: Filesystem, inventory: Inventory) -> array[int]:
    """Live versions of regular files that no package owns: of each inode the first name."""
    inodes, kinds = fs.inodes, fs.kinds
    owned = {inodes.get(version, version) for version in inventory.owners}
    found: dict[int, int] = {}
    for version in fs.live.values():
        inode = inodes.get(version, version)
        if kinds[inode] == Kind.FILE and inode not in owned:
            found.setdefault(inode, version)
    return array("q", found.values())


def owned_inodes(fs: Filesystem, inventory: Inventory) -> dict[int, int]:
    """Inode -> the first package that owns one of its names; the others are unowned."""
    inodes = fs.inodes
    found: dict[int, int] = {}
    for version, package in inventory.owners.items():
        inode = inodes.get(version, version)
        if found.get(inode, package) >= package:
            found[inode] = package
    return found


def by_directory(fs: Filesystem, versions: Iterable[int]) -> list[tuple[bytes, int]]:
    """The bytes of some files by the first two parts of their directories, the most first."""
    sums: Counter[bytes] = Counter()
    sizes = fs.sizes()
    for version in versions:
        sums[_top(fs.paths[version])] += sizes[fs.inode(version)]
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


def _top(path: bytes) -> bytes:
    parts = path.split(b"/")
    return b"/".join(parts[: min(2, len(parts) - 1)]) or path
