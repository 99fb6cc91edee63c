"""Write the JSON document; the two lists that grow with the image are joined by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring_ascii
from typing import BinaryIO

from layerlens.analysis.model import Analysis, InefficientFile, Waste
from layerlens.filesystem.changes import Cause
from layerlens.gate.model import Verdict
from layerlens.outputs.display import name_bytes, path_fields
from layerlens.outputs.json_text import encoded, member, tame, write_rows
from layerlens.outputs.schema import document_head, document_tail


def write_json(analysis: Analysis, stream: BinaryIO, verdict: Verdict | None = None) -> None:
    """Write :func:`analysis_document` in ASCII, ending in a newline.

    The same analysis and verdict give the same bytes.
    """
    # The long lists are left out of what goes through the encoder.
    head = document_head(analysis, lists=False)
    scores = head.pop("scores")
    dive = scores.pop("dive")
    dive.pop("inefficient_files")
    tail = document_tail(analysis, verdict, lists=False)
    tail.pop("waste")

    def out(text: str) -> None:
        stream.write(tame(text).encode())

    first = ("schema_version", "layerlens", "image")
    before = ["{", *(f"{member(key, head.pop(key), 1)}," for key in first), '  "scores": {']
    before += [f"{member(key, value, 2)}," for key, value in scores.items()]
    before.append('    "dive": {')
    before += [f"{member(key, value, 3)}," for key, value in dive.items()]
    out("\n".join(before))
    out('\n      "inefficient_files": ')
    write_rows(stream, inefficient_rows(analysis.dive.inefficient_files), 3)
    out("\n    }\n  }")
    for key, value in head.items():
        out(f",\n{member(key, value, 1)}")
    out(',\n  "waste": ')
    write_rows(stream, waste_rows(analysis.waste), 1)
    for key, value in tail.items():
        out(f",\n{member(key, value, 1)}")
    out("\n}\n")


def waste_rows(waste: Iterable[Waste]) -> Iterator[str]:
    """The rows of :func:`schema.waste_fields`, encoded."""
    words = {cause: cause.word for cause in Cause}
    quote = encode_basestring_ascii
    for row in waste:
        try:
            name = f'"path": {quote(row.path.decode())}'
        except UnicodeDecodeError:
            name = encoded(path_fields(row.path))[1:-1]
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
            else encoded(path_fields(name_bytes(path)))[1:-1]
        )
        yield f'{{{name}, "count": {row.count}, "bytes": {row.bytes}}}'
