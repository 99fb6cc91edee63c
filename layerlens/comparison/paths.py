"""What differs between two final filesystems, path by path."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from layerlens.comparison.headers import attributes_of
from layerlens.comparison.model import Path, PathChange, PathDelta, SameContent
from layerlens.comparison.twins import Twins
from layerlens.filesystem.result import Filesystem, path_order
from layerlens.filesystem.work import kind_and_target
from layerlens.layers.table import Kind


@dataclass(slots=True)
class Differing:
    """What two filesystems do not share.

    ``changed`` are paths of both; ``added`` and ``removed`` are the versions of those
    that only one has; ``old_bytes`` and ``new_bytes`` what each version counts in its
    filesystem.  ``equal`` maps contents of the new image to the old one's of the same
    path, where comparing found them the same.
    """

    old_bytes: array[int]
    new_bytes: array[int]
    changed: list[PathDelta] = field(default_factory=list)
    added: dict[Path, int] = field(default_factory=dict)
    removed: dict[Path, int] = field(default_factory=dict)
    equal: dict[int, int] = field(default_factory=dict)
    unsure: int = 0


def differing_paths(old: Filesystem, new: Filesystem, twins: Twins, same: SameContent) -> Differing:
    """Compare all live paths; what both have from a shared layer is passed over."""
    found = Differing(bytes_by_name(old), bytes_by_name(new))
    of = twins.versions
    before, after = old.live, new.live
    # The bytes and the header of a file with several names depend on other layers, too.
    odd_old = old.inodes.keys() | old.inodes.values() | old.headers.keys()
    odd_new = new.inodes.keys() | new.inodes.values() | new.headers.keys()
    get = before.get
    both = [
        (path, o, n)
        for path, n in after.items()
        if (o := get(path)) is not None and (of[n] != o or n in odd_new or o in odd_old)
    ]
    found.added = {path: n for path, n in after.items() if path not in before}
    found.removed = {path: o for path, o in before.items() if path not in after}
    _compare(found, both, old, new, twins, same)
    return found


def _compare(
    found: Differing,
    both: list[tuple[Path, int, int]],
    old: Filesystem,
    new: Filesystem,
    twins: Twins,
    same: SameContent,
) -> None:
    of = twins.versions
    old_inodes, new_inodes = old.inodes, new.inodes
    old_kinds, new_kinds = old.kinds, new.kinds
    old_sizes, new_sizes = old.sizes(), new.sizes()
    old_bytes, new_bytes = found.old_bytes, found.new_bytes
    old_attributes, new_attributes = attributes_of(old), attributes_of(new)
    is_file, is_dir = int(Kind.FILE), int(Kind.DIR)
    changed, equal = found.changed, found.equal
    for path, o, n in both:
        a, b = old_inodes.get(o, o), new_inodes.get(n, n)
        was, now = old_kinds[a], new_kinds[b]
        sure = True
        change = None
        if was != now:
            change = PathChange.TYPE
        elif now == is_file:
            size = new_sizes[b]
            answer: bool | None = size == old_sizes[a]
            if answer and size and of[b] != a:
                answer = same(a, b)
            if answer is None:
                sure = False
                found.unsure += 1
                answer = old_attributes(o)[1] == new_attributes(n)[1]
            if not answer:
                change = PathChange.CONTENT
            else:
                if sure:
                    equal[b] = a
                if old_attributes(o) != new_attributes(n) or old_bytes[o] != new_bytes[n]:
                    change = PathChange.METADATA
        elif now == is_dir:
            if old_attributes(o)[0] != new_attributes(n)[0]:
                change = PathChange.METADATA
        elif kind_and_target(old, o) != kind_and_target(new, n) or (
            _device(old, o) != _device(new, n)
        ):
            change = PathChange.CONTENT
        elif old_attributes(o) != new_attributes(n):
            change = PathChange.METADATA
        if change is not None:
            changed.append(PathDelta(path, change, o, n, old_bytes[o], new_bytes[n], None, sure))


def _device(fs: Filesystem, version: int) -> tuple[int, int] | None:
    table, i = fs.slot(fs.inode(fs.synthetic.get(version, version)))
    return table.devices.get(i)


def bytes_by_name(fs: Filesystem) -> array[int]:
    """Content bytes by version, an inode's at the first of its live names in path order.

    Over the live versions they add up to the live bytes.
    """
    sizes = fs.sizes()
    if not fs.inodes:
        return sizes
    linked = set(fs.inodes.values())
    names: dict[int, list[Path]] = {}
    for path, version in fs.live.items():
        inode = fs.inodes.get(version, version)
        if inode in linked and fs.kinds[inode] == Kind.FILE:
            names.setdefault(inode, []).append(path)
    counted = array("q", sizes)
    for inode, paths in names.items():
        for path in paths:
            counted[fs.live[path]] = 0
        counted[fs.live[min(paths, key=path_order)]] = sizes[inode]
    return counted
