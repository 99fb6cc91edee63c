"""What a shell command line runs, told apart without running or expanding anything.

A small part of the grammar of POSIX shells (IEEE 1003.1, XCU 2.3 and 2.10):
quotes, lists, pipes, groups, redirections, comments and here-documents.
Substitutions stay words as they are written.  Any text gives an answer; one
that is no shell text gives a harmless one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_TEXT = 1 << 16
"""Characters of a text that are looked at."""

_MAX_DEPTH = 40
_OPERATOR = re.compile(r"&&|\|\||;;&?|;&|\|&|[;&|\n()]")
_REDIRECTION = re.compile(r"\d*(?:<<<|<<-?|&>>?|>>|>\||<>|[<>]&|[<>])")
_BLANKS = re.compile(r"(?:[ \t\r]|\\\n)+")
_PLAIN = re.compile(r"[^\s'\"\\`$;&|()<>]+")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_KEYWORDS = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"})
_ENDS = frozenset({"fi", "done", "esac", "}"})
_WRAPPERS = frozenset({"sudo", "exec", "command", "env", "nice", "nohup", "eatmydata", "builtin"})


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command.

    ``words`` without quotes, assignments in front (``assignments``),
    redirections and reserved words; ``joiner`` the operator before it (``""``,
    ``&&``, ``||``, ``;``, ``|``, ``&``, ``(``, a line break); ``start`` and
    ``end`` where it stands in the text.
    """

    words: tuple[str, ...]
    assignments: tuple[str, ...]
    joiner: str
    start: int
    end: int

    @property
    def program(self) -> str:
        """The last part of the program's path, ``sudo`` and its kind left out."""
        called = self.called
        return called[0].rpartition("/")[2] if called else ""

    @property
    def called(self) -> tuple[str, ...]:
        """The words from the program on, ``sudo`` and its kind with their options left out."""
        words = self.words
        while words and words[0].rpartition("/")[2] in _WRAPPERS:
            at = 1
            while at < len(words) and (words[at].startswith("-") or _ASSIGNMENT.match(words[at])):
                at += 1
            words = words[at:]
        return words

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the program that are no options."""
        return tuple(word for word in self.called[1:] if not word.startswith("-"))

    def has(self, *options: str) -> bool:
        """Whether an option stands among the words, alone or with ``=value``."""
        return any(word.partition("=")[0] in options for word in self.called[1:])


def commands(text: str) -> list[Command]:
    """The simple commands of a shell text, in the order in which they are written."""
    return list(_Scanner(text[:MAX_TEXT]).commands())


@dataclass(slots=True)
class _Scanner:
    text: str

    def commands(self) -> Iterator[Command]:
        text, at, joiner = self.text, 0, ""
        words: list[str] = []
        assignments: list[str] = []
        documents: list[tuple[str, bool]] = []
        start = end = -1

        def command() -> Command | None:
            if not words and not assignments:
                return None
            return Command(tuple(words), tuple(assignments), joiner, start, end)

        while at < len(text):
            if blanks := _BLANKS.match(text, at):
                at = blanks.end()
                continue
            if redirection := _REDIRECTION.match(text, at):
                kind = redirection[0].lstrip("0123456789")
                at = redirection.end()
                if gap := _BLANKS.match(text, at):
                    at = gap.end()
                at, target = self._word(at)
                end = at
                if kind in ("<<", "<<-") and target:
                    documents.append((target, kind == "<<-"))
                continue
            if operator := _OPERATOR.match(text, at):
                found = command()
                if found is not None:
                    yield found
                    words, assignments, start = [], [], -1
                    joiner = operator[0]
                elif joiner not in ("&&", "||", "|") or operator[0] != "\n":
                    joiner = operator[0]
                at = operator.end()
                if operator[0] == "\n":
                    for document in documents:
                        at = self._skip_document(at, *document)
                    documents.clear()
                continue
            if text[at] == "#":
                at = self._line_end(at)
                continue
            begin = at
            at, word = self._word(at)
            if at == begin:  # no progress would mean for ever
                at += 1
                continue
            quoted = text[begin] in "'\"\\"
            if not words and not quoted:
                if _ASSIGNMENT.match(word):
                    assignments.append(word)
                    start, end = begin if start < 0 else start, at
                    continue
                if word in _KEYWORDS and not assignments:
                    continue
                if word in _ENDS:
                    continue
            words.append(word)
            start, end = begin if start < 0 else start, at
        found = command()
        if found is not None:
            yield found

    def _word(self, at: int) -> tuple[int, str]:
        """The word that begins here, without its quotes, and where it ends."""
        text = self.text
        parts: list[str] = []
        while at < len(text):
            if plain := _PLAIN.match(text, at):
                parts.append(plain[0])
                at = plain.end()
                continue
            char = text[at]
            if char == "\\":
                if text[at + 1 : at + 2] != "\n":
                    parts.append(text[at + 1 : at + 2])
                at += 2
            elif char == "'":
                end = self._find("'", at + 1)
                parts.append(text[at + 1 : end])
                at = end + 1
            elif char == '"':
                end = self._double(at, 0)
                parts.append(_unescaped(text[at + 1 : end].removesuffix('"')))
                at = end
            elif char == "`":
                end = self._find("`", at + 1) + 1
                parts.append(text[at:end])
                at = end
            elif char == "$":
                end = self._dollar(at, 0)
                parts.append(text[at:end])
                at = end
            else:
                break
        return min(at, len(text)), "".join(parts)

    def _double(self, at: int, depth: int) -> int:
        """Behind the end of the double quotes that begin here."""
        text = self.text
        at += 1
        while at < len(text):
            char = text[at]
            if char == '"':
                return at + 1
            if char == "\\":
                at += 2
            elif char == "$":
                at = self._dollar(at, depth + 1)
            else:
                at += 1
        return len(text)

    def _dollar(self, at: int, depth: int) -> int:
        """Behind the substitution that begins here; behind the ``$`` where none does."""
        text = self.text
        opened = text[at + 1 : at + 2]
        if opened not in ("(", "{") or depth > _MAX_DEPTH:
            return at + 1
        closed = ")" if opened == "(" else "}"
        at += 2
        level = 1
        while at < len(text):
            char = text[at]
            if char == "\\":
                at += 2
                continue
            if char == "'" and opened == "(":
                at = self._find("'", at + 1) + 1
                continue
            if char == '"':
                at = self._double(at, depth + 1)
                continue
            if char == "$":
                at = self._dollar(at, depth + 1)
                continue
            level += (char == opened) - (char == closed)
            at += 1
            if not level:
                return at
        return len(text)

    def _find(self, mark: str, at: int) -> int:
        found = self.text.find(mark, at)
        return len(self.text) if found < 0 else found

    def _line_end(self, at: int) -> int:
        return self._find("\n", at)

    def _skip_document(self, at: int, word: str, tabs: bool) -> int:
        """Behind the here-document that begins here."""
        text = self.text
        while at < len(text):
            end = self._line_end(at)
            line = text[at:end]
            at = end + 1
            if (line.lstrip("\t") if tabs else line) == word:
                break
        return min(at, len(text))


def _unescaped(text: str) -> str:
    r"""The inside of double quotes; ``\`` escapes only what means something there."""
    return re.sub(r"\\([$`\"\\])|\\\n", lambda match: match[1] or "", text)
