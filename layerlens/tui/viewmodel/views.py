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
from operator import sub

from layerlens.tui.viewmodel.pathtree import PathTree


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
_NOT = bytes(not value for value in range(256))


class DeadBytes:
    """The dead bytes of a view: at the items ``item``, in order; ``running`` are their sums.

    An item stands there once for every version that died at it.
    """

    __slots__ = ("item", "running")

    def __init__(self, item: array[int], sizes: Iterable[int]) -> None:
        self.item = item
        self.running = array("q", accumulate(sizes, initial=0))

    def between(self, start: int, stop: int) -> int:
        """The bytes at the items from ``start`` to before ``stop``."""
        item, running = self.item, self.running
        first = bisect_left(item, start)
        return running[bisect_left(item, stop, first)] - running[first]

    def by_item(self) -> dict[int, int]:
        """The bytes at each item, in order."""
        running = self.running
        found: dict[int, int] = {}
        for k, item in enumerate(self.item):
            found[item] = found.get(item, 0) + running[k + 1] - running[k]
        return found


class View:
    """The items of a view, in path order; item 0 is the root.

    ``node``    the item's node in the path tree
    ``marks``   a :class:`Mark`, with a flag on items that only lead to others
    ``end``     where the item's content ends
    ``directories`` the items that have content
    ``size``    bytes of the item and its content, each inode counted once.  What
                a layer removed counts only for removed items: it is not there
                any more
    ``same``    item of a hard link -> node of the name that has the bytes
    """

    __slots__ = (
        "_dead", "_entries", "_files", "_find_dead", "_gone_files", "_versions",
        "directories", "end", "marks", "node", "same", "size", "tree",
    )  # fmt: skip

    def __init__(
        self,
        tree: PathTree,
        node: array[int],
        versions: array[int] | View,
        marks: bytes,
        end: array[int],
        directories: array[int],
        own: Sequence[int],
        entries: bytes,
        same: dict[int, int],
        find_dead: Callable[[], DeadBytes],
    ) -> None:
        """``own`` are the bytes of each item itself; ``entries`` selects what is no directory.

        ``versions`` is the version of each item, or a view that has them; ``find_dead`` is asked for the dead bytes once, if at all.
        """
        self.tree = tree
        self.node = node
        self._versions = versions
        self.marks = marks
        self.end = end
        self.same = same
        self._find_dead = find_dead
        self._dead: DeadBytes | None = None
        self.directories = directories
        self._entries = entries
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

    def version(self, item: int) -> int:
        """The version that is shown; ``ABSENT`` for a directory that no layer lists."""
        versions = self._versions
        if isinstance(versions, View):
            return versions.version(bisect_left(versions.node, self.node[item]))
        return versions[item]

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
            self._dead = self._find_dead()
        return self._dead

    def mark(self, item: int) -> Mark:
        """What the view says of an item."""
        return Mark(self.marks[item] & ~_CONTEXT)

    def counts(self, item: int) -> bool:
        """Whether the item is there for its own sake, not only to lead to others."""
        return not self.marks[item] & _CONTEXT

    def is_directory(self, item: int) -> bool:
        return not self._entries[item]

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
        versions = self._versions
        assert not isinstance(versions, View)  # filters are asked of what is not filtered yet
        first = self.tree.fs.first
        boundary = first[min(base_layers, len(first) - 1)]
        if whose is Whose.YOURS:
            return bytes(map(boundary.__le__, versions))
        below = bytes(map(boundary.__gt__, versions))
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
        ends = array("i", map(position.__getitem__, compress(end, keep)))
        own = list(compress(self.size, keep))
        directories = array("i")
        for i in self.directories:
            if keep[i]:
                item = position[i]
                own[item] = self.own(i)
                if ends[item] - item > 1:
                    directories.append(item)
        selected = bytes(compress(flags, keep))
        for i in compress(range(len(marks)), selected.translate(_NOT)):
            marks[i] |= _CONTEXT
            own[i] = 0
        same: dict[int, int] = {}
        if self.same:
            same = {position[i]: node for i, node in self.same.items() if keep[i]}
            self._hand_down(flags, position, own)

        def dead() -> DeadBytes:
            dead = self.dead
            chosen = bytes(map(flags.__getitem__, dead.item))
            position = list(accumulate(keep, initial=0))
            items = map(position.__getitem__, compress(dead.item, chosen))
            sizes = compress(map(sub, dead.running[1:], dead.running), chosen)
            return DeadBytes(array("i", items), sizes)

        return View(
            self.tree,
            take(self.node, keep),
            self,
            bytes(marks),
            ends,
            directories,
            own,
            bytes(compress(self._entries, keep)),
            same,
            dead,
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


def take(column: array[int], flags: bytes | bytearray) -> array[int]:
    """The selected items of a column."""
    count = len(flags)
    if 0 not in flags:
        return column[:count]
    if 8 * flags.count(b"\0\1") > count:  # too many runs to copy them one by one
        return array(column.typecode, compress(column, flags))
    taken = column[:0]
    start = flags.find(1)
    while start >= 0:
        stop = flags.find(0, start)
        stop = count if stop < 0 else stop
        taken += column[start:stop]
        start = flags.find(1, stop)
    return taken


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """The items that two selections share: as one long number each, all are combined at once."""
    shared = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return shared.to_bytes(len(one), "little")
