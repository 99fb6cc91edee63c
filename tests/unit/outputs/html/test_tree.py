"""The columns of paths and versions, read back and held against the analysis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory
from layerlens.outputs.html.folding import fold
from layerlens.outputs.html.tree import columns
from tests import columns as columns_of
from tests.builders import directory, file, hardlink, opaque, symlink, whiteout
from tests.unit.outputs import images, samples


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


IMAGES = {**images.IMAGES, "mixed": mixed}


@pytest.mark.parametrize("name", IMAGES)
def test_every_path_stands_once_and_in_order(name: str) -> None:
    columns_of.stands_in_order(columns(IMAGES[name]()))


@pytest.mark.parametrize("name", IMAGES)
def test_what_did_not_go_is_the_final_filesystem(name: str) -> None:
    analysis = IMAGES[name]()
    columns_of.is_the_final_filesystem(columns(analysis), analysis)


@pytest.mark.parametrize("name", IMAGES)
def test_layers_and_the_ledger_add_up(name: str) -> None:
    analysis = IMAGES[name]()
    columns_of.adds_up(columns(analysis), analysis)


@pytest.mark.parametrize("name", IMAGES)
def test_each_layer_tells_its_changes(name: str) -> None:
    analysis = IMAGES[name]()
    columns_of.tells_changes(columns(analysis), analysis)


def test_what_a_layer_repeats_still_stands_and_belongs() -> None:
    """A link that a layer lists again is told by the record of the one below."""
    first = [file("b", b"12345"), hardlink("a", "b"), symlink("s", "b")]
    analysis = samples.build([first, [hardlink("a", "b"), symlink("s", "b")], [whiteout("s")]])
    live = analysis.filesystem.live
    found = columns(replace(analysis, inventory=Inventory((), {live[b"a"]: 0}, ())))
    records = {record.path: record.at for record in columns_of.read(found)}
    assert found.stand == [(records[b"a"], records[b"b"])]
    assert found.package[records[b"a"]] == 1
    assert (found.gone[records[b"s"]], found.taken[records[b"s"]]) == (3, 1)


def test_what_was_lost_under_another_name_says_so() -> None:
    found = columns(
        samples.build([[file("a", b"12345"), hardlink("b", "a")], [whiteout("a")], [whiteout("b")]])
    )
    records = {record.path: record.at for record in columns_of.read(found)}
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
    assert plain.some_wire is packed.some_wire is None


def test_where_one_layer_is_plain_the_files_of_the_others_keep_theirs() -> None:
    analysis = samples.build([[file("a", b"1" * 4000)], [file("b", b"2" * 2000)]], compressed=True)
    analysis.filesystem.tables[1].transfer = None
    found = columns(analysis)
    assert found.wire is None
    assert found.some_wire is not None
    assert found.some_wire[0] > 0
    assert found.some_wire[1] == -1
    folded = fold(found, (), 1)
    assert folded is not found
    assert folded.some_wire is not None
    assert len(folded.some_wire) == len(folded.layer)
