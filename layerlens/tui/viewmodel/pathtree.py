"""Every path that any layer places, numbered once for all views.

Nodes are numbered in path order, so that a directory comes right before what
it holds and its content is a range of numbers.  No view needs a dictionary of
paths, a list of children or an object per file for that.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain, compress, repeat
from operator import ne

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import Filesystem, path_order
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.columns import NOT, are_positive

ABSENT = -1
"""No version: the path does not exist (yet, or any more)."""

_SLASH_FIRST = bytes.maketrans(b"/", b"\0")
_NO_DIRECTORY = bytes(value != Kind.DIR for value in range(256))


class PathTree:
    """The nodes of an image.  Node 0 is the root.

    ``paths``   path of each node
    ``parent``  node of the directory that holds it; the root is its own parent
    ``end``     where the node's content ends: it is ``node + 1`` up to here
    ``directories`` the nodes that have content, in order
    ``node_of`` node of each version of the filesystem, ``ABSENT`` where the
                version is none that a user sees (whiteouts, shadowed entries)
    ``parent`` and ``node_of`` have one item more than they need, so that
    ``ABSENT`` is an index which does no harm in loops that have no time to ask.
    """

    __slots__ = (
        "_dead", "_entries", "_mixed", "_names", "directories", "end", "fs", "node_of", "parent",
        "paths",
    )  # fmt: skip

    def __init__(self, fs: Filesystem) -> None:
        self.fs = fs
        self._dead: tuple[array[int], array[int], array[int]] | None = None
        self._names: bytes | None = None
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
        if order is None:
            # The stack places every parent; a filesystem made by hand may not.
            missing = _missing_parents([*fs.live, *lost])
            versions += [ABSENT] * len(missing)
            order = self._number([*fs.live, *lost, *missing])
            assert order is not None
        node_of = self.node_of = array("i", [ABSENT]) * (len(fs.paths) + 1)
        known = list(map(versions.__getitem__, order))
        for node, version in enumerate(known, 1):
            node_of[version] = node
        # The others were covered, one by one, by a version that is known by now.
        for version in again:
            path = fs.paths[version]
            node_of[version] = node_of[fs.live[path] if path in fs.live else lost[path]]
        for upper, lower in reversed(fs.previous.items()):
            node_of[lower] = node_of[upper]
        node_of[ABSENT] = ABSENT
        kinds = fs.kinds + bytes([Kind.DIR])  # so that ABSENT is a directory
        self._entries = b"\0" + bytes(map(kinds.__getitem__, known)).translate(_NO_DIRECTORY)
        self._mixed = self._find_mixed(again)

    def _number(self, paths: list[bytes]) -> list[int] | None:
        """Set the columns from paths, each given once.

        Returns their order, or ``None`` where a parent is missing.
        """
        keys = list(map(bytes.translate, paths, repeat(_SLASH_FIRST)))  # path_order, but faster
        order = sorted(range(len(keys)), key=keys.__getitem__)
        del keys
        self.paths = [b"", *map(paths.__getitem__, order)]
        depths = list(map(bytes.count, self.paths, repeat(b"/")))
        depths[0] = -1
        count = len(depths)
        end = self.end = array("i", range(1, count + 1))
        self.directories = array("i")
        opened: list[int] = []  # directories that are not at their end yet
        holders: list[int] = [0]  # the one that holds each run of siblings
        runs: list[int] = [1]  # how many nodes each run has
        start = 1
        # Between nodes of equal depth nothing opens or closes: skip those in C.
        following = [*depths[1:], -1]
        for node in compress(range(count), map(ne, depths, following)):
            if node:
                holders.append(opened[-1])
                runs.append(node + 1 - start)
                start = node + 1
            rise = following[node] - depths[node]
            if rise > 1:
                return None
            if rise > 0:
                opened.append(node)
                self.directories.append(node)
            else:
                for _ in range(-rise):
                    end[opened.pop()] = node + 1
        self.parent = array("i", list(chain.from_iterable(map(repeat, holders, runs))))
        self.parent.append(0)
        return order

    def _find_mixed(self, again: list[int]) -> frozenset[int]:
        """The nodes that are a directory in one version and none in another."""
        fs, node_of, entries = self.fs, self.node_of, self._entries
        found = {
            node_of[version]
            for version in again
            if (fs.kinds[version] != Kind.DIR) != entries[node_of[version]]
        }
        version = fs.changes.find(Change.TYPE)
        while version >= 0:
            found.add(node_of[version])
            version = fs.changes.find(Change.TYPE, version + 1)
        found.discard(ABSENT)
        return frozenset(found)

    def __len__(self) -> int:
        return len(self.paths)

    def entries(self, versions: array[int]) -> bytes:
        """Which nodes are no directories in these versions of them, one byte per node."""
        if not self._mixed:
            return self._entries
        kinds = self.fs.kinds
        entries = bytearray(self._entries)
        for node in self._mixed:
            version = versions[node]
            entries[node] = version != ABSENT and kinds[version] != Kind.DIR
        return bytes(entries)

    @property
    def names(self) -> bytes:
        """The last part of each path in small ASCII letters, with NULs between and around them."""
        if self._names is None:
            names = (path.rpartition(b"/")[2] for path in self.paths)
            self._names = b"\0" + b"\0".join(names).lower() + b"\0"
        return self._names

    def dead(self, layers: range) -> array[int]:
        """The dead bytes of some layers at each node where they lie.

        What no user sees lies in its directory.
        """
        if self._dead is None:
            self._dead = self._find_dead()
        versions, nodes, sizes = self._dead
        first = self.fs.first
        start = bisect_left(versions, first[max(layers.start, 0)])
        stop = bisect_left(versions, first[layers.stop])
        found = array("q", [0]) * len(self)
        for node, size in zip(nodes[start:stop], sizes[start:stop], strict=True):
            found[node] += size
        return found

    def _find_dead(self) -> tuple[array[int], array[int], array[int]]:
        """The dead inodes that have bytes, in the order of their versions; nodes; bytes."""
        fs = self.fs
        sizes = version_sizes(fs)
        flags = bytearray(len(fs.paths))
        for version in fs.deaths.inode:
            flags[version] = 1
        versions = [version for version in compress(range(len(flags)), flags) if sizes[version]]
        nodes = array("i", list(map(self.node_of.__getitem__, versions)))
        for k in compress(range(len(nodes)), are_positive(nodes).translate(NOT)):
            nodes[k] = self.nearest(fs.paths[versions[k]])
        dead = array("q", list(map(sizes.__getitem__, versions)))
        return array("i", versions), nodes, dead

    def name(self, node: int) -> bytes:
        """The last part of a node's path."""
        return self.paths[node].rpartition(b"/")[2]

    def node_of_path(self, path: bytes) -> int | None:
        """The node of a path without a leading slash, if any layer places it."""
        node = bisect_left(self.paths, path_order(path), key=path_order)
        return node if node < len(self) and self.paths[node] == path else None

    def nearest(self, path: bytes) -> int:
        """The node of a path, or of the nearest directory above it that has one."""
        node = self.node_of_path(path)
        if node is not None:
            return node
        # The path would come right before this node, so one of its parents holds both.
        node = bisect_left(self.paths, path_order(path), key=path_order) - 1
        while node and not path.startswith(self.paths[node] + b"/"):
            node = self.parent[node]
        return node


