"""Paths that users name: their globs, in the dialect of rules, over one filesystem.

A glob that names a directory stands for everything below it too, and one leading
or trailing slash does no harm: ``/var/cache`` is what people write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from layerlens.analysis.rules.globs import Automaton, Element, Glob, parse
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind


def _below(glob: str) -> tuple[str, ...]:
    """A glob as rules write it, and what lies below what it names."""
    plain = glob.removeprefix("/").removesuffix("/")
    if plain == "**" or plain.endswith("/**"):
        return (plain,)
    return plain, f"{plain}/**"


class Places:
    """Several lots of globs at once; each lot is known by its number."""

    def __init__(self, fs: Filesystem, lots: Iterable[tuple[int, Sequence[str]]]) -> None:
        globs: list[Glob] = [
            (each, number) for number, lot in lots for glob in lot for each in _below(glob)
        ]
        self._fs = fs
        self._automaton: Automaton | None = None
        self._signs = _signs([glob for glob, _ in globs])
        if globs:
            homes = _homes(fs) if any(glob.startswith("~/") for glob, _ in globs) else ()
            self._automaton = Automaton(globs, homes)

    def of_paths(self, paths: Sequence[bytes]) -> dict[int, frozenset[int]]:
        """Index -> lots, for those of some paths that any matches."""
        found: dict[int, frozenset[int]] = {}
        for lots, places in self._groups(paths):
            found.update(dict.fromkeys(places, lots))
        return found

    def of_versions(self, versions: Sequence[int]) -> dict[int, frozenset[int]]:
        """Version -> lots, for those of some versions whose path any matches."""
        found: dict[int, frozenset[int]] = {}
        for lots, places in self._groups(list(map(self._fs.paths.__getitem__, versions))):
            found.update(dict.fromkeys(map(versions.__getitem__, places), lots))
        return found

    def live_files(self) -> Mapping[int, list[int]]:
        """Lot -> live versions of regular files, for all lots that match any."""
        fs = self._fs
        kinds, inodes = fs.kinds, fs.inodes
        versions = list(fs.live.values())
        found: dict[int, list[int]] = {}
        for lots, places in self._groups(list(fs.live)):
            some = map(versions.__getitem__, places)
            files = [each for each in some if kinds[inodes.get(each, each)] == Kind.FILE]
            for lot in lots:
                found.setdefault(lot, []).extend(files)
        return found

    def _groups(self, paths: Sequence[bytes]) -> Iterator[tuple[frozenset[int], list[int]]]:
        """(lots, places of the paths that these and no others match)."""
        if self._automaton is None:
            return
        groups: dict[tuple[int, ...], list[int]] = {}
        places = self._candidates(paths)
        some = paths if places is None else [paths[i] for i in places]
        for i, labels in self._automaton.labels(some):
            group = groups.get(labels)
            if group is None:
                groups[labels] = [i]
            else:
                group.append(i)
        for labels, group in groups.items():
            yield frozenset(labels), group if places is None else [places[i] for i in group]

    def _candidates(self, paths: Sequence[bytes]) -> list[int] | None:
        """The places of those paths that can match, where that is quickly said.

        To look for a text in all paths at once takes a hundredth of the time that the
        automaton does; of no use where most of them have it.
        """
        if self._signs is None or len(paths) < _MANY:
            return None
        joined = b"\0" + b"\0".join(paths)
        if sum(map(joined.count, self._signs)) > len(paths) // _FEW:
            return None
        starts = list(accumulate((len(path) + 1 for path in paths), initial=0))
        found: set[int] = set()
        for sign in self._signs:
            at = joined.find(sign)
            while at >= 0:
                place = bisect_right(starts, at) - 1
                found.add(place)
                at = joined.find(sign, starts[place + 1])
        return sorted(found)


_MANY = 1000
"""Paths that are worth a first look."""

_FEW = 8
"""The share of the paths up to which it pays to pick them out."""


_MOST_SIGNS = 200
"""Texts that are looked for one by one: with more of them the automaton is as quick."""


def _signs(globs: Iterable[str]) -> set[bytes] | None:
    """Texts of which every match of any glob has one; ``None`` where a glob has no such text.

    A NUL stands before each path.
    """
    found: set[bytes] = set()
    for glob in globs:
        for at_home, elements in parse(glob):
            beginning = b"" if at_home else _beginning(elements)
            sign = b"\0" + beginning if beginning else max(map(_literal, elements), key=len)
            if not sign:
                return None
            found.add(sign)
            if len(found) > _MOST_SIGNS:
                return None
    # What holds another one is found with it.
    return {sign for sign in found if not any(o != sign and o in sign for o in found)}


def _literal(element: Element) -> bytes:
    """The longest text that every name which matches an element begins or ends with."""
    if element is None or isinstance(element, bytes):
        return element or b""
    return max(element.head, element.tail, key=len)


def _beginning(elements: Sequence[Element]) -> bytes:
    """What paths that match some elements begin with."""
    text = b""
    for k, element in enumerate(elements):
        if element is None:
            break
        if not isinstance(element, bytes):
            text += b"/" * bool(k) + element.head
            break
        text += b"/" * bool(k) + element
    return text


def _homes(fs: Filesystem) -> list[bytes]:
    """Home directories: root's, and whatever lies in ``home``."""
    return [
        b"root",
        *(path for path in fs.live if path.startswith(b"home/") and path.count(b"/") == 1),
    ]
