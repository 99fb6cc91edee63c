"""Layers, the ledger, findings and waste as one CSV table.

Every row has the same columns, so that one file opens in a spreadsheet; ``record``
says what a row is, and which columns it fills.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from layerlens.analysis.model import Analysis
from layerlens.outputs.csv_cells import name_cells, text_cell
from layerlens.outputs.report import Report

COLUMNS = (
    "record", "kind", "name", "severity", "confidence", "path", "layer", "lost_in", "bytes",
    "transfer_bytes", "base", "instruction", "line", "fix", "path_base64",
)  # fmt: skip

_PIECE = 2000
"""Rows that are written together."""

Cells = tuple[object, ...]


def write_rows_csv(report: Report, stream: BinaryIO) -> None:
    """RFC 4180: a header, lines end in CR LF, quotes only where they are needed."""
    piece = io.StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for count, row in enumerate(rows(report.analysis), 1):
        writer.writerow(row)
        if count % _PIECE == 0:
            stream.write(piece.getvalue().encode())
            piece.seek(0)
            piece.truncate()
    stream.write(piece.getvalue().encode())


def rows(analysis: Analysis) -> Iterator[Cells]:
    """All rows, in the order of the columns; what a row does not have is ``""``."""
    yield from _layers(analysis)
    for row in analysis.ledger:
        yield (
            "ledger", row.kind, row.name, "", "", "", "", "", row.bytes, _number(row.transfer_bytes),
            "", "", "", "", "",
        )  # fmt: skip
    yield from _findings(analysis)
    yield from _waste(analysis)


def _layers(analysis: Analysis) -> Iterator[Cells]:
    for layer in analysis.layers:
        instruction = layer.instruction
        yield (
            "layer", layer.compression, text_cell(instruction.keyword), "", "", "", layer.index, "",
            layer.size, _number(layer.compressed_size), _yes_no(layer.is_base),
            text_cell(instruction.text), "", "", "",
        )  # fmt: skip


def _findings(analysis: Analysis) -> Iterator[Cells]:
    for finding in analysis.findings:
        path, exact = name_cells(finding.paths[0]) if finding.paths else ("", "")
        yield (
            "finding", finding.rule.topic.value, text_cell(finding.rule.id), finding.severity.word,
            finding.confidence.value, path, _number(finding.layer), "", finding.bytes,
            _number(finding.transfer_bytes), _yes_no(finding.is_base),
            text_cell(finding.instruction), _number(finding.line), text_cell(finding.fix), exact,
        )  # fmt: skip


def _waste(analysis: Analysis) -> Iterator[Cells]:
    layers = analysis.layers
    for row in analysis.waste:
        path, exact = name_cells(row.path)
        yield (
            "waste", "dead", row.cause.word, "", "", path, row.added_in, row.lost_in, row.bytes, "",
            _yes_no(layers[row.added_in].is_base), "", "", "", exact,
        )  # fmt: skip


def _number(value: int | None) -> int | str:
    return "" if value is None else value


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
