"""What is said before contents are fetched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from layerlens.analysis.model import LayerFacts
from layerlens.layers.reader import Origin
from layerlens.retrieval import Cost
from layerlens.units import human_size


class Piece(NamedTuple):
    """One content that is wanted: its layer, and its size in bytes."""

    cost: Cost
    layer: int
    size: int


def announce(
    pieces: Iterable[Piece], facts: Sequence[LayerFacts], engine: str, archive: int | None
) -> str | None:
    """One line about all that is not at hand, with sizes; ``None`` where there is nothing to say.

    ``engine`` is the name of the one that would export; ``archive`` is how many
    bytes the image's archive has where that passes again as a whole, in an export or a file.
    """
    layers: dict[Cost, dict[int, int]] = {}
    gone = 0
    for piece in pieces:
        gone += piece.cost is Cost.GONE
        found = layers.setdefault(piece.cost, {})
        found[piece.layer] = found.get(piece.layer, 0) + piece.size
    said = []
    if Cost.LAYER in layers:
        size = sum(facts[layer].tar_size for layer in layers[Cost.LAYER])
        said.append(
            f"{_named(layers[Cost.LAYER])} decompressed again ({human_size(size)})"
            if archive is None
            else f"the archive is read again ({human_size(archive)})"
        )
    if Cost.FETCH in layers:
        said.append(_fetched(layers[Cost.FETCH], facts))
    if Cost.EXPORT in layers:
        size = sum(each.tar_size for each in facts) if archive is None else archive
        said.append(f"{engine} exports the whole image again ({human_size(size)})")
    if gone:
        files = "1 file" if gone == 1 else f"{gone} files"
        said.append(f"{files} cannot be had again: the contents have passed and were not kept")
    return "; ".join(said) or None


def _fetched(layers: dict[int, int], facts: Sequence[LayerFacts]) -> str:
    size = 0
    for layer, wanted in layers.items():
        each = facts[layer]
        if Origin(each.origin).is_toc:  # its contents alone
            size += wanted
        else:
            size += each.tar_size if each.compressed_size is None else each.compressed_size
    if all(Origin(facts[layer].origin).is_toc for layer in layers):
        return f"files of {_named(layers)} fetched ({human_size(size)})"
    return f"{_named(layers)} fetched again ({human_size(size)})"


def _named(layers: dict[int, int]) -> str:
    """The subject of a sentence with its verb; layers are counted from 0, as everywhere."""
    if len(layers) == 1:
        return f"layer {next(iter(layers))} is"
    return f"{len(layers)} layers are"
