"""The JSON document: the contract, the schema, and what hostile images do to it."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from layerlens.analysis.model import Analysis, InefficientFile, Waste
from layerlens.filesystem.changes import Cause
from layerlens.outputs import schema
from layerlens.outputs.json_report import write_json
from layerlens.outputs.schema import analysis_document, config_fields
from tests.unit.outputs import samples, verdicts
from tests.unit.outputs.wicked import TEXT

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "layerlens" / "outputs" / "analysis.schema.json"
ALL = [samples.judged, samples.shop, samples.clean, samples.empty, samples.hostile, samples.many]
Make = Callable[[], Analysis]


def written(analysis: Analysis) -> bytes:
    stream = io.BytesIO()
    write_json(analysis, stream)
    return stream.getvalue()


def strict(text: bytes) -> Any:
    """Parse as a strict reader does: no NaN, no key twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs)
        return dict(pairs)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    found = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


@pytest.mark.parametrize("make", ALL)
def test_what_is_written_is_the_document(make: Make) -> None:
    analysis = make()
    text = written(analysis)
    assert strict(text) == analysis_document(analysis)
    assert text.isascii()
    assert text.endswith(b"}\n")
    assert text == written(getattr(make, "__wrapped__", make)()), "made anew, the same again"


@pytest.mark.parametrize("make", ALL)
def test_the_document_is_of_the_published_schema(
    make: Make, validator: Draft202012Validator
) -> None:
    validator.validate(strict(written(make())))


def test_the_schema_is_strict(validator: Draft202012Validator) -> None:
    document = analysis_document(samples.shop())
    for change in (
        {"surprise": 1},
        {"schema_version": "2.0"},
        {"image": document["image"] | {"size": 1.5}},
        {"waste": [document["waste"][0] | {"cause": "magic"}]},
        {"ledger": [{**document["ledger"][1], "class": "magic"}]},
    ):
        with pytest.raises(ValidationError):
            validator.validate(document | change)
    del document["base"]
    with pytest.raises(ValidationError):
        validator.validate(document)


def test_every_field_of_the_schema_is_described() -> None:
    def walk(node: Any, place: str) -> list[str]:
        found = []
        for name, field in node.get("properties", {}).items():
            if not field.get("description") and "$ref" not in field:
                found.append(f"{place}.{name}")
            found += walk(field, f"{place}.{name}")
        items = node.get("items")
        return found + (walk(items, f"{place}[]") if isinstance(items, dict) else [])

    published = json.loads(PUBLISHED.read_text("utf-8"))
    missing = walk(published, "")
    for name, field in published["$defs"].items():
        missing += walk(field, name)
    # `properties` under `if` and `then` are conditions, not fields.
    assert missing == []


def test_the_copy_in_the_documentation_is_the_published_schema() -> None:
    copy = ROOT / "docs" / "json-schema" / "analysis-1.schema.json"
    assert copy.read_bytes() == PUBLISHED.read_bytes()


def test_the_names_of_the_contract() -> None:
    document = analysis_document(samples.shop())
    assert list(document) == [
        "schema_version", "layerlens", "image", "scores", "layers", "base", "history", "sizes", "ledger",
        "waste", "findings", "savings", "verdict", "diagnostics",
    ]  # fmt: skip
    assert set(document["image"]) >= {
        "reference", "id", "digest", "platform", "tags", "created", "size", "compressed_size",
        "file_count",
    }  # fmt: skip
    assert set(document["scores"]) == {
        "efficiency", "lean_score", "total_bytes", "live_bytes", "dead_bytes",
        "removable_bytes", "user_wasted_percent", "dive",
    }  # fmt: skip
    assert set(document["layers"][0]) >= {
        "index", "diff_id", "digest", "media_type", "compression", "size", "compressed_size",
        "instruction", "created_by", "created", "base", "added", "modified", "removed",
        "dead_bytes", "kills_bytes",
    }  # fmt: skip
    assert set(document["base"]) >= {"boundary", "rests_on"}
    assert list(document["diagnostics"][0]) == ["code", "message", "layer", "path"]
    assert list(document["ledger"][0]) == [
        "kind", "class", "bytes", "base_bytes", "transfer_bytes", "files",
    ]  # fmt: skip
    assert list(document["waste"][0]) == ["path", "cause", "bytes", "added_in", "lost_in"]
    assert set(document["scores"]["dive"]) == {
        "efficiency", "wasted_bytes", "user_wasted_percent", "inefficient_files",
    }  # fmt: skip
    inefficient = document["scores"]["dive"]["inefficient_files"]
    assert list(inefficient[0]) == ["path", "count", "bytes"]


