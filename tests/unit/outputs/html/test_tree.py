"""The columns of paths and versions, read back and held against the analysis."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import pytest

from layerlens.analysis.model import Analysis
from layerlens.filesystem.result import path_order
from layerlens.outputs.html.paths import KINDS, Nodes
from layerlens.outputs.html.tree import CHANGES, columns
from layerlens.outputs.rows import rows
from tests.builders import directory, file, hardlink, opaque, symlink, whiteout
from tests.unit.outputs import samples, wicked


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


def mixed() -> Analysis:
    """All that makes columns uneven: links, lost names, types that change, odd names."""
    return samples.build(
        [
            [
                directory("a"), file("a/x", b"1" * 10), file("a/y", b"2" * 20),
                hardlink("b", "a/x"), directory("d"), file("d/deep/er/z", b"3" * 30),
                file("t", b"4" * 40), file(b"n\xff/m", b"5" * 50), symlink("s", "a/x"),
            ],
            [directory("d"), whiteout("a/x"), file("a/y", b"6" * 25), file("t/u/v", b"7" * 35)],
            [directory("d"), opaque("d"), file("d/new", b"8" * 5), file("t/u/v", b"7" * 35)],
        ],
    )  # fmt: skip


IMAGES: dict[str, Callable[[], Analysis]] = {
    "shop": samples.shop,
    "judged": samples.judged,
    "packaged": samples.packaged,
    "hostile": samples.hostile,
    "wicked": wicked.wicked,
    "empty": samples.empty,
    "many": samples.many,
    "mixed": mixed,
}


@pytest.mark.parametrize("name", IMAGES)
def test_every_path_stands_once_and_in_order(name: str) -> None:
    found = columns(IMAGES[name]())
    records = read(found)
    assert len(records) == len(found.layer)
    paths = [record.path for record in records]
    assert paths == sorted(paths, key=path_order)
    lists = (
        found.change, found.kind, found.size, found.owner, found.gone, found.taken, found.lost,
        found.of, found.package,
    )  # fmt: skip
    assert {len(column) for column in lists} == {len(records)}
    assert len(found.depth) == len(found.name) == len(found.records)


@pytest.mark.parametrize("name", IMAGES)
def test_what_did_not_go_is_the_final_filesystem(name: str) -> None:
    analysis = IMAGES[name]()
    found = columns(analysis)
    standing = {record.path: record.at for record in read(found) if not found.gone[record.at]}
    source = {at: at for at in standing.values()}
    for _, from_ in found.stand:
        source.pop(from_, None)
    source |= dict(found.stand)
    final = {row.path: row for row in rows(analysis.filesystem, None)}
    assert standing.keys() == final.keys()
    for path, row in final.items():
        at = standing[path]
        shipped = source.get(at)
        assert row.size == (0 if shipped is None else found.size[shipped]), path
        if row.kind not in {"file", "hardlink"}:
            assert KINDS[found.kind[at]] == row.kind
    assert sum(row.size for row in final.values()) == analysis.scores.live_bytes


@pytest.mark.parametrize("name", IMAGES)
def test_layers_and_the_ledger_add_up(name: str) -> None:
    analysis = IMAGES[name]()
    found = columns(analysis)
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


@pytest.mark.parametrize("name", IMAGES)
def test_each_layer_tells_its_changes(name: str) -> None:
    analysis = IMAGES[name]()
    found = columns(analysis)
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


def test_what_was_lost_under_another_name_says_so() -> None:
    found = columns(
        samples.build([[file("a", b"12345"), hardlink("b", "a")], [whiteout("a")], [whiteout("b")]])
    )
    records = {record.path: record.at for record in read(found)}
    assert found.lost_at == [(records[b"a"], records[b"b"])]
    assert found.lost[records[b"a"]] == 3
    assert found.gone[records[b"a"]] == 2


def test_bytes_on_the_wire_are_told_where_layers_are_compressed() -> None:
    layers = [[file("a", b"1" * 4000), file("b", b"2" * 2000)]]
    plain = columns(samples.build(layers))
    packed = columns(samples.build(layers, compressed=True))
    assert plain.wire is None
    assert packed.wire is not None
    assert packed.wire[0] > packed.wire[1] > 0
