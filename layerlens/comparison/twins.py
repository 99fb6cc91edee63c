"""Layers that both images have: which version of the one is which of the other.

Layers of equal diff_id have the same entries in the same order, so a shared
layer's entries need no comparing.  Claims are checked against what was read.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from layerlens.analysis.model import Analysis, LayerFacts
from layerlens.layers.table import LayerTable

NONE = -1


@dataclass(frozen=True, slots=True)
class Twins:
    """``layers`` maps a layer of the new image to the same one of the old, each once.

    ``versions`` has for each version of the new filesystem the old one's that is
    the same entry, else ``NONE``.
    """

    layers: dict[int, int]
    versions: array[int]


def find_twins(old: Analysis, new: Analysis) -> Twins:
    """Pair up the layers of equal diff_id, and their entries."""
    pairs = _equal_layers(old.layers, new.layers)
    before, after = old.filesystem, new.filesystem
    versions = array("q", [NONE]) * len(after.paths)
    for n, o in pairs.items():
        table = after.tables[n]
        if _identical(before.tables[o], table):
            start = after.first[n]
            versions[start : start + len(table)] = array(
                "q", range(before.first[o], before.first[o] + len(table))
            )
    return Twins(pairs, versions)


def _equal_layers(old: Sequence[LayerFacts], new: Sequence[LayerFacts]) -> dict[int, int]:
    """New layer -> old layer; those that stand in one place first, then in their order."""
    pairs = {
        n: n
        for n, (a, b) in enumerate(zip(old, new, strict=False))
        if a.diff_id is not None and a.diff_id == b.diff_id
    }
    waiting: dict[object, list[int]] = {}
    for layer in reversed(old):
        if layer.diff_id is not None and layer.index not in pairs:
            waiting.setdefault(layer.diff_id, []).append(layer.index)
    for layer in new:
        found = waiting.get(layer.diff_id)
        if layer.index not in pairs and found:
            pairs[layer.index] = found.pop()
    return pairs


def _identical(one: LayerTable, other: LayerTable) -> bool:
    """Whether two tables say the same; what they say of contents, as far as both do."""
    if one is other:
        return True
    told = bool(one.hashes and other.hashes) and one.hash_kind is other.hash_kind
    return (
        one.names == other.names
        and one.kinds == other.kinds
        and one.sizes == other.sizes
        and one.raw == other.raw
        and one.links == other.links
        and one.overrides == other.overrides
        and one.xattrs == other.xattrs
        and one.devices == other.devices
        and not (told and one.hashes != other.hashes)
    )
