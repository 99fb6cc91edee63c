r"""dive's JSON export, field for field as dive 0.13.1 writes it.

Two objects: ``layer`` lists each layer with all names of its own tree, ``image`` has
dive's figures.  Names come depth-first, children before their parents, in byte order;
whiteouts are names like any other, names that start with ``.wh..wh..`` are left out,
and parents without an entry stand there as records without content.  The text is what
Go's ``encoding/json`` makes with an indent of two: ``<``, ``>`` and ``&`` escaped,
each byte that is not UTF-8 as ``\ufffd``, and no newline at the end.  Besides,
characters that nobody sees and commands to the logs of CI jobs are escaped: no parser
sees a difference.

What dive takes from tar headers and we do not keep: ``/``, ``./`` and ``..`` in front
of names and of hard links' targets, and targets that whiteouts carry by accident.
Secrets in instructions are hidden here as everywhere.  ``id`` is the first part of the
layer's path in an archive; of all archives that engines write today that is ``blobs``,
and so it is here, whatever the image was read from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from layerlens.analysis.dive import dropped_at
from layerlens.analysis.model import Analysis, LayerFacts
from layerlens.layers.limits import PATH_MAX
from layerlens.layers.numbers import parse_number
from layerlens.layers.table import Kind, LayerTable
from layerlens.outputs.json_text import tame, unhidden

LAYER_ID = "blobs"

_PIECE = 2000
"""Records that are written together."""

_SHELL = "/bin/sh -c "
_NO_ROW = "(missing)"
"""dive's command of a layer that the history has no row for."""

# Go's os.FileMode: type and special bits, where POSIX has others.
_GO_DIR, _GO_SYMLINK, _GO_DEVICE, _GO_FIFO = 1 << 31, 1 << 27, 1 << 26, 1 << 25
_GO_SOCKET, _GO_SETUID, _GO_SETGID, _GO_CHAR, _GO_STICKY = (
    1 << 24, 1 << 23, 1 << 22, 1 << 21, 1 << 20,
)  # fmt: skip
_SPECIAL = ((0o4000, _GO_SETUID), (0o2000, _GO_SETGID), (0o1000, _GO_STICKY))
_FORMATS = {
    0o040000: _GO_DIR, 0o010000: _GO_FIFO, 0o120000: _GO_SYMLINK, 0o060000: _GO_DEVICE,
    0o020000: _GO_DEVICE | _GO_CHAR, 0o140000: _GO_SOCKET,
}  # fmt: skip
"""By the type bits of a header's mode, which few writers set."""
_KINDS = {
    Kind.SYMLINK: _GO_SYMLINK, Kind.CHAR: _GO_DEVICE | _GO_CHAR, Kind.BLOCK: _GO_DEVICE,
    Kind.DIR: _GO_DIR, Kind.FIFO: _GO_FIFO,
}  # fmt: skip

_MADE_UP = (
    "        {\n"
    '          "path": "",\n          "typeFlag": 0,\n          "linkName": "",\n'
    '          "size": 0,\n          "fileMode": 0,\n          "uid": 0,\n'
    '          "gid": 0,\n          "isDir": false\n        }'
)
"""The record of a parent without an entry."""


def write_dive_json(analysis: Analysis, stream: BinaryIO) -> None:
    """Write what ``dive --json`` writes of the same image."""
    out = stream.write
    tables = analysis.filesystem.tables
    rows = [row for row in analysis.history if not row.empty_layer]
    out(b'{\n  "layer": [')
    for layer in analysis.layers:
        row = rows[layer.index] if layer.index < len(rows) else None
        command = _NO_ROW if row is None else (row.created_by or "").removeprefix(_SHELL)
        out(b",\n" if layer.index else b"\n")
        _write_layer(stream, layer, tables[layer.index], command, known=row is not None)
    out(b'\n  ],\n  "image": {\n' if analysis.layers else b'],\n  "image": {\n')
    dive = analysis.dive
    total = sum(table.content_bytes for table in tables)
    out(
        f'    "sizeBytes": {total},\n'
        f'    "inefficientBytes": {dive.wasted_bytes},\n'
        f'    "efficiencyScore": {_number(dive.efficiency)},\n'
        '    "fileReference": ['.encode()
    )
    _write_records(
        stream,
        (
            f'      {{\n        "count": {file.count},\n        "sizeBytes": {file.bytes},\n'
            f'        "file": {_quoted(file.path)}\n      }}'
            for file in dive.inefficient_files
        ),
        "    ]",
    )
    out(b"\n  }\n}")


def _write_layer(
    stream: BinaryIO, layer: LayerFacts, table: LayerTable, command: str, *, known: bool
) -> None:
    digest = str(layer.diff_id) if known and layer.diff_id is not None else ""
    stream.write(
        "    {\n"
        f'      "index": {layer.index},\n      "id": "{LAYER_ID}",\n'
        f'      "digestId": {_quoted(digest)},\n'
        f'      "sizeBytes": {table.content_bytes},\n'
        f'      "command": {_quoted(command)},\n'
        '      "fileList": ['.encode()
    )
    _write_records(stream, _records(table), "      ]")
    stream.write(b"\n    }")


