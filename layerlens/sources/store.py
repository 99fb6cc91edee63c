"""Named blobs, wherever they lie: a plain archive, a stream, or a directory.

A layout (docker-archive, OCI, …) asks a store for documents and layers by
name, and never learns how they are kept.  Names are looked up in the store
only: nothing an archive says can lead outside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from layerlens.errors import LimitError, SourceError, Where
from layerlens.image.digest import Digest
from layerlens.layers.asked import Part
from layerlens.layers.contents import Examiner
from layerlens.layers.reader import (
    Counter,
    LayerRead,
)
from layerlens.layers.table import HashKind, LayerTable
from layerlens.progress import Progress

MAX_DOCUMENT = 20 << 20
"""Bytes of one JSON document (containerd's bound)."""

WORTH_A_THREAD = 8 << 20
"""Stored bytes from which a layer's decompression gets a thread of its own: an image is
often one large layer and some small ones, which would keep one core busy only."""


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


def bounded(name: str, size: int, limit: int, label: str) -> None:
    """Refuse a document that is too large."""
    if size > limit:
        raise LimitError(
            f"{name!r:.200} has {size} bytes, the limit for such a document is {limit}",
            where=Where(file=label),
        )
