"""Makes views: what layers changed, or the filesystem up to a layer.

A range of layers is shown by its net effect: what stands after its last layer
against what stood before its first.  What came and went inside is not shown.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, compress, repeat
from operator import ne

from layerlens.filesystem.changes import Change
from layerlens.filesystem.compare import compare
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.columns import NOT, are_positive
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree, Standing, version_sizes
from layerlens.tui.viewmodel.views import Mark, View

_MARK_OF_CHANGE = bytes(
    {
        Change.ADDED: Mark.ADDED,
        Change.CONTENT: Mark.CONTENT,
        Change.METADATA: Mark.METADATA,
        Change.TYPE: Mark.TYPE,
    }.get(Change(value), 0)
    if value < len(Change)
    else 0
    for value in range(256)
)
_SHOWN = bytes(bool(value) for value in range(256))
_TO_ADDED = bytes(Mark.ADDED if value else 0 for value in range(256))
_TO_UNCHANGED = bytes(Mark.UNCHANGED if value else 0 for value in range(256))


def changes_view(standing: Standing, layer: int, since: int | None = None) -> View:
    """What one layer did, or the layers ``since`` to ``layer`` together."""
    tree = standing.tree
    standing.go_to(layer)
    first = layer if since is None else since
    if first == 0:
        return _all_added(standing, layer)
    changes = _changes(standing, layer, since)
    marks = bytearray(len(tree) + 1)
    _mark(tree, marks, changes, removals=True)
    return _assemble(standing, marks, changes, range(first, layer + 1))


def aggregate_view(standing: Standing, layer: int, since: int | None = None) -> View:
    """The filesystem after a layer, with that layer's (or the range's) changes marked.

    Before the first layer, at -1, it is an empty root.
    """
    tree = standing.tree
    standing.go_to(layer)
    if layer >= 0 and (layer if since is None else since) == 0:
        return _all_added(standing, layer)
    marks = bytearray(are_positive(standing.version).translate(_TO_UNCHANGED))
    _complete(tree, marks, Mark.UNCHANGED)
    changes = _changes(standing, layer, since)
    _mark(tree, marks, changes, removals=False)
    changes.gone, changes.went = [], []
    return _assemble(standing, marks, changes, range(layer + 1), aggregate=True)


def _all_added(standing: Standing, layer: int) -> View:
    """All layers up to one: everything that stands was added."""
    marks = bytearray(are_positive(standing.version).translate(_TO_ADDED))
    _complete(standing.tree, marks, Mark.INSIDE)
    marks[0] = Mark.INSIDE
    del marks[ABSENT]
    return _assemble(standing, marks, _Changes([], b"", [], []), range(layer + 1), aggregate=True)


@dataclass(slots=True)
class _Changes:
    """The changed nodes with their marks (0: no change), the removed ones with their versions."""

    nodes: Sequence[int]
    marks: Sequence[int]
    gone: Sequence[int]
    went: Sequence[int]


def _changes(standing: Standing, layer: int, since: int | None) -> _Changes:
    tree = standing.tree
    fs, node_of = tree.fs, tree.node_of
    if layer < 0:
        return _Changes([], b"", [], [])
    if since is not None and since < layer:
        return _net_changes(standing, layer, since)
    start, stop = fs.first[layer], fs.first[layer + 1]
    went = fs.removed[layer]
    return _Changes(
        node_of[start:stop],
        fs.changes[start:stop].translate(_MARK_OF_CHANGE),
        list(map(node_of.__getitem__, went)),
        went,
    )


def _net_changes(standing: Standing, layer: int, since: int) -> _Changes:
    """What several layers did together."""
    tree = standing.tree
    fs = tree.fs
    after = standing.version
    before = standing.before(since)
    start, stop = fs.first[since], fs.first[layer + 1]
    touched = bytearray(len(tree) + 1)
    for node in chain(
        tree.node_of[start:stop],
        map(tree.node_of.__getitem__, chain.from_iterable(fs.removed[since : layer + 1])),
    ):
        touched[node] = 1
    del touched[ABSENT]
    nodes = list(compress(range(len(tree)), touched))
    lowers = list(map(before.__getitem__, nodes))
    uppers = list(map(after.__getitem__, nodes))
    marks = bytearray(map(fs.changes.__getitem__, uppers)).translate(_MARK_OF_CHANGE)
    # Most were changed by one layer, which is told already.
    otherwise = map(ne, map(fs.previous.get, uppers, repeat(ABSENT)), lowers)
    sizes = version_sizes(fs)
    kinds, links, file = fs.kinds, fs.inodes, int(Kind.FILE)
    gone: list[int] = []
    went: list[int] = []
    for k in compress(range(len(nodes)), otherwise):
        lower, upper = lowers[k], uppers[k]
        if lower == ABSENT:
            marks[k] = Mark.ADDED
        elif upper == ABSENT:
            gone.append(nodes[k])
            went.append(lower)
        elif (
            kinds[lower] == file == kinds[upper]
            and sizes[lower] != sizes[upper]
            and not (lower in links or upper in links)
        ):
            marks[k] = Mark.CONTENT
        else:
            marks[k] = _MARK_OF_CHANGE[_net_change(fs, lower, upper)]
    for k in compress(range(len(nodes)), map(ABSENT.__eq__, uppers)):
        marks[k] = 0
    return _Changes(nodes, marks, gone, went)


def _net_change(fs: Filesystem, lower: int, upper: int) -> Change:
    """The change from one version to another that came over it, at once or step by step."""
    steps: list[int] = []  # what changed between the two, as far as there was no gap
    version = upper
    while version != lower and version in fs.previous:
        if fs.changes[version] != Change.UNCHANGED:
            steps.append(fs.changes[version])
        version = fs.previous[version]
    if version == lower and len(steps) < 2:
        return Change(steps[0]) if steps else Change.UNCHANGED

    def same_file(old: int, new: int) -> bool:
        if fs.size(old) != fs.size(new):
            return False
        below, above = fs.slot(old), fs.slot(new)
        if below[0].hash_kind is above[0].hash_kind:
            one, other = below[0].hash(below[1]), above[0].hash(above[1])
            if one is not None and other is not None:
                return one == other
        # Contents were compared step by step only: the same at every step is the same.
        return not fs.size(new) or (version == lower and set(steps) == {Change.METADATA})

    return compare(fs, lower, upper, same_file)


# ---------------------------------------------------------------------- marking


def _complete(tree: PathTree, marks: bytearray, mark: Mark) -> None:
    """Add directories that are not there though something in them is.

    In the specification's reading an opaque marker can take a directory that
    the same layer uses without listing it.
    """
    marks[0] = mark
    directories = tree.directories
    missing = bytes(map(marks.__getitem__, directories)).translate(NOT)
    end, find = tree.end, marks.translate(_SHOWN).find
    for node in compress(directories, missing):
        if find(1, node, end[node]) >= 0:
            marks[node] = mark


def _above(tree: PathTree, nodes: Iterable[int]) -> set[int]:
    """The directories that hold some nodes."""
    return set(map(tree.parent.__getitem__, nodes))


def _mark(tree: PathTree, marks: bytearray, changes: _Changes, *, removals: bool) -> None:
    """Mark what changed, and the directories above that; ``marks`` has one item too many."""
    gone = changes.gone
    if removals:
        for node in gone:
            marks[node] = Mark.REMOVED
    for node, mark in zip(changes.nodes, changes.marks, strict=True):
        if mark:
            marks[node] = mark
    marks[0] = Mark.INSIDE
    # A directory that was removed and still holds something is not gone.
    changed = compress(changes.nodes, changes.marks)
    _lead_to(tree, marks, changed, (0, Mark.UNCHANGED, Mark.REMOVED))
    if not removals:  # only what something was removed from, not what went with it
        parent = tree.parent
        gone = [node for node in gone if marks[parent[node]]]
    _lead_to(tree, marks, gone, (0, Mark.UNCHANGED))
    del marks[ABSENT]


def _lead_to(
    tree: PathTree, marks: bytearray, nodes: Iterable[int], quiet: tuple[int, ...]
) -> None:
    """Mark the directories above some nodes, each once, where they have a quiet mark."""
    parent = tree.parent
    for node in _above(tree, nodes):
        up = node
        while marks[up] in quiet:
            marks[up] = Mark.INSIDE
            up = parent[up]


# ---------------------------------------------------------------------- assembling


def _assemble(
    standing: Standing,
    marks: bytearray,
    changes: _Changes,
    layers: range,
    *,
    aggregate: bool = False,
) -> View:
    tree = standing.tree
    fs = tree.fs
    versions, own = standing.version[:], standing.own[:]
    packed = bytes(marks)
    if changes.gone:  # shown as they were
        sizes = version_sizes(fs)
        for node, was in zip(changes.gone, changes.went, strict=True):
            versions[node], own[node] = was, sizes[was]
    names = _shared_names(tree, marks, versions, 0 if aggregate else fs.first[layers.start])
    same: dict[int, int] = {}
    for inode, nodes, counted in names:
        for node in nodes:
            own[node] = fs.size(inode) if node == counted else 0
            if node != nodes[0]:
                same[node] = nodes[0]
    flags = None if aggregate else packed.translate(_SHOWN)
    return View(tree, packed, versions, own, flags, same, layers)


def _shared_names(
    tree: PathTree, marks: bytearray, versions: array[int], first: int
) -> list[tuple[int, list[int], int]]:
    """The inodes with several names: (inode, its nodes in the view, the one that counts).

    The first name in path order has the bytes, the others none; no name has
    them where nothing was shipped (a link to an inode before ``first``) or lost
    (a removed name of a file that has others).
    """
    fs, node_of = tree.fs, tree.node_of
    kinds = fs.kinds
    kept: dict[int, list[int]] = {}
    removed: dict[int, list[int]] = {}
    standing: set[int] = set()

    def look(version: int, inode: int) -> None:
        node = node_of[version]
        if versions[node] != version:
            return
        if marks[node] == Mark.REMOVED:
            removed.setdefault(inode, []).append(node)
            return
        standing.add(inode)
        if marks[node]:
            kept.setdefault(inode, []).append(node)

    for version, inode in fs.inodes.items():
        if kinds[inode] == Kind.FILE and node_of[version] != ABSENT:
            look(version, inode)
    for inode in kept.keys() | removed.keys():
        if node_of[inode] != ABSENT:
            look(inode, inode)
    found = []
    for inode, nodes in kept.items():
        nodes.sort()
        found.append((inode, nodes, nodes[0] if inode >= first else ABSENT))
    for inode, nodes in removed.items():
        nodes.sort()
        found.append((inode, nodes, ABSENT if inode in standing else nodes[0]))
    return found
