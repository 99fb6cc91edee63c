"""Outputs of several images, byte for byte; see :mod:`tests.golden.test_golden`."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerlens.fleet.gather import Gatherer
from layerlens.fleet.model import Fleet
from layerlens.outputs import fleet as fleet_forms
from layerlens.outputs import fleet_text, trend_text
from layerlens.outputs import trend as trend_forms
from layerlens.trend.gather import TrendGatherer
from layerlens.trend.model import Trend
from tests import fleets
from tests.unit.outputs import samples
from tests.unit.trend.versions import versions

HERE = Path(__file__).parent
OUTPUTS = HERE.parents[1] / "layerlens" / "outputs"
UPDATE = "LAYERLENS_UPDATE_GOLDEN"


@cache
def shops() -> Fleet:
    gatherer = Gatherer()
    for analysis in fleets.shop():
        gatherer.add(analysis)
    gatherer.failed("gone:1", "gone:1: no such image")
    return gatherer.fleet()


@cache
def hostile() -> Fleet:
    gatherer = Gatherer()
    gatherer.add(samples.hostile())
    gatherer.add(samples.hostile(), reference="=1+1|`@you`\x1b[31m")
    gatherer.failed("::error::\n\u202e", "why \x1b]0;not\x07")
    return gatherer.fleet()


@cache
def moving() -> Trend:
    gatherer = TrendGatherer()
    first, *others = versions()
    gatherer.add(first)
    gatherer.failed("app:lost", "app:lost: no such image")
    for analysis in others:
        gatherer.add(analysis)
    return gatherer.trend()


@cache
def hostile_trend() -> Trend:
    gatherer = TrendGatherer()
    gatherer.add(samples.packaged(), reference="=1+1|`@you`\x1b[31m")
    gatherer.failed("::error::\n\u202e", "why \x1b]0;not\x07")
    gatherer.add(samples.hostile())
    return gatherer.trend()


def fleet_form(make: Callable[[], Fleet], form: str, limit: int | None = None) -> bytes:
    stream = io.BytesIO()
    fleet_forms.WRITERS[form](make(), stream, limit)
    return stream.getvalue()


def trend_form(make: Callable[[], Trend], form: str) -> bytes:
    stream = io.BytesIO()
    trend_forms.WRITERS[form](make(), stream)
    return stream.getvalue()


def fleet_page(make: Callable[[], Fleet], width: int = 100, *, unicode: bool = True) -> bytes:
    stream = io.StringIO()
    fleet_text.write_text(make(), stream, width=width, colour=False, unicode=unicode)
    return stream.getvalue().encode()


def trend_page(
    make: Callable[[], Trend], width: int = 100, *, unicode: bool = True, colour: bool = False
) -> bytes:
    stream = io.StringIO()
    trend_text.write_text(make(), stream, width=width, colour=colour, unicode=unicode)
    return stream.getvalue().encode()


GOLDEN: dict[str, Callable[[], bytes]] = {
    "fleet/shops.json": lambda: fleet_form(shops, "json", 500_000),
    "fleet/shops.csv": lambda: fleet_form(shops, "csv"),
    "fleet/shops.md": lambda: fleet_form(shops, "markdown"),
    "fleet/shops.txt": lambda: fleet_page(shops),
    "fleet/shops-50-ascii.txt": lambda: fleet_page(shops, 50, unicode=False),
    "fleet/hostile.json": lambda: fleet_form(hostile, "json"),
    "fleet/hostile.csv": lambda: fleet_form(hostile, "csv"),
    "fleet/hostile.md": lambda: fleet_form(hostile, "markdown"),
    "fleet/hostile.txt": lambda: fleet_page(hostile),
    "trend/app.json": lambda: trend_form(moving, "json"),
    "trend/app.csv": lambda: trend_form(moving, "csv"),
    "trend/app.md": lambda: trend_form(moving, "markdown"),
    "trend/app.txt": lambda: trend_page(moving),
    "trend/app-60-ascii.txt": lambda: trend_page(moving, 60, unicode=False),
    "trend/app-120-colour.txt": lambda: trend_page(moving, 120, colour=True),
    "trend/hostile.json": lambda: trend_form(hostile_trend, "json"),
    "trend/hostile.csv": lambda: trend_form(hostile_trend, "csv"),
    "trend/hostile.md": lambda: trend_form(hostile_trend, "markdown"),
    "trend/hostile.txt": lambda: trend_page(hostile_trend),
}


@pytest.fixture(autouse=True)
def _one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (fleet_forms, trend_forms):
        monkeypatch.setattr(module, "__version__", "1.2.3")


@pytest.mark.parametrize("name", GOLDEN)
def test_output_is_golden(name: str) -> None:
    made = GOLDEN[name]()
    if os.environ.get(UPDATE) == "1":
        assert not os.environ.get("CI"), "golden files are never written in CI"
        (HERE / name).write_bytes(made)
    assert made == (HERE / name).read_bytes(), f"{name} differs; {UPDATE}=1 writes it anew"


def test_no_golden_file_is_left_over() -> None:
    there = {
        f"{p.parent.name}/{p.name}" for kind in ("fleet", "trend") for p in (HERE / kind).iterdir()
    }
    assert there == set(GOLDEN)


@pytest.mark.parametrize("name", [name for name in GOLDEN if name.endswith(".json")])
def test_documents_are_of_the_published_schemas(name: str) -> None:
    published = json.loads((OUTPUTS / f"{name.partition('/')[0]}.schema.json").read_text("utf-8"))
    Draft202012Validator(published).validate(json.loads((HERE / name).read_bytes()))


@pytest.mark.parametrize("kind", ["fleet", "trend"])
def test_published_schemas_are_whole_and_copied(kind: str) -> None:
    text = (OUTPUTS / f"{kind}.schema.json").read_bytes()
    published = json.loads(text)
    Draft202012Validator.check_schema(published)
    copy = HERE.parents[1] / "docs" / "json-schema" / f"{kind}-1.schema.json"
    assert copy.read_bytes() == text


@pytest.mark.parametrize("name", GOLDEN)
def test_nothing_in_them_is_obeyed(name: str) -> None:
    text = (HERE / name).read_text("utf-8")
    shown = text.replace("\x1b[", "") if "colour" in name else text
    assert all(char.isprintable() or char in "\r\n" for char in shown)
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##[" not in text
    if name.endswith(".csv"):
        assert not any(
            cell[:1] in "=+@" for line in text.splitlines() for cell in line.split(",") if cell
        )


@pytest.mark.parametrize(
    ("page", "golden"),
    [("fleet.md", "fleet/shops.txt"), ("trend.md", "trend/app.txt")],
)
def test_samples_in_the_documentation_are_real(page: str, golden: str) -> None:
    documented = (HERE.parents[1] / "docs" / page).read_text("utf-8")
    assert (HERE / golden).read_text("utf-8") in documented
