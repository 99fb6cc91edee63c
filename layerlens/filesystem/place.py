"""What a layer places: its own tree, and the directories that it needs for it."""

from __future__ import annotations

from layerlens.filesystem.changes import Change
from layerlens.filesystem.own import own_tree, resolve_parents
from layerlens.filesystem.result import IMPLIED
from layerlens.filesystem.work import Work
from layerlens.layers.names import AUFS
from layerlens.layers.table import Kind


def place(work: Work, *, docker: bool) -> None:
    """Fill in ``position``: each path of the layer and the version that counts for it."""
    _own_positions(work)
    _see_to_parents(work, docker=docker)
    # The root itself: no engine changes its attributes.
    root = work.position.pop(b"", None)
    if root is not None:
        work.fs.changes[root] = Change.UNCHANGED


def _own_positions(work: Work) -> None:
    names, first = work.table.names, work.first
    work.position = dict(zip(names, range(first, first + len(names)), strict=True))
    work.parents = work.table.parents()
    is_odd = _below_own_file(work)
    if len(work.position) == len(names) and not is_odd:
        for i in work.markers:
            del work.position[names[i]]
        return
    _one_by_one(work, follow=False)


def _one_by_one(work: Work, *, follow: bool) -> None:
    """Apply the entries in the order of the tar, with ``follow`` through lower links too."""
    fs, first = work.fs, work.first
    tree = own_tree(work.table, work.markers, work.look_below, work.bounds, follow=follow)
    fs.notes.extend(tree.notes.all(), work.index)
    for i in range(len(work.table)):  # a first reading, without links, may have been another
        if i not in work.markers:
            fs.changes[first + i] = Change.ADDED
    for i, why in tree.lost.items():
        fs.changes[first + i] = why
    fs.paths[first:] = tree.names
    work.targets = {first + i: first + j for i, j in tree.targets.items()}
    work.position = {path: first + i for path, i in tree.position.items()}
    work.parents = _parents(work)


def _below_own_file(work: Work) -> bool:
    """Whether an entry lies below one of this layer that is no directory."""
    kinds, first, position = work.table.kinds, work.first, work.position
    ups = set(work.table.parents())
    todo = ups
    asked = 0
    while todo:
        unlisted = set()
        for up in todo:
            version = position.get(up)
            if version is None:
                unlisted.add(up.rpartition(b"/")[0])
            elif kinds[version - first] != Kind.DIR and up:
                return True
        unlisted.discard(b"")
        todo = unlisted - ups
        asked = work.bounds.check(todo, asked)
        ups |= unlisted
    return False


def _see_to_parents(work: Work, *, docker: bool) -> None:
    """Directories that the layer uses without listing them.

    overlay2 unpacks a layer into an empty directory, so such a directory is
    made anew there: root's, mode 0755, whatever lies below; and a symbolic
    link or a file below it is hidden by it.  The specification's reading
    keeps the lower directory and follows the link.
    """
    fs = work.fs
    kinds, live = fs.kinds, fs.live
    missing = work.unlisted(work.parents)
    if not missing:
        return
    if not docker:
        if any(kinds[live[up]] == Kind.SYMLINK for up in missing if up in live):
            _follow_links(work)
        missing = work.unlisted(_parents(work))
    # A directory that only markers use, and that one of them hides, is not made.
    used = work.unlisted(_parents(work)) if work.markers else missing
    reset = 0
    for up in sorted(missing):
        if up not in used and (work.is_whited_out(up) or up.startswith(AUFS) or b"/" + AUFS in up):
            continue
        lower = live.get(up)
        if lower is not None and kinds[lower] != Kind.DIR:
            work.note(
                "symlink-parent" if kinds[lower] == Kind.SYMLINK else "file-parent",
                "a directory takes the place of a lower symbolic link or file, because "
                "this layer has entries below it; the link's target is not changed",
                up,
            )
        elif lower is not None and not work.is_hidden(up):
            if not docker:
                continue
            entry = fs.entry(lower)
            reset += (entry.mode, entry.uid, entry.gid) != (0o755, 0, 0)
        work.position[up] = work.synthesise(up, IMPLIED)
    if reset:
        work.note(
            "implied-parent",
            f"{reset} directories are used without being listed, so Docker resets them "
            "to mode 0755, owner root; the specification keeps them",
        )


def _parents(work: Work) -> set[bytes]:
    """The directories of what the layer places, markers apart."""
    return {path.rpartition(b"/")[0] for path in work.position}


def _follow_links(work: Work) -> None:
    """The specification's reading: entries go where links in their parents lead."""
    _one_by_one(work, follow=True)
    for mapping in (work.whiteouts, work.opaque):
        for path, i in list(mapping.items()):
            new = resolve_parents(path, work.look)
            if new is not None and new != path:
                del mapping[path]
                mapping[new] = i
                work.note("symlink-parent", "whiteout below a symbolic link of a lower layer", path)
