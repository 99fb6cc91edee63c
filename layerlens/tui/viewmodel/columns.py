"""Sums over ranges of nodes, and selections of them with one byte per node.

Everything that is done for each node of an image is done in C here: by loops
of :mod:`itertools`, by tables of bytes, or with all bytes as one long number.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, compress, islice, repeat
from operator import sub

NOT = bytes(not value for value in range(256))
"""Turns a selection into its opposite."""

_IS_POSITIVE = bytes(value < 0x80 for value in range(256))


class Sums:
    """Amounts at nodes, and what they sum up to.

    ``at``       the nodes that have an amount, in order, one as often as it has
                 several; ``None``: every node has one
    ``running``  the sum of what stands before each of them, then that of all
    """

    __slots__ = ("at", "running")

    def __init__(self, at: array[int] | None, amounts: Iterable[int]) -> None:
        self.at = at
        self.running = array("q", accumulate(amounts, initial=0))

    def between(self, start: int, stop: int) -> int:
        """The sum from the node ``start`` to before ``stop``."""
        at, running = self.at, self.running
        if at is None:
            return running[stop] - running[start]
        first = bisect_left(at, start)
        return running[bisect_left(at, stop, first)] - running[first]

    def between_each(self, starts: Sequence[int], stops: Iterable[int]) -> list[int]:
        """The same for many pairs."""
        below: Iterable[int] = starts
        if self.at is not None:
            below = map(bisect_left, repeat(self.at), below)
            stops = map(bisect_left, repeat(self.at), stops)
        get = self.running.__getitem__
        return list(map(sub, map(get, stops), map(get, below)))

    @property
    def amounts(self) -> Iterable[int]:
        """The amounts, one by one."""
        return map(sub, islice(self.running, 1, None), self.running)

    def by_node(self) -> dict[int, int]:
        """The amount of each node that has any, in order."""
        found: dict[int, int] = {}
        for node, amount in zip(self._nodes(), self.amounts, strict=True):
            if amount:
                found[node] = found.get(node, 0) + amount
        return found

    def flags(self, count: int) -> bytes:
        """Selects those of ``count`` nodes that have an amount, one byte per node."""
        chosen = bytes(map(bool, self.amounts))
        if self.at is None:
            return chosen
        found = bytearray(count)
        for node in compress(self.at, chosen):
            found[node] = 1
        return bytes(found)

    def of(self, flags: bytes | bytearray, instead: Mapping[int, int] | None = None) -> Sums:
        """The amounts of the selected nodes; ``instead`` has other ones for some of them."""
        chosen: bytes | bytearray = flags
        if self.at is not None:
            chosen = bytes(map(flags.__getitem__, self.at))
        at = array("i", compress(self._nodes(), chosen))
        amounts: Iterable[int] = compress(self.amounts, chosen)
        if instead:
            amounts = list(amounts)
            for node, amount in instead.items():
                amounts[bisect_left(at, node)] = amount
        return Sums(at, amounts)

    def _nodes(self) -> Sequence[int]:
        return range(len(self.running) - 1) if self.at is None else self.at


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
