"""The distinct layers of a fleet, gathered image by image, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from layerlens.fleet.facts import CLASSES, DEAD, Candidate, LayerPart

Waste = dict[int, tuple[int, int]]
"""Entry -> (rank, bytes), as in :class:`LayerPart`."""


@dataclass(slots=True)
class PooledLayer:
    """A distinct layer, as far as the images that were added tell.

    ``blobs`` are the stored forms that were met, with their bytes.  ``always`` is the
    waste that all its images agree on, by form of reading, ``ever`` what any of them has.
    """

    id: str | None
    size: int
    images: set[int] = field(default_factory=set)
    instructions: set[str] = field(default_factory=set)
    is_base: bool = False
    blobs: dict[str, int | None] = field(default_factory=dict)
    always: dict[tuple[int, bool], Waste] = field(default_factory=dict)
    ever: dict[tuple[int, bool], Waste] = field(default_factory=dict)
    contents: dict[tuple[int, bytes], Candidate] = field(default_factory=dict)

    @property
    def instruction(self) -> str:
        """What made it; of several histories that differ, the first in alphabetical order."""
        return min(self.instructions, default="")

    @property
    def transfer(self) -> int | None:
        """Stored bytes; of several stored forms the smallest."""
        sizes = [size for size in self.blobs.values() if size is not None]
        return min(sizes, default=None)

    @property
    def common_waste(self) -> Waste:
        """What every image could do without."""
        if not self.always:
            return {}
        return min(self.always.values(), key=lambda waste: (_bytes(waste), sorted(waste.items())))

    @property
    def wasted(self) -> int:
        return _bytes(self.common_waste)

    @property
    def wasted_somewhere(self) -> int:
        """Bytes beyond :attr:`wasted` that some image could do without."""
        most = max((_bytes(waste) for waste in self.ever.values()), default=0)
        return max(0, most - self.wasted)

    def by_class(self) -> dict[str, int]:
        """The common waste: ``dead``, or the removable class -> bytes."""
        found: dict[str, int] = {}
        for rank, size in self.common_waste.values():
            name = "dead" if rank == DEAD else CLASSES[rank - 1].value
            found[name] = found.get(name, 0) + size
        return found


def _bytes(waste: Waste) -> int:
    return sum(size for _, size in waste.values())


class Pool:
    """Layers by identity.  One that nobody can tell from others is its image's own."""

    def __init__(self) -> None:
        self.layers: list[PooledLayer] = []
        self._places: dict[object, int] = {}

    @property
    def ids(self) -> frozenset[str]:
        """The identities of the layers whose contents were compared."""
        return frozenset(
            layer.id for layer in self.layers if layer.id is not None and layer.contents
        )

    def add(self, image: int, parts: Iterable[LayerPart]) -> list[int]:
        """Note that an image has these layers; gives their places."""
        places = []
        waste: dict[int, dict[tuple[int, bool], Waste]] = {}
        for number, part in enumerate(parts):
            place = self._place(image, number, part)
            places.append(place)
            layer = self.layers[place]
            layer.images.add(image)
            layer.instructions.add(part.instruction)
            layer.is_base = layer.is_base or part.is_base
            blob = part.blob or ""
            if layer.blobs.get(blob) is None:
                layer.blobs[blob] = part.transfer
            # A layer that stands twice in an image is on disk once: what one place needs stays.
            mine = waste.setdefault(place, {})
            form = part.form
            mine[form] = _both(mine[form], part.waste) if form in mine else part.waste
        for place, forms in waste.items():
            layer = self.layers[place]
            for form, found in forms.items():
                if form in layer.always:
                    layer.always[form] = _both(layer.always[form], found)
                    layer.ever[form] = _either(layer.ever[form], found)
                else:
                    layer.always[form] = layer.ever[form] = found
        return places

    def _place(self, image: int, number: int, part: LayerPart) -> int:
        key: object = part.id if part.id is not None else (image, number)
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = len(self.layers)
            self.layers.append(PooledLayer(part.id, part.size))
        return place


def _both(one: Waste, other: Waste) -> Waste:
    """What both say is waste: the fewer bytes, and the class that needs the more doing."""
    if one is other or one == other:
        return one
    found = {}
    for entry in one.keys() & other.keys():
        (rank, size), (with_rank, with_size) = one[entry], other[entry]
        found[entry] = max(rank, with_rank), min(size, with_size)
    return found


def _either(one: Waste, other: Waste) -> Waste:
    if one is other or one == other:
        return one
    found = dict(one)
    for entry, (rank, size) in other.items():
        had = found.get(entry, (rank, size))
        found[entry] = max(rank, had[0]), max(size, had[1])
    return found
