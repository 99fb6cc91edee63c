"""How much the layers of one image ask for together.

The bounds hold for all of them: a file of 600 kB that unpacks to 512 MiB of names can be
each of an image's layers, under as many names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from layerlens.errors import LimitError
from layerlens.layers import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerlens.layers.table import LayerTable

_SHORT_NAME, _SHORT_LINK = 256, 100
"""The longest that a header itself can hold (POSIX.1-1988)."""

_EACH = 128
"""Bytes that an attribute takes in memory besides its own."""


@dataclass(slots=True)
class Asked:
    """What all readers of one image's layers have asked for so far; they may run side by side.

    ``long_names`` and ``xattrs`` are bytes.
    """

    entries: int = 0
    long_names: int = 0
    xattrs: int = 0
    segments: int = 0
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def part(self) -> Part:
        """A count of one layer's own, which is part of this one."""
        return Part(self)

    def take(self, entries: int, long_names: int, xattrs: int, segments: int) -> None:
        """Add to all counts.  Raises :class:`LimitError` where one is beyond its bound."""
        with self._lock:
            self.entries += entries
            self.long_names += long_names
            self.xattrs += xattrs
            self.segments += segments
        if self.entries > limits.MAX_ENTRIES:
            raise LimitError(f"more than {limits.MAX_ENTRIES} entries")
        if self.long_names > limits.MAX_LONG_NAMES:
            raise LimitError(f"more than {limits.MAX_LONG_NAMES} bytes of long names")
        if self.xattrs > limits.MAX_XATTR_BYTES:
            raise LimitError(f"more than {limits.MAX_XATTR_BYTES} bytes of extended attributes")
        if self.segments > limits.MAX_SEGMENTS:
            raise LimitError(f"sparse maps of more than {limits.MAX_SEGMENTS} segments")


class Part:
    """What one layer asks for, counted while it is read."""

    def __init__(self, whole: Asked) -> None:
        self._whole = whole
        self._own = [0, 0, 0, 0]

    def entries(self, count: int) -> None:
        """Count some more entries."""
        self._add(count, 0, 0, 0)

    def names(self, path: bytes, link: bytes) -> None:
        """Count the path and the link target of an entry with extended headers."""
        long = _longer((path,), _SHORT_NAME) + _longer((link,), _SHORT_LINK)
        if long:
            self._add(0, long, 0, 0)

    def xattrs(self, found: Iterable[tuple[bytes, bytes]]) -> None:
        """Count the extended attributes of an entry."""
        self._add(0, 0, _bytes(found), 0)

    def segments(self, count: int) -> None:
        """Count the segments of a sparse entry."""
        self._add(0, 0, 0, count)

    def settle(self, table: LayerTable) -> None:
        """The layer is read, or was before: count what its table holds, and nothing else."""
        now = (
            len(table),
            _longer(table.names, _SHORT_NAME) + _longer(table.links.values(), _SHORT_LINK),
            sum(map(_bytes, table.xattrs.values())),
            sum(len(each.segments) for each in table.sparse.values()),
        )
        more = [new - old for new, old in zip(now, self._own, strict=True)]
        self._add(*more)

    def release(self) -> None:
        """The layer could not be read: nothing of it is kept."""
        self._add(*(-each for each in self._own))

    def _add(self, *more: int) -> None:
        self._own = [old + new for old, new in zip(self._own, more, strict=True)]
        self._whole.take(*more)


def _longer(names: Iterable[bytes], most: int) -> int:
    """Bytes of all names that are longer than some.  Of a million it takes 20 ms."""
    return sum(filter(most.__lt__, map(len, names)))


def _bytes(attributes: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(len(key) + len(value) + _EACH for key, value in attributes)
