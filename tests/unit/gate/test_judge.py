"""Figures against limits: what passes, what does not, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.identity import FindingKey, key_of
from layerlens.analysis.rules.model import Severity
from layerlens.gate.limits import Unit, parse_limit
from layerlens.gate.model import Outcome
from tests.builders import file, whiteout
from tests.unit.gate.demanding import Recorded, demand, judged, ruling
from tests.unit.outputs import samples
from tests.unit.outputs.samples import build


def sized(live: int, dead: int, layers: int = 1) -> Analysis:
    """An image of so many live and dead bytes."""
    members = [[file("live", b"l" * live), file("dead", b"d" * dead)]]
    members += [[file(f"empty{k}", b"")] for k in range(layers - 1)]
    return build([*members, [whiteout("dead")]] if dead else members)


@pytest.fixture(scope="module")
def image() -> Analysis:
    """1,000 bytes, 290 of them live."""
    return sized(290, 710)


@pytest.mark.parametrize(
    ("gate", "limit", "outcome", "message"),
    [
        ("lowest-efficiency", "29%", "pass", "efficiency 29% is exactly 29% (--flag)"),
        ("lowest-efficiency", "0.29", "pass", "efficiency 29% is exactly 0.29 (--flag)"),
        ("lowest-efficiency", "29.001%", "fail", "efficiency 29% is 0.001 points under 29.001%"),
        ("lowest-efficiency", "warn:30%", "warn", "efficiency 29% is 1 point under 30%"),
        ("lowest-efficiency", "20%", "pass", "efficiency 29% is 9 points over 20%"),
        ("highest-wasted-bytes", "710B", "pass", "wasted bytes 710 B is exactly 710B"),
        ("highest-wasted-bytes", "709B", "fail", "wasted bytes 710 B is 1 B over 709B"),
        ("highest-wasted-bytes", "1kB", "pass", "wasted bytes 710 B is 290 B under 1kB"),
        ("highest-wasted-bytes", "71%", "pass", "is exactly 710 B, 71% of the image"),
        ("highest-wasted-bytes", "70.99%", "fail", "is 1 B over 709 B, 70.99% of the image"),
        ("highest-user-wasted-percent", "71%", "pass", "user wasted 71% is exactly 71%"),
        ("max-layers", "1", "fail", "2 layers are 1 over 1 (--flag)"),
        ("max-layers", "2", "pass", "2 layers are exactly 2"),
        ("max-layers", "0", "fail", "2 layers, and none may be"),
        ("max-files", "3", "pass", "1 file is 2 under 3"),
        ("max-setuid-files", "0", "pass", "no setuid or setgid files (--flag)"),
        ("no-root", "fail", "fail", "containers run as root: no USER (--flag)"),
        ("no-root", "warn", "warn", "containers run as root: no USER"),
    ],
)
def test_equality_passes_and_messages_tell_by_how_much(
    image: Analysis, gate: str, limit: str, outcome: str, message: str
) -> None:
    found = ruling(image, gate, limit)
    assert found.outcome == outcome, found.message
    assert message in found.message
    assert bool(found.offenders) == (outcome != "pass")


def test_another_user_than_root_is_named() -> None:
    found = ruling(build([[file("a", b"a")]], settings={"User": "1000"}), "no-root")
    assert found.outcome is Outcome.PASS
    assert found.message == "containers run as 1000, not as root, by its name (--flag)"


@pytest.mark.parametrize("percent", [0.7, 7, 14.1, 28.7, 29, 56, 57, 58, 70.7, 99.9])
def test_no_percentage_is_missed_by_a_binary_fraction(percent: float) -> None:
    live = round(percent * 10)
    image = sized(live, 1000 - live)
    for text in (f"{percent}%", f"{live / 1000}"):
        assert ruling(image, "lowest-efficiency", text).outcome is Outcome.PASS
        assert ruling(image, "lowest-efficiency", text).message.count("exactly") == 1
    assert ruling(image, "highest-wasted-bytes", f"{(1000 - live) / 10}%").outcome is Outcome.PASS
    close = f"{(live + 0.001) / 10:.5f}%"
    assert ruling(image, "lowest-efficiency", close).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("text", "unit", "amount"),
    [
        ("0.7%", Unit.SHARE, 0.007), ("28.7%", Unit.SHARE, 0.287), ("0.29GB", Unit.BYTES, 290_000_000),
        ("1.1kB", Unit.BYTES, 1_100), ("4.35MB", Unit.BYTES, 4_350_000), ("1.5KiB", Unit.BYTES, 1536),
        ("+0.7%", Unit.BYTES, 0.007), ("57%", Unit.BYTES, 0.57), ("8.2TB", Unit.BYTES, 8.2e12),
    ],
)  # fmt: skip
def test_limits_are_read_exactly(text: str, unit: Unit, amount: float) -> None:
    assert parse_limit(text, unit).amount == amount


# ---------------------------------------------------------------------------------- changes


def changed(gate: str, limit: str, was: float | None, subject: str = "", **more: str) -> str:
    """The outcome against a baseline's figure, for an image of 1,000 bytes in one layer."""
    baseline = Recorded({} if was is None else {(gate, subject): was})
    found = judged(sized(1000, 0), demand(gate, limit, subject), baseline=baseline, **more)  # type: ignore[arg-type]
    return f"{found.rulings[0].outcome}: {found.rulings[0].message}"


