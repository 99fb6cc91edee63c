"""Ignores over any image: all of it leaves nothing wasted, some of it never makes it worse."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.rules.catalogue import by_path, structure
from layerlens.gate.catalogue import BY_ID
from layerlens.gate.ignoring import excuse
from layerlens.gate.judge import measures_of
from layerlens.gate.measures import Measures
from layerlens.gate.model import Ignore
from tests.builders import Image, layer
from tests.judging import Looked
from tests.members import Member
from tests.property.test_dead import LARGER
from tests.property.test_stacking import ANY_LAYERS
from tests.unit.gate.demanding import TODAY

SETS = (structure.RULE_SET, by_path.RULE_SET)
GLOBS = st.sampled_from(["**", "a", "b/**", "**/c", "*", "a/b", "{a,b}/*", "nothing"])
RULES = st.sampled_from(["", "deleted-later", "replaced-later", "mode-changed-later", "no-rule"])
IGNORES = st.lists(
    st.builds(
        lambda rule, paths: Ignore("why", rule, tuple(paths)),
        RULES,
        st.lists(GLOBS, min_size=1, max_size=2),
    )
    | RULES.filter(bool).map(lambda rule: Ignore("why", rule)),
    min_size=1,
    max_size=3,
)


def shares(measures: Measures) -> tuple[float, float, float, float]:
    """Efficiency, lean score, user wasted, wasted bytes."""
    found = [
        measures.figure(BY_ID[name]).value
        for name in ("lowest-efficiency", "lowest-lean-score", "highest-user-wasted-percent",
                     "highest-wasted-bytes")
    ]  # fmt: skip
    assert None not in found
    return tuple(found)  # type: ignore[return-value]


@settings(max_examples=150, deadline=None)
@given(ANY_LAYERS, LARGER, st.integers(0, 2), IGNORES)
def test_ignores_only_ever_excuse(
    layers: list[list[Member]], larger: list[list[Member]], base: int, ignores: list[Ignore]
) -> None:
    made = [
        layer(*(layers[k] if k < len(layers) else []), *(larger[k] if k < len(larger) else []))
        for k in range(max(len(layers), len(larger)))
    ]
    analysis = Looked(Image(made, []), min(base, len(made))).analysis(SETS)
    plain = shares(Measures(analysis))
    assert plain[0] == analysis.scores.efficiency
    assert plain[1] == analysis.scores.lean_score

    assert shares(measures_of(analysis, [Ignore("all", paths=("**",))], TODAY)) == (1, 1, 0, 0)

    excused = excuse(analysis, ignores, TODAY)
    efficiency, lean, user, wasted = shares(Measures(analysis, excused))
    assert plain[0] <= efficiency <= 1
    assert plain[1] <= lean <= efficiency
    assert 0 <= user <= plain[2] <= 1
    assert 0 <= wasted <= plain[3]
    # What is ignored is dead or claimed, and nothing is claimed twice.
    claimed = {} if analysis.judged is None else analysis.judged.claimed.inodes
    assert excused.dead <= set(analysis.filesystem.deaths.inode)
    if excused.claims is not None:
        assert excused.claims.keys() <= claimed.keys()
    hides_something = bool(excused.findings or excused.dead or excused.claims is not None)
    assert hides_something or not any(each.used for each in excused.rulings)
