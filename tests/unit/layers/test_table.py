"""What the walk tells of a table on the way must be what the table finds by itself."""

from __future__ import annotations

from layerlens.layers.tape import StreamTape
from layerlens.layers.tarwalk import walk
from tests.members import Member, directory, file, hardlink, layer, opaque, symlink, whiteout

MEMBERS: list[Member] = [
    directory("./a"),
    file("./a/b"),
    file("a//c"),
    file("/x/y/z"),
    file("top"),
    symlink("d/link", "t"),
    hardlink("e/hard", "top"),
    whiteout("a/gone"),
    opaque("f"),
    file(".wh..wh.plnk/1.2"),
    file(".wh.dir/below"),
    file("g/.hidden/file"),
    file("g/" + "long" * 40 + "/name"),
    directory("h/"),
    directory("./"),
]


def test_parents_and_marked_names() -> None:
    tape = StreamTape([layer(*MEMBERS)])
    table, _ = walk(tape.fetch, tape.read, content_hash=tape.hash)
    told_parents, told_marked = table.parents(), table.marked()
    table.known_parents = table.suspects = None
    assert told_parents == table.parents()
    assert told_marked == table.marked()
    assert told_marked == [
        i
        for i, name in enumerate(table.names)
        if any(p.startswith(b".wh.") for p in name.split(b"/"))
    ]
    assert len(told_marked) == 4
