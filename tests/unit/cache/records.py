"""Layers to remember, and a comparison that leaves nothing out."""

from __future__ import annotations

from dataclasses import fields

from layerlens.layers.reader import LayerRead, Origin
from layerlens.layers.table import HashKind, LayerTable
from tests.members import (
    block,
    char,
    directory,
    fifo,
    file,
    hardlink,
    layer,
    opaque,
    raw,
    sparse,
    symlink,
    whiteout,
)

EVERYTHING = layer(
    raw(b""), directory(""), directory("d", uid=1000), file("d/f", b"x" * 700),
    file("d/pax", b"y", pax=[("mtime", "1.5"), ("uid", "-9999999999999999999"), ("gid", "7"),
                             ("SCHILY.xattr.security.capability", b"\1\0\0\2"),
                             ("SCHILY.xattr.user.a", "b")]),
    file("d/whole", b"z", pax=[("mtime", "12345678901234567890"[:19])]),
    file("n" * 300, b"long"), file(b"\xff\xfe\n", b"odd"), file("../../up", b"u"),
    symlink("s", "t" * 200), symlink("empty", ""), hardlink("h", "./d/f"),
    char("c", 1, 2), block("b", 8, 1), fifo("p"),
    whiteout("d/gone"), opaque("d"), file("d/a.wh.b", b""),
    *(sparse(f"s{form}", ((0, b"a" * 20), (600, b"b")), 9000, form)
      for form in ("gnu", "0.0", "0.1", "1.0")),
)  # fmt: skip
"""A layer with one of each."""


def parts(read: LayerRead) -> dict[str, object]:
    """All that is known of a layer, its table's columns by name."""
    found: dict[str, object] = {
        each.name: getattr(read.table, each.name) for each in fields(LayerTable)
    }
    notes, transfer = read.table.notes, read.table.transfer
    found["notes"] = notes.kept, dict(notes.counts), notes.all()
    found["transfer"] = (
        None if transfer is None else (*transfer.columns(), transfer.compressed_size)
    )
    # 1 and 1.0 are equal, and not the same.
    found["times"] = [repr(each) for each in read.table.overrides.values()]
    for each in fields(LayerRead):
        if each.name != "table":
            found[each.name] = getattr(read, each.name)
    assert type(read.origin) is Origin
    assert type(read.table.hash_kind) is HashKind
    return found
