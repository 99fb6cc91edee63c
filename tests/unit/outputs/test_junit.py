"""JUnit XML, by a schema, by a parser, and by what Jenkins and GitLab make of it."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import xmlschema
from junitparser import JUnitXml, TestCase, TestSuite

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Offender, Verdict
from layerlens.outputs import junit
from layerlens.outputs.junit import write_junit
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, verdicts, wicked


@cache
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(str(Path(__file__).with_name("junit.xsd")))


def written(analysis: Analysis, verdict: Verdict | None = None) -> str:
    stream = io.BytesIO()
    write_junit(Report(analysis, verdict), stream)
    return stream.getvalue().decode()


def suites(text: str) -> dict[str, dict[str, TestCase]]:
    """Cases by name by suite, after checking the document."""
    schema().validate(text)
    parsed = JUnitXml.fromstring(text.encode())
    found: dict[str, dict[str, TestCase]] = {}
    for suite in parsed:
        assert isinstance(suite, TestSuite)
        cases = {f"{case.classname}: {case.name}": case for case in suite}
        assert len(cases) == suite.tests
        assert suite.failures == sum(case.is_failure for case in suite)
        assert suite.skipped == sum(case.is_skipped for case in suite)
        found[suite.name] = cases
    assert parsed.tests == sum(map(len, found.values()))
    assert parsed.failures == sum(
        case.is_failure for each in found.values() for case in each.values()
    )
    return found


judged = cache(samples.judged)


@pytest.mark.parametrize("name", verdicts.BY_NAME)
@pytest.mark.parametrize("make", [judged, samples.shop, samples.empty, wicked.wicked])
def test_it_is_of_the_schema(name: str, make: object) -> None:
    assert callable(make)
    suites(written(make(), verdicts.BY_NAME[name]))


def test_any_text_is_legal_xml() -> None:
    suites(written(wicked.wicked(), verdicts.wicked(wicked.TEXT)))


def test_gates_pass_fail_warn_and_are_skipped() -> None:
    found = suites(written(judged(), verdicts.MIXED))
    gates = found["gates"]
    failed = gates["layerlens.gate: max-path var/**"]
    assert failed.is_failure
    assert failed.result[0].message == "bytes at paths var/** 42.0 MB, 41.0 MB more than 1.0 MB"
    told = failed.result[0].text
    assert told.startswith(
        "12.0 MB npm's cache, layer 1, line 3\n     RUN npm install\nfix: RUN npm ci"
    )
    assert "\n300 B /tmp/kit, layer 0" in told
    assert gates["layerlens.gate: max-size"].is_passed
    warned = gates["layerlens.gate: max-size (warns)"]
    assert warned.is_passed
    assert warned.system_out.startswith("warning: image size 62.0 MB, 12.0 MB more")
    skipped = gates["layerlens.gate: max-transfer-size"]
    assert skipped.is_skipped
    assert "stored uncompressed" in skipped.result[0].message
    assert gates["layerlens.gate: ignore app/**"].is_failure
    dive = found["dive"]
    assert [case.is_failure for case in dive.values()] == [False, True, False, True]
    assert dive["layerlens.dive: highestWastedBytes"].is_skipped


def test_findings_are_for_information() -> None:
    found = suites(written(judged()))
    assert list(found) == ["findings"]
    cases = found["findings"]
    assert all(case.is_passed for case in cases.values())
    lists = cases["layerlens.findings.content: package-lists in /var/lib/apt/lists"]
    assert lists.system_out.splitlines()[:2] == [
        "high: package lists: 42.0 MB, 14.0 MB of a pull",
        "layer 1: RUN apt-get update",
    ]
    # The same rule and place again; its title was hostile.
    assert (
        r"a \x1b[31m list"
        in cases["layerlens.findings.content: package-lists in /var/lib/apt/lists #2"].system_out
    )


def test_what_is_ignored_is_skipped_with_the_reason() -> None:
    verdict = Verdict(ignores=verdicts.IGNORES[:1], ignored=frozenset({0}))
    analysis = judged()
    (skipped,) = (
        c for c in suites(written(analysis, verdict))["findings"].values() if c.is_skipped
    )
    reason = "we need them" if analysis.findings[0].rule.id == "package-lists" else "the settings"
    assert skipped.result[0].message.startswith(f"ignored: {reason}")


def test_there_is_always_a_case() -> None:
    """Jenkins fails a build whose report has none."""
    assert list(suites(written(samples.empty()))["image"]) == ["layerlens.image: was read"]
    ruled = samples.build([], rules=[])
    assert [*suites(written(ruled))["findings"]] == ["layerlens.findings: nothing above info"]


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junit, "MOST", 1)
    cases = suites(written(judged()))["findings"]
    assert len(cases) == 2
    assert "more findings: see --json" in cases["layerlens.findings: and more"].system_out


def test_idle_ignores_only_warn_unless_strict() -> None:
    verdict = Verdict((verdicts.PASSED,), ignores=verdicts.IGNORES)
    case = suites(written(judged(), verdict))["gates"]["layerlens.gate: ignore app/**"]
    assert case.is_passed
    assert case.system_out == "warning: the ignore of app/** has expired"


def test_layers_are_not_named_twice() -> None:
    ruling = replace(verdicts.SHARE, offenders=(Offender("layer 3", 5, layer=3, line=7),))
    case = suites(written(judged(), Verdict((ruling,))))["gates"][
        "layerlens.gate: lowest-efficiency"
    ]
    assert case.result[0].text == "5 B layer 3, line 7"
