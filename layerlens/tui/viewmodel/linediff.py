"""Which lines of two texts are the same, within a time that no input can stretch.

``difflib`` finds what people see as the change, but texts can be written that
keep it busy for hours.  So what both texts begin and end with is taken off
first, the rest gets a time, and when that is over lines are paired by being
unique on both sides, which takes little more than sorting them.
"""

from __future__ import annotations

import difflib
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from layerlens.tui.viewmodel.shown import Check, never

PATIENCE = 1.5
"""Seconds for ``difflib``; it looks at the clock between two of its searches."""

_MOST_EACH = 20_000
"""Lines on a side up to which one of its searches takes a fraction of a second."""


class Block(NamedTuple):
    """Lines ``old`` to ``old_end`` became lines ``new`` to ``new_end``; ``same`` or not."""

    same: bool
    old: int
    old_end: int
    new: int
    new_end: int


class Compared(NamedTuple):
    """``blocks`` cover both texts; ``is_exact`` unless time ran out."""

    blocks: list[Block]
    is_exact: bool


class _TooLongError(Exception):
    pass


class _Matcher(difflib.SequenceMatcher[int]):
    def __init__(self, old: Sequence[int], new: Sequence[int], until: float, check: Check) -> None:
        self._until = until
        self._check = check
        super().__init__(None, old, new)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        self._check()
        if time.monotonic() > self._until:
            raise _TooLongError
        return super().find_longest_match(alo, ahi, blo, bhi)


def compare(
    old: Sequence[str], new: Sequence[str], seconds: float = PATIENCE, check: Check = never
) -> Compared:
    """Compare the lines of two texts."""
    # Numbers, so that a line of a megabyte is compared once.
    known: dict[str, int] = {}
    a = [known.setdefault(line, len(known)) for line in old]
    b = [known.setdefault(line, len(known)) for line in new]
    start, end = _trim(a, 0, len(a), b, 0, len(b))
    stops = len(a) - end, len(b) - end
    middle_a, middle_b = a[start : stops[0]], b[start : stops[1]]
    is_exact = True
    same: list[tuple[int, int, int]]
    if not middle_a or not middle_b:
        same = []
    else:
        try:
            if max(len(middle_a), len(middle_b)) > _MOST_EACH:
                raise _TooLongError  # noqa: TRY301 - both ways lead to the quick one
            matcher = _Matcher(middle_a, middle_b, time.monotonic() + seconds, check)
            same = [(m.a, m.b, m.size) for m in matcher.get_matching_blocks() if m.size]
        except _TooLongError:
            is_exact = False
            same = _quick(middle_a, middle_b)
    matches = [(0, 0, start)] if start else []
    matches += [(i + start, j + start, size) for i, j, size in same]
    if end:
        matches.append((stops[0], stops[1], end))
    return Compared(_blocks(matches, len(a), len(b)), is_exact)


def _trim(
    a: Sequence[int], a_start: int, a_stop: int, b: Sequence[int], b_start: int, b_stop: int
) -> tuple[int, int]:
    """How many lines two ranges have in common at the start, and then at the end."""
    most = min(a_stop - a_start, b_stop - b_start)
    first = 0
    while first < most and a[a_start + first] == b[b_start + first]:
        first += 1
    last = 0
    while last < most - first and a[a_stop - 1 - last] == b[b_stop - 1 - last]:
        last += 1
    return first, last


def _quick(a: Sequence[int], b: Sequence[int]) -> list[tuple[int, int, int]]:
    """Pairs of equal runs: from lines that are unique on both sides, the longest rising chain."""
    counts_a, counts_b = Counter(a), Counter(b)
    in_b = {line: j for j, line in enumerate(b) if counts_b[line] == 1}
    pairs = [(i, in_b[line]) for i, line in enumerate(a) if counts_a[line] == 1 and line in in_b]
    found: list[tuple[int, int, int]] = []
    at_a = at_b = 0
    for i, j in [*_rising(pairs), (len(a), len(b))]:
        if i < at_a or j < at_b:
            continue  # the run before it took it in
        first, last = _trim(a, at_a, i, b, at_b, j)
        if first:
            found.append((at_a, at_b, first))
        size = 0
        while i + size < len(a) and j + size < len(b) and a[i + size] == b[j + size]:
            size += 1
        if last or size:
            found.append((i - last, j - last, last + size))
        at_a, at_b = i + size, j + size
    return found


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of pairs (in order of the first) in which the second rises, too."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for k, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        before.append(ends[at - 1] if at else -1)
        if at == len(tails):
            tails.append(j)
            ends.append(k)
        else:
            tails[at] = j
            ends[at] = k
    chain: list[tuple[int, int]] = []
    k = ends[-1] if ends else -1
    while k >= 0:
        chain.append(pairs[k])
        k = before[k]
    chain.reverse()
    return chain


def _blocks(matches: Sequence[tuple[int, int, int]], old: int, new: int) -> list[Block]:
    """Equal runs and what lies between them, runs that touch being one."""
    blocks: list[Block] = []
    i = j = 0
    for a, b, size in [*matches, (old, new, 0)]:
        if i < a or j < b:
            blocks.append(Block(False, i, a, j, b))
        if size:
            last = blocks[-1] if blocks else None
            if last is not None and last.same and (last.old_end, last.new_end) == (a, b):
                blocks[-1] = last._replace(old_end=a + size, new_end=b + size)
            else:
                blocks.append(Block(True, a, a + size, b, b + size))
        i, j = a + size, b + size
    return blocks
