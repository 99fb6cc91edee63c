"""One layer while it is being applied: what the phases of stacking hand on."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from layerlens.filesystem.bounds import Bounds
from layerlens.filesystem.changes import Cause
from layerlens.filesystem.result import IMPLIED, Filesystem
from layerlens.layers.names import parent
from layerlens.layers.table import Kind, LayerTable


@dataclass(slots=True)
class Work:
    """The state of one layer.

    ``first``      version of the layer's first entry
    ``bounds``     what this layer and those below it asked for
    ``position``   path -> version that the layer places there
    ``parents``    directories that the layer's names stand in, markers included
    ``targets``    version of a link -> version that it led to when it was made,
                   where that name was listed again later
    ``markers``    indexes of entries that place nothing
    ``whiteouts``  path that is hidden -> index of the entry that says so
    ``opaque``     directory whose lower content is hidden -> index of that entry
    ``lost``       versions that lost their path, and why
    ``gone``       versions whose path is not there any more
    """

    fs: Filesystem
    table: LayerTable
    index: int
    first: int
    bounds: Bounds
    position: dict[bytes, int] = field(default_factory=dict)
    parents: AbstractSet[bytes] = frozenset()
    targets: dict[int, int] = field(default_factory=dict)
    markers: set[int] = field(default_factory=set)
    whiteouts: dict[bytes, int] = field(default_factory=dict)
    opaque: dict[bytes, int] = field(default_factory=dict)
    lost: list[tuple[int, Cause]] = field(default_factory=list)
    gone: array[int] = field(default_factory=lambda: array("q"))
    _whited_out: dict[bytes, bool] = field(default_factory=dict)
    _in_opaque: dict[bytes, bool] = field(default_factory=dict)

    def note(self, code: str, message: str, path: bytes | None = None) -> None:
        """Keep a diagnostic about this layer."""
        self.fs.notes.add(code, message, self.index, path)

    def look(self, path: bytes) -> tuple[int, bytes] | None:
        """Kind and link target at a path, in this layer or below it."""
        self.bounds.climb(path)
        version = self.position.get(path)
        return kind_and_target(self.fs, version) if version is not None else self.look_below(path)

    def look_below(self, path: bytes) -> tuple[int, bytes] | None:
        """Kind and link target at a path of the lower layers."""
        version = self.fs.live.get(path)
        return None if version is None else kind_and_target(self.fs, version)

    def synthesise(self, path: bytes, source: int) -> int:
        """A version without a tar entry: an implied directory, or a copy of ``source``."""
        fs = self.fs
        self.bounds.place(path)
        version = len(fs.paths)
        fs.paths.append(path)
        fs.kinds.append(Kind.DIR if source == IMPLIED else fs.kinds[source])
        fs.changes.append(0)  # Change.ADDED
        fs.synthetic[version] = source
        return version

    def is_whited_out(self, path: bytes) -> bool:
        """Whether a whiteout of this layer names the path or one of its parents."""
        return bool(self.whiteouts) and _inherited(
            path, self._whited_out, lambda at: at in self.whiteouts
        )

    def is_hidden(self, path: bytes) -> bool:
        """Whether this layer hides what lies at a path below it, in one way or another."""
        if self.is_whited_out(path):
            return True
        return bool(self.opaque) and _inherited(
            path, self._in_opaque, lambda at: parent(at) in self.opaque
        )

    def unlisted(self, directories: AbstractSet[bytes]) -> set[bytes]:
        """Those directories and all above them that the layer does not place."""
        position = self.position
        missing = set(directories - position.keys())
        missing.discard(b"")
        for up in list(missing):
            while (up := parent(up)) and up not in missing and up not in position:
                missing.add(up)
        return missing


def _inherited(path: bytes, known: dict[bytes, bool], begins: Callable[[bytes], bool]) -> bool:
    """Whether something begins at a path or at one of its parents; asks each path once."""
    chain: list[bytes] = []
    while path and path not in known:
        chain.append(path)
        path = parent(path)
    answer = known.get(path, False)
    for at in reversed(chain):
        answer = answer or begins(at)
        known[at] = answer
    return answer


def kind_and_target(fs: Filesystem, version: int) -> tuple[int, bytes]:
    """What a version is, and where it leads if it is a symbolic link."""
    version = fs.synthetic.get(version, version)
    if version == IMPLIED:
        return Kind.DIR, b""
    version = fs.inodes.get(version, version)
    kind = fs.kinds[version]
    if kind != Kind.SYMLINK:
        return kind, b""
    table, i = fs.slot(version)
    return kind, table.links.get(i, b"")
