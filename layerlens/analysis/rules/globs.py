"""Globs over paths, all of them at once.

The dialect: no leading slash; ``*`` and ``?`` stay inside a path segment;
``**`` is any number of whole segments, none too, and at the end at least one
(``a/**`` is what lies below ``a``, not ``a``); ``{a,b}`` are alternatives and
may nest; a leading ``~/`` is every home directory.  Everything else stands for
itself, a leading dot is nothing special.

Hundreds of globs meet a hundred thousand paths, so paths are not tried one by
one: the globs are an automaton that reads segments.  Each directory has a
state, made once out of its parent's, and a file needs a look-up or two.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

MAX_ALTERNATIVES = 1000
"""Globs that the braces of one may make."""


class GlobError(ValueError):
    """A glob that is none; the text says what is wrong with it."""


class Wild:
    """A segment with ``*`` or ``?``: ``head`` and ``tail`` are what stands around them."""

    __slots__ = ("__dict__", "head", "tail", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        places = [i for i, letter in enumerate(text) if letter in b"*?"]
        self.head, self.tail = text[: places[0]], text[places[-1] + 1 :]

    @cached_property
    def _simple(self) -> bool:
        return self.text.count(b"*") == 1 and b"?" not in self.text

    @cached_property
    def _regex(self) -> re.Pattern[bytes]:
        parts = {b"*": rb".*", b"?": rb"."}
        return re.compile(
            b"".join(
                parts.get(piece, re.escape(piece)) for piece in re.split(rb"([*?])", self.text)
            ),
            re.DOTALL,
        )

    def matches(self, name: bytes) -> bool:
        """Whether a segment is such a one."""
        if not (name.startswith(self.head) and name.endswith(self.tail)):
            return False
        if self._simple:
            return len(name) >= len(self.text) - 1
        return self._regex.fullmatch(name) is not None


Element = bytes | Wild | None
"""A segment of a glob; ``None`` is ``**``."""


def parse(glob: str) -> list[tuple[bool, list[Element]]]:
    """The alternatives of a glob: whether it begins at homes, and its segments.

    Raises :class:`GlobError`.
    """
    return [_parsed(text) for text in expand_braces(glob)]


def _parsed(text: str) -> tuple[bool, list[Element]]:
    at_home = text.startswith("~/")
    rest = text[2:] if at_home else text
    elements: list[Element] = []
    for part in rest.split("/"):
        if part == "**":
            if not elements or elements[-1] is not None:
                elements.append(None)
        elif "**" in part:
            raise GlobError(f"{text!r}: ** stands for whole segments")
        elif not part:
            raise GlobError(
                f"{text!r}: a leading, trailing or double slash"
                if rest
                else f"{text!r}: names no path"
            )
        elif part in (".", ".."):
            raise GlobError(f"{text!r}: {part} is no name")
        else:
            name = part.encode("utf-8", "surrogateescape")
            elements.append(Wild(name) if b"*" in name or b"?" in name else name)
    return at_home, elements


def expand_braces(glob: str) -> list[str]:
    """A glob's alternatives, without braces.  Raises :class:`GlobError`."""
    done: list[str] = []
    waiting = [glob]
    while waiting:
        text = waiting.pop()
        opening = text.find("{")
        if opening < 0:
            if "}" in text:
                raise GlobError(f"{glob!r}: a closing brace without an opening one")
            done.append(text)
        else:
            head, tail, pieces = _first_group(glob, text, opening)
            waiting += [head + piece + tail for piece in reversed(pieces)]
        if len(done) + len(waiting) > MAX_ALTERNATIVES:
            raise GlobError(f"{glob!r}: more than {MAX_ALTERNATIVES} alternatives")
    return done


def _first_group(glob: str, text: str, opening: int) -> tuple[str, str, list[str]]:
    """What stands before and after the first group of braces, and what it offers."""
    depth, start, pieces = 0, opening + 1, []
    for i in range(opening, len(text)):
        letter = text[i]
        if letter == "{":
            depth += 1
        elif letter == "," and depth == 1:
            pieces.append(text[start:i])
            start = i + 1
        elif letter == "}":
            depth -= 1
            if not depth:
                return text[:opening], text[i + 1 :], [*pieces, text[start:i]]
    raise GlobError(f"{glob!r}: an opening brace without a closing one")


class _Names:
    """Segments to look for, each with what it leads to, found by a part of the name."""

    __slots__ = ("extensions", "heads", "literals", "others", "tails", "wild")

    def __init__(self, wanted: Iterable[tuple[bytes | Wild, int]]) -> None:
        self.literals: dict[bytes, tuple[int, ...]] = {}
        self.extensions: dict[bytes, list[tuple[Wild, int]]] = defaultdict(list)
        self.heads: dict[int, list[tuple[Wild, int]]] = defaultdict(list)
        self.tails: dict[int, list[tuple[Wild, int]]] = defaultdict(list)
        self.others: list[tuple[Wild, int]] = []
        for name, goal in wanted:
            if isinstance(name, bytes):
                self.literals[name] = (*self.literals.get(name, ()), goal)
            elif b"." in name.tail:
                self.extensions[name.tail[name.tail.rfind(b".") :]].append((name, goal))
            elif name.head:
                self.heads[name.head[0]].append((name, goal))
            elif name.tail:
                self.tails[name.tail[-1]].append((name, goal))
            else:
                self.others.append((name, goal))
        self.wild = bool(self.extensions or self.heads or self.tails or self.others)

    def find(self, name: bytes) -> tuple[int, ...]:
        """The goals of a segment."""
        found = self.literals.get(name, ())
        if not self.wild:
            return found
        tried = self.heads.get(name[0], ())
        more = [goal for wild, goal in tried if wild.matches(name)] if tried else []
        if self.extensions:
            dot = name.rfind(b".")
            tried = self.extensions.get(name[dot:], ()) if dot >= 0 else ()
            if tried:
                more += [goal for wild, goal in tried if wild.matches(name)]
        tried = self.tails.get(name[-1], ())
        if tried:
            more += [goal for wild, goal in tried if wild.matches(name)]
        if self.others:
            more += [goal for wild, goal in self.others if wild.matches(name)]
        return (*found, *more) if more else found


