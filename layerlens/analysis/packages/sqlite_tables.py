"""Rows of SQLite databases out of an image: in memory, and nothing of theirs is run.

A database may hold views, triggers and virtual tables that compute without
end.  So only plain columns of plain tables are read, each step by leave of an
authorizer, and the steps, rows and bytes are bounded.  What a write-ahead log
holds beyond the database is applied to a copy (sqlite.org, "Database File
Format", 4: The Write-Ahead Log).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from layerlens.analysis.packages.rpm_ndb import DatabaseError

if TYPE_CHECKING:
    import sqlite3

MAX_ROWS = 500_000
MAX_LOG = 32 << 20
_STEPS = 10_000
_MOST_STEPS = 500  # times _STEPS of SQLite's virtual machine
_MAGIC = b"SQLite format 3\0"


def rows(
    data: bytes, log: bytes | None, table: str, columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Rows of one table in the order of their row ids; columns that it lacks are ``None``.

    Raises :exc:`DatabaseError` where the database cannot be read, maybe after some rows.
    """
    import sqlite3  # late: few images have such databases

    if not data.startswith(_MAGIC):
        raise DatabaseError("not a database of SQLite's")
    image = _with_log(data, log or b"")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(image)
            yield from _rows(connection, table, columns, len(image))
    except (sqlite3.Error, ValueError, OverflowError, MemoryError, AttributeError) as error:
        if isinstance(error, DatabaseError):
            raise
        # Python may be built without deserialize: then there is no attribute of that name.
        raise DatabaseError(f"SQLite says: {error}") from None


def _rows(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], size: int
) -> Iterator[tuple[Any, ...]]:
    import sqlite3

    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 1
        return steps > _MOST_STEPS

    def allow(action: int, one: str | None, _two: object, _base: object, by: str | None) -> int:
        reading = action == sqlite3.SQLITE_READ and one == table and by is None
        allowed = reading or action == sqlite3.SQLITE_SELECT
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    connection.set_progress_handler(step, _STEPS)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(size, 1 << 20))
    connection.text_factory = lambda value: value.decode("utf-8", "replace")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA cell_size_check = ON")
    # hidden: 1 is a virtual table's, 2 and 3 are computed from others
    described = connection.execute(f"PRAGMA table_xinfo({table})").fetchall()
    known = {row[1] for row in described if row[6] == 0}
    if not known:
        raise DatabaseError(f"no table {table}")
    if not any(column in known for column in columns):
        raise DatabaseError(f"the table {table} has other columns")
    connection.set_authorizer(allow)
    names = ", ".join(f'"{name}"' if name in known else "NULL" for name in columns)
    room = size
    query = f'SELECT {names} FROM "{table}"'  # noqa: S608 - names of ours
    for count, row in enumerate(connection.execute(query)):
        room -= sum(len(value) for value in row if isinstance(value, bytes | str))
        if count >= MAX_ROWS or room < 0:
            raise DatabaseError("more rows than its pages can hold")
        yield row


# ---------------------------------------------------------------------- write-ahead log


def _with_log(data: bytes, log: bytes) -> bytes:
    """The database with what its log has committed, and told to be without a log."""
    found = bytearray(data)
    if log:
        if len(log) > MAX_LOG:
            raise DatabaseError(f"its write-ahead log exceeds {MAX_LOG} bytes")
        _apply(found, log)
    if len(found) >= 20:
        found[18:20] = b"\x01\x01"  # not 2, "write-ahead log": memory has none
    return bytes(found)


def _apply(found: bytearray, log: bytes) -> None:
    """Write the pages of all committed frames; a frame of an older round ends the log."""
    if len(log) < 32:
        return
    magic, _, size, _, salt_1, salt_2, first, second = struct.unpack_from(">8I", log)
    if magic not in (0x377F0682, 0x377F0683) or not 512 <= size <= 1 << 16:
        return
    order = ">" if magic & 1 else "<"
    sums = _checksum(order, log[:24], (0, 0))
    if sums != (first, second):
        return
    waiting: dict[int, int] = {}
    committed: dict[int, int] = {}
    pages = 0
    for at in range(32, len(log) - 24 - size + 1, 24 + size):
        page, commit, one, two, first, second = struct.unpack_from(">6I", log, at)
        if (one, two) != (salt_1, salt_2):
            break
        sums = _checksum(order, log[at : at + 8], sums)
        sums = _checksum(order, log[at + 24 : at + 24 + size], sums)
        if sums != (first, second):
            break
        waiting[page] = at + 24
        if commit:
            committed |= waiting
            waiting.clear()
            pages = commit
    if not committed:
        return
    if pages * size > len(found) + len(log):
        raise DatabaseError("its write-ahead log names pages that it does not hold")
    found.extend(bytes(max(pages * size - len(found), 0)))
    for page, at in committed.items():
        if 0 < page <= pages:
            found[(page - 1) * size : page * size] = log[at : at + size]
    del found[pages * size :]


def _checksum(order: str, data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    """SQLite's sum over pairs of 32-bit words."""
    first, second = sums
    for one, two in struct.iter_unpack(order + "II", data):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return first, second
