"""Looks for what a user types: as text or glob, as a regular expression, or fuzzily.

All modes look at full paths as they are shown, with a slash in front, and what
lies below a match matches too.
"""

from __future__ import annotations

import fnmatch
import re
import signal
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from itertools import compress, islice, repeat
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
        text = self._text
        paths: Iterable[bytes] = map(view.tree.paths.__getitem__, view.node)
        if text.isascii():
            wanted = text.lower().encode()
            found = bytearray(map(contains, map(bytes.lower, paths), repeat(wanted)))
        else:
            folded = text.casefold()
            wanted = folded.encode("utf-8", "surrogateescape")
            found = bytearray(wanted in _encoded(path) for path in paths)
        if text.startswith("/"):  # the slash in front of the path is not part of it
            start = wanted[1:]
            tops = (i for i in _children(view, 0))
            for i in tops:
                if _encoded(view.tree.paths[view.node[i]]).startswith(start):
                    found[i] = 1
        _inherit(view, found)
        return found

    def spans(self, label: str) -> Spans:
        return _occurrences(label, self._text)


class GlobMatcher:
    """A glob must fit the last part, or the whole path where it contains a slash.

    Case does not count.
    """

    def __init__(self, pattern: str) -> None:
        self._whole = "/" in pattern
        self._pattern = pattern.strip("/").casefold()
        self._match = re.compile(fnmatch.translate(self._pattern)).match

    def select(self, view: View) -> bytearray:
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

    def select(self, view: View) -> bytearray:
        found = bytearray()
        with time_limit(_SEARCH_SECONDS):
            for paths in _slices(view, fold=self._fold):
                found += bytearray(map(_is_match, map(self._search, paths)))
        _inherit(view, found)
        return found

    def spans(self, label: str) -> Spans:
        text = label.lower() if self._fold else label
        if len(text) != len(label):
            return []
        try:
            with time_limit(_SPAN_SECONDS):
                return [m.span() for m in self._all(text) if m.end() > m.start()]
        except PatternError:
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
        found = bytearray()
        for paths in _slices(view, fold=self._fold):
            found += bytearray(map(_is_match, map(self._match, paths)))
        return found

    def spans(self, label: str) -> Spans:
        """The last places: what the label ends with says more than what it starts with."""
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
"""Paths that are decoded at a time."""


def _slices(view: View, *, fold: bool = False) -> Iterator[list[str]]:
    """The paths of a view with a slash in front, some at a time."""
    paths = map(view.tree.paths.__getitem__, view.node)
    while some := list(islice(paths, _SLICE)):
        # As one long text they are decoded at once; none contains a NUL.
        text = "/" + b"\0/".join(some).decode("utf-8", "surrogateescape")
        yield (text.lower() if fold else text).split("\0")


def _is_match(found: re.Match[str] | None) -> bool:
    return found is not None


def _encoded(path: bytes) -> bytes:
    return path.decode("utf-8", "surrogateescape").casefold().encode("utf-8", "surrogateescape")


def _children(view: View, item: int) -> Iterator[int]:
    child = item + 1
    while child < view.end[item]:
        yield child
        child = view.end[child]


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

_SEARCH_SECONDS = 0.5
_SPAN_SECONDS = 0.01


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop a regular expression that runs away; main thread only.

    Raises ``PatternError``.  An expression can take longer than the age of the
    universe on one path, and holds the interpreter's lock all the while: only
    a signal, which the matcher looks for now and then, gets through to it.
    """
    armed = True

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if armed:
            raise PatternError("this expression takes too long")

    before = signal.signal(signal.SIGALRM, stop) or signal.SIG_DFL
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
