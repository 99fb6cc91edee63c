"""GitLab's code quality report: fields, severities, fingerprints."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.outputs import code_quality
from layerlens.outputs.code_quality import write_code_quality
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, verdicts, wicked

TEXT = {"type": "string", "minLength": 1}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties),
            "additionalProperties": False}  # fmt: skip


# After GitLab's documentation, "Code Quality report format".
VALIDATOR = Draft202012Validator(
    {
        "type": "array",
        "maxItems": 5000,
        "items": _object(
            description=TEXT,
            check_name=TEXT,
            fingerprint={"type": "string", "pattern": "^[0-9a-f]{32}$"},
            severity={"enum": ["info", "minor", "major", "critical", "blocker"]},
            location=_object(path=TEXT, lines=_object(begin={"type": "integer", "minimum": 1})),
        ),
    }
)
lined = cache(samples.lined)


def issues(
    analysis: Analysis, verdict: Verdict | None = None, dockerfile: str | None = None
) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    write_code_quality(Report(analysis, verdict, dockerfile=dockerfile), stream)
    found = json.loads(stream.getvalue())
    VALIDATOR.validate(found)
    assert len({issue["fingerprint"] for issue in found}) == len(found)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("name", verdicts.BY_NAME)
@pytest.mark.parametrize("make", [lined, samples.shop, samples.empty, wicked.wicked, wicked.secret])
def test_it_is_of_the_documented_form(name: str, make: Any) -> None:
    issues(make(), verdicts.BY_NAME[name])


def test_any_text() -> None:
    for issue in issues(wicked.wicked(), verdicts.wicked(wicked.TEXT), wicked.TEXT):
        for text in (issue["description"], issue["check_name"], issue["location"]["path"]):
            assert text.replace("\ufffe", "").replace("\uffff", "").isprintable()


def test_findings_and_gates() -> None:
    found = {issue["check_name"]: issue for issue in issues(lined(), verdicts.FAIL, "Dockerfile")}
    lists = found["package-lists"]
    assert lists["severity"] in ("critical", "minor")
    assert lists["location"]["path"] == "Dockerfile"
    assert lists["location"]["lines"]["begin"] % 3 == 0
    gate = found["gate/max-path"]
    assert gate["description"] == "bytes at paths var/** 42.0 MB, 41.0 MB more than 1.0 MB"
    assert (gate["severity"], gate["location"]["lines"]["begin"]) == ("critical", 3)


def test_fingerprints_know_no_lines_and_no_bytes() -> None:
    analysis = lined()
    assert analysis.judged is not None
    moved = tuple(replace(each, line=99, bytes=each.bytes + 1) for each in analysis.findings)
    later = replace(analysis, judged=replace(analysis.judged, findings=moved))
    assert [i["fingerprint"] for i in issues(analysis)] == [i["fingerprint"] for i in issues(later)]


def test_what_is_ignored_is_left_out() -> None:
    assert len(issues(lined(), Verdict(ignored=frozenset({0, 1})))) == len(issues(lined())) - 2


def test_nothing_is_a_list() -> None:
    assert issues(samples.empty()) == []


def test_it_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_quality, "MOST", 2)
    assert len(issues(lined())) == 2
