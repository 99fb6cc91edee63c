"""Recorded figures: what is measured, what is said of it, and the ratchet."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layerlens import __version__
from layerlens.analysis.rules.identity import FindingKey, key_of
from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.filesystem.changes import Cause
from layerlens.gate.baseline import (
    BaselineImage,
    RecordedBaseline,
    demanded,
    order,
    record,
    recordable,
)
from layerlens.gate.baseline_notes import (
    STALE_DAYS,
    age_days,
    baseline_notes,
    gone_findings,
    other_platform,
    strict_ruling,
)
from layerlens.gate.catalogue import BY_ID, GATES
from layerlens.gate.limits import Unit
from layerlens.gate.model import Outcome
from layerlens.gate.ratchet import tightened
from tests.builders import file
from tests.unit.gate.recording import FINDINGS, IMAGE, WRITTEN, baseline, demand
from tests.unit.outputs import samples

DAY = 86_400
JUDGED = cache(samples.judged)

# ----------------------------------------------------------------------------------- recording


def test_all_gates_are_recorded_but_those_that_no_change_can_be_told_of() -> None:
    pairs = recordable(())
    assert {gate.id for gate, _ in pairs} == {gate.id for gate in GATES} - {
        "no-root", "max-new-findings", "max-path", "max-package"
    }  # fmt: skip
    classes = {subject for gate, subject in pairs if gate.id == "max-waste"}
    assert classes >= {each.value for each in LedgerClass}
    assert len(classes) == len(LedgerClass) + len(Cause)
    assert "type-changed" in classes
    severities = [subject for gate, subject in pairs if gate.id == "max-findings"]
    assert severities == [each.word for each in Severity]


def test_subjects_in_force_are_recorded_once() -> None:
    demands = [
        demand("max-path", "1MB", "app/**"), demand("max-path", "+1MB", "app/**"),
        demand("max-findings", "0", "high"), demand("max-new-findings", "0", "low"),
        demand("max-size", "+5%"),
    ]  # fmt: skip
    assert demanded(demands) == [
        (BY_ID["max-path"], "app/**"), (BY_ID["max-findings"], "high"), (BY_ID["max-size"], "")
    ]  # fmt: skip
    pairs = recordable(demands)
    assert len(pairs) == len(set(pairs)) == len(recordable(())) + 1


def test_what_an_image_has_is_measured() -> None:
    analysis = JUDGED()
    found = record(
        analysis, recordable([demand("max-path", "1MB", "app/**")]), origin="x", made=5.0
    )
    assert found.value(BY_ID["max-size"], "") == analysis.scores.total_bytes
    assert found.value(BY_ID["lowest-efficiency"], "") == analysis.scores.efficiency
    assert found.value(BY_ID["max-waste"], "deleted") == 12_000_000
    assert found.value(BY_ID["max-waste"], "type_changed") == 0
    assert found.value(BY_ID["max-waste"], "type-changed") == 0
    assert found.value(BY_ID["max-path"], "app/**") is not None
    assert found.value(BY_ID["max-path"], "other/**") is None
    assert found.value(BY_ID["no-root"], "") is None
    assert found.findings is not None
    assert sorted(map(str, found.findings)) == sorted(str(key_of(x)) for x in analysis.findings)
    assert (found.facts.origin, found.facts.reference, found.facts.made) == ("x", "judged:1", 5.0)
    assert found.facts.digest == str(analysis.image.id)


def test_an_image_without_rules_lacks_what_rules_say() -> None:
    found = record(samples.shop(), recordable(()))
    assert found.findings is None
    assert found.value(BY_ID["max-findings"], "high") is None
    assert found.value(BY_ID["max-size"], "") is not None


def test_a_figure_that_cannot_be_had_is_left_out() -> None:
    plain = samples.build([[file("a", b"a" * 10)]])
    found = record(plain, recordable(()))
    assert found.value(BY_ID["max-transfer-size"], "") is None
    assert found.value(BY_ID["max-layers"], "") == 1


def test_the_revision_is_the_images_before_the_trees() -> None:
    labelled = samples.build(
        [[]], settings={"Labels": {"org.opencontainers.image.revision": "a" * 900}}
    )
    found = record(labelled, (), revision="tree")
    assert found.facts.revision == "a" * 200
    assert record(samples.empty(), (), revision="tree").facts.revision == "tree"
    assert record(samples.empty(), ()).facts.revision is None


# --------------------------------------------------------------------------------------- notes


def test_nothing_is_said_of_an_ordinary_baseline() -> None:
    analysis = JUDGED()
    mine = record(analysis, (), made=WRITTEN)
    ordinary = replace(mine, image=replace(mine.image, id=IMAGE.id))
    assert baseline_notes(analysis, ordinary, WRITTEN + STALE_DAYS * DAY) == []


def test_odd_baselines_are_told() -> None:
    analysis = JUDGED()
    same = record(analysis, (), made=WRITTEN)
    assert baseline_notes(analysis, same, WRITTEN) == [
        "the baseline is of the very same image: nothing can have changed"
    ]
    other = replace(same, image=replace(IMAGE, platform="linux/arm64"))
    assert baseline_notes(analysis, other, WRITTEN) == [
        "the baseline is of another platform: linux/arm64, and this image is linux/amd64"
    ]
    old = replace(same, image=IMAGE, version="0.0.1")
    (age, version) = baseline_notes(analysis, old, WRITTEN + (STALE_DAYS + 1) * DAY)
    assert age == "the baseline is 91 days old: write it anew"
    assert version.startswith("layerlens 0.0.1 wrote the baseline, this is ")
    gone = replace(same, image=IMAGE, findings=(*(same.findings or ()), FINDINGS[0]))
    assert baseline_notes(analysis, gone, WRITTEN) == []
    written = replace(gone, version=__version__)
    assert baseline_notes(analysis, written, WRITTEN) == [
        "1 finding of the baseline is gone: write it anew, so that they cannot come back unseen"
    ]
    assert baseline_notes(analysis, written, WRITTEN, gone_told=True) == []


@pytest.mark.parametrize(
    ("mine", "differs"),
    [
        ("linux/amd64", False), ("linux/x86_64", False), ("linux/amd64/v1", False),
        ("linux/amd64/v3", True), ("windows/amd64", True), (None, False), ("no/plat form", False),
    ],
)  # fmt: skip
def test_platforms_are_compared_by_what_they_mean(mine: str | None, differs: bool) -> None:
    analysis = JUDGED()
    assert other_platform(analysis, baseline(image=BaselineImage("x", platform=mine))) is differs


@pytest.mark.parametrize(
    ("made", "days"),
    [
        (None, None),
        (0.0, None),
        (-6e10, None),
        (315_532_800.0, None),
        (WRITTEN, 3),
        (WRITTEN * 2, 0),
    ],
)
def test_the_age_is_told_where_the_time_is_a_time(made: float | None, days: int | None) -> None:
    assert age_days(baseline(made=made), WRITTEN + 3.9 * DAY) == days


def test_a_stale_baseline_fails_where_that_is_asked() -> None:
    analysis = JUDGED()
    fresh = record(analysis, ())
    ruling = strict_ruling(analysis, fresh)
    assert (ruling.outcome, ruling.measured, ruling.allowed) == (Outcome.PASS, 0.0, 0.0)
    keys = [FindingKey(f"gone-{k}", "etc" if k else "", Severity.LOW) for k in range(7)]
    stale = replace(fresh, findings=(*(fresh.findings or ()), *keys))
    assert gone_findings(analysis, stale) == keys
    ruling = strict_ruling(analysis, stale)
    assert (ruling.outcome, ruling.measured) == (Outcome.FAIL, 7.0)
    assert ruling.message == (
        "7 findings of the baseline gone: gone-0, gone-1 at etc, gone-2 at etc, gone-3 at etc, "
        "gone-4 at etc and 2 more; write it anew"
    )


def test_without_findings_nobody_knows_whether_a_baseline_is_stale() -> None:
    unruled, judged = record(samples.shop(), ()), JUDGED()
    assert strict_ruling(judged, unruled).outcome is Outcome.SKIP
    assert "the baseline has no findings" in strict_ruling(judged, unruled).message
    assert "this analysis has no findings" in strict_ruling(samples.shop(), baseline()).message
    assert gone_findings(samples.shop(), baseline()) == []


# -------------------------------------------------------------------------------------- ratchet

_KEYS = st.builds(
    FindingKey, st.sampled_from("abc"), st.sampled_from(["", "p", "q"]), st.sampled_from(Severity)
)
_FIGURES = st.dictionaries(
    st.sampled_from(
        [(gate.id, subject) for gate, subject in recordable(()) if gate.unit is not Unit.SHARE]
    ),
    st.integers(0, 1000).map(float),
    max_size=8,
) | st.dictionaries(
    st.sampled_from([("lowest-efficiency", ""), ("highest-user-wasted-percent", "")]),
    st.floats(0, 1),
)
_BASELINES = st.builds(
    lambda figures, keys: baseline(figures=figures, findings=keys),
    _FIGURES,
    st.none() | st.lists(_KEYS, max_size=6).map(lambda keys: tuple(sorted(keys, key=order))),
)


_LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _no_worse(one: RecordedBaseline, other: RecordedBaseline) -> bool:
    for key, value in one.figures.items():
        against = other.figures.get(key, value)
        if value < against if BY_ID[key[0]].at_least else value > against:
            return False
    return True


@_LAW
@given(_BASELINES, _BASELINES)
def test_a_ratchet_is_never_worse_than_either(old: RecordedBaseline, now: RecordedBaseline) -> None:
    found = tightened(old, now)
    assert _no_worse(found, old)
    assert _no_worse(found, now)
    assert found.figures.keys() == old.figures.keys() | now.figures.keys()
    for key, value in found.figures.items():
        assert value in (old.figures.get(key), now.figures.get(key))


@_LAW
@given(_BASELINES, _BASELINES)
def test_a_ratchet_only_drops_findings(old: RecordedBaseline, now: RecordedBaseline) -> None:
    found = tightened(old, now).findings
    if old.findings is None or now.findings is None:
        assert found == (old.findings if now.findings is None else now.findings)
        return
    assert found is not None
    assert len(found) <= min(len(old.findings), len(now.findings))
    for rule in "abc":
        counts = [
            sum(key.rule == rule for key in keys) for keys in (found, old.findings, now.findings)
        ]
        assert counts[0] == min(counts[1:])
    now_places = {(key.rule, key.place) for key in now.findings}
    assert {(key.rule, key.place) for key in found} <= now_places


@_LAW
@given(_BASELINES, _BASELINES)
def test_a_ratchet_moves_once(old: RecordedBaseline, now: RecordedBaseline) -> None:
    once = tightened(old, now)
    assert tightened(once, now) == once
    assert tightened(once, once).says_the_same(once)


def test_a_ratchet_describes_the_newer_image() -> None:
    old, now = baseline(), baseline(image=BaselineImage("shop:2"), made=WRITTEN + 5)
    found = tightened(old, now)
    assert (found.image.reference, found.made) == ("shop:2", WRITTEN + 5)
