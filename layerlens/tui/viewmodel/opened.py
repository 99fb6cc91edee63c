"""What is open below one directory: the counts that lead from a row to its node and back."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from itertools import accumulate
from operator import add


class Level:
    """An open directory: what is right below it, in order, and what of that is open.

    ``children``  the rows right below it
    ``places``    where among them the open ones are, in order
    ``heights``   how many rows each of those has below it
    ``starts``    the row of each of those, from the first one below the directory
    ``total``     all rows below the directory
    ``levels``    the levels of those that were looked into, by place
    """

    __slots__ = ("children", "heights", "levels", "places", "starts", "total")

    def __init__(self, children: array[int]) -> None:
        self.children = children
        self.places: list[int] = []
        self.heights: list[int] = []
        self.levels: dict[int, Level] = {}
        self.add_up()

    def add_up(self) -> None:
        """Find the sums anew."""
        hidden = list(accumulate(self.heights, initial=0))
        self.total = len(self.children) + hidden[-1]
        self.starts = list(map(add, self.places, hidden))

    def opened(self, place: int) -> int | None:
        """The number of an open child among the open ones, by its place."""
        k = bisect_left(self.places, place)
        return k if k < len(self.places) and self.places[k] == place else None

    def find(self, row: int) -> tuple[int, int]:
        """The place of the child that has a row, and how far below it the row is."""
        k = bisect_right(self.starts, row) - 1
        if k < 0:
            return row, 0
        below = row - self.starts[k]
        if below <= self.heights[k]:
            return self.places[k], below
        return self.places[k] + below - self.heights[k], 0

    def row(self, place: int) -> int:
        """The row of a child, from the first one below the directory."""
        return place + sum(self.heights[: bisect_left(self.places, place)])
