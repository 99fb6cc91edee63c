"""Every path that any layer places, numbered once for all views.

Nodes are numbered in path order, so that a directory comes right before what
it holds and its content is a range of numbers.  No view needs a dictionary of
paths, a list of children or an object per file for that.
"""

from __future__ import annotations

from array import array
from itertools import repeat
from operator import add, sub

from layerlens.filesystem.result import Filesystem

ABSENT = -1
"""No version: the path does not exist (yet, or any more)."""


class PathTree:
    """The nodes of an image.  Node 0 is the root.

    ``paths``   path of each node
    ``parent``  node of the directory that holds it; the root is its own parent
    ``depth``   number of its parents
    ``node_of`` node of each version of the filesystem, ``ABSENT`` where the
                version is none that a user sees (whiteouts, shadowed entries)
    ``parent`` and ``node_of`` have one item more than they need, so that
    ``ABSENT`` is an index which does no harm in loops that have no time to ask.
    """

    __slots__ = ("depth", "fs", "node_of", "parent", "paths")

    def __init__(self, fs: Filesystem) -> None:
        self.fs = fs
        # A placed path is live in the end, or some layer removed it.
        lost: dict[bytes, int] = {}
        again: list[int] = []  # removed, and of a path that is known by another version
        for removed in fs.removed:
            for version in removed:
                path = fs.paths[version]
                if path in fs.live or path in lost:
                    again.append(version)
                else:
                    lost[path] = version
        versions = [*fs.live.values(), *lost.values()]
        order = self._number([*fs.live, *lost])
        # The stack places every parent; a filesystem made by hand may not.
        if max(map(sub, self.depth[1:], self.depth), default=0) > 1:
            missing = self._missing_parents()
            versions += [ABSENT] * len(missing)
            order = self._number([*fs.live, *lost, *missing])
        node_of = self.node_of = array("i", [ABSENT]) * (len(fs.paths) + 1)
        for node, version in enumerate(map(versions.__getitem__, order), 1):
            node_of[version] = node
        # The others were covered, one by one, by a version that is known by now.
        for version in again:
            path = fs.paths[version]
            node_of[version] = node_of[fs.live[path] if path in fs.live else lost[path]]
        for upper, lower in reversed(fs.previous.items()):
            node_of[lower] = node_of[upper]
        node_of[ABSENT] = ABSENT

    def _number(self, paths: list[bytes]) -> list[int]:
        """Set the columns from paths, each given once; returns their order."""
        keys = [path.replace(b"/", b"\0") for path in paths]  # path_order, without the calls
        order = sorted(range(len(keys)), key=keys.__getitem__)
        del keys
        self.paths = [b"", *map(paths.__getitem__, order)]
        depths = list(map(bytes.count, self.paths, repeat(b"/")))
        self.parent = array("i")
        newest = [0] * (max(depths) + 2)  # depth -> the last directory met there
        up = self.parent.append
        for node, depth in enumerate(depths):
            up(newest[depth])
            newest[depth + 1] = node
        self.depth = array("i", map(add, depths, repeat(1)))
        self.depth[0] = 0
        self.parent[0] = 0
        up(0)
        return order

    def _missing_parents(self) -> list[bytes]:
        """Directories that no layer places, though there are paths below them."""
        known = {b"", *self.paths}
        missing: set[bytes] = set()
        level = known
        while level:
            level = {path.rpartition(b"/")[0] for path in level} - known - missing
            missing |= level
        return list(missing)

    def __len__(self) -> int:
        return len(self.paths)

    def name(self, node: int) -> bytes:
        """The last part of a node's path."""
        return self.paths[node].rpartition(b"/")[2]


class Standing:
    """Which version stands at each node once a layer is applied.

    One pass over the versions, layer after layer: going up continues from
    where it is, going down starts over.  ``version`` has one item more than
    there are nodes, for what is written to ``ABSENT``.
    """

    __slots__ = ("layer", "tree", "version")

    def __init__(self, tree: PathTree) -> None:
        self.tree = tree
        self._reset()

    def _reset(self) -> None:
        self.layer = -1
        self.version = array("i", [ABSENT]) * (len(self.tree) + 1)

    def go_to(self, layer: int) -> array[int]:
        """The versions after ``layer`` was applied; the same array every time."""
        if layer < self.layer:
            self._reset()
        while self.layer < layer:
            self.layer += 1
            self._apply(self.layer)
        return self.version

    def _apply(self, layer: int) -> None:
        fs, node_of, version = self.tree.fs, self.tree.node_of, self.version
        # A path is never both removed and placed by one layer, so the order is free.
        for gone in fs.removed[layer]:
            version[node_of[gone]] = ABSENT
        start, stop = fs.first[layer], fs.first[layer + 1]
        for placed, node in enumerate(node_of[start:stop], start):
            version[node] = placed
        version[ABSENT] = ABSENT
