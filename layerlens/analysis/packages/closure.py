"""Which installed packages need which: what goes with a package, and who asked for one.

The same answers as apt's ``autoremove`` and ``--no-install-recommends`` give,
from what is written in the image alone.  Versions are not compared: what is
installed together fits together.  Of alternatives all that are installed count.
Suggestions keep nothing, as Docker's official images configure apt
(``APT::AutoRemove::SuggestsImportant "false"``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from layerlens.analysis.packages.model import Ecosystem, Listed

_NEVER_REMOVED = re.compile(
    r"linux-(?:image|headers|modules)(?:-.*)?|linux-firmware|firmware-linux.*"
)
"""Packages that apt's autoremove leaves alone, as Debian and Ubuntu configure it."""

_CONSTRAINT = re.compile(r"[<>=~@]")
_CAPABILITY = re.compile(r"[^\s()]+(?:\([^\s()]*\))*")
_OPERATORS = frozenset(
    {"and", "or", "if", "else", "unless", "with", "without", "<", "<=", "=", ">=", ">"}
)
_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SEPARATORS = re.compile(r"[-_.]+")


class Dependencies:
    """The graph of some installed packages; packages are named by their index.

    ``requires`` and ``recommends`` have, for each package, the installed ones
    that it names.  Packages of different ecosystems do not need each other.
    """

    def __init__(self, packages: Sequence[Listed]) -> None:
        self.packages = packages
        providers: dict[tuple[Ecosystem, str], list[int]] = defaultdict(list)
        for index, listed in enumerate(packages):
            ecosystem = listed.ecosystem
            names = {_normal(ecosystem, listed.name)}
            for text in listed.provides:
                names.update(names_in(ecosystem, text))
            for name in names:
                providers[ecosystem, name].append(index)
        self._add_files(providers)
        self.requires = [self._edges(each, each.requires, providers) for each in packages]
        self.recommends = [self._edges(each, each.recommends, providers) for each in packages]

    def _add_files(self, providers: dict[tuple[Ecosystem, str], list[int]]) -> None:
        """Packages of rpm may require a path, which its owner provides."""
        wanted = {
            text
            for each in self.packages
            if each.ecosystem is Ecosystem.RPM
            for text in each.requires
            if text.startswith("/")
        }
        if not wanted:
            return
        paths = {text.lstrip("/").encode("utf-8", "surrogateescape"): text for text in wanted}
        for index, each in enumerate(self.packages):
            if each.ecosystem is Ecosystem.RPM:
                for path in paths.keys() & set(each.files):
                    providers[Ecosystem.RPM, paths[path]].append(index)

    def _edges(
        self,
        listed: Listed,
        texts: Iterable[str],
        providers: dict[tuple[Ecosystem, str], list[int]],
    ) -> list[int]:
        found: dict[int, None] = {}
        for text in texts:
            for name in names_in(listed.ecosystem, text):
                found.update(dict.fromkeys(providers.get((listed.ecosystem, name), ())))
        return list(found)

    # ------------------------------------------------------------------ sets

    def roots(self, *, without: Collection[int] = ()) -> set[int]:
        """Packages that stay whatever needs them: asked for by name, or the system's own.

        Where it is not known who asked, somebody did.  ``without`` are packages
        that nobody asks for any more; the system's own stay nevertheless.
        """
        return {
            index
            for index, listed in enumerate(self.packages)
            if is_protected(listed) or (listed.manual is not False and index not in without)
        }

    def closure(self, roots: Iterable[int], *, recommends: bool) -> set[int]:
        """Packages and all that they need (and recommend)."""
        seen = set(roots)
        todo = list(seen)
        while todo:
            index = todo.pop()
            for other in self._next(index, recommends=recommends):
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return seen

    def _next(self, index: int, *, recommends: bool) -> Iterator[int]:
        yield from self.requires[index]
        if recommends:
            yield from self.recommends[index]

    def recommends_only(self, *, wanted: Collection[int] = ()) -> set[int]:
        """Packages that are there only because another recommends them.

        ``wanted`` are packages that are in use although nobody asked for them.
        """
        roots = self.roots().union(wanted)
        needed = self.closure(roots, recommends=False)
        liked = self.closure(roots, recommends=True)
        return {index for index in liked - needed if self.packages[index].manual is False}

    def orphans(self) -> set[int]:
        """Packages that nothing needs or recommends any more, and nobody asked for."""
        kept = self.closure(self.roots(), recommends=True)
        return {
            index
            for index, listed in enumerate(self.packages)
            if index not in kept and not _NEVER_REMOVED.fullmatch(listed.name)
        }

    def exclusive(self, tools: Collection[int], *, wanted: Iterable[int] = ()) -> set[int]:
        """What goes when nobody asks for some packages any more: they and what only they need.

        ``wanted`` are packages that are in use although nobody asked for them.
        """
        stay = self.roots(without=tools).union(wanted).difference(self._unprotected(tools))
        kept = self.closure(stay, recommends=True)
        return self.closure(self.roots(), recommends=True) - kept

    def _unprotected(self, which: Iterable[int]) -> set[int]:
        return {index for index in which if not is_protected(self.packages[index])}

    # ------------------------------------------------------------------ reasons

    def chains(self) -> list[tuple[int, ...]]:
        """For each package, the shortest chain from one that somebody asked for down to it.

        Where it is not known what was asked for: from one that nothing needs.
        Requirements are followed before recommendations, and packages of the
        system itself are beginnings where nothing else is.  A chain of one is
        a beginning; an empty one is an orphan's.
        """
        packages = self.packages
        above: list[int | None] = [None] * len(packages)
        seen: set[int] = set()
        needed = {other for edges in (*self.requires, *self.recommends) for other in edges}
        unknown = [index for index, each in enumerate(packages) if each.manual is None]
        self._descend([i for i, each in enumerate(packages) if each.manual], above, seen)
        self._descend([i for i, each in enumerate(packages) if is_protected(each)], above, seen)
        self._descend([index for index in unknown if index not in needed], above, seen)
        for index in unknown:  # what is left needs each other in circles
            self._descend([index], above, seen)
        return [
            self._chain(index, above) if index in seen else () for index in range(len(packages))
        ]

    def _descend(self, beginnings: Iterable[int], above: list[int | None], seen: set[int]) -> None:
        """Follow requirements, then recommendations, from packages that were not seen yet."""
        reached = [index for index in beginnings if index not in seen]
        seen.update(reached)
        for recommends in (False, True):
            at = 0
            while at < len(reached):  # in breadth, as it grows: the shortest chains come first
                index = reached[at]
                at += 1
                for other in self._next(index, recommends=recommends):
                    if other not in seen:
                        seen.add(other)
                        above[other] = index
                        reached.append(other)

    @staticmethod
    def _chain(index: int, above: Sequence[int | None]) -> tuple[int, ...]:
        chain = [index]
        while (up := above[chain[-1]]) is not None:
            chain.append(up)
        return tuple(reversed(chain))


