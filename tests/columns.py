"""The columns of the HTML report's paths, read back and held against the analysis."""

from __future__ import annotations

import base64
from collections import Counter
from typing import NamedTuple

from layerlens.analysis.model import Analysis
from layerlens.filesystem.result import path_order
from layerlens.outputs.html.paths import KINDS, Nodes
from layerlens.outputs.html.tree import CHANGES, Columns
from layerlens.outputs.rows import rows


class Record(NamedTuple):
    """One record, its path put together again."""

    path: bytes
    at: int


def read(found: Nodes) -> list[Record]:
    """The records, as the page reads them."""
    exact = {at: base64.b64decode(raw) for at, raw in found.exact}
    following = iter(range(1, len(found.names)))
    assert found.name[0] == 0
    line: list[bytes] = []
    records: list[Record] = []
    for node, depth in enumerate(found.depth):
        if node:
            ref = found.name[node]
            at = next(following) if ref == 0 else ref - 1
            line[depth - 1 :] = [exact.get(at, found.names[at].encode())]
        first = len(records)
        records += [Record(b"/".join(line), first + k) for k in range(found.records[node])]
    assert next(following, None) is None, "names that no node has"
    return records


def stands_in_order(found: Columns) -> None:
    """Every path stands once, in path order, and all lists of a group have one length."""
    records = read(found)
    assert len(records) == len(found.layer)
    paths = [record.path for record in records]
    assert paths == sorted(paths, key=path_order)
    lists = [
        found.change, found.kind, found.size, found.owner, found.gone, found.taken, found.lost,
        found.of, found.package, *([] if found.wire is None else [found.wire]),
    ]  # fmt: skip
    assert {len(column) for column in lists} == {len(records)}
    assert len(found.depth) == len(found.name) == len(found.records)


def sources(found: Columns) -> dict[int, int]:
    """Record of the final filesystem -> record whose bytes count at it."""
    source = {at: at for at, gone in enumerate(found.gone) if not gone}
    for _, shipped in found.stand:
        source.pop(shipped, None)
    return source | dict(found.stand)


def is_the_final_filesystem(found: Columns, analysis: Analysis) -> None:
    """What is not gone is the final filesystem, each byte at its first name."""
    standing = {record.path: record.at for record in read(found) if not found.gone[record.at]}
    source = sources(found)
    final = {row.path: row for row in rows(analysis.filesystem, None)}
    assert standing.keys() == final.keys()
    for path, row in final.items():
        at = standing[path]
        shipped = source.get(at)
        assert row.size == (0 if shipped is None else found.size[shipped]), path
        if found.wire is not None:
            assert row.transfer == (0 if shipped is None else found.wire[shipped]), path
        if row.kind not in {"file", "hardlink"}:
            assert KINDS[found.kind[at]] == row.kind
        assert found.attributes[found.owner[at]] == (row.mode, row.uid, row.gid)
    assert sum(row.size for row in final.values()) == analysis.scores.live_bytes


def adds_up(found: Columns, analysis: Analysis) -> None:
    """Layers, what they lost and killed, and the ledger."""
    by_layer: Counter[int] = Counter()
    dead: Counter[int] = Counter()
    kills: Counter[int] = Counter()
    ledger: Counter[int] = Counter()
    claimed = dict(found.claimed)
    for at, size in enumerate(found.size):
        by_layer[found.layer[at]] += size
        ledger[found.of[at]] += claimed.get(at, size)
        if at in claimed:
            ledger[0] += size - claimed[at]
        if found.lost[at]:
            dead[found.layer[at]] += size
            kills[found.lost[at] - 1] += size
    for layer in analysis.layers:
        assert by_layer[layer.index] == layer.size
        assert dead[layer.index] == layer.dead_bytes
        assert kills[layer.index] == layer.kills_bytes
    assert [ledger[at] for at in range(len(analysis.ledger))] == [
        row.bytes for row in analysis.ledger
    ]


def tells_changes(found: Columns, analysis: Analysis) -> None:
    """Each layer's changes, path by path."""
    told: dict[int, set[tuple[bytes, str, str | None]]] = {}
    for path, at in read(found):
        word = CHANGES[found.change[at]]
        if word == "added":
            told.setdefault(found.layer[at], set()).add((path, "added", None))
        elif word in {"content", "metadata", "type"}:
            told.setdefault(found.layer[at], set()).add((path, "modified", word))
        if found.taken[at]:
            told.setdefault(found.gone[at] - 1, set()).add((path, "removed", None))
    for layer in analysis.layers:
        expected = {
            (event.path, event.change, event.modified_kind)
            for event in analysis.filesystem.events(layer.index)
        }
        assert told.get(layer.index, set()) == expected


def agrees(found: Columns, analysis: Analysis) -> None:
    """All of it."""
    stands_in_order(found)
    is_the_final_filesystem(found, analysis)
    adds_up(found, analysis)
    tells_changes(found, analysis)


def sums(found: Columns, below: set[bytes]) -> Counter[tuple[object, ...]]:
    """All that a page could add up below each of some paths, in all ways it tells apart."""
    parts = (
        found.layer, found.change, found.kind, found.gone, found.taken, found.lost, found.of,
        found.package,
    )  # fmt: skip
    wire = found.wire or [0] * len(found.size)
    claimed, count = dict(found.claimed), dict(found.folded)
    source = sources(found)
    directory = KINDS.index("dir")
    total: Counter[tuple[object, ...]] = Counter()
    for path, at in read(found):
        line = path.rstrip(b"/").split(b"/") if path else []
        ups = {b"/".join(line[:k]) for k in range(len(line) + 1)} & below
        key = tuple(part[at] for part in parts)
        shipped = source.get(at)
        for up in ups:
            total[up, key, "bytes"] += found.size[at]
            total[up, key, "wire"] += wire[at]
            total[up, key, "of"] += claimed.get(at, found.size[at])
            if found.kind[at] != directory:
                total[up, key, "files"] += count.get(at, 1)
            if shipped is not None:
                total[up, key, "final bytes"] += found.size[shipped]
                total[up, key, "final wire"] += wire[shipped]
                total[up, key, "final of"] += claimed.get(shipped, found.size[shipped])
    return +total


def directories(found: Columns) -> set[bytes]:
    """The paths that have a node, for :func:`sums`."""
    named = {path.rstrip(b"/") for path, _ in read(found)}
    return {b"/".join(path.split(b"/")[:k]) for path in named for k in range(9)}
