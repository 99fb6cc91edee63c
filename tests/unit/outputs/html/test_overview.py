"""What the page's first view says beyond the document."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.gate.model import Verdict
from layerlens.gate.wording import title
from layerlens.outputs.html.overview import FIXES, best_fixes, overview
from layerlens.outputs.report import Report
from tests.unit.outputs import handmade, judging, samples, verdicts, wicked


def test_the_best_fixes_are_plain_advice_by_saving() -> None:
    analysis = samples.judged()
    fixes = [analysis.findings[at] for at in best_fixes(analysis)]
    assert [fix.bytes for fix in fixes] == sorted((fix.bytes for fix in fixes), reverse=True)
    advised = {id(finding) for finding in analysis.advised}
    assert {id(fix) for fix in fixes} == {
        id(finding) for finding in analysis.findings if id(finding) in advised and finding.bytes
    }
    # A hint, and one that saves nothing, are none.
    assert not {"bytecode", "root-user"} & {fix.rule.id for fix in fixes}


def test_there_are_no_more_fixes_than_are_shown() -> None:
    analysis = samples.judged()
    assert analysis.judged is not None
    (best, *_) = best_fixes(analysis)
    copies = tuple(replace(analysis.findings[best], bytes=100 + k) for k in range(9))
    crowded = replace(analysis, judged=replace(analysis.judged, findings=copies))
    assert best_fixes(crowded) == [8, 7, 6, 5, 4]
    assert len(best_fixes(crowded)) == FIXES


def test_what_the_reader_can_mend_stands_before_what_the_base_brought() -> None:
    assert ranked([(90, True), (50, False), (70, True), (60, False)]) == [3, 1, 0, 2]
    # By saving alone there is nothing of one's own among the first five: its best takes a place.
    base = [(100 - k, True) for k in range(6)]
    assert ranked([*base, (3, False), (7, False)]) == [7, 0, 1, 2, 3]
    assert ranked(base) == [0, 1, 2, 3, 4]


def ranked(found: list[tuple[int, bool]]) -> list[int]:
    """The best fixes of findings with these savings, of the base or not."""
    analysis = samples.judged()
    assert analysis.judged is not None
    (best, *_) = best_fixes(analysis)
    findings = tuple(
        replace(analysis.findings[best], bytes=size, is_base=base) for size, base in found
    )
    return best_fixes(replace(analysis, judged=replace(analysis.judged, findings=findings)))


def test_what_the_verdict_ignores_is_no_fix_and_saves_nothing() -> None:
    analysis = samples.judged()
    best = best_fixes(analysis)
    verdict = Verdict(ignored=frozenset(best[:1]))
    told = overview(Report(analysis, verdict))
    assert told["fixes"] == best[1:]
    without = [each for each in analysis.advised if each is not analysis.findings[best[0]]]
    assert told["savings"]["bytes"] == analysis.what_if(without).saved_bytes
    assert overview(Report(analysis, Verdict()))["savings"] is None


def test_an_image_whose_rules_did_not_run_has_no_fixes() -> None:
    told = overview(Report(samples.shop(), verdicts.MIXED))
    assert told["fixes"] == []
    assert told["savings"] is None
    assert overview(Report(samples.shop()))["verdict"] is None


@pytest.mark.parametrize(
    "report",
    [judging.failing(), judging.passing(), Report(samples.judged(), handmade.failing())],
    ids=["failing", "passing", "handmade"],
)
def test_each_gate_and_ignore_has_its_words(report: Report) -> None:
    verdict = report.verdict
    assert verdict is not None
    words = overview(report)["verdict"]
    assert [gate["title"] for gate in words["gates"]] == [
        title(ruling.demand) for ruling in verdict.rulings
    ]
    assert len(words["ignores"]) == len(verdict.ignores)
    assert (words["baseline"] is None) is (verdict.baseline is None)


def test_limits_say_which_way_they_bound_and_what_is_odd_about_them() -> None:
    words = overview(judging.failing())["verdict"]
    limits = {(gate["title"], gate["limit"]) for gate in words["gates"]}
    assert ("efficiency", "≥ 90%") in limits
    assert ("image size", "≤ 60MB, warns") in limits
    assert ("root user", "no, warns") in limits
    assert any(limit.endswith(", tolerated") for _, limit in limits)
    assert words["ending"].startswith("4 of 12 gates failed, 3 warned")


def test_texts_can_be_encoded() -> None:
    words = overview(Report(wicked.wicked(), verdicts.wicked("\udcff")))["verdict"]
    str(words).encode()
