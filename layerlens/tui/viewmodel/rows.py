"""The visible lines of a view: counted for all of it, put in order where they are looked at.

A row is the number of a node.  Everything else about it is
looked up when it is drawn, so opening a million rows costs next to nothing and
drawing costs what the screen shows.  Nothing recurses: images may be 10,000 deep.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import compress, islice, pairwise
from typing import NamedTuple, overload

from layerlens.tui.viewmodel.opened import Level
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


_WINDOW = 256
"""Rows that are kept at hand once one of them was asked for."""

_FEW = 64
"""Rows of a directory that are not kept in their order unless one of them is open."""

_MOST_DEPTHS = 20_000
"""Items whose indentation is remembered."""


class Expansion:
    """Which directories are open, by node, so that it holds over all views.

    ``said`` has what was said of single directories: open or not.
    """

    __slots__ = ("opening", "said")

    def __init__(self, opening: Opening = Opening.SOME) -> None:
        self.opening = opening
        self.said: dict[int, bool] = {}

    def set_all(self, opening: Opening) -> None:
        """Forget what was said of single directories."""
        self.said.clear()
        self.opening = opening

    def say(self, node: int, *, is_open: bool) -> None:
        self.said[node] = is_open


class Row(NamedTuple):
    """What is drawn of one row.  ``label`` is the name, or several where they are folded."""

    node: int
    level: int
    label: bytes
    mark: Mark
    counts: bool
    size: int
    files: int
    is_directory: bool
    can_open: bool
    is_open: bool


class Rows(Sequence[int]):
    """The rows of one view in one order: the node that each one shows.

    With ``fold``, a directory whose only content is one directory with content
    shares that one's row.

    A directory's content is put in order when a row in it is first looked at.
    Before that it is enough to know how many rows it has, which is counted in C
    where everything is open.
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
        self._depths: dict[int, int] = {0: -1}
        # Where everything is open, rows are counted; elsewhere it is asked for single nodes.
        self._folded = self._find_folded() if fold and expansion.opening is Opening.ALL else None
        self._some: frozenset[int] = frozenset()
        if expansion.opening is Opening.SOME:
            self._some = self._choose_some()
        self._closed = self._find_closed() if expansion.opening is Opening.ALL else []
        self._window_start = 0
        self._window: list[int] = []
        self._root = self._level(0)

    def __len__(self) -> int:
        return self._root.total

    @property
    def items(self) -> Sequence[int]:
        """The node of each row."""
        return self

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        near = index - self._window_start
        if not 0 <= near < len(self._window):
            if not 0 <= index < len(self):
                raise IndexError(index)
            self._window_start = max(0, index - _WINDOW // 4)
            self._window = list(islice(self._from(self._window_start), _WINDOW))
            near = index - self._window_start
        return self._window[near]

    def __iter__(self) -> Iterator[int]:
        return self._from(0)

    def index(self, node: object, start: int = 0, stop: int | None = None) -> int:
        """The row that shows a node; raises ``ValueError`` where none does."""
        del start, stop
        assert isinstance(node, int)
        above: list[int] = []
        at = node
        while at:
            above.append(at)
            at = self.parent(at)
        level, row = self._root, -1
        for at in reversed(above):
            place = level.children.index(at)
            row += 1 + level.row(place)
            if at != node:
                found = self._below(level, place)
                if found is None:
                    raise ValueError(node)
                level = found
        return row

    # ------------------------------------------------------------------ levels

    def _children(self, node: int) -> array[int]:
        """The rows right below a node, in order."""
        view, shown = self.view, self.view.shown
        end, directories = view.tree.end, view.tree.directories
        found: list[int] = []
        start, stop = node + 1, end[node]
        k = bisect_right(directories, node)
        # What stands before the first directory is right below the node, and so on.
        while (start := shown.find(1, start, stop)) >= 0:
            k = bisect_left(directories, start, k)
            child = min(directories[k], stop) if k < len(directories) else stop
            found.extend(compress(range(start, child), shown[start:child]))
            start = child
            if child < stop:
                if shown[child]:
                    found.append(self._tail(child))
                start = end[child]
        if self.sort is SortBy.NAME:
            if self.reverse:
                found.reverse()
        elif len(found) > 1:
            # Of equal ones the first name comes first, either way.
            found = _ordered(found, view.sizes(found), reverse=not self.reverse)
            keys = self._other_keys(found)
            if keys is not None:
                found = _ordered(found, keys, reverse=not self.reverse)
        return array("i", found)

    def _other_keys(self, nodes: list[int]) -> list[int] | None:
        """What goes before the size."""
        view = self.view
        if self.sort is SortBy.COUNT:
            return list(map(view.files, nodes))
        if self.sort is SortBy.WASTE:
            return view.wastes(nodes)
        if self.sort is SortBy.CHANGE:
            return list(map(_RANK.__getitem__, map(view.marks.__getitem__, nodes)))
        return None

    def _level(self, node: int) -> Level:
        """The level of an open directory, and of what is open in it where that must be counted."""
        top = Level(self._children(node))
        todo = [(top, self._open_places(top))]
        while todo:
            level, places = todo[-1]
            for place in places:
                level.places.append(place)
                child = level.children[place]
                if self.expansion.opening is Opening.ALL:
                    level.heights.append(self._height(child))
                    continue
                below = level.levels[place] = Level(self._children(child))
                todo.append((below, self._open_places(below)))
                break
            else:
                todo.pop()
                level.add_up()
                if todo:
                    todo[-1][0].heights.append(level.total)
        return top

    def _open_places(self, level: Level) -> Iterator[int]:
        """The places of the children that are open."""
        is_open, can_open = self.is_open, self.can_open
        end = self.view.tree.end
        return (
            place
            for place, child in enumerate(level.children)
            if end[child] - child > 1 and can_open(child) and is_open(child)
        )

    def _below(self, level: Level, place: int) -> Level | None:
        """The level of a child; ``None`` where that is closed."""
        found = level.levels.get(place)
        if found is None and level.opened(place) is not None:
            found = self._level(level.children[place])
            if found.places or len(found.children) > _FEW:  # others are as quickly made again
                level.levels[place] = found
        return found

    def _find_folded(self) -> bytes:
        """Selects the nodes whose row is that of their only child, one byte per node."""
        shown, directories = self.view.shown, self.view.tree.directories
        folded = bytearray(len(shown))
        for node in compress(directories, map(shown.__getitem__, directories)):
            folded[node] = self._only_child(node) > 0
        return bytes(folded)

    def _only_child(self, node: int) -> int:
        """The directory with content that is all there is in a directory; 0 for none."""
        end, find = self.view.tree.end, self.view.shown.find
        after = end[node]
        child = find(1, node + 1, after)
        if child < 0 or end[child] - child == 1 or not node:
            return 0
        alone = find(1, end[child], after) < 0 and find(1, child + 1, end[child]) >= 0
        return child if alone else 0

    def _is_folded(self, node: int) -> bool:
        if self._folded is not None:
            return bool(self._folded[node])
        return self.fold and self._only_child(node) > 0

    def _find_closed(self) -> list[int]:
        """The directories that are closed where all others are open, in order."""
        found = []
        for node, is_open in self.expansion.said.items():
            if (
                not is_open
                and node
                and self.view.shown[node]
                and self.can_open(node)
                and not self._is_folded(node)
            ):
                found.append(node)
        return sorted(found)

    def _height(self, node: int) -> int:
        """The rows below an open directory, where all are open but for some."""
        end, closed = self.view.tree.end, self._closed
        after = end[node]
        rows = self._all_below(node)
        k = bisect_right(closed, node)
        while k < len(closed) and closed[k] < after:
            rows -= self._all_below(closed[k])
            k = bisect_left(closed, end[closed[k]], k + 1)
        return rows

    def _all_below(self, node: int) -> int:
        """The rows below a directory if everything is open."""
        after = self.view.tree.end[node]
        rows = self.view.shown.count(1, node + 1, after)
        return rows if self._folded is None else rows - self._folded.count(1, node + 1, after)

    def _tail(self, node: int) -> int:
        """The deepest of a chain of only directories."""
        while self._is_folded(node):
            node = self.view.shown.find(1, node + 1)
        return node

    def _head(self, node: int) -> int:
        """The first of the chain that shares a row with a node."""
        parent = self.view.tree.parent
        while self._is_folded(up := parent[node]):
            node = up
        return node

    def is_open(self, node: int) -> bool:
        """Whether the content of a node shows, once its parents are open."""
        said = self.expansion.said.get(node)
        if said is not None:
            return said
        return self.expansion.opening is Opening.ALL or node in self._some

    def can_open(self, node: int) -> bool:
        return self.view.holds(node)

    def _choose_some(self) -> frozenset[int]:
        """Open level by level while the rows fit a screen, the largest directories first."""
        view = self.view
        opened: set[int] = set()
        level: Sequence[int] = self._children(0)
        room = FIRST_ROWS - len(level)
        while level:
            below: list[int] = []
            for node in _ordered(level, view.sizes(level), reverse=True):
                if not self.can_open(node):
                    continue
                children = self._children(node)
                if len(children) > room:
                    continue
                room -= len(children)
                opened.add(node)
                below += children
            level = below
        return frozenset(opened)

    def _path(self, index: int) -> list[tuple[Level, int]]:
        """The levels from the root down to a row, each with the place that leads there."""
        level, row = self._root, index
        found = []
        while True:
            place, below = level.find(row)
            found.append((level, place))
            if not below:
                return found
            inside = self._below(level, place)
            assert inside is not None
            level, row = inside, below - 1

    def _from(self, index: int) -> Iterator[int]:
        """The items of the rows from an index on."""
        if index >= len(self):
            return
        above = [
            (level, place, bisect_left(level.places, place)) for level, place in self._path(index)
        ]
        level, place, k = above.pop()
        while True:
            children, places = level.children, level.places
            while place < len(children):
                yield children[place]
                if k < len(places) and places[k] == place:
                    inside = self._below(level, place)
                    assert inside is not None
                    above.append((level, place + 1, k + 1))
                    level, place, k = inside, 0, 0
                    children, places = level.children, level.places
                else:
                    place += 1
            if not above:
                return
            level, place, k = above.pop()

    # ------------------------------------------------------------------ looking

    def row(self, index: int) -> Row:
        """What is to be drawn at an index."""
        view = self.view
        node = self[index]
        can_open = self.can_open(node)
        return Row(
            node,
            self.level(node),
            self.label(node),
            view.mark(node),
            view.counts(node),
            view.size(node),
            view.files(node),
            view.is_directory(node),
            can_open,
            can_open and self.is_open(node),
        )

    def label(self, node: int) -> bytes:
        """The name of a node, with those of the directories folded into its row."""
        paths = self.view.tree.paths
        return paths[node][paths[self._head(node)].rfind(b"/") + 1 :]

    def path(self, index: int) -> bytes:
        """The full path at an index, without a leading slash."""
        return self.view.tree.paths[self[index]]

    def parent(self, node: int) -> int:
        """The node whose row is right above this one's in the tree; 0 for the root."""
        return self.view.tree.parent[self._head(node)]

    def level(self, node: int) -> int:
        """How far a row is indented."""
        depths = self._depths
        if len(depths) > _MOST_DEPTHS:
            self._depths = depths = {0: -1}
        chain = []
        while node not in depths:
            chain.append(node)
            node = self.parent(node)
        depth = depths[node]
        for below in reversed(chain):
            depth += 1
            depths[below] = depth
        return depth

    def index_of(self, node: int) -> int | None:
        """The row that shows a node, or the nearest directory above it that has a row."""
        shown, parent = self.view.shown, self.view.tree.parent
        while not shown[node]:
            node = parent[node]
        if not node:
            return 0 if len(self) else None
        found = node = self._tail(node)
        while node := self.parent(node):
            if not self.is_open(node):
                found = node
        return self.index(found)

    def reveal(self, node: int) -> int | None:
        """Open the directories above a node; returns its row, ``None`` where it is not shown."""
        if not node or not self.view.shown[node]:
            return None
        wanted = node = self._tail(node)
        closed: list[int] = []
        while node := self.parent(node):
            if not self.is_open(node):
                closed.append(node)
        if closed:
            topmost = self.index(closed.pop())
            for node in closed:
                self.expansion.say(node, is_open=True)
            self._reopened(closed)
            self.open(topmost)
        return self.index(wanted)

    def parent_index(self, index: int) -> int | None:
        """The row of the directory that holds the one at an index."""
        path = self._path(index)
        if len(path) == 1:
            return None
        level, place = path[-1]
        return index - 1 - level.row(place)

    # ------------------------------------------------------------------ opening

    def open(self, index: int) -> int:
        """Show what the row holds; returns the number of rows that this adds."""
        path = self._path(index)
        level, place = path[-1]
        node = level.children[place]
        if not self.can_open(node) or self.is_open(node):
            return 0
        self.expansion.say(node, is_open=True)
        self._reopened([node])
        for (up, at), (inside, _) in pairwise(path):
            up.levels[at] = inside
        below = level.levels[place] = self._level(node)
        insort(level.places, place)
        level.heights.insert(bisect_left(level.places, place), below.total)
        self._grow(path, below.total)
        return below.total

    def close(self, index: int) -> int:
        """Hide what the row holds; returns the number of rows that this removes."""
        path = self._path(index)
        level, place = path[-1]
        node = level.children[place]
        k = level.opened(place)
        if k is None:
            return 0
        self.expansion.say(node, is_open=False)
        if self.expansion.opening is Opening.ALL:
            insort(self._closed, node)
        del level.places[k]
        gone = level.heights.pop(k)
        level.levels.pop(place, None)
        self._grow(path, -gone)
        return gone

    def close_siblings(self, index: int) -> int:
        """Close the directories beside the one at an index; returns its new index."""
        level, place = self._path(index)[-1]
        node = level.children[place]
        for other in [level.children[k] for k in level.places if k != place]:
            self.close(self.index(other))
        return self.index(node)

    def _reopened(self, items: Iterable[int]) -> None:
        for node in items:
            k = bisect_left(self._closed, node)
            if k < len(self._closed) and self._closed[k] == node:
                del self._closed[k]

    def _grow(self, path: list[tuple[Level, int]], rows: int) -> None:
        """Tell the levels above a row that what is below it changed."""
        path[-1][0].add_up()
        for level, place in path[-2::-1]:
            k = level.opened(place)
            assert k is not None
            level.heights[k] += rows
            level.add_up()
        self._window = []


def _ordered(items: Sequence[int], keys: list[int], *, reverse: bool) -> list[int]:
    """The items in the order of their keys, those of equal ones as they were."""
    order = sorted(range(len(items)), key=keys.__getitem__, reverse=reverse)
    return list(map(items.__getitem__, order))
