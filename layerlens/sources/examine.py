"""Look into the contents of a layer that can be read again, as an examiner asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from layerlens.errors import ImageError
from layerlens.layers.contents import (
    HEAD,
    Contents,
    Examiner,
    Want,
    bounded_spans,
    gather,
)
from layerlens.layers.table import Kind, LayerTable

Content = Callable[[int], Iterator[bytes] | None]
"""The stored content of an entry, ``None`` where it cannot be had."""

Span = Callable[[int, int, int], bytes | None]
"""``length`` bytes from an offset of an entry's content, where that is cheap."""


def examine_stored(
    table: LayerTable, examiner: Examiner, content: Content, span: Span | None = None
) -> Contents:
    """The facts of a layer whose contents lie somewhere.

    A content that cannot be had is told once, in ``missing``; sparse files are
    not looked into.
    """
    found = Contents()
    wants = examiner.wants
    sparse = table.sparse
    for i, size in enumerate(table.sizes):
        if not size or table.kinds[i] != Kind.FILE:
            continue
        name = table.names[i]
        want = wants(name, size)
        if not want or i in sparse:
            continue
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
    if want & (Want.KEEP | Want.SCAN):
        pieces = content(i)
        if pieces is None:
            found.missing = "the contents have passed"
            return
        data = b"".join(pieces)
        take_whole(found, table, examiner, i, want, data)
        if want & Want.PROBE:
            found.add(i, probed(examiner, name, data))
        return

    def read(spans: list[tuple[int, int]]) -> dict[int, bytes] | None:
        if span is not None:
            parts = {start: span(i, start, length) for start, length in spans}
            if None not in parts.values():
                return {start: part for start, part in parts.items() if part is not None}
        pieces = content(i)
        if pieces is None:
            return None
        last = max(start + length for start, length in spans)
        return gather(_until(pieces, last), spans)

    heads = read([(0, min(HEAD, size))])
    if heads is None:
        found.missing = "the contents have passed"
        return
    head = heads[0]
    spans = bounded_spans(examiner.windows(name, size, head), size)
    parts = read(spans) if spans else {}
    found.add(i, examiner.conclude(name, size, head, parts or {}))


def take_whole(
    found: Contents, table: LayerTable, examiner: Examiner, i: int, want: Want, data: bytes
) -> None:
    """Keep and scan a content that is there as a whole."""
    if want & Want.KEEP:
        found.keep(i, data, table.notes, table.names[i])
    if want & Want.SCAN:
        found.add(i, examiner.scan(table.names[i], data))


def probed(examiner: Examiner, name: bytes, data: bytes) -> dict[str, object]:
    """The facts of a probe of a content that is there as a whole."""
    head = data[:HEAD]
    spans = bounded_spans(examiner.windows(name, len(data), head), len(data))
    parts = {start: data[start : start + length] for start, length in spans}
    return dict(examiner.conclude(name, len(data), head, parts))


def _until(pieces: Iterable[bytes], end: int) -> Iterator[bytes]:
    """Pieces up to a position of their content."""
    at = 0
    for piece in pieces:
        yield piece
        at += len(piece)
        if at >= end:
            return
