"""Maps of sparse entries (GNU tar manual, "Storing Sparse Files").

Four forms exist: the old GNU header (type ``S``) and PAX formats 0.0, 0.1 and
1.0.  Each gives the file's real size and the segments that are stored.
"""

from __future__ import annotations

from collections.abc import Callable

from layerlens.errors import FormatError, LimitError
from layerlens.layers.limits import MAX_EXTENDED_HEADER, MAX_SPARSE, MAX_SPARSE_SEGMENTS
from layerlens.layers.numbers import parse_number
from layerlens.layers.pax import Pax
from layerlens.layers.table import Sparse

BLOCK = 512

Read = Callable[[int, int], bytes]
"""``read(position, count)`` gives up to ``count`` bytes of the layer tar."""


def is_pax_sparse(pax: Pax) -> bool:
    """Whether the records describe a sparse file in one of the three PAX formats."""
    return bool(pax.sparse) and (
        b"major" in pax.sparse or b"map" in pax.sparse or b"size" in pax.sparse
    )


def pax_sparse(pax: Pax, data_at: int, stored: int, read: Read) -> tuple[int, Sparse]:
    """Real size and map of a PAX sparse entry whose ``stored`` bytes start at ``data_at``."""
    records = pax.sparse
    if records.get(b"major", b"0") == b"1":
        size = _number(records.get(b"realsize", b""))
        numbers, used = _leading_map(data_at, stored, read)
        return _checked(size, numbers, data_at + used, stored - used, stored)
    size = _number(records.get(b"size", records.get(b"realsize", b"")))
    if b"map" in records:
        fields = records[b"map"].split(b",") if records[b"map"] else []
        numbers = [_number(field) for field in fields]
    else:
        kinds = [kind for kind, _ in pax.sparse_pairs]
        if kinds != [b"offset", b"numbytes"] * (len(kinds) // 2):
            raise FormatError("sparse map with offsets and lengths out of step")
        numbers = [_number(value) for _, value in pax.sparse_pairs]
    return _checked(size, numbers, data_at, stored, stored)


def gnu_sparse(header: bytes, header_at: int, stored: int, read: Read) -> tuple[int, Sparse]:
    """Real size and map of an old GNU sparse entry; its map may go on in further blocks."""
    try:
        size = parse_number(header[483:495])
        numbers = _gnu_pairs(header[386:482])
        at = header_at + BLOCK
        more = header[482]
        while more:
            if len(numbers) > 2 * MAX_SPARSE_SEGMENTS:
                raise LimitError(f"sparse map of more than {MAX_SPARSE_SEGMENTS} segments")
            block = read(at, BLOCK)
            if len(block) < BLOCK:
                raise FormatError("truncated inside a sparse map")
            numbers += _gnu_pairs(block[:504])
            at += BLOCK
            more = block[504]
    except ValueError as error:
        raise FormatError(f"sparse map: {error}") from error
    return _checked(size, numbers, at, stored, stored)


def _gnu_pairs(data: bytes) -> list[int]:
    numbers: list[int] = []
    for k in range(0, len(data), 24):
        if not data[k]:
            break
        numbers += (parse_number(data[k : k + 12]), parse_number(data[k + 12 : k + 24]))
    return numbers


def _leading_map(data_at: int, stored: int, read: Read) -> tuple[list[int], int]:
    """Format 1.0: the map stands before the data, in lines, padded to a block."""
    limit = min(stored, MAX_EXTENDED_HEADER)
    count = min(16 * BLOCK, limit)
    while True:
        # From the beginning each time, and twice as far: a stream cannot go back to a
        # beginning that it has left, and the walker will ask for it.
        text = read(data_at, count)
        if len(text) < count:
            raise FormatError("truncated inside a sparse map")
        lines = text.split(b"\n")
        want = 1
        if len(lines) > 1:
            want = 1 + 2 * _number(lines[0])
            if want > 2 * MAX_SPARSE_SEGMENTS:
                raise LimitError(f"sparse map of more than {MAX_SPARSE_SEGMENTS} segments")
        if len(lines) > want:
            numbers = [_number(line) for line in lines[1:want]]
            used = len(b"\n".join(lines[:want])) + 1
            return numbers, (used + BLOCK - 1) // BLOCK * BLOCK
        if count >= limit:
            raise FormatError("sparse map without an end")
        count = min(2 * count, limit)


def _number(text: bytes) -> int:
    if not text.isdigit() or len(text) > 19:
        raise FormatError(f"sparse map with a number that is none: {text[:40]!r}")
    return int(text)


def _checked(
    size: int, numbers: list[int], data_at: int, data_size: int, stored: int
) -> tuple[int, Sparse]:
    if len(numbers) % 2:
        raise FormatError("sparse map with an odd count of numbers")
    if size < 0 or size > MAX_SPARSE:
        raise LimitError(f"sparse file that claims {size} bytes, the limit is {MAX_SPARSE}")
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    if len(pairs) > MAX_SPARSE_SEGMENTS:
        raise LimitError(f"sparse map of more than {MAX_SPARSE_SEGMENTS} segments")
    end = total = 0
    for offset, length in pairs:
        if offset < end or length < 0 or offset + length > size:
            raise FormatError("sparse map whose segments overlap or pass the file's end")
        end = offset + length
        total += length
    if total > data_size:
        raise FormatError(f"sparse map of {total} bytes over {data_size} stored bytes")
    segments = tuple(pair for pair in pairs if pair[1])
    return size, Sparse(segments=segments, data_offset=data_at, stored=stored)