def _write_records(stream: BinaryIO, records: Iterator[str], end: str) -> None:
    comma = ""
    while piece := list(islice(records, _PIECE)):
        stream.write((comma + "\n" + ",\n".join(piece)).encode())
        comma = ","
    stream.write(f"\n{end}".encode() if comma else b"]")


def _records(table: LayerTable) -> Iterator[str]:
    """A record of each name of the layer's tree, in dive's order."""
    nodes = _nodes(table)
    raw, sizes, links, overrides = table.raw, table.sizes, table.links, table.overrides
    owners: dict[bytes, str] = {}
    for name in sorted(nodes, key=_visit_key):
        i = nodes[name]
        if i < 0:
            yield _MADE_UP
            continue
        kind = table.kinds[i]
        # Few modes and owners are in a layer, and many entries: each is worked out once.
        header = bytes((kind,)) + raw[i * 48 : i * 48 + 24]
        tail = owners.get(header)
        if tail is None or i in overrides:
            mode = _go_mode(parse_number(header[1:9]), kind)
            tail = (
                f'          "fileMode": {mode},\n          "uid": {table.uid(i)},\n'
                f'          "gid": {table.gid(i)},\n'
                f'          "isDir": {"true" if mode & _GO_DIR else "false"}\n        }}'
            )
            if i not in overrides:
                owners[header] = tail
        link = links.get(i)
        yield (
            f'        {{\n          "path": {_quoted_name(name)},\n'
            f'          "typeFlag": {kind},\n'
            f'          "linkName": {_EMPTY if link is None else _quoted_name(link)},\n'
            f'          "size": {sizes[i]},\n{tail}'
        )


def _nodes(table: LayerTable) -> dict[bytes, int]:
    """The names of dive's tree, with the index of what gives each its record.

    The last entry of a name counts; parents that have none are made up (-1).  Such
    parents longer than ``PATH_MAX`` are passed over, which keeps the work linear.
    """
    nodes = {name: i for i, name in enumerate(table.names)}
    nodes.pop(b"", None)
    parents = set(table.parents())
    marked = {table.names[i] for i in table.marked()}
    dropped = {name: cut for name in marked if (cut := dropped_at(name)) >= 0}
    if dropped:
        for name in dropped:
            del nodes[name]
        parents = {name.rpartition(b"/")[0] for name in nodes}
        parents.update(name[: max(0, cut - 1)] for name, cut in dropped.items())
    fresh = parents.difference(nodes)
    while fresh:
        nodes.update((name, -1) for name in fresh if name and len(name) <= PATH_MAX)
        fresh = {_above(name) for name in fresh}.difference(nodes) - {b""}
    return nodes


def _above(name: bytes) -> bytes:
    if len(name) <= PATH_MAX:
        return name.rpartition(b"/")[0]
    return name[: max(0, name.rfind(b"/", 0, PATH_MAX + 1))]


def _visit_key(name: bytes) -> bytes:
    """Sorts as dive visits: what a directory contains before itself, names in byte order.

    No name holds a NUL.
    """
    return name.replace(b"/", b"\0\0") + b"\0\1"


def _go_mode(mode: int, kind: int) -> int:
    """A header's mode as Go's ``os.FileMode``."""
    found = mode & 0o777 | _FORMATS.get(mode & ~0o7777, 0) | _KINDS.get(Kind(kind), 0)
    for posix, go in _SPECIAL:
        if mode & posix:
            found |= go
    return found


_EMPTY = '""'
_PLAIN = re.compile(r"[ !#-%\'-;=?-\[\]-~]*")
"""ASCII that Go writes as it is: all that is printed but the quote, ``&<>`` and backslash."""
_GO_ESCAPES = {
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026",
    "\u2028": "\\u2028", "\u2029": "\\u2029",
}  # fmt: skip
_TRANSLATED = str.maketrans(
    _GO_ESCAPES | {chr(point): "\\ufffd" for point in range(0xD800, 0xE000)}
)


def _quoted_name(name: bytes) -> str:
    return _quoted(name.decode("utf-8", "surrogateescape"))


def _quoted(text: str) -> str:
    """A JSON string as Go writes it; lone surrogates stand for bytes that are not UTF-8.

    What may be obeyed where it is shown, and Go leaves as it is, is escaped besides:
    whoever parses it reads the same.
    """
    if _PLAIN.fullmatch(text):
        return tame(f'"{text}"')
    return tame(unhidden(json.dumps(text, ensure_ascii=False).translate(_TRANSLATED)))


def _number(value: float) -> str:
    """A finite number as Go's encoder writes it."""
    text = repr(value)
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        from decimal import Decimal

        return f"{Decimal(text):f}".removesuffix(".0")
    digits, _, exponent = text.replace(".0e", "e").partition("e")
    return f"{digits}e{int(exponent):+d}"
