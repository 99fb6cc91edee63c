"""Sums over ranges of nodes, and selections of them with one byte per node.

Everything that is done for each node of an image is done in C here: by loops
of :mod:`itertools`, by tables of bytes, or with all bytes as one long number.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from itertools import accumulate, compress
from operator import mul

NOT = bytes(not value for value in range(256))
"""Turns a selection into its opposite."""

_IS_POSITIVE = bytes(value < 0x80 for value in range(256))


_BLOCK = 128
"""Nodes that are summed up beforehand; what is left of a range is summed when asked for."""


class Sums:
    """Amounts at nodes, and what ranges of nodes sum up to.

    ``amounts``  one per node, and maybe more
    ``flags``    selects the nodes that count, ``None`` for all
    """

    __slots__ = ("_running", "amounts", "flags")

    def __init__(self, amounts: array[int], flags: bytes | None = None) -> None:
        self.amounts = amounts
        self.flags = flags
        starts = range(0, len(amounts), _BLOCK)
        self._running = list(
            accumulate((self._sum(start, start + _BLOCK) for start in starts), initial=0)
        )

    def _sum(self, start: int, stop: int) -> int:
        some = self.amounts[start:stop]
        return sum(some if self.flags is None else compress(some, self.flags[start:stop]))

    def between(self, start: int, stop: int) -> int:
        """The sum from the node ``start`` to before ``stop``."""
        first, last = -(-start // _BLOCK), stop // _BLOCK
        if first > last:
            return self._sum(start, stop)
        found = self._running[last] - self._running[first]
        return found + self._sum(start, first * _BLOCK) + self._sum(last * _BLOCK, stop)

    def at(self, nodes: Sequence[int]) -> list[int]:
        """The amounts at some nodes."""
        amounts = map(self.amounts.__getitem__, nodes)
        if self.flags is None:
            return list(amounts)
        return list(map(mul, amounts, map(self.flags.__getitem__, nodes)))

    @property
    def positive(self) -> bytes:
        """Selects the nodes that have an amount, one byte per node."""
        flags = bytes(map(bool, self.amounts))
        return flags if self.flags is None else both(flags[: len(self.flags)], self.flags)


def both(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """The nodes that two selections share: as one long number each, all are combined at once."""
    shared = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return shared.to_bytes(len(one), "little")


def either(one: bytes | bytearray, other: bytes | bytearray) -> bytes:
    """What two columns have together, bit by bit."""
    joined = int.from_bytes(one, "little") | int.from_bytes(other, "little")
    return joined.to_bytes(len(one), "little")


def are_positive(numbers: array[int]) -> bytes:
    """Selects the numbers of an array that are not below zero, by the bytes of their signs."""
    width = numbers.itemsize
    signs = numbers.tobytes()[width - 1 if sys.byteorder == "little" else 0 :: width]
    return signs.translate(_IS_POSITIVE)
