"""The data of the report's what-if give what the analysis gives, for any findings."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.findings import WhatIf
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.layers.table import Kind
from layerlens.outputs.html.whatif import atoms
from layerlens.pipeline import Rules, analyse_image, open_image
from layerlens.sources.image import ReadOptions
from tests.members import Member, file, hardlink
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.outputs import samples

RULES = (
    Rule(id="takes", title="", topic=Topic.CONTENT, why="", fix="", ledger_class=LedgerClass.OTHER),
    Rule(id="speaks", title="", topic=Topic.CONTENT, why="", fix=""),
    Rule(id="instead", title="", topic=Topic.BASE, why="", fix="", alternative=True),
)
Pick = tuple[str, int, int, dict[str, int]]
PICKS = st.lists(
    st.tuples(
        st.sampled_from([rule.id for rule in RULES]),
        st.integers(0, 5),
        st.integers(1, 3),
        st.dictionaries(st.sampled_from(["debug", "symbols"]), st.integers(0, 3), max_size=2),
    ),
    min_size=1,
    max_size=8,
)


def _rules(picks: Sequence[Pick]) -> RuleSet:
    """Rules that speak of some of the live names and dead inodes: of the whole, or of parts."""

    def check(context: Context) -> Iterable[Draft]:
        fs = context.fs
        every = sorted({*fs.live.values(), *fs.deaths.inode})
        for rule, start, step, parts in picks:
            some = [each for each in every[start::step] if fs.kinds[fs.inode(each)] == Kind.FILE]
            yield Draft(rule, parts=dict.fromkeys(some, parts)) if parts else Draft(rule, some)

    return RuleSet(RULES, (check,))


def read(data: dict[str, Any], analysis: Analysis, ticked: set[int]) -> WhatIf:
    """What the page computes, by the same data."""
    sets = [ticked.isdisjoint(each) for each in data["sets"]]

    def met(condition: list[int] | None) -> bool:
        return condition is not None and not any(sets[each] for each in condition)

    saved = dead = removable = 0
    wire: int | None = 0
    for condition, unless, size, wired, died, claimed in data["atoms"]:
        if met(condition) and not met(unless):
            saved, dead, removable = saved + size, dead + died, removable + claimed
            wire = None if wire is None or wired is None else wire + wired
    for unless, size, wired, is_dead, claimed, parts in data["files"]:
        largest: dict[int, int] = {}
        for finding, name, part in parts:
            if finding in ticked:
                largest[name] = max(part, largest.get(name, 0))
        freed = min(sum(largest.values()), size)
        if freed and not met(unless):
            saved, removable = saved + freed, removable + min(freed, claimed)
            dead += freed if is_dead else 0
            wire = None if wire is None or wired is None else wire + wired * freed // size
    scores = analysis.scores
    total, dead = scores.total_bytes - saved, scores.dead_bytes - dead
    removable = scores.removable_bytes - removable
    return WhatIf(
        saved_bytes=saved,
        transfer_saved_bytes=wire,
        total_bytes=total,
        live_bytes=total - dead,
        dead_bytes=dead,
        removable_bytes=removable,
        efficiency=(total - dead) / total if total else 1.0,
        lean_score=(total - dead - removable) / total if total else 1.0,
    )


def check(analysis: Analysis, subsets: Iterable[set[int]]) -> None:
    data = atoms(analysis).fields()
    for ticked in subsets:
        chosen = [analysis.findings[k] for k in sorted(ticked)]
        assert read(data, analysis, ticked) == analysis.what_if(chosen), ticked
    advised = [analysis.findings[k] for k in data["advised"]]
    assert list(map(id, advised)) == list(map(id, analysis.advised))
    spoken = sum(len(each.versions) + len(each.parts) for each in analysis.findings)
    assert len(data["atoms"]) + len(data["files"]) <= spoken


def subsets(count: int, seed: int = 0, many: int = 30) -> list[set[int]]:
    """None, all, each alone, each left out, and some at random; all there are of a few."""
    every = set(range(count))
    if count <= 6:
        return [{k for k in every if mask >> k & 1} for mask in range(1 << count)]
    chance = random.Random(seed)  # noqa: S311 - repeatable
    some = [set(chance.sample(range(count), chance.randint(2, count))) for _ in range(many)]
    return [set(), every, *({k} for k in every), *(every - {k} for k in every), *some]


LINKED = [[file("a", b"xxx"), hardlink("b", "a"), hardlink("c", "a")]]


@settings(max_examples=300, deadline=None)
@given(ANY_LAYERS, PICKS, st.sets(st.integers(0, 3)), st.booleans())
@example(LINKED, [("takes", 0, 2, {}), ("speaks", 1, 1, {}), ("takes", 2, 1, {})], set(), True)
@example(
    LINKED, [("takes", 0, 1, {}), ("takes", 0, 1, {"debug": 1}), ("speaks", 0, 3, {"debug": 2})],
    set(), True,
)  # fmt: skip
def test_the_data_give_what_the_analysis_gives(
    layers: list[list[Member]], picks: list[Pick], plain: set[int], compressed: bool
) -> None:
    analysis = samples.build(layers, compressed=compressed, rules=[_rules(picks)])
    for k in plain & set(range(len(layers))):
        analysis.filesystem.tables[k].transfer = None
    check(analysis, subsets(len(analysis.findings)))


SAMPLES = Path(__file__).parents[2] / "sample_images"


@pytest.mark.parametrize(
    "path", sorted(path for path in SAMPLES.iterdir() if ".tar" in path.name), ids=lambda p: p.name
)
def test_of_the_ready_archives(path: Path) -> None:
    options = ReadOptions(select="webshop:1.0") if "both" in path.name else ReadOptions()
    image = open_image(str(path), options)
    analysis = analyse_image(image, options, rules=Rules())
    image.close()
    check(analysis, subsets(len(analysis.findings)))


def test_of_a_sample_with_parts_and_dead_bytes() -> None:
    analysis = samples.judged()
    check(analysis, subsets(len(analysis.findings)))
