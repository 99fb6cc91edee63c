"""Looks for what a user types: as text or glob, as a regular expression, or fuzzily.

All modes look at full paths as they are shown, with a slash in front, and what
lies below a match matches too.
"""

from __future__ import annotations

import fnmatch
import re
import signal
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import accumulate, chain, compress, count, islice, repeat
from operator import add, contains, is_not
from types import FrameType
from typing import Protocol

from layerlens.tui.viewmodel.pathtree import PathTree
from layerlens.tui.viewmodel.views import View

Spans = list[tuple[int, int]]


class Match(StrEnum):
    """How the text of a search is to be read."""

    GLOB = "glob"
    REGEX = "regex"
    FUZZY = "fuzzy"


class PatternError(Exception):
    """A pattern that cannot be used; the message says why, for people."""


class Matcher(Protocol):
    """One pattern, ready to be looked for."""

    def select(self, view: View) -> bytearray:
        """One byte per node: 1 for what matches and all that lies below.

        What the view does not show may be selected or not.  Raises
        ``PatternError`` where that takes too long.
        """

    def spans(self, label: str) -> Spans:
        """Where the pattern shows in a label, as (start, end), in order and apart."""


def matcher(text: str, mode: Match) -> Matcher:
    """What finds a text, read in one mode.  Raises ``PatternError``."""
    if mode is Match.REGEX:
        return RegexMatcher(text)
    if mode is Match.FUZZY:
        return FuzzyMatcher(text)
    if any(sign in text for sign in "*?["):
        return GlobMatcher(text)
    return TextMatcher(text)


class TextMatcher:
    """A text anywhere in the path; case does not count."""

    def __init__(self, text: str) -> None:
        self._text = text

    def select(self, view: View) -> bytearray:
        # What lies below a match has the text in its path too.
        if not self._text.isascii():
            folded = self._text.casefold()
            return _spread(
                view, (folded in path.casefold() for paths in _slices(view) for path in paths)
            )
        tree = view.tree
        wanted = self._text.lower().encode()
        if b"\0" in wanted:
            return bytearray(len(tree))
        if b"/" in wanted:
            return self._across(tree, wanted)
        found = _named(tree, wanted)
        _inherit(tree, found)
        return found

    @staticmethod
    def _across(tree: PathTree, wanted: bytes) -> bytearray:
        """Where the text has a slash, which stands between two names."""
        if wanted == b"/":
            return bytearray(b"\1" * len(tree))
        above, _, last = wanted.rpartition(b"/")
        parent, paths = tree.parent, tree.paths
        if last:
            # A name that begins with the last part, in a directory that ends with the others.
            found = _named(tree, b"\0" + last)
            for node in _selected(found):
                up = parent[node]
                found[node] = (b"/" + paths[up].lower() if up else b"").endswith(above)
            _inherit(tree, found)
            return found
        # All that is in a directory that ends with the text, but not that directory.
        _, slash, name = above.rpartition(b"/")
        found = bytearray(len(tree))
        if not name:
            return found
        directories = _named(tree, b"\0" + name if slash else name + b"\0")
        for node in _selected(directories):
            if (b"/" + paths[node].lower()).endswith(above):
                found[node + 1 : tree.end[node]] = b"\1" * (tree.end[node] - node - 1)
        return found

    def spans(self, label: str) -> Spans:
        return _occurrences(label, self._text)


def _named(tree: PathTree, wanted: bytes) -> bytearray:
    """Selects the nodes whose name has something in it; a NUL is its beginning or its end."""
    names = tree.names
    bare = wanted.strip(b"\0")
    if bare == wanted and 2 * names.count(wanted) > len(tree):
        return bytearray(map(contains, names[1:-1].split(b"\0"), repeat(wanted)))
    found = bytearray(len(tree))
    before = names.split(wanted)
    before.pop()  # behind the last one
    inside = len(wanted) - len(bare)
    nuls: Iterable[int] = accumulate(map(bytes.count, before, repeat(b"\0")))
    if inside:
        nuls = map(add, nuls, count())
    off = 0 if wanted[:1] == b"\0" else 1  # the NUL in front of the name
    for name in nuls:
        found[name - off] = 1
    return found


class GlobMatcher:
    """A glob must fit the last part, or the whole path where it contains a slash.

    Case does not count.
    """

    def __init__(self, pattern: str) -> None:
        self._whole = "/" in pattern
        self._pattern = pattern.strip("/").casefold()
        self._match = re.compile(fnmatch.translate(self._pattern)).match
        # The most used glob, and several times as fast.
        ending = self._pattern[1:]
        plain = ending.isascii() and not any(sign in ending for sign in "*?[/\0")
        self._ending = ending.encode() if plain and pattern.startswith("*") else b""

    def select(self, view: View) -> bytearray:
        tree = view.tree
        if self._ending:
            found = _named(tree, self._ending + b"\0")
        elif self._whole:
            folded = (list(map(str.casefold, paths)) for paths in _slices(view, slash=""))
            found = _spread(view, _hits(self._match, folded))
        else:
            names = tree.names[1:-1].decode("utf-8", "surrogateescape").split("\0")
            if not tree.names.isascii():
                names = [name if name.isascii() else name.casefold() for name in names]
            found = bytearray(_hits(self._match, [names]))
        found[0] = 0
        _inherit(tree, found)
        return found

    def spans(self, label: str) -> Spans:
        found: Spans = []
        for literal in re.split(r"\*|\?|\[[^]]*]", self._pattern):
            found += _occurrences(label, literal) if literal else []
        return _merged(found)


