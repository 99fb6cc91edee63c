"""Ignores in effect: what is ignored counts as kept, and what each hid is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.gate.model import Ignore, Outcome, Verdict
from layerlens.image.model import BaseBoundary
from tests.builders import file, hardlink, whiteout
from tests.unit.gate.demanding import TODAY, demand, judged
from tests.unit.outputs import samples
from tests.unit.outputs.samples import build


def verdict(analysis: Analysis, *ignores: Ignore, strict: bool = False) -> Verdict:
    """Everything about waste, judged."""
    return judged(
        analysis,
        demand("lowest-efficiency", "100%"),
        demand("lowest-lean-score", "100%"),
        demand("highest-wasted-bytes", "0B"),
        demand("highest-user-wasted-percent", "0%"),
        *(demand("max-waste", "0B", name) for name in WASTE),
        demand("max-findings", "0", "info"),
        ignores=ignores,
        strict=strict,
    )


WASTE = ("deleted", "package-caches", "debug-information", "package-lists", "deleted-later")


def figures(analysis: Analysis, *ignores: Ignore) -> dict[str, float | None]:
    """Figures by gate or subject."""
    found = verdict(analysis, *ignores).rulings
    return {each.demand.subject or each.demand.gate.id: each.measured for each in found}


def hidden(found: Verdict, analysis: Analysis) -> list[str]:
    return sorted(analysis.findings[n].rule.id for n in found.ignored)


@pytest.fixture(scope="module")
def image() -> Analysis:
    return samples.judged()


def test_everything_ignored_leaves_nothing_wasted(image: Analysis) -> None:
    found = figures(image, Ignore("all", paths=("**",)))
    assert found["lowest-efficiency"] == found["lowest-lean-score"] == 1.0
    assert found["info"] == 1  # what is said of no path cannot lie at one
    assert not any(
        value for name, value in found.items() if not name.startswith("lowest") and name != "info"
    )


def test_a_rule_is_hidden_with_its_bytes(image: Analysis) -> None:
    before, after = figures(image), figures(image, Ignore("we want them", rule="package-lists"))
    assert before["package-caches"] == before["package-lists"] == 42_000_000
    assert after["package-caches"] == after["package-lists"] == 0
    assert after["lowest-lean-score"] == (63_500_000 - 12_400_000) / 63_500_000
    assert after["deleted"] == before["deleted"]
    found = verdict(image, Ignore("we want them", rule="package-lists"))
    assert hidden(found, image) == ["package-lists", "package-lists"]
    assert (found.ignores[0].findings, found.ignores[0].bytes) == (2, 42_000_000)
    assert found.ignores[0].used


def test_a_rule_about_dead_bytes_excuses_them(image: Analysis) -> None:
    found = figures(image, Ignore("known", rule="deleted-later"))
    assert found["deleted"] == found["highest-wasted-bytes"] == found["deleted-later"] == 0
    assert found["lowest-efficiency"] == 1.0
    assert found["highest-user-wasted-percent"] == 0
    assert found["package-caches"] == 42_000_000


def test_a_rule_without_bytes_is_hidden(image: Analysis) -> None:
    found = verdict(image, Ignore("later", rule="root-user"))
    assert hidden(found, image) == ["root-user"]
    assert (found.ignores[0].findings, found.ignores[0].bytes) == (1, 0)
    assert figures(image, Ignore("later", rule="root-user"))["info"] == len(image.findings) - 1


def test_a_finding_is_hidden_only_where_all_its_files_are_ignored(image: Analysis) -> None:
    big = Ignore("big", paths=("/var/lib/apt/lists/big",))
    found = verdict(image, big)
    assert hidden(found, image) == ["package-lists"]  # that about the big one alone
    after = figures(image, big)
    assert after["package-caches"] == after["package-lists"] == 2_000_000
    assert found.ignores[0].bytes == 40_000_000
    both = (big, Ignore("small", rule="package-lists", paths=("**/small",)))
    found = verdict(image, *both)
    assert hidden(found, image) == ["package-lists", "package-lists"]
    assert figures(image, *both)["package-caches"] == 0
    assert [each.findings for each in found.ignores] == [2, 1]


def test_a_rule_at_paths_leaves_other_rules_alone(image: Analysis) -> None:
    ignore = Ignore("x", rule="deleted-later", paths=("var/**", "tmp/*"))
    found = figures(image, ignore)
    assert found["deleted"] == 0
    assert found["package-caches"] == 42_000_000
    assert hidden(verdict(image, ignore), image) == ["deleted-later"]


def test_a_directory_stands_for_all_below_it(image: Analysis) -> None:
    assert figures(image, Ignore("x", paths=("/tmp",)))["highest-wasted-bytes"] == 0


def test_parts_of_files_are_excused(image: Analysis) -> None:
    for ignore in (Ignore("x", rule="debug-information"), Ignore("x", paths=("app/run",))):
        found = figures(image, ignore)
        assert found["debug-information"] == 0
        assert verdict(image, ignore).ignores[0].bytes == 400_000


def test_what_the_image_weighs_is_not_changed(image: Analysis) -> None:
    everything = Ignore("all", paths=("**",))
    wanted = [demand("max-size", "1B"), demand("max-path", "1B", "var/**"), demand("no-root")]
    plain, ignored = judged(image, *wanted), judged(image, *wanted, ignores=[everything])
    for one, other in zip(plain.rulings, ignored.rulings, strict=True):
        assert (one.measured, one.message) == (other.measured, other.message)


# ------------------------------------------------------------------------- ignores themselves


def test_an_ignore_counts_through_its_last_day(image: Analysis) -> None:
    last = Ignore("x", rule="root-user", expires=TODAY)
    gone = Ignore("x", rule="root-user", expires=TODAY - timedelta(days=1))
    assert verdict(image, last).ignores[0].used
    found = verdict(image, gone)
    assert found.ignores[0].expired
    assert not found.ignored
    assert found.idle_ignores == list(found.ignores)


def test_idle_ignores_fail_where_that_is_strict(image: Analysis) -> None:
    for idle in (
        Ignore("x", paths=("nothing/**",)),
        Ignore("x", rule="no-such-rule"),
        Ignore("x", rule="root-user", paths=("**",)),
        Ignore("x", rule="root-user", expires=date(2020, 1, 1)),
    ):
        wanted = demand("max-size", "1GB")
        assert judged(image, wanted, ignores=[idle]).passed
        strict = judged(image, wanted, ignores=[idle], strict=True)
        assert strict.outcome is Outcome.FAIL
        assert strict.idle_ignores
    used = judged(image, demand("max-size", "1GB"), ignores=[Ignore("x", rule="root-user")],
                  strict=True)  # fmt: skip
    assert used.passed


def test_without_rules_dead_bytes_are_excused_by_path() -> None:
    shop = samples.shop()
    found = judged(shop, demand("highest-wasted-bytes", "0B"),
                   ignores=[Ignore("x", paths=("var/**",)), Ignore("y", rule="deleted-later")])  # fmt: skip
    assert found.rulings[0].measured == shop.scores.dead_bytes - 250_000 - 9_000
    assert [each.used for each in found.ignores] == [True, False]
    assert b"var/lib/lists" not in [
        path for each in found.rulings[0].offenders for path in each.paths
    ]


# ----------------------------------------------------------------------- bytes and their rules


def rule(name: str, where: LedgerClass | None = None, *, alternative: bool = False) -> Rule:
    return Rule(id=name, title=name, topic=Topic.CONTENT, why="w", fix="f", ledger_class=where,
                alternative=alternative)  # fmt: skip


def two_rules(layers: Sequence[Sequence[object]], paths: dict[str, list[bytes]]) -> Analysis:
    """An image in which each rule speaks of some paths, dead ones by their last bytes."""
    rules = (
        rule("tools", LedgerClass.BUILD_TOOLS), rule("docs", LedgerClass.DOCUMENTATION),
        rule("dead"), rule("stages", alternative=True),
    )  # fmt: skip

    def check(context: Context) -> Iterable[Draft]:
        by_path = {path: version for version, path in enumerate(context.fs.paths)}
        for name, found in paths.items():
            yield Draft(name, [by_path[path] for path in found])

    return build(layers, rules=[RuleSet(rules, (check,))])  # type: ignore[arg-type]


SHARED = [[file("a", b"a" * 100), file("b", b"b" * 10), file("gone", b"g" * 7)], [whiteout("gone")]]


def waste_of(analysis: Analysis, *ignores: Ignore) -> list[float | None]:
    found = judged(
        analysis,
        *(demand("max-waste", "0B", name) for name in ("build-tools", "documentation", "deleted")),
        demand("lowest-lean-score", "0%"),
        ignores=ignores,
    )
    by_name = {each.demand.subject: each.measured for each in found.rulings}
    return [by_name[name] for name in ("build-tools", "documentation", "deleted")]


def test_bytes_of_an_ignored_rule_go_to_the_rule_that_still_speaks_of_them() -> None:
    image = two_rules(SHARED, {"tools": [b"a"], "docs": [b"a", b"b"]})
    assert waste_of(image) == [100, 10, 7]
    assert waste_of(image, Ignore("x", rule="tools")) == [0, 110, 7]
    assert waste_of(image, Ignore("x", rule="docs")) == [100, 0, 7]
    assert waste_of(image, Ignore("x", rule="docs"), Ignore("y", rule="tools")) == [0, 0, 7]
    assert waste_of(image, Ignore("x", rule="tools"), Ignore("y", paths=("a",))) == [0, 10, 7]
    at_a = Ignore("x", rule="docs", paths=("a",))
    assert waste_of(image, Ignore("y", rule="tools"), at_a) == [0, 10, 7]


def test_dead_bytes_count_while_another_rule_speaks_of_them() -> None:
    image = two_rules(SHARED, {"dead": [b"gone"], "tools": [b"gone"], "docs": [b"b"]})
    assert waste_of(image, Ignore("x", rule="dead"))[2] == 7
    assert waste_of(image, Ignore("x", rule="dead"), Ignore("y", rule="tools"))[2] == 0
    assert waste_of(image, Ignore("x", paths=("gone",)))[2] == 0


def test_an_alternative_is_hidden_and_excuses_nothing() -> None:
    image = two_rules(SHARED, {"stages": [b"a", b"gone"], "tools": [b"a"], "dead": [b"gone"]})
    ignore = Ignore("we cannot", rule="stages")
    assert waste_of(image, ignore) == waste_of(image)
    found = judged(image, demand("max-findings", "0", "info"), ignores=[ignore])
    assert found.rulings[0].measured == 2
    assert found.ignores[0].findings == 1
    # Nor does it keep others from being ignored.
    assert waste_of(image, Ignore("x", rule="dead"))[2] == 0


def test_a_file_is_kept_where_any_of_its_names_is_ignored() -> None:
    layers = [[file("a", b"a" * 100), hardlink("z/link", "a")]]
    image = two_rules(layers, {"tools": [b"a", b"z/link"]})
    assert waste_of(image) == [100, 0, 0]
    assert waste_of(image, Ignore("x", paths=("z",))) == [0, 0, 0]
    assert waste_of(image, Ignore("x", paths=("a",))) == [0, 0, 0]


def test_what_repeats_is_excused_with_what_it_repeats() -> None:
    layers = [[file("base", b"b" * 50)], [file("a", b"a" * 100)],
              [file("base", b"b" * 50, mode=0o755), file("a", b"a" * 100, mode=0o755)]]  # fmt: skip
    image = build(layers, base=BaseBoundary("exact", 1, "the test"))

    def wasted(*ignores: Ignore) -> float | None:
        found = judged(image, demand("highest-user-wasted-percent", "0%"), ignores=ignores)
        return found.rulings[0].measured

    assert wasted() == 1.0
    assert wasted(Ignore("x", paths=("base",))) == 200 / 250
    assert wasted(Ignore("x", paths=("a",))) == 50 / 250
    assert wasted(Ignore("x", paths=("**",))) == 0
