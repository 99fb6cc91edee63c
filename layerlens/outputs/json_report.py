"""Write the JSON document: one field, or one row of a list, on each line.

So differences between two reports can be read, and so a long list is written
piece by piece.  An encoder with ``indent`` runs in pure Python; here C encodes
each row, and the two lists that grow with the image are joined by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import Any, BinaryIO

from layerlens.analysis.model import Analysis, InefficientFile, Waste
from layerlens.filesystem.changes import Cause
from layerlens.outputs.display import name_bytes, path_fields
from layerlens.outputs.schema import document_head, document_tail

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode

_PIECE = 2000
"""Rows that are written together."""


def write_json(analysis: Analysis, stream: BinaryIO) -> None:
    """Write :func:`analysis_document` in ASCII, ending in a newline.

    The same analysis gives the same bytes.
    """
    # The long lists are left out of what goes through the encoder.
    head = document_head(analysis, lists=False)
    scores = head.pop("scores")
    dive = scores.pop("dive")
    dive.pop("inefficient_files")
    tail = document_tail(analysis, lists=False)
    tail.pop("waste")

    out = stream.write
    first = ("schema_version", "layerlens", "image")
    before = ["{", *(f"{_member(key, head.pop(key), 1)}," for key in first), '  "scores": {']
    before += [f"{_member(key, value, 2)}," for key, value in scores.items()]
    before.append('    "dive": {')
    before += [f"{_member(key, value, 3)}," for key, value in dive.items()]
    out("\n".join(before).encode())
    out(b'\n      "inefficient_files": ')
    _write_rows(stream, inefficient_rows(analysis.dive.inefficient_files), 3)
    out(b"\n    }\n  }")
    for key, value in head.items():
        out(f",\n{_member(key, value, 1)}".encode())
    out(b',\n  "waste": ')
    _write_rows(stream, waste_rows(analysis.waste), 1)
    for key, value in tail.items():
        out(f",\n{_member(key, value, 1)}".encode())
    out(b"\n}\n")


def _member(key: str, value: Any, depth: int) -> str:
    return f"{'  ' * depth}{_encode(key)}: {_value(value, depth)}"


def _value(value: Any, depth: int) -> str:
    """Objects with a field on each line, lists of objects with a row on each line."""
    inside, end = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    # Deeper than an image's settings, one line holds an object well.
    if isinstance(value, dict) and value and depth < 4:
        members = (_member(key, item, depth + 1) for key, item in value.items())
        return "{\n" + ",\n".join(members) + end + "}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[" + inside + f",{inside}".join(map(_encode, value)) + end + "]"
    return _encode(value)


def _write_rows(stream: BinaryIO, rows: Iterator[str], depth: int) -> None:
    """A list of rows that are encoded already."""
    inside, end = "\n" + "  " * (depth + 1), "\n" + "  " * depth
    comma = ""
    while piece := list(islice(rows, _PIECE)):
        stream.write(((comma or "[") + inside + f",{inside}".join(piece)).encode())
        comma = ","
    stream.write(f"{end}]".encode() if comma else b"[]")


def waste_rows(waste: Iterable[Waste]) -> Iterator[str]:
    """The rows of :func:`schema.waste_fields`, encoded."""
    words = {cause: cause.word for cause in Cause}
    quote = encode_basestring_ascii
    for row in waste:
        try:
            name = f'"path": {quote(row.path.decode())}'
        except UnicodeDecodeError:
            name = _encode(path_fields(row.path))[1:-1]
        yield (
            f'{{{name}, "cause": "{words[row.cause]}", "bytes": {row.bytes}, '
            f'"added_in": {row.added_in}, "lost_in": {row.lost_in}}}'
        )


def inefficient_rows(files: Iterable[InefficientFile]) -> Iterator[str]:
    """The rows of :func:`schema.inefficient_fields`, encoded."""
    for row in files:
        path = row.path
        # Lone surrogates stand for bytes that are not UTF-8.
        name = (
            f'"path": {encode_basestring_ascii(path)}'
            if path.isascii()
            else _encode(path_fields(name_bytes(path)))[1:-1]
        )
        yield f'{{{name}, "count": {row.count}, "bytes": {row.bytes}}}'
