"""The accounts of the final filesystem: passwd(5), group(5), shadow(5)."""

from __future__ import annotations

from typing import NamedTuple

from layerlens.analysis.rules.context import Context

_MOST = 10_000
"""Rows of a file that are read."""


class Account(NamedTuple):
    """A row of ``etc/passwd``; ``password`` is its second field."""

    name: str
    password: str
    uid: int
    gid: int
    home: str
    shell: str


def _rows(context: Context, path: bytes) -> list[list[str]]:
    text = (context.text(path) or b"")[: 4 << 20].decode("utf-8", "surrogateescape")
    lines = text.split("\n", _MOST)[:_MOST]
    return [line.split(":") for line in lines if ":" in line and line[0] not in "#+-"]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 11 else None


def accounts(context: Context) -> list[Account]:
    """The accounts, in the file's order; rows that are none are left out."""
    found = []
    for row in _rows(context, b"etc/passwd"):
        if len(row) < 7:
            continue
        uid, gid = _number(row[2]), _number(row[3])
        if uid is not None and gid is not None:
            found.append(Account(row[0], row[1], uid, gid, row[5], row[6]))
    return found


def groups(context: Context) -> dict[str, int]:
    """Group names and their ids."""
    found = {}
    for row in _rows(context, b"etc/group"):
        gid = _number(row[2]) if len(row) > 2 else None
        if gid is not None:
            found[row[0]] = gid
    return found


def group_rows(context: Context) -> list[tuple[str, int]]:
    """Groups in the file's order, repeated ones too."""
    found = []
    for row in _rows(context, b"etc/group"):
        gid = _number(row[2]) if len(row) > 2 else None
        if gid is not None:
            found.append((row[0], gid))
    return found


def passwords(context: Context) -> dict[str, str]:
    """The second field of ``etc/shadow`` by account."""
    return {row[0]: row[1] for row in _rows(context, b"etc/shadow")}