def test_the_figures_add_up() -> None:
    document = analysis_document(samples.shop())
    scores, layers = document["scores"], document["layers"]
    assert sum(row["bytes"] for row in document["ledger"]) == scores["total_bytes"]
    assert sum(row["bytes"] for row in document["waste"]) == scores["dead_bytes"] > 0
    assert sum(layer["size"] for layer in layers) == document["image"]["size"]
    for key in ("dead_bytes", "kills_bytes"):
        assert sum(layer[key] for layer in layers) == scores["dead_bytes"]
    assert document["base"]["bytes"] == layers[0]["size"]
    assert {row["class"] for row in document["ledger"]} == {"live"} | {c.word for c in Cause}


def test_history_rows_lead_to_their_layers() -> None:
    document = analysis_document(samples.shop())
    assert [row["layer"] for row in document["history"]] == [0, None, 1, 2, 3, 4, 5]
    assert document["history"][1]["instruction"] == 'CMD ["sh"]'
    assert document["layers"][4]["build_args"] == ["MODE=755"]
    assert [layer["history_row"] for layer in document["layers"]] == [0, 2, 3, 4, 5, 6]


def test_findings_are_null_where_rules_did_not_run() -> None:
    document = analysis_document(samples.clean())
    assert (document["findings"], document["savings"]) == (None, None)


def test_findings() -> None:
    document = analysis_document(samples.judged())
    findings = document["findings"]
    assert [(row["rule"], row["severity"], row["bytes"]) for row in findings] == [
        ("package-lists", "high", 42_000_000),
        ("package-lists", "high", 40_000_000),
        ("root-user", "high", 0),
        ("deleted-later", "medium", 12_000_000),
        ("bytecode", "low", 1_500_000),
        ("debug-information", "info", 400_000),
    ]
    first, second = findings[:2]
    assert (first["claimed_bytes"], second["claimed_bytes"]) == (42_000_000, 0)
    assert first["also_matched_by"] == []
    assert set(findings[0]) >= {
        "rule", "severity", "confidence", "title", "bytes", "layer", "instruction", "paths", "fix",
    }  # fmt: skip
    assert document["savings"]["bytes"] == 42_000_000 + 12_000_000 + 400_000
    ledger = {row["class"]: row["bytes"] for row in document["ledger"]}
    assert sum(ledger.values()) == document["scores"]["total_bytes"]
    assert ledger["package-caches"] == 42_000_000
    assert document["scores"]["removable_bytes"] == 42_400_000


def test_settings() -> None:
    config = analysis_document(samples.shop())["image"]["config"]
    assert config["exposed_ports"] == ["443/tcp", "8000/tcp"]
    assert list(config["labels"]) == ["a", "b", "org.opencontainers.image.title"]
    assert config["healthcheck"]["interval_ns"] == 30_000_000_000
    assert config["shell"] is None


def test_settings_of_wrong_types_count_as_missing() -> None:
    config = analysis_document(samples.hostile())["image"]["config"]
    assert config["env"] == [f"A={samples.ESCAPE}"]
    assert config["entrypoint"] is None
    assert config["cmd"] == ["not a list"]
    assert config["exposed_ports"] == []
    check = config["healthcheck"]
    assert (check["interval_ns"], check["retries"], check["timeout_ns"]) == (None, None, None)
    assert config_fields({"Env": {}, "Labels": [], "Healthcheck": []})["healthcheck"] is None


def test_numbers_that_are_not_finite_are_null() -> None:
    shop = samples.shop()
    dive = dataclasses.replace(shop.dive, efficiency=math.nan, user_wasted_percent=math.inf)
    figures = strict(written(dataclasses.replace(shop, dive=dive)))["scores"]["dive"]
    assert figures["efficiency"] is None
    assert figures["user_wasted_percent"] is None


