"""Whether files of two images hold the same bytes, as far as that can be had cheaply.

Contents that passed while an image was read were hashed then.  Those of a plain
archive are read at their places when they are asked for.  Nothing is fetched from a
network, decompressed or exported again for this: what is not known stays so.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import xxhash

from layerlens.analysis.model import Analysis
from layerlens.errors import ImageError
from layerlens.layers.compare import same_by_tables
from layerlens.layers.table import HASH_SIZE, HashKind
from layerlens.progress import Progress, Step, silent
from layerlens.retrieval import Cost
from layerlens.sources.image import Image

_DIGESTS: Mapping[HashKind, Callable[[], Any]] = {
    HashKind.XXH3: xxhash.xxh3_128,
    HashKind.SHA256: hashlib.sha256,
}
"""What can be computed of contents that are at hand."""


@dataclass(slots=True)
class Side:
    """One of the two images: its analysis, and itself where it is open."""

    analysis: Analysis
    image: Image | None = None
    _at_hand: dict[int, bool] = field(default_factory=dict)
    _hashes: dict[tuple[int, int, HashKind], bytes] = field(default_factory=dict)

    def pieces(self, layer: int, i: int) -> Iterator[bytes] | None:
        """The stored bytes of an entry, ``None`` where they are not at hand."""
        if self.image is None:
            return None
        if layer not in self._at_hand:
            from layerlens.retrieval.image import layer_cost

            self._at_hand[layer] = layer_cost(self.image, layer) is Cost.NONE
        return self.image.reread(layer, i) if self._at_hand[layer] else None

    def hash(self, layer: int, i: int, kind: HashKind) -> bytes | None:
        """The hash of an entry's content, computed once; ``None`` where it cannot be."""
        known = self._hashes.get((layer, i, kind))
        if known is not None or kind not in _DIGESTS:
            return known
        pieces = self.pieces(layer, i)
        if pieces is None:
            return None
        state = _DIGESTS[kind]()
        for piece in pieces:
            state.update(piece)
        found = self._hashes[layer, i, kind] = bytes(state.digest()[:HASH_SIZE])
        return found


def same_content(
    old: Side, new: Side, progress: Progress = silent
) -> Callable[[int, int], bool | None]:
    """What :func:`layerlens.comparison.compare.compare` asks, of two images.

    Contents that cannot be read (any more) are not known.
    """
    before, after = old.analysis, new.analysis
    tables, firsts = before.filesystem.tables, before.filesystem.first
    others, starts = after.filesystem.tables, after.filesystem.first
    ids = [layer.diff_id for layer in before.layers]
    other_ids = [layer.diff_id for layer in after.layers]
    read = 0

    def same(o: int, n: int) -> bool | None:
        nonlocal read
        a, b = bisect_right(firsts, o) - 1, bisect_right(starts, n) - 1
        i, j = o - firsts[a], n - starts[b]
        table, other = tables[a], others[b]
        told = same_by_tables(table, i, other, j)
        if told is not None:
            return told
        one_layer = ids[a] is not None and ids[a] == other_ids[b]
        if one_layer and i == j and table.names[i] == other.names[j]:
            return True
        read += table.sizes[i]
        progress(Step("comparing contents", read))
        try:
            return _by_contents((old, a, i), (new, b, j))
        except (ImageError, OSError):
            return None

    return same


def _by_contents(one: tuple[Side, int, int], other: tuple[Side, int, int]) -> bool | None:
    (old, a, i), (new, b, j) = one, other
    table, with_table = old.analysis.filesystem.tables[a], new.analysis.filesystem.tables[b]
    known, other_known = table.hash(i), with_table.hash(j)
    if known is not None and table.hash_kind in _DIGESTS:
        found = new.hash(b, j, table.hash_kind)
        if found is not None:
            return found == known
    if other_known is not None and with_table.hash_kind in _DIGESTS:
        found = old.hash(a, i, with_table.hash_kind)
        if found is not None:
            return found == other_known
    mine, theirs = old.pieces(a, i), new.pieces(b, j)
    if mine is None or theirs is None:
        return None
    return _equal(mine, theirs)


def _equal(one: Iterator[bytes], other: Iterator[bytes]) -> bool:
    """Whether two contents are equal, however they are cut into pieces."""
    rest = other_rest = memoryview(b"")
    while True:
        if not rest:
            rest = memoryview(next(one, b""))
        if not other_rest:
            other_rest = memoryview(next(other, b""))
        if not rest or not other_rest:
            return not rest and not other_rest
        size = min(len(rest), len(other_rest))
        if rest[:size] != other_rest[:size]:
            return False
        rest, other_rest = rest[size:], other_rest[size:]
