"""A store that is a stream, whose members pass once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import xxhash

from layerlens.errors import FormatError, ImageError, LimitError, Where
from layerlens.image.digest import Digest
from layerlens.layers import limits
from layerlens.layers.arrivals import Arrivals
from layerlens.layers.asked import Asked, Part
from layerlens.layers.compression import Compression, sniff
from layerlens.layers.contents import Contents, Examiner
from layerlens.layers.examining import Onlooker
from layerlens.layers.known import (
    LayerMember,
    OtherMember,
    PassedArchive,
    PassedMember,
)
from layerlens.layers.reader import (
    Counter,
    LayerRead,
    not_a_tar,
    read_stream,
)
from layerlens.layers.table import LayerTable
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import walk
from layerlens.sources.again import Again
from layerlens.sources.members import Members
from layerlens.sources.store import MAX_DOCUMENT, Store, bounded, missing

MAX_DOCUMENTS = 128 << 20
"""Bytes of all documents that are kept of one stream."""

_Result = LayerRead | PassedMember
"""What is kept of a member that has passed; of a layer, where it was read in an earlier
run, only its digests."""


class StreamStore(Store):
    """The members of a tar that passes once: an engine's export, a compressed archive.

    What a layer is shows only at the end, in the manifest.  So every member
    that can be a layer is read as one while it passes, and what was not
    referred to is dropped.  ``again`` is how the stream can be had once more,
    for whoever opened it to say.
    """

    def __init__(
        self,
        pieces: Iterable[bytes],
        label: str,
        *,
        limit: int,
        examiner: Examiner | None = None,
        arrivals: Arrivals | None = None,
        announced: bool = False,
    ) -> None:
        """Read the stream to its end.  Raises :class:`ImageError` where the outer tar breaks.

        ``arrivals`` is told of each layer; ``announced`` says that it knows by
        digests which of them belong to the image.
        """
        self.again: Again | None = None
        self._label = label
        self._limit = limit
        self._examiner = examiner
        self._arrivals = arrivals
        self._announced = announced
        self.contents = Contents()
        # By the position of the member's content.
        self._passed: dict[int, _Result] = {}
        self._kept = 0
        self._asked = Asked()
        self._broken: ImageError | None = None
        self._tape = StreamTape(self._outer(pieces))
        try:
            self.table, end = walk(
                self._tape.fetch,
                self._tape.read,
                content_hash=self._member,
                asked=self._asked.part(),
            )
            self.tail = self._tape.read(end, 1 << 16)
            self.table.tar_size = self._tape.drain(
                limits.MAX_TAIL if self.table.names else limits.MAX_EMPTY_TAIL
            )
            if end > self.table.tar_size:
                raise FormatError(
                    f"truncated: the last entry needs {end - self.table.tar_size} more bytes"
                )
        except ImageError as error:
            raise error.at(Where(file=label)) from error
        self._members = Members(self.table, label)
        self._results = {
            i: self._passed[at] for i, at in enumerate(self.table.offsets) if at in self._passed
        }

    def passed(self) -> PassedArchive:
        """What is to be remembered of the archive; its layers are remembered one by one."""
        members: dict[int, PassedMember] = {}
        for i, result in self._results.items():
            if not isinstance(result, LayerRead):
                members[i] = result
            elif result.digest is not None and result.diff_id is not None:
                members[i] = LayerMember(result.digest, result.diff_id)
        return PassedArchive(self.table, self.tail, members)

    @property
    def label(self) -> str:
        return self._label

    def _outer(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces; an error of theirs is told apart from one in a member's content."""
        try:
            yield from pieces
        except ImageError as error:
            self._broken = error
            raise

    def _member(self, pos: int, count: int, index: int, name: bytes) -> bytes:
        """Take in one member's content as it passes; gives its hash."""
        head = self._tape.read(pos, min(count, 512))
        state = xxhash.xxh3_128()
        seen = 0
        onlooker = None
        if self._examiner is not None and index >= 0 and not _may_be_layer(head):
            # A file of a root filesystem without manifest, as it may turn out.
            want = self._examiner.wants(name, count)
            onlooker = Onlooker(self._examiner, self.contents, index, name, count, want)

        def passing() -> Iterator[bytes]:
            nonlocal seen
            for part in self._tape.pieces(pos, count):
                state.update(part)
                if onlooker is not None:
                    onlooker.update(part)
                seen += len(part)
                yield bytes(part)

        result: _Result
        content = passing()
        if _is_document(head) and count <= MAX_DOCUMENT:
            self._kept += count
            if self._kept <= MAX_DOCUMENTS:
                result = b"".join(content)
            else:  # it matters only if it is asked for: a flat archive may hold any file
                result = LimitError(f"more than {MAX_DOCUMENTS} bytes of JSON documents")
        elif _may_be_layer(head):
            part = self._asked.part()
            try:
                result = read_stream(
                    content, limit=self._limit, examiner=self._examiner, asked=part
                )
            except ImageError as error:
                part.release()
                # Kept without its frames, which would keep what has been read with them.
                result = error.with_traceback(None)
                result.__cause__ = result.__context__ = None
        else:
            result = OtherMember(head[:8])
        for _ in content:
            pass
        if self._broken is not None:
            raise self._broken
        if seen < count:
            raise FormatError(f"truncated: the content needs {count - seen} more bytes")
        if onlooker is not None:
            onlooker.end()
        self._passed[pos] = result
        if self._arrivals is not None:
            self._tell(self._arrivals, result, name)
        return state.digest()

    def _tell(self, arrivals: Arrivals, result: _Result, name: bytes) -> None:
        """Say that a member has passed which is a layer, as far as it seems."""
        if isinstance(result, LayerRead):
            arrivals.arrived(result)
        elif (
            not self._announced
            and isinstance(result, (OtherMember, FormatError))
            and name.rpartition(b"/")[2] not in _OWN_FILES
        ):
            # No archive of images has such a file: this is a root filesystem with tars in it.
            arrivals.withdraw()
            self._arrivals = None

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def size(self, name: str) -> int:
        return self.table.sizes[self._at(name)]

    def _at(self, name: str) -> int:
        i = self._members.find(name)
        if i is None:
            raise missing(name, self._label)
        return i

    def has_read(self, name: str) -> bool:
        return isinstance(self._results.get(self._at(name)), LayerRead)

    def compressed(self, name: str) -> bool:
        return False

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        i = self._at(name)
        bounded(name, self.table.sizes[i], limit, self._label)
        result = self._results.get(i, b"")
        if isinstance(result, LimitError):
            raise result
        if not isinstance(result, bytes):
            raise FormatError(
                f"{name!r:.200} is not a JSON document", where=Where(file=self._label)
            )
        return result

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        result = self._results.get(self._at(name), b"")
        if isinstance(result, LayerRead):
            return result
        if isinstance(result, ImageError):
            raise result
        if isinstance(result, OtherMember):
            found = not_a_tar(result.head.ljust(512, b"\1"))
            raise found or FormatError("not a layer tar")
        if result:
            raise FormatError("a JSON document, not a layer tar")
        return read_stream([], limit=limit)

    def digest(self, name: str) -> Digest:
        result = self._results.get(self._at(name), b"")
        if isinstance(result, LayerRead) and result.digest is not None:
            return result.digest
        return Digest.of(result if isinstance(result, bytes) else b"")

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        return None

    def passed_at(self, name: str) -> int | None:
        return self.table.offsets[self._at(name)]

    def close(self) -> None:
        """Drop what has passed."""
        self._results.clear()


_OWN_FILES = frozenset({b"VERSION"})
"""Names of what image archives hold besides documents and layers."""


def _is_document(head: bytes) -> bool:
    return (head.lstrip()[:1] in (b"{", b"[") and not _is_tar_header(head)) or head[:4] == b"null"


def _is_tar_header(head: bytes) -> bool:
    return len(head) == 512 and head[257:262] == b"ustar"


def _may_be_layer(head: bytes) -> bool:
    """A compressed blob, a tar, an old tar without magic, or one without entries."""
    return (
        sniff(head) is not Compression.NONE
        or _is_tar_header(head)
        or (len(head) == 512 and not head[:1].strip(b"\0"))
        or (len(head) == 512 and head[148:156].strip(b" \0").isdigit())
    )
