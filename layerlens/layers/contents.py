"""What is learnt from the contents of a layer while they pass, or afterwards where they stay.

Rules need to look into some files: package databases, lock files, the section
tables of executables, texts that may hold secrets.  Contents of a stream pass
once, so an *examiner* says for each entry, by its name and size alone, what it
wants; what it makes of the bytes is kept, and the bytes go.  The same examiner
reads a plain archive at positions, so that both give the same facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Any, Protocol

import xxhash

HEAD = 1 << 16
"""Bytes of a file's beginning that a probe is shown (fewer where the file is shorter)."""

MAX_WINDOW = 4 << 20
"""Bytes of all further windows that a probe may ask for, of one file."""

MAX_WHOLE = 128 << 20
"""Bytes of a file that is kept or scanned whole, at most (the largest are rpm databases)."""

MAX_KEPT = 256 << 20
"""Bytes of all contents that are kept of one layer."""

MARK = 1 << 20
"""Distance in bytes of the marks of a large file: :func:`marks_of`."""


class Want(IntFlag):
    """What an examiner wants of an entry.

    ``KEEP``   the whole content, for a parser that needs other files too
    ``SCAN``   the whole content shown once to :meth:`Examiner.scan`
    ``PROBE``  its head, and the windows that :meth:`Examiner.windows` asks for
    """

    NOTHING = 0
    KEEP = 1
    SCAN = 2
    PROBE = 4


class Examiner(Protocol):
    """Knows what to look for in contents.  Pure: its answers depend on its arguments only.

    Facts are plain values that MessagePack can hold (numbers, bytes, text,
    lists, maps), since they are cached; ``version`` changes whenever an answer
    may.  Methods never raise for any bytes.
    """

    version: str

    def wants(self, name: bytes, size: int) -> Want:
        """What to look at in a regular file of ``size`` > 0 bytes.  Called for every entry."""

    def scan(self, name: bytes, data: bytes) -> Mapping[str, Any]:
        """Facts of a whole content, by the kind of fact."""

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        """Further (offset, length) parts of the file that are needed, together MAX_WINDOW bytes."""

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        """Facts of a probed file, by the kind of fact; ``parts`` are the windows by offset."""


@dataclass(slots=True)
class Contents:
    """What is known of the contents of one layer, by the index of its entry.

    ``kept`` holds whole contents; ``facts`` maps a kind of fact (``elf``,
    ``secrets``, …) to entry -> value; ``marks`` of large files that passed are
    those of :func:`marks_of`.  ``missing`` says why contents could not be
    looked at, where that is so.
    """

    kept: dict[int, bytes] = field(default_factory=dict)
    facts: dict[str, dict[int, Any]] = field(default_factory=dict)
    marks: dict[int, bytes] = field(default_factory=dict)
    missing: str | None = None
    kept_bytes: int = 0

    def add(self, index: int, found: Mapping[str, Any]) -> None:
        """Take over the facts of one entry."""
        for kind, value in found.items():
            self.facts.setdefault(kind, {})[index] = value

    def keep(self, index: int, data: bytes) -> None:
        """Keep a content, within the bound of a layer."""
        if self.kept_bytes + len(data) > MAX_KEPT:
            self.missing = f"package metadata of more than {MAX_KEPT} bytes"
            return
        self.kept_bytes += len(data)
        self.kept[index] = data


class Windows:
    """Takes (offset, length) spans out of a content that passes piece by piece."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = [(start, start + length) for start, length in spans]
        self._found: dict[int, bytearray] = {start: bytearray() for start, _ in self._spans}
        self._at = 0

    def update(self, piece: bytes | memoryview) -> None:
        """The next bytes."""
        at = self._at
        end = self._at = at + len(piece)
        for start, stop in self._spans:
            if start < end and at < stop:
                self._found[start] += piece[max(start - at, 0) : stop - at]

    def parts(self) -> dict[int, bytes]:
        """What has passed of the spans, by offset."""
        return {start: bytes(part) for start, part in self._found.items()}


def gather(pieces: Iterable[bytes], spans: Sequence[tuple[int, int]]) -> dict[int, bytes]:
    """The bytes of (offset, length) spans, by offset, out of a content that passes."""
    windows = Windows(spans)
    for piece in pieces:
        windows.update(piece)
    return windows.parts()


def bounded_spans(spans: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """The spans inside a file of ``size`` bytes, at most ``MAX_WINDOW`` bytes together."""
    kept: list[tuple[int, int]] = []
    room = MAX_WINDOW
    for start, length in spans:
        length = min(length, size - start, room)  # noqa: PLW2901 - the span, cut to size
        if 0 <= start < size and length > 0:
            kept.append((start, length))
            room -= length
    return kept


class Marks:
    """XXH3-64 of the first 1, 2, 3, … MiB of a content that passes piece by piece."""

    def __init__(self) -> None:
        self._state = xxhash.xxh3_64()
        self._left = MARK

    def update(self, piece: bytes | memoryview) -> bytes:
        """The next bytes; gives the marks that they complete, 8 bytes each."""
        view = memoryview(piece)
        found = b""
        while len(view) >= self._left:
            self._state.update(view[: self._left])
            found += self._state.digest()
            view = view[self._left :]
            self._left = MARK
        self._state.update(view)
        self._left -= len(view)
        return found


def marks_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The marks of a content, 8 bytes each, as they come.

    Two files whose marks agree begin with the same bytes, as far as the
    shorter one has marks.
    """
    marks = Marks()
    for piece in pieces:
        found = marks.update(piece)
        for at in range(0, len(found), 8):
            yield found[at : at + 8]
