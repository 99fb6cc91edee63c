"""The verdict for people: what stands in it, in which width, and that it is harmless."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.cells import cell_len

from layerlens.gate.model import BaselineFacts, DiveRuling, DiveVerdict, Verdict
from layerlens.outputs.layout import Cell, Look, print_lines
from layerlens.outputs.report import Report
from layerlens.outputs.verdict import write_verdict
from tests.unit.gate.demanding import demand, judged
from tests.unit.outputs import judging, samples

REPORTS = [judging.failing, judging.passing, judging.hostile]
Make = Callable[[], Report]


def page(report: Report, **look: object) -> str:
    stream = io.StringIO()
    write_verdict(report, stream, **({"now": judging.NOW} | look))  # type: ignore[arg-type]
    return stream.getvalue()


def last(report: Report) -> str:
    return page(report).splitlines()[-1]


@pytest.mark.parametrize("make", REPORTS)
@pytest.mark.parametrize("width", [60, 73, 100, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_no_line_is_wider_than_the_page(make: Make, width: int, *, unicode: bool) -> None:
    text = page(make(), width=width, unicode=unicode)
    assert max(map(cell_len, text.splitlines())) <= width
    assert unicode or text.isascii()


@pytest.mark.parametrize("make", REPORTS)
def test_colours_change_no_text(make: Make) -> None:
    plain, coloured = page(make()), page(make(), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_strangers_text_is_no_terminal_s_and_no_runner_s_command() -> None:
    text = page(judging.hostile())
    assert all(line.isprintable() for line in text.splitlines())
    assert "\u202e" not in text
    assert "##[" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert r"\x3a:warning::note" in text
    assert r"#\x23[add-mask]x" in text


@pytest.mark.parametrize("colour", [True, False])
def test_a_line_that_begins_with_two_colons_is_tamed_wherever_it_comes_from(
    *, colour: bool
) -> None:
    stream = io.StringIO()
    look = Look(width=80, unicode=True, colour=colour)
    lines = [
        [Cell("  "), Cell(""), Cell(" ::set-env::x"), Cell("::")],
        [Cell("a::b"), Cell("::c")],
        [],
    ]
    print_lines(lines, stream, look)
    assert stream.getvalue() == "   \\x3a:set-env::x::\na::b::c\n\n"


def test_passes_stand_in_the_table_and_need_no_more() -> None:
    text = page(judging.passing())
    assert "pass  efficiency          100%  ≥ 90%    default\n" in text
    assert text.count("efficiency") == 1
    assert last(judging.passing()) == "PASS  2 of 3 gates passed, 1 could not be judged"


def test_a_finding_is_explained_once() -> None:
    text = page(judging.failing())
    assert text.count("delete them in the RUN that makes them") == 1
    assert text.count("files that a later layer deletes · layer 1") == 3
    assert "/var/lib/apt/lists/big and others" in text


def test_what_only_the_tolerance_lets_pass_is_told() -> None:
    text = page(judging.failing())
    assert "pass  image size                       63.5 MB  ≤ 63.0 MB (+5%), tolerated" in text
    assert text.count("tolerated") == 1


def test_a_difference_shows_where_two_digits_would_hide_it() -> None:
    analysis = samples.clean()
    scores = replace(analysis.scores, total_bytes=10**9, dead_bytes=1)
    verdict = judged(replace(analysis, scores=scores), demand("lowest-efficiency", "100%"))
    text = page(Report(analysis, verdict))
    assert "FAIL  efficiency  99.9999999%  ≥ 100%" in text
    assert "efficiency 99.9999999% is 0.0000001 points under 100%" in text


def test_dive_s_part_has_its_figures_and_words() -> None:
    lines = page(judging.failing()).splitlines()
    start = lines.index("By dive 0.13.1's rules  and its own figures")
    assert lines[start + 1] == "efficiency 0.8110, wasted bytes 12.0 MB, user wasted 0.2051"
    assert lines[start + 3] == "FAIL  lowestEfficiency          0.9       .dive-ci"
    assert lines[start + 4] == "SKIP  highestWastedBytes        disabled  .dive-ci"
    assert lines[start + 7].startswith("FAIL  lowestEfficiency: image efficiency is too low")


@pytest.mark.parametrize(
    ("ratio", "shown"), [(float("nan"), "NaN"), (float("inf"), "infinite"), (1.5, "1.5000")]
)
def test_dive_s_odd_ratios_are_told(ratio: float, shown: str) -> None:
    analysis = samples.clean()
    figures = replace(analysis.dive, user_wasted_percent=ratio)
    rulings = (DiveRuling("highestUserWastedPercent", "pass", "0.1"),)
    report = Report(replace(analysis, dive=figures), Verdict(dive=DiveVerdict(rulings)))
    assert f"user wasted {shown}\n" in page(report)
    assert last(report) == "PASS  dive's rules passed"


@pytest.mark.parametrize(
    ("made", "now", "told"),
    [
        (judging.NOW - 86_400 * 40, judging.NOW, "made on 2026-03-22, 40 days ago"),
        (judging.NOW - 86_400, judging.NOW, "1 day ago"),
        (judging.NOW - 10, judging.NOW, "2026-04-30, today"),
        (judging.NOW + 9e5, judging.NOW, "in the future"),
        (judging.NOW, None, "made on 2026-05-01"),
        (1e300, judging.NOW, "at a time that is none"),
        (-1e300, judging.NOW, "at a time that is none"),
        (None, judging.NOW, "baseline  base.json"),
    ],
)
def test_a_baseline_s_age_is_told(made: float | None, now: float | None, told: str) -> None:
    verdict = Verdict(baseline=BaselineFacts("base.json", "", made=made))
    text = page(Report(samples.clean(), verdict), now=now)
    assert f"{told}\n" in text


def test_ignores_say_what_they_hid_and_which_can_go() -> None:
    text = page(judging.failing(), width=140)
    assert (
        "      debug-information at app/**: hides 1 finding and 400.0 kB until 2026-12-31; "
        "the vendor's own (.layerlens.toml)\n"
        "WARN  root-user: expired on 2026-01-31, so it has no effect; until the move"
    ) in text
    report = judging.failing()
    assert report.verdict is not None
    strict = page(Report(report.analysis, replace(report.verdict, strict=True)), width=140)
    assert "FAIL  opt/old/**: hides nothing, so it can go" in strict
    assert strict.splitlines()[-1].endswith("2 ignores expired or not needed, which is strict")


def test_nothing_demanded_is_told() -> None:
    assert last(Report(samples.clean(), Verdict())) == "PASS  nothing was demanded"


def test_ascii_is_kept_to_on_streams_that_take_no_more() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1", errors="strict")
    write_verdict(judging.failing(), stream)
    stream.flush()
    assert b">= 90%" in raw.getvalue()
    assert raw.getvalue().isascii()
