"""Laws of stacking, over random sequences of layers."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.figures import account, file_count, ledger, scores, tallies, waste_rows
from layerlens.filesystem.result import Filesystem
from layerlens.filesystem.stack import Semantics
from layerlens.layers.names import base, parent
from layerlens.layers.table import LayerTable
from tests.drawing import paths
from tests.members import Member, directory, file, hardlink, opaque, symlink, table, whiteout
from tests.stacking import dead, stacked, visible

PATHS = paths(["a", "b", "c"], 3)
MEMBERS = st.one_of(
    st.builds(file, PATHS, st.sampled_from([b"", b"x", b"yy", b"zz"]), mtime=st.integers(0, 1)),
    st.builds(directory, PATHS, mode=st.sampled_from([0o755, 0o700])),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
ANY_LAYERS = st.lists(st.lists(MEMBERS, max_size=8), min_size=1, max_size=4)


def _tables(layers: list[list[Member]]) -> list[LayerTable]:
    return [table(*members) for members in layers]


@settings(max_examples=400, deadline=None)
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_every_byte_is_live_or_dead_once(layers: list[list[Member]], semantics: Semantics) -> None:
    fs = stacked(*_tables(layers), semantics=semantics)
    total = sum(sum(t.sizes) for t in fs.tables)
    live = sum(entry.size for entry in fs.final_entries())
    assert total == live + sum(dead(fs).values())
    assert len(set(fs.deaths.inode)) == len(fs.deaths), "an inode dies once"
    for split in range(len(fs.tables) + 1):
        sums = account(fs)
        rows = ledger(sums, split)
        assert sum(row.bytes for row in rows) == total
        assert sum(row.base_bytes for row in rows) == sum(sums.total[:split])
        found = scores(fs, sums, split)
        assert found.live_bytes == live
        assert 0 <= found.user_wasted_percent <= 100
        assert sum(sums.dead) == sum(sums.kills) == found.dead_bytes
    assert sum(row.bytes for row in waste_rows(fs)) == total - live
    kinds = [entry.kind for entry in fs.final_entries()]
    assert file_count(fs) == len(kinds) - kinds.count("dir")


@settings(max_examples=300, deadline=None)
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_the_final_tree_is_a_tree(layers: list[list[Member]], semantics: Semantics) -> None:
    shown = visible(stacked(*_tables(layers), semantics=semantics))
    for path in shown:
        assert not base(path).startswith(b".wh.")
        if parent(path):
            assert shown.get(parent(path)) == "dir"


@settings(max_examples=200, deadline=None)
@given(ANY_LAYERS, st.sampled_from(Semantics))
def test_changes_replayed_give_the_final_tree(
    layers: list[list[Member]], semantics: Semantics
) -> None:
    fs = stacked(*_tables(layers), semantics=semantics)
    paths: set[bytes] = set()
    for layer in range(len(fs.tables)):
        for event in fs.events(layer):
            if event.change == "removed":
                assert event.path in paths
                paths.discard(event.path)
            elif event.change == "added":
                assert event.path not in paths
                paths.add(event.path)
            else:
                assert event.path in paths
        assert all(tally.files >= 0 and tally.bytes >= 0 for tally in tallies(fs, layer))
    assert paths == set(fs.live)


@settings(max_examples=200, deadline=None)
@given(ANY_LAYERS)
def test_a_stack_is_the_stack_of_its_beginning_and_more(layers: list[list[Member]]) -> None:
    """A layer on top never changes what was said of the layers below it."""
    below, whole = stacked(*_tables(layers[:-1])), stacked(*_tables(layers))
    for layer in range(len(layers) - 1):
        assert list(below.events(layer)) == list(whole.events(layer))


# --------------------------------------------------------------------------- a second opinion


@dataclass
class Inode:
    """A regular file of the second opinion."""

    size: int


def second_opinion(layers: list[list[Member]]) -> dict[bytes, str | Inode]:
    """Apply well-behaved layers one member at a time to a plain dictionary."""
    tree: dict[bytes, str | Inode] = {}

    def remove(path: bytes) -> None:
        for found in [p for p in tree if p == path or p.startswith(path + b"/")]:
            del tree[found]

    for members in layers:
        for member in members:
            name = member.name.rstrip(b"/")
            if base(name) == b".wh..wh..opq":
                for found in [p for p in tree if p.startswith(parent(name) + b"/")]:
                    del tree[found]
            elif base(name).startswith(b".wh."):
                remove(name.replace(b".wh.", b"", 1))
        for member in members:
            name = member.name.rstrip(b"/")
            if base(name).startswith(b".wh."):
                continue
            up = parent(name)
            while up:
                if tree.get(up) != "dir":
                    remove(up)
                    tree[up] = "dir"
                up = parent(up)
            if member.typeflag == b"5":
                if tree.get(name) != "dir":
                    remove(name)
                tree[name] = "dir"
            else:
                remove(name)
                tree[name] = "symlink" if member.typeflag == b"2" else Inode(len(member.data))
    return tree


@st.composite
def tidy_layers(draw: st.DrawFn) -> list[list[Member]]:
    """Layers as builders write them: each path once, parents listed, none below a file."""
    layers = []
    for _ in range(draw(st.integers(1, 5))):
        kinds: dict[str, str] = {}
        for path in draw(st.lists(PATHS, max_size=6, unique=True)):
            ups = ["/".join(path.split("/")[:k]) for k in range(1, path.count("/") + 1)]
            if any(kinds.get(up, "dir") != "dir" for up in ups):
                continue
            if any(other.startswith(path + "/") for other in kinds):
                kinds[path] = "dir"
            else:
                kinds[path] = draw(st.sampled_from(["file", "dir", "symlink", "gone", "opaque"]))
            for up in ups:
                kinds.setdefault(up, "dir")
        members: list[Member] = []
        for path, kind in sorted(kinds.items()):
            if kind == "file":
                members.append(file(path, b"x" * draw(st.integers(0, 3))))
            elif kind == "symlink":
                members.append(symlink(path, "t"))
            elif kind == "gone":
                members.append(whiteout(path))
            else:
                members.append(directory(path))
                if kind == "opaque":
                    members.append(opaque(path))
        layers.append(members)
    return layers


@settings(max_examples=500, deadline=None)
@given(tidy_layers())
def test_tidy_layers_agree_with_the_second_opinion(layers: list[list[Member]]) -> None:
    expected = second_opinion(layers)
    for semantics in Semantics:
        fs = stacked(*_tables(layers), semantics=semantics)
        shown = {entry.path: (entry.kind, entry.size) for entry in fs.final_entries()}
        assert shown == {
            path: ("file", node.size) if isinstance(node, Inode) else (node, 0)
            for path, node in expected.items()
        }


def test_an_empty_image_is_perfectly_efficient() -> None:
    fs = Filesystem()
    found = scores(fs, account(fs), 0)
    assert (found.efficiency, found.lean_score, found.user_wasted_percent) == (1.0, 1.0, 0.0)
