"""Laws of comparing, over random pairs of images."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.comparison.compare import compare
from layerlens.comparison.model import Comparison, PathChange, SameContent
from layerlens.layers.table import Kind
from tests.drawing import paths
from tests.members import Member, directory, file, hardlink, opaque, symlink, whiteout
from tests.unit.comparison.twoimages import blind, by_hashes
from tests.unit.outputs.samples import build

PATHS = st.one_of(
    st.sampled_from(["a", "b", "d"]),  # few, so that links find what they lead to
    paths(["a", "b", "c.pyc", "c.py"], 3),
)
MEMBERS = st.one_of(
    st.builds(file, PATHS, st.sampled_from([b"", b"x", b"yy", b"zz"]), mtime=st.integers(0, 1)),
    st.builds(directory, PATHS, mode=st.sampled_from([0o755, 0o700])),
    st.builds(symlink, PATHS, PATHS),
    st.builds(hardlink, PATHS, PATHS, mode=st.sampled_from([0o644, 0o600])),
    st.builds(hardlink, st.sampled_from(["a", "b", "d"]), st.sampled_from(["a", "b", "d"])),
    st.builds(whiteout, PATHS),
    st.builds(opaque, PATHS),
)
# Few whole layers, so that images share some.
LAYER = st.lists(MEMBERS, max_size=6)
INSTRUCTIONS = st.sampled_from(["RUN apt-get update", "COPY . /app", "RUN make -j4", "ADD x /"])


@st.composite
def two_images(draw: st.DrawFn) -> tuple[Analysis, Analysis]:
    pool = draw(st.lists(LAYER, min_size=1, max_size=4))
    compressed = draw(st.booleans())

    def image() -> Analysis:
        layers: list[list[Member]] = draw(
            st.one_of(st.lists(st.sampled_from(pool), max_size=4), st.just(pool))
        )
        steps = draw(st.lists(INSTRUCTIONS, min_size=len(layers), max_size=len(layers)))
        return build(layers, steps, compressed=compressed)

    return image(), image()


def entries(analysis: Analysis) -> dict[bytes, tuple[object, ...]]:
    """The final filesystem by a slow way: what each path is."""
    fs = analysis.filesystem
    found: dict[bytes, tuple[object, ...]] = {}
    for entry in fs.final_entries():
        version = fs.live[entry.path]
        inode = fs.inode(version)
        held: object = None
        if fs.kind(version) is Kind.FILE:
            table, i = fs.slot(inode)
            held = (table.sizes[i], table.hash(i) if table.sizes[i] else b"")
        kind = fs.kind(version)
        times = None if kind is Kind.DIR else entry.mtime
        target = entry.target if kind is Kind.SYMLINK else None
        found[entry.path] = (
            kind,
            held,
            entry.size,
            entry.mode,
            entry.uid,
            entry.gid,
            times,
            target,
        )
    return found


@settings(max_examples=300, deadline=None)
@given(two_images(), st.booleans())
def test_sums_add_up(images: tuple[Analysis, Analysis], can_see: bool) -> None:
    old, new = images
    same = by_hashes(old, new) if can_see else blind
    found = compare(old, new, same)
    assert sum(path.bytes for path in found.paths) == found.live.change
    assert sum(path.old_bytes for path in found.paths) <= old.scores.live_bytes
    assert sum((row.bytes.change or 0) for row in found.classes) == found.size.change
    assert sum(p.size.new or 0 for p in found.layers) == new.image.size
    assert sum(p.size.old or 0 for p in found.layers) == old.image.size
    assert sorted(p.new for p in found.layers if p.new is not None) == list(range(len(new.layers)))
    assert sorted(p.old for p in found.layers if p.old is not None) == list(range(len(old.layers)))
    news = [p.new for p in found.layers if p.new is not None]
    assert news == sorted(news)
    distinct = {layer.diff_id: (layer.compressed_size, layer.size) for layer in new.layers}
    which = 0 if found.pull.exact else 1
    assert found.pull.bytes + found.pull.reused_bytes == sum(
        sizes[which] or 0 for sizes in distinct.values()
    )
    assert found.pull.bytes <= found.pull.chained_bytes
    assert sorted((*found.pull.fetched, *found.pull.reused)) == list(range(len(new.layers)))
    fetched = {new.layers[n].diff_id: new.layers[n].size for n in found.pull.fetched}
    assert sum(each.bytes for each in found.refetched) <= sum(fetched.values())


@settings(max_examples=300, deadline=None)
@given(two_images())
def test_all_that_differs_is_told(images: tuple[Analysis, Analysis]) -> None:
    old, new = images
    found = compare(old, new, by_hashes(old, new))
    assert not found.unsure
    before, after = entries(old), entries(new)
    differ = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    told = [path.path for path in found.paths]
    told += [path.moved_from for path in found.paths if path.moved_from is not None]
    assert sorted(told) == sorted(differ)
    for path in found.paths:
        if path.change is PathChange.ADDED:
            assert path.path not in before
        elif path.change is PathChange.REMOVED:
            assert path.path not in after
        elif path.change is PathChange.MOVED:
            assert path.moved_from is not None
            assert before[path.moved_from][:2] == after[path.path][:2]
        elif path.change is PathChange.TYPE:
            assert before[path.path][0] != after[path.path][0]
        elif path.change is PathChange.CONTENT:
            a, b = before[path.path], after[path.path]
            assert (a[1], a[7]) != (b[1], b[7])
        else:
            assert before[path.path][1] == after[path.path][1]


@settings(max_examples=100, deadline=None)
@given(two_images(), st.booleans())
def test_an_image_does_not_differ_from_itself(
    images: tuple[Analysis, Analysis], can_see: bool
) -> None:
    for image in images:
        found = compare(image, image, by_hashes(image, image) if can_see else blind)
        assert found.is_same
        assert not found.refetched
        assert not found.unsure
        assert found.pull.bytes == found.pull.chained_bytes == 0
        assert found.pull.broke_at is None


@settings(max_examples=200, deadline=None)
@given(two_images(), st.booleans())
def test_the_other_way_round_is_the_negative(
    images: tuple[Analysis, Analysis], can_see: bool
) -> None:
    old, new = images

    def same(one: Analysis, other: Analysis) -> SameContent:
        return by_hashes(one, other) if can_see else blind

    there = compare(old, new, same(old, new))
    back = compare(new, old, same(new, old))
    for name in ("size", "transfer", "live", "dead"):
        assert _negated(there, back, name)
    assert there.unsure == back.unsure
    assert _by_path(there, 1) == _by_path(back, -1)
    assert {(row.kind, row.name): row.bytes.change for row in there.classes} == {
        (row.kind, row.name): -(row.bytes.change or 0) for row in back.classes
    }
    assert there.is_same == back.is_same


def _negated(there: Comparison, back: Comparison, name: str) -> bool:
    one, other = getattr(there, name).change, getattr(back, name).change
    return bool(one == other) if one is None else bool(one == -other)


def _by_path(found: Comparison, sign: int) -> dict[bytes, int]:
    """Change by path, moved ones at both of their places."""
    sums: dict[bytes, int] = {}
    for path in found.paths:
        for at, size in (
            (path.moved_from or path.path, -path.old_bytes),
            (path.path, path.new_bytes),
        ):
            sums[at] = sums.get(at, 0) + sign * size
    return {at: size for at, size in sums.items() if size}
