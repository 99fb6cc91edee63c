"""Every dead inode gets one fate: the most telling reason why its bytes are dead.

The filesystem knows causes (deleted, replaced, …).  Seen together with what
the killing layer holds, a deletion may be a move, a replacement an append, an
equal copy a ``chmod``: each of these has a mending of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.dead.archives import is_passing_archive
from layerlens.analysis.rules.dead.contents import Comparing
from layerlens.analysis.rules.ecosystems import is_manifest_or_lock
from layerlens.filesystem.changes import Cause, Change
from layerlens.layers.table import Kind

_COPYING = frozenset({"COPY", "ADD"})
WHOLE_SHARE = 0.8
"""Share of a base's files from which copying over them is copying the whole filesystem."""
WHOLE_FILES = 50
"""Files of a base below which nothing is said of whole filesystems."""
_FEW_ENTRIES = 20
_RAW, _TIMES = 48, 24
"""Bytes that a table keeps of each header; those before size and time are mode and owner."""
LEAST_MOVED = 10_000
"""Bytes below which equal files at another path are no move worth telling."""


class Fate(StrEnum):
    """Why bytes are dead, more closely than :class:`~layerlens.filesystem.changes.Cause`."""

    MOVED = "moved"
    ARCHIVE = "archive"
    DELETED = "deleted"
    HIDDEN = "hidden"
    BECAME = "became"
    APPENDED = "appended"
    REPLACED = "replaced"
    WHOLE_FILESYSTEM = "whole-filesystem"
    MANIFEST = "manifest"
    COPIED_TWICE = "copied-twice"
    OWNER = "owner"
    MODE = "mode"
    LINKED = "linked"
    REWRITTEN = "rewritten"
    LISTED_TWICE = "listed-twice"
    MARKER = "marker"


@dataclass(slots=True)
class Group:
    """Dead inodes of one fate, added in one layer and lost in another (or the same).

    ``successors`` are the versions that took their places, as far as there are
    any, in the order of ``inodes``; ``sure`` is whether all contents were compared.
    """

    fate: Fate
    added: int
    lost: int
    inodes: list[int]
    successors: list[int]
    sure: bool = True


_PLAIN = {
    Cause.DELETED: Fate.DELETED,
    Cause.OPAQUE: Fate.HIDDEN,
    Cause.TYPE_CHANGED: Fate.BECAME,
    Cause.DUPLICATE_ENTRY: Fate.LISTED_TWICE,
    Cause.MARKER: Fate.MARKER,
    Cause.REPLACED: Fate.REPLACED,
    Cause.METADATA: Fate.REWRITTEN,
}


