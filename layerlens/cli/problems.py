"""Everything that is wrong with settings, gathered, so that it is told at once."""

from __future__ import annotations

from collections.abc import Iterable

from layerlens.errors import UsageError, Where


class Problems:
    """What is wrong, by place; ``path`` is the settings file's, ``None`` where there is none."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path
        self._of_file: list[str] = []
        self._others: list[str] = []

    def in_file(self, where: str, what: str) -> None:
        """Something at a place of the settings file, ``ci.max-size``."""
        self.of_file([f"{where}: {what}"])

    def of_file(self, lines: Iterable[str]) -> None:
        """What somebody else found in the settings file, places and all."""
        self._of_file += map(_cut, lines)
        self._bounded()

    def elsewhere(self, where: str, what: str) -> None:
        """Something of a variable or a flag, which ``where`` names."""
        self._others.append(_cut(f"{where}: {what}"))
        self._bounded()

    def add(self, others: Problems) -> None:
        """Take over what others found."""
        self._of_file += others._of_file
        self._others += others._others

    def _bounded(self) -> None:
        """Tell at once what is more than anybody reads: each takes time to find, and to word."""
        if len(self._of_file) + len(self._others) > _MOST_PROBLEMS:
            self.refuse()

    def __bool__(self) -> bool:
        return bool(self._of_file or self._others)

    def refuse(self) -> None:
        """Raise one :class:`UsageError` that tells them all, if there are any."""
        if not self:
            return
        if not self._others:
            raise UsageError("; ".join(once(self._of_file)), where=Where(file=self._path))
        ours = [f"{self._path}: {text}" for text in self._of_file]
        raise UsageError("; ".join(once([*ours, *self._others])))


def _cut(text: str) -> str:
    """One problem, so long that the others still find room beside it."""
    return text if len(text) <= _LONGEST_PROBLEM else f"{text[:_LONGEST_PROBLEM]}..."


_LONGEST_PROBLEM = 400

_MOST_PROBLEMS = 200


def once(texts: Iterable[str]) -> list[str]:
    """Texts in their order, each once."""
    return list(dict.fromkeys(texts))


def suggestion(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?``, where something is near enough."""
    from layerlens.analysis.rules.user import closest  # late: it loads difflib

    return closest(word[:_LONGEST], known)


def quoted(value: object) -> str:
    """A value of a stranger's file in quotes, cut to a length that a line can hold."""
    if isinstance(value, str):
        text = value[: _LONGEST + 1]
    elif isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    shown = repr(text[:_LONGEST]) if isinstance(value, str) else text[:_LONGEST]
    return f"{shown}..." if len(text) > _LONGEST else shown


_LONGEST = 100
"""Characters of a wrong value; whoever wrote it knows the rest."""
