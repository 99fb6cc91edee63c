"""What changed between two versions of one path."""

from __future__ import annotations

from collections.abc import Callable

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import IMPLIED, LINK_MODE, Filesystem
from layerlens.filesystem.work import kind_and_target
from layerlens.layers.table import Kind, LayerTable

SameFile = Callable[[int, int], bool]
"""Whether two versions that are regular files hold the same bytes."""


def compare(fs: Filesystem, lower: int, upper: int, same_file: SameFile) -> Change:
    """The change from one version to another that stands at its path later."""
    old, new = fs.inode(lower), fs.inode(upper)
    if old == new:
        return Change.UNCHANGED
    was, now = fs.kinds[old], fs.kinds[new]
    if was != now:
        return Change.TYPE
    if now == Kind.DIR:
        same = _owner(fs, lower) == _owner(fs, upper)
        return Change.UNCHANGED if same else Change.METADATA
    if now == Kind.FILE:
        return Change.METADATA if same_file(old, new) else Change.CONTENT
    if kind_and_target(fs, old) != kind_and_target(fs, new) or (
        _device(fs, old) != _device(fs, new)
    ):
        return Change.CONTENT
    same = _attributes(fs, lower) == _attributes(fs, upper)
    return Change.UNCHANGED if same else Change.METADATA


def _owner(fs: Filesystem, version: int) -> tuple[int, int, int]:
    """Mode, owner, group."""
    found = _header(fs, version)
    if found is None:
        return 0o755, 0, 0
    table, i = found
    return table.mode(i), table.uid(i), table.gid(i)


def _attributes(fs: Filesystem, version: int) -> tuple[object, ...]:
    """Mode, owner, group, time, extended attributes."""
    found = _header(fs, version)
    if found is None:
        return (0o755, 0, 0, 0, ())
    table, i = found
    mode = table.mode(i)
    if fs.kinds[fs.inode(fs.synthetic.get(version, version))] == Kind.SYMLINK:
        mode = LINK_MODE
    return (mode, table.uid(i), table.gid(i), table.mtime(i), table.xattrs.get(i, ()))


def _header(fs: Filesystem, version: int) -> tuple[LayerTable, int] | None:
    """Table and index of the header that gave a version its attributes; ``None``: implied."""
    origin = fs.synthetic.get(version, version)
    if origin == IMPLIED:
        return None
    inode = fs.inode(origin)
    return fs.slot(fs.headers.get(inode, inode))


def _device(fs: Filesystem, version: int) -> tuple[int, int] | None:
    table, i = fs.slot(fs.synthetic.get(version, version))
    return table.devices.get(i)