@pytest.mark.parametrize(
    ("gate", "limit", "was", "expected"),
    [
        ("max-size", "+100B", 900, "pass: image size 1.0 kB is exactly 1.0 kB, which is +100B on"),
        ("max-size", "+99B", 900, "fail: image size 1.0 kB is 1 B over 999 B, which is +99B"),
        ("max-size", "+25%", 800, "pass: image size 1.0 kB is exactly 1.0 kB, which is +25%"),
        ("max-size", "+24.9%", 800, "fail: image size 1.0 kB is 1 B over 999 B"),
        ("max-size", "+0%", 1000, "pass"),
        ("max-size", "+0%", 2000, "pass: image size 1.0 kB is 1.0 kB under 2.0 kB"),
        ("max-size", "+29%", 775, "fail: image size 1.0 kB is 1 B over 999 B"),
        ("max-layers", "+0", 1, "pass: 1 layer is exactly 1, which is +0 on the baseline's 1"),
        ("max-layers", "+0", 0, "fail: 1 layer is 1 over 0, which is +0 on the baseline's 0"),
        ("max-layers", "+99%", 1, "pass"),
        ("max-files", "warn:+1", 1, "pass"),
        ("lowest-efficiency", "-1%", 1.0, "pass: efficiency 100% is 1 point over 99%"),
        ("highest-user-wasted-percent", "+0%", 0.0, "pass"),
    ],
)
def test_changes_are_held_against_the_baseline(
    gate: str, limit: str, was: float, expected: str
) -> None:
    assert changed(gate, limit, was).startswith(expected)


@pytest.mark.parametrize("was", [0.30, 0.07 + 0.23, 0.1 + 0.2, 0.4 - 0.1])
def test_changes_of_shares_are_in_points_and_exact(was: float) -> None:
    image = sized(290, 710)
    baseline = Recorded({("lowest-efficiency", ""): was})
    kept = judged(image, demand("lowest-efficiency", "-1%"), baseline=baseline).rulings[0]
    assert kept.outcome is Outcome.PASS
    assert "is exactly 29%, which is -1% on the baseline's 30%" in kept.message
    lost = judged(image, demand("lowest-efficiency", "-0.99%"), baseline=baseline).rulings[0]
    assert lost.outcome is Outcome.FAIL
    assert lost.baseline == was


@pytest.mark.parametrize(
    ("limit", "tolerance", "outcome"),
    [
        ("+99B", "1B", "pass"), ("+98B", "1B", "fail"), ("+1%", "12%", "pass"),
        ("+1%", "10.2%", "pass"), ("+1%", "10%", "fail"), ("+0%", "100B", "pass"),
        ("+100B", "1%", "pass"),
    ],
)  # fmt: skip
def test_a_tolerance_is_a_band_that_is_told_where_it_counts(
    limit: str, tolerance: str, outcome: str
) -> None:
    said = changed("max-size", limit, 900, tolerance=tolerance)
    assert said.startswith(outcome)
    within = "within the tolerance of +" + tolerance
    assert (within in said) == (outcome == "pass" and limit != "+100B")


