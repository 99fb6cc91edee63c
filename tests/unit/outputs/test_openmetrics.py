"""OpenMetrics, by Prometheus' own parser."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Outcome, Ruling, Verdict
from layerlens.outputs.openmetrics import write_openmetrics
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, verdicts, wicked

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
judged = cache(samples.judged)


def metrics(analysis: Analysis, verdict: Verdict | None = None) -> Samples:
    """Samples by name and labels, after checking that families are what they say."""
    stream = io.BytesIO()
    write_openmetrics(Report(analysis, verdict), stream)
    found: Samples = {}
    text = stream.getvalue().decode()
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        assert family.type == "gauge"
        assert family.documentation
        assert family.name.endswith(family.unit)
        for sample in family.samples:
            key = sample.name, tuple(sample.labels.items())
            assert key not in found
            found[key] = sample.value
    return found


def value(found: Samples, name: str, **labels: str) -> float | None:
    return found.get((f"layerlens_{name}", tuple(labels.items())))


@pytest.mark.parametrize("name", verdicts.BY_NAME)
@pytest.mark.parametrize("make", [judged, samples.shop, samples.empty, wicked.wicked])
def test_it_can_be_read(name: str, make: Any) -> None:
    metrics(make(), verdicts.BY_NAME[name])


def test_any_text() -> None:
    metrics(wicked.wicked(), verdicts.wicked(wicked.TEXT))
    odd = verdicts.demand("max-path", "1MB", 'a"b\\c\nd{e="f"}')
    ruling = Ruling(odd, Outcome.PASS, 0, 1, "")
    found = metrics(samples.empty(), Verdict((ruling,)))
    assert value(found, "gate_passed", gate="max-path", subject='a"b\\c\\nd{e="f"}') == 1


def test_figures_are_the_analysis() -> None:
    analysis = judged()
    found = metrics(analysis)
    assert value(found, "size_bytes") == analysis.scores.total_bytes == 63_500_000
    assert value(found, "transfer_bytes") == analysis.image.compressed_size
    assert value(found, "dead_bytes") == 12_000_000
    assert value(found, "efficiency_ratio") == analysis.scores.efficiency
    assert value(found, "lean_score_ratio") == analysis.scores.lean_score
    assert value(found, "layers") == 4
    ledger = {key: number for key, number in found.items() if key[0] == "layerlens_ledger_bytes"}
    assert sum(ledger.values()) == analysis.scores.total_bytes
    assert value(found, "ledger_bytes", kind="removable", **{"class": "package-caches"}) == 42e6
    counts = sum(number for key, number in found.items() if key[0] == "layerlens_findings")
    assert counts == len(analysis.findings)


def test_samples_are_the_same_for_every_image() -> None:
    """GitLab tells a sample that is new from one that has changed."""
    assert metrics(judged()).keys() == metrics(wicked.secret()).keys() | {
        ("layerlens_transfer_bytes", ())
    }


def test_without_rules_nothing_is_said_of_findings() -> None:
    found = metrics(samples.shop())
    assert value(found, "user_wasted_ratio") == samples.shop().scores.user_wasted_percent / 100
    for name in ("lean_score_ratio", "removable_bytes"):
        assert value(found, name) is None
    assert not any(name == "layerlens_findings" for name, _ in found)


def test_gates() -> None:
    found = metrics(judged(), verdicts.MIXED)
    assert value(found, "passed") == 0
    assert value(found, "gate_passed", gate="max-size") == 1  # it only warned
    assert value(found, "gate_passed", gate="max-path", subject="var/**") == 0
    assert value(found, "gate_passed", gate="max-transfer-size") is None  # skipped
    assert value(found, "gate_passed", gate="dive/highestUserWastedPercent") == 0
    assert value(found, "gate_passed", gate="dive/highestWastedBytes") is None
    hidden = len(verdicts.MIXED.ignored)
    counts = sum(number for key, number in found.items() if key[0] == "layerlens_findings")
    assert counts == len(judged().findings) - hidden
    both = Verdict((verdicts.FAILED, verdicts.FAILED))
    assert value(metrics(judged(), both), "gate_passed", gate="max-path", subject="var/**") == 0
