"""Lists of files: a table for people, one JSON object a line, CSV.

The three agree row for row.  They are written while they are made, in pieces
of some hundred kilobytes, so that a list of a million files needs no memory.
"""

from __future__ import annotations

import base64
import csv
import io
import math
import stat
from collections.abc import Iterable, Iterator
from itertools import islice
from json.encoder import encode_basestring_ascii
from typing import BinaryIO, Literal, get_args

from layerlens.analysis.model import Analysis
from layerlens.errors import UsageError
from layerlens.outputs.csv_cells import name_cells
from layerlens.outputs.display import encodable, escape_path
from layerlens.outputs.json_text import tame
from layerlens.outputs.rows import Row, rows
from layerlens.units import human_size

Format = Literal["table", "ndjson", "csv"]

CSV_COLUMNS = (
    "path", "type", "size", "mode", "uid", "gid", "mtime", "target", "device", "layer",
    "change", "modified_kind", "path_base64", "target_base64", "transfer",
)  # fmt: skip

_PIECE = 2000
"""Lines that are written together."""

_TYPE_BITS = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "dir": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


def write_files(
    analysis: Analysis, stream: BinaryIO, fmt: Format | str, layer: int | None = None
) -> None:
    """Write the final filesystem, or with ``layer`` the changes of that layer.

    Raises :class:`UsageError`, before anything is written, where there is no
    such layer or format.
    """
    if fmt not in get_args(Format):
        raise UsageError(
            f"there is no list format {fmt!r:.50}", hint=f"choose {', '.join(get_args(Format))}"
        )
    found = rows(analysis.filesystem, layer)
    if fmt == "ndjson":
        _write_lines(ndjson_lines(found), stream)
    elif fmt == "table":
        compressed = any(table.transfer is not None for table in analysis.filesystem.tables)
        lines = table_lines(found, changes=layer is not None, transfer=compressed)
        _write_lines(lines, stream)
    else:
        write_csv(found, stream)


def _write_lines(lines: Iterator[str], stream: BinaryIO) -> None:
    while piece := list(islice(lines, _PIECE)):
        stream.write(("\n".join(piece) + "\n").encode())


# ------------------------------------------------------------------------------------- ndjson


def ndjson_lines(found: Iterable[Row]) -> Iterator[str]:
    """One object per row, in ASCII.  Built by hand: twice as fast as an encoder per row."""
    quote = encode_basestring_ascii
    for path, kind, size, mode, uid, gid, mtime, target, device, layer, change, how, wire in found:
        try:
            name = quote(path.decode())
        except UnicodeDecodeError:
            name = _inexact("path", path)
        link = "null" if target is None else _target(target)
        extra = "" if device is None else f', "device": [{device[0]}, {device[1]}]'
        if change is not None:
            kinds = "null" if how is None else f'"{how}"'
            extra += f', "change": "{change}", "modified_kind": {kinds}'
        yield tame(
            f'{{"path": {name}, "type": "{kind}", "size": {size}, "mode": "{mode:04o}", '
            f'"uid": {uid}, "gid": {gid}, "mtime": {seconds(mtime) or "null"}, '
            f'"target": {link}, "layer": {layer}, '
            f'"transfer": {"null" if wire is None else wire}{extra}}}'
        )


def _target(target: bytes) -> str:
    try:
        return encode_basestring_ascii(target.decode())
    except UnicodeDecodeError:
        return _inexact("target", target)


def _inexact(key: str, name: bytes) -> str:
    """The value of ``key``, and after it the field that has the exact bytes."""
    shown = encode_basestring_ascii(encodable(name.decode("utf-8", "surrogateescape")))
    return f'{shown}, "{key}_base64": "{base64.b64encode(name).decode("ascii")}"'


def seconds(mtime: float) -> str:
    """A time as a JSON number; ``""`` for what is no number of seconds."""
    if isinstance(mtime, int):
        return str(mtime)
    return repr(mtime) if math.isfinite(mtime) else ""


# ---------------------------------------------------------------------------------------- csv


def write_csv(found: Iterable[Row], stream: BinaryIO) -> None:
    """RFC 4180: a header, lines end in CR LF, quotes only where they are needed."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for count, row in enumerate(found, 1):
        path, kind, size, mode, uid, gid, mtime, target, device, layer, change, how, wire = row
        name, name_exact = name_cells(path)
        link, link_exact = ("", "") if target is None else name_cells(target)
        writer.writerow((
            name, kind, size, f"{mode:04o}", uid, gid, seconds(mtime), link,
            "" if device is None else f"{device[0]}:{device[1]}", layer,
            change or "", how or "", name_exact, link_exact, "" if wire is None else wire,
        ))  # fmt: skip
        if count % _PIECE == 0:
            stream.write(piece.getvalue().encode())
            piece.seek(0)
            piece.truncate()
    stream.write(piece.getvalue().encode())


# -------------------------------------------------------------------------------------- table


def permissions(kind: str, mode: int) -> str:
    """As ``ls`` shows them, ``h`` in front for a further name of a file."""
    shown = stat.filemode(_TYPE_BITS[kind] | mode)
    return "h" + shown[1:] if kind == "hardlink" else shown


def table_lines(found: Iterable[Row], *, changes: bool, transfer: bool) -> Iterator[str]:
    """Columns for people.  A cell that is too wide pushes the rest of its line.

    Widths are fixed, because a list that is written while it is made cannot
    be measured first; every line is complete, whatever it holds.  ``transfer``
    adds the estimated bytes on the wire, for images with compressed layers.
    """
    head = ("PERMISSIONS", "OWNER", "SIZE", "TRANSFER" if transfer else None, "LAYER", "PATH")
    yield _line(*head, "CHANGE" if changes else None)
    known: dict[tuple[str, int], str] = {}
    wire: str | None = None
    for row in found:
        kind, mode, target = row.kind, row.mode, row.target
        shown = known.get((kind, mode))
        if shown is None:
            shown = known[kind, mode] = permissions(kind, mode)
        path = escape_path(row.path) or "/"
        if target is not None:
            path += (" link to " if kind == "hardlink" else " -> ") + escape_path(target)
        if row.device is not None:
            size = f"{row.device[0]}, {row.device[1]}"
        else:
            size = human_size(row.size) if kind == "file" else "-"
        if transfer:
            if kind == "file":
                wire = "?" if row.transfer is None else f"≈ {human_size(row.transfer)}"
            else:
                wire = "-"
        change = row.change
        if change == "modified":
            change = f"modified {row.modified_kind}"
        yield _line(shown, f"{row.uid}:{row.gid}", size, wire, str(row.layer), path, change)


def _line(
    mode: str, owner: str, size: str, wire: str | None, layer: str, path: str, change: str | None
) -> str:
    first = "" if change is None else f"{change:<17}  "
    middle = "" if wire is None else f"{wire:>10}  "
    return f"{first}{mode:<11}  {owner:<11}  {size:>9}  {middle}{layer:>5}  {path}"
