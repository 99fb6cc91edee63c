"""Members of an outer tar by name."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable

from layerlens.errors import FormatError, Where
from layerlens.layers.table import Kind, LayerTable

MAX_LINK_HOPS = 8
"""Links followed from one outer member to the next."""


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
