"""Which live names the facts of contents speak of.

Facts are told of the entry that holds the bytes; rules speak of what is left
in the final filesystem, under whatever names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from layerlens.analysis.packages.model import Ecosystem
from layerlens.analysis.rules.context import Context


class Told(NamedTuple):
    """One live file: the version that holds its bytes, its live names in path order, a fact."""

    inode: int
    names: tuple[int, ...]
    fact: Any

    @property
    def name(self) -> int:
        """The version of its first name."""
        return self.names[0]


def live_names(context: Context, inodes: Iterable[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The live names of some inodes, in path order; those without any are left out."""
    fs = context.fs
    wanted = sorted(set(inodes))
    others: dict[int, list[int]] = {}
    if fs.inodes:
        asked = set(wanted)
        for version, inode in fs.inodes.items():
            if inode in asked and fs.live.get(fs.paths[version]) == version:
                others.setdefault(inode, []).append(version)
    for inode in wanted:
        names = others.get(inode, [])
        if fs.live.get(fs.paths[inode]) == inode:
            names.append(inode)
        if names:
            yield inode, tuple(sorted(names, key=lambda version: fs.paths[version]))


def told(
    context: Context, kind: str, matters: Callable[[Any], object] = lambda _: True
) -> list[Told]:
    """The live files of which a fact is known that matters, in the order of layers."""
    facts = context.facts(kind)
    found = [inode for inode, fact in facts.items() if matters(fact)]
    return [Told(inode, names, facts[inode]) for inode, names in live_names(context, found)]


_SYSTEM = frozenset({Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM})
_ITSELF = frozenset({Ecosystem.GOLANG, Ecosystem.MAVEN})
"""Packages that a program or a jar says to be itself: nobody installed it from a database."""


def owned(context: Context, file: Told) -> bool:
    """Whether a package that was installed owns one of a file's names."""
    return bool(_owners(context, file) - _ITSELF)


def system_owned(context: Context, file: Told) -> bool:
    """Whether a package of the distribution owns one of a file's names."""
    return bool(_owners(context, file) & _SYSTEM)


def _owners(context: Context, file: Told) -> set[Ecosystem]:
    """The kinds of packages that own a file's names."""
    owner = context.inventory.owner
    return {package.ecosystem for name in file.names if (package := owner(name)) is not None}


def by_layer(context: Context, files: Iterable[Told]) -> dict[int, list[Told]]:
    """Files by the layer in which their bytes lie."""
    groups: dict[int, list[Told]] = {}
    for file in files:
        groups.setdefault(context.fs.layer_of(file.inode), []).append(file)
    return dict(sorted(groups.items()))


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun."""
    return f"{count} {one}" if count == 1 else f"{count} {many or one + 's'}"
