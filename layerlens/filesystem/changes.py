"""The words for what happens to a path and to a byte."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Cause(IntEnum):
    """Why a byte is dead; the order breaks ties (DESIGN, "Words")."""

    DELETED = 0
    REPLACED = 1
    METADATA = 2
    OPAQUE = 3
    TYPE_CHANGED = 4
    DUPLICATE_ENTRY = 5
    MARKER = 6

    @property
    def word(self) -> str:
        return self.name.lower()


class Change(IntEnum):
    """What one entry of a layer did.

    The first four are changes that users see; ``UNCHANGED`` is an entry that
    repeats what was there (parent directories, mostly); ``MARKER`` a whiteout
    or other entry that no runtime places; ``SHADOWED`` one that a later entry
    of the same layer replaced; ``IGNORED`` one that could not be placed.
    """

    ADDED = 0
    CONTENT = 1
    METADATA = 2
    TYPE = 3
    UNCHANGED = 4
    MARKER = 5
    SHADOWED = 6
    IGNORED = 7


MODIFIED_WORDS = {Change.CONTENT: "content", Change.METADATA: "metadata", Change.TYPE: "type"}


class Event(NamedTuple):
    """One change of one path by one layer.

    ``change`` is ``added``, ``modified`` or ``removed``; ``modified_kind`` is
    ``content``, ``metadata``, ``type`` or ``None``.  ``entry`` is the version
    after the change (for ``removed``: the version that went), ``previous``
    the version before it, if any.  Versions are the global entry numbers of
    :class:`layerlens.filesystem.stack.Filesystem`.
    """

    path: bytes
    layer: int
    change: str
    modified_kind: str | None
    entry: int
    previous: int | None


class Entry(NamedTuple):
    """One version of one path, decoded for people and outputs.

    ``kind`` is a word (file dir symlink hardlink char block fifo), ``size``
    is in bytes (0 for all but ``file``), ``target`` a link's target, ``layer``
    the layer that provides it.
    """

    path: bytes
    kind: str
    size: int
    mode: int
    uid: int
    gid: int
    mtime: float
    target: bytes | None
    device: tuple[int, int] | None
    layer: int
