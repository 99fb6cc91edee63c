"""What dive 0.13.1 says of the same layers, its faults included.

An existing ``.dive-ci`` must give the verdict that dive gives, so this view is
kept apart from our own figures and shares nothing with them.  dive's reading:

- a layer is a tree of names; parents without an entry are made up (no
  attributes, no size); a later entry of one name replaces the earlier one;
- ``.wh.NAME`` removes ``NAME``; a name with a part that starts with
  ``.wh..wh..`` is dropped, opaque markers with it;
- layers are stacked by visiting the upper tree depth-first, children before
  parents, names in byte order; every visited node overwrites attributes;
- the score visits the *leaves* of each layer.  A leaf counts its size; a
  whiteout counts nothing for a file, and the sum below for a directory.  A
  whiteout of what is not there ends the visit of its layer, and its path
  stays behind with a smallest size of -1.

dive stacks all lower layers again for each whiteout.  Here one stack moves up
with the layers and holds only what lies at or below a path that any layer
removes; where no layer removes anything there is no stack at all, and a layer
costs a handful of set and dictionary operations.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from layerlens.analysis.model import DiveFigures, InefficientFile
from layerlens.layers.limits import PATH_MAX
from layerlens.layers.names import parent
from layerlens.layers.table import Kind, LayerTable

WHITEOUT = b".wh."
DROPPED = b".wh..wh.."


def dive_figures(tables: Sequence[LayerTable]) -> DiveFigures:
    """Efficiency, wasted bytes, user-wasted ratio and inefficient files, as dive has them.

    Files of equal size, whose order dive leaves to chance, are in path order.
    Parents longer than ``PATH_MAX`` that have no entry are passed over, which
    keeps the work linear: no engine can hold such a path.
    """
    marked = [[table.names[i] for i in table.marked()] for table in tables]
    removed = [{target(node) for name in names for node in whiteouts(name)} for names in marked]
    last = max((i for i, paths in enumerate(removed) if paths), default=-1)
    stack = _Stack(set().union(*removed))
    score = _Score()
    for i, table in enumerate(tables):
        layer = _Layer(table, marked[i])
        if i == 0 <= last:
            stack.add(layer)  # dive starts from a copy, in which whiteouts are plain nodes
        dangling, gone = stack.weigh(layer.removals())
        if i < last:
            stack.apply(layer)
        score.visit(layer.leaves(before=dangling), gone, dangling)
    minimum, discovered = score.minimum, score.discovered
    user_bytes = sum(table.content_bytes for table in tables[1:])
    return DiveFigures(
        efficiency=float(minimum) / float(discovered) if discovered else 1.0,
        wasted_bytes=score.wasted,
        user_wasted_percent=_ratio(score.wasted, user_bytes),
        inefficient_files=score.inefficient(),
    )


def dropped_at(name: bytes) -> int:
    """Where the part begins for which dive drops a name, or -1."""
    if name.startswith(DROPPED):
        return 0
    return name.find(b"/" + DROPPED) + 1 or -1


def whiteouts(name: bytes) -> Iterator[bytes]:
    """The name and those of its parents that dive takes for removals.

    Parents longer than ``PATH_MAX`` are passed over.
    """
    cut = dropped_at(name)
    if cut >= 0:
        name = name[: max(0, cut - 1)]
    start = 0 if name.startswith(WHITEOUT) else name.find(b"/" + WHITEOUT) + 1 or -1
    while start >= 0:
        end = name.find(b"/", start)
        if end < 0:
            yield name
            return
        if end > PATH_MAX:
            start = name.rfind(b"/") + 1
            if not name.startswith(WHITEOUT, start):
                return
            continue
        yield name[:end]
        start = name.find(b"/" + WHITEOUT, end) + 1 or -1


def shown(name: bytes) -> bytes:
    """A node's path as dive writes it: the prefix of a whiteout is left out.

    A bare ``.wh.`` leaves a slash at the end, which dive counts as a path of
    its own although it names the directory.
    """
    head, slash, base = name.rpartition(b"/")
    return head + slash + base.removeprefix(WHITEOUT)


def target(name: bytes) -> bytes:
    """The path that a whiteout removes; ``b""`` is the root."""
    return shown(name).rstrip(b"/")


def _ratio(part: int, whole: int) -> float:
    """A quotient of two counts as IEEE 754 has it."""
    if whole:
        return float(part) / float(whole)
    return math.inf if part else math.nan


def _order(name: bytes) -> list[bytes]:
    """Sorting by this key is dive's order among nodes of which none contains another."""
    return name.split(b"/")