class _State:
    """What may still match below one directory.

    ``everything`` are the labels of all that lies below it; ``stays`` are the
    ``**`` that go on; ``folders`` lead from a directory's name to an element,
    ``files`` from a file's name to a label.
    """

    __slots__ = ("everything", "files", "folders", "stays")

    def __init__(
        self,
        everything: tuple[int, ...],
        stays: tuple[int, ...],
        folders: Iterable[tuple[bytes | Wild, int]],
        files: Iterable[tuple[bytes | Wild, int]],
    ) -> None:
        self.everything = everything
        self.stays = stays
        self.folders = _Names(folders)
        self.files = _Names(files)


Glob = tuple[str, int]
"""A glob and its label."""


class Automaton:
    """Many globs at once.

    ``globs`` begin at the root, or at each of ``homes`` where they say so;
    ``below`` has globs that begin at some directory.  Directories have neither
    leading nor trailing slashes.  Raises :class:`GlobError`.
    """

    def __init__(
        self,
        globs: Iterable[Glob],
        homes: Iterable[bytes] = (),
        below: Mapping[bytes, Sequence[Glob]] | None = None,
    ) -> None:
        self._elements: list[Element] = []
        self._ends: dict[int, int] = {}  # last element of a glob -> its label
        at_root, at_homes, anywhere = [], [], []
        for glob, label in globs:
            for at_home, elements in parse(glob):
                start = self._add(elements, label)
                if at_home:
                    at_homes.append(start)
                elif elements[0] is None and len(elements) > 1:
                    anywhere.append(start + 1)
                else:
                    at_root.append(start)
        self._begins: dict[bytes, list[int]] = defaultdict(list)
        for home in homes:
            self._begins[home] += at_homes
        for directory, found in (below or {}).items():
            self._begins[directory] += [
                self._add(elements, label) for glob, label in found for _, elements in parse(glob)
            ]
        self._known: dict[tuple[int, ...], _State] = {}
        self._empty = self._state(())
        self._anywhere = self._state(anywhere)
        self._folders: dict[bytes, tuple[int, ...]] = {}
        self._directories = {b"": self._state(at_root)}

    def _add(self, elements: Sequence[Element], label: int) -> int:
        """Take over a glob's elements; gives the place of the first."""
        start = len(self._elements)
        self._elements += elements
        self._ends[len(self._elements) - 1] = label
        return start

    def _state(self, places: Iterable[int]) -> _State:
        """The state in which the elements at some places wait to be matched."""
        waiting = set(places)
        key = tuple(sorted(waiting))
        known = self._known.get(key)
        if known is not None:
            return known
        elements, ends = self._elements, self._ends
        everything, stays, folders, files = set(), [], [], []
        for at in key:
            place, element = at, elements[at]
            if element is None:
                stays.append(place)
                if place in ends:
                    everything.add(ends[place])
                    continue
                place += 1
                if place in waiting:
                    continue
                element = elements[place]
            assert element is not None  # ** never follows **
            if place in ends:
                files.append((element, ends[place]))
            else:
                folders.append((element, place + 1))
        state = _State(tuple(sorted(everything)), tuple(stays), folders, files)
        self._known[key] = state
        return state

    def _directory(self, path: bytes) -> _State:
        """The state of a directory, and of those above it."""
        known = self._directories
        missing = []
        at = path
        while at not in known:
            missing.append(at)
            at = at[: max(at.rfind(b"/"), 0)]
        state = known[at]
        for each in reversed(missing):
            name = each[each.rfind(b"/") + 1 :]
            found = self._folders.get(name)
            if found is None:
                found = self._folders[name] = self._anywhere.folders.find(name)
            if state is not self._empty:
                found = (*found, *state.stays, *state.folders.find(name))
            if each in self._begins:
                found = (*found, *self._begins[each])
            state = known[each] = self._state(found) if found else self._empty
        return state

    def labels(self, paths: Sequence[bytes]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """(index, labels) of those paths that something matches, labels perhaps repeated."""
        known, empty = self._directories, self._empty
        anywhere = self._anywhere.files
        names: dict[bytes, tuple[int, ...]] = {}
        current, state = None, empty
        for i, path in enumerate(paths):
            cut = path.rfind(b"/")
            directory = path[:cut] if cut > 0 else b""
            if directory != current:
                current = directory
                state = known.get(directory) or self._directory(directory)
            name = path[cut + 1 :]
            found = names.get(name)
            if found is None:
                found = names[name] = anywhere.find(name)
            if state is not empty:
                found = (*found, *state.everything, *state.files.find(name))
            if found:
                yield i, found
