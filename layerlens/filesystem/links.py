"""Hard links of a layer: which inode each one names."""

from __future__ import annotations

from layerlens.filesystem.changes import Change
from layerlens.filesystem.own import resolve_parents
from layerlens.filesystem.work import Work
from layerlens.layers.table import Kind


def link(work: Work, names: dict[int, int]) -> None:
    """Fill in the inode of each hard link, and count its names in ``names``.

    ``names`` maps an inode that has several names to how many are live.  Links
    that lead to no file are taken out of the layer's positions.
    """
    fs, first, table = work.fs, work.first, work.table
    links = [i for i in table.links if table.kinds[i] == Kind.HARDLINK]
    leads: dict[int, int] = {}  # version of a link -> version that it names
    for i in links:
        found = _target(work, first + i, table.links[i])
        if found is not None:
            leads[first + i] = found
    resolved: dict[int, int] = {}
    for version in (first + i for i in links):
        inode = _end(version, leads, resolved)
        inode = fs.inodes.get(inode, inode)
        if inode in leads or fs.kinds[inode] in (Kind.HARDLINK, Kind.DIR):
            _drop(work, version)
            continue
        fs.inodes[version] = inode
        if first <= inode < version:
            fs.headers[inode] = version
        if work.position.get(fs.paths[version]) == version and fs.kinds[inode] == Kind.FILE:
            if inode not in names:
                names[inode] = _own_name(work, inode)
            names[inode] += 1


def _end(version: int, leads: dict[int, int], resolved: dict[int, int]) -> int:
    """Follow links of one layer to what is no link, or to one that leads in circles."""
    path = []
    seen = set()
    while version in leads and version not in resolved and version not in seen:
        seen.add(version)
        path.append(version)
        version = leads[version]
    end = resolved.get(version, version)
    for passed in path:
        resolved[passed] = end
    return end


def _own_name(work: Work, inode: int) -> int:
    """1 if the inode's own path is live or about to be, 0 if it is shadowed."""
    path = work.fs.paths[inode]
    return int(work.position.get(path) == inode or work.fs.live.get(path) == inode)


def _target(work: Work, version: int, target: bytes) -> int | None:
    """The version that a link names: in its layer, through links, or lower down."""
    fs, position = work.fs, work.position
    found = work.targets.get(version, position.get(target))
    if found is None:
        resolved = resolve_parents(target, work.look)
        if resolved is None:
            return None
        found = position.get(resolved)
        if found is None:
            found = fs.live.get(resolved)
            if found is not None:
                work.note(
                    "hardlink-to-lower-layer",
                    "hard link to a file of a lower layer, which Docker refuses; it shares the "
                    "lower file and adds no bytes",
                    fs.paths[version],
                )
            return found
    if found > version and position.get(fs.paths[version]) == version:
        work.note(
            "forward-hardlink", "hard link to a later entry, which Docker refuses",
            fs.paths[version],
        )  # fmt: skip
    return found


def _drop(work: Work, version: int) -> None:
    fs = work.fs
    path = fs.paths[version]
    fs.changes[version] = Change.IGNORED
    if work.position.get(path) == version:
        del work.position[path]
    work.note("unresolved-hardlink", "hard link that leads to no file", path)
