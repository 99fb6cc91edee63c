"""The kept files as each layer leaves them: for reading databases as they once were."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from layerlens.analysis.rules.context import Context
from layerlens.filesystem.changes import Change

_UNPLACED = frozenset({Change.MARKER, Change.SHADOWED, Change.IGNORED})


@dataclass(frozen=True, slots=True)
class LayerView:
    """A :class:`~layerlens.analysis.packages.view.View` of the filesystem after ``layer``.

    Use it before the next one is made.  Symbolic links at a path's end are not
    followed, and problems are told by nobody: the final filesystem's count.
    ``touched`` are the paths that the layer wrote or took away; ``is_final``
    says that later layers leave all paths of the view as they are.
    """

    context: Context
    layer: int
    touched: frozenset[bytes]
    is_final: bool
    _alive: Mapping[bytes, int]

    def text(self, path: bytes) -> bytes | None:
        version = self._alive.get(path)
        return None if version is None else self.context.content(version)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return sorted(path for path in self._alive if matches(path))

    def problem(self, path: bytes, why: str) -> None:
        del path, why


def layer_views(context: Context, versions: Iterable[int]) -> Iterator[LayerView]:
    """A view of each layer that touched one of some versions with kept content, lowest first.

    Views show only these versions.
    """
    fs, paths, live = context.fs, context.fs.paths, context.fs.live
    kept = set(versions)
    if not kept:
        return
    final = sum(live.get(paths[version]) == version for version in kept)
    over = _replaced(context, kept)
    alive: dict[bytes, int] = {}
    for layer, contents in enumerate(context.contents[: len(fs.tables)]):
        first, end = fs.first[layer], fs.first[layer + 1]
        touched: set[bytes] = set()
        gone = set(fs.removed[layer]).intersection(alive.values())
        for path in [paths[version] for version in gone]:
            del alive[path]
            touched.add(path)
        for path, version in list(alive.items()):
            upper = over.get(version, -1)
            if first <= upper < end:
                touched.add(path)
                if context.content(upper) is None:
                    del alive[path]
                else:
                    alive[path] = upper
        for i in contents.kept:
            version = first + i
            if version in kept and fs.changes[version] not in _UNPLACED:
                alive[paths[version]] = version
                touched.add(paths[version])
        if touched:
            is_final = len(alive) == final and all(
                live.get(path) == version for path, version in alive.items()
            )
            yield LayerView(context, layer, frozenset(touched), is_final, alive)


def _replaced(context: Context, kept: set[int]) -> dict[int, int]:
    """Version with content -> the version that came over it."""
    previous = context.fs.previous
    over: dict[int, int] = {}
    found = kept
    while found:
        rows = {lower: upper for upper, lower in previous.items() if lower in found}
        over |= rows
        # A hard link to a kept file has its content, and may be replaced in turn.
        found = {
            upper
            for upper in rows.values()
            if upper not in kept and context.content(upper) is not None
        }
    return over
