"""Named blobs, wherever they lie: a plain archive, a stream, or a directory.

A layout (docker-archive, OCI, …) asks a store for documents and layers by
name, and never learns how they are kept.  Names are looked up in the store
only: nothing an archive says can lead outside it.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from typing import Protocol

import xxhash

from layerlens.errors import FormatError, ImageError, LimitError, SourceError, Where
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
from layerlens.layers.readahead import read_ahead
from layerlens.layers.reader import (
    Counter,
    LayerRead,
    PlainFile,
    digest_of,
    not_a_tar,
    read_plain,
    read_stream,
)
from layerlens.layers.table import HashKind, Kind, LayerTable
from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import walk
from layerlens.progress import Progress
from layerlens.sources.again import Again
from layerlens.sources.place import file_place

MAX_DOCUMENT = 20 << 20
"""Bytes of one JSON document (containerd's bound)."""

MAX_DOCUMENTS = 128 << 20
"""Bytes of all documents that are kept of one stream."""

MAX_LINK_HOPS = 8
"""Links followed from one outer member to the next."""


class Store(Protocol):
    """Blobs by name.  Stores inherit what they do not know better."""

    @property
    def parallel(self) -> int | None:
        """How many blobs may be read side by side at most, where there is a bound."""
        return None

    @property
    def exact_sizes(self) -> bool:
        """Whether sizes are exact; else they are good for progress only."""
        return True

    @property
    def hashes(self) -> HashKind | None:
        """The one kind of hashes that all layers here must have, where others would not do."""
        return None

    def has_read(self, name: str) -> bool:
        """Whether a layer was read when the store was opened: loading it costs nothing."""
        return False

    def rereads(self, name: str) -> bool:
        """Whether the contents of a layer's entries can be had again at little cost."""
        return False

    def fetches(self, name: str) -> int | None:
        """How many contents may be asked for, where each is fetched over a network."""
        return None

    def toc(self, name: str) -> Digest | None:
        """The digest of the table of contents that stands in a blob, where one is vouched for."""
        return None

    def place(self, name: str) -> str | None:
        """What changes whenever the bytes of a blob may have: path, times, position.

        ``None`` where no such thing is known.
        """
        return None

    @property
    def label(self) -> str:
        """Where the blobs lie, for messages."""

    def names(self) -> Iterable[str]:
        """All names of regular members."""

    def has(self, name: str) -> bool:
        """Whether a blob of that name is there, through links."""

    def size(self, name: str) -> int:
        """Stored bytes of a blob."""

    def compressed(self, name: str) -> bool:
        """Whether reading the blob means decompressing it."""

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        """A small blob, whole.  Raises :class:`SourceError` and :class:`LimitError`."""

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        """Read a blob as a layer.

        Contents that pass on the way are shown to ``examiner``.  What the layer
        asks for is counted in ``asked`` while it is read, where that can be told.
        """

    def digest(self, name: str) -> Digest:
        """The sha256 of a blob's stored bytes, read through where it must be."""

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        """Stored content of one entry of a layer, ``None`` where it has passed for good."""

    def span(self, name: str, table: LayerTable, i: int, start: int, length: int) -> bytes | None:
        """A part of an entry's stored content, ``None`` where it costs no less than all of it."""
        return None

    @property
    def unpacked(self) -> bool:
        """Whether :meth:`content` gives sparse files with their holes."""
        return False

    def stored(self, name: str) -> Iterator[bytes] | None:
        """A blob's stored bytes in one pass, ``None`` where it cannot be had alone.

        Nothing is read or asked before the first piece is taken.
        """
        return None

    def passed_at(self, name: str) -> int | None:
        """Where a blob began in the archive that has passed."""
        return None

    def changed(self, name: str) -> bool:
        """Whether the bytes of a blob may be others than when the store was opened."""
        return False

    def attend(self, progress: Progress) -> None:
        """From now on tell another callback that the store is waited for."""
        return None  # noqa: RET501 - most are never waited for

    def close(self) -> None:
        """Let go of files."""


def missing(name: str, label: str) -> SourceError:
    """The error for a blob that is referred to and not there."""
    return SourceError(
        f"{name!r:.200} is referred to but is not in it",
        where=Where(file=label),
        hint="the archive is incomplete: save or copy the image again",
    )


def changed(label: str) -> SourceError:
    """The error for an archive whose bytes are no longer those that were read."""
    return SourceError(
        "changed while it was looked at",
        where=Where(file=label),
        hint="look again when it is complete",
    )


# --------------------------------------------------------------------------- a tar on disk


class FileStore(Store):
    """The members of an uncompressed tar on disk, read in place."""

    def __init__(self, file: PlainFile) -> None:
        """Index the outer headers.  Raises :class:`FormatError` with the file's name."""
        self._file = file
        try:
            self.table, _ = walk(file.fetch, file.read, end=file.size)
        except ImageError as error:
            raise error.at(Where(file=file.path)) from error
        self.table.tar_size = file.size
        self._members = Members(self.table, file.path)
        self._plain: dict[str, int] = {}

    @property
    def label(self) -> str:
        return self._file.path

    @property
    def file(self) -> PlainFile:
        """The open archive."""
        return self._file

    def names(self) -> Iterable[str]:
        return self._members.names()

    def has(self, name: str) -> bool:
        return self._members.find(name) is not None

    def size(self, name: str) -> int:
        return self._span(name)[1]

    def _span(self, name: str) -> tuple[int, int]:
        i = self._members.find(name)
        if i is None:
            raise missing(name, self.label)
        return self.table.offsets[i], self.table.sizes[i]

    def compressed(self, name: str) -> bool:
        start, size = self._span(name)
        return sniff(self._file.read(start, min(16, size))) is not Compression.NONE

    def rereads(self, name: str) -> bool:
        return not self.compressed(name)

    def place(self, name: str) -> str | None:
        place = file_place(self._file.path, self._file.status, self._file.opened)
        if place is None:
            return None
        start, size = self._span(name)
        return f"{place}\0{start}\0{size}"

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        start, size = self._span(name)
        _bounded(name, size, limit, self.label)
        return self._file.read(start, size)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        start, size = self._span(name)
        return load_span(
            self._file, start, size, limit=limit, count=count, examiner=examiner, asked=asked
        )

    def digest(self, name: str) -> Digest:
        return digest_of(self._file.pieces(*self._span(name)))

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        at = self._start(name)
        return None if at < 0 else self._file.pieces(at + table.offsets[i], table.stored(i))

    def span(self, name: str, table: LayerTable, i: int, start: int, length: int) -> bytes | None:
        at = self._start(name)
        if at < 0:
            return None
        return self._file.read(at + table.offsets[i] + start, min(length, table.stored(i) - start))

    def stored(self, name: str) -> Iterator[bytes] | None:
        return self._file.pieces(*self._span(name))

    def changed(self, name: str) -> bool:
        return self._file.changed()

    def _start(self, name: str) -> int:
        """Where a plain layer begins, -1 for a compressed one; asked for each of many contents."""
        at = self._plain.get(name)
        if at is None:
            at = -1 if self.compressed(name) else self._span(name)[0]
            self._plain[name] = at
        return at

    def close(self) -> None:
        self._file.close()


def load_span(
    file: PlainFile,
    start: int,
    size: int,
    *,
    limit: int,
    count: Counter | None = None,
    examiner: Examiner | None = None,
    asked: Part | None = None,
) -> LayerRead:
    """Read the layer that is stored in a part of a file, in place if it is plain."""
    if sniff(file.read(start, min(16, size))) is Compression.NONE:
        return read_plain(file, start, size, tick=count, asked=asked)
    return read_stream(
        file.pieces(start, size, 1 << 16),
        limit=limit,
        count=count,
        ahead=read_ahead if size > WORTH_A_THREAD else None,
        examiner=examiner,
        asked=asked,
    )


WORTH_A_THREAD = 8 << 20
"""Stored bytes from which a layer's decompression gets a thread of its own: an image is
often one large layer and some small ones, which would keep one core busy only."""


class Members:
    """Names of an outer tar; links are followed inside it only."""

    def __init__(self, table: LayerTable, label: str) -> None:
        self._table = table
        self._label = label
        # Of a name that is there twice the last counts, as for docker load.
        self._index = {name: i for i, name in enumerate(table.names)}

    def names(self) -> Iterable[str]:
        kinds = self._table.kinds
        return [os.fsdecode(name) for name, i in self._index.items() if kinds[i] == Kind.FILE]

    def __contains__(self, name: bytes) -> bool:
        return name in self._index

    def find(self, name: str) -> int | None:
        """The regular member that a name leads to."""
        path = posixpath.normpath(name.lstrip("/"))
        if path.startswith("../"):
            return None
        for _ in range(MAX_LINK_HOPS):
            i = self._index.get(os.fsencode(path))
            if i is None:
                return None
            kind = self._table.kinds[i]
            if kind == Kind.FILE:
                if i in self._table.sparse:
                    raise FormatError(
                        f"{name!r:.200} is stored as a sparse file",
                        where=Where(file=self._label),
                        hint="pack the archive again without tar's --sparse",
                    )
                return i
            if kind not in (Kind.SYMLINK, Kind.HARDLINK):
                return None
            target = os.fsdecode(self._table.links[i])
            if kind == Kind.SYMLINK:
                target = posixpath.join(posixpath.dirname(path), target)
            path = posixpath.normpath(target.lstrip("/"))
        raise FormatError(
            f"links from {name!r:.200} go round in circles", where=Where(file=self._label)
        )


def _bounded(name: str, size: int, limit: int, label: str) -> None:
    if size > limit:
        raise LimitError(
            f"{name!r:.200} has {size} bytes, the limit for such a document is {limit}",
            where=Where(file=label),
        )


# --------------------------------------------------------------------------- a stream


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
        _bounded(name, self.table.sizes[i], limit, self._label)
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


# --------------------------------------------------------------------------- a directory


_MOST_NAMES = 10_000


class DirectoryStore(Store):
    """Blobs that are files below a directory."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._real = os.path.realpath(root)
        self._open: dict[str, PlainFile] = {}

    @property
    def label(self) -> str:
        return self._root

    def names(self) -> Iterable[str]:
        """Names as deep as any layout has them, and not endlessly many: it may be ``/``."""
        found: list[str] = []
        for place, folders, files in os.walk(self._root):
            within = os.path.relpath(place, self._root)
            found += [os.path.normpath(os.path.join(within, name)) for name in files]
            if within.count(os.sep) >= 1 or len(found) > _MOST_NAMES:
                folders.clear()
        return found

    def _path(self, name: str) -> str | None:
        if "\0" in name:
            return None
        path = os.path.realpath(os.path.join(self._root, name.lstrip("/")))
        inside = os.path.commonpath([path, self._real]) == self._real
        return path if inside and os.path.isfile(path) else None

    def _file(self, name: str) -> PlainFile:
        path = self._path(name)
        if path is None:
            raise missing(name, self.label)
        if path not in self._open:
            try:
                self._open[path] = PlainFile(path)
            except OSError as error:
                raise SourceError(
                    f"cannot open: {error.strerror or error}", where=Where(file=path)
                ) from error
        return self._open[path]

    def has(self, name: str) -> bool:
        return self._path(name) is not None

    def size(self, name: str) -> int:
        return self._file(name).size

    def compressed(self, name: str) -> bool:
        return sniff(self._file(name).read(0, 16)) is not Compression.NONE

    def rereads(self, name: str) -> bool:
        return not self.compressed(name)

    def place(self, name: str) -> str | None:
        file = self._file(name)
        return file_place(file.path, file.status, file.opened)

    def document(self, name: str, limit: int = MAX_DOCUMENT) -> bytes:
        file = self._file(name)
        _bounded(name, file.size, limit, self.label)
        return file.read(0, file.size)

    def load(
        self,
        name: str,
        *,
        limit: int,
        count: Counter | None = None,
        examiner: Examiner | None = None,
        asked: Part | None = None,
    ) -> LayerRead:
        file = self._file(name)
        return load_span(
            file, 0, file.size, limit=limit, count=count, examiner=examiner, asked=asked
        )

    def digest(self, name: str) -> Digest:
        file = self._file(name)
        return digest_of(file.pieces(0, file.size))

    def content(self, name: str, table: LayerTable, i: int) -> Iterator[bytes] | None:
        if self.compressed(name):
            return None
        return self._file(name).pieces(table.offsets[i], table.stored(i))

    def span(self, name: str, table: LayerTable, i: int, start: int, length: int) -> bytes | None:
        if self.compressed(name):
            return None
        length = min(length, table.stored(i) - start)
        return self._file(name).read(table.offsets[i] + start, length)

    def stored(self, name: str) -> Iterator[bytes] | None:
        file = self._file(name)
        return file.pieces(0, file.size)

    def changed(self, name: str) -> bool:
        return self._file(name).changed()

    def close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()
