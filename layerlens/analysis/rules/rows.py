"""Rows of the history, and which layer and whose they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from layerlens.analysis.rules.context import Context
from layerlens.image.history import dockerfile_lines
from layerlens.image.model import Instruction


class Row(NamedTuple):
    """One row: its place in the history, what it says, the layer it made, and whether it is the base's."""

    number: int
    instruction: Instruction
    layer: int | None
    is_base: bool

    @property
    def history(self) -> int | None:
        """The row as :attr:`Draft.history` wants it: where no layer is to blame."""
        return self.number if self.layer is None else None


def rows(context: Context) -> list[Row]:
    """All rows, oldest first.

    A row without a layer is the base's where a layer of the base comes after it.
    """
    layers = {each.row: k for k, each in enumerate(context.histories) if each.row is not None}
    last_base = max((row for row, k in layers.items() if k < context.base_layers), default=-1)
    return [
        Row(i, line, layers.get(i), i <= last_base)
        for i, line in enumerate(dockerfile_lines(context.config.history))
    ]


def last_row(
    context: Context, keyword: str, accept: Callable[[str], bool] | None = None
) -> Row | None:
    """The last row of an instruction, which set what counts."""
    for row in reversed(rows(context)):
        text = row.instruction.text
        if row.instruction.keyword == keyword and (accept is None or accept(text)):
            return row
    return None
