"""From drafts to findings: bytes, severity, claims, what-if."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.findings import Quiet
from layerlens.analysis.rules.model import (
    Check,
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.settings import RuleSettings, Thresholds
from tests.builders import Image, file, hardlink, layer, whiteout
from tests.judging import Looked

SMALL = RuleSettings(Thresholds(low=10, medium=100, high=1000, low_share=0, high_share=1.1))


def rule(name: str, where: LedgerClass | None = LedgerClass.OTHER, **more: object) -> Rule:
    return Rule(
        id=name, title=name, topic=Topic.CONTENT, why="", fix="rm {paths}", ledger_class=where,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def naming(name: str, *paths: bytes, **more: object) -> Check:
    def check(context: Context) -> Iterable[Draft]:
        versions = [v for path in paths if (v := context.files.find(path)) is not None]
        yield Draft(name, versions, **more)  # type: ignore[arg-type]

    return check


def looked(*layers: bytes, base: int = 0) -> Looked:
    return Looked(Image(list(layers), [f"RUN step {k}" for k in range(len(layers))]), base)


def sets(rules: Sequence[Rule], *checks: Check) -> list[RuleSet]:
    return [RuleSet(tuple(rules), checks)]


def test_a_finding_has_bytes_blame_and_a_filled_fix() -> None:
    image = looked(layer(file("a", b"1" * 20)), layer(file("d/b", b"2" * 200)))
    (finding,) = image.analysis(sets([rule("r")], naming("r", b"a", b"d/b")), SMALL).findings
    assert (finding.bytes, finding.claimed, finding.layer) == (220, 220, 1)
    assert finding.severity is Severity.MEDIUM
    assert finding.instruction == "RUN step 1"
    assert finding.paths == (b"d/b", b"a")
    assert finding.fix == "rm /d/b /a"
    assert finding.transfer_bytes is None


def test_each_byte_is_claimed_once_in_the_total_order() -> None:
    image = looked(layer(file("a", b"1" * 20), file("b", b"2" * 30), file("c", b"3" * 50)))
    later, sooner = rule("later", LedgerClass.DUPLICATES), rule("sooner", LedgerClass.SECRETS)
    hint = rule("hint", LedgerClass.SECRETS, confidence=Confidence.HINT)
    analysis = image.analysis(
        sets(
            [later, sooner, hint],
            naming("later", b"a", b"b"),
            naming("sooner", b"b"),
            naming("hint", b"c"),
        )
    )
    found = {finding.rule.id: finding for finding in analysis.findings}
    assert {name: each.claimed for name, each in found.items()} == {
        "later": 20, "sooner": 30, "hint": 0,
    }  # fmt: skip
    assert {name: each.bytes for name, each in found.items()} == {
        "later": 50, "sooner": 30, "hint": 50,
    }  # fmt: skip
    assert found["later"].overlaps == ("sooner",)
    rows = {row.name: (row.kind, row.bytes, row.files) for row in analysis.ledger}
    assert rows == {
        "live": ("kept", 50, 1),
        "secrets": ("removable", 30, 1),
        "duplicates": ("removable", 20, 1),
    }
    assert analysis.scores.removable_bytes == 50
    assert analysis.scores.lean_score == 0.5


def test_savings_combine_and_count_shared_bytes_once() -> None:
    image = looked(
        layer(file("a", b"1" * 20), file("b", b"2" * 30)), layer(whiteout("a"), file("c", b"3"))
    )
    rules = [rule("one"), rule("two"), rule("dead", None)]

    def dead(context: Context) -> Iterable[Draft]:
        yield Draft("dead", list(context.fs.deaths.inode))

    analysis = image.analysis(sets(rules, naming("one", b"b", b"c"), naming("two", b"b"), dead))
    found = {finding.rule.id: finding for finding in analysis.findings}
    all_of_it = analysis.what_if(analysis.findings)
    assert (all_of_it.saved_bytes, all_of_it.total_bytes, all_of_it.dead_bytes) == (51, 0, 0)
    assert (all_of_it.efficiency, all_of_it.lean_score) == (1.0, 1.0)
    both = analysis.what_if([found["one"], found["two"]])
    assert (both.saved_bytes, both.dead_bytes, both.removable_bytes) == (31, 20, 0)
    assert both.efficiency == 0.0
    nothing = analysis.what_if([])
    assert nothing.lean_score == analysis.scores.lean_score
    assert nothing.removable_bytes == analysis.scores.removable_bytes == 31


def test_a_file_with_several_names_goes_with_the_last() -> None:
    image = looked(layer(file("a", b"1" * 20), hardlink("b", "a"), hardlink("c", "a")))
    analysis = image.analysis(
        sets([rule("one"), rule("two")], naming("one", b"a", b"b"), naming("two", b"c"))
    )
    assert [(finding.bytes, finding.claimed) for finding in analysis.findings] == [(0, 0), (0, 20)]
    assert analysis.scores.removable_bytes == 20
    assert analysis.what_if(analysis.findings).saved_bytes == 20


def test_parts_of_one_name_are_the_same_bytes() -> None:
    image = looked(layer(file("a", b"1" * 100)))

    def parts(name: str, **sizes: int) -> Check:
        def check(context: Context) -> Iterable[Draft]:
            version = context.files.find(b"a")
            assert version is not None
            yield Draft(name, parts={version: sizes})

        return check

    analysis = image.analysis(
        sets([rule("one"), rule("two")], parts("one", debug=30), parts("two", debug=30, names=5))
    )
    assert sorted(finding.bytes for finding in analysis.findings) == [30, 35]
    assert analysis.what_if(analysis.findings).saved_bytes == 35
    rows = {row.name: (row.bytes, row.files) for row in analysis.ledger}
    assert rows == {"live": (70, 1), "other": (30, 0)}


def test_base_findings_are_one_step_lower() -> None:
    image = looked(layer(file("a", b"1" * 200)), layer(file("b", b"2" * 200)), base=1)
    analysis = image.analysis(sets([rule("r")], naming("r", b"a"), naming("r", b"b")), SMALL)
    assert {(f.is_base, f.severity) for f in analysis.findings} == {
        (True, Severity.LOW), (False, Severity.MEDIUM),
    }  # fmt: skip
    row = next(row for row in analysis.ledger if row.kind == "removable")
    assert (row.bytes, row.base_bytes) == (400, 200)


@pytest.mark.parametrize(
    ("size", "severity"),
    [(9, Severity.INFO), (10, Severity.LOW), (99, Severity.LOW), (100, Severity.MEDIUM),
     (1000, Severity.HIGH)],
)  # fmt: skip
def test_severity_from_bytes(size: int, severity: Severity) -> None:
    assert SMALL.thresholds.severity(size, 10_000) is severity


def test_shares_of_the_image_count_too() -> None:
    usual = Thresholds()
    assert usual.severity(2_000_000, 1_000_000_000) is Severity.INFO
    assert usual.severity(12_000_000, 50_000_000) is Severity.HIGH
    assert usual.severity(2_000_000, 8_000_000) is Severity.LOW


def test_a_failing_check_costs_its_own_findings_only() -> None:
    def broken(context: Context) -> Iterable[Draft]:
        raise KeyError(context)

    image = looked(layer(file("a", b"1")))
    analysis = image.analysis(sets([rule("r")], broken, naming("r", b"a")))
    assert len(analysis.findings) == 1
    assert [note.code for note in analysis.diagnostics] == ["rule-failed"]


def test_rules_that_ran_and_found_nothing_are_told_others_are_not() -> None:
    def broken(context: Context) -> Iterable[Draft]:
        raise KeyError(context)

    image = looked(layer(file("a", b"1")))
    rules = [
        RuleSet((rule("found"), rule("quiet"), rule("off")), (naming("found", b"a"),)),
        RuleSet((rule("failed"),), (broken,)),
    ]
    analysis = image.analysis(rules, RuleSettings(enabled={"off": False}))
    assert analysis.judged is not None
    assert analysis.judged.quiet == (Quiet("quiet", "quiet", Topic.CONTENT),)


def test_what_is_switched_off_is_not_told() -> None:
    image = looked(layer(file("a", b"1")))
    off = RuleSettings(enabled={"r": False})
    assert image.analysis(sets([rule("r")], naming("r", b"a")), off).findings == ()


def test_a_draft_may_be_never_less_severe_than_it_says() -> None:
    image = looked(layer(file("a", b"1" * 5)))
    checks = naming("r", b"a", least=Severity.MEDIUM)
    (finding,) = image.analysis(sets([rule("r")], checks), SMALL).findings
    assert finding.severity is Severity.MEDIUM
    off = RuleSettings(SMALL.thresholds, severities={"r": Severity.INFO})
    assert image.analysis(sets([rule("r")], checks), off).findings[0].severity is Severity.INFO
