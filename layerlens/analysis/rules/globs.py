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
    """Segments of all globs, numbered, and found by a part of the name.

    That part is the extension, else the first two letters (or the only one
    that is known), else the last letter.
    """

    __slots__ = ("_extensions", "_heads", "_literals", "_numbers", "_others", "_tails")

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._literals: dict[bytes, tuple[int, ...]] = {}
        self._extensions: dict[bytes, list[tuple[Wild, int]]] = {}
        self._heads: dict[bytes, list[tuple[Wild, int]]] = {}
        self._tails: dict[int, list[tuple[Wild, int]]] = {}
        self._others: list[tuple[Wild, int]] = []

    def number(self, segment: bytes | Wild) -> int:
        """The number of a segment; a text with and without wildcards is never the same."""
        text = segment if isinstance(segment, bytes) else segment.text
        known = self._numbers.get(text)
        if known is not None:
            return known
        number = self._numbers[text] = len(self._numbers)
        if isinstance(segment, bytes):
            self._literals[segment] = (number,)
        elif b"." in segment.tail:
            extension = segment.tail[segment.tail.rfind(b".") :]
            self._extensions.setdefault(extension, []).append((segment, number))
        elif segment.head:
            self._heads.setdefault(segment.head[:2], []).append((segment, number))
        elif segment.tail:
            self._tails.setdefault(segment.tail[-1], []).append((segment, number))
        else:
            self._others.append((segment, number))
        return number

    def find(self, name: bytes) -> tuple[int, ...]:
        """The numbers of the segments that a name matches."""
        found = self._literals.get(name, ())
        heads = self._heads
        for tried in (
            heads.get(name[:2]),
            heads.get(name[:1]) if len(name) > 1 else None,
            self._extensions.get(name[name.rfind(b".") :]),
            self._tails.get(name[-1]),
            self._others,
        ):
            if tried:
                for wild, number in tried:
                    if wild.matches(name):
                        found = (*found, number)
        return found


_ANY = -1
"""Number of the segment ``*``."""


def _number(element: bytes | Wild, names: _Names) -> int:
    if isinstance(element, Wild) and element.text == b"*":
        return _ANY
    return names.number(element)


class _State:
    """What may still match below one directory.

    ``everything`` are the labels of all that lies below it; ``stays`` are the
    ``**`` that go on; ``folders`` lead from the number of a directory's name to
    places of elements, ``files`` from that of a file's name to labels.
    """

    __slots__ = ("everything", "files", "folders", "stays")

    def __init__(self) -> None:
        self.everything: tuple[int, ...] = ()
        self.stays: tuple[int, ...] = ()
        self.folders: dict[int, tuple[int, ...]] = {}
        self.files: dict[int, tuple[int, ...]] = {}

    def found(
        self, names: tuple[int, ...], table: Mapping[int, tuple[int, ...]]
    ) -> tuple[int, ...]:
        """What a table of this state has for some names, and for any."""
        found = table.get(_ANY, ())
        for number in names:
            more = table.get(number)
            if more is not None:
                found = (*found, *more)
        return found


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
        self._file_names, self._folder_names = _Names(), _Names()
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
        self._anywhere = self._state(tuple(anywhere))
        self._folders: dict[bytes, tuple[int, ...]] = {}
        self._directories = {b"": self._state(tuple(at_root))}

    def _add(self, elements: Sequence[Element], label: int) -> int:
        """Take over a glob's elements; gives the place of the first."""
        start = len(self._elements)
        self._elements += elements
        self._ends[len(self._elements) - 1] = label
        last = len(elements) - 1
        for k, element in enumerate(elements):
            if element is not None:
                _number(element, self._file_names if k == last else self._folder_names)
        return start

    def _state(self, places: tuple[int, ...]) -> _State:
        """The state in which the elements at some places wait to be matched."""
        known = self._known.get(places)
        if known is not None:
            return known
        waiting = set(places)
        key = tuple(sorted(waiting))
        if key != places:
            state = self._known[places] = self._state(key)
            return state
        elements, ends = self._elements, self._ends
        state = self._known[key] = _State()
        for at in key:
            place, element = at, elements[at]
            if element is None:
                state.stays = (*state.stays, place)
                if place in ends:
                    state.everything = (*state.everything, ends[place])
                    continue
                place += 1
                if place in waiting:
                    continue
                element = elements[place]
            assert element is not None  # ** never follows **
            number = _number(element, self._file_names if place in ends else self._folder_names)
            if place in ends:
                state.files[number] = (*state.files.get(number, ()), ends[place])
            else:
                state.folders[number] = (*state.folders.get(number, ()), place + 1)
        return state

    def _directory(self, path: bytes) -> _State:
        """The state of a directory, and of those above it."""
        known, anywhere = self._directories, self._anywhere
        missing = []
        at = path
        while at not in known:
            missing.append(at)
            at = at[: max(at.rfind(b"/"), 0)]
        state = known[at]
        for each in reversed(missing):
            name = each[each.rfind(b"/") + 1 :]
            names = self._folders.get(name)
            if names is None:
                names = self._folders[name] = self._folder_names.find(name)
            found = state.stays
            if state.folders:
                found = (*found, *state.found(names, state.folders))
            if names:
                found = (*found, *anywhere.found(names, anywhere.folders))
            elif _ANY in anywhere.folders:
                found = (*found, *anywhere.folders[_ANY])
            if each in self._begins:
                found = (*found, *self._begins[each])
            state = known[each] = self._state(found) if found else self._empty
        return state

    def labels(self, paths: Sequence[bytes]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """(index, labels) of those paths that something matches, labels perhaps repeated."""
        known, anywhere, find = self._directories, self._anywhere, self._file_names.find
        always = anywhere.files.get(_ANY, ())
        seen: dict[bytes, tuple[int, ...]] = {}
        current, state, everything = None, self._empty, always
        for i, path in enumerate(paths):
            cut = path.rfind(b"/")
            directory = path[:cut] if cut > 0 else b""
            if directory != current:
                current = directory
                state = known.get(directory) or self._directory(directory)
                everything = (*always, *state.everything, *state.files.get(_ANY, ()))
            name = path[cut + 1 :]
            names = seen.get(name)
            if names is None:
                names = seen[name] = find(name)
            if names:
                found = everything
                for table in (anywhere.files, state.files):
                    for number in names:
                        more = table.get(number)
                        if more is not None:
                            found = (*found, *more)
                if found:
                    yield i, found
            elif everything:
                yield i, everything
