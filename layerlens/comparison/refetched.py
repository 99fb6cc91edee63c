"""Bytes that clients fetch again although nothing in them changed that matters."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from layerlens.analysis.model import Analysis
from layerlens.comparison.model import (
    LayerPair,
    Path,
    Pointless,
    PullDelta,
    Refetched,
    SameContent,
)
from layerlens.comparison.moves import ContentKey, content_keys
from layerlens.comparison.twins import Twins
from layerlens.filesystem.result import Filesystem, path_order
from layerlens.layers.names import parent
from layerlens.layers.table import Kind

_BYTECODE = re.compile(
    rb"(?P<at>(?:.*/)?)__pycache__/(?P<name>[^/]+?)\.[^./]+(?:\.opt-[12])?\.pyc"
    rb"|(?P<beside>.+)\.pyc",
    re.DOTALL,
)
"""PEP 3147 and PEP 488: where Python keeps what it compiled."""

_WRITTEN = re.compile(
    rb"(?:var/(?:log|tmp)|tmp)/"
    rb"|var/cache/"
    rb"|var/lib/(?:apt/lists|dpkg/[^/]+-old|yum|dnf|rpm/__db|systemd/catalog)"
    rb"|(?:root|home/[^/]+)/\.(?:cache|npm|composer/cache|gem/specs)/"
    rb"|(?:.*/)?\.npm/_logs/"
    rb"|.*\.log(?:\.\d+)?\Z",
    re.DOTALL,
)
"""Logs and caches that differ with every build; known places, no rule's claim."""


def refetched(
    old: Analysis,
    new: Analysis,
    layers: Sequence[LayerPair],
    pull: PullDelta,
    unchanged: Unchanged,
) -> tuple[tuple[Refetched, ...], Mapping[int, int]]:
    """Each file of the layers that must be fetched in one reason at most; the largest first.

    A file counts that the old image has, in the layer of the same step or in its final
    filesystem.  Where it cannot be told whether contents are the same, it does not count.
    Beside it, by layer, the bytes of those that are the same at the same path.
    """
    look = _Look(old.filesystem, new.filesystem, unchanged)
    step = {pair.new: pair.old for pair in layers if pair.new is not None}
    once: set[object] = set()
    for n in pull.fetched:
        blob = new.layers[n].digest or new.layers[n].diff_id or n
        if n in unchanged.twins.layers:
            continue  # the same layer, compressed in another way: no build can help that
        if blob not in once:
            once.add(blob)
            look.layer(n, step.get(n))
    return look.result(), look.same


@dataclass(frozen=True, slots=True)
class Unchanged:
    """What comparing paths found out about contents.

    ``equal`` maps contents of the new image to the old one's of their path, ``moved``
    are the new image's contents that were elsewhere.
    """

    twins: Twins
    equal: Mapping[int, int]
    moved: Collection[int]
    same: SameContent


