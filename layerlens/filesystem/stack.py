"""Stack layers: apply each to what lies below and keep account of every inode.

Whiteouts act on lower layers only, wherever they stand in a tar (image-spec,
layer.md, "Whiteouts"), so a layer is applied in two phases: what it hides, then
what it places.  Where engines disagree, the default follows Docker's overlay2,
and where Docker refuses the layer, the specification's reading.

Speed: an image has far more entries than surprises, so each step first asks in
bulk (a set or dictionary operation in C) whether there is anything to do.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from layerlens.filesystem.changes import Cause, Change
from layerlens.filesystem.own import own_tree, resolve_parents
from layerlens.filesystem.result import IMPLIED, Filesystem
from layerlens.layers.names import AUFS, OPAQUE, WHITEOUT, base, join, parent
from layerlens.layers.table import Kind, LayerTable

_OPAQUE_XATTR = b"trusted.overlay.opaque"
_REDIRECT_XATTR = b"trusted.overlay.redirect"
_DIR, _FILE, _LINK, _SYMLINK = Kind.DIR, Kind.FILE, Kind.HARDLINK, Kind.SYMLINK


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
    """Apply all layers, lowest first."""
    stacker = Stacker(same_content, semantics)
    for table in tables:
        stacker.apply(table)
    return stacker.filesystem


@dataclass(slots=True)
class _Markers:
    """The entries of a layer that place nothing, and what they hide."""

    entries: set[int] = field(default_factory=set)
    whiteouts: dict[bytes, int] = field(default_factory=dict)  # path -> index of its entry
    opaque: dict[bytes, int] = field(default_factory=dict)  # directory -> index of its entry


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

    # ------------------------------------------------------------------ one layer

    def apply(self, table: LayerTable) -> None:
        """Put one layer on top."""
        fs = self.filesystem
        live, kinds, changes = fs.live, fs.kinds, fs.changes
        layer, first = len(fs.tables), fs.first[-1]
        fs.tables.append(table)
        fs.paths.extend(table.names)
        kinds += table.kinds
        changes += bytearray(len(table))  # all Change.ADDED
        fs.notes.extend(table.notes.all(), layer)

        markers = self._find_markers(table, layer)
        names, position = self._own_positions(table, markers, layer)
        names, position = self._check_parents(table, names, position, markers, layer)
        position.pop(b"", None)  # the root itself: no engine changes its attributes
        self._link(table, names, position, layer)
        self._redirect(table, position, layer)

        lost: list[tuple[int, Cause]] = []
        gone: array[int] = array("q")
        if markers.opaque or markers.whiteouts:
            self._hide(markers, position, table, layer, lost, gone)
        # Both kinds of overlap are rare against entries; find them in C.
        for path in position.keys() & live.keys():
            self._compare(path, live[path], position[path], lost, gone)
        if self._children is not None:
            self._remember([path for path in position if path not in live])
        live.update(position)
        fs.first.append(len(fs.paths))
        fs.removed.append(gone)
        self._bury(lost, layer, first)

    def _find_markers(self, table: LayerTable, layer: int) -> _Markers:
        """Whiteouts and opaque markers by name, and what overlay2 takes for them."""
        fs = self.filesystem
        markers = _Markers()
        names, first = table.names, fs.first[-1]
        for i in [k for k, name in enumerate(names) if WHITEOUT in name]:
            name = names[i]
            if any(part.startswith(AUFS) for part in name.split(b"/")) and base(name) != OPAQUE:
                markers.entries.add(i)
                self._note("aufs-metadata", "AUFS metadata, which no engine places", layer, name)
                continue
            last = base(name)
            if not last.startswith(WHITEOUT):
                continue
            markers.entries.add(i)
            target = last[len(WHITEOUT) :]
            if last == OPAQUE:
                if parent(name):
                    markers.opaque[parent(name)] = i
                elif self._docker:
                    self._note(
                        "opaque-root",
                        "opaque marker in the root: Docker ignores it, the specification "
                        "hides everything below",
                        layer,
                        name,
                    )
                else:
                    markers.opaque[b""] = i
            elif target in (b"", b".", b".."):
                self._note("invalid-whiteout", "whiteout of nothing", layer, name)
            else:
                markers.whiteouts[join(parent(name), target)] = i
        if self._docker and table.devices:
            self._overlay_whiteouts(table, markers, layer)
        for i, attributes in table.xattrs.items():
            if any(key == _OPAQUE_XATTR for key, _ in attributes) and names[i]:
                self._note(
                    "overlay-opaque",
                    "directory made opaque by an overlay attribute: Docker honours it, "
                    "the specification does not",
                    layer,
                    names[i],
                )
                if self._docker and table.kinds[i] == _DIR and (_OPAQUE_XATTR, b"y") in attributes:
                    markers.opaque[names[i]] = i
        for i in markers.entries:
            fs.changes[first + i] = Change.MARKER
            if table.sizes[i]:
                fs.deaths.add(first + i, Cause.MARKER, layer, first + i)
        return markers

    def _overlay_whiteouts(self, table: LayerTable, markers: _Markers, layer: int) -> None:
        """A character device 0:0 is how overlay2 itself stores a whiteout."""
        for i, device in table.devices.items():
            if device == (0, 0) and table.kinds[i] == Kind.CHAR:
                markers.entries.add(i)
                markers.whiteouts[table.names[i]] = i
                self._note(
                    "device-whiteout",
                    "character device 0:0, which overlay2 takes for a whiteout",
                    layer,
                    table.names[i],
                )

    def _own_positions(
        self, table: LayerTable, markers: _Markers, layer: int
    ) -> tuple[list[bytes], dict[bytes, int]]:
        """Each path of the layer and the version that counts for it."""
        fs = self.filesystem
        first = fs.first[-1]
        names = table.names
        position = dict(zip(names, range(first, first + len(names)), strict=True))
        if len(position) == len(names) and not self._below_own_file(table, position):
            for i in markers.entries:
                del position[names[i]]
            return names, position
        tree = own_tree(table, markers.entries, self._look)
        fs.notes.extend(tree.notes.all(), layer)
        for i, why in tree.lost.items():
            fs.changes[first + i] = why
        # A shadowed file's bytes are dead at once, unless a link keeps its inode.
        fs.paths[first:] = tree.names
        return tree.names, {path: first + i for path, i in tree.position.items()}

    def _below_own_file(self, table: LayerTable, position: dict[bytes, int]) -> bool:
        """Whether an entry lies below one of this layer that is no directory."""
        kinds, first = table.kinds, self.filesystem.first[-1]
        ups = {name.rpartition(b"/")[0] for name in table.names}
        todo = ups
        while todo:
            unlisted = set()
            for up in todo:
                version = position.get(up)
                if version is None:
                    unlisted.add(up.rpartition(b"/")[0])
                elif kinds[version - first] != _DIR and up:
                    return True
            unlisted.discard(b"")
            todo = unlisted - ups
            ups |= unlisted
        return False

    # ------------------------------------------------------------------ parents

    def _check_parents(
        self,
        table: LayerTable,
        names: list[bytes],
        position: dict[bytes, int],
        markers: _Markers,
        layer: int,
    ) -> tuple[list[bytes], dict[bytes, int]]:
        """See to directories that the layer uses without listing them.

        overlay2 unpacks a layer into an empty directory, so such a directory is
        made anew there: root's, mode 0755, whatever lies below; and a symbolic
        link or a file below it is hidden by it.  The specification's reading
        keeps the lower directory and follows the link.
        """
        kinds, live = self.filesystem.kinds, self.filesystem.live
        missing = _unlisted_parents(names if self._docker else position, position)
        if not missing:
            return names, position
        if not self._docker and any(kinds[live[up]] == _SYMLINK for up in missing if up in live):
            names, position = self._follow_links(names, position, markers, layer)
            return self._check_parents(table, names, position, markers, layer)
        # A directory that only markers use, and that one of them hides, is not made.
        used = _unlisted_parents(position, position) if markers.whiteouts else missing
        implied: list[bytes] = []
        reset = 0
        for up in sorted(missing):
            if any(part.startswith(AUFS) for part in up.split(b"/")):
                continue
            lower = live.get(up)
            if up not in used and _hidden(up, markers.whiteouts):
                continue
            if lower is None:
                implied.append(up)
            elif kinds[lower] != _DIR:
                self._note(
                    "symlink-parent" if kinds[lower] == _SYMLINK else "file-parent",
                    "a directory takes the place of a lower symbolic link or file, because "
                    "this layer has entries below it; the link's target is not changed",
                    layer,
                    up,
                )
                implied.append(up)
            elif self._docker:
                implied.append(up)
                entry = self.filesystem.entry(lower)
                reset += (entry.mode, entry.uid, entry.gid) != (0o755, 0, 0)
        if reset:
            self._note(
                "implied-parent",
                f"{reset} directories are used without being listed, so Docker resets them "
                "to mode 0755, owner root; the specification keeps them",
                layer,
                None,
            )
        for up in implied:
            position[up] = self._synthesise(up, IMPLIED)
        return names, position

    def _follow_links(
        self, names: list[bytes], position: dict[bytes, int], markers: _Markers, layer: int
    ) -> tuple[list[bytes], dict[bytes, int]]:
        """The specification's reading: entries go where links in their parents lead."""
        fs = self.filesystem
        first = fs.first[-1]

        def look(path: bytes) -> tuple[int, bytes] | None:
            version = position.get(path)
            if version is None:
                return self._look(path)
            table, i = fs.slot(version) if version not in fs.synthetic else (None, 0)
            return fs.kinds[version], (table.links.get(i, b"") if table else b"")

        followed: dict[bytes, int] = {}
        for path, version in position.items():
            new = resolve_parents(path, look)
            if new is None:
                self._note("link-loop", "entry below a loop of symbolic links", layer, path)
                fs.changes[version] = Change.IGNORED
                continue
            if new != path:
                self._note(
                    "symlink-parent",
                    "entry below a symbolic link of a lower layer; placed at the link's target, "
                    "although Docker replaces the link by a directory",
                    layer,
                    path,
                )
                fs.paths[version] = new
            followed[new] = version
        for mapping in (markers.whiteouts, markers.opaque):
            for path, i in list(mapping.items()):
                new = resolve_parents(path, look)
                if new is not None and new != path:
                    del mapping[path]
                    mapping[new] = i
                    self._note(
                        "symlink-parent",
                        "whiteout below a symbolic link of a lower layer",
                        layer,
                        path,
                    )
        return fs.paths[first:], followed

    def _synthesise(self, path: bytes, source: int) -> int:
        """A version without a tar entry: an implied directory, or a copy of ``source``."""
        fs = self.filesystem
        version = len(fs.paths)
        fs.paths.append(path)
        fs.kinds.append(_DIR if source == IMPLIED else fs.kinds[source])
        fs.changes.append(Change.ADDED)
        fs.synthetic[version] = source
        return version

    # ------------------------------------------------------------------ links

    def _link(
        self, table: LayerTable, names: list[bytes], position: dict[bytes, int], layer: int
    ) -> None:
        """Find the inode of each hard link of the layer and count its names."""
        fs = self.filesystem
        first = fs.first[-1]
        table_kinds = table.kinds
        links = [i for i in table.links if table_kinds[i] == _LINK]
        pending: dict[int, int] = {}  # version of a link -> version that it names
        for i in links:
            version = first + i
            target = table.links[i]
            found = position.get(target)
            if found is None:
                found = self._link_below(target, version, position, layer)
            elif found > version and position.get(names[i]) == version:
                self._note(
                    "forward-hardlink",
                    "hard link to a later entry, which Docker refuses",
                    layer,
                    names[i],
                )
            if found is not None:
                pending[version] = found
        for version in (first + i for i in links):
            inode = version
            seen = {inode}
            while inode in pending:
                inode = pending[inode]
                if inode in seen:
                    break
                seen.add(inode)
            inode = fs.inodes.get(inode, inode)
            if inode in pending or fs.kinds[inode] in (_LINK, _DIR):
                self._unresolved(version, position, layer)
                continue
            fs.inodes[version] = inode
            if position.get(fs.paths[version]) == version and fs.kinds[inode] == _FILE:
                self._names[inode] = self._names.get(inode, self._own_name(inode, position)) + 1

    def _own_name(self, inode: int, position: dict[bytes, int]) -> int:
        """1 if the inode's own path is live or about to be, 0 if it is shadowed."""
        path = self.filesystem.paths[inode]
        return int(position.get(path) == inode or self.filesystem.live.get(path) == inode)

    def _link_below(
        self, target: bytes, version: int, position: dict[bytes, int], layer: int
    ) -> int | None:
        """A hard link whose target the layer does not list: through links, or lower down."""
        fs = self.filesystem

        def look(path: bytes) -> tuple[int, bytes] | None:
            own = position.get(path)
            if own is None:
                return self._look(path)
            return self._kind_and_target(own)

        resolved = resolve_parents(target, look)
        if resolved is None:
            return None
        found = position.get(resolved)
        if found is not None:
            return found
        lower = fs.live.get(resolved)
        if lower is not None:
            self._note(
                "hardlink-to-lower-layer",
                "hard link to a file of a lower layer, which Docker refuses; it shares the "
                "lower file and adds no bytes",
                layer,
                fs.paths[version],
            )
        return lower

    def _unresolved(self, version: int, position: dict[bytes, int], layer: int) -> None:
        fs = self.filesystem
        path = fs.paths[version]
        fs.changes[version] = Change.IGNORED
        if position.get(path) == version:
            del position[path]
        self._note("unresolved-hardlink", "hard link that leads to no file", layer, path)

    def _redirect(self, table: LayerTable, position: dict[bytes, int], layer: int) -> None:
        """A directory with an overlay redirect shows the content of another lower one."""
        fs = self.filesystem
        for i, attributes in table.xattrs.items():
            target = dict(attributes).get(_REDIRECT_XATTR)
            version = fs.first[-1] + i
            path = fs.paths[version]
            if target is None or table.kinds[i] != _DIR or position.get(path) != version:
                continue
            self._note(
                "overlay-redirect",
                "directory redirected by an overlay attribute: Docker honours it, "
                "the specification does not",
                layer,
                path,
            )
            if not self._docker:
                continue
            source = target.strip(b"/") if target[:1] == b"/" else join(parent(path), target)
            shown = [(p, fs.live[p]) for p in self._subtree(source)]
            for p, lower in shown:
                new = path + p[len(source) :]
                if new in position:
                    continue
                copy = self._synthesise(new, lower)
                position[new] = copy
                if fs.kinds[lower] in (_FILE, _LINK):
                    inode = fs.inode(lower)
                    fs.inodes[copy] = inode
                    self._names[inode] = self._names.get(inode, 1) + 1

    # ------------------------------------------------------------------ what goes

    def _hide(
        self,
        markers: _Markers,
        position: dict[bytes, int],
        table: LayerTable,
        layer: int,
        lost: list[tuple[int, Cause]],
        gone: array[int],
    ) -> None:
        """Phase one: take away what whiteouts and opaque directories hide.

        A path that the layer places again stays, to be compared with it.
        """
        fs = self.filesystem
        live, first = fs.live, fs.first[-1]
        for target, i in markers.whiteouts.items():
            own = position.get(target)
            if (
                self._docker
                and own is not None
                and fs.kinds[own] == _DIR
                and own not in fs.synthetic
                and i < own - first
            ):
                self._note(
                    "whiteout-then-directory",
                    "whiteout followed by the directory itself: Docker merges it with the "
                    "lower one, the specification makes it empty",
                    layer,
                    target,
                )
                continue
            if own is not None and i > own - first and own not in fs.synthetic:
                self._note(
                    "whiteout-after-entry",
                    "entry and then its whiteout, which Docker refuses; whiteouts act on "
                    "lower layers only, so the entry stays",
                    layer,
                    target,
                )
            doomed = self._subtree(target)
            if target in live:
                doomed.append(target)
            elif own is None and not doomed:
                self._note(
                    "dangling-whiteout", "whiteout of a path that is not there", layer, target
                )
            self._take(doomed, Cause.DELETED, position, lost, gone)
        for directory in markers.opaque:
            self._take(self._subtree(directory), Cause.OPAQUE, position, lost, gone)

    def _take(
        self,
        doomed: list[bytes],
        cause: Cause,
        position: dict[bytes, int],
        lost: list[tuple[int, Cause]],
        gone: array[int],
    ) -> None:
        live = self.filesystem.live
        for path in doomed:
            if path not in position:
                version = live.pop(path)
                lost.append((version, cause))
                gone.append(version)

    def _compare(
        self,
        path: bytes,
        lower: int,
        upper: int,
        lost: list[tuple[int, Cause]],
        gone: array[int],
    ) -> None:
        """A path that is there and is placed again: say what changed."""
        fs = self.filesystem
        kinds, inodes = fs.kinds, fs.inodes
        old, new = inodes.get(lower, lower), inodes.get(upper, upper)
        fs.previous[upper] = lower
        if old == new:
            fs.changes[upper] = Change.UNCHANGED
            self._let_go(old)
            return
        was, now = kinds[old], kinds[new]
        if was != now:
            fs.changes[upper] = Change.TYPE
            lost.append((lower, Cause.TYPE_CHANGED))
            if was == _DIR:
                doomed = self._subtree(path)
                # What the layer places below cannot be: it made a non-directory here.
                self._take(doomed, Cause.DELETED, {}, lost, gone)
            return
        if now == _DIR:
            same = self._attributes(lower)[:3] == self._attributes(upper)[:3]
            fs.changes[upper] = Change.UNCHANGED if same else Change.METADATA
            return
        if now == _FILE:
            if self._equal_files(old, new):
                fs.changes[upper] = Change.METADATA
                lost.append((lower, Cause.METADATA))
            else:
                fs.changes[upper] = Change.CONTENT
                lost.append((lower, Cause.REPLACED))
            return
        if self._kind_and_target(old) != self._kind_and_target(new) or (
            self._device(old) != self._device(new)
        ):
            fs.changes[upper] = Change.CONTENT
        elif self._attributes(lower) != self._attributes(upper):
            fs.changes[upper] = Change.METADATA
        else:
            fs.changes[upper] = Change.UNCHANGED

    def _equal_files(self, old: int, new: int) -> bool:
        fs = self.filesystem
        if new in fs.synthetic or old in fs.synthetic:
            return False
        (old_table, i), (new_table, j) = fs.slot(old), fs.slot(new)
        if old_table.sizes[i] != new_table.sizes[j]:
            return False
        if not old_table.sizes[i]:
            return True
        return self._same_content((fs.layer_of(old), i), (fs.layer_of(new), j))

    def _attributes(self, version: int) -> tuple[object, ...]:
        """Mode, owner, group; then what only counts for entries with content of their own."""
        fs = self.filesystem
        origin = fs.synthetic.get(version, version)
        if origin == IMPLIED:
            return (0o755, 0, 0, 0, ())
        table, i = fs.slot(fs.inodes.get(origin, origin))
        return (table.mode(i), table.uid(i), table.gid(i), table.mtime(i), table.xattrs.get(i, ()))

    def _device(self, version: int) -> tuple[int, int] | None:
        table, i = self.filesystem.slot(version)
        return table.devices.get(i)

    def _bury(self, lost: list[tuple[int, Cause]], layer: int, first: int) -> None:
        """Settle which inodes died in this layer, and of what.

        An inode dies with its last name; of several names lost in one layer
        the cause that stands first in :class:`Cause` counts.
        """
        fs = self.filesystem
        kinds, names, inodes, deaths = fs.kinds, self._names, fs.inodes, fs.deaths
        shared: dict[int, tuple[Cause, int]] = {}
        for version, cause in lost:
            inode = inodes.get(version, version)
            if kinds[inode] != _FILE:
                continue
            if inode in names:
                names[inode] -= 1
                best = shared.get(inode)
                if best is None or cause < best[0]:
                    shared[inode] = (cause, version)
            else:
                deaths.add(inode, cause, layer, version)
        for inode, (cause, version) in shared.items():
            if names[inode] <= 0:
                deaths.add(inode, cause, layer, version)
        # Files that a later entry of this same layer replaced.
        if Change.SHADOWED in fs.changes[first:] or Change.IGNORED in fs.changes[first:]:
            for version in range(first, fs.first[-1]):
                if (
                    fs.changes[version] in (Change.SHADOWED, Change.IGNORED)
                    and kinds[version] == _FILE
                    and version not in fs.synthetic
                    and not names.get(version)
                ):
                    deaths.add(version, Cause.DUPLICATE_ENTRY, layer, version)

    def _let_go(self, inode: int) -> None:
        """One name of an inode is replaced by another name of it."""
        if inode in self._names:
            self._names[inode] -= 1

    # ------------------------------------------------------------------ looking

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

    def _remember(self, paths: list[bytes] | dict[bytes, int]) -> None:
        children = self._children
        assert children is not None
        for path in paths:
            up = path.rpartition(b"/")[0]
            if up in children:
                children[up].append(path)
            else:
                children[up] = [path]

    def _look(self, path: bytes) -> tuple[int, bytes] | None:
        version = self.filesystem.live.get(path)
        return None if version is None else self._kind_and_target(version)

    def _kind_and_target(self, version: int) -> tuple[int, bytes]:
        fs = self.filesystem
        version = fs.synthetic.get(version, version)
        if version == IMPLIED:
            return _DIR, b""
        version = fs.inodes.get(version, version)
        kind = fs.kinds[version]
        if kind != _SYMLINK:
            return kind, b""
        table, i = fs.slot(version)
        return kind, table.links.get(i, b"")

    def _note(self, code: str, message: str, layer: int, path: bytes | None) -> None:
        self.filesystem.notes.add(code, message, layer, path)


def _unlisted_parents(users: Iterable[bytes], position: dict[bytes, int]) -> set[bytes]:
    """All parents, however far up, of some paths that the layer does not list itself."""
    missing = {user.rpartition(b"/")[0] for user in users} - position.keys()
    missing.discard(b"")
    for up in list(missing):
        while (up := parent(up)) and up not in missing and up not in position:
            missing.add(up)
    return missing


def _hidden(path: bytes, whiteouts: dict[bytes, int]) -> bool:
    """Whether a path or one of its parents is whited out."""
    while path:
        if path in whiteouts:
            return True
        path = parent(path)
    return False
