"""Extraction gives the tree that stacking says, whatever the layers; each layer's tree is its own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.filesystem.selection import select, tree_at
from layerlens.filesystem.stack import Semantics
from layerlens.outputs.extract import extract
from tests.members import Member, table
from tests.property.test_stacking import ANY_LAYERS
from tests.stacking import stacked
from tests.unit.outputs.test_extract import Given, tree


@settings(max_examples=300, deadline=None)
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_a_layers_tree_is_that_of_the_layers_up_to_it(
    layers: list[list[Member]], semantics: Semantics
) -> None:
    tables = [table(*members) for members in layers]
    fs = stacked(*tables, semantics=semantics)
    for k in range(len(tables)):
        below = stacked(*tables[: k + 1], semantics=semantics)
        assert tree_at(fs, k) == below.live
    assert tree_at(fs, len(tables) - 1) == fs.live


@settings(max_examples=150, deadline=None)
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_the_extracted_tree_is_the_final_one(
    layers: list[list[Member]], semantics: Semantics
) -> None:
    fs = stacked(*(table(*members) for members in layers), semantics=semantics)
    contents = Given(fs, *map(tuple, layers))
    with tempfile.TemporaryDirectory() as name:
        done = extract(select(fs, b""), contents, name)
        found = tree(Path(name) / "rootfs")
    entries = {entry.path.decode(): entry for entry in fs.final_entries()}
    skipped = {each.path.decode() for each in done.skipped}
    assert found.keys() == entries.keys() - skipped
    for path in skipped:
        assert entries[path].kind == "symlink"
        assert ".." in (entries[path].target or b"").decode()
    for path, shown in found.items():
        entry = entries[path]
        if entry.kind == "dir":
            assert shown == "/"
        elif entry.kind == "symlink":
            assert shown == f"-> {(entry.target or b'').decode()}"
        else:
            inode = fs.inode(fs.live[entry.path])
            assert shown == contents.data[inode].decode()
