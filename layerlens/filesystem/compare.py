"""What changed between two versions of one path."""

from __future__ import annotations

from collections.abc import Callable

from layerlens.filesystem.changes import Change
from layerlens.filesystem.result import IMPLIED, LINK_MODE, Filesystem
from layerlens.filesystem.work import kind_and_target
from layerlens.layers.table import Kind

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
        same = _attributes(fs, lower)[:3] == _attributes(fs, upper)[:3]
        return Change.UNCHANGED if same else Change.METADATA
    if now == Kind.FILE:
        return Change.METADATA if same_file(old, new) else Change.CONTENT
    if kind_and_target(fs, old) != kind_and_target(fs, new) or (
        _device(fs, old) != _device(fs, new)
    ):
        return Change.CONTENT
    same = _attributes(fs, lower) == _attributes(fs, upper)
    return Change.UNCHANGED if same else Change.METADATA


def _attributes(fs: Filesystem, version: int) -> tuple[object, ...]:
    """Mode, owner, group; then what counts for all but directories."""
    origin = fs.synthetic.get(version, version)
    if origin == IMPLIED:
        return (0o755, 0, 0, 0, ())
    inode = fs.inode(origin)
    table, i = fs.slot(fs.headers.get(inode, inode))
    mode = LINK_MODE if fs.kinds[inode] == Kind.SYMLINK else table.mode(i)
    return (mode, table.uid(i), table.gid(i), table.mtime(i), table.xattrs.get(i, ()))


def _device(fs: Filesystem, version: int) -> tuple[int, int] | None:
    table, i = fs.slot(fs.synthetic.get(version, version))
    return table.devices.get(i)
