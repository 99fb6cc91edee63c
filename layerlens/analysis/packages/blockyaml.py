"""The YAML that pnpm writes: block mappings of scalars, and nothing that can grow.

Lock files and ``.modules.yaml`` are dumped by one library in one style: nested
block mappings, block sequences of scalars, flow collections on one line, plain,
quoted and folded scalars, and ``? `` before very long keys.  Anchors, aliases,
tags and several documents do not occur, and are taken as text.  Scalars stay
strings (``"true"``); flow collections stay their text.
"""

from __future__ import annotations

import re
from typing import Any

MAX_DEPTH = 32
MAX_LINES = 500_000
MAX_LINE = 1 << 16

_QUOTED_KEY = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")\s*:(?:\s+(.*))?$")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


class YamlError(Exception):
    """A text that is not of this kind; the message says where."""


def parse(text: bytes) -> dict[str, Any]:
    """The mapping of a document: strings, lists of strings, and mappings of these."""
    return _Reader(text.decode("utf-8-sig", "replace")).document()


class _Reader:
    """Goes through the lines once."""

    def __init__(self, text: str) -> None:
        lines = text.split("\n")
        if len(lines) > MAX_LINES:
            raise YamlError(f"more than {MAX_LINES} lines")
        self._lines: list[tuple[int, str, int]] = []
        for number, raw in enumerate(lines, 1):
            line = raw.rstrip()
            if len(line) > MAX_LINE:
                raise YamlError(f"line {number} has more than {MAX_LINE} characters")
            body = line.lstrip(" ")
            if body and not body.startswith("#") and line != "---":
                self._lines.append((len(line) - len(body), body, number))
        self._at = 0

    def document(self) -> dict[str, Any]:
        if not self._lines:
            return {}
        found = self._mapping(self._lines[0][0], 0)
        if self._at < len(self._lines):
            raise self._error()
        return found

    def _error(self) -> YamlError:
        return YamlError(f"line {self._lines[self._at][2]} is no YAML of the kind that pnpm writes")

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:
            raise YamlError(f"nested more than {MAX_DEPTH} deep")
        found: dict[str, Any] = {}
        while self._at < len(self._lines):
            column, body, _ = self._lines[self._at]
            if column < indent:
                break
            if column > indent:
                raise self._error()
            if body.startswith("? "):
                key, value = self._long_key(body, indent)
            else:
                pair = _pair(body)
                if pair is None:
                    raise self._error()
                key, value = pair
            self._at += 1
            found[key] = self._value(value, indent, depth)
        return found

    def _long_key(self, body: str, indent: int) -> tuple[str, str]:
        """``? key`` and, on the next line, ``: value``."""
        self._at += 1
        if self._at >= len(self._lines):
            raise YamlError("the last key has no value")
        column, value, _ = self._lines[self._at]
        if column != indent or not value.startswith(":"):
            raise self._error()
        rest = value[1:].strip()
        if not rest.startswith(("{", "[")) and _pair(rest) is not None:
            # A mapping that begins on the line of its colon: put it on a line of its own.
            offset = len(value) - len(value[1:].lstrip())
            self._lines[self._at] = (indent + offset, rest, self._lines[self._at][2])
            self._at -= 1
            rest = ""
        return _scalar(body[2:].strip()), rest

    def _value(self, value: str, indent: int, depth: int) -> Any:
        if value[:1] in (">", "|") and len(value) <= 3:
            return self._folded(indent)
        if value:
            return _scalar(value)
        if self._at >= len(self._lines):
            return ""
        column, body, _ = self._lines[self._at]
        if body.startswith("- ") and column >= indent:
            return self._sequence(column)
        return self._mapping(column, depth + 1) if column > indent else ""

    def _folded(self, indent: int) -> str:
        parts = []
        while self._at < len(self._lines) and self._lines[self._at][0] > indent:
            parts.append(self._lines[self._at][1])
            self._at += 1
        return " ".join(parts)

    def _sequence(self, indent: int) -> list[str]:
        found = []
        while self._at < len(self._lines):
            column, body, _ = self._lines[self._at]
            if column == indent and body.startswith("- "):
                found.append(_scalar(body[2:].strip()))
            elif column <= indent:
                break
            self._at += 1  # what a sequence's item nests is not asked for
        return found


def _pair(body: str) -> tuple[str, str] | None:
    """Key and value of one line of a mapping."""
    if body[:1] and body[0] in "'\"":
        match = _QUOTED_KEY.match(body)
        return None if match is None else (_scalar(match[1]), match[2] or "")
    end = body.find(": ")
    if end < 0 and body.endswith(":"):
        end = len(body) - 1
    return None if end <= 0 else (body[:end].rstrip(), body[end + 1 :].strip())


def _scalar(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text


def _unescaped(match: re.Match[str]) -> str:
    what = match[1]
    if what[0] in "xu" and len(what) > 1:
        return chr(int(what[1:], 16))
    return _ESCAPES.get(what, what)
