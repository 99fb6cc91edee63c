"""Which live bytes packages own, and which no package does."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable

from layerlens.analysis.packages.model import Inventory
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind


def unowned_files(fs: Filesystem, inventory: Inventory) -> array[int]:
    """Live versions of regular files that no package owns: of each inode the first name."""
    inodes, kinds, regular = fs.inodes, fs.kinds, int(Kind.FILE)
    owned = {inodes.get(version, version) for version in inventory.owners}
    found: dict[int, int] = {}
    for version in fs.live.values():
        inode = inodes.get(version, version)
        if kinds[inode] == regular and inode not in owned:
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
    paths, inodes, sizes = fs.paths, fs.inodes, fs.sizes()
    # By whole directories first: there are fewer of these than of files.
    heads: defaultdict[bytes, int] = defaultdict(int)
    for version in versions:
        path = paths[version]
        heads[path[: path.rfind(b"/")] if b"/" in path else path] += sizes[
            inodes.get(version, version)
        ]
    sums: Counter[bytes] = Counter()
    for head, size in heads.items():
        sums[b"/".join(head.split(b"/", 2)[:2])] += size
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