def version_sizes(fs: Filesystem) -> array[int]:
    """Content bytes of every version, then a 0 for ``ABSENT``; links have none."""
    sizes = array("q")
    for layer, table in enumerate(fs.tables):
        sizes.extend(table.sizes)
        sizes.extend([0] * (fs.first[layer + 1] - len(sizes)))  # directories made up
    sizes.append(0)
    return sizes


def _missing_parents(paths: list[bytes]) -> list[bytes]:
    """Directories that no layer places, though there are paths below them."""
    known = {b"", *paths}
    missing: set[bytes] = set()
    level = known
    while level:
        level = {path.rpartition(b"/")[0] for path in level} - known - missing
        missing |= level
    return list(missing)


class Standing:
    """Which version stands at each node once a layer is applied, and its bytes.

    Goes from layer to layer in either direction, at the price of the layers
    between, or from the beginning where that is nearer.  ``version`` and ``own``
    have one item more than there are nodes, for what is written to ``ABSENT``.
    """

    __slots__ = ("layer", "own", "tree", "version")

    def __init__(self, tree: PathTree) -> None:
        self.tree = tree
        self._clear()

    def _clear(self) -> None:
        self.layer = -1
        self.version = array("i", [ABSENT]) * (len(self.tree) + 1)
        self.own = array("q", [0]) * (len(self.tree) + 1)

    def go_to(self, layer: int) -> None:
        """Apply all layers up to this one, and no other."""
        first = self.tree.fs.first
        if first[layer + 1] < first[self.layer + 1] - first[layer + 1]:
            self._clear()
        if self.layer == layer:
            return
        sizes = version_sizes(self.tree.fs)
        while self.layer < layer:
            self.layer += 1
            self._apply(self.layer, sizes)
        while self.layer > layer:
            gone, nodes, versions = self._before(self.layer)
            version, own = self.version, self.own
            for node, lower in zip(nodes, versions, strict=True):
                version[node] = lower
                own[node] = sizes[lower]
            for lower in gone:
                node = self.tree.node_of[lower]
                version[node] = lower
                own[node] = sizes[lower]
            version[ABSENT], own[ABSENT] = ABSENT, 0
            self.layer -= 1

    def before(self, layer: int) -> array[int]:
        """The versions that stood before a layer which is applied; a new array."""
        found = self.version[:]
        node_of = self.tree.node_of
        for each in range(self.layer, layer - 1, -1):
            gone, nodes, versions = self._before(each)
            for node, lower in zip(nodes, versions, strict=True):
                found[node] = lower
            for lower in gone:
                found[node_of[lower]] = lower
        found[ABSENT] = ABSENT
        return found

    # A path is never both removed and placed by one layer, so the order is free.

    def _apply(self, layer: int, sizes: array[int]) -> None:
        fs, node_of, version, own = self.tree.fs, self.tree.node_of, self.version, self.own
        for gone in fs.removed[layer]:
            node = node_of[gone]
            version[node], own[node] = ABSENT, 0
        start, stop = fs.first[layer], fs.first[layer + 1]
        placed = zip(node_of[start:stop], range(start, stop), sizes[start:stop], strict=True)
        for node, upper, size in placed:
            version[node] = upper
            own[node] = size
        version[ABSENT], own[ABSENT] = ABSENT, 0

    def _before(self, layer: int) -> tuple[array[int], array[int], Iterator[int]]:
        """What a layer removed; the nodes where it placed something, and what it came over."""
        fs = self.tree.fs
        start, stop = fs.first[layer], fs.first[layer + 1]
        lower = map(fs.previous.get, range(start, stop), repeat(ABSENT))
        return fs.removed[layer], self.tree.node_of[start:stop], lower
