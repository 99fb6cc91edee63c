"""How bytes add up: what a set of findings frees, each byte once.

A file goes when all its names go.  Of a file that is kept, named parts may go
(debug sections); a part that two findings name goes once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind

_FEW = 16
"""A layer's share from which on the bytes on the wire of all its entries are found at once."""


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
        self._wired: set[int] = set()
        self._claims: tuple[Mapping[int, tuple[object, int]], array[int]] | None = None

    def freed(self, groups: Iterable[Going]) -> dict[int, int]:
        """Inode -> bytes that go when all groups go."""
        gone, parts = self.going(groups)
        sizes = dict(zip(gone, map(self._all_sizes.__getitem__, gone), strict=True))
        sizes.update(parts)
        return sizes

    def going(self, groups: Iterable[Going]) -> tuple[set[int], dict[int, int]]:
        """What goes when all groups go: whole inodes, and of others inode -> bytes."""
        fs = self._fs
        whole: set[int] = set()
        parts: dict[int, dict[str, int]] = defaultdict(dict)
        for group in groups:
            whole.update(group.versions)
            for version, named in group.parts.items():
                kept = parts[fs.inode(version)]
                for name, size in named.items():
                    kept[name] = max(size, kept.get(name, 0))
        gone = self._gone(whole)
        return gone, {
            inode: min(sum(named.values()), fs.size(inode))
            for inode, named in parts.items()
            if inode not in gone
        }

    def size(self, inodes: Iterable[int]) -> int:
        """Content bytes of whole inodes."""
        return sum(map(self._all_sizes.__getitem__, inodes))

    def claimed(self, gone: Collection[int], claims: Mapping[int, tuple[object, int]]) -> int:
        """What of whole inodes is claimed, given inode -> (class, bytes) for all claims."""
        if len(gone) * _FEW < len(claims):
            return sum(claims[inode][1] for inode in gone if inode in claims)
        if self._claims is None or self._claims[0] is not claims:
            column = array("q", bytes(8 * self._fs.first[-1]))
            for inode, (_, size) in claims.items():
                column[inode] = size
            self._claims = claims, column
        return sum(map(self._claims[1].__getitem__, gone))

    def _gone(self, whole: set[int]) -> set[int]:
        """The inodes that go with all of some names: of those with several, all must."""
        inodes, names_of = self._fs.inodes, self._names_of
        links = whole & inodes.keys()
        gone = (whole - links) | set(map(inodes.__getitem__, links)) if links else whole
        if names_of:
            stay = {
                inode for inode in gone & names_of.keys() if not whole.issuperset(names_of[inode])
            }
            gone = gone - stay
        return gone

    @cached_property
    def _all_sizes(self) -> array[int]:
        return self._fs.sizes()

    @cached_property
    def dead(self) -> frozenset[int]:
        """The dead inodes."""
        return frozenset(self._fs.deaths.inode)

    def wire(self, freed: Mapping[int, int]) -> int | None:
        """Bytes on the wire of freed inodes, ``None`` where a layer is stored uncompressed.

        A part of a file counts as its share of the file's.
        """
        fs = self._fs
        inodes = sorted(freed)
        total = start = 0
        while start < len(inodes):
            layer = fs.layer_of(inodes[start])
            end = bisect_left(inodes, fs.first[layer + 1], start)
            some = inodes[start:end]
            wire = self._layer_wire(layer, some, list(map(freed.__getitem__, some)))
            if wire is None:
                return None
            total += wire
            start = end
        return total

    def wire_of(self, gone: Collection[int], parts: Mapping[int, int]) -> int | None:
        """The same for what :meth:`going` gives; of many inodes at once much quicker."""
        if len(gone) * _FEW < self._fs.first[-1] or not self._all_wired():
            return self.wire(
                dict(zip(gone, map(self._all_sizes.__getitem__, gone), strict=True)) | dict(parts)
            )
        wire = self.wire(parts)
        return None if wire is None else wire + sum(map(self._all_wires.__getitem__, gone))

    def _all_wired(self) -> bool:
        """Find the bytes on the wire of all entries; false where a layer is stored uncompressed."""
        layers = range(len(self._fs.tables))
        if any(self._fs.tables[layer].transfer is None for layer in layers):
            return False
        for layer in layers:
            self._find_wires(layer)
        return True

    def _find_wires(self, layer: int) -> None:
        if layer not in self._wired:
            first, wires = self._fs.first[layer], self._fs.tables[layer].wires()
            assert wires is not None
            self._all_wires[first : first + len(wires)] = wires
            self._wired.add(layer)

    def _layer_wire(self, layer: int, inodes: Sequence[int], freed: Sequence[int]) -> int | None:
        """The same for inodes of one layer, and the bytes that go of each."""
        fs = self._fs
        table, first = fs.tables[layer], fs.first[layer]
        if table.transfer is None:
            return None if any(freed) else 0
        if layer not in self._wired:
            if len(inodes) * _FEW < len(table):
                sizes = zip(inodes, freed, strict=True)
                return sum(table.wire(inode - first, size) or 0 for inode, size in sizes if size)
            self._find_wires(layer)
        whole = list(map(self._all_sizes.__getitem__, inodes))
        found = map(self._all_wires.__getitem__, inodes)
        if whole == freed:
            return sum(found)
        return sum(
            wire if size >= all_of_it else wire * size // all_of_it
            for wire, size, all_of_it in zip(found, freed, whole, strict=True)
        )

    @cached_property
    def _all_wires(self) -> array[int]:
        """Bytes on the wire by inode, for the layers of ``_wired``."""
        return array("q", bytes(8 * self._fs.first[-1]))
