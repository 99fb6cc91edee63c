"""The ways down from the ledger add up, over random layers and findings."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.image.model import BaseBoundary
from tests.members import Member, file
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.outputs import samples
from tests.unit.tui.walking import check_sums

_CLASSES = {
    "one": LedgerClass.PACKAGE_CACHES,
    "two": LedgerClass.PACKAGE_CACHES,
    "three": LedgerClass.OTHER,
}
RULES = tuple(
    Rule(id=name, title=name, topic=Topic.CONTENT, why="", fix="", ledger_class=each)
    for name, each in _CLASSES.items()
)  # fmt: skip


def _rules(picks: list[tuple[str, int, int]]) -> RuleSet:
    """Rules that claim some of the live names, one another's too."""

    def check(context: Context) -> Iterable[Draft]:
        names = sorted(context.fs.live.values())
        for rule, start, step in picks:
            versions = names[start::step]
            if versions:
                yield Draft(rule, versions)

    return RuleSet(RULES, (check,))


PICKS = st.lists(
    st.tuples(st.sampled_from(list(_CLASSES)), st.integers(0, 3), st.integers(1, 3)), max_size=5
)


@settings(max_examples=150, deadline=None)
@given(ANY_LAYERS, PICKS, st.integers(0, 4))
@example([[file("a", b"x"), file("b", b"x")]], [("one", 0, 2), ("one", 0, 1)], 0)
def test_every_level_adds_up_to_the_row_that_opened_it(
    layers: list[list[Member]], picks: list[tuple[str, int, int]], base: int
) -> None:
    boundary = BaseBoundary("exact", min(base, len(layers)), "the test")
    check_sums(samples.build(layers, base=boundary, rules=[_rules(picks)]))
