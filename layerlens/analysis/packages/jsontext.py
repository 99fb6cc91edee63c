"""JSON from inside an image: read with bounds, and taken apart without trust."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerlens.analysis.packages.view import View

MAX_TEXT = 32 << 20
"""Bytes of a JSON text that is read."""


class JsonError(Exception):
    """A text that is no JSON, or too large or too deep for us; the message says which."""


def parse(text: bytes) -> Any:
    """The value of a JSON text (UTF-8, with or without a byte order mark)."""
    import json

    if len(text) > MAX_TEXT:
        raise JsonError(f"more than {MAX_TEXT >> 20} MiB of JSON")
    try:
        return json.loads(text.decode("utf-8-sig", "replace"))
    except RecursionError:
        raise JsonError("JSON nested too deeply") from None
    except ValueError as error:  # also integers of more digits than Python converts
        raise JsonError(f"no JSON: {error}") from None


def mapping(value: object) -> dict[str, Any]:
    """The value, if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def object_at(view: View, path: bytes) -> dict[str, Any] | None:
    """The object that a file holds; ``None`` without the file, and where it is no JSON, which is told."""
    text = view.text(path)
    if text is None:
        return None
    try:
        return mapping(parse(text))
    except JsonError as error:
        view.problem(path, str(error))
        return None


def texts(value: object) -> dict[str, str]:
    """Those members of an object that are strings."""
    return {name: each for name, each in mapping(value).items() if isinstance(each, str)}


def words(value: object) -> list[str]:
    """Those items of an array that are strings."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def word(value: object) -> str:
    """The value, if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""
