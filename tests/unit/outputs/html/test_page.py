"""The page around the data: what a reader without scripts is told."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.outputs.html.image import write_html
from layerlens.outputs.report import Report
from tests.unit.outputs import samples


def rows(analysis: Analysis) -> dict[str, str]:
    stream = io.BytesIO()
    write_html(Report(analysis), stream)
    return dict(re.findall(r"<tr><th scope=row>(.*)<td>(.*)", stream.getvalue().decode()))


@pytest.mark.parametrize(
    ("analysis", "told"),
    [
        (
            samples.judged(),
            {"Efficiency": "81.1%", "Lean score": "14.3%", "Removable bytes": "42.4 MB"},
        ),
        (samples.build([[]], ["RUN true"]), {"Efficiency": "100%"}),
    ],
)
def test_the_scores_are_those_of_the_overview(analysis: Analysis, told: dict[str, str]) -> None:
    shown = rows(analysis)
    assert {name: shown.get(name) for name in told} == told


def test_where_rules_did_not_run_nothing_is_said_of_what_they_tell() -> None:
    shown = rows(replace(samples.judged(), judged=None))
    assert "Efficiency" in shown
    assert not {"Lean score", "Removable bytes"} & shown.keys()
