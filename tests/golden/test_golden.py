"""Every output, byte for byte.

``LAYERLENS_UPDATE_GOLDEN=1 pytest tests/golden`` writes the files anew, to be
looked at before they are committed; in CI it refuses.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.outputs import sarif, sbom, schema
from layerlens.outputs.catalogue import OUTPUTS
from layerlens.outputs.files import write_files
from layerlens.outputs.json_report import write_json
from layerlens.outputs.markdown import write_markdown
from layerlens.outputs.report import Report
from layerlens.outputs.text import write_text
from layerlens.outputs.verdict import write_verdict
from tests.unit.outputs import handmade, judging, samples, verdicts
from tests.unit.outputs.wicked import TEXT, wicked

lined = samples.lined
HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "layerlens" / "outputs" / "analysis.schema.json"
UPDATE = "LAYERLENS_UPDATE_GOLDEN"


def report(make: Callable[[], Analysis]) -> bytes:
    stream = io.BytesIO()
    write_json(make(), stream)
    return stream.getvalue()


def listing(make: Callable[[], Analysis], fmt: str, layer: int | None = None) -> bytes:
    stream = io.BytesIO()
    write_files(make(), stream, fmt, layer)
    return stream.getvalue()


def written(
    name: str, make: Callable[[], Analysis] = lined, verdict: Verdict | None = None
) -> bytes:
    """An output by its name, with a Dockerfile where there is a verdict."""
    (output,) = (each for each in OUTPUTS if each.name == name)
    stream = io.BytesIO()
    where = None if verdict is None else "build/Dockerfile"
    output.write(Report(make(), verdict, dockerfile=where), stream)
    return stream.getvalue()


def page(
    make: Callable[[], Analysis], width: int = 80, *, colour: bool = False, unicode: bool = True
) -> bytes:
    stream = io.StringIO()
    write_text(make(), stream, width=width, colour=colour, unicode=unicode)
    return stream.getvalue().encode()


def verdict(
    make: Callable[[], Report], width: int = 100, *, colour: bool = False, unicode: bool = True
) -> bytes:
    stream = io.StringIO()
    write_verdict(make(), stream, width=width, colour=colour, unicode=unicode, now=judging.NOW)
    return stream.getvalue().encode()


def comment(make: Callable[[], Analysis], verdict: Verdict | None = None) -> bytes:
    stream = io.BytesIO()
    write_markdown(Report(make(), verdict, dockerfile="docker/Dockerfile"), stream)
    return stream.getvalue()


GOLDEN: dict[str, Callable[[], bytes]] = {
    "shop.json": lambda: report(samples.shop),
    "judged.json": lambda: report(samples.judged),
    "judged.txt": lambda: page(samples.judged),
    "judged-60-ascii.txt": lambda: page(samples.judged, 60, unicode=False),
    "empty.json": lambda: report(samples.empty),
    "hostile.json": lambda: report(samples.hostile),
    "verdict-fail.txt": lambda: verdict(judging.failing),
    "verdict-fail-60-ascii.txt": lambda: verdict(judging.failing, 60, unicode=False),
    "verdict-fail-140-colour.txt": lambda: verdict(judging.failing, 140, colour=True),
    "verdict-pass.txt": lambda: verdict(judging.passing),
    "verdict-hostile.txt": lambda: verdict(judging.hostile),
    "shop.txt": lambda: page(samples.shop),
    "shop-140-colour.txt": lambda: page(samples.shop, 140, colour=True),
    "shop-60-ascii.txt": lambda: page(samples.shop, 60, unicode=False),
    "clean.txt": lambda: page(samples.clean),
    "empty.txt": lambda: page(samples.empty),
    "hostile.txt": lambda: page(samples.hostile),
    "many.txt": lambda: page(samples.many),
    "shop.md": lambda: comment(samples.shop),
    "clean.md": lambda: comment(samples.clean, handmade.passing()),
    "judged.md": lambda: comment(samples.judged, handmade.failing()),
    "hostile.md": lambda: comment(samples.hostile, handmade.hostile()),
    "shop-files.table": lambda: listing(samples.shop, "table"),
    "shop-files.ndjson": lambda: listing(samples.shop, "ndjson"),
    "shop-files.csv": lambda: listing(samples.shop, "csv"),
    "shop-layer-5.table": lambda: listing(samples.shop, "table", 5),
    "shop-layer-5.ndjson": lambda: listing(samples.shop, "ndjson", 5),
    "shop-layer-5.csv": lambda: listing(samples.shop, "csv", 5),
    "hostile-files.table": lambda: listing(samples.hostile, "table"),
    "hostile-files.ndjson": lambda: listing(samples.hostile, "ndjson"),
    "hostile-files.csv": lambda: listing(samples.hostile, "csv"),
    "verdict.json": lambda: written("json", verdict=verdicts.MIXED),
    "findings.junit.xml": lambda: written("junit"),
    "verdict.junit.xml": lambda: written("junit", verdict=verdicts.MIXED),
    "hostile.junit.xml": lambda: written("junit", wicked, verdicts.wicked(TEXT)),
    "findings.sarif": lambda: written("sarif"),
    "verdict.sarif": lambda: written("sarif", verdict=verdicts.MIXED),
    "hostile.sarif": lambda: written("sarif", wicked, verdicts.wicked(TEXT)),
    "verdict.codequality.json": lambda: written("code-quality", verdict=verdicts.MIXED),
    "shop.metrics.txt": lambda: written("openmetrics", samples.shop),
    "verdict.metrics.txt": lambda: written("openmetrics", verdict=verdicts.MIXED),
    "findings.csv": lambda: written("csv"),
    "hostile.csv": lambda: written("csv", wicked),
    "shop.svg": lambda: written("badge", samples.shop),
    "verdict.svg": lambda: written("badge", verdict=verdicts.MIXED),
    "packages.cdx.json": lambda: written("sbom", samples.packaged),
}


@pytest.fixture(autouse=True)
def _one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release must not change the files."""
    for module in (schema, sarif, sbom):
        monkeypatch.setattr(module, "__version__", "1.2.3")


