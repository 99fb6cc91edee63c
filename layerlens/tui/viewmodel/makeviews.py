"""Makes views: what layers changed, or the filesystem up to a layer.

A range of layers is shown by its net effect: what stands after its last layer
against what stood before its first.  What came and went inside is not shown.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress, repeat
from operator import ne

from layerlens.filesystem.changes import Change
from layerlens.filesystem.compare import compare
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree, Standing
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
_NOT = bytes(not value for value in range(256))
_SHOWN = bytes(bool(value) for value in range(256))
_TO_UNCHANGED = bytes(Mark.UNCHANGED if value else 0 for value in range(256))


def changes_view(standing: Standing, layer: int, since: int | None = None) -> View:
    """What one layer did, or the layers ``since`` to ``layer`` together."""
    tree = standing.tree
    changes = _changes(standing, layer, since)
    marks = bytearray(len(tree) + 1)
    _mark(tree, marks, changes, removals=True)
    return _assemble(standing, marks, changes, range(layer if since is None else since, layer + 1))


def aggregate_view(standing: Standing, layer: int, since: int | None = None) -> View:
    """The filesystem after a layer, with that layer's (or the range's) changes marked.

    Before the first layer, at -1, it is an empty root.
    """
    tree = standing.tree
    versions = standing.go_to(layer)
    marks = bytearray(map(ABSENT.__ne__, versions)).translate(_TO_UNCHANGED)
    _complete(tree, marks)
    changes = _changes(standing, layer, since)
    _mark(tree, marks, changes, removals=False)
    changes.gone, changes.went = [], []
    return _assemble(standing, marks, changes, range(layer + 1), aggregate=True)


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
    before = standing.go_to(since - 1)[:]
    after = standing.go_to(layer)
    nodes = list(compress(range(len(tree)), map(ne, before, after)))
    previous, changes = fs.previous, fs.changes
    known: list[int] = []
    marks = bytearray()
    gone: list[int] = []
    for node in nodes:
        lower, upper = before[node], after[node]
        if lower == ABSENT:
            marks.append(Mark.ADDED)
        elif upper == ABSENT:
            gone.append(node)
            continue
        elif previous.get(upper) == lower:
            marks.append(_MARK_OF_CHANGE[changes[upper]])
        else:
            marks.append(_MARK_OF_CHANGE[_net_change(fs, lower, upper)])
        known.append(node)
    return _Changes(known, marks, gone, list(map(before.__getitem__, gone)))


def _net_change(fs: Filesystem, lower: int, upper: int) -> Change:
    """The change from one version to another that came over it, at once or step by step."""

    def same_file(old: int, new: int) -> bool:
        if fs.size(old) != fs.size(new):
            return False
        below, above = fs.slot(old), fs.slot(new)
        if below[0].hash_kind is above[0].hash_kind:
            one, other = below[0].hash(below[1]), above[0].hash(above[1])
            if one is not None and other is not None:
                return one == other
        # Contents were compared step by step only: the same at every step is the same.
        version = upper
        while version in fs.previous and version != lower:
            if fs.changes[version] not in (Change.METADATA, Change.UNCHANGED):
                break
            version = fs.previous[version]
        return version == lower or not fs.size(new)

    return compare(fs, lower, upper, same_file)


# ---------------------------------------------------------------------- marking


def _complete(tree: PathTree, marks: bytearray) -> None:
    """Add directories that are not there though something in them is.

    In the specification's reading an opaque marker can take a directory that
    the same layer uses without listing it.
    """
    parent = tree.parent
    marks[0] = Mark.UNCHANGED
    above = bytes(map(marks.__getitem__, parent))
    for node in compress(range(len(tree)), above.translate(_NOT)):
        if marks[node]:
            up = parent[node]
            while not marks[up]:
                marks[up] = Mark.UNCHANGED
                up = parent[up]


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
    for node in nodes:
        up = parent[node]
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
    versions = standing.go_to(layers.stop - 1)
    for at, was in zip(changes.gone, changes.went, strict=True):
        versions[at] = was  # shown as they were, for as long as this view is being made
    shown = marks.translate(_SHOWN)
    position = list(accumulate(shown, initial=0))
    node = array("i", compress(range(len(tree)), shown))
    version = array("i", compress(versions, shown))
    end = array("i", map(position.__getitem__, compress(tree.end, shown)))
    sizes = version_sizes(fs)
    own = list(map(sizes.__getitem__, version))
    names = _shared_names(tree, marks, versions, 0 if aggregate else fs.first[layers.start])
    for at in changes.gone:
        versions[at] = ABSENT
    same: dict[int, int] = {}
    for inode, nodes, counted in names:
        for each in nodes:
            item = position[each]
            own[item] = sizes[inode] if each == counted else 0
            if each != nodes[0]:
                same[item] = nodes[0]
    packed = bytes(marks.translate(None, b"\0"))

    def dead_at() -> dict[int, int]:
        return _dead_at(tree, node, layers)

    return View(tree, node, version, packed, end, own, same, dead_at)


def version_sizes(fs: Filesystem) -> array[int]:
    """Content bytes of every version, then a 0 for ``ABSENT``; links have none."""
    sizes = array("q")
    for layer, table in enumerate(fs.tables):
        sizes.extend(table.sizes)
        sizes.extend([0] * (fs.first[layer + 1] - len(sizes)))  # directories made up
    sizes.append(0)
    return sizes


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


def _dead_at(tree: PathTree, shown: array[int], layers: range) -> dict[int, int]:
    """Bytes of dead inodes of some layers, by the item of a view that stands for their path."""
    fs, node_of = tree.fs, tree.node_of
    start, stop = fs.first[max(layers.start, 0)], fs.first[layers.stop]
    sizes = version_sizes(fs)
    at: dict[int, int] = {}
    for inode in fs.deaths.inode:
        if start <= inode < stop and sizes[inode]:
            node = node_of[inode]
            if node == ABSENT:
                node = tree.nearest(fs.paths[inode])
            at[node] = at.get(node, 0) + sizes[inode]
    item_of = {0: 0}  # nodes that were asked for, and those above them -> their item
    found: dict[int, int] = {}
    for up, size in at.items():
        climbed = []
        while up not in item_of:
            climbed.append(up)
            item = bisect_left(shown, up)
            if item < len(shown) and shown[item] == up:
                item_of[up] = item
                break
            up = tree.parent[up]  # noqa: PLW2901 - from here on it is a directory above
        item = item_of[up]
        item_of.update(zip(climbed, repeat(item)))
        found[item] = found.get(item, 0) + size
    return found