def test_a_tolerance_says_nothing_of_absolute_limits_and_of_other_units() -> None:
    image = sized(1000, 0)
    assert judged(image, demand("max-size", "999B"), tolerance="50%").outcome is Outcome.FAIL
    few = Recorded({("max-layers", ""): 0})
    assert judged(image, demand("max-layers", "+0"), baseline=few, tolerance="1MB").passed is False
    half = Recorded({("lowest-efficiency", ""): 0.5})
    wasteful = sized(490, 510)
    falls = demand("lowest-efficiency", "-0%")
    assert judged(wasteful, falls, baseline=half).passed is False
    assert judged(wasteful, falls, baseline=half, tolerance="1MB").passed is False
    assert judged(wasteful, falls, baseline=half, tolerance="1%").passed is True


def test_a_change_without_a_baseline_or_its_figure_never_passes() -> None:
    image = sized(1000, 0)
    for level, outcome in (("", Outcome.FAIL), ("warn:", Outcome.WARN)):
        alone = judged(image, demand("max-size", f"{level}+5%")).rulings[0]
        assert alone.outcome is outcome
        assert "no baseline; give one with --baseline" in alone.message
        lacking = judged(image, demand("max-size", f"{level}+5%"), baseline=Recorded()).rulings[0]
        assert lacking.outcome is outcome
        assert "base.json lacks this figure" in lacking.message
        assert lacking.measured == 1000
    absolute = judged(image, demand("max-size", "1kB"), baseline=Recorded())
    assert absolute.passed
    assert absolute.baseline is not None


# ---------------------------------------------------------------------------------- findings


