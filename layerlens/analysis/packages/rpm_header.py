"""Headers of installed rpm packages, as rpm's databases hold them.

A header is two big-endian counts (of index entries, and bytes of data), the
index (tag, type, offset, count: 16 bytes each), then the data.  In a database
it has no magic before it.  Tags and types: rpm's ``rpmtag.h``; bounds as rpm's
``header.c`` has them, and some narrower.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Final, overload

NAME: Final = 1000
VERSION: Final = 1001
RELEASE: Final = 1002
EPOCH: Final = 1003
SIZE: Final = 1009
LICENSE: Final = 1014
ARCH: Final = 1022
OLD_FILE_NAMES: Final = 1027
FILE_FLAGS: Final = 1037
SOURCE_RPM: Final = 1044
PROVIDE_NAME: Final = 1047
REQUIRE_NAME: Final = 1049
DIR_INDEXES: Final = 1116
BASE_NAMES: Final = 1117
DIR_NAMES: Final = 1118
LONG_SIZE: Final = 5009
RECOMMEND_NAME: Final = 5046

FLAG_DOC: Final = 1 << 1
FLAG_GHOST: Final = 1 << 6
FLAG_LICENSE: Final = 1 << 7

MAX_TAGS: Final = 0xFFFF
MAX_VALUES: Final = 1 << 20
"""Values of one tag; the largest packages have some 100,000 files."""

_NUMBERS = {2: "B", 3: "H", 4: "I", 5: "Q"}
_STRINGS = frozenset({6, 8, 9})
_ENTRY = struct.Struct(">IIII")


class HeaderError(ValueError):
    """Bytes that are no header of a package."""


class Header:
    """One header; tags are decoded when asked for.

    Raises :exc:`HeaderError` where an index leads outside the data.
    """

    def __init__(self, blob: bytes) -> None:
        if len(blob) < 8:
            raise HeaderError("too short")
        entries, size = struct.unpack_from(">II", blob)
        start = 8 + 16 * entries
        if not 0 < entries <= MAX_TAGS or start + size > len(blob):
            raise HeaderError("its counts exceed its bytes")
        self._data = blob[start : start + size]
        self._index: dict[int, tuple[int, int, int]] = {}
        for tag, kind, offset, count in _ENTRY.iter_unpack(blob[8:start]):
            self._index.setdefault(tag, (kind, offset, count))

    def numbers(self, tag: int) -> Sequence[int]:
        """The values of a tag of whole numbers; none where it is absent."""
        kind, offset, count = self._index.get(tag, (4, 0, 0))
        code = _NUMBERS.get(kind)
        if code is None or count > MAX_VALUES:
            raise HeaderError(f"tag {tag} is no list of numbers")
        try:
            return struct.unpack_from(f">{count}{code}", self._data, offset)
        except struct.error:
            raise HeaderError(f"tag {tag} leads outside the header") from None

    def strings(self, tag: int) -> list[bytes]:
        """The values of a tag of texts; none where it is absent."""
        if tag not in self._index:
            return []
        kind, offset, count = self._index[tag]
        if kind not in _STRINGS or count > MAX_VALUES:
            raise HeaderError(f"tag {tag} is no list of texts")
        values = self._data[offset:].split(b"\0", count)
        if offset > len(self._data) or len(values) != count + 1:
            raise HeaderError(f"tag {tag} leads outside the header")
        values.pop()
        return values

    def text(self, tag: int) -> str:
        """The first text of a tag; empty where it is absent."""
        values = self.strings(tag)
        return values[0].decode("utf-8", "replace") if values else ""

    def number(self, tag: int) -> int | None:
        """The first number of a tag."""
        return next(iter(self.numbers(tag)), None)

    @cached_property
    def paths(self) -> Paths:
        """All files and directories that the package has."""
        return Paths(self)


class Paths:
    """The paths of a package, put together when needed; ``size`` is their bytes together.

    Names and directories are kept apart in a header, so that a small one can
    name gigabytes of paths: ask ``size`` before.
    """

    def __init__(self, header: Header) -> None:
        self._names = header.strings(BASE_NAMES)
        self._directories = header.strings(DIR_NAMES)
        self._indexes = header.numbers(DIR_INDEXES)
        if not self._names:
            self._names = header.strings(OLD_FILE_NAMES)
            self._directories, self._indexes = [b""], [0] * len(self._names)
        self._flags = header.numbers(FILE_FLAGS)
        lengths = [len(each) for each in self._directories]
        if len(self._indexes) != len(self._names):
            raise HeaderError("file names and their directories differ in number")
        try:
            self.size = sum(map(lengths.__getitem__, self._indexes)) + sum(map(len, self._names))
        except IndexError:
            raise HeaderError("a file name without its directory") from None
        if len(self._flags) < len(self._names):
            self._flags = [*self._flags, *[0] * (len(self._names) - len(self._flags))]

    def __len__(self) -> int:
        return len(self._names)

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """Each path, without a leading slash, and its flags."""
        directories = [each.lstrip(b"/") for each in self._directories]
        for index, name, flags in zip(self._indexes, self._names, self._flags, strict=False):
            yield (directories[index] + name).lstrip(b"/"), flags

    def having(self, flags: int) -> bool:
        """Whether any path has one of some flags."""
        return any(each & flags for each in self._flags)


class Selected(Sequence[bytes]):
    """The paths with all of some flags and none of some others; listed when first needed."""

    def __init__(self, paths: Paths, *, wanted: int = 0, unwanted: int = 0) -> None:
        self._paths = paths
        self._wanted = wanted
        self._unwanted = unwanted

    @cached_property
    def _all(self) -> list[bytes]:
        wanted, mask = self._wanted, self._wanted | self._unwanted
        return [path for path, flags in self._paths.rows() if flags & mask == wanted and path]

    def __len__(self) -> int:
        return len(self._all)

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._all[index]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._all)
