"""Which pairs of files were found to hold the same bytes when layers were stacked.

Nobody can compare contents again without the image.  The answers that stacking
got are all in its result: a file that came over another and is called a change
of metadata was found to be the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import accumulate, chain
from operator import sub

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import SameContent
from layerlens.layers.columns import ordered
from layerlens.layers.table import Kind

_COLUMNS = 4


def answers(fs: Filesystem) -> bytes:
    """The pairs in columns: layer and index above, layer and index below.

    They are in order, and each number is written as its distance from the one
    before, since neighbours in a tar mostly meet neighbours.
    """
    columns = zip(*sorted(set(_same(fs))), strict=True)
    return b"".join(
        ordered(array("q", map(sub, column, chain((0,), column))), "little").tobytes()
        for column in columns
    )


def _same(fs: Filesystem) -> Iterator[tuple[int, int, int, int]]:
    kinds, changes, inodes = fs.kinds, fs.changes, fs.inodes
    for upper, lower in fs.previous.items():
        if changes[upper] != Change.METADATA:
            continue
        new, old = inodes.get(upper, upper), inodes.get(lower, lower)
        if kinds[new] == Kind.FILE == kinds[old]:
            above, below = fs.layer_of(new), fs.layer_of(old)
            yield above, new - fs.first[above], below, old - fs.first[below]


def from_answers(data: bytes) -> SameContent:
    """What answers as was answered before.  Raises ``ValueError`` for other bytes."""
    numbers = array("q")
    numbers.frombytes(data)
    if len(numbers) % _COLUMNS:
        raise ValueError("columns of different lengths")
    numbers = ordered(numbers, "little")
    count = len(numbers) // _COLUMNS
    columns = [accumulate(numbers[k * count : (k + 1) * count]) for k in range(_COLUMNS)]
    same = set(zip(*columns, strict=True))

    def same_content(one: tuple[int, int], other: tuple[int, int]) -> bool:
        return (*other, *one) in same

    return same_content
