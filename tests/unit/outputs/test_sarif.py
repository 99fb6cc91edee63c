"""SARIF, by a schema of the standard's, and by what GitHub's code scanning asks for."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.outputs import sarif
from layerlens.outputs.report import Report
from layerlens.outputs.sarif import write_sarif
from tests.unit.outputs import samples, verdicts, wicked
from tests.unit.outputs.sarif_schema import LOG

Json = dict[str, Any]
VALIDATOR = Draft202012Validator(LOG)
lined = cache(samples.lined)


def run(analysis: Analysis, verdict: Verdict | None = None, dockerfile: str | None = None) -> Json:
    """The run, after checking the document."""
    stream = io.BytesIO()
    write_sarif(Report(analysis, verdict, dockerfile=dockerfile), stream)
    assert stream.getvalue().isascii()
    document = json.loads(stream.getvalue())
    VALIDATOR.validate(document)
    (found,) = document["runs"]
    rules = found["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [result["partialFingerprints"]["layerlens/v1"] for result in found["results"]]
    assert len(set(prints)) == len(prints)
    assert isinstance(found, dict)
    return found


def by_rule(found: Json) -> dict[str, Json]:
    return {result["ruleId"]: result for result in reversed(found["results"])}


def rules_of(found: Json) -> dict[str, Json]:
    return {rule["id"]: rule for rule in found["tool"]["driver"]["rules"]}


@pytest.mark.parametrize("name", verdicts.BY_NAME)
@pytest.mark.parametrize("make", [lined, samples.shop, samples.empty, wicked.wicked, wicked.secret])
def test_it_is_of_the_schema(name: str, make: Any) -> None:
    run(make(), verdicts.BY_NAME[name], "Dockerfile" if name == "mixed" else None)


def test_any_text() -> None:
    found = run(wicked.wicked(), verdicts.wicked(wicked.TEXT), wicked.TEXT)
    texts = [rule["help"]["markdown"] for rule in rules_of(found).values()]
    texts += [result["message"]["text"] for result in found["results"]]
    for text in texts:
        for line in text.split("\n"):
            assert line.isprintable() or "\ufffe" in line
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", text)  # no placeholder without arguments
        assert "](" not in text


def test_the_schema_is_strict() -> None:
    found = run(lined())
    for change in (
        {"results": [{**found["results"][0], "locations": []}]},
        {"results": [{**found["results"][0], "surprise": 1}]},
        {"surprise": 1},
    ):
        document = {"$schema": "x:y", "version": "2.1.0", "runs": [found | change]}
        assert not VALIDATOR.is_valid(document)


def test_findings_stand_at_their_lines() -> None:
    found = by_rule(run(lined(), dockerfile="./docker files/Dockerfile.é"))
    place = found["package-lists"]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {
        "uri": "docker%20files/Dockerfile.%C3%A9",
        "uriBaseId": "%SRCROOT%",
    }
    assert place["physicalLocation"]["region"]["startLine"] % 3 == 0
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "layer 1"
    assert place["logicalLocations"][1] == {
        "name": "big", "fullyQualifiedName": "/var/lib/apt/lists/big", "kind": "path",
    }  # fmt: skip
    # What has no line stands at the first.
    place = found["root-user"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "docker%20files/Dockerfile.%C3%A9"
    assert place["region"]["startLine"] == 1
    # Without a Dockerfile, the image is the file that there is, at whatever line.
    for result in by_rule(run(lined())).values():
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "judged%3A1"
        assert place["region"]["startLine"] == 1


def test_a_place_outside_the_source_has_an_address_of_its_own() -> None:
    found = by_rule(run(lined(), dockerfile="/srv/a b/Dockerfile"))
    place = found["package-lists"]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "file:///srv/a%20b/Dockerfile"}


def test_results_say_what_comes_back_and_how() -> None:
    result = by_rule(run(lined()))["package-lists"]
    assert result["level"] == "error"
    text = result["message"]["text"]
    assert text.startswith(
        "package lists: 42.0 MB, 14.0 MB of a pull\nlayer 1: RUN apt-get update\n"
    )
    assert "\nfix: RUN apt-get update && apt-get install -y PACKAGES" in text
    assert result["properties"]["bytes"] == 42_000_000


def test_rules_say_how_severe_and_how_sure() -> None:
    rules = rules_of(run(lined()))
    assert rules["root-user"]["properties"] == {
        "tags": ["container-image", "posture", "security"],
        "precision": "very-high",
        "security-severity": "8.0",
    }
    assert "security-severity" not in rules["package-lists"]["properties"]
    assert rules["package-lists"]["properties"]["problem.severity"] == "error"
    assert rules["bytecode"]["properties"]["precision"] == "low"
    assert (
        "```dockerfile\nRUN pip install --no-compile PACKAGES\n```"
        in (rules["bytecode"]["help"]["markdown"])
    )


def test_sources_on_the_web_are_linked() -> None:
    rule = replace(samples._CACHE, source="see https://example.org/a_b#c, and others")
    analysis = lined()
    assert analysis.judged is not None
    findings = tuple(replace(finding, rule=rule) for finding in analysis.findings[:1])
    analysis = replace(analysis, judged=replace(analysis.judged, findings=findings))
    assert rules_of(run(analysis))["package-lists"]["helpUri"] == "https://example.org/a_b#c"


def test_gates_are_results_too() -> None:
    found = run(lined(), verdicts.MIXED, "Dockerfile")
    results = by_rule(found)
    assert results["gate/max-path"]["level"] == "error"
    assert results["gate/max-path"]["message"]["text"].startswith("bytes at paths var/**")
    assert results["gate/max-size"]["level"] == "warning"
    place = results["gate/max-size"]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("Dockerfile", 3)
    assert {"gate/no-root", "gate/lowest-efficiency", "gate/ignores"} <= set(results)
    assert {"dive/highestUserWastedPercent", "dive/oddRule"} <= set(results)
    assert "dive/lowestEfficiency" not in results
    assert "gate/max-transfer-size" not in results
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note["descriptor"]["id"] == "gate-skipped"
    assert "--max-size, LAYERLENS_MAX_SIZE" in rules_of(found)["gate/max-size"]["help"]["text"]


def test_what_is_ignored_is_suppressed() -> None:
    verdict = Verdict(ignores=verdicts.IGNORES[:1], ignored=frozenset({0}))
    results = run(lined(), verdict)["results"]
    assert [len(result["suppressions"]) for result in results] == [0] * (len(results) - 1) + [1]
    (suppression,) = results[-1]["suppressions"]
    assert suppression["kind"] == "external"
    # Where nothing is, nobody says so.
    assert all("suppressions" not in result for result in run(lined())["results"])


def test_no_more_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = lined()
    monkeypatch.setattr(sarif, "MOST", 2)
    found = run(analysis)
    assert len(found["results"]) == 2
    assert len(found["tool"]["driver"]["rules"]) <= 2
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == (
        f"{len(analysis.findings) - 2} results are left out: no more than 2 fit"
    )
