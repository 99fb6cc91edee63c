"""``docs/ci-gate.md`` says what the catalogue says, and shows a real verdict.

``LAYERLENS_UPDATE_GOLDEN=1`` writes its tables and its sample anew.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest

from layerlens.gate.catalogue import BASELINE_DEFAULTS, BY_ID, DEFAULTS, GATES
from layerlens.gate.limits import Unit, parse_limit
from layerlens.outputs.report import Report
from layerlens.outputs.verdict import write_verdict
from tests.unit.gate.demanding import demand, judged
from tests.unit.outputs import samples

PAGE = Path(__file__).parents[3] / "docs" / "ci-gate.md"
_UNITS = {Unit.BYTES: "bytes", Unit.SHARE: "share", Unit.COUNT: "count", Unit.YES_NO: "yes or no"}


def gates_table() -> str:
    """All gates."""
    rows = ["| gate | limit on | what it measures |", "|---|---|---|"]
    for gate in GATES:
        flag = f"`--{gate.id} {gate.subject}=LIMIT`" if gate.subject else f"`--{gate.id}`"
        rows.append(f"| {flag} | {_UNITS[gate.unit]} | {gate.help} |")
    return "\n".join(rows)


def defaults_table() -> str:
    """What is in force where nothing is said."""
    rows = ["| in force | gate | limit |", "|---|---|---|"]
    for when, defaults in (("always", DEFAULTS), ("with a baseline", BASELINE_DEFAULTS)):
        for gate, subject, limit in defaults:
            rows.append(f"| {when} | `{gate}` | {f'{subject}={limit}' if subject else limit} |")
    return "\n".join(rows)


def sample() -> str:
    """A verdict."""
    analysis = samples.judged()
    verdict = judged(
        analysis,
        demand("max-size", "300MB", origin="--max-size"),
        demand("highest-wasted-bytes", "10MB", origin="--highest-wasted-bytes"),
        demand("max-findings", "0", "critical", origin="--max-findings"),
    )
    stream = io.StringIO()
    write_verdict(Report(analysis, verdict), stream, width=90)
    return stream.getvalue().rstrip("\n").replace(analysis.image.reference, "app:latest")


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (gates_table, r"\| gate \|.*?(?=\n\n)"),
        (defaults_table, r"\| in force \|.*?(?=\n\n)"),
        (sample, r"(?<=```\n)Verdict.*?(?=\n```)"),
    ],
)
def test_the_page_says_what_is_so(made: object, shape: str) -> None:
    wanted = made()  # type: ignore[operator]
    text = PAGE.read_text("utf-8")
    if os.environ.get("LAYERLENS_UPDATE_GOLDEN") == "1":
        assert not os.environ.get("CI"), "pages are never written in CI"
        text = re.sub(shape, lambda _: wanted, text, count=1, flags=re.DOTALL)
        PAGE.write_text(text, "utf-8")
    assert wanted in text


def test_defaults_can_be_demanded() -> None:
    for name, _, limit in (*DEFAULTS, *BASELINE_DEFAULTS):
        gate = BY_ID[name]
        assert parse_limit(limit, gate.unit, at_least=gate.at_least).text == limit
