"""One view of the filesystem: what it says of each node of the path tree, with sums.

A view numbers nothing anew: what it does not show has no mark.  So making one,
and filtering it, takes a few passes inside C, and its sums are those of ranges.
:mod:`makeviews` makes them.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import IntEnum, StrEnum
from itertools import compress
from operator import add, sub

from layerlens.layers.table import Kind
from layerlens.tui.viewmodel.columns import NOT, Sums, both, either
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree
from layerlens.tui.viewmodel.whose import Whose


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

_PLAIN = bytes(value & ~_CONTEXT for value in range(256))
_GONE = bytes((value & ~_CONTEXT) == Mark.REMOVED for value in range(256))
_COUNTED = bytes(0 < value < _CONTEXT for value in range(256))
_SHOWN = bytes(map(bool, range(256)))
_TO_CONTEXT = bytes(_CONTEXT if value else 0 for value in range(256))
_TO_ALL = bytes(0xFF if value else 0 for value in range(256))


class View:
    """The nodes that are shown, each with a mark.

    ``marks``   a :class:`Mark` per node, with a flag on nodes that only lead to
                others; 0 where a node is not shown
    ``shown``   the same as a selection
    ``same``    node of a hard link -> node of the name that has the bytes

    Sizes are bytes, each inode counted once.  What a layer removed counts only
    for removed nodes: it is not there any more.
    """

    __slots__ = (
        "_dead", "_entries", "_files", "_gone_files", "_kept", "_layers", "_lost", "_own",
        "_parent", "_versions", "marks", "same", "shown", "tree",
    )  # fmt: skip

    def __init__(
        self,
        tree: PathTree,
        marks: bytes,
        versions: array[int],
        own: array[int],
        flags: bytes | None,
        same: dict[int, int],
        layers: range,
        parent: View | None = None,
    ) -> None:
        """``own`` are the bytes of each node itself, where ``flags`` say that they count.

        ``layers`` are those that the view is of.
        ``parent`` is the view of which this one shows a part.
        """
        self.tree = tree
        self.marks = marks
        self.shown = marks.translate(_SHOWN)
        self.same = same
        self._versions = versions
        self._layers = layers
        self._parent = parent
        self._dead: Sums | None = None
        self._entries: bytes = tree.entries(versions) if parent is None else parent._entries  # noqa: SLF001 - of its own kind
        self._files = both(self._entries, marks.translate(_COUNTED))
        self._gone_files = b""
        self._lost: Sums | None = None
        gone = marks.translate(_GONE)
        if 1 in gone:
            here = gone.translate(NOT)
            self._gone_files, self._files = both(self._files, gone), both(self._files, here)
            self._lost = Sums(own, gone if flags is None else both(gone, flags))
            flags = here if flags is None else both(here, flags)
        self._kept = Sums(own, flags)

    def __len__(self) -> int:
        """How many nodes are shown, the root among them."""
        return self.shown.count(1)

    @property
    def nodes(self) -> list[int]:
        """The nodes that are shown, in order."""
        return list(compress(range(len(self.shown)), self.shown))

    def version(self, node: int) -> int:
        """The version that is shown; ``ABSENT`` for a directory that no layer lists."""
        return self._versions[node]

    def size(self, node: int) -> int:
        """Bytes of a node and its content."""
        return self._sums(node).between(node, self.tree.end[node])

    def own(self, node: int) -> int:
        """Bytes of a node itself."""
        return self._sums(node).between(node, node + 1)

    def _sums(self, node: int) -> Sums:
        if self._lost is not None and self.mark(node) is Mark.REMOVED:
            return self._lost
        return self._kept

    def sizes(self, nodes: Sequence[int]) -> list[int]:
        """The sizes of many nodes."""
        found = self._kept.at(nodes)
        if self._lost is not None:
            found = list(map(add, found, self._lost.at(nodes)))
        for k in self._holding(nodes):
            found[k] = self.size(nodes[k])
        return found

    def _holding(self, nodes: Sequence[int]) -> Iterator[int]:
        """The places of those nodes that have content in some view."""
        lengths = map(sub, map(self.tree.end.__getitem__, nodes), nodes)
        return compress(range(len(nodes)), map((1).__lt__, lengths))

    def files(self, node: int) -> int:
        """The nodes that are no directories, from this one to the end of its content."""
        gone = self._gone_files and self.mark(node) is Mark.REMOVED
        return (self._gone_files if gone else self._files).count(1, node, self.tree.end[node])

    def waste(self, node: int) -> int:
        """Dead bytes of a node and its content, of the layers that the view is of.

        So a directory has those of paths below it that the view does not show.
        """
        return self.dead.between(node, self.tree.end[node])

    def wastes(self, nodes: Sequence[int]) -> list[int]:
        """The waste of many nodes."""
        found = self.dead.at(nodes)
        for k in self._holding(nodes):
            found[k] = self.waste(nodes[k])
        return found

    @property
    def dead(self) -> Sums:
        """The dead bytes at the nodes where they lie, shown or not."""
        if self._dead is None:
            self._dead = self._find_dead()
        return self._dead

    def _find_dead(self) -> Sums:
        whole = self._parent
        if whole is None:
            return Sums(self.tree.dead(self._layers))
        # Of what is selected; what is not shown goes with the directory that stands for it.
        amounts = whole.dead.amounts
        flags = bytearray(self.marks.translate(_COUNTED))
        hidden = list(compress(range(len(flags)), whole.shown.translate(NOT)))
        dead = list(compress(hidden, map(amounts.__getitem__, hidden)))
        for node, nearest in whole.stand_ins(dead).items():
            flags[node] = flags[nearest]
        return Sums(amounts, bytes(flags))

    def stand_ins(self, hidden: Iterable[int]) -> dict[int, int]:
        """Nodes that are not shown -> the nearest directory that is."""
        shown, parent = self.shown, self.tree.parent
        known: dict[int, int] = {}
        for node in hidden:
            climbed = []
            up = node
            while not shown[up] and up not in known:
                climbed.append(up)
                up = parent[up]
            known.update(dict.fromkeys(climbed, known.get(up, up)))
        return known

    def mark(self, node: int) -> Mark:
        """What the view says of a node that it shows."""
        return Mark(self.marks[node] & ~_CONTEXT)

    def counts(self, node: int) -> bool:
        """Whether a node is there for its own sake, not only to lead to others."""
        return not self.marks[node] & _CONTEXT

    def is_directory(self, node: int) -> bool:
        version = self._versions[node]
        return version == ABSENT or self.tree.fs.kinds[version] == Kind.DIR

    def holds(self, node: int) -> bool:
        """Whether a node has content that is shown."""
        return self.shown.find(1, node + 1, self.tree.end[node]) >= 0

    @property
    def sound(self) -> bytes:
        """Selects what has bytes of its own and was not removed."""
        return self._kept.positive

    def removed(self) -> tuple[int, int]:
        """Files and bytes of all that was removed."""
        if self._lost is None:
            return 0, 0
        return self._gone_files.count(1), self._lost.between(0, len(self.shown))

    # ------------------------------------------------------------------ filters

    def of_kinds(self, kinds: Collection[ChangeKind]) -> bytes:
        """Selects the nodes whose change is of some kinds, one byte per node."""
        table = bytearray(256)
        for mark, kind in KIND_OF.items():
            table[mark] = kind in kinds
        return self.marks.translate(_PLAIN).translate(bytes(table))

    def of(self, whose: Whose, base_layers: int) -> bytes:
        """Selects the nodes whose shown version is the base image's or yours."""
        if whose is Whose.ALL:
            return self.shown
        first = self.tree.fs.first
        boundary = first[min(base_layers, len(first) - 1)]
        yours = bytes(map(boundary.__le__, self._versions))[: len(self.shown)]
        return both(self.shown, yours if whose is Whose.YOURS else yours.translate(NOT))

    def only(self, flags: bytes | bytearray) -> View:
        """The view of the selected nodes and of the directories that lead to them."""
        flags = both(flags, self.shown)
        if flags[1:] == self.shown[1:]:
            return self
        leading = bytearray(len(flags))
        leading[0] = not flags[0]
        for node in holders(self.tree, flags):
            leading[node] = not flags[node]
        kept = both(self.marks, either(flags, leading).translate(_TO_ALL))
        marks = either(kept, leading.translate(_TO_CONTEXT))
        same, own = self.same, self._kept.amounts
        if same:
            same = {node: first for node, first in same.items() if marks[node]}
            own = self._handed_down(flags)
        return View(self.tree, marks, self._versions, own, flags, same, self._layers, self)

    def _handed_down(self, flags: bytes) -> array[int]:
        """Own bytes, those of inodes whose first name is not selected at the first that is."""
        own = self._kept.amounts
        given: set[int] = set()
        for node, first in sorted(self.same.items()):
            if flags[node] and first not in given:
                amount = 0 if flags[first] else self.own(first)
                if amount:
                    if own is self._kept.amounts:
                        own = own[:]
                    own[node] = amount
                given.add(first)
        return own


def holders(tree: PathTree, flags: bytes | bytearray) -> list[int]:
    """The directories that hold selected nodes or are selected themselves, in order."""
    end, find = tree.end, flags.find
    found: list[int] = []
    following = -1  # the next selected node
    for node in tree.directories:
        if following < node:
            following = find(1, node)
            if following < 0:
                break
        if following < end[node]:
            found.append(node)
    return found
