"""The same content in several layers that images do not share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from layerlens.fleet.model import Copy, Duplicate
from layerlens.fleet.pool import PooledLayer

MOST_DUPLICATES = 200
"""Contents that are listed, those that cost most."""


def duplicates(pool: Sequence[PooledLayer]) -> tuple[tuple[Duplicate, ...], bool]:
    """The most expensive contents, and whether there are more.

    What every image with its layer could do without counts as waste, not as a copy.
    """
    places: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for place, layer in enumerate(pool):
        waste = layer.common_waste
        for content, candidate in layer.contents.items():
            if candidate.entry not in waste:
                places[content].append(place)
    found = []
    for content, layers in places.items():
        if len(layers) < 2 or not _apart(pool, layers):
            continue
        images: set[int] = set()
        for place in layers:
            images |= pool[place].images
        first = pool[layers[0]].contents[content]
        copies = sorted((pool[place].contents[content].path, place) for place in layers)
        found.append(
            Duplicate(
                first.size,
                tuple(Copy(place, path) for path, place in copies),
                tuple(sorted(images)),
            )
        )
    found.sort(key=lambda each: (-each.bytes, each.copies[0].path, each.copies[0].layer))
    return tuple(found[:MOST_DUPLICATES]), len(found) > MOST_DUPLICATES


def _apart(pool: Sequence[PooledLayer], layers: Sequence[int]) -> bool:
    """Whether two images have the content from layers that they do not share."""
    mine: dict[int, set[int]] = defaultdict(set)
    for place in layers:
        for image in pool[place].images:
            mine[image].add(place)
    distinct = list({frozenset(each) for each in mine.values()})
    return any(
        one.isdisjoint(other) for k, one in enumerate(distinct) for other in distinct[k + 1 :]
    )