def test_names_that_are_not_utf8_have_their_bytes_beside_them() -> None:
    document = strict(written(samples.hostile()))
    for rows, slash in (
        (document["waste"], b""),
        (document["scores"]["dive"]["inefficient_files"], b"/"),
    ):
        names = {
            base64.b64decode(row["path_base64"]) if "path_base64" in row else row["path"].encode()
            for row in rows
        }
        assert names == {slash + name for name in samples.HOSTILE_NAMES}
        assert sum("path_base64" in row for row in rows) == 2
    note = document["diagnostics"][0]
    assert base64.b64decode(note["path_base64"]) == b"\x1b[2Jclear\xff"


def test_no_lone_surrogate_is_left_in_the_document() -> None:
    json.dumps(strict(written(samples.hostile())), ensure_ascii=False).encode()


def test_one_row_of_a_list_on_each_line() -> None:
    lines = written(samples.shop()).decode().splitlines()
    start = lines.index('  "waste": [')
    rows = lines[start + 1 : lines.index("  ],", start)]
    assert len(rows) == len(samples.shop().waste)
    for row in rows:
        assert json.loads(row.rstrip(","))["path"]


def test_long_lists_are_written_piece_by_piece() -> None:
    shop = samples.shop()
    waste = [Waste(b"dir/%d" % k, Cause(k % 7), k, 0, 1) for k in range(5000)]
    files = tuple(InefficientFile(f"/dir/{k}", 2, k) for k in range(4000))
    long = dataclasses.replace(
        shop, waste=waste, dive=dataclasses.replace(shop.dive, inefficient_files=files)
    )
    pieces: list[int] = []

    class Stream(io.BytesIO):
        def write(self, data: Any) -> int:
            pieces.append(len(data))
            return super().write(data)

    stream = Stream()
    write_json(long, stream)
    assert strict(stream.getvalue()) == analysis_document(long)
    assert max(pieces) < len(stream.getvalue()) / 3


def test_the_version_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "__version__", "9.9.9")
    assert strict(written(samples.empty()))["layerlens"] == "9.9.9"


def test_nothing_heavy_is_loaded() -> None:
    code = (
        "import sys, layerlens.outputs.json_report, layerlens.outputs.files\n"
        "import layerlens.outputs.text\n"
        "heavy = {'rich', 'textual', 'docker', 'humanize', 'requests', 'urllib3'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


class TestVerdict:
    @pytest.mark.parametrize("name", [*verdicts.BY_NAME, "wicked"])
    def test_every_outcome_is_of_the_schema(
        self, name: str, validator: Draft202012Validator
    ) -> None:
        verdict = verdicts.BY_NAME.get(name, verdicts.wicked(TEXT))
        analysis = samples.empty()
        stream = io.BytesIO()
        write_json(analysis, stream, verdict)
        document = strict(stream.getvalue())
        assert document == analysis_document(analysis, verdict)
        validator.validate(document)

    def test_what_it_says(self) -> None:
        document = analysis_document(samples.judged(), verdicts.MIXED)
        found = document["verdict"]
        assert (found["outcome"], found["passed"], found["strict"]) == ("fail", False, True)
        gates = {(gate["gate"], gate["level"]): gate for gate in found["gates"]}
        assert gates["max-size", "warn"] | {"offenders": []} == {
            "gate": "max-size", "subject": None, "level": "warn", "limit": "50MB",
            "bound": "absolute", "origin": "--max-size", "outcome": "warn", "unit": "bytes",
            "measured": 62_000_000, "allowed": 50_000_000, "baseline": None,
            "message": "image size 62.0 MB, 12.0 MB more than 50.0 MB", "offenders": [],
        }  # fmt: skip
        assert gates["lowest-efficiency", "fail"]["measured"] == 0.81
        assert gates["max-path", "fail"]["subject"] == "var/**"
        assert gates["max-path", "fail"]["offenders"][0]["paths"] == ["root/.npm/x"]
        assert [rule["status"] for rule in found["dive"]["rules"]] == [
            "skip", "fail", "pass", "misconfigured",
        ]  # fmt: skip
        assert found["baseline"]["made"] == "2023-11-14T22:13:20Z"
        assert found["ignores"][1]["expires"] == "2024-02-29"
        assert [finding["ignored"] for finding in document["findings"][:4]] == [
            True, False, True, False,
        ]  # fmt: skip

    def test_who_does_not_judge_has_none(self) -> None:
        document = analysis_document(samples.judged())
        assert document["verdict"] is None
        assert not any(finding["ignored"] for finding in document["findings"])
