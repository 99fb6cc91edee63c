"""What one layer's tar makes of an empty directory.

Almost every layer lists each path once and below directories, and then its
entries are its tree.  The other cases are here: a path listed twice, an entry
below a symbolic link or a file of the same layer (formats seen in the wild;
Docker refuses the first, containerd lets the last entry win).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from layerlens.filesystem.bounds import Bounds
from layerlens.filesystem.changes import Change
from layerlens.layers.diagnostics import Notes
from layerlens.layers.limits import PATH_MAX
from layerlens.layers.names import parent
from layerlens.layers.table import Kind, LayerTable

MAX_HOPS = 40
"""Symbolic links followed in one path before it counts as a loop (as in Linux)."""

_TWICE = "listed more than once in one layer, which docker load refuses; the last entry wins"

Look = Callable[[bytes], tuple[int, bytes] | None]
"""Kind and link target at a path, ``None`` where nothing is there."""


def resolve_parents(path: bytes, look: Look) -> bytes | None:
    """``path`` with symbolic links in its parents followed, clamped at the root.

    The last part is not followed.  ``None`` for a loop, and for a link longer
    than any that a kernel makes.
    """
    todo = path.split(b"/")
    last = todo.pop()
    done: list[bytes] = []
    hops = 0
    todo.reverse()
    while todo:
        part = todo.pop()
        if part in (b"", b"."):
            continue
        if part == b"..":
            if done:
                done.pop()
            continue
        done.append(part)
        found = look(b"/".join(done))
        if found is not None and found[0] == Kind.SYMLINK:
            hops += 1
            if hops > MAX_HOPS or len(found[1]) > PATH_MAX:
                return None
            done.pop()
            if found[1].startswith(b"/"):
                done.clear()
            todo.extend(reversed(found[1].split(b"/")))
    done.append(last)
    return b"/".join(done)


@dataclass(slots=True)
class OwnTree:
    """Where each entry of a layer ends up.

    ``names`` after resolution, ``position`` the index of the entry that counts
    for each path, ``lost`` the entries that do not (``SHADOWED`` or ``IGNORED``),
    ``targets`` what a hard link led to when it was made.
    """

    names: list[bytes]
    position: dict[bytes, int] = field(default_factory=dict)
    lost: dict[int, Change] = field(default_factory=dict)
    targets: dict[int, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)


def own_tree(
    table: LayerTable, markers: set[int], below: Look, bounds: Bounds, *, follow: bool
) -> OwnTree:
    """Apply the entries of a layer one by one, as an extractor would.

    ``markers`` are entries that place nothing; ``below`` looks at the lower
    layers, for links of this layer that lead there.  With ``follow`` the links
    of lower layers are followed as well.  Raises :class:`LimitError` where names
    ask for more than ``bounds`` allows.
    """
    tree = OwnTree(list(table.names))
    kids: dict[bytes, list[bytes]] = {}
    position = tree.position
    links = table.links
    kinds = table.kinds
    asked = 0
    # Directories that lie below no link and no file of this layer.
    sound: set[bytes] = set()

    def look(path: bytes) -> tuple[int, bytes] | None:
        bounds.climb(path)
        i = position.get(path)
        if i is not None:
            return kinds[i], links.get(i, b"")
        # Only what lies beyond a link of this layer is looked up below.
        return below(path) if outside else None

    def drop(path: bytes, why: str) -> None:
        stack = [path]
        while stack:
            at = stack.pop()
            i = position.pop(at, None)
            if i is not None:
                tree.lost[i] = Change.SHADOWED
            stack.extend(kids.pop(at, ()))
        tree.notes.add("duplicate-entry", why, path=path)

    def is_sound(directory: bytes) -> bool:
        passed: list[bytes] = []
        while directory and directory not in sound:
            j = position.get(directory)
            if j is not None and kinds[j] != Kind.DIR:
                return False
            passed.append(directory)
            directory = parent(directory)
        sound.update(passed)
        return True

    for i, name in enumerate(table.names):
        if i in markers:
            continue
        outside = follow
        path: bytes | None = name
        up = parent(name)
        if is_sound(up):
            up = b""
        while up:
            bounds.climb(up)
            j = position.get(up)
            if j is not None and kinds[j] == Kind.SYMLINK:
                outside = True
                path = resolve_parents(name, look)
                where = "leads nowhere" if path is None else "leads to " + repr(path)[2:-1]
                tree.notes.add(
                    "entry-below-own-symlink",
                    f"entry below a symbolic link of its own layer, which {where}",
                    path=name,
                )
                break
            up = parent(up)
        else:
            if follow:
                path = resolve_parents(name, look)
                if path != name:
                    tree.notes.add(
                        "symlink-parent",
                        "entry below a symbolic link of a lower layer; placed at the link's "
                        "target, although Docker replaces the link by a directory",
                        path=name,
                    )
        if path is None:
            tree.lost[i] = Change.IGNORED
            continue
        if path != name:
            asked = bounds.check((path,), asked)
        tree.names[i] = path
        up = parent(path)
        if is_sound(up):
            up = b""
        while up:
            j = position.get(up)
            if j is not None:
                if kinds[j] != Kind.DIR:
                    drop(up, "a path is listed as a file and as a directory; the later entry wins")
                break
            up = parent(up)
        j = position.get(path)
        if j is not None:
            if kinds[i] == Kind.DIR and kinds[j] == Kind.DIR:
                tree.lost[j] = Change.SHADOWED
                tree.notes.add("duplicate-entry", _TWICE, path=path)
            else:
                drop(path, _TWICE)
        elif path in kids and kinds[i] != Kind.DIR:
            drop(path, "a path is listed as a directory and as a file; the later entry wins")
        if kinds[i] == Kind.HARDLINK and links[i] in position:
            tree.targets[i] = position[links[i]]
        position[path] = i
        if kinds[i] != Kind.DIR and path in sound:
            sound.clear()
        child = path
        while child:
            up = parent(child)
            siblings = kids.setdefault(up, [])
            siblings.append(child)
            if len(siblings) > 1 or not up:
                break
            asked = bounds.check((up,), asked)
            child = up
    return tree