def is_protected(listed: Listed) -> bool:
    """Whether a package belongs to the system itself, whoever asks for it (apt's own rule)."""
    return listed.essential or listed.details.get("priority") == "required"


def names_in(ecosystem: Ecosystem, text: str) -> list[str]:
    """The names of a dependency, or of what a package provides; alternatives are several."""
    if ecosystem is Ecosystem.DEB:
        return [name for part in text.split("|") if (name := _debian_name(part))]
    if ecosystem in (Ecosystem.APK, Ecosystem.ALPM):
        name = _CONSTRAINT.split(text, maxsplit=1)[0].strip()
        return [] if text.startswith("!") or not name else [name]
    if ecosystem is Ecosystem.RPM:
        if text.startswith("("):  # a rich dependency: all its names count
            words = _CAPABILITY.findall(text)
            return [word for word in words if word not in _OPERATORS]
        return text.split(maxsplit=1)[:1]
    if ecosystem is Ecosystem.PYPI:
        found = _DISTRIBUTION.match(text.strip())
        return [_normal(ecosystem, found[0])] if found else []
    return text.split(maxsplit=1)[:1]


def _debian_name(text: str) -> str:
    """A name without version, architecture and build profile: ``a:any (>= 1) [amd64] <x>``."""
    for mark in "([<:":
        text = text.partition(mark)[0]
    return text.strip()


def _normal(ecosystem: Ecosystem, name: str) -> str:
    """A name as it is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower() if ecosystem is Ecosystem.PYPI else name
