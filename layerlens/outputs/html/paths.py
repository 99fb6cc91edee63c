"""Paths in columns for the report's page, each name written once.

``page/nodes.js`` reads this.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from layerlens.layers.table import Kind
from layerlens.outputs.display import encodable

Json = dict[str, Any]

KINDS = ("file", "dir", "symlink", "hardlink", "char", "block", "fifo")
KIND_AT = {word: at for at, word in enumerate(KINDS)}
KIND_OF = {int(kind): KIND_AT[kind.word] for kind in Kind}
"""Kind in a table of entries -> its place in ``KINDS``."""


@dataclass(slots=True)
class Nodes:
    """Paths in path order, so that what a directory holds follows it.

    By node: ``depth`` (0: the root, which stands first and has no name), ``name``
    (0: the next of ``names`` that was not used before; else 1 + the index of one that
    was), ``records`` (how many records it has: none of a directory that only leads to
    others).  ``exact`` are exceptions, as pairs: the index of a name that is not UTF-8,
    its bytes in base64.
    """

    names: list[str] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    name: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    exact: list[tuple[int, str]] = field(default_factory=list)

    def fields(self) -> Json:
        """All columns by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def add_paths(self, ordered: Iterable[bytes]) -> None:
        """Add the path of each record, once, with the directories that lead to it."""
        index: dict[bytes, int] = {}
        names, depths, refs, records = self.names, self.depth, self.name, self.records

        def add(segment: bytes, depth: int) -> None:
            known = index.get(segment)
            if known is None:
                index[segment] = len(names)
                refs.append(0)
                try:
                    names.append(segment.decode())
                except UnicodeDecodeError:
                    self.exact.append((len(names), base64.b64encode(segment).decode("ascii")))
                    names.append(encodable(segment.decode("utf-8", "surrogateescape")))
            else:
                refs.append(known + 1)
            depths.append(depth)
            records.append(0)

        names.append("")
        depths.append(0)
        refs.append(0)
        records.append(0)
        last = last_head = b""
        depth = 0
        for path in ordered:
            if path == last:
                records[-1] += 1
                continue
            head, _, tail = path.rpartition(b"/")
            if head == last and last:
                depth += 1
            elif head != last_head or not last:
                # What the last path leads through is listed already.
                segments, listed = head.split(b"/") if head else [], last.split(b"/")
                depth = 0
                for old, new in zip(listed, segments, strict=False):
                    if old != new:
                        break
                    depth += 1
                for at in range(depth, len(segments)):
                    add(segments[at], at + 1)
                depth = len(segments) + 1
            add(tail, depth)
            records[-1] = 1
            last, last_head = path, head
