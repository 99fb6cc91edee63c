"""Show contents to an examiner, while they pass or as a whole."""

from __future__ import annotations

import xxhash

from layerlens.errors import FormatError
from layerlens.layers.contents import (
    HEAD,
    MARK,
    Contents,
    Examiner,
    Marks,
    Want,
    Windows,
    bounded_spans,
)
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import Hash


def examining(tape: StreamTape, examiner: Examiner, found: Contents) -> Hash:
    """The hash of contents that pass on a tape, which are shown to an examiner on their way."""
    wants, plain = examiner.wants, tape.hash

    def hashed(pos: int, count: int, index: int, name: bytes) -> bytes:
        want = wants(name, count) if index >= 0 else Want.NOTHING
        if not want and (count < MARK or index < 0):
            return plain(pos, count)
        if want and count <= HEAD:
            data = tape.read(pos, count)
            if len(data) < count:
                raise FormatError(f"truncated: the content needs {count - len(data)} more bytes")
            take_whole(found, examiner, index, name, want, data)
            return xxhash.xxh3_128_digest(data)
        state = xxhash.xxh3_128()
        onlooker = Onlooker(examiner, found, index, name, count, want)
        missing = count
        for part in tape.pieces(pos, count):
            state.update(part)
            onlooker.update(part)
            missing -= len(part)
        if missing:
            raise FormatError(f"truncated: the content needs {missing} more bytes")
        onlooker.end()
        return state.digest()

    return hashed


def take_whole(
    found: Contents,
    examiner: Examiner,
    index: int,
    name: bytes,
    want: Want,
    data: bytes,
) -> None:
    """Do with a content that is there as a whole what its examiner wants."""
    if want & Want.KEEP:
        found.keep(index, data)
    if want & Want.SCAN:
        found.add(index, examiner.scan(name, data))
    if want & Want.PROBE:
        head = data[:HEAD]
        spans = bounded_spans(examiner.windows(name, len(data), head), len(data))
        parts = {start: data[start : start + length] for start, length in spans}
        found.add(index, examiner.conclude(name, len(data), head, parts))


class Onlooker:
    """Watches one content pass: keeps what its examiner wants, and its marks.

    ``want`` may be nothing: then only the marks of a large file are taken.
    """

    def __init__(
        self,
        examiner: Examiner,
        found: Contents,
        index: int,
        name: bytes,
        size: int,
        want: Want,
    ) -> None:
        self._examiner = examiner
        self._found = found
        self._index = index
        self._name = name
        self._size = size
        self._want = want
        self._whole: list[bytes] | None = [] if want & (Want.KEEP | Want.SCAN) else None
        self._head = bytearray()
        probing = self._whole is None and want & Want.PROBE
        self._head_size = min(HEAD, size) if probing else 0
        self._windows: Windows | None = None
        self._marker = Marks()
        self._marks = bytearray()

    def update(self, part: memoryview) -> None:
        """The next bytes."""
        if self._size >= MARK:
            self._marks += self._marker.update(part)
        if self._whole is not None:
            self._whole.append(bytes(part))
        elif self._head_size:
            self._probe(part)

    def end(self) -> None:
        """All bytes have passed."""
        if self._size >= MARK:
            self._found.marks[self._index] = bytes(self._marks)
        if self._whole is not None:
            data = b"".join(self._whole)
            take_whole(self._found, self._examiner, self._index, self._name, self._want, data)
        elif self._head_size:
            parts = {} if self._windows is None else self._windows.parts()
            facts = self._examiner.conclude(self._name, self._size, bytes(self._head), parts)
            self._found.add(self._index, facts)

    def _probe(self, part: memoryview) -> None:
        missing = self._head_size - len(self._head)
        if missing:
            self._head += part[:missing]
            if len(self._head) < self._head_size:
                return
            head = bytes(self._head)
            asked = self._examiner.windows(self._name, self._size, head)
            self._windows = Windows(bounded_spans(asked, self._size))
            self._windows.update(head)
            part = part[missing:]
        if self._windows is not None:
            self._windows.update(part)
