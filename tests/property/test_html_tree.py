"""Laws of the HTML report's columns, over random stacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.filesystem.changes import Change
from layerlens.outputs.html.folding import fold
from layerlens.outputs.html.tree import columns
from tests import columns as columns_of
from tests.members import fifo, file, hardlink, sparse, whiteout
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.outputs import samples

FEW = st.sampled_from(["a", "b", "c", "b/a", "b/c"])
ODD = st.one_of(
    st.builds(whiteout, FEW, st.sampled_from([b"", b"hidden"])),
    st.builds(fifo, FEW, st.sampled_from([0o644, 0o600])),
    st.builds(hardlink, FEW, FEW, mode=st.sampled_from([0o644, 0o4755])),
    st.builds(
        lambda path, size: sparse(path, [(0, b"xy"), (size - 3, b"z")], size),
        FEW, st.integers(10, 5_000),
    ),
    st.builds(
        file, FEW, st.integers(0, 3_000).map(lambda size: b"x" * size),
        uid=st.integers(0, 2), mode=st.sampled_from([0o644, 0o755]),
    ),
)  # fmt: skip
MORE = st.lists(st.lists(ODD, max_size=6), min_size=1, max_size=4)
AGAIN = st.lists(st.integers(0, 9), max_size=4)
"""Which members of the lowest layer each layer above it lists again."""

_WHOLE = Rule(
    id="whole", title="whole files", topic=Topic.CONTENT, why="", fix="x",
    ledger_class=LedgerClass.PACKAGE_CACHES,
)  # fmt: skip
_PART = Rule(
    id="part", title="parts of files", topic=Topic.CONTENT, why="", fix="x",
    ledger_class=LedgerClass.DEBUG_INFORMATION,
)  # fmt: skip


def _check(context: Context) -> Iterable[Draft]:
    fs = context.fs
    files = sorted({fs.inode(v) for v in fs.live.values() if fs.size(v)})
    yield Draft("whole", files[::3])
    yield Draft("part", parts={inode: {"debug": fs.size(inode) // 2} for inode in files[1::3]})


@st.composite
def images(draw: st.DrawFn, *, compressed: bool | None = None) -> Analysis:
    """Random layers, rules that claim some files or parts of them, and owners of some."""
    layers, more = draw(ANY_LAYERS), draw(MORE)
    whole = [
        (layers[k] if k < len(layers) else []) + (more[k] if k < len(more) else [])
        for k in range(max(len(layers), len(more)))
    ]
    for k in range(1, len(whole)):
        whole[k] = whole[k] + [whole[0][at] for at in draw(AGAIN) if at < len(whole[0])]
    if compressed is None:
        compressed = draw(st.booleans())
    analysis = samples.build(
        whole, compressed=compressed, rules=[RuleSet((_WHOLE, _PART), (_check,))]
    )
    live = sorted(analysis.filesystem.live.values())
    owners = {version: k % 2 for k, version in enumerate(live[::2])}
    return replace(analysis, inventory=Inventory((), owners, ()))


@settings(max_examples=150, deadline=None)
@given(images())
def test_the_columns_are_the_analysis(analysis: Analysis) -> None:
    columns_of.agrees(columns(analysis), analysis)


@settings(max_examples=50, deadline=None)
@given(images(compressed=False))
def test_what_repeats_a_version_ships_nothing(analysis: Analysis) -> None:
    """So it needs no record of its own: that of the version which it repeats tells of it."""
    fs = analysis.filesystem
    sizes = fs.sizes()
    for version, change in enumerate(fs.changes):
        if change == Change.UNCHANGED:
            assert sizes[version] == 0
            assert fs.paths[fs.previous[version]] == fs.paths[version]


@settings(max_examples=150, deadline=None)
@given(images(), st.integers(1, 12), st.lists(st.integers(0, 50), max_size=2))
def test_sums_stay_when_small_files_are_folded(
    analysis: Analysis, most: int, named: list[int]
) -> None:
    whole = columns(analysis)
    count = len(whole.layer)
    keep = [at for at in named if at < count]
    found = fold(whole, keep, most)
    below = columns_of.directories(found)
    assert columns_of.sums(found, below) == columns_of.sums(whole, below)
    columns_of.stands_in_order(found)
    columns_of.adds_up(found, analysis)
    # Every record leads to the one that tells of it now.
    paths = [record.path for record in columns_of.read(whole)]
    now = [record.path.rstrip(b"/") for record in columns_of.read(found)]
    for version, at in whole.record_of.items():
        up = now[found.record_of[version]]
        assert not up or (paths[at] + b"/").startswith(up + b"/")
    told = set(now)
    assert {paths[at] for at in keep} <= told
    # A path that is told of by name is told of in all its versions.
    folded = {at for at, _ in found.folded}
    by_name = Counter(path for at, path in enumerate(now) if at not in folded)
    before = Counter(paths)
    assert all(by_name[path] == before[path] for path in by_name)