def _visit_order(name: bytes) -> list[bytes]:
    """Sorting by this key is dive's order of visit: what a node contains comes before it."""
    return [b"\0" + part for part in name.split(b"/")] + [b"\1"]


def _above(path: bytes) -> bytes:
    """The containing directory, or the nearest one that is not longer than ``PATH_MAX``."""
    if len(path) <= PATH_MAX:
        return parent(path)
    return path[: max(0, path.rfind(b"/", 0, PATH_MAX + 1))]


def _common(paths: set[bytes], sizes: dict[bytes, int]) -> set[bytes]:
    """The paths that both have, in time of the smaller one.

    (An intersection of a set with a view of keys walks all keys.)
    """
    if len(paths) < len(sizes):
        return {path for path in paths if path in sizes}
    return paths.intersection(sizes)


class _Layer:
    """One layer's tree of names.

    ``nodes`` gives the size of each name with an entry (dropped names are left
    out), ``implied`` the made-up parents, ``parents`` all nodes that have
    children, ``whiteouts`` the nodes that remove something.
    """

    __slots__ = ("implied", "nodes", "parents", "table", "whiteouts")

    def __init__(self, table: LayerTable, marked: Iterable[bytes]) -> None:
        self.table = table
        self.nodes: dict[bytes, int] = dict(zip(table.names, table.sizes, strict=True))
        self.nodes.pop(b"", None)
        made_up: set[bytes] = set()
        for name in set(marked):
            cut = dropped_at(name)
            if cut >= 0:
                del self.nodes[name]
                made_up.add(name[: max(0, cut - 1)])
        self.whiteouts = {node for name in marked for node in whiteouts(name)}
        self.parents: set[bytes] = (
            {name.rpartition(b"/")[0] for name in self.nodes} if made_up else set(table.parents())
        )
        self.implied: set[bytes] = set()
        fresh = (made_up | self.parents).difference(self.nodes)
        fresh.discard(b"")
        while fresh:
            self.implied |= fresh
            above = set(map(_above, fresh))
            self.parents |= above
            fresh = above.difference(self.nodes) - self.implied
            fresh.discard(b"")

    def removals(self) -> list[bytes]:
        """The whiteouts that are leaves, in the order of the visit."""
        return sorted(self.whiteouts - self.parents, key=_order)

    def drop_whiteouts(self) -> None:
        """Take the whiteouts out of ``nodes`` and ``implied``."""
        for name in self.whiteouts:
            self.nodes.pop(name, None)
        self.implied -= self.whiteouts

    def leaves(self, *, before: bytes | None) -> dict[bytes, int]:
        """Sizes of the leaves that are no whiteouts; uses up ``nodes``.

        ``before`` leaves out what dive visits after that name.
        """
        self.drop_whiteouts()
        leaves = self.nodes
        for name in _common(self.parents, leaves):
            del leaves[name]
        leaves.update(dict.fromkeys(self.implied - self.parents, 0))
        if before is None:
            return leaves
        end = _order(before)
        return {name: size for name, size in leaves.items() if _order(name) < end}


