"""Files that stand at another path in the new image, and whole directories of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple

from layerlens.comparison.model import Path, PathChange, PathDelta, SameContent
from layerlens.comparison.paths import Differing
from layerlens.filesystem.result import Filesystem
from layerlens.layers.names import base, parent
from layerlens.layers.table import HASH_SIZE, HashKind, Kind, LayerTable

_MOST_TRIED = 8
"""Files of one name and size on either side whose contents are compared with each other."""

_DEEPEST = 16
"""Parts at the end of a path by which it is told from others of the same content."""

ContentKey = tuple[HashKind, int, bytes]
"""A content by its hash, as far as one is known; only equal keys are equal contents."""


def content_keys(fs: Filesystem) -> Callable[[int], ContentKey | None]:
    """A function that gives the key of a regular file's content, by its inode.

    ``None`` where it was not hashed, or is sparse: then other stored bytes may be the
    same content.
    """
    tables, first = fs.tables, fs.first
    low = high = -1  # versions of the layer that was met last: most neighbours are of one
    table = LayerTable()

    def key(inode: int) -> ContentKey | None:
        nonlocal low, high, table
        if not low <= inode < high:
            layer = fs.layer_of(inode)
            low, high, table = first[layer], first[layer + 1], tables[layer]
        i = inode - low
        if not table.hashes or i in table.sparse:
            return None
        at = i * HASH_SIZE
        return table.hash_kind, table.sizes[i], bytes(table.hashes[at : at + HASH_SIZE])

    return key


def match_moved(
    old: Filesystem, new: Filesystem, found: Differing, same: SameContent
) -> dict[Path, Path]:
    """New path -> old path of files with content that are only elsewhere now, each once."""
    removed = _files(old, found.removed)
    added = _files(new, found.added)
    if not removed or not added:
        return {}
    moved: dict[Path, Path] = {}
    sizes = set(removed.values()) & set(added.values())
    removed = {path: size for path, size in removed.items() if size in sizes}
    added = {path: size for path, size in added.items() if size in sizes}
    keyed, other_keyed = _keyed(old, found.removed, removed), _keyed(new, found.added, added)
    _by_hash(keyed, other_keyed, moved)
    if _all_told(old, new):
        return moved  # no two contents are the same that have other hashes
    taken = set(moved.values())
    _by_name(
        {path: size for path, size in removed.items() if path not in taken},
        {path: size for path, size in added.items() if path not in moved},
        lambda o, n: same(old.inode(found.removed[o]), new.inode(found.added[n])) is True,
        moved,
    )
    return moved


def _all_told(old: Filesystem, new: Filesystem) -> bool:
    """Whether all contents of both images were hashed, and in one way."""
    tables = [table for table in (*old.tables, *new.tables) if any(table.sizes)]
    kinds = {table.hash_kind for table in tables}
    return len(kinds) < 2 and all(table.hashes for table in tables)


def _files(fs: Filesystem, paths: Mapping[Path, int]) -> dict[Path, int]:
    """The regular files with content among some paths, and their sizes."""
    sizes, inodes, kinds = fs.sizes(), fs.inodes, fs.kinds
    found = {}
    for path, version in paths.items():
        inode = inodes.get(version, version)
        if kinds[inode] == Kind.FILE and sizes[inode]:
            found[path] = sizes[inode]
    return found


def _keyed(
    fs: Filesystem, versions: Mapping[Path, int], paths: Iterable[Path]
) -> dict[Hashable, list[Path]]:
    found: dict[Hashable, list[Path]] = defaultdict(list)
    key_of, inodes = content_keys(fs), fs.inodes
    for path in paths:
        version = versions[path]
        key = key_of(inodes.get(version, version))
        if key is not None:
            found[key].append(path)
    return found


def _by_hash(
    removed: Mapping[Hashable, list[Path]],
    added: Mapping[Hashable, list[Path]],
    moved: dict[Path, Path],
) -> None:
    """Pair files of equal content: those whose paths end alike first, the longest end of all."""
    several: dict[Hashable, tuple[list[Path], list[Path]]] = {}
    for key in removed.keys() & added.keys():
        before, after = removed[key], added[key]
        if len(before) == len(after) == 1:
            moved[after[0]] = before[0]
        else:
            several[key] = before, after
    for before, after in several.values():
        before, after = _by_ends(before, after, moved)  # noqa: PLW2901 - what is left of them
        if len(before) == len(after) == 1:
            moved[after[0]] = before[0]


def _by_ends(
    before: list[Path], after: list[Path], moved: dict[Path, Path]
) -> tuple[list[Path], list[Path]]:
    """Pair paths that end alike, those with most parts in common first; gives what is left."""
    depth = min(_depth(before), _depth(after), _DEEPEST)
    while depth and before and after:
        before, after = _by_tail(before, after, depth, moved)
        depth -= 1
    return before, after


def _depth(paths: Sequence[Path]) -> int:
    return max(path.count(b"/") for path in paths) + 1


def _tail(path: Path, depth: int) -> Path:
    return b"/".join(path.rsplit(b"/", depth)[-depth:])


def _by_tail(
    before: Sequence[Path], after: Sequence[Path], depth: int, moved: dict[Path, Path]
) -> tuple[list[Path], list[Path]]:
    """Pair paths of one tail in their order; gives those that are left."""
    waiting: dict[Path, list[Path]] = defaultdict(list)
    for path in sorted(before, reverse=True):
        waiting[_tail(path, depth)].append(path)
    left = []
    for path in sorted(after):
        found = waiting.get(_tail(path, depth))
        if found:
            moved[path] = found.pop()
        else:
            left.append(path)
    return [path for paths in waiting.values() for path in paths], left


def _by_name(
    removed: Mapping[Path, int],
    added: Mapping[Path, int],
    is_same: Callable[[Path, Path], bool],
    moved: dict[Path, Path],
) -> None:
    """Pair files of one name and size whose contents are known to be the same."""
    waiting: dict[tuple[Path, int], list[Path]] = defaultdict(list)
    for path, size in removed.items():
        waiting[base(path), size].append(path)
    coming: dict[tuple[Path, int], list[Path]] = defaultdict(list)
    for path, size in added.items():
        if (base(path), size) in waiting:
            coming[base(path), size].append(path)
    for key, paths in coming.items():
        before, after = waiting[key], paths
        likely: dict[Path, Path] = {}
        _by_ends(list(before), list(after), likely)
        confirmed = {n: o for n, o in likely.items() if is_same(o, n)}
        moved.update(confirmed)
        if len(before) > _MOST_TRIED or len(after) > _MOST_TRIED:
            continue  # those whose paths end alike must do: each try reads contents
        left = sorted(set(before) - set(confirmed.values()))
        for n in sorted(set(after) - confirmed.keys()):
            found = next((o for o in left if likely.get(n) != o and is_same(o, n)), None)
            if found is not None:
                moved[n] = found
                left.remove(found)


class MovedDirectory(NamedTuple):
    """A directory all of whose files are elsewhere now: how many, and their content bytes."""

    old: Path
    new: Path
    files: int
    bytes: int


def moved_directories(paths: Iterable[PathDelta], old: Filesystem) -> list[MovedDirectory]:
    """The highest directories that moved as a whole, the largest first.

    All files with content that ``old`` has below one must have moved, and kept their
    places in it; one file alone makes no directory.
    """
    counts: Counter[tuple[Path, Path]] = Counter()
    sizes: Counter[tuple[Path, Path]] = Counter()
    for delta in paths:
        if delta.change is not PathChange.MOVED or delta.moved_from is None:
            continue
        a, b = delta.moved_from, delta.path
        while a and b and base(a) == base(b):
            a, b = parent(a), parent(b)
            if not a or not b or a == b:
                break
            counts[a, b] += 1
            sizes[a, b] += delta.new_bytes
    if not counts:
        return []
    wanted = {a for a, _ in counts}
    held: Counter[Path] = Counter()
    inode_sizes = old.sizes()
    for path, version in old.live.items():
        inode = old.inodes.get(version, version)
        if old.kinds[inode] != Kind.FILE or not inode_sizes[inode]:
            continue
        at = parent(path)
        while at:
            if at in wanted:
                held[at] += 1
            at = parent(at)
    whole = {pair for pair, count in counts.items() if count > 1 and held[pair[0]] == count}
    found = [
        MovedDirectory(a, b, counts[a, b], sizes[a, b])
        for a, b in whole
        if (parent(a), parent(b)) not in whole
    ]
    found.sort(key=lambda each: (-each.bytes, -each.files, each.old, each.new))
    return found
