"""Whole numbers that a browser would round: its numbers are exact up to 2**53.

Sizes are far below that, as archives are bounded; what an image merely claims
(intervals of a health check in nanoseconds, owners of files) need not be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST_EXACT = (1 << 53) - 1
"""What JavaScript calls ``Number.MAX_SAFE_INTEGER``."""


def beyond(document: Any) -> list[list[Any]]:
    """Each number of a document that a browser would round: its keys from the top, and its digits."""
    return [[keys, str(number)] for keys, number in _beyond(document, [])]


def _beyond(value: Any, keys: list[str | int]) -> Iterator[tuple[list[str | int], int]]:
    if isinstance(value, int):
        if not -MOST_EXACT <= value <= MOST_EXACT:
            yield keys, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(item, str):
                yield from _beyond(item, [*keys, key])
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            if not isinstance(item, str):
                yield from _beyond(item, [*keys, at])


def exact(number: int) -> int | str:
    """A number as the page can hold it: as its digits where it would be rounded."""
    return number if -MOST_EXACT <= number <= MOST_EXACT else str(number)
