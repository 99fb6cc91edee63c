"""How bytes add up: what a set of findings frees, each byte once.

A file goes when all its names go.  Of a file that is kept, named parts may go
(debug sections); a part that two findings name goes once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind


class Going(Protocol):
    """What would go: a draft or a finding."""

    @property
    def versions(self) -> Sequence[int]:
        """Versions of files, whole."""

    @property
    def parts(self) -> Mapping[int, Mapping[str, int]]:
        """Version -> {name of a part: bytes}."""


def live_names(fs: Filesystem) -> Mapping[int, Sequence[int]]:
    """Inode -> all live versions that name it, for regular files with several names."""
    inodes, kinds = fs.inodes, fs.kinds
    if not inodes:
        return {}
    linked = set(inodes.values())
    names: dict[int, list[int]] = defaultdict(list)
    for version in fs.live.values():
        inode = inodes.get(version, version)
        if inode in linked and kinds[inode] == Kind.FILE:
            names[inode].append(version)
    return {inode: sorted(found) for inode, found in names.items() if len(found) > 1}


class Savings:
    """The bytes of versions of one filesystem.

    ``names_of`` gives the live versions of each inode that has several.
    """

    def __init__(self, fs: Filesystem, names_of: Mapping[int, Sequence[int]]) -> None:
        self._fs = fs
        self._names_of = names_of

    def freed(self, groups: Iterable[Going]) -> dict[int, int]:
        """Inode -> bytes that go when all groups go."""
        fs, names_of = self._fs, self._names_of
        whole: set[int] = set()
        parts: dict[int, dict[str, int]] = defaultdict(dict)
        for group in groups:
            whole.update(group.versions)
            for version, named in group.parts.items():
                kept = parts[fs.inode(version)]
                for name, size in named.items():
                    kept[name] = max(size, kept.get(name, 0))
        if whole:
            inodes = fs.inodes
            gone = {inodes.get(version, version) for version in whole} if inodes else whole
            if names_of:
                gone = {
                    inode
                    for inode in gone
                    if inode not in names_of or whole.issuperset(names_of[inode])
                }
        else:
            gone = whole
        sizes = self._sizes(gone)
        for inode, named in parts.items():
            if inode not in sizes:
                sizes[inode] = min(sum(named.values()), fs.size(inode))
        return sizes

    def _sizes(self, inodes: Iterable[int]) -> dict[int, int]:
        """Sizes of regular files, found layer by layer: there may be a million."""
        fs = self._fs
        sizes: dict[int, int] = {}
        layer, first, end, column = -1, 0, -1, fs.tables[0].sizes if fs.tables else None
        for inode in sorted(inodes):
            if inode >= end:
                layer = fs.layer_of(inode)
                first, end, column = fs.first[layer], fs.first[layer + 1], fs.tables[layer].sizes
            assert column is not None
            i = inode - first
            sizes[inode] = column[i] if i < len(column) else 0
        return sizes

    def wire(self, freed: Mapping[int, int]) -> int | None:
        """Bytes on the wire of freed inodes, ``None`` where a layer is stored uncompressed.

        A part of a file counts as its share of the file's.
        """
        fs = self._fs
        total = 0
        for inode, size in freed.items():
            if not size:
                continue
            table, i = fs.slot(inode)
            wire = table.wire(i, size)
            if wire is None:
                return None
            total += wire
        return total
