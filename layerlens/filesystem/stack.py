"""Stack layers: apply each to what lies below and keep account of every inode.

Whiteouts act on lower layers only, wherever they stand in a tar (image-spec,
layer.md, "Whiteouts"), so a layer is applied in two phases: what it hides, then
what it places.  Where engines disagree, the default follows Docker's overlay2,
and where Docker refuses the layer, the specification's reading.

Speed: an image has far more entries than surprises, so each step first asks in
bulk (a set or dictionary operation in C) whether there is anything to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from layerlens.errors import LimitError, Where
from layerlens.filesystem.bounds import Bounds
from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.compare import compare
from layerlens.filesystem.links import link
from layerlens.filesystem.markers import find_markers
from layerlens.filesystem.place import place
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.work import Work
from layerlens.layers.names import join, parent
from layerlens.layers.table import Kind, LayerTable

_REDIRECT_XATTR = b"trusted.overlay.redirect"


class Semantics(StrEnum):
    """Whose reading counts where engines disagree."""

    DOCKER = "docker"
    SPEC = "spec"


SameContent = Callable[[tuple[int, int], tuple[int, int]], bool]
"""Whether two regular-file entries, each (layer, index), hold the same bytes.

Asked only for equal sizes above zero.
"""


def stack(
    tables: list[LayerTable], same_content: SameContent, semantics: Semantics = Semantics.DOCKER
) -> Filesystem:
    """Apply all layers, lowest first.

    Raises :class:`LimitError` where names stand for more than any image holds.
    """
    stacker = Stacker(same_content, semantics)
    for number, table in enumerate(tables, 1):
        try:
            stacker.apply(table)
        except LimitError as error:
            raise error.at(Where(layer=f"layer {number}/{len(tables)}")) from None
    return stacker.filesystem


class Stacker:
    """Applies layers one at a time; :attr:`filesystem` is complete after each."""

    def __init__(self, same_content: SameContent, semantics: Semantics = Semantics.DOCKER) -> None:
        self.filesystem = Filesystem()
        self._same_content = same_content
        self._docker = semantics is Semantics.DOCKER
        # Directory -> paths that were once placed in it; built when first needed.
        self._children: dict[bytes, list[bytes]] | None = None
        # Inodes with several names -> how many of them are live.
        self._names: dict[int, int] = {}
        self._bounds = Bounds()

    def apply(self, table: LayerTable) -> None:
        """Put one layer on top."""
        fs = self.filesystem
        live = fs.live
        work = Work(fs, table, index=len(fs.tables), first=fs.first[-1], bounds=self._bounds)
        fs.tables.append(table)
        fs.paths.extend(table.names)
        fs.kinds += table.kinds
        fs.changes += bytearray(len(table))  # all Change.ADDED
        fs.notes.extend(table.notes.all(), work.index)

        find_markers(work, docker=self._docker)
        place(work, docker=self._docker)
        link(work, self._names)
        if table.xattrs:
            self._redirect(work)
        self._hide(work)
        # Taken in C: most entries of most layers lie over nothing.
        for path in work.position.keys() & live.keys():
            # A directory that gave way to a file took what was below with it.
            lower = live.get(path)
            if lower is not None:
                self._compare(work, path, lower, work.position[path])
        if self._children is not None:
            self._remember(path for path in work.position if path not in live)
        live.update(work.position)
        fs.first.append(len(fs.paths))
        fs.removed.append(work.gone)
        self._bury(work)

    def _redirect(self, work: Work) -> None:
        """A directory with an overlay redirect shows the content of another lower one."""
        fs = self.filesystem
        for i, attributes in work.table.xattrs.items():
            target = dict(attributes).get(_REDIRECT_XATTR)
            version = work.first + i
            path = fs.paths[version]
            if not target or fs.kinds[version] != Kind.DIR or work.position.get(path) != version:
                continue
            work.note(
                "overlay-redirect",
                "directory redirected by an overlay attribute: Docker honours it, "
                "the specification does not",
                path,
            )
            if not self._docker:
                continue
            work.opaque[path] = i
            source = target.strip(b"/") if target[:1] == b"/" else join(parent(path), target)
            for shown in self._subtree(source):
                new = path + shown[len(source) :]
                if new in work.position:
                    continue
                lower = fs.live[shown]
                copy = work.synthesise(new, lower)
                work.position[new] = copy
                if fs.kind(lower) == Kind.FILE:
                    inode = fs.inode(lower)
                    fs.inodes[copy] = inode
                    self._names[inode] = self._names.get(inode, 1) + 1

    # ------------------------------------------------------------------ what goes

    def _hide(self, work: Work) -> None:
        """Phase one: take away what whiteouts and opaque directories hide.

        A path that the layer places again stays, to be compared with it.
        """
        fs = self.filesystem
        for target, i in work.whiteouts.items():
            own = work.position.get(target)
            listed = own is not None and own not in fs.synthetic
            if listed and own is not None:
                if self._docker and fs.kinds[own] == Kind.DIR and i < own - work.first:
                    work.note(
                        "whiteout-then-directory",
                        "whiteout followed by the directory itself: Docker merges it with the "
                        "lower one, the specification makes it empty",
                        target,
                    )
                    continue
                if i > own - work.first:
                    work.note(
                        "whiteout-after-entry",
                        "entry and then its whiteout, which Docker refuses; whiteouts act on "
                        "lower layers only, so the entry stays",
                        target,
                    )
            doomed = self._subtree(target)
            if target in fs.live:
                doomed.append(target)
            elif own is None and not doomed:
                work.note("dangling-whiteout", "whiteout of a path that is not there", target)
            self._take(work, doomed, Cause.DELETED)
        for directory in work.opaque:
            self._take(work, self._subtree(directory), Cause.OPAQUE)

    def _take(self, work: Work, doomed: list[bytes], cause: Cause) -> None:
        live, position = self.filesystem.live, work.position
        for path in doomed:
            if path not in position and path in live:
                version = live.pop(path)
                work.lost.append((version, cause))
                work.gone.append(version)

    def _compare(self, work: Work, path: bytes, lower: int, upper: int) -> None:
        """A path that is there and is placed again: say what changed."""
        fs = self.filesystem
        old = fs.inode(lower)
        fs.previous[upper] = lower
        change = compare(fs, lower, upper, self._equal_files)
        fs.changes[upper] = change
        if old == fs.inode(upper):
            if old in self._names:
                self._names[old] -= 1  # one name of the inode in place of another
        elif change is Change.TYPE:
            work.lost.append((lower, Cause.TYPE_CHANGED))
            if fs.kinds[old] == Kind.DIR:
                self._take(work, self._subtree(path), Cause.DELETED)
        elif fs.kinds[old] == Kind.FILE:
            cause = Cause.METADATA if change is Change.METADATA else Cause.REPLACED
            work.lost.append((lower, cause))

    def _equal_files(self, old: int, new: int) -> bool:
        fs = self.filesystem
        below, above = fs.layer_of(old), fs.layer_of(new)
        i, j = old - fs.first[below], new - fs.first[above]
        size = fs.tables[below].sizes[i]
        if size != fs.tables[above].sizes[j]:
            return False
        return not size or self._same_content((below, i), (above, j))

    def _bury(self, work: Work) -> None:
        """Settle which inodes died in this layer, and of what.

        An inode dies with its last name; of several names lost in one layer
        the cause that stands first in :class:`Cause` counts.
        """
        fs = self.filesystem
        kinds, names, inodes, deaths = fs.kinds, self._names, fs.inodes, fs.deaths
        shared: dict[int, tuple[Cause, int]] = {}
        for version, cause in work.lost:
            inode = inodes.get(version, version)
            if kinds[inode] != Kind.FILE:
                continue
            if inode in names:
                names[inode] -= 1
                best = shared.get(inode)
                if best is None or cause < best[0]:
                    shared[inode] = (cause, version)
            else:
                deaths.add(inode, cause, work.index, version)
        for inode, (cause, version) in shared.items():
            if names[inode] <= 0:
                deaths.add(inode, cause, work.index, version)
        own = fs.changes[work.first :]
        if Change.SHADOWED in own or Change.IGNORED in own:
            # Files that a later entry of this same layer replaced, or that lie nowhere.
            for i, change in enumerate(own):
                version = work.first + i
                if (
                    change in (Change.SHADOWED, Change.IGNORED)
                    and kinds[version] == Kind.FILE
                    and version not in fs.synthetic
                    and not names.get(version)
                ):
                    deaths.add(version, Cause.DUPLICATE_ENTRY, work.index, version)

    # ------------------------------------------------------------------ children

    def _subtree(self, directory: bytes) -> list[bytes]:
        """All live paths strictly below a directory."""
        live = self.filesystem.live
        if self._children is None:
            self._children = {}
            self._remember(live)
        children = self._children
        found: list[bytes] = []
        todo = [directory]
        seen: set[bytes] = set()
        while todo:
            for path in children.get(todo.pop(), ()):
                if path in live and path not in seen:
                    seen.add(path)
                    found.append(path)
                    if path in children:
                        todo.append(path)
        return found

    def _remember(self, paths: Iterable[bytes]) -> None:
        children = self._children
        assert children is not None
        for path in paths:
            up = path.rpartition(b"/")[0]
            if up in children:
                children[up].append(path)
            else:
                children[up] = [path]
