"""The stacked filesystem: every version of every path, and what became of it.

A *version* is one entry of one layer, named by a global number: the versions
of layer ``n`` are ``first[n]`` up to ``first[n + 1]``, in the order of its tar,
followed by directories that the layer implies without listing them.  The
columns here are indexed by version; nothing is kept per path and layer.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from layerlens.filesystem.changes import MODIFIED_WORDS, Cause, Change, Entry, Event
from layerlens.layers.diagnostics import Notes
from layerlens.layers.table import Kind, LayerTable

IMPLIED = -1
"""Source of a version that is a directory without a header: mode 0755, root's."""

LINK_MODE = 0o777
"""Mode of every symbolic link on Linux, whatever its header says (symlink(7))."""


@dataclass(slots=True)
class Deaths:
    """Dead inodes in columns.

    The version that holds the bytes, why it died, which layer killed it, and
    the version whose name was the last one lost.
    """

    inode: array[int] = field(default_factory=lambda: array("q"))
    cause: bytearray = field(default_factory=bytearray)
    layer: array[int] = field(default_factory=lambda: array("q"))
    name: array[int] = field(default_factory=lambda: array("q"))

    def __len__(self) -> int:
        return len(self.inode)

    def add(self, inode: int, cause: Cause, layer: int, name: int) -> None:
        self.inode.append(inode)
        self.cause.append(cause)
        self.layer.append(layer)
        self.name.append(name)


@dataclass(slots=True)
class Filesystem:
    """What the layers make of the filesystem.

    ``live``      path -> version, for all paths of the final filesystem; the
                  root itself is not listed
    ``paths``     path of each version (after links in its parents were followed)
    ``kinds``     :class:`Kind` of each version
    ``changes``   :class:`Change` of each version
    ``previous``  version that a modifying version came over
    ``removed``   per layer, the versions whose paths it took away
    ``inodes``    version of a hard link -> version that holds its content
    ``headers``   inode -> version whose header gave it mode, owner and time, where
                  that is not its own: the last link of its layer, as extractors apply
                  each header to what it names
    ``synthetic`` version without a tar entry -> the version it copies, or ``IMPLIED``
    ``deaths``    the dead inodes
    """

    tables: list[LayerTable] = field(default_factory=list)
    first: list[int] = field(default_factory=lambda: [0])
    live: dict[bytes, int] = field(default_factory=dict)
    paths: list[bytes] = field(default_factory=list)
    kinds: bytearray = field(default_factory=bytearray)
    changes: bytearray = field(default_factory=bytearray)
    previous: dict[int, int] = field(default_factory=dict)
    removed: list[array[int]] = field(default_factory=list)
    inodes: dict[int, int] = field(default_factory=dict)
    headers: dict[int, int] = field(default_factory=dict)
    synthetic: dict[int, int] = field(default_factory=dict)
    deaths: Deaths = field(default_factory=Deaths)
    notes: Notes = field(default_factory=Notes)

    def layer_of(self, version: int) -> int:
        """The layer that a version belongs to."""
        return bisect_right(self.first, version) - 1

    def slot(self, version: int) -> tuple[LayerTable, int]:
        """The table and the index of a version that has a tar entry."""
        layer = self.layer_of(version)
        return self.tables[layer], version - self.first[layer]

    def inode(self, version: int) -> int:
        """The version that holds the content which this one names."""
        return self.inodes.get(version, version)

    def size(self, version: int) -> int:
        """Content bytes of the version's inode; 0 where it is no regular file."""
        inode = self.inodes.get(version, version)
        if self.kinds[inode] != Kind.FILE or inode in self.synthetic:
            return 0
        table, i = self.slot(inode)
        return table.sizes[i]

    def sizes(self) -> array[int]:
        """Content bytes by version, those without a tar entry and hard links having 0."""
        found = array("q")
        for layer, table in enumerate(self.tables):
            found.extend(table.sizes)
            found.extend([0] * (self.first[layer + 1] - len(found)))
        return found

    def kind(self, version: int) -> Kind:
        """What the version is, hard links being what they lead to."""
        return Kind(self.kinds[self.inodes.get(version, version)])

    def entry(self, version: int, *, first_name: bool = True) -> Entry:
        """One version, decoded.

        ``first_name=False`` gives a regular file with several names as
        ``hardlink`` of size 0, whatever its tar entry says.
        """
        inode = self.inodes.get(version, version)
        kind = Kind(self.kinds[inode])
        layer = self.layer_of(version)
        origin = self.synthetic.get(version, version)
        if origin == IMPLIED:
            return Entry(self.paths[version], "dir", 0, 0o755, 0, 0, 0, None, None, layer)
        source = self.inodes.get(origin, origin)
        table, i = self.slot(source)
        target = table.links.get(i) if kind is Kind.SYMLINK else None
        device = table.devices.get(i)
        word = kind.word
        size = table.sizes[i]
        if kind is Kind.FILE and not first_name:
            word, size = "hardlink", 0
        table, i = self.slot(self.headers.get(source, source))
        mode = LINK_MODE if kind is Kind.SYMLINK else table.mode(i)
        return Entry(
            self.paths[version], word, size, mode, table.uid(i), table.gid(i),
            table.mtime(i), target, device, layer,
        )  # fmt: skip

    def final_entries(self) -> Iterator[Entry]:
        """The final filesystem in path order (DESIGN, "The algebra").

        Of an inode's surviving names the first in path order is ``file``, the
        others ``hardlink`` with size 0 and the first name as their target.
        """
        first_names: dict[int, bytes] = {}
        linked = set(self.inodes.values())
        for path in sorted(self.live, key=path_order):
            version = self.live[path]
            inode = self.inodes.get(version, version)
            if inode in linked and self.kinds[inode] == Kind.FILE:
                first = first_names.setdefault(inode, path)
                if first is not path:
                    yield self.entry(version, first_name=False)._replace(target=first)
                    continue
            yield self.entry(version)

    def events(self, layer: int) -> Iterator[Event]:
        """What one layer added, modified and removed, in path order."""
        found = list(self._changes(layer))
        found.sort(key=lambda event: path_order(event.path))
        yield from found

    def _changes(self, layer: int) -> Iterator[Event]:
        paths, changes = self.paths, self.changes
        for version in range(self.first[layer], self.first[layer + 1]):
            change = changes[version]
            if change == Change.ADDED:
                yield Event(paths[version], layer, "added", None, version, None)
            elif change <= Change.TYPE:
                yield Event(
                    paths[version], layer, "modified", MODIFIED_WORDS[Change(change)],
                    version, self.previous[version],
                )  # fmt: skip
        for version in self.removed[layer]:
            yield Event(paths[version], layer, "removed", None, version, version)

    def history(self, path: bytes) -> list[Event]:
        """Every event of one path, lowest layer first."""
        return [
            event
            for layer in range(len(self.tables))
            for event in self._changes(layer)
            if event.path == path
        ]


def path_order(path: bytes) -> bytes:
    """Sort key that puts a directory right before what it holds."""
    return path.replace(b"/", b"\0")