class RegexMatcher:
    """A regular expression of Python's; case counts where an upper-case letter is in it."""

    def __init__(self, pattern: str) -> None:
        letters = re.sub(r"\\.", "", pattern, flags=re.DOTALL)
        self._fold = letters == letters.lower()
        try:
            with warnings.catch_warnings(action="ignore"):  # of what will mean something else
                compiled = re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise PatternError(f"no regular expression: {error}") from None
        self._search, self._all = compiled.search, compiled.finditer
        self._is_quick = True

    def select(self, view: View) -> bytearray:
        with time_limit(_SEARCH_SECONDS):
            found = _spread(view, _hits(self._search, _begun(_slices(view, fold=self._fold))))
        _inherit(view.tree, found)
        return found

    def matches(self, text: str) -> bool:
        """Whether it is anywhere in a text; may run away: see :func:`time_limit`."""
        return self._search(text.lower() if self._fold else text) is not None

    def spans(self, label: str) -> Spans:
        text = label.lower() if self._fold else label
        if len(text) != len(label) or not self._is_quick:
            return []
        try:
            with time_limit(_SPAN_SECONDS):
                return [m.span() for m in self._all(text) if m.end() > m.start()]
        except PatternError:
            self._is_quick = False  # not again for every row
            return []


class FuzzyMatcher:
    """The characters in their order, with anything between; case counts if one is upper-case."""

    def __init__(self, text: str) -> None:
        self._text = "".join(text.split())
        self._fold = self._text == self._text.lower()
        # The first place of each character is always good enough, so nothing is tried twice.
        self._match = re.compile(
            "".join(f"[^{re.escape(c)}]*+{re.escape(c)}" for c in self._text)
        ).match

    def select(self, view: View) -> bytearray:
        # What lies below a match has its characters in its path too.
        return _spread(view, _hits(self._match, _slices(view, fold=self._fold)))

    def matches(self, text: str) -> bool:
        """Whether the characters are in a text, in their order."""
        return self._match(text.lower() if self._fold else text) is not None

    def spans(self, label: str) -> Spans:
        """The last places: what a label ends with says more than what it starts with."""
        text = label.lower() if self._fold else label
        if len(text) != len(label):
            return []
        found: Spans = []
        before = len(text)
        for char in reversed(self._text):
            before = text.rfind(char, 0, before)
            if before < 0:
                break
            found.append((before, before + 1))
        return _merged(found)


# ---------------------------------------------------------------------- helpers

_SLICE = 4096
"""Paths that are looked through at a time."""


def _slices(view: View, *, fold: bool = False, slash: str = "/") -> Iterator[list[str]]:
    """The shown paths with a slash in front, some at a time."""
    paths = compress(view.tree.paths, view.shown)
    front = slash.encode()
    while some := list(islice(paths, _SLICE)):
        raw = front + (b"\0" + front).join(some)  # none contains a NUL
        text = raw.decode("utf-8", "surrogateescape")
        yield (text.lower() if fold else text).split("\0")


def _begun(slices: Iterable[list[str]]) -> Iterator[list[str]]:
    """The same texts, the longest without what comes after ``_LONGEST`` characters."""
    for texts in slices:
        if max(map(len, texts)) > _LONGEST:
            yield [text[:_LONGEST] for text in texts]
        else:
            yield texts


def _hits(
    match: Callable[[str], re.Match[str] | None], slices: Iterable[list[str]]
) -> Iterator[bool]:
    """For each text, whether it matches."""
    return chain.from_iterable(map(is_not, map(match, texts), repeat(None)) for texts in slices)


def _spread(view: View, hits: Iterable[bool]) -> bytearray:
    """What is told of each shown node, as one byte per node."""
    if 0 not in view.shown:
        return bytearray(hits)
    found = bytearray(len(view.shown))
    for node in compress(view.nodes, hits):
        found[node] = 1
    return found


def _selected(flags: bytes | bytearray) -> list[int]:
    return list(compress(range(len(flags)), flags))


def _inherit(tree: PathTree, found: bytearray) -> None:
    """Select what lies below the selected."""
    end, directories = tree.end, tree.directories
    after = 0
    for node in compress(directories, map(found.__getitem__, directories)):
        if node >= after:
            after = end[node]
            found[node:after] = b"\1" * (after - node)


def _occurrences(label: str, text: str) -> Spans:
    folded, wanted = label.casefold(), text.casefold()
    if len(folded) != len(label) or not wanted:
        return []
    return [m.span() for m in re.finditer(re.escape(wanted), folded)]


def _merged(spans: Spans) -> Spans:
    found: Spans = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


# ---------------------------------------------------------------------- time

_SEARCH_SECONDS = 1.0
_SPAN_SECONDS = 0.02
_LONGEST = 1 << 16
"""Characters of a path that an expression is looked for in, where systems allow 4,096.

The matcher looks for signals after some thousand steps, and each may go over the whole text:
in a name of a mebibyte a limit of one second was seen after seven.
"""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop a regular expression that runs away; for the main thread only.

    Counts processor time, so that a busy machine does not fail a good one.
    Raises ``PatternError``.  An expression can take longer than the age of the
    universe on one path, and holds the interpreter's lock all the while: only
    a signal, which the matcher looks for now and then, gets through to it.
    """
    armed = True

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if armed:
            raise PatternError("this expression takes too long")

    before = signal.signal(signal.SIGVTALRM, stop) or signal.SIG_DFL
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
