"""Whether two entries hold the same bytes, as far as their layers' tables tell."""

from __future__ import annotations

from layerlens.layers.table import LayerTable


def same_by_tables(table: LayerTable, i: int, other: LayerTable, j: int) -> bool | None:
    """Compare two regular-file entries by size, map and hash.

    ``None`` where only the contents themselves can tell.
    """
    if i in table.sparse or j in other.sparse:
        # A map and stored bytes; another map of the same content counts as new.
        mine, theirs = table.sparse.get(i), other.sparse.get(j)
        if mine is None or theirs is None or mine.segments != theirs.segments:
            return False
    size = table.sizes[i]
    if size != other.sizes[j] or not size:
        return size == other.sizes[j]
    known, other_known = table.hash(i), other.hash(j)
    if known is not None and other_known is not None:
        if table.hash_kind is other.hash_kind:
            return known == other_known
        if i in table.sparse:
            return False
    elif i in table.sparse and (known is None) != (other_known is None):
        return False  # a hash covers what is stored, which may begin with a map
    return None
