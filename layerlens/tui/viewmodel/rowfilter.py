"""What a text that is typed lets through of rows that are texts: as in the tree, in three ways."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence
from itertools import compress
from typing import TypeVar

from layerlens.tui.viewmodel.matching import (
    FuzzyMatcher,
    Match,
    PatternError,
    RegexMatcher,
    time_limit,
)

_SECONDS = 1.0
"""Processor time that an expression gets for all rows."""

T = TypeVar("T")


class RowFilter:
    """A text and how it is read.

    ``problem`` says why it cannot be used, if so; then what ``before`` let
    through is let through still.  ``test`` is what a row is asked, ``None``
    where all are let through, and ``may_run_away`` whether it needs a limit.
    """

    def __init__(
        self, text: str = "", match: Match = Match.GLOB, before: RowFilter | None = None
    ) -> None:
        self.text = text
        self.match = match
        self.problem: str | None = None
        self.test: Callable[[str], bool] | None = None
        self.may_run_away = match is Match.REGEX
        try:
            self.test = _test(text, match) if text else None
        except PatternError as error:
            self.problem = str(error)
            if before is not None:
                self.test, self.may_run_away = before.test, before.may_run_away

    def flags(self, texts: Sequence[str]) -> list[bool]:
        """Which texts it lets through; none where finding that out takes too long."""
        test = self.test
        if test is None:
            return [True] * len(texts)
        if not self.may_run_away:
            return list(map(test, texts))
        try:
            with time_limit(_SECONDS):
                return list(map(test, texts))
        except PatternError as error:
            self.problem = str(error)
            return [False] * len(texts)

    def keep(self, rows: Sequence[T], text_of: Callable[[T], str]) -> Sequence[T]:
        """The rows whose texts it lets through."""
        if self.test is None:
            return rows
        return list(compress(rows, self.flags(list(map(text_of, rows)))))


def next_way(match: Match) -> Match:
    """The next way to read a text, the first after the last."""
    every = list(Match)
    return every[(every.index(match) + 1) % len(every)]


def _test(text: str, match: Match) -> Callable[[str], bool]:
    """Says of a text whether it matches.  Raises ``PatternError``."""
    if match is Match.REGEX:
        return RegexMatcher(text).matches
    if match is Match.FUZZY:
        return FuzzyMatcher(text).matches
    wanted = text.casefold()
    if any(sign in wanted for sign in "*?["):
        pattern = re.compile(fnmatch.translate(f"*{wanted}*"))
        return lambda other: pattern.match(other.casefold()) is not None
    return lambda other: wanted in other.casefold()
