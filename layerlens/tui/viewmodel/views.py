"""One view of the filesystem: columns over the nodes that it shows, with sums.

A view's numbers stay a preorder, so that the content of the item ``i`` is the
range ``i + 1`` up to ``end[i]``.  :mod:`makeviews` makes them, in a few passes
over columns, most of them inside C, and never per directory.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import IntEnum, StrEnum
from itertools import accumulate, compress
from operator import ne

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


class Whose(StrEnum):
    """Whose layer the shown version comes from."""

    ALL = "all"
    BASE = "base"
    YOURS = "yours"


_CONTEXT = 0x80
"""Set on the mark of an item that is only there to lead to others: it counts nothing."""

_PLAIN = bytes(value & ~_CONTEXT for value in range(256))
_GONE = bytes((value & ~_CONTEXT) == Mark.REMOVED for value in range(256))
_COUNTED = bytes(0 < value < _CONTEXT for value in range(256))
_NO_DIRECTORY = bytes(value != Kind.DIR for value in range(256))
_NOT = bytes(not value for value in range(256))


class DeadBytes:
    """The dead bytes of a view: at the items ``item``, in order; ``running`` are their sums."""

    __slots__ = ("item", "running")

    def __init__(self, at: dict[int, int]) -> None:
        self.item = array("i", sorted(at))
        self.running = array("q", accumulate(map(at.__getitem__, self.item), initial=0))

    def between(self, start: int, stop: int) -> int:
        """The bytes at the items from ``start`` to before ``stop``."""
        item, running = self.item, self.running
        first = bisect_left(item, start)
        return running[bisect_left(item, stop, first)] - running[first]

    def items(self, start: int, stop: int) -> array[int]:
        """The items with dead bytes from ``start`` to before ``stop``."""
        return self.item[bisect_left(self.item, start) : bisect_left(self.item, stop)]

    def each(self) -> Iterable[tuple[int, int]]:
        """Item and bytes, in the order of the items."""
        running = self.running
        return ((item, running[k + 1] - running[k]) for k, item in enumerate(self.item))


class View:
    """The items of a view, in path order; item 0 is the root.

    ``node``    the item's node in the path tree
    ``version`` the version that is shown; ``ABSENT`` for a directory that no
                layer lists
    ``marks``   a :class:`Mark`, with a flag on items that only lead to others
    ``end``     where the item's content ends
    ``directories`` the items that have content
    ``size``    bytes of the item and its content, each inode counted once.  What
                a layer removed counts only for removed items: it is not there
                any more
    ``same``    item of a hard link -> node of the name that has the bytes
    """

    __slots__ = (
        "_dead", "_dead_at", "_files", "_gone_files", "directories", "end", "marks", "node",
        "same", "size", "tree", "version",
    )  # fmt: skip

    def __init__(
        self,
        tree: PathTree,
        node: array[int],
        version: array[int],
        marks: bytes,
        end: array[int],
        own: Sequence[int],
        same: dict[int, int],
        dead_at: Callable[[], dict[int, int]],
    ) -> None:
        """``own`` are the bytes of each item itself; ``dead_at`` finds the dead ones, by item."""
        self.tree = tree
        self.node = node
        self.version = version
        self.marks = marks
        self.end = end
        self.same = same
        self._dead_at = dead_at
        self._dead: DeadBytes | None = None
        count = len(node)
        self.directories = array("i", compress(range(count), map(ne, end, range(1, count + 1))))
        # One byte more, so that ABSENT is a directory.
        kinds = tree.fs.kinds + bytes([Kind.DIR])
        entries = bytes(map(kinds.__getitem__, version)).translate(_NO_DIRECTORY)
        self._files = both(entries, marks.translate(_COUNTED))
        self._gone_files = b""
        self.size = array("q", own)
        gone = marks.translate(_GONE)
        if 1 in gone:
            self._sum_without(gone, own)
            return
        running = list(accumulate(own, initial=0))
        size = self.size
        for i in self.directories:
            size[i] = running[end[i]] - running[i]

    def _sum_without(self, gone: bytes, own: Sequence[int]) -> None:
        """Sizes and counts where the sums of what is there and of what is gone differ."""
        kept, lost = array("q", own), array("q", bytes(8 * len(self)))
        for i in compress(range(len(self)), gone):
            lost[i], kept[i] = kept[i], 0
        here, away = (list(accumulate(part, initial=0)) for part in (kept, lost))
        size, end = self.size, self.end
        for i in self.directories:
            running = away if gone[i] else here
            size[i] = running[end[i]] - running[i]
        files = self._files
        self._gone_files = both(files, gone)
        self._files = both(files, gone.translate(_NOT))

    def __len__(self) -> int:
        return len(self.node)

    def own(self, item: int) -> int:
        """Bytes of the item itself."""
        # A file has content where it came in place of a directory: what that lost.
        return 0 if self.is_directory(item) else self.size[item]

    def files(self, item: int) -> int:
        """The items that are no directories, from this one to the end of its content."""
        gone = self._gone_files and self.mark(item) is Mark.REMOVED
        return (self._gone_files if gone else self._files).count(1, item, self.end[item])

    def waste(self, item: int) -> int:
        """Dead bytes of the item and its content, of the layers that the view is of.

        What lies at a path that the view does not show counts for the nearest
        directory above it that it does show.
        """
        return self.dead.between(item, self.end[item])

    @property
    def dead(self) -> DeadBytes:
        """The dead bytes of single items."""
        if self._dead is None:
            self._dead = DeadBytes(self._dead_at())
        return self._dead

    def mark(self, item: int) -> Mark:
        """What the view says of an item."""
        return Mark(self.marks[item] & ~_CONTEXT)

    def counts(self, item: int) -> bool:
        """Whether the item is there for its own sake, not only to lead to others."""
        return not self.marks[item] & _CONTEXT

    def is_directory(self, item: int) -> bool:
        version = self.version[item]
        return version == ABSENT or self.tree.fs.kinds[version] == Kind.DIR

    @property
    def present(self) -> bytes:
        """Selects the items that were not removed, one byte per item."""
        return self.marks.translate(_GONE).translate(_NOT)

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

    def of(self, whose: Whose, base_layers: int) -> bytes:
        """Selects the items whose shown version is the base image's or yours."""
        first = self.tree.fs.first
        boundary = first[min(base_layers, len(first) - 1)]
        if whose is Whose.YOURS:
            return bytes(map(boundary.__le__, self.version))
        below = bytes(map(boundary.__gt__, self.version))
        return below if whose is Whose.BASE else bytes([1]) * len(self)

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
        own = list(compress(self.size, keep))
        for i in self.directories:
            if keep[i]:
                own[position[i]] = self.own(i)
        selected = bytes(compress(flags, keep))
        for i in compress(range(len(marks)), selected.translate(_NOT)):
            marks[i] |= _CONTEXT
            own[i] = 0
        same: dict[int, int] = {}
        if self.same:
            same = {position[i]: node for i, node in self.same.items() if keep[i]}
            self._hand_down(flags, position, own)
        dead_at = self._dead_at

        def dead_among_them() -> dict[int, int]:
            return {position_of(i): size for i, size in dead_at().items() if flags[i]}

        kept_items = array("i", compress(range(len(self)), keep))

        def position_of(item: int) -> int:
            return bisect_left(kept_items, item)

        return View(
            self.tree,
            array("i", compress(self.node, keep)),
            array("i", compress(self.version, keep)),
            bytes(marks),
            array("i", map(position.__getitem__, compress(end, keep))),
            own,
            same,
            dead_among_them,
        )

    def _hand_down(self, flags: bytes | bytearray, position: list[int], own: list[int]) -> None:
        """Give the bytes of inodes whose first name is not selected to the first that is."""
        given: set[int] = set()
        for item, node in sorted(self.same.items()):
            if flags[item] and node not in given:
                first = self.item_of(node)
                if first is not None and not flags[first]:
                    own[position[item]] = self.own(first)
                given.add(node)


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """The items that two selections share: as one long number each, all are combined at once."""
    shared = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return shared.to_bytes(len(one), "little")
