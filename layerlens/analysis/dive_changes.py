"""dive's added, modified and removed paths per layer, its faults included.

A plain restatement with a tree per layer; it is for comparison with dive, and
is not made to be fast.  Known faults that it reproduces: link targets, times
and device numbers are not compared; what replaces a directory keeps the old
children; a parent without an entry loses its attributes and counts as
modified; a path that its own layer removes and adds again stays removed;
opaque markers have no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from layerlens.analysis.dive import DROPPED, WHITEOUT
from layerlens.layers.table import Kind, LayerTable

HashOf = Callable[[int, int], bytes]
"""``hash_of(layer, index)`` gives the content hash of a regular file."""


@dataclass(frozen=True, slots=True)
class DiveDiff:
    """Paths by what happened to them, in the order of dive's visit."""

    added: tuple[str, ...]
    modified: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiveLayer:
    """One layer in dive's reading.

    ``diff`` compares with all layers below, ``aggregated`` compares all layers
    up to this one with the first.  ``nodes`` counts the names of the layer,
    ``stacked_nodes`` those of the tree that ``diff`` shows; made-up parents
    and removed names are among both.  ``path_errors`` are whiteouts whose
    target was missing, in this layer or in one below.
    """

    nodes: int
    stacked_nodes: int
    diff: DiveDiff
    aggregated: DiveDiff
    path_errors: tuple[str, ...]


def dive_changes(tables: Sequence[LayerTable], hash_of: HashOf) -> list[DiveLayer]:
    """Both of dive's comparisons for every layer."""
    trees = [_layer_tree(table, i, hash_of) for i, table in enumerate(tables)]
    layers: list[DiveLayer] = []
    below = _Tree()
    errors: list[bytes] = []
    together = _Tree()
    for i, tree in enumerate(trees):
        if i < 2:
            # dive stacks the first layer over a copy of itself, and compares the
            # first layer with that; so both views of layer 0 hold it twice.
            below = trees[0].copy()
            errors = below.stack(trees[0])
            together = below.copy()
        else:
            errors += below.stack(trees[i - 1])
        view = below.copy()
        failed = view.compare(tree)
        together.compare(tree)
        layers.append(
            DiveLayer(
                nodes=tree.count(),
                stacked_nodes=view.count(),
                diff=view.diff(),
                aggregated=together.diff(),
                path_errors=tuple(map(_text, errors + failed)),
            )
        )
    return layers


class _Mark(IntEnum):
    UNMODIFIED = 0
    MODIFIED = 1
    ADDED = 2
    REMOVED = 3


# Kind, content hash, mode, uid, gid: what dive compares.
_Info = tuple[int, bytes, int, int, int]
_NO_INFO: _Info = (0, b"", 0, 0, 0)


@dataclass(slots=True, eq=False)
class _Node:
    name: bytes
    parent: _Node | None
    info: _Info = _NO_INFO
    mark: _Mark = _Mark.UNMODIFIED
    children: dict[bytes, _Node] = field(default_factory=dict)

    def is_whiteout(self) -> bool:
        return self.name.startswith(WHITEOUT)

    def parts(self) -> list[bytes]:
        """The names from the root to this node; a whiteout's own without its prefix."""
        parts = [self.name.removeprefix(WHITEOUT)]
        node = self.parent
        while node is not None and node.parent is not None:
            parts.append(node.name)
            node = node.parent
        return parts[::-1]

    def set_mark(self, mark: _Mark) -> None:
        self.mark = mark
        waiting = [self] if mark is _Mark.REMOVED else []
        while waiting:
            node = waiting.pop()
            node.mark = mark
            waiting.extend(node.children.values())

    def derive(self, mark: _Mark) -> None:
        """Take a mark, or modified where a child's mark differs from it."""
        marks = {mark, *(child.mark for child in self.children.values())}
        self.set_mark(mark if len(marks) == 1 else _Mark.MODIFIED)


