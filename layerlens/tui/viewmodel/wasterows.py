"""The rows of the waste view: classes of the ledger, groups, findings, files.

A dead file is a row of :attr:`Analysis.waste`; a file that may go is named by
its version, a number: neither gets an object of its own, as there may be
hundreds of thousands.  All sizes are content bytes.
"""

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import compress, repeat
from typing import Any

from layerlens.analysis.model import Analysis, Waste
from layerlens.analysis.rules.findings import Finding
from layerlens.tui.viewmodel.pathfilter import matching
from layerlens.tui.viewmodel.rowfilter import RowFilter
from layerlens.tui.viewmodel.whose import Whose

Path = bytes
"""A path, raw: some of the classes below have a field called ``bytes``."""

Leaf = Waste | int
"""A dead file, or the version of a live one that may go."""


class By(Enum):
    """How files are put together."""

    LOST = "by the layer that lost them"
    CAME = "by the layer that brought them"
    DIRECTORY = "by directory"
    PATH = "each path"


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class of bytes, or (``kind`` is ``total``) all of them.

    ``bytes`` are those of the side that is shown; ``transfer`` and ``files``
    are ``None`` where they are not known for that side.
    """

    kind: str
    name: str
    bytes: int
    base_bytes: int
    your_bytes: int
    transfer: int | None
    files: int | None


@dataclass(frozen=True, slots=True)
class LayerShare:
    """The kept bytes of one layer."""

    layer: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Group:
    """Files of one layer, one directory, or one path that was lost several times.

    ``key`` is the layer's index, or the path, which ends in a slash where it
    stands for a directory and all below it.
    """

    by: By
    key: int | Path
    bytes: int
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """What one finding claims of a class: a version per file, and their bytes.

    ``finding`` is ``None`` for bytes that no finding in the list speaks of.
    ``nth`` tells findings apart that say the same of the same layer.
    """

    finding: Finding | None
    versions: Sequence[int]
    bytes: int
    count: int
    nth: int = 0


Row = ClassRow | LayerShare | Group | Claim | Leaf


def class_rows(analysis: Analysis, side: Whose) -> tuple[list[ClassRow], list[ClassRow]]:
    """The classes that are waste; then those that end the table: what is kept, and the total."""
    rows = [
        ClassRow(
            each.kind,
            each.name,
            _of(side, each.bytes, each.base_bytes),
            each.base_bytes,
            each.bytes - each.base_bytes,
            each.transfer_bytes if side is Whose.ALL else None,
            each.files if side is Whose.ALL else None,
        )
        for each in analysis.ledger
    ]
    wires = [row.transfer for row in rows]
    counts = [row.files for row in rows]
    total = ClassRow(
        "total",
        "total",
        sum(row.bytes for row in rows),
        sum(row.base_bytes for row in rows),
        sum(row.your_bytes for row in rows),
        None if None in wires else sum(wire or 0 for wire in wires),
        None if None in counts else sum(count or 0 for count in counts),
    )
    waste = [row for row in rows if row.kind != "kept"]
    return waste, [*(row for row in rows if row.kind == "kept"), total]


def _of(side: Whose, whole: int, base: int) -> int:
    return whole if side is Whose.ALL else base if side is Whose.BASE else whole - base


def kept_rows(analysis: Analysis) -> list[LayerShare]:
    """The kept bytes by layer: neither dead nor claimed."""
    fs, judged = analysis.filesystem, analysis.judged
    kept = [layer.size - layer.dead_bytes for layer in analysis.layers]
    if judged is not None:
        for inode, (_, size) in judged.claimed.inodes.items():
            kept[fs.layer_of(inode)] -= size
    return [LayerShare(layer, size) for layer, size in enumerate(kept) if size]


# ---------------------------------------------------------------------- findings

_ROUNDS = 4
"""Times that all findings are tried; real images need one or two."""


def claims(analysis: Analysis, name: str) -> list[Claim]:
    """Who claims the bytes of a removable class; their bytes add up to the class's.

    The claims of the ledger do not name findings.  One is found when exactly
    the bytes that a finding claims are left of those that it speaks of; each
    file goes to one finding only.
    """
    judged, fs = analysis.judged, analysis.filesystem
    if judged is None:
        return []
    left = {i: size for i, (what, size) in judged.claimed.inodes.items() if what.value == name}
    waiting: list[tuple[Finding, dict[int, int]]] = []
    for finding in judged.findings:
        wanted = finding.rule.ledger_class
        if finding.claims and finding.claimed and wanted is not None and wanted.value == name:
            names: dict[int, int] = {}
            for version in (*finding.versions, *finding.parts):
                inode = fs.inode(version)
                if inode in left:
                    names.setdefault(inode, version)
            waiting.append((finding, names))
    found: list[Claim] = []
    seen: Counter[tuple[str, int | None, str]] = Counter()
    for last in (*(False,) * _ROUNDS, True):
        still = []
        for finding, names in waiting:
            sizes = {version: left[inode] for inode, version in names.items() if inode in left}
            size = sum(sizes.values())
            if size != finding.claimed and not last:
                still.append((finding, names))
                continue
            for inode in names:
                left.pop(inode, None)
            if size:
                alike = (finding.rule.id, finding.layer, finding.title)
                seen[alike] += 1
                found.append(Claim(finding, list(sizes), size, len(sizes), seen[alike]))
        waiting = still
    if left:
        found.append(Claim(None, list(left), sum(left.values()), len(left)))
    return found


# ---------------------------------------------------------------------- files


class Files:
    """What there is to know of leaves, of one kind each: dead ones or versions."""

    def __init__(self, analysis: Analysis) -> None:
        self._fs = analysis.filesystem
        judged = analysis.judged
        self._claimed = {} if judged is None else judged.claimed.inodes
        self._base = analysis.base.layers

    def path(self, leaf: Leaf) -> Path:
        return self._fs.paths[leaf] if isinstance(leaf, int) else leaf[0]

    def size(self, leaf: Leaf) -> int:
        """The dead bytes of a leaf, or those that may go."""
        if isinstance(leaf, int):
            return self._claimed[self._fs.inode(leaf)][1]
        return leaf[2]

    def came(self, leaf: Leaf) -> int:
        """The layer in which the bytes lie."""
        if isinstance(leaf, int):
            return self._fs.layer_of(self._fs.inode(leaf))
        return leaf[3]

    def paths(self, leaves: Sequence[Leaf]) -> list[Path]:
        return list(map(_field(leaves, 0) or self.path, leaves))

    def sizes(self, leaves: Sequence[Leaf]) -> list[int]:
        return list(map(_field(leaves, 2) or self.size, leaves))

    def layers(self, leaves: Sequence[Leaf], by: By) -> list[int]:
        """The layers that brought or (only dead leaves) lost them."""
        return list(map(_field(leaves, 4 if by is By.LOST else 3) or self.came, leaves))

    # ------------------------------------------------------------------ narrowed

    def of_side(self, leaves: Sequence[Leaf], side: Whose) -> Sequence[Leaf]:
        """Those whose bytes lie in the base, or in your layers."""
        if side is Whose.ALL:
            return leaves
        base, ends = side is Whose.BASE, self._base
        tests = map(
            operator.lt if base else operator.ge, self.layers(leaves, By.CAME), repeat(ends)
        )
        return list(compress(leaves, tests))

    def matching(self, leaves: Sequence[Leaf], wanted: RowFilter) -> list[Leaf]:
        """Those with a text in their path, or whose path or last part fits a glob; as in the tree."""
        return list(compress(leaves, matching(self.paths(leaves), wanted)))

    # ------------------------------------------------------------------ grouped

    def members(self, leaves: Sequence[Leaf], group: Group) -> list[Leaf]:
        """The leaves of a group that :meth:`by_layer` or :meth:`directories` made of these."""
        if isinstance(group.key, int):
            layers = self.layers(leaves, group.by)
            return list(compress(leaves, map(group.key.__eq__, layers)))
        paths, itself = self.paths(leaves), group.key.removesuffix(b"/")
        tests: Iterable[bool] = map(itself.__eq__, paths)
        if itself != group.key:
            below = map(bytes.startswith, paths, repeat(group.key))
            tests = map(operator.or_, tests, below)
        return list(compress(leaves, tests))

    def by_layer(self, leaves: Sequence[Leaf], by: By) -> list[Group]:
        """Leaves put together by the layers that brought or lost them."""
        layers = self.layers(leaves, by)
        counts = Counter(layers)
        sums = dict.fromkeys(counts, 0)
        for layer, size in zip(layers, self.sizes(leaves), strict=True):
            sums[layer] += size
        return [Group(by, layer, size, counts[layer]) for layer, size in sums.items()]

    def directories(self, leaves: Sequence[Leaf]) -> tuple[Path, list[Row]]:
        """The lowest directory that holds all, and what lies in it; chains below it are folded.

        The directory is ``b""``, or ends in a slash.
        """
        paths = self.paths(leaves)
        if not paths:
            return b"", []
        top, same = _common(paths)
        if same:
            return _inside(top.rpartition(b"/")[0]), list(leaves)
        start = len(top) + 1 if top else 0
        parts: defaultdict[Path, list[Leaf]] = defaultdict(list)
        for path, leaf in zip(paths, leaves, strict=True):
            end = path.find(b"/", start)
            parts[path if end < 0 else path[:end]].append(leaf)
        found: list[Row] = []
        for members in parts.values():
            if len(members) == 1:
                found += members
                continue
            key, same = _common(self.paths(members))
            size = sum(self.sizes(members))
            found.append(Group(By.DIRECTORY, key if same else _inside(key), size, len(members)))
        return _inside(top), found


def _field(leaves: Sequence[Leaf], number: int) -> Callable[[Any], Any] | None:
    """A field of dead leaves, ten times as quick as a call of Python's; ``None`` for versions."""
    return None if leaves and isinstance(leaves[0], int) else operator.itemgetter(number)


def _common(paths: Sequence[Path]) -> tuple[Path, bool]:
    """The longest path that is, or holds, each of these, and whether all are the same."""
    low, high = min(paths), max(paths)
    found = _shared(low, high)
    if found == low != high:
        # A path that also is a directory: others, as a-b, may stand between a and a/b.
        ordered = [path.replace(b"/", b"\0") for path in paths]
        found = _shared(min(ordered), max(ordered), b"\0").replace(b"\0", b"/")
    return found, low == high


def _shared(one: Path, other: Path, slash: bytes = b"/") -> Path:
    """The parts that two paths begin with."""
    first, second = one.split(slash), other.split(slash)
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    return slash.join(first[:same])


def _inside(path: Path) -> Path:
    """A path as that of a directory and all below it: it ends in a slash."""
    return path + b"/" if path else b""
