"""SQLite's files: what a log holds counts, and nothing in them is run."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from layerlens.analysis.packages import sqlite_tables
from layerlens.analysis.packages.rpm_ndb import DatabaseError

_SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, blob BLOB)"


def _made(*statements: str) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        return connection.serialize()


def _rows(
    data: bytes, log: bytes | None = None, columns: Sequence[str] = ("id", "name")
) -> list[tuple[Any, ...]]:
    return list(sqlite_tables.rows(data, log, "t", columns))


def test_rows_in_their_order() -> None:
    data = _made(_SCHEMA, "INSERT INTO t VALUES (2, 'b', x'00ff'), (1, 'a', NULL)")
    assert _rows(data, columns=("name", "blob", "absent")) == [
        ("a", None, None),
        ("b", b"\0\xff", None),
    ]


def test_texts_that_are_no_utf8() -> None:
    data = _made(_SCHEMA, "INSERT INTO t VALUES (1, CAST(x'61ff' AS TEXT), NULL)")
    assert _rows(data) == [(1, "a\ufffd")]


# ---------------------------------------------------------------------- write-ahead log


def _with_log(tmp_path: Path, page: int = 4096) -> tuple[bytes, bytes]:
    """A database whose log holds a table, two committed rows, and one that is not committed."""
    path = tmp_path / "db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA page_size = {page}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute(_SCHEMA)
        connection.execute("INSERT INTO t VALUES (1, 'first', zeroblob(20000))")
        connection.execute("INSERT INTO t VALUES (2, 'second', NULL)")
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t VALUES (3, 'third', zeroblob(200000))")
        data, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
        connection.execute("ROLLBACK")
    return data, log


@pytest.mark.parametrize("page", [512, 4096, 65536])
def test_what_the_log_has_committed(tmp_path: Path, page: int) -> None:
    data, log = _with_log(tmp_path, page)
    assert len(log) > 200_000  # the third row, not committed, is in it too
    assert _rows(data, log) == [(1, "first"), (2, "second")]
    with pytest.raises(DatabaseError):
        _rows(data)  # the table itself is only in the log


def _outcome(data: bytes, log: bytes) -> list[tuple[Any, ...]] | None:
    try:
        return _rows(data, log)
    except DatabaseError:
        return None


def _truth(tmp_path: Path, data: bytes, log: bytes) -> list[tuple[Any, ...]] | None:
    """What SQLite itself makes of a database and its log; ``None`` for an error."""
    path = tmp_path / "copy"
    path.write_bytes(data)
    Path(f"{path}-wal").write_bytes(log)
    Path(f"{path}-shm").unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute("SELECT id, name FROM t").fetchall()
    except sqlite3.Error:
        return None


def test_each_truncation_of_the_log(tmp_path: Path) -> None:
    data, log = _with_log(tmp_path)
    seen = []
    for end in [*range(0, len(log), 4111), *range(0, 200, 7)]:
        found = _outcome(data, log[:end])
        assert found == _truth(tmp_path, data, log[:end]), end
        seen.append(found)
    for expected in (None, [], [(1, "first")], [(1, "first"), (2, "second")]):
        assert expected in seen


def test_a_damaged_frame_ends_the_log(tmp_path: Path) -> None:
    data, log = _with_log(tmp_path)
    for at in [*range(0, 40_000, 1021), *range(60)]:
        damaged = log[:at] + bytes([log[at] ^ 0xFF]) + log[at + 1 :]
        assert _outcome(data, damaged) == _truth(tmp_path, data, damaged), at


def test_a_log_of_another_round_is_none(tmp_path: Path) -> None:
    data, log = _with_log(tmp_path)
    frame = 32
    other = log[:frame] + log[frame : frame + 8] + b"saltsalt" + log[frame + 16 :]
    with pytest.raises(DatabaseError, match="no table"):
        _rows(data, other)


def test_a_log_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_tables, "MAX_LOG", 10)
    with pytest.raises(DatabaseError, match="exceeds 10 bytes"):
        _rows(_made(_SCHEMA), b"x" * 11)


def test_a_log_that_names_endless_pages() -> None:
    head = struct.pack(">6I", 0x377F0683, 3007000, 512, 0, 1, 2)
    sums = sqlite_tables._checksum(">", head, (0, 0))
    first = struct.pack(">II", 1, 0xFFFFFFFF)
    page = bytes(512)
    after = sqlite_tables._checksum(">", page, sqlite_tables._checksum(">", first, sums))
    log = head + struct.pack(">II", *sums) + first + struct.pack(">4I", 1, 2, *after) + page
    with pytest.raises(DatabaseError, match="does not hold"):
        _rows(_made(_SCHEMA), log)


# ---------------------------------------------------------------------- hostile databases

_ENDLESS = (
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS id, '' FROM c"
)


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE u (id)",),
        ("CREATE TABLE t (other)",),
        (f"CREATE VIEW t (id, name) AS {_ENDLESS}",),
        ("CREATE TABLE u (id, name)", "CREATE VIEW t AS SELECT * FROM u"),
        ("CREATE VIRTUAL TABLE t USING fts5(id, name)",),
        ("CREATE TABLE t (id, name AS (zeroblob(100000000)))", "INSERT INTO t VALUES (1)"),
    ],
)  # fmt: skip
def test_what_is_no_plain_table(statements: Sequence[str]) -> None:
    data = _made(*statements)
    if "AS (zeroblob" in statements[0]:
        assert _rows(data) == [(1, None)]  # a computed column is not computed
        return
    with pytest.raises(DatabaseError):
        _rows(data)


def test_a_view_that_says_it_is_a_table() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
        connection.execute("INSERT INTO t VALUES (1, 'x')")
        connection.execute("PRAGMA writable_schema = ON")
        sql = f"CREATE VIEW t (id, name) AS {_ENDLESS}"
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 't'", (sql,))
        data = connection.serialize()
    with pytest.raises(DatabaseError):
        _rows(data)


def test_pages_that_are_read_again_and_again() -> None:
    """Inner pages that lead to the same leaves over and over would never end."""
    page = 512
    # Page 1: the schema.  Pages 2 to 19 lead to the next, 80 times each; page 20 has a row.
    data = bytearray(_made("PRAGMA page_size = 512", "CREATE TABLE t (id INTEGER PRIMARY KEY)"))
    del data[page:]
    for number in range(2, 20):
        inner = bytearray(page)
        cells = 40
        start = page - 5 * cells
        inner[0:12] = struct.pack(">BHHHBI", 5, 0, cells, start, 0, number + 1)
        for cell in range(cells):
            inner[12 + 2 * cell : 14 + 2 * cell] = struct.pack(">H", start + 5 * cell)
            inner[start + 5 * cell : start + 5 * cell + 5] = struct.pack(">IB", number + 1, cell)
        data += inner
    leaf = bytearray(page)
    leaf[0:8] = struct.pack(">BHHHB", 13, 0, 1, page - 4, 0)
    leaf[8:10] = struct.pack(">H", page - 4)
    leaf[page - 4 :] = b"\2\1\2\0"
    data += leaf
    data[28:32] = struct.pack(">I", len(data) // page)
    with pytest.raises(DatabaseError):
        list(sqlite_tables.rows(bytes(data), None, "t", ("id",)))


def test_more_bytes_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_tables, "MAX_ROWS", 3)
    data = _made(_SCHEMA, "INSERT INTO t VALUES (1, 'a', 0), (2, 'b', 0), (3, 'c', 0), (4, 'd', 0)")
    found = sqlite_tables.rows(data, None, "t", ("id",))
    assert [next(found), next(found), next(found)] == [(1,), (2,), (3,)]
    with pytest.raises(DatabaseError, match="more rows"):
        next(found)


def test_every_truncation() -> None:
    data = _made(_SCHEMA, "INSERT INTO t VALUES (1, 'a', zeroblob(9000)), (2, 'b', NULL)")
    for end in [*range(200), *range(200, len(data), 61)]:
        try:
            assert _rows(data[:end], columns=("id", "name", "blob"))[:1] == [(1, "a", bytes(9000))]
        except DatabaseError:
            continue
