"""rpm's database ``Packages`` of Berkeley DB's hash kind (Red Hat 8 and older).

Pages of one size; the first describes the file.  Hash pages hold pairs of key
and value from their end backwards; a value that does not fit lies on a chain of
overflow pages.  Whole numbers are in the byte order of the machine that wrote
them.  Source of the format: Berkeley DB 5.3's ``dbinc/db_page.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from layerlens.analysis.packages.rpm_ndb import DatabaseError

HASH_MAGIC = 0x061561

_HEAD = 26
"""Bytes before the offsets of a page's items."""

_HASH_PAGES = (2, 13)  # unsorted, and sorted
_OVERFLOW_PAGE = 7
_ON_PAGE, _OFF_PAGE = 1, 3
_CHECKSUMMED = 1
_MAX_PAGE = 1 << 16


def headers(data: bytes) -> Iterator[bytes]:
    """The header blobs, page by page.  Raises after the last whole one.

    Keys are numbers of packages; that of number 0 counts them and has no header.
    """
    file = _File(data)
    room = len(data)
    damaged = file.damaged
    for page in range(1, file.pages):
        for key, value in file.pairs(page):
            blob = None if value is None else file.value(value)
            if key == b"\0\0\0\0":
                continue
            if key is None or blob is None or len(blob) > room:
                damaged += 1
                continue
            room -= len(blob)
            yield blob
    if damaged:
        raise DatabaseError(f"{damaged} of its entries are damaged")


class _File:
    """The pages of a file, in its byte order."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 72:
            raise DatabaseError("not a database of Berkeley DB's hash kind")
        for order in "<>":
            magic, _, size, encrypted, _, flags = struct.unpack_from(order + "IIIBBB", data, 12)
            if magic == HASH_MAGIC:
                break
        else:
            raise DatabaseError("not a database of Berkeley DB's hash kind")
        if encrypted or flags & _CHECKSUMMED:
            raise DatabaseError("encrypted or checksummed, as rpm never writes it")
        if not 512 <= size <= _MAX_PAGE or size & (size - 1):
            raise DatabaseError(f"pages of {size} bytes")
        (last,) = struct.unpack_from(order + "I", data, 32)
        self._data, self._size = data, size
        self._page = struct.Struct(order + "8xIIIHHBB")
        self._offsets, self._leading = order + "%dH", struct.Struct(order + "4xII")
        self.pages = min(last + 1, len(data) // size)
        self.damaged = int(last + 1 > self.pages)
        self._visited: set[int] = set()

    def pairs(self, number: int) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Key and value of each pair on a page, ``None`` where damaged; nothing on other pages."""
        size = self._size
        page = self._data[number * size : (number + 1) * size]
        _, _, _, count, _, _, kind = self._page.unpack_from(page)
        if kind not in _HASH_PAGES or not count:
            return
        if _HEAD + 2 * count > size or count % 2:
            yield None, None
            return
        starts = struct.unpack_from(self._offsets % count, page, _HEAD)
        ends = (size, *starts[:-1])
        items = [
            page[start:end] if _HEAD + 2 * count <= start < end <= size else None
            for start, end in zip(starts, ends, strict=True)
        ]
        for key, value in zip(items[::2], items[1::2], strict=True):
            on_page = key is not None and key[0] == _ON_PAGE
            yield key[1:] if key is not None and on_page else None, value

    def value(self, item: bytes) -> bytes | None:
        """The bytes of an item, from wherever they lie; ``None`` where damaged."""
        if item[0] == _ON_PAGE:
            return item[1:]
        if item[0] != _OFF_PAGE or len(item) < self._leading.size:
            return None
        number, length = self._leading.unpack_from(item)
        parts = []
        left = length
        while left > 0:
            if not 0 < number < self.pages or number in self._visited:
                return None  # outside, or a page that another value has already
            self._visited.add(number)
            start = number * self._size
            _, _, following, _, used, _, kind = self._page.unpack_from(self._data, start)
            if kind != _OVERFLOW_PAGE or not 0 < used <= min(left, self._size - _HEAD):
                return None
            parts.append(self._data[start + _HEAD : start + _HEAD + used])
            left -= used
            number = following
        return b"".join(parts)
