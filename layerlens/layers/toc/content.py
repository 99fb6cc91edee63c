"""Contents of a layer that was read by its table of contents, by range request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from layerlens.errors import DigestError, FormatError, Where
from layerlens.layers import limits
from layerlens.layers.compression import decompress, sniff
from layerlens.layers.table import HASH_SIZE, HashKind, LayerTable
from layerlens.layers.toc.hint import Fetch

_STEP = 4 << 20
"""Stored bytes asked for at once."""


def toc_content(table: LayerTable, i: int, fetch: Fetch) -> Iterator[bytes] | None:
    """The content of one entry, in pieces, checked against its digest.

    ``table`` has to come from a table of contents (now or by way of a cache):
    its transfer map says where each content begins in the blob.  ``None``
    where it does not.  While the pieces are taken, :class:`FormatError` or,
    after the last one, :class:`DigestError` is raised where the blob does not
    hold what its table says.
    """
    if table.hash_kind is not HashKind.SHA256 or table.transfer is None or not table.hashes:
        return None
    if not table.sizes[i]:
        return iter(())
    start, end, at = table.transfer.bounds(table.offsets[i], table.sizes[i])
    return _checked(table, i, fetch, start, end, table.offsets[i] - at)


def _checked(
    table: LayerTable, i: int, fetch: Fetch, start: int, end: int, skip: int
) -> Iterator[bytes]:
    where = Where(entry=table.names[i])
    state = hashlib.sha256()
    left = table.sizes[i]
    stored = _ranges(fetch, start, end)
    first = next(stored, b"")
    for piece in decompress(_from(first, stored), sniff(first), limit=limits.MAX_FILE):
        part = piece[skip : skip + left]
        skip = max(0, skip - len(piece))
        if part:
            left -= len(part)
            state.update(part)
            yield part
        if not left:
            break
    if left:
        raise FormatError(f"truncated: the content needs {left} more bytes", where=where)
    if state.digest()[:HASH_SIZE] != table.hash(i):
        raise DigestError(
            "the content is not the one that the layer's table of contents lists",
            where=where,
            hint="the layer is damaged: build or push it again",
        )


def _ranges(fetch: Fetch, start: int, end: int) -> Iterator[bytes]:
    while start < end:
        data = fetch(start, min(_STEP, end - start))
        if not data:
            return
        start += len(data)
        yield data


def _from(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
