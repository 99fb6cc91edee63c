"""Look into the contents of a layer that can be read again, as an examiner asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from layerlens.errors import ImageError
from layerlens.layers.contents import HEAD, Contents, Examiner, Want, bounded_spans, gather
from layerlens.layers.examining import take_whole
from layerlens.layers.table import LayerTable

Content = Callable[[int], Iterator[bytes] | None]
"""The stored content of an entry, ``None`` where it cannot be had."""

Span = Callable[[int, int, int], bytes | None]
"""A part of an entry's content: (entry, offset, length); ``None`` where that is not cheap."""

_PASSED = "the contents have passed"
_WHOLE = Want.KEEP | Want.SCAN


def examine_stored(
    table: LayerTable,
    examiner: Examiner,
    content: Content,
    span: Span | None = None,
    *,
    most: int | None = None,
) -> Contents:
    """The facts of a layer whose contents lie somewhere.

    ``missing`` tells a content that could not be had; sparse files are not
    looked into.  ``most`` is how many contents may be asked for where each is
    fetched over a network: then only what parsers need is, and ``missing`` says so.
    """
    found = Contents()
    left = -1
    if most is not None:
        left = most
        found.missing = (
            "only package databases were fetched from a layer with a table of contents;"
            " --no-toc reads all of it"
        )
    wants, sparse = examiner.wants, table.sparse
    # For each of maybe a million entries: what is not wanted must cost little.
    for i, (name, size) in enumerate(zip(table.names, table.sizes, strict=True)):
        if not size:
            continue
        want = wants(name, size)
        if not want or i in sparse or not left or (left > 0 and not want & Want.KEEP):
            continue
        if left > 0:
            want = Want.KEEP
        left -= 1
        try:
            _examine(found, table, examiner, i, want, content, span)
        except ImageError as error:
            found.missing = found.missing or error.what
    return found


def _examine(
    found: Contents,
    table: LayerTable,
    examiner: Examiner,
    i: int,
    want: Want,
    content: Content,
    span: Span | None,
) -> None:
    name, size = table.names[i], table.sizes[i]
    if want & _WHOLE or size <= HEAD:
        if span is not None and size <= HEAD:
            data = span(i, 0, size)
            if data is not None and len(data) == size:
                take_whole(found, examiner, i, name, want, data)
                return
        pieces = content(i)
        if pieces is None:
            found.missing = found.missing or _PASSED
        else:
            take_whole(found, examiner, i, name, want, b"".join(pieces))
        return
    heads = _spans(content, span, i, [(0, HEAD)])
    if heads is None:
        found.missing = found.missing or _PASSED
        return
    head = heads[0]
    spans = bounded_spans(examiner.windows(name, size, head), size)
    parts = _spans(content, span, i, spans) if spans else {}
    found.add(i, examiner.conclude(name, size, head, parts or {}))


def _spans(
    content: Content, span: Span | None, i: int, spans: list[tuple[int, int]]
) -> dict[int, bytes] | None:
    if span is not None:
        parts = {start: span(i, start, length) for start, length in spans}
        if None not in parts.values():
            return {start: part for start, part in parts.items() if part is not None}
    pieces = content(i)
    if pieces is None:
        return None
    return gather(_until(pieces, max(start + length for start, length in spans)), spans)


def _until(pieces: Iterable[bytes], end: int) -> Iterator[bytes]:
    """Pieces up to a position of their content."""
    at = 0
    for piece in pieces:
        yield piece
        at += len(piece)
        if at >= end:
            return