class _Score:
    """Sizes per path over all layers' visits.

    Most paths are seen once: those are only remembered in ``_first``.  Paths
    that come again have how often, the sum and the smallest in dictionaries
    of their own (of integers, which the garbage collector need not walk).
    """

    def __init__(self) -> None:
        self.discovered = 0
        self._first: dict[bytes, int] = {}
        self._counts: dict[bytes, int] = {}
        self._totals: dict[bytes, int] = {}
        self._least: dict[bytes, int] = {}
        self._dangling: set[bytes] = set()

    def visit(
        self, leaves: dict[bytes, int], gone: Iterable[tuple[bytes, int]], dangling: bytes | None
    ) -> None:
        """Add one layer: its leaves, its whiteouts' sizes, and what ended the visit."""
        if self._first:
            self._add(leaves)
        else:
            self._first = leaves
            self.discovered += sum(leaves.values())
        # A path may be both a leaf and the path of a whiteout, so these come apart.
        self._add({shown(name): size for name, size in gone})
        if dangling is not None:
            self._dangling.add(shown(dangling))

    def _add(self, sizes: dict[bytes, int]) -> None:
        first, counts, totals, least = self._first, self._counts, self._totals, self._least
        for path in sizes.keys() & first.keys():
            size = sizes[path]
            if path in counts:
                counts[path] += 1
                totals[path] += size
                if size < least[path]:
                    least[path] = size
            else:
                once = first[path]
                counts[path] = 2
                totals[path] = once + size
                least[path] = size if size < once else once
        first.update(sizes)
        self.discovered += sum(sizes.values())

    @property
    def wasted(self) -> int:
        """All copies of the paths that were seen more than once."""
        return sum(self._totals.values())

    @property
    def minimum(self) -> int:
        """The sum of the smallest sizes; a path that was never measured gives -1."""
        excess = self.wasted - sum(self._least.values())
        return self.discovered - excess - len(self._dangling.difference(self._first))

    def inefficient(self) -> tuple[InefficientFile, ...]:
        """Paths seen more than once, the largest sum first."""
        totals = self._totals
        paths = sorted(totals)
        paths.sort(key=totals.__getitem__, reverse=True)  # stable: equal sums stay in path order
        return tuple(
            InefficientFile("/" + path.decode("utf-8", "surrogateescape"), count, total)
            for path, count, total in zip(
                paths,
                map(self._counts.__getitem__, paths),
                map(totals.__getitem__, paths),
                strict=True,
            )
        )