class _Tree:
    """A tree of names, with dive's operations on it."""

    def __init__(self) -> None:
        self._root = _Node(b"", None)

    def visit(self) -> Iterator[_Node]:
        """All nodes but the root: children before parents, names in byte order."""
        waiting = [(self._root, False)]
        while waiting:
            node, is_open = waiting.pop()
            if is_open:
                if node.parent is not None:
                    yield node
                continue
            waiting.append((node, True))
            waiting.extend((node.children[name], False) for name in sorted(node.children)[::-1])

    def count(self) -> int:
        return sum(1 for _ in self.visit())

    def find(self, parts: Sequence[bytes]) -> _Node | None:
        node: _Node | None = self._root
        for part in parts:
            if part and node is not None:
                node = node.children.get(part)
        return node

    def add(self, parts: Sequence[bytes], info: _Info) -> list[_Node]:
        """Add or overwrite one node; gives the nodes that are new, from the top down."""
        node = self._root
        new: list[_Node] = []
        for part in parts:
            child = node.children.get(part)
            if child is None:
                if part.startswith(DROPPED):
                    return new
                child = node.children[part] = _Node(part, node)
                new.append(child)
            node = child
        node.info = info
        return new

    def copy(self) -> _Tree:
        twin = _Tree()
        waiting = [(self._root, twin._root)]
        while waiting:
            node, other = waiting.pop()
            other.info, other.mark = node.info, node.mark
            for name, child in node.children.items():
                other.children[name] = _Node(name, other)
                waiting.append((child, other.children[name]))
        return twin

    def stack(self, upper: _Tree) -> list[bytes]:
        """Lay a layer over this tree; gives the paths that it could not remove."""
        failed: list[bytes] = []
        for node in upper.visit():
            parts = node.parts()
            if not node.is_whiteout():
                self.add(parts, node.info)
                continue
            gone = self.find(parts)
            if gone is None or gone.parent is None:
                failed.append(_path(parts))
            else:
                del gone.parent.children[gone.name]
        return failed

    def compare(self, upper: _Tree) -> list[bytes]:
        """Mark what a layer changes, and take its nodes over."""
        failed: list[bytes] = []
        # (node, the upper node, its mark, whether the mark is final)
        pairs: list[tuple[_Node, _Node, _Mark, bool]] = []
        for node in upper.visit():
            parts = node.parts()
            lower = self.find(parts)
            if node.is_whiteout():
                if lower is None:
                    failed.append(_path(parts))
                else:
                    lower.set_mark(_Mark.REMOVED)
            elif lower is None:
                new = self.add(parts, node.info)
                pairs += [(each, node, _Mark.ADDED, True) for each in new[::-1]]
            else:
                same = lower.info == node.info
                mark = _Mark.UNMODIFIED if same else _Mark.MODIFIED
                pairs.append((lower, node, mark, False))
        for lower, node, mark, is_final in pairs:
            if is_final:
                lower.set_mark(mark)
            elif lower.mark is _Mark.UNMODIFIED:
                lower.derive(mark)
            lower.info = node.info
        return failed

    def diff(self) -> DiveDiff:
        paths: dict[_Mark, list[str]] = {mark: [] for mark in _Mark}
        for node in self.visit():
            paths[node.mark].append(_text(_path(node.parts())))
        return DiveDiff(
            added=tuple(paths[_Mark.ADDED]),
            modified=tuple(paths[_Mark.MODIFIED]),
            removed=tuple(paths[_Mark.REMOVED]),
        )


def _path(parts: Sequence[bytes]) -> bytes:
    return b"/" + b"/".join(parts)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _layer_tree(table: LayerTable, layer: int, hash_of: HashOf) -> _Tree:
    tree = _Tree()
    for i, (name, kind, size) in enumerate(zip(table.names, table.kinds, table.sizes, strict=True)):
        if name:
            # Everything but a file with bytes in it has one and the same content.
            content = hash_of(layer, i) if kind == Kind.FILE and size else b""
            info = (kind, content, table.mode(i), table.uid(i), table.gid(i))
            tree.add(name.split(b"/"), info)
    return tree
