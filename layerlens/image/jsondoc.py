"""Bounded reading of JSON documents that strangers wrote.

Image metadata is small, so a document that is huge, nested beyond reason or
full of endless numbers is refused before it can hurt.  What is returned is
made of plain ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and
``None``, finite, shallow enough to walk, and every string in it can be encoded.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from layerlens.errors import FormatError, LimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_LIMIT = 4 << 20
"""Largest image configuration or manifest, in bytes (registries refuse more as well)."""

INDEX_LIMIT = 20 << 20
"""Largest ``index.json`` or ``manifest.json`` of an archive, in bytes."""

MAX_DEPTH = 200
"""Deepest nesting; real metadata stays below 20."""

MAX_VALUES = 2_000_000
"""Most values in a document: ``[{},{},…]`` takes 30 times its size in memory."""

MAX_DIGITS = 1000
"""Longest number; a 64-bit integer has 20 digits."""

_BOM = b"\xef\xbb\xbf"


def parse_object(data: bytes, what: str, limit: int = CONFIG_LIMIT) -> dict[str, Any]:
    """Parse a document that has to be a JSON object.

    ``what`` names the document in messages, such as ``"image configuration"``.
    Raises ``LimitError`` above ``limit`` bytes and ``FormatError`` for all else.
    """
    found = parse_any(data, what, limit)
    if not isinstance(found, dict):
        raise FormatError(f"{what} is {kind_of(found)}, not a JSON object")
    return found


def parse_any(data: bytes, what: str, limit: int = INDEX_LIMIT) -> Any:
    """Parse a document of any shape; see :func:`parse_object`."""
    if len(data) > limit:
        raise LimitError(f"{what} has {len(data):,} bytes, more than the {limit:,} allowed")
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise LimitError(f"{what} holds more than {MAX_VALUES:,} values")
    if not data.strip():
        raise FormatError(f"{what} is empty")
    if data.startswith(_BOM):
        raise FormatError(f"{what} starts with a byte order mark, which JSON forbids")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(f"{what} is not UTF-8: bad byte at offset {error.start}") from error
    try:
        found = json.loads(
            text, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded_int
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise FormatError(f"{what} is not valid JSON: {error.msg} at {place}") from error
    except ValueError as error:
        raise FormatError(f"{what} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise FormatError(f"{what} is nested too deeply") from error
    return _made_safe(found, what)


def get_ci(obj: Mapping[str, Any], key: str) -> Any:
    """The value of ``key`` as Go's decoder finds it: exactly, else whatever the case.

    Of several keys that differ in case only, the last one counts.  ``None``
    where there is none; JSON ``null`` is the same thing to Go.
    """
    if key in obj:
        return obj[key]
    wanted = key.lower()
    found = None
    for name, value in obj.items():
        if len(name) == len(wanted) and name.lower() == wanted:
            found = value
    return found


def text_or_none(value: object) -> str | None:
    """``value`` where it is text that says something, else ``None``."""
    return value if isinstance(value, str) and value else None


def text_map(value: object) -> dict[str, str]:
    """The pairs of a JSON object whose values are text; anything else is left out."""
    if not isinstance(value, dict):
        return {}
    return {k: v for k, v in value.items() if isinstance(v, str)}


def kind_of(value: object) -> str:
    """What people call the JSON kind of ``value``, with its article."""
    kinds: list[tuple[type, str]] = [
        (dict, "an object"),
        (list, "an array"),
        (str, "a string"),
        (bool, "a boolean"),
        (int, "a number"),
        (float, "a number"),
    ]
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    if len(text) > MAX_DIGITS or not math.isfinite(value := float(text)):
        raise ValueError("a number is out of range")
    return value


def _bounded_int(text: str) -> int:
    # Conversion takes quadratic time, and the interpreter's own bound can be switched off.
    if len(text) > MAX_DIGITS:
        raise ValueError("a number is out of range")
    return int(text)


def _made_safe(root: Any, what: str) -> Any:
    """Replace lone surrogates, legal as escapes, by U+FFFD, and bound the depth.

    Level by level instead of recursive, for any depth the parser let through.
    """
    holder = [root]
    level: list[Any] = [holder]
    depth = 0
    while level:
        if depth > MAX_DEPTH:
            raise FormatError(f"{what} is nested more than {MAX_DEPTH} levels deep")
        depth += 1
        below: list[Any] = []
        for node in level:
            if isinstance(node, dict):
                if not all(map(_is_clean, node)):
                    renamed = {_clean(key): value for key, value in node.items()}
                    node.clear()
                    node.update(renamed)
                pairs: Any = node.items()
            else:
                pairs = enumerate(node)
            for key, value in pairs:
                if isinstance(value, str):
                    if not _is_clean(value):
                        node[key] = _clean(value)
                elif isinstance(value, dict | list):
                    below.append(value)
        level = below
    return holder[0]


def _is_clean(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _clean(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)
