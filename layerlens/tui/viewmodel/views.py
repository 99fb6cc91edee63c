"""One view of the filesystem: columns over the nodes that it shows, with sums.

A view is made in a few passes over columns, most of them inside C, and never
per directory; its numbers stay a preorder, so that the content of the item
``i`` is the range ``i + 1`` up to ``end[i]``.
"""

from __future__ import annotations

import fnmatch
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from itertools import accumulate, compress, repeat
from operator import contains, ne

from layerlens.filesystem.changes import Change
from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree


class Mark(IntEnum):
    """What a view says of a path; zero means that it is not in the view.

    ``INSIDE`` is an unchanged directory in which something changed.
    """

    ADDED = 1
    CONTENT = 2
    METADATA = 3
    TYPE = 4
    UNCHANGED = 5
    REMOVED = 6
    INSIDE = 7


class ChangeKind(StrEnum):
    """The kinds of change that a user can show and hide."""

    ADDED = "added"
    MODIFIED = "modified"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


KIND_OF = {
    Mark.ADDED: ChangeKind.ADDED,
    Mark.CONTENT: ChangeKind.MODIFIED,
    Mark.METADATA: ChangeKind.MODIFIED,
    Mark.TYPE: ChangeKind.MODIFIED,
    Mark.REMOVED: ChangeKind.REMOVED,
    Mark.UNCHANGED: ChangeKind.UNCHANGED,
    Mark.INSIDE: ChangeKind.UNCHANGED,
}

_CONTEXT = 0x80
"""Set on the mark of an item that is only there to lead to others: it counts nothing."""

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
_PLAIN = bytes(value & ~_CONTEXT for value in range(256))
_GONE = bytes((value & ~_CONTEXT) == Mark.REMOVED for value in range(256))
_COUNTED = bytes(0 < value < _CONTEXT for value in range(256))
_NO_DIRECTORY = bytes(value != Kind.DIR for value in range(256))