def check(name: str, place: Path) -> None:
    """Compare with the golden file; write it first where that is asked."""
    made = GOLDEN[name]()
    if os.environ.get(UPDATE) == "1":
        assert not os.environ.get("CI"), "golden files are never written in CI"
        place.write_bytes(made)
    assert made == place.read_bytes(), f"{name} differs; {UPDATE}=1 writes it anew"


@pytest.mark.parametrize("name", GOLDEN)
def test_output_is_golden(name: str) -> None:
    check(name, HERE / name)


def test_golden_files_are_not_written_in_ci(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "empty.txt"
    place.write_bytes(b"older")
    monkeypatch.setenv(UPDATE, "1")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(AssertionError, match="never written in CI"):
        check("empty.txt", place)
    assert place.read_bytes() == b"older"
    monkeypatch.delenv("CI")
    check("empty.txt", place)
    monkeypatch.delenv(UPDATE)
    check("empty.txt", place)
    place.write_bytes(b"older")
    with pytest.raises(AssertionError, match="differs"):
        check("empty.txt", place)


def test_no_golden_file_is_left_over() -> None:
    kinds = {".json", ".txt", ".table", ".ndjson", ".csv", ".xml", ".sarif", ".svg", ".md"}
    assert {p.name for p in HERE.iterdir() if p.suffix in kinds} == set(GOLDEN)


@pytest.mark.parametrize(
    "name", [name for name in GOLDEN if name.endswith(".json") and name.count(".") == 1]
)
def test_golden_documents_are_of_the_published_schema(name: str) -> None:
    published = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator(published).validate(json.loads((HERE / name).read_bytes()))


@pytest.mark.parametrize("name", GOLDEN)
def test_lines_end_in_line_feeds(name: str) -> None:
    text = (HERE / name).read_bytes()
    assert text.endswith(b"\n")
    returns, feeds = text.count(b"\r"), text.count(b"\n")
    assert returns == (feeds if name.endswith(".csv") else 0)


@pytest.mark.parametrize(
    "golden",
    ["verdict.junit.xml", "verdict.sarif", "verdict.codequality.json", "verdict.metrics.txt",
     "findings.csv"],
)  # fmt: skip
def test_examples_of_outputs_are_real(golden: str) -> None:
    page = (HERE.parents[1] / "docs" / "outputs.md").read_text("utf-8")
    real = (HERE / golden).read_text("utf-8")
    blocks = [block.splitlines()[1:] for block in page.split("```")[1::2]]
    assert any(block and all(line in real for line in block) for block in blocks)


@pytest.mark.parametrize(
    ("page_name", "golden", "whole"),
    [
        ("output-text.md", "shop.txt", True),
        ("output-files.md", "shop-layer-5.table", True),
        ("output-files.md", "shop-layer-5.csv", True),
        ("output-files.md", "shop-files.ndjson", False),
        ("output-json.md", "shop.json", False),
    ],
)
def test_samples_in_the_documentation_are_real(page_name: str, golden: str, *, whole: bool) -> None:
    documented = (HERE.parents[1] / "docs" / page_name).read_text("utf-8")
    real = (HERE / golden).read_text("utf-8")
    if whole:
        assert real in documented
        return
    shown = documented.partition("```json\n")[2].partition("\n```")[0].splitlines()
    assert len(shown) > 2
    assert set(shown) <= set(real.splitlines())