class Fates:
    """Sorts the dead inodes of an image."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._fs = context.fs
        self._comparing = Comparing(context)

    def groups(self, told: AbstractSet[int]) -> list[Group]:
        """All groups, by layers; every dead inode is in exactly one, but for those in ``told``."""
        fs = self._fs
        deaths = fs.deaths
        buckets: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
        layer_of = fs.layer_of
        for inode, cause, lost, name in zip(
            deaths.inode, deaths.cause, deaths.layer, deaths.name, strict=True
        ):
            if inode not in told:
                buckets[lost, layer_of(inode), cause].append((inode, name))
        found: list[Group] = []
        for (lost, added, number), dead in sorted(buckets.items()):
            cause = Cause(number)
            if cause is Cause.METADATA:
                found += self._same(added, lost, dead)
            elif cause is Cause.REPLACED:
                found += self._replaced(added, lost, dead)
            elif cause in (Cause.DELETED, Cause.OPAQUE, Cause.TYPE_CHANGED):
                found += self._gone(_PLAIN[cause], added, lost, dead)
            else:
                found.append(Group(_PLAIN[cause], added, lost, [inode for inode, _ in dead], []))
        return found

    # ------------------------------------------------------------- equal contents

    def _same(self, added: int, lost: int, dead: list[tuple[int, int]]) -> Iterable[Group]:
        successors = self._successors
        sorted_out: dict[Fate, Group] = {}
        copying = self._keyword(lost) in _COPYING
        # Copied before an install, to keep its cache: not with a whole tree.
        apart = len(self._fs.tables[added].names) <= _FEW_ENTRIES
        for inode, name in dead:
            new = successors[name]
            if copying and lost in self._whole_copies:
                fate = Fate.WHOLE_FILESYSTEM
            elif copying:
                is_manifest = apart and is_manifest_or_lock(self._fs.paths[name])
                fate = Fate.MANIFEST if is_manifest else Fate.COPIED_TWICE
            else:
                fate = self._difference(inode, new)
            _put(sorted_out, fate, added, lost, inode, new)
        return sorted_out.values()

    def _difference(self, old: int, upper: int) -> Fate:
        """What makes two versions of one content differ: owner before mode, mode before time."""
        fs = self._fs
        new = fs.inode(upper)
        table, i = fs.slot(fs.headers.get(old, old))
        above, j = fs.slot(fs.headers.get(new, new))
        written = table.raw[i * _RAW : i * _RAW + _TIMES] != above.raw[j * _RAW : j * _RAW + _TIMES]
        if written or table.overrides or above.overrides:
            if (table.uid(i), table.gid(i)) != (above.uid(j), above.gid(j)):
                return Fate.OWNER
            if table.mode(i) != above.mode(j):
                return Fate.MODE
        if table.xattrs.get(i, ()) != above.xattrs.get(j, ()):
            return Fate.MODE
        if new in self._linked and old not in self._linked and table.mtime(i) == above.mtime(j):
            return Fate.LINKED
        return Fate.REWRITTEN

    @cached_property
    def _whole_copies(self) -> frozenset[int]:
        """Layers of ``COPY`` that hold most files of the base once more, unchanged."""
        fs, context = self._fs, self._context
        end = fs.first[max(context.base_layers, 1)] if fs.tables else 0
        files = fs.kinds[:end].count(Kind.FILE)
        if files < WHOLE_FILES:
            return frozenset()
        again: dict[int, int] = defaultdict(int)
        deaths = fs.deaths
        for inode, cause, lost in zip(deaths.inode, deaths.cause, deaths.layer, strict=True):
            if cause == Cause.METADATA and inode < end:
                again[lost] += 1
        return frozenset(layer for layer, count in again.items() if count >= WHOLE_SHARE * files)

    # ------------------------------------------------------------- other contents

    def _replaced(self, added: int, lost: int, dead: list[tuple[int, int]]) -> Iterable[Group]:
        successors = self._successors
        sorted_out: dict[Fate, Group] = {}
        for inode, name in dead:
            new, fate, sure = successors[name], Fate.REPLACED, True
            begins = self._comparing.begins_with(new, inode)
            if begins is not None:
                fate, sure = Fate.APPENDED, begins
            _put(sorted_out, fate, added, lost, inode, new, sure=sure)
        return sorted_out.values()

    # ------------------------------------------------------------- nothing at the path

    def _gone(
        self, plain: Fate, added: int, lost: int, dead: list[tuple[int, int]]
    ) -> Iterable[Group]:
        fs = self._fs
        sorted_out: dict[Fate, Group] = {}
        moved: dict[int, tuple[int, bool]] = {}
        if self._keyword(lost) not in _COPYING:
            moved = self._comparing.moved([inode for inode, _ in dead], lost)
            if sum(fs.size(inode) for inode in moved) < LEAST_MOVED:
                moved = {}
        texts = self._text(added) + "\n" + self._text(lost)
        few = self._keyword(added) in _COPYING and len(fs.tables[added]) <= 40
        for inode, name in dead:
            target = moved.get(inode)
            if target is not None:
                _put(sorted_out, Fate.MOVED, added, lost, inode, target[0], sure=target[1])
            elif is_passing_archive(fs.paths[name], texts, alone=few):
                _put(sorted_out, Fate.ARCHIVE, added, lost, inode, None)
            else:
                _put(sorted_out, plain, added, lost, inode, None)
        return sorted_out.values()

    # ------------------------------------------------------------- what all need

    @cached_property
    def _successors(self) -> dict[int, int]:
        """Version -> the one that came over it."""
        changes = self._fs.changes
        return {
            old: new for new, old in self._fs.previous.items() if changes[new] != Change.UNCHANGED
        }

    @cached_property
    def _linked(self) -> frozenset[int]:
        """Inodes with several names."""
        return frozenset(self._fs.inodes.values())

    def _keyword(self, layer: int) -> str:
        return self._context.histories[layer].instruction.keyword

    def _text(self, layer: int) -> str:
        instruction = self._context.histories[layer].instruction
        return instruction.text if instruction.keyword == "RUN" else ""


def _put(
    groups: dict[Fate, Group],
    fate: Fate,
    added: int,
    lost: int,
    inode: int,
    successor: int | None,
    *,
    sure: bool = True,
) -> None:
    group = groups.get(fate)
    if group is None:
        group = groups[fate] = Group(fate, added, lost, [], [])
    group.inodes.append(inode)
    if successor is not None:
        group.successors.append(successor)
    group.sure = group.sure and sure


def fates(context: Context, told: AbstractSet[int] = frozenset()) -> Sequence[Group]:
    """What became of all dead inodes of an image, but for those told elsewhere."""
    return Fates(context).groups(told)
