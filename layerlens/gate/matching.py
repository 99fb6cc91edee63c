"""Paths that users name: their globs, in the dialect of rules, over one filesystem.

A glob that names a directory stands for everything below it too, and one leading
or trailing slash does no harm: ``/var/cache`` is what people write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from layerlens.analysis.rules.globs import Automaton, Glob, GlobError, parse
from layerlens.filesystem.result import Filesystem
from layerlens.layers.table import Kind


def path_problem(glob: str) -> str | None:
    """What is wrong with a glob, if anything."""
    try:
        for each in _below(glob):
            parse(each)
    except GlobError as error:
        return str(error)
    return None


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
        if globs:
            homes = _homes(fs) if any(glob.startswith("~/") for glob, _ in globs) else ()
            self._automaton = Automaton(globs, homes)

    def of_paths(self, paths: Sequence[bytes]) -> dict[int, frozenset[int]]:
        """Index -> lots, for those of some paths that any matches."""
        if self._automaton is None:
            return {}
        sets: dict[tuple[int, ...], frozenset[int]] = {}
        found = {}
        for i, labels in self._automaton.labels(paths):
            lots = sets.get(labels)
            if lots is None:
                lots = sets[labels] = frozenset(labels)
            found[i] = lots
        return found

    def of_versions(self, versions: Sequence[int]) -> dict[int, frozenset[int]]:
        """Version -> lots, for those of some versions whose path any matches."""
        if self._automaton is None:
            return {}
        paths = list(map(self._fs.paths.__getitem__, versions))
        return {versions[i]: lots for i, lots in self.of_paths(paths).items()}

    def live_files(self) -> Mapping[int, list[int]]:
        """Lot -> live versions of regular files, for all lots that match any."""
        if self._automaton is None:
            return {}
        fs = self._fs
        kinds, inodes = fs.kinds, fs.inodes
        versions = list(fs.live.values())
        found: dict[int, list[int]] = {}
        for i, lots in self.of_paths(list(fs.live)).items():
            version = versions[i]
            if kinds[inodes.get(version, version)] == Kind.FILE:
                for lot in lots:
                    found.setdefault(lot, []).append(version)
        return found


def _homes(fs: Filesystem) -> list[bytes]:
    """Home directories: root's, and whatever lies in ``home``."""
    return [
        b"root",
        *(path for path in fs.live if path.startswith(b"home/") and path.count(b"/") == 1),
    ]
