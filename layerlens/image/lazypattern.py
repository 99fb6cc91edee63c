"""Regular expressions that are compiled when they are first used.

Dozens of them would cost every start tens of milliseconds, though most images
need a few only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import AnyStr, Generic


class LazyPattern(Generic[AnyStr]):
    """What :func:`re.compile` gives, later."""

    __slots__ = ("_compiled", "_flags", "_source")

    def __init__(self, source: AnyStr, flags: int = 0) -> None:
        self._source: AnyStr = source
        self._flags = flags
        self._compiled: re.Pattern[AnyStr] | None = None

    @property
    def compiled(self) -> re.Pattern[AnyStr]:
        """The compiled expression."""
        if self._compiled is None:
            self._compiled = re.compile(self._source, self._flags)
        return self._compiled

    def finditer(self, text: AnyStr) -> Iterator[re.Match[AnyStr]]:
        """All matches."""
        return self.compiled.finditer(text)

    def search(self, text: AnyStr) -> re.Match[AnyStr] | None:
        """The first match."""
        return self.compiled.search(text)

    def match(self, text: AnyStr) -> re.Match[AnyStr] | None:
        """A match at the beginning."""
        return self.compiled.match(text)

    def fullmatch(self, text: AnyStr) -> re.Match[AnyStr] | None:
        """A match of all of it."""
        return self.compiled.fullmatch(text)

    def sub(self, new: AnyStr, text: AnyStr) -> AnyStr:
        """The text with every match replaced."""
        return self.compiled.sub(new, text)