@dataclass(slots=True)
class View:
    """The items of a view, in path order; item 0 is the root.

    ``node``    the item's node in the path tree
    ``version`` the version that is shown; ``ABSENT`` for a directory that no
                layer lists
    ``marks``   a :class:`Mark`, with a flag on items that only lead to others
    ``end``     where the item's content ends
    ``directories`` the items that have content
    ``own``     content bytes of the item itself, each inode counted once
    ``size``    bytes of the item and its content.  What a layer removed counts
                only for removed items: it is not there any more
    ``same``    item of a hard link -> node of the name that has the bytes
    """

    tree: PathTree
    node: array[int]
    version: array[int]
    marks: bytes
    end: array[int]
    directories: array[int]
    own: array[int]
    size: array[int] = field(init=False)
    same: dict[int, int] = field(default_factory=dict)
    _files: array[int] = field(init=False)
    _gone: tuple[array[int], array[int]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        # One byte more, so that ABSENT is a directory.
        kinds = self.tree.fs.kinds + bytes([Kind.DIR])
        entries = bytes(map(kinds.__getitem__, self.version)).translate(_NO_DIRECTORY)
        counted = self.marks.translate(_COUNTED)
        # As one long number each, all items are combined at once.
        both = int.from_bytes(entries, "little") & int.from_bytes(counted, "little")
        files = both.to_bytes(len(self), "little")
        gone = self.marks.translate(_GONE)
        if 1 in gone:
            self._sum_without(gone, files)
            return
        self.size = self.own[:]
        running = list(accumulate(self.own, initial=0))
        size, end = self.size, self.end
        for i in self.directories:
            size[i] = running[end[i]] - running[i]
        self._files = array("i", accumulate(files, initial=0))

    def _sum_without(self, gone: bytes, files: bytes) -> None:
        """Sizes and counts where the sums of what is there and of what is gone differ."""
        removed = list(compress(range(len(self)), gone))
        kept, lost = self.own[:], array("q", bytes(8 * len(self)))
        kept_files, lost_files = bytearray(files), bytearray(len(self))
        for i in removed:
            lost[i], kept[i] = kept[i], 0
            lost_files[i], kept_files[i] = kept_files[i], 0
        self.size = self.own[:]
        here, away = (list(accumulate(part, initial=0)) for part in (kept, lost))
        for i in self.directories:
            running = away if gone[i] else here
            self.size[i] = running[self.end[i]] - running[i]
        self._files = array("i", accumulate(kept_files, initial=0))
        self._gone = (
            array("i", removed),
            array("i", accumulate(map(lost_files.__getitem__, removed), initial=0)),
        )

    def __len__(self) -> int:
        return len(self.node)

    def files(self, item: int) -> int:
        """The items that are no directories, from this one to the end of its content."""
        end = self.end[item]
        if self._gone is not None and self.mark(item) is Mark.REMOVED:
            removed, running = self._gone
            return running[bisect_left(removed, end)] - running[bisect_left(removed, item)]
        return self._files[end] - self._files[item]

    def mark(self, item: int) -> Mark:
        """What the view says of an item."""
        return Mark(self.marks[item] & ~_CONTEXT)

    def counts(self, item: int) -> bool:
        """Whether the item is there for its own sake, not only to lead to others."""
        return not self.marks[item] & _CONTEXT

    def is_directory(self, item: int) -> bool:
        version = self.version[item]
        return version == ABSENT or self.tree.fs.kinds[version] == Kind.DIR

    def item_of(self, node: int) -> int | None:
        """The item that shows a node, if any."""
        item = bisect_left(self.node, node)
        return item if item < len(self.node) and self.node[item] == node else None

    def removed(self) -> tuple[int, int]:
        """Files and bytes of all removed items together."""
        files = size = 0
        item = 0
        gone = self.marks.translate(_GONE)
        while (item := gone.find(1, item)) >= 0:
            if self.counts(item):
                files += self.files(item)
                size += self.size[item]
                item = self.end[item]  # its content is in its sums
            else:
                item += 1
        return files, size

    # ------------------------------------------------------------------ filters

    def of_kinds(self, kinds: Collection[ChangeKind]) -> bytes:
        """Selects the items whose change is of some kinds, one byte per item."""
        table = bytearray(256)
        for mark, kind in KIND_OF.items():
            table[mark] = kind in kinds
        return self.marks.translate(_PLAIN).translate(bytes(table))

    def matching(self, pattern: str) -> bytearray:
        """Selects what a text or glob matches, and all that lies below, one byte per item.

        A text is looked for anywhere in the path.  A glob (``*``, ``?``, ``[…]``)
        must fit the last part, or the whole path where it contains a slash.
        Case does not count.
        """
        ending = pattern[1:]
        if not any(sign in pattern for sign in "*?["):
            # What lies below a match has the text in its path too.
            return self._having(pattern, contains)
        if pattern.startswith("*") and ending and not any(sign in ending for sign in "*?[/"):
            found = self._having(ending, _ends_with)  # the most used glob, and ten times as fast
        else:
            found = self._globbed(pattern)
        end = self.end
        for item in compress(self.directories, map(found.__getitem__, self.directories)):
            found[item : end[item]] = b"\1" * (end[item] - item)
        return found

    def _having(self, text: str, test: Callable[[bytes, bytes], bool]) -> bytearray:
        """Asks ``test`` of every path and a text, without a difference of case."""
        paths: Iterable[bytes] = map(self.tree.paths.__getitem__, self.node)
        if text.isascii():
            paths, wanted = map(bytes.lower, paths), text.lower().encode()
        else:
            paths = (_folded(path).encode("utf-8", "surrogateescape") for path in paths)
            wanted = text.casefold().encode("utf-8", "surrogateescape")
        return bytearray(map(test, paths, repeat(wanted)))

    def _globbed(self, pattern: str) -> bytearray:
        matches = re.compile(fnmatch.translate(pattern.strip("/").casefold())).match
        # As one long text, all paths are decoded at once; none contains a NUL.
        text = b"\0".join(map(self.tree.paths.__getitem__, self.node))
        paths = _folded(text).split("\0")
        if "/" not in pattern:
            paths = [path[path.rfind("/") + 1 :] for path in paths]
        found = bytearray(match is not None for match in map(matches, paths))
        found[0] = 0
        return found

    def only(self, flags: bytes | bytearray) -> View:
        """The view of the selected items and of the directories that lead to them."""
        if 0 not in flags[1:]:
            return self
        keep = bytearray(flags)
        find, end = flags.find, self.end
        for i in self.directories:
            if not keep[i] and find(1, i, end[i]) >= 0:
                keep[i] = 1
        keep[0] = 1
        position = list(accumulate(keep, initial=0))
        marks = bytearray(compress(self.marks, keep))
        own = array("q", compress(self.own, keep))
        selected = bytes(compress(flags, keep))
        for i in compress(range(len(marks)), selected.translate(_NOT)):
            marks[i] |= _CONTEXT
            own[i] = 0
        ends = array("i", map(position.__getitem__, compress(end, keep)))
        leading = (position[i] for i in self.directories if keep[i])
        view = View(
            self.tree,
            array("i", compress(self.node, keep)),
            array("i", compress(self.version, keep)),
            bytes(marks),
            ends,
            array("i", [i for i in leading if ends[i] - i > 1]),
            own,
        )
        if self.same:
            view.same = {position[i]: node for i, node in self.same.items() if keep[i]}
        return view


_ends_with: Callable[[bytes, bytes], bool] = bytes.endswith
_NOT = bytes(not value for value in range(256))


def _folded(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape").casefold()


# ---------------------------------------------------------------------- making views


def changes_view(tree: PathTree, versions: array[int], layer: int) -> View:
    """What one layer did.  ``versions`` is what stands after it."""
    marks = bytearray(len(tree) + 1)
    _mark_changes(tree, marks, layer, removals=True)
    return _assemble(tree, marks, versions, layer, aggregate=False)


def aggregate_view(tree: PathTree, versions: array[int], layer: int) -> View:
    """The filesystem after a layer, with that layer's changes marked."""
    marks = bytearray(map(ABSENT.__ne__, versions)).translate(_TO_UNCHANGED)
    _complete(tree, marks)
    if layer >= 0:
        _mark_changes(tree, marks, layer, removals=False)
    else:  # an image without layers has an empty root
        marks = bytearray([Mark.INSIDE])
    return _assemble(tree, marks, versions, layer, aggregate=True)


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


_TO_UNCHANGED = bytes(Mark.UNCHANGED if value else 0 for value in range(256))


def _mark_changes(tree: PathTree, marks: bytearray, layer: int, *, removals: bool) -> None:
    """Mark what a layer changed, and the directories above that."""
    fs, node_of = tree.fs, tree.node_of
    start, stop = fs.first[layer], fs.first[layer + 1]
    codes = fs.changes[start:stop].translate(_MARK_OF_CHANGE)
    nodes = node_of[start:stop]
    gone = [node_of[version] for version in fs.removed[layer]]
    if removals:
        for node in gone:
            marks[node] = Mark.REMOVED
    for node, code in zip(nodes, codes, strict=True):
        if code:
            marks[node] = code
    marks[0] = Mark.INSIDE
    # A directory that was removed and still holds something is not gone.
    _lead_to(tree, marks, compress(nodes, codes), (0, Mark.UNCHANGED, Mark.REMOVED))
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


def _assemble(
    tree: PathTree, marks: bytearray, versions: array[int], layer: int, *, aggregate: bool
) -> View:
    fs = tree.fs
    gone = () if aggregate else fs.removed[layer]
    for version in gone:  # shown as they were, for as long as this view is being made
        versions[tree.node_of[version]] = version
    node = array("i", compress(range(len(tree)), marks))
    shown = array("i", compress(versions, marks))
    sizes = _version_sizes(tree)
    own = array("q", map(sizes.__getitem__, shown))
    names = _shared_names(tree, marks, versions, own_layer=None if aggregate else layer)
    for version in gone:
        versions[tree.node_of[version]] = ABSENT
    same: dict[int, int] = {}
    for inode, nodes, counted in names:
        for each in nodes:
            item = bisect_left(node, each)
            own[item] = sizes[inode] if each == counted else 0
            if each != nodes[0]:
                same[item] = nodes[0]
    packed = bytes(marks.translate(None, b"\0"))
    end, directories = _ends(list(compress(tree.depth, marks)))
    return View(tree, node, shown, packed, end, directories, own, same)


def _version_sizes(tree: PathTree) -> array[int]:
    """Content bytes of every version, then a 0 for ``ABSENT``."""
    fs = tree.fs
    sizes = array("q")
    for layer, table in enumerate(fs.tables):
        sizes.extend(table.sizes)
        sizes.extend([0] * (fs.first[layer + 1] - len(sizes)))  # directories made up
    sizes.append(0)
    return sizes


def _shared_names(
    tree: PathTree, marks: bytearray, versions: array[int], own_layer: int | None
) -> list[tuple[int, list[int], int]]:
    """The inodes with several names: (inode, its nodes in the view, the one that counts).

    The first name in path order has the bytes, the others none; no name has
    them where nothing was shipped (a link to a file of a lower layer) or lost
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
        shipped = own_layer is None or inode >= fs.first[own_layer]
        found.append((inode, nodes, nodes[0] if shipped else ABSENT))
    for inode, nodes in removed.items():
        nodes.sort()
        found.append((inode, nodes, ABSENT if inode in standing else nodes[0]))
    return found


def _ends(depth: list[int]) -> tuple[array[int], array[int]]:
    """Where the content of each item ends, and who has any, from the depths of a preorder."""
    end = array("i", range(1, len(depth) + 1))
    following = [*depth[1:], 0]
    directories = array("i")
    opened: list[int] = []
    # Between items of equal depth nothing opens or closes: skip those in C.
    for i in compress(range(len(depth)), map(ne, depth, following)):
        rise = following[i] - depth[i]
        if rise > 0:
            directories.append(i)
            opened.append(i)
        else:
            for _ in range(-rise):
                end[opened.pop()] = i + 1
    return end, directories
