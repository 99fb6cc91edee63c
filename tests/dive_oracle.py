"""dive's score stated plainly: a tree per layer, stacked again for every whiteout.

Slow on purpose, and close to how dive's documentation of the faults reads, so
that the product's linear formulation has something to be equal to.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from layerlens.analysis.model import DiveFigures, InefficientFile
from layerlens.layers.table import Kind, LayerTable


class MissingError(Exception):
    """A path is not in the tree."""


@dataclass
class Node:
    """One name of a tree."""

    name: bytes
    parent: Node | None = None
    size: int = 0
    is_dir: bool = False
    children: dict[bytes, Node] = field(default_factory=dict)

    @property
    def path(self) -> bytes:
        """The path as dive prints it, with the whiteout prefix of this node left out."""
        parts = [self.name.removeprefix(b".wh.")]
        above = self.parent
        while above is not None and above.parent is not None:
            parts.insert(0, above.name)
            above = above.parent
        return (b"/" + b"/".join(parts)).replace(b"//", b"/")

    def visit(self) -> Iterator[Node]:
        """The nodes below and then this one; the root is left out."""
        for name in sorted(self.children):
            yield from self.children[name].visit()
        if self.parent is not None:
            yield self


def new_tree() -> Node:
    """An empty tree."""
    return Node(b"")


def find(root: Node, path: bytes) -> Node:
    """The node at a path; the root for an empty one."""
    node = root
    for part in path.split(b"/"):
        if part:
            if part not in node.children:
                raise MissingError
            node = node.children[part]
    return node


def add(root: Node, path: bytes, size: int, is_dir: bool) -> None:
    """Add or overwrite one node, and make up the parents that are missing."""
    node = root
    parts = [part for part in path.split(b"/") if part]
    for part in parts:
        if part not in node.children:
            if part.startswith(b".wh..wh.."):
                return
            node.children[part] = Node(part, node)
        node = node.children[part]
    if parts:
        node.size, node.is_dir = size, is_dir


def layer_tree(table: LayerTable) -> Node:
    """The tree of one layer's names."""
    root = new_tree()
    for name, kind, size in zip(table.names, table.kinds, table.sizes, strict=True):
        add(root, name, size, kind == Kind.DIR)
    return root


def copy(tree: Node, parent: Node | None = None) -> Node:
    """A tree of its own with the same nodes."""
    twin = Node(tree.name, parent, tree.size, tree.is_dir)
    twin.children = {name: copy(child, twin) for name, child in tree.children.items()}
    return twin


def stack(tree: Node, upper: Node) -> None:
    """Lay one layer's tree over a stacked one."""
    for node in upper.visit():
        if node.name.startswith(b".wh."):
            try:
                gone = find(tree, node.path)
            except MissingError:
                continue
            if gone.parent is not None:
                del gone.parent.children[gone.name]
        else:
            add(tree, node.path, node.size, node.is_dir)


def stacked(trees: Sequence[Node], count: int) -> Node:
    """The first tree, with the first ``count`` trees (itself included) laid over it."""
    tree = copy(trees[0])
    for upper in trees[:count]:
        stack(tree, upper)
    return tree


@dataclass
class Record:
    """What dive knows of one path."""

    count: int = 0
    total: int = 0
    least: int = -1


def score(tables: Sequence[LayerTable]) -> DiveFigures:
    """The figures, as dive computes them."""
    trees = [layer_tree(table) for table in tables]
    records: dict[bytes, Record] = {}
    for i, tree in enumerate(trees):
        _visit_layer(tree, lambda i=i: stacked(trees, i), records)  # type: ignore[misc]
    discovered = sum(record.total for record in records.values())
    minimum = sum(record.least for record in records.values())
    again = [(path, record) for path, record in records.items() if record.count >= 2]
    again.sort(key=lambda item: (-item[1].total, item[0]))
    wasted = sum(record.total for _, record in again)
    user = sum(sum(table.sizes) for table in tables[1:])
    return DiveFigures(
        efficiency=minimum / discovered if discovered else 1.0,
        wasted_bytes=wasted,
        user_wasted_percent=wasted / user if user else (math.inf if wasted else math.nan),
        inefficient_files=tuple(
            InefficientFile(path.decode("utf-8", "surrogateescape"), record.count, record.total)
            for path, record in again
        ),
    )


def _visit_layer(tree: Node, below: Callable[[], Node], records: dict[bytes, Record]) -> None:
    for node in tree.visit():
        if node.children:
            continue
        record = records.setdefault(node.path, Record())
        size = node.size
        if node.name.startswith(b".wh."):
            try:
                previous = find(below(), node.path)
            except MissingError:
                return
            size = sum(each.size for each in previous.visit()) if previous.is_dir else 0
        record.total += size
        record.least = size if record.least < 0 else min(record.least, size)
        record.count += 1
