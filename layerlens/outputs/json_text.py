"""JSON as all outputs write it: ASCII, one field or one row of a list on each line.

So two documents can be compared line by line, and long lists be written piece by
piece.  An encoder with ``indent`` runs in pure Python; here C encodes each row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from layerlens.outputs.display import HIDDEN

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode

_PIECE = 2000
"""Rows that are written together."""

_DEEPEST = 4
"""Deeper than an image's settings, one line holds an object well."""


def encoded(value: Any) -> str:
    """A value on one line."""
    return _encode(value)


def tame(text: str) -> str:
    """JSON text in which no CI log finds a command, meaning the same.

    GitHub's runner obeys ``##[…]`` anywhere in a line (actions/runner,
    ``ActionCommand.TryParse``), Azure's agent ``##vso[…]``.
    """
    if "##" not in text:
        return text
    return text.replace("##[", "#\\u0023[").replace("##vso[", "#\\u0023vso[")


def unhidden(text: str) -> str:
    """JSON text that is not ASCII, hidden characters in it as JSON escapes, meaning the same."""
    return text if text.isprintable() and text.isascii() else HIDDEN.sub(_json_escape, text)


def _json_escape(match: re.Match[str]) -> str:
    return _encode(match[0])[1:-1]


def member(key: str, value: Any, depth: int) -> str:
    """A field at a depth, without what separates it from others."""
    return f"{'  ' * depth}{_encode(key)}: {value_text(value, depth)}"


def value_text(value: Any, depth: int) -> str:
    """Objects with a field on each line, lists of objects with a row on each line."""
    inside, end = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    if isinstance(value, dict) and value and depth < _DEEPEST:
        members = (member(key, item, depth + 1) for key, item in value.items())
        return "{\n" + ",\n".join(members) + end + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[" + inside + f",{inside}".join(map(_encode, value)) + end + "]"
    return _encode(value)


def write_document(document: dict[str, Any], stream: BinaryIO) -> None:
    """A whole document that is small enough to be encoded at once."""
    text = ",\n".join(member(key, value, 1) for key, value in document.items())
    stream.write(tame("{\n" + text + "\n}\n").encode())


def write_rows(stream: BinaryIO, rows: Iterable[str], depth: int) -> None:
    """A list of rows that are encoded already, some thousand at a time."""
    inside, end = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    comma = ""
    waiting: Iterator[str] = iter(rows)
    while piece := list(islice(waiting, _PIECE)):
        text = (comma or "[") + inside + f",{inside}".join(piece)
        stream.write(tame(text).encode())
        comma = ","
    stream.write(f"{end}]".encode() if comma else b"[]")