class _Stack:
    """The stacked tree, as far as whiteouts can ask for it.

    ``_content`` holds the children of each directory with their sizes, for
    nodes at or below a path of ``_watched`` only; ``_dirs`` those watched
    paths whose attributes are a directory's.  Each node is added and removed
    once, so the whole costs no more than the layers have entries.
    """

    def __init__(self, removed: set[bytes]) -> None:
        self._watched = removed - {b""}
        self._content: dict[bytes, dict[bytes, int]] = {}
        self._dirs: set[bytes] = set()
        self._inside = dict.fromkeys(self._watched, True) | {b"": False}

    def weigh(self, names: list[bytes]) -> tuple[bytes | None, list[tuple[bytes, int]]]:
        """The first whiteout whose target is missing, and the sizes of those before it."""
        paths = list(map(target, names))
        end = next((k for k, path in enumerate(paths) if not self._has(path)), len(names))
        dangling = names[end] if end < len(names) else None
        sums: dict[bytes, int] = {}
        # The longest first: a directory that holds a smaller one takes that one's sum over.
        for path in sorted(self._dirs.intersection(paths[:end]), key=len, reverse=True):
            sums[path] = self._sum(path, sums)
        return dangling, [(names[k], sums.get(paths[k], 0)) for k in range(end)]

    def apply(self, layer: _Layer) -> None:
        """Stack one layer."""
        if any(self._out_of_order(name, layer) for name in layer.whiteouts):
            self._replay(layer)
            return
        for name in layer.whiteouts:
            self._remove(target(name))
        layer.drop_whiteouts()
        self.add(layer)

    def add(self, layer: _Layer) -> None:
        """Add the nodes of a layer; made-up ones have no size and are no directories."""
        content, nodes, implied = self._content, layer.nodes, layer.implied
        rows = {p: content.setdefault(p, {}) for p in layer.parents if self._is_inside(p)}
        if rows:
            for name, size in nodes.items():
                row = rows.get(name.rpartition(b"/")[0])
                if row is not None:
                    row[name] = size
            for name in implied:
                row = rows.get(parent(name))
                if row is not None:
                    row[name] = 0
        self._attributes(layer, _common(self._watched, nodes) | (self._watched & implied))

    def _attributes(self, layer: _Layer, paths: set[bytes]) -> None:
        if not paths:
            return
        kinds = dict(zip(layer.table.names, layer.table.kinds, strict=True))
        for path in paths:
            self._content.setdefault(parent(path), {})[path] = layer.nodes.get(path, 0)
        directories = {path for path in paths if kinds.get(path) == Kind.DIR}
        self._dirs -= paths
        self._dirs |= directories

    def _is_inside(self, path: bytes) -> bool:
        """Whether a path is watched or lies below a watched one."""
        known = self._inside
        chain: list[bytes] = []
        while path not in known:
            chain.append(path)
            path = _above(path)
        answer = known[path]
        known.update(dict.fromkeys(chain, answer))
        return answer

    def _has(self, path: bytes) -> bool:
        return not path or path in self._content.get(parent(path), ())

    def _sum(self, path: bytes, known: dict[bytes, int]) -> int:
        """Sizes of a node and all below it; ``known`` has some nodes' sums already."""
        content = self._content
        total = content[parent(path)][path]
        waiting = [path]
        while waiting:
            row = content.get(waiting.pop())
            if not row:
                continue
            total += sum(row.values())
            for name in row.keys() & content.keys():
                if name in known:
                    total += known[name] - row[name]
                else:
                    waiting.append(name)
        return total

    def _remove(self, path: bytes) -> None:
        content = self._content
        if not path or not self._has(path):
            return  # dive cannot remove the root either
        del content[parent(path)][path]
        waiting = [path]
        while waiting:
            row = content.pop(waiting.pop(), None)
            if row:
                waiting.extend(row.keys() & content.keys())

    @staticmethod
    def _out_of_order(name: bytes, layer: _Layer) -> bool:
        """Whether a whiteout may act on nodes of its own layer.

        Most come before what they hide, because ``.wh.NAME`` sorts before
        ``NAME``; not so where ``NAME`` starts with a byte below the full stop,
        or where the whiteout has no name or has children of its own.
        """
        path = target(name)
        base = path.rpartition(b"/")[2]
        if name in layer.parents or len(path) < len(shown(name)) or not path:
            return True
        return base < WHITEOUT + base and (path in layer.nodes or path in layer.implied)

    def _replay(self, layer: _Layer) -> None:
        """Stack one layer node by node, in dive's order."""
        kinds = dict(zip(layer.table.names, layer.table.kinds, strict=True))
        names = [*layer.nodes, *layer.implied]
        inside = {p for p in layer.parents if self._is_inside(p)}
        concerned = (
            n for n in names if n in layer.whiteouts or n in self._watched or parent(n) in inside
        )
        for name in sorted(concerned, key=_visit_order):
            if name in layer.whiteouts:
                self._remove(target(name))
                continue
            for path in self._missing(name):
                self._content.setdefault(parent(path), {})[path] = 0
                self._dirs.discard(path)
            self._content.setdefault(parent(name), {})[name] = layer.nodes.get(name, 0)
            self._dirs.discard(name)
            if kinds.get(name) == Kind.DIR and name in self._watched:
                self._dirs.add(name)

    def _missing(self, path: bytes) -> Iterator[bytes]:
        """The path and those of its ancestors that the stack lacks but has to hold."""
        while self._is_inside(path) and not self._has(path):
            yield path
            path = parent(path)
