"""Looks for what a user types: as text or glob, as a regular expression, or fuzzily.

All modes look at full paths as they are shown, with a slash in front, and what
lies below a match matches too.
"""

from __future__ import annotations

import fnmatch
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import accumulate, compress, islice, repeat
from operator import contains
from types import FrameType
from typing import Protocol

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
        """One byte per item of the view: 1 for what matches and all that lies below.

        Raises ``PatternError`` where that takes too long.
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
            return bytearray(
                folded in path.casefold() for paths in _slices(view) for path in paths
            )  # fmt: skip
        wanted = self._text.lower().encode()
        found = bytearray()
        for paths in _raw_slices(view):
            text = paths.lower()
            if text.count(wanted) > 2 * _SLICE:
                found += bytearray(map(contains, text.split(b"\0"), repeat(wanted)))
            else:
                found += _holding(text, wanted)
        return found

    def spans(self, label: str) -> Spans:
        return _occurrences(label, self._text)


def _holding(text: bytes, wanted: bytes) -> bytearray:
    """Which of the parts between NULs hold something, where few do."""
    found = bytearray(text.count(b"\0") + 1)
    before = text.split(wanted)
    before.pop()  # behind the last one
    for part in accumulate(map(bytes.count, before, repeat(b"\0"))):
        found[part] = 1
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
        plain = ending.isascii() and not any(sign in ending for sign in "*?[/")
        self._ending = ending.encode() if plain and pattern.startswith("*") else b""

    def select(self, view: View) -> bytearray:
        if self._ending:
            found = bytearray()
            for text in _raw_slices(view):
                found += bytearray(map(_ends_with, text.lower().split(b"\0"), repeat(self._ending)))
            _inherit(view, found)
            return found
        found = bytearray()
        for paths in _slices(view):
            folded = map(str.casefold, paths)
            start = 1 if self._whole else None
            parts = [path[start or path.rfind("/") + 1 :] for path in folded]
            found += bytearray(map(_is_match, map(self._match, parts)))
        found[0] = 0
        _inherit(view, found)
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
        found = bytearray()
        with time_limit(_SEARCH_SECONDS):
            for paths in _slices(view, fold=self._fold):
                found += bytearray(map(_is_match, map(self._search, paths)))
        _inherit(view, found)
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
        found = bytearray()
        for paths in _slices(view, fold=self._fold):
            found += bytearray(map(_is_match, map(self._match, paths)))
        return found

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


def _raw_slices(view: View) -> Iterator[bytes]:
    """The paths of a view with a slash in front, some at a time, with NULs between them."""
    paths = map(view.tree.paths.__getitem__, view.node)
    while some := list(islice(paths, _SLICE)):
        yield b"/" + b"\0/".join(some)  # none contains a NUL


def _slices(view: View, *, fold: bool = False) -> Iterator[list[str]]:
    """The same, decoded, in lists."""
    for raw in _raw_slices(view):
        text = raw.decode("utf-8", "surrogateescape")
        yield (text.lower() if fold else text).split("\0")


_ends_with: Callable[[bytes, bytes], bool] = bytes.endswith


def _is_match(found: re.Match[str] | None) -> bool:
    return found is not None


def _inherit(view: View, found: bytearray) -> None:
    """Select what lies below the selected."""
    end = view.end
    for item in compress(view.directories, map(found.__getitem__, view.directories)):
        found[item : end[item]] = b"\1" * (end[item] - item)


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
