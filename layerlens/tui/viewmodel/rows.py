"""The visible lines of a view: a flat list that is cut and spliced, never rebuilt per key.

A row is the number of an item of the view.  Everything else about it is
looked up when it is drawn, so a million rows cost four megabytes and drawing
costs what the screen shows.  Nothing recurses: images may be 10,000 deep.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from layerlens.tui.viewmodel.views import Mark, View


class SortBy(StrEnum):
    """What siblings are ordered by."""

    SIZE = "size"
    NAME = "name"
    COUNT = "count"
    WASTE = "waste"
    CHANGE = "change"


_RANK = bytearray(256)
"""What a change counts when rows are ordered by it; what is gone stands first."""
for _rank, _mark in enumerate(
    (Mark.UNCHANGED, Mark.INSIDE, Mark.METADATA, Mark.TYPE, Mark.CONTENT, Mark.ADDED, Mark.REMOVED)
):
    _RANK[_mark] = _RANK[_mark | 0x80] = _rank


class Opening(StrEnum):
    """Which directories are open where the user has not said so for one of them."""

    SOME = "some"
    ALL = "all"
    NONE = "none"


FIRST_ROWS = 40
"""``Opening.SOME`` opens level by level as long as no more rows than this result."""


class Expansion:
    """Which directories are open, by node, so that it holds over all views.

    ``untouched`` while nothing was said of any single directory.
    """

    __slots__ = ("_said", "opening", "untouched")

    def __init__(self, nodes: int) -> None:
        self._said = bytearray(nodes)  # 0 nothing, 1 open, 2 closed
        self.opening = Opening.SOME
        self.untouched = True

    def set_all(self, opening: Opening) -> None:
        """Forget what was said of single directories."""
        self._said = bytearray(len(self._said))
        self.opening = opening
        self.untouched = True

    def say(self, node: int, *, is_open: bool) -> None:
        self._said[node] = 1 if is_open else 2
        self.untouched = False

    def all_said(self) -> list[tuple[int, bool]]:
        """All that was said: nodes, and whether each is open."""
        return [(node, said == 1) for node, said in enumerate(self._said) if said]

    def said(self, node: int) -> bool | None:
        """What the user said of a directory, if anything."""
        return (None, True, False)[self._said[node]]


class Row(NamedTuple):
    """What is drawn of one row.  ``label`` is the name, or several where they are folded."""

    item: int
    node: int
    level: int
    label: bytes
    mark: Mark
    counts: bool
    size: int
    files: int
    waste: int
    is_directory: bool
    can_open: bool
    is_open: bool


class Rows:
    """The rows of one view in one order.

    ``items`` holds the item of each row.  With ``fold``, a directory whose
    only content is one directory with content shares that one's row.
    """

    def __init__(
        self,
        view: View,
        expansion: Expansion,
        *,
        sort: SortBy = SortBy.SIZE,
        reverse: bool = False,
        fold: bool = True,
    ) -> None:
        self.view = view
        self.expansion = expansion
        self.sort = sort
        self.reverse = reverse
        self.fold = fold
        self._levels: dict[int, int] = {0: -1}
        self._key = self._other_key()
        self._some = self._choose_some() if self.expansion.opening is Opening.SOME else frozenset()
        self.items = self._below(0)

    def __len__(self) -> int:
        return len(self.items)

    # ------------------------------------------------------------------ building

    def _children(self, item: int) -> list[int]:
        """The rows right below an item, the last one first."""
        end = self.view.end
        found: list[int] = []
        child, stop = item + 1, end[item]
        while child < stop:
            found.append(child)
            child = end[child]
        if self.fold:
            for k, child in enumerate(found):
                after = end[child]
                if after - child > 2 and end[child + 1] == after:
                    found[k] = self._tail(child)
        self._arrange(found)
        return found

    def _arrange(self, found: list[int]) -> None:
        """Order siblings, the last one first."""
        if self.sort is SortBy.NAME:
            if not self.reverse:
                found.reverse()
            return
        found.reverse()  # of equal ones the first name comes first, either way
        if len(found) > 1:
            found.sort(key=self.view.size.__getitem__, reverse=self.reverse)
            if self._key is not None:
                found.sort(key=self._key, reverse=self.reverse)

    def _other_key(self) -> Callable[[int], int] | None:
        """What goes before the size."""
        if self.sort is SortBy.COUNT:
            return self.view.files
        if self.sort is SortBy.WASTE:
            return self.view.waste
        if self.sort is SortBy.CHANGE:
            return self.view.marks.translate(_RANK).__getitem__
        return None

    def _tail(self, item: int) -> int:
        """The deepest of a chain of only directories; its content comes right after it."""
        end = self.view.end
        after = end[item]
        while after - item > 2 and end[item + 1] == after:
            item += 1
        return item

    def _head(self, item: int) -> int:
        """The first of the chain that shares a row with an item."""
        end = self.view.end
        after = end[item]
        if self.fold and after - item > 1:
            while item > 1 and end[item - 1] == after:
                item -= 1
        return item

    def _below(self, item: int) -> array[int]:
        """All rows below an item that are visible while it is open."""
        end, children = self.view.end, self._children
        everything = self.expansion.opening is Opening.ALL and self.expansion.untouched
        rows = array("i")
        add = rows.append
        todo = children(item)
        while todo:
            row = todo.pop()
            add(row)
            inside = end[row] - row
            if inside > 1 and (everything or self.is_open(row)):
                if inside == 2:  # one entry: nothing to sort
                    add(row + 1)
                    continue
                found = children(row)
                if len(found) == inside - 1:  # none of them holds anything
                    found.reverse()
                    rows.extend(found)
                else:
                    todo += found
        return rows

    def is_open(self, item: int) -> bool:
        """Whether the content of an item shows, once its parents are open."""
        said = self.expansion.said(self.view.node[item])
        if said is not None:
            return said
        return self.expansion.opening is Opening.ALL or item in self._some

    def can_open(self, item: int) -> bool:
        return self.view.end[item] - item > 1

    def _choose_some(self) -> frozenset[int]:
        """Open level by level while the rows fit a screen, the largest directories first."""
        end, size = self.view.end, self.view.size
        opened: set[int] = set()
        level = self._children(0)
        room = FIRST_ROWS - len(level)
        while level:
            below: list[int] = []
            for item in sorted(level, key=size.__getitem__, reverse=True):
                if end[item] - item < 2:
                    continue
                children = self._children(item)
                if len(children) > room:
                    continue
                room -= len(children)
                opened.add(item)
                below += children
            level = below
        return frozenset(opened)

    # ------------------------------------------------------------------ looking

    def row(self, index: int) -> Row:
        """What is to be drawn at an index."""
        view = self.view
        item = self.items[index]
        node = view.node[item]
        can_open = self.can_open(item)
        return Row(
            item,
            node,
            self.level(item),
            self.label(item),
            view.mark(item),
            view.counts(item),
            view.size[item],
            view.files(item),
            view.waste(item),
            view.is_directory(item),
            can_open,
            can_open and self.is_open(item),
        )

    def label(self, item: int) -> bytes:
        """The name of an item, with those of the directories folded into its row."""
        paths, node = self.view.tree.paths, self.view.node
        head = node[self._head(item)]
        return paths[node[item]][paths[head].rfind(b"/") + 1 :]

    def path(self, index: int) -> bytes:
        """The full path at an index, without a leading slash."""
        return self.view.tree.paths[self.view.node[self.items[index]]]

    def parent(self, item: int) -> int:
        """The item whose row is right above this one's in the tree; 0 for the root."""
        view = self.view
        up = view.item_of(view.tree.parent[view.node[self._head(item)]])
        assert up is not None  # views hold all parents
        return up

    def level(self, item: int) -> int:
        """How far a row is indented."""
        levels = self._levels
        chain = []
        while item not in levels:
            chain.append(item)
            item = self.parent(item)
        level = levels[item]
        for below in reversed(chain):
            level += 1
            levels[below] = level
        return level

    def index_of(self, node: int) -> int | None:
        """The row that shows a node, or the nearest directory above it that has a row."""
        view, parent = self.view, self.view.tree.parent
        above: list[int] = []  # items from the node up
        while node:
            item = view.item_of(node)
            if item is not None:
                above.append(self._tail(item) if self.fold else item)
            node = parent[node]
        for item in reversed(above):
            if item == above[0] or not self.is_open(item):
                return self.items.index(item)
        return 0 if self.items else None

    def reveal(self, node: int) -> int | None:
        """Open the directories above a node; returns its row, ``None`` where it is not shown."""
        view = self.view
        wanted = view.item_of(node)
        if not wanted:
            return None
        wanted = self._tail(wanted) if self.fold else wanted
        closed: list[int] = []
        up = self.parent(wanted)
        while up:
            if not self.is_open(up):
                closed.append(up)
            up = self.parent(up)
        if closed:
            for item in closed[:-1]:
                self.expansion.say(view.node[item], is_open=True)
            self.open(self.items.index(closed[-1]))
        return self.items.index(wanted)

    def parent_index(self, index: int) -> int | None:
        """The row of the directory that holds the one at an index."""
        up = self.parent(self.items[index])
        if up == 0:
            return None
        for at in range(index - 1, -1, -1):
            if self.items[at] == up:
                return at
        return None

    # ------------------------------------------------------------------ opening

    def open(self, index: int) -> int:
        """Show what the row holds; returns the number of rows that this adds."""
        item = self.items[index]
        if not self.can_open(item) or self.is_open(item):
            return 0
        self.expansion.say(self.view.node[item], is_open=True)
        new = self._below(item)
        self.items[index + 1 : index + 1] = new
        return len(new)

    def close(self, index: int) -> int:
        """Hide what the row holds; returns the number of rows that this removes."""
        item = self.items[index]
        if not self.can_open(item) or not self.is_open(item):
            return 0
        self.expansion.say(self.view.node[item], is_open=False)
        stop = self._stop(index)
        del self.items[index + 1 : stop]
        return stop - index - 1

    def close_siblings(self, index: int) -> int:
        """Close the directories beside the one at an index; returns its new index."""
        item = self.items[index]
        up = self.parent(item)
        for sibling in self._children(up):
            if sibling != item and self.can_open(sibling) and self.is_open(sibling):
                self.close(self.items.index(sibling))
        return self.items.index(item)

    def _stop(self, index: int) -> int:
        """Where the visible content of a row ends."""
        items = self.items
        item = items[index]
        after = self.view.end[item]
        stop = index + 1
        while stop < len(items) and item < items[stop] < after:
            stop += 1
        return stop
