"""A path of an image and all that is below it, as any layer had it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from layerlens.errors import UsageError, Where
from layerlens.filesystem.changes import Change
from layerlens.filesystem.own import resolve_parents
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.work import kind_and_target
from layerlens.layers.names import base, join, normalise, parent
from layerlens.layers.table import Kind

_MOST_NEAR = 3
_MOST_COMPARED = 5_000
"""Names that are compared for one that was meant."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The versions at a path and below it.

    ``top`` is the path, ``b""`` for the whole image; ``versions`` maps paths of
    the image to versions.  ``top`` itself is not among them where it is the
    root, or a folder that stayed while what is in it was removed.
    """

    fs: Filesystem
    top: bytes
    versions: Mapping[bytes, int]

    @property
    def is_file(self) -> bool:
        """Whether it is one regular file."""
        version = self.versions.get(self.top)
        return version is not None and self.fs.kind(version) is Kind.FILE

    def contents(self) -> dict[int, list[bytes]]:
        """The regular files: the version that holds the bytes, and its paths in order."""
        fs = self.fs
        found: dict[int, list[bytes]] = {}
        for path in sorted(self.versions):
            inode = fs.inode(self.versions[path])
            if fs.kinds[inode] == Kind.FILE:
                found.setdefault(inode, []).append(path)
        return found

    @property
    def size(self) -> int:
        """Bytes of all contents, each once however many names it has."""
        return sum(map(self.fs.size, {self.fs.inode(v) for v in self.versions.values()}))


def tree_at(fs: Filesystem, layer: int) -> dict[bytes, int]:
    """Path -> version once a layer has been applied (the lowest is 0); the root is not listed."""
    live: dict[bytes, int] = {}
    paths, changes = fs.paths, fs.changes
    for below in range(layer + 1):
        for version in fs.removed[below]:
            live.pop(paths[version], None)
        for version in range(fs.first[below], fs.first[below + 1]):
            if changes[version] <= Change.UNCHANGED:
                live[paths[version]] = version
    live.pop(b"", None)
    return live


def select(
    fs: Filesystem, path: bytes, layer: int | None = None, *, removed: bool = False
) -> Selection:
    """What stands at a path in the final filesystem, or once ``layer`` was applied.

    With ``removed``: what that layer took away there.  Raises
    :class:`UsageError` where there is no such layer, or nothing at the path,
    with paths that may have been meant.
    """
    top = normalise(path)
    if layer is not None and not 0 <= layer < len(fs.tables):
        raise UsageError(
            f"there is no layer {layer}",
            hint=f"the layers are 0 to {len(fs.tables) - 1}" if fs.tables else None,
        )
    if removed:
        if layer is None:
            raise UsageError("removed by which layer?", hint="name it with --layer")
        tree = {fs.paths[version]: version for version in fs.removed[layer]}
    else:
        tree = fs.live if layer is None else tree_at(fs, layer)
    below = top + b"/"
    found = (
        dict(tree)
        if not top
        else {at: v for at, v in tree.items() if at == top or at.startswith(below)}
    )
    if not found and (top or removed):
        what = "the image has no such path"
        if removed:
            what = f"layer {layer} removed nothing there"
        elif layer is not None:
            what = f"there is no such path once layer {layer} is applied"
        raise UsageError(what, where=Where(entry=top or b"/"), hint=_hint(fs, tree, top))
    return Selection(fs, top, found)


def _hint(fs: Filesystem, tree: Mapping[bytes, int], top: bytes) -> str:
    """What may have been meant instead."""

    def look(path: bytes) -> tuple[int, bytes] | None:
        version = tree.get(path)
        return None if version is None else kind_and_target(fs, version)

    resolved = resolve_parents(top, look) if top else None
    if resolved is not None and resolved != top and resolved in tree:
        return f"a symbolic link leads to {_text(resolved)}"
    gone = next(
        (
            layer
            for layer in reversed(range(len(fs.tables)))
            if any(fs.paths[version] == top for version in fs.removed[layer])
        ),
        None,
    )
    if top and gone is not None and top not in tree:
        return f"layer {gone} removed it: give --layer {gone} --removed"
    near = _near(tree, top)
    if near:
        return f"did you mean {' or '.join(map(_text, near))}?"
    return "layerlens files lists what there is"


def _near(tree: Mapping[bytes, int], top: bytes) -> list[bytes]:
    """Paths with the same name elsewhere, else names like it in the same folder."""
    name, folder = base(top), parent(top)
    same = [path for path in tree if base(path) == name] if name else []
    if same:
        return sorted(same, key=len)[:_MOST_NEAR]
    beside = {_text(base(path)): path for path in tree if parent(path) == folder}
    close = get_close_matches(_text(name), list(beside)[:_MOST_COMPARED], _MOST_NEAR)
    return [join(folder, base(beside[each])) for each in close]


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
