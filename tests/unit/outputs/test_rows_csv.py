"""The one table: its rows, and that they add up."""

from __future__ import annotations

import base64
import csv
import io
from dataclasses import replace
from functools import cache

from layerlens.analysis.model import Analysis
from layerlens.outputs import rows_csv
from layerlens.outputs.csv_cells import name_cells, text_cell
from layerlens.outputs.report import Report
from layerlens.outputs.rows_csv import COLUMNS, write_rows_csv
from tests.unit.outputs import samples

lined = cache(samples.lined)


def table(analysis: Analysis) -> list[dict[str, str]]:
    stream = io.BytesIO()
    write_rows_csv(Report(analysis), stream)
    text = stream.getvalue().decode()
    assert text.count("\n") == text.count("\r\n") == len(text.splitlines())
    rows = [*csv.reader(io.StringIO(text, newline=""), strict=True)]
    assert rows[0] == list(COLUMNS)
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]


def of(rows: list[dict[str, str]], record: str) -> list[dict[str, str]]:
    return [row for row in rows if row["record"] == record]


def test_every_record_adds_up() -> None:
    analysis = samples.shop()
    rows = table(analysis)
    total = analysis.scores.total_bytes
    assert sum(int(row["bytes"]) for row in of(rows, "layer")) == total
    assert sum(int(row["bytes"]) for row in of(rows, "ledger")) == total
    assert sum(int(row["bytes"]) for row in of(rows, "waste")) == analysis.scores.dead_bytes
    assert {row["record"] for row in rows} == {"layer", "ledger", "waste"}
    first = of(rows, "layer")[0]
    assert (first["name"], first["base"], first["kind"]) == ("ADD", "yes", "gzip")
    waste = of(rows, "waste")[0]
    assert (waste["name"], waste["path"], waste["layer"], waste["lost_in"]) == (
        "deleted", "var/lib/lists", "1", "3",
    )  # fmt: skip


def test_findings() -> None:
    rows = of(table(lined()), "finding")
    assert len(rows) == len(lined().findings)
    found = next(row for row in rows if row["name"] == "package-lists")
    assert found["kind"] == "content"
    assert found["confidence"] == "certain"
    assert found["path"] == "var/lib/apt/lists/big"
    assert (found["bytes"], found["layer"], found["base"]) == ("42000000", "1", "no")
    assert int(found["line"]) % 3 == 0
    assert found["fix"].startswith(r"RUN apt-get update && apt-get install -y PACKAGES \\n &&")
    odd = next(row for row in rows if row["name"] == "bytecode")
    assert odd["path"] == r"app/bad-\xff\x1b"
    assert base64.b64decode(odd["path_base64"]) == b"app/bad-\xff\x1b"


def test_long_tables_are_written_in_pieces() -> None:
    analysis = samples.shop()
    whole = table(analysis)
    waste = list(analysis.waste) * 1000
    long = replace(analysis, waste=waste)
    assert len(waste) > rows_csv._PIECE
    assert len(table(long)) == len(whole) + len(waste) - len(analysis.waste)


def test_cells() -> None:
    for text in ("=1", "+1", "-1", "@x", "\uff1d1", "\uff20"):
        assert text_cell(text) == "'" + text
    assert text_cell("\t=1\r\n") == r"\t=1\r\n"
    assert text_cell("a=1") == "a=1"
    assert text_cell("::error::x") == r"\x3a:error::x"
    assert name_cells(b"plain") == ("plain", "")
    assert name_cells(b"-x") == ("'-x", "LXg=")
