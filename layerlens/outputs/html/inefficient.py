"""Dive's inefficient files for the page, as numbers of nodes.

Most of them are paths that the tree has, and most of their sums are those of the versions
there: so a number for each, and the difference between sums, pack to next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import accumulate, pairwise
from typing import Any

from layerlens.analysis.model import Analysis
from layerlens.outputs.display import name_bytes
from layerlens.outputs.html.tree import Columns
from layerlens.outputs.schema import inefficient_fields

Json = dict[str, Any]


def inefficient(analysis: Analysis, columns: Columns) -> Json:
    """What ``page/export/document.js`` makes ``scores.dive.inefficient_files`` of.

    ``node`` are differences between the numbers of nodes, which rise; ``count`` and
    ``more`` stand beside them: copies, and bytes beyond the sum of the sizes of the node's
    records.  ``other`` are whole rows of paths that no node has.  A tree that folds small
    files says nothing of what it does not have.
    """
    files = {name_bytes(file.path)[1:]: file for file in analysis.dive.inefficient_files}
    found: list[tuple[int, int, int]] = []
    if files:
        first = [0, *accumulate(columns.records)]
        for path, node in _nodes(analysis, columns, files.keys()).items():
            file = files.pop(path)
            own = sum(columns.size[first[node] : first[node + 1]])
            found.append((node, file.count, file.bytes - own))
        found.sort()
    nodes = [node for node, _, _ in found]
    return {
        "node": [node - before for before, node in pairwise([0, *nodes])],
        "count": [count for _, count, _ in found],
        "more": [more for _, _, more in found],
        "other": [] if columns.folded else list(map(inefficient_fields, files.values())),
    }


def _nodes(analysis: Analysis, columns: Columns, paths: Collection[bytes]) -> dict[bytes, int]:
    """Path -> its node, of those paths that have versions there."""
    node_of = [node for node, count in enumerate(columns.records) for _ in range(count)]
    folded = {record for record, _ in columns.folded}
    every = analysis.filesystem.paths
    return {
        every[version]: node_of[record]
        for version, record in columns.record_of.items()
        if every[version] in paths and record not in folded
    }
