"""How a table shares its width, and what the list and the details of layers leave out."""

from __future__ import annotations

import pytest

from layerlens.tui.viewmodel.layers import details, layer_rows
from layerlens.tui.viewmodel.table import Column, Table
from layerlens.tui.viewmodel.text import width
from layerlens.tui.widgets.layer_list import LayerList
from tests.unit.outputs import samples

ROWS = ["a" * 30, "b"]


def table(most: int | None, grows: int | None = None) -> Table[str]:
    columns: list[Column[str]] = [
        Column("size", "Size", lambda row: (str(len(row)), ""), len, 6, right=True),
        Column("name", "Name", lambda row: (row, ""), str, most=most),
        Column("why", "Why", lambda row: (row * 3, ""), str, 10, most=grows),
    ]
    return Table(ROWS, columns, text=str, order="name")


def cells(made: Table[str], room: int) -> dict[str, int]:
    return {name: len(text) for text, _, name in made.head(room) if name}


@pytest.mark.parametrize("room", [30, 60, 200])
@pytest.mark.parametrize("most", [None, 20])
@pytest.mark.parametrize("grows", [None, 50])
def test_columns_share_the_room(room: int, most: int | None, grows: int | None) -> None:
    made = table(most, grows)
    drawn = sum(width(text) for text, _ in made.pieces(0, room))
    assert drawn == sum(len(text) for text, _, _ in made.head(room))
    assert drawn <= room
    found = cells(made, room)
    assert found["size"] == 6
    if most is None:
        assert drawn == room, "one column takes all that is left"
        assert found["why"] == 10
    else:
        assert found["name"] <= most
        assert found["why"] <= (grows or 10)
        if room == 200:
            assert (found["name"], found["why"]) == (most, grows or 10)


def test_details_tell_only_what_there_is() -> None:
    analysis = samples.shop()
    for layer in analysis.layers:
        told = dict(details(analysis, layer.index))
        for label, tally in (
            ("added", layer.added), ("modified", layer.modified), ("removed", layer.removed),
        ):  # fmt: skip
            assert (label in told) is bool(tally.files)
        changed = layer.added.files + layer.modified.files + layer.removed.files
        assert ("changes" in told) is (changed == 0)
        assert ("waste" in told) is bool(layer.dead_bytes)
        assert ("wastes" in told) is bool(layer.kills_bytes)
        assert {"size", "from", "diff_id"} <= set(told)
        assert all(len(label) <= 9 for label in list(told)[1:])


def test_a_narrow_list_leaves_room_to_the_instructions() -> None:
    layers = LayerList(layer_rows(samples.shop()))
    for room in (32, 46, 64, 120):
        for line in range(layers.line_count()):
            *before, (instruction, _) = layers.pieces(line, room)
            used = sum(width(text) for text, _ in before)
            assert used <= (18 if room < 46 else 31 if room < 64 else 36)
            assert instruction
