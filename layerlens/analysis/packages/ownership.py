"""Which files of the final filesystem belong to which package."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection, Sequence

from layerlens.analysis.packages.model import Listed, first_owners
from layerlens.analysis.rules.context import Context
from layerlens.filesystem.own import resolve_parents
from layerlens.filesystem.work import kind_and_target


class Resolver:
    """Finds where paths of a database are in the final filesystem.

    Databases name paths as their package has them; a directory of theirs may be
    a symbolic link by now (``lib`` -> ``usr/lib``).  Each directory is followed once.
    """

    def __init__(self, context: Context) -> None:
        self._fs = context.fs
        self._directories: dict[bytes, bytes | None] = {}

    def path(self, path: bytes) -> bytes | None:
        """The path with symbolic links in its parents followed; ``None`` for a loop of links."""
        directory, slash, last = path.rpartition(b"/")
        if not slash:
            return path
        try:
            real = self._directories[directory]
        except KeyError:
            real = self._follow(directory)
            self._directories[directory] = real
        if real is None:
            return None
        return real + b"/" + last if real else last

    def target(self, path: bytes) -> bytes | None:
        """Likewise, with a symbolic link at the path's own end followed too."""
        inside = self.path(path + b"/x")
        return None if inside is None else inside[:-2]

    def _follow(self, directory: bytes) -> bytes | None:
        inside = resolve_parents(directory + b"/x", self._look)
        return None if inside is None else inside[:-2]

    def _look(self, path: bytes) -> tuple[int, bytes] | None:
        version = self._fs.live.get(path)
        return None if version is None else kind_and_target(self._fs, version)


class Ownership:
    """The files of some packages.

    ``versions`` has, for each package, the live regular files that are its own;
    ``owners`` maps a live version to the first package that has it.
    """

    def __init__(self, context: Context, packages: Sequence[Listed]) -> None:
        self._context = context
        self._resolver = Resolver(context)
        self._inode_sizes = context.fs.sizes()
        self._regular = frozenset(context.files.versions)
        self.versions: list[array[int]] = [self._listed(each.files) for each in packages]
        self._add_trees(packages)
        self.owners = first_owners(self.versions)

    def size(self, version: int) -> int:
        """Content bytes of a live version."""
        return self._inode_sizes[self._context.fs.inodes.get(version, version)]

    def total(self, versions: Collection[int]) -> int:
        """Content bytes of live versions, each inode once."""
        inodes, sizes = self._context.fs.inodes, self._inode_sizes
        if inodes and not inodes.keys().isdisjoint(versions):
            versions = {inodes.get(each, each) for each in versions}
        return sum(map(sizes.__getitem__, versions))

    def _listed(self, files: Sequence[bytes]) -> array[int]:
        """The live regular files among some paths."""
        live, resolve = self._context.fs.live, self._resolver.path
        versions = list(map(live.get, files))
        found: list[int] = list(filter(self._regular.__contains__, versions))  # type: ignore[arg-type]
        if None in versions:
            for name, version in zip(files, versions, strict=True):
                real = resolve(name) if version is None else None
                if real is not None and real != name and live.get(real) in self._regular:
                    found.append(live[real])
        return array("q", dict.fromkeys(found))

    def _add_trees(self, packages: Sequence[Listed]) -> None:
        """Give each package what lies below its directories, but not below another's in them."""
        spans: dict[tuple[int, int], tuple[int, int]] = {}  # -> (length of the path, package)
        paths = self._context.files.paths
        for index, listed in enumerate(packages):
            for directory in listed.directories:
                inside = self._resolver.path(directory + b"/x") if directory else None
                if inside is None or len(inside) < 2:
                    continue
                start = bisect_left(paths, inside[:-1])
                end = bisect_left(paths, inside[:-2] + b"0", start)
                deepest = spans.get((start, end), (0, 0))
                if start < end and len(inside) > deepest[0]:
                    spans[start, end] = (len(inside), index)
        if not spans:
            return
        found: dict[int, list[int]] = {}
        versions = self._context.files.versions
        open_spans: list[tuple[int, int]] = []  # (end, package), the innermost last
        at = 0

        def give(until: int) -> None:
            """Files up to ``until``: to the innermost tree that they are in."""
            nonlocal at
            while open_spans and at < until:
                end, index = open_spans[-1]
                stop = min(end, until)
                found.setdefault(index, []).extend(versions[at:stop])
                at = max(at, stop)
                if end <= until:
                    open_spans.pop()
            at = until

        for (start, end), (_, index) in sorted(
            spans.items(), key=lambda row: (row[0][0], -row[0][1])
        ):
            give(start)
            open_spans.append((end, index))
        give(len(paths))
        for index, own in found.items():
            self.versions[index] = array("q", dict.fromkeys([*self.versions[index], *own]))
