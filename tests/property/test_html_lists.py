"""The report's page can make the long lists of the document again, of any image."""

from __future__ import annotations

import base64
from operator import itemgetter
from typing import Any

from hypothesis import given, settings

from layerlens.analysis.model import Analysis
from layerlens.outputs.html.inefficient import inefficient
from layerlens.outputs.html.tree import Columns, columns
from tests.columns import read
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.outputs import samples


@settings(max_examples=150, deadline=None)
@given(ANY_LAYERS)
def test_waste_and_dives_list_are_made_again(layers: list[list[Any]]) -> None:
    analysis = samples.build(layers)
    found = columns(analysis)
    assert _waste(analysis, found) == [tuple(row) for row in analysis.waste]
    assert _inefficient(analysis, found) == [
        (row.path.encode("utf-8", "surrogateescape"), row.count, row.bytes)
        for row in analysis.dive.inefficient_files
    ]


def _waste(analysis: Analysis, found: Columns) -> list[tuple[Any, ...]]:
    """As ``page/export/document.js`` does it."""
    paths = {record.at: record.path for record in read(found)}
    lost_at = dict(found.lost_at)
    causes = {str(row.cause.word): row.cause for row in analysis.waste}
    rows = []
    for at, size in enumerate(found.size):
        if found.lost[at] and size:
            last = lost_at.get(at, at)
            cause = causes[analysis.ledger[found.of[at]].name]
            row = (paths[last], cause, size, found.layer[at], found.lost[at] - 1)
            rows.append((-size, paths[last], last, row))
    rows.sort(key=itemgetter(0, 1, 2))
    return [row for *_, row in rows]


def _inefficient(analysis: Analysis, found: Columns) -> list[tuple[bytes, int, int]]:
    data = inefficient(analysis, found)
    paths: dict[int, bytes] = {}
    sums: dict[int, int] = {}
    node_of = [node for node, count in enumerate(found.records) for _ in range(count)]
    for record in read(found):
        paths[node_of[record.at]] = b"/" + record.path
        sums[node_of[record.at]] = sums.get(node_of[record.at], 0) + found.size[record.at]
    rows = []
    node = 0
    for step, count, more in zip(data["node"], data["count"], data["more"], strict=True):
        node += step
        rows.append((paths[node], count, sums[node] + more))
    for row in data["other"]:
        path = row["path"].encode()
        if "path_base64" in row:
            path = base64.b64decode(row["path_base64"])
        rows.append((path, row["count"], row["bytes"]))
    return sorted(rows, key=lambda row: (-row[2], row[0]))
