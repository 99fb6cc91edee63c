"""How many compressed bytes a part of a layer takes on the wire.

A compressed blob has no boundaries between files.  While it is decompressed,
pairs of (uncompressed offset, compressed offset) are noted; between two pairs
the compressed bytes are shared out linearly.  By construction the parts of a
layer add up to its blob; for one file the figure is an estimate, good to a few
per cent above some hundred kilobytes and rough below a few kilobytes.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class TransferMap:
    """Monotonic map from offsets in the layer tar to offsets in its stored blob."""

    __slots__ = ("_in", "_out", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._out = array("q", [0])
        self._in = array("q", [0])

    def note(self, uncompressed: int, compressed: int, *, ended: bool = False) -> None:
        """Record that ``compressed`` blob bytes gave ``uncompressed`` tar bytes so far.

        Input that gave nothing yet belongs to what comes next: decoders take in
        a block (900 KB for bzip2) before they give any of it.  Where a member that
        gave something has ``ended``, its trailer belongs to what it gave.
        """
        self._size = compressed
        if uncompressed != self._out[-1]:
            self._out.append(uncompressed)
            self._in.append(compressed)
        elif ended and uncompressed:
            self._in[-1] = compressed

    @classmethod
    def restored(cls, out: array[int], into: array[int], size: int) -> TransferMap:
        """A map from its :meth:`columns`.  Raises ``ValueError`` where they are none."""
        steps = zip(out, out[1:], into, into[1:], strict=False)
        if (
            len(out) != len(into)
            or out[:1].tolist() != [0]
            or into[0] != 0
            or size < into[-1]
            or not all(a < b and c <= d for a, b, c, d in steps)
        ):
            raise ValueError("offsets that do not rise")
        found = cls()
        found._out, found._in, found._size = out, into, size
        return found

    def columns(self) -> tuple[array[int], array[int]]:
        """The pairs that were noted: offsets in the tar, and those in the blob."""
        return self._out, self._in

    @property
    def compressed_size(self) -> int:
        """Bytes of the whole blob seen so far."""
        return self._size

    def position(self, offset: int) -> int:
        """The blob offset that belongs to an offset of the layer tar, rounded down."""
        out, into = self._out, self._in
        k = bisect_right(out, offset) - 1
        if k + 1 >= len(out):
            return self._size  # trailers and padding belong to the last byte
        width = out[k + 1] - out[k]
        return into[k] + (offset - out[k]) * (into[k + 1] - into[k]) // width

    def bounds(self, start: int, length: int) -> tuple[int, int, int]:
        """The part of the blob that is sure to hold some bytes of the tar.

        Gives where it begins and ends, and which tar offset its beginning gives.
        """
        out, into = self._out, self._in
        k = bisect_right(out, start) - 1
        last = bisect_left(out, start + length)
        return into[k], into[last] if last < len(into) else self._size, out[k]

    def spans(self, starts: Iterable[int], lengths: Iterable[int]) -> int:
        """The sum of :meth:`span` over many parts, in one pass if they are in order."""
        return sum(self.each(starts, lengths))

    def each(self, starts: Iterable[int], lengths: Iterable[int]) -> Iterator[int]:
        """:meth:`span` of many parts, in one pass if they are in order."""
        out, into = self._out, self._in
        last = len(out) - 1
        k, low, high = -1, 0, -1  # pair k, and the offsets between which it counts
        base = width = gain = 0
        for start, length in zip(starts, lengths, strict=True):
            if not length:
                yield 0
                continue
            end = start + length
            if not low <= start < high:
                k = bisect_right(out, start) - 1
                if k >= last:
                    yield self.span(start, length)
                    continue
                low, high, base = out[k], out[k + 1], into[k]
                width, gain = high - low, into[k + 1] - base
            at = base + (start - low) * gain // width
            if end < high:
                yield base + (end - low) * gain // width - at
            else:
                yield self.position(end) - at

    def span(self, start: int, length: int) -> int:
        """Blob bytes for ``length`` tar bytes from ``start``; neighbours add up exactly."""
        return self.position(start + length) - self.position(start)