class _Look:
    def __init__(self, old: Filesystem, new: Filesystem, unchanged: Unchanged) -> None:
        self._old, self._new = old, new
        self._unchanged = unchanged
        self._old_sizes = old.sizes()
        self._key_of = content_keys(new)
        self._files: dict[Pointless, list[tuple[int, Path]]] = defaultdict(list)
        self._wire: dict[Pointless, int | None] = {}
        self._layers: dict[Pointless, set[int]] = defaultdict(set)
        self._elsewhere: set[ContentKey] | None = None
        self._folders_of: Mapping[Path, int] = {}
        self._folders: set[Path] = set()
        self.same: Counter[int] = Counter()

    def layer(self, n: int, step: int | None) -> None:
        """Look at one layer of the new image; ``step`` is the old one's of the same step."""
        new = self._new
        table = new.tables[n]
        before = {} if step is None else self._entries(step)
        wires = table.wires()
        start = new.first[n]
        is_file = int(Kind.FILE)
        paths, kinds, equal = new.paths, table.kinds, self._unchanged.equal
        for i, size in enumerate(table.sizes):
            if not size or kinds[i] != is_file:
                continue
            version = start + i
            path = paths[version]
            reason: Pointless | None = Pointless.SAME
            if version not in equal:
                reason = self._reason(path, version, size, before)
            if reason is None:
                continue
            self._files[reason].append((size, path))
            self._layers[reason].add(n)
            if reason is Pointless.SAME:
                self.same[n] += size
            so_far = self._wire.get(reason, 0)
            self._wire[reason] = None if wires is None or so_far is None else so_far + wires[i]

    def _entries(self, layer: int) -> dict[Path, int]:
        """Path -> version of the regular files that an old layer brings."""
        old = self._old
        start = old.first[layer]
        kinds, paths = old.tables[layer].kinds, old.paths
        is_file = int(Kind.FILE)
        return {paths[start + i]: start + i for i, kind in enumerate(kinds) if kind == is_file}

    def _reason(
        self, path: Path, version: int, size: int, before: Mapping[Path, int]
    ) -> Pointless | None:
        inodes = self._old.inodes
        olds = [
            inodes.get(each, each)
            for each in (before.get(path), self._old.live.get(path))
            if each is not None
        ]
        if olds and any(self._is_same(each, version, size) for each in olds):
            return Pointless.SAME
        if version in self._unchanged.moved or self._is_elsewhere(version):
            return Pointless.MOVED
        if olds and path.endswith(b".pyc") and self._same_source(path):
            return Pointless.BYTECODE
        if _WRITTEN.match(path) and (olds or self._writes_beside(path, before)):
            return Pointless.LOG
        return None

    def _writes_beside(self, path: Path, before: Mapping[Path, int]) -> bool:
        """Whether the step wrote into that directory before: names may tell the time."""
        if self._folders_of is not before:
            self._folders_of = before
            self._folders = {parent(each) for each in before}
        return parent(path) in self._folders

    def _is_same(self, old: int, new: int, size: int) -> bool:
        if self._old.kinds[old] != Kind.FILE or self._old_sizes[old] != size:
            return False
        unchanged = self._unchanged
        return unchanged.twins.versions[new] == old or unchanged.same(old, new) is True

    def _is_elsewhere(self, version: int) -> bool:
        key = self._key_of(version)
        if key is None:
            return False
        if self._elsewhere is None:
            old = self._old
            inodes = {old.inode(each) for each in old.live.values()}
            key_of = content_keys(old)
            keys = (key_of(each) for each in sorted(inodes) if self._old_sizes[each])
            self._elsewhere = {each for each in keys if each is not None}
        return key in self._elsewhere

    def _same_source(self, path: Path) -> bool:
        """Whether both images have the source of some bytecode, and it did not change."""
        match = _BYTECODE.fullmatch(path)
        if match is None:
            return False
        name = match["beside"]
        source = (match["at"] + match["name"] if name is None else name) + b".py"
        old, new = self._old.live.get(source), self._new.live.get(source)
        if old is None or new is None:
            return False
        a, b = self._old.inode(old), self._new.inode(new)
        if self._unchanged.equal.get(b) == a or self._unchanged.twins.versions[b] == a:
            return True
        return self._new.kinds[b] == Kind.FILE and self._is_same(a, b, self._new.size(b))

    def result(self) -> tuple[Refetched, ...]:
        found = []
        for reason, files in self._files.items():
            files.sort(key=lambda each: (-each[0], path_order(each[1])))
            found.append(
                Refetched(
                    reason=reason,
                    files=len(files),
                    bytes=sum(size for size, _ in files),
                    transfer=self._wire[reason],
                    paths=tuple(path for _, path in files),
                    layers=tuple(sorted(self._layers[reason])),
                )
            )
        found.sort(key=lambda each: (-each.bytes, each.reason))
        return tuple(found)