def test_findings_count_by_severity_or_worse() -> None:
    analysis = samples.judged()
    counts = [
        ruling(analysis, "max-findings", "0", least).measured or 0
        for least in ("info", "low", "medium", "high", "critical")
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == len(analysis.findings)
    assert counts[4] == sum(f.severity is Severity.CRITICAL for f in analysis.findings)
    worst = ruling(analysis, "max-findings", "0", "low").offenders[0]
    assert worst.rule == "package-lists"
    assert worst.fix.startswith("RUN apt-get update")
    assert worst.instruction == "RUN apt-get update"


def test_new_findings_are_those_that_the_baseline_has_no_match_for() -> None:
    analysis = samples.judged()
    keys = [key_of(finding) for finding in analysis.findings]
    wanted = demand("max-new-findings", "0", "info")
    same = judged(analysis, wanted, baseline=Recorded(findings=keys))
    assert same.outcome is Outcome.PASS
    assert same.rulings[0].message == "no new findings (info or worse) (--flag)"
    without = [key for key in keys if key.rule != "root-user"]
    new = judged(analysis, wanted, baseline=Recorded(findings=without)).rulings[0]
    assert new.outcome is Outcome.FAIL
    assert [each.rule for each in new.offenders] == ["root-user"]
    # One that was small is no new one when it has grown.
    smaller = [FindingKey(key.rule, key.place, Severity.INFO) for key in keys]
    assert judged(analysis, wanted, baseline=Recorded(findings=smaller)).passed


def test_new_findings_without_a_baseline_that_knows_them_never_pass() -> None:
    wanted = demand("max-new-findings", "0", "low")
    assert judged(samples.judged(), wanted).outcome is Outcome.FAIL
    told = judged(samples.judged(), wanted, baseline=Recorded(findings=None)).rulings[0]
    assert told.outcome is Outcome.FAIL
    assert "base.json lacks findings" in told.message


# ------------------------------------------------------------------------- what is not known


def test_what_cannot_be_measured_is_skipped_and_fails_where_that_is_strict() -> None:
    wanted = [demand("max-transfer-size", "1GB"), demand("max-findings", "warn:0", "low")]
    loose = judged(samples.clean(), *wanted, demand("max-size", "1GB"))
    assert [each.outcome for each in loose.rulings] == [Outcome.PASS, Outcome.SKIP, Outcome.SKIP]
    assert loose.passed
    loose = judged(samples.clean(), *wanted)
    assert loose.nothing_judged
    assert not loose.passed
    assert judged(samples.clean(), wanted[1]).passed, "which only warns"
    assert "not judged: " in loose.rulings[0].message
    strict = judged(samples.clean(), *wanted, strict=True)
    assert [each.outcome for each in strict.rulings] == [Outcome.FAIL, Outcome.WARN]
    assert "--strict does not let pass" in strict.rulings[0].message


def test_a_limit_on_what_is_not_there_is_told_and_a_ban_is_not() -> None:
    analysis = samples.packaged()
    found = judged(
        analysis,
        demand("max-path", "1MB", "nope/**"),
        demand("max-path", "warn:2MB", "nope/**"),
        demand("max-path", "0B", "**/.git/**"),
        demand("max-path", "1kB", "bin/**"),
        demand("max-package", "1MB", "gcc"),
        demand("max-package", "0B", "git"),
        demand("max-package", "9MB", "apt"),
    )
    assert found.notes == (
        "no bytes lie at 'nope/**': is it written right?",
        "no package is called 'gcc': is it written right?",
    )


def test_rulings_come_in_the_order_of_the_catalogue() -> None:
    wanted = [demand("no-root"), demand("max-size", "1GB"), demand("max-size", "warn:2B"),
              demand("lowest-efficiency", "1%")]  # fmt: skip
    verdict = judged(samples.clean(), *wanted)
    assert [each.demand.gate.id for each in verdict.rulings] == [
        "lowest-efficiency", "max-size", "max-size", "no-root",
    ]  # fmt: skip
    assert [each.outcome for each in verdict.rulings] == ["pass", "pass", "warn", "fail"]


# --------------------------------------------------------------------------------- offenders


def test_offenders_of_dead_bytes_are_findings_and_then_the_largest_files() -> None:
    told = ruling(samples.judged(), "highest-wasted-bytes", "1B").offenders
    assert [(each.rule, each.bytes, each.layer) for each in told] == [
        ("deleted-later", 12_000_000, 1)
    ]
    untold = ruling(samples.shop(), "highest-wasted-bytes", "1B").offenders
    assert [(each.paths[0], each.bytes, each.layer) for each in untold] == [
        (b"var/lib/lists", 250_000, 1), (b"app/model.bin", 130_000, 4), (b"usr/git", 60_000, 1),
        (b"app/static/old.js", 30_000, 2), (b"var/lib/status", 9_000, 1),
    ]  # fmt: skip
    assert untold[0].what == "/var/lib/lists, added in layer 1, deleted in layer 3"
    assert untold[0].instruction == "RUN apt-get update && apt-get install -y git"


def test_offenders_of_user_wasted_lie_in_your_layers() -> None:
    told = ruling(samples.shop(), "highest-user-wasted-percent", "0%").offenders
    assert b"var/lib/status" not in [path for each in told for path in each.paths]


def test_offenders_know_the_line_that_a_finding_of_their_layer_knows() -> None:
    analysis = samples.judged()
    assert analysis.judged is not None
    findings = tuple(
        replace(each, line=7) if each.layer == 1 else each for each in analysis.findings
    )
    analysis = replace(analysis, judged=replace(analysis.judged, findings=findings))
    told = ruling(analysis, "max-largest-layer", "1B").offenders
    assert [(each.what, each.line) for each in told] == [
        ("/var in layer 1", 7), ("/tmp in layer 1", 7),
    ]  # fmt: skip


def test_a_directory_that_holds_nearly_all_is_looked_into() -> None:
    members = [file(f"srv/app/part{k}/x", b"x" * 1000) for k in range(6)] + [file("top", b"t")]
    image = build([members], ["COPY . /"])
    told = ruling(image, "max-largest-layer", "1B").offenders
    assert [each.what for each in told] == [
        "/srv/app in layer 0", *(f"/srv/app/part{k} in layer 0" for k in range(4))
    ]  # fmt: skip
    many = ruling(image, "max-files", "0").offenders
    assert [each.what for each in many] == ["/srv: 6 files"]
