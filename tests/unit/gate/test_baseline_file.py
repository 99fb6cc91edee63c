"""Baseline files: what is written is read, and nothing else is."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from layerlens.analysis.rules.identity import FindingKey
from layerlens.analysis.rules.model import Severity
from layerlens.errors import UsageError
from layerlens.gate.baseline import BaselineImage, RecordedBaseline, order, record, recordable
from layerlens.gate.baseline_file import (
    AGAIN,
    MAX_BASELINE,
    decode_baseline,
    encode_baseline,
    is_baseline_file,
    load_baseline,
)
from layerlens.gate.catalogue import BY_ID, GATES
from layerlens.gate.limits import Unit
from tests.unit.gate.recording import FINDINGS, IMAGE, baseline
from tests.unit.outputs import samples

ROOT = Path(__file__).parents[3]
PUBLISHED = ROOT / "layerlens" / "gate" / "baseline.schema.json"
GOLDEN = Path(__file__).parent / "baseline.golden.json"


def document(**changes: Any) -> dict[str, Any]:
    """The document of the usual baseline, with some keys changed; ``...`` takes one away."""
    found: dict[str, Any] = json.loads(encode_baseline(baseline())) | changes
    return {key: value for key, value in found.items() if value is not ...}


def decode(value: object) -> RecordedBaseline:
    return decode_baseline(json.dumps(value).encode(), "b.json")


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    found = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


# ------------------------------------------------------------------------------------ writing


def test_the_file_is_golden() -> None:
    made = encode_baseline(baseline())
    if os.environ.get("LAYERLENS_UPDATE_GOLDEN") == "1":
        assert not os.environ.get("CI"), "golden files are never written in CI"
        GOLDEN.write_bytes(made)
    assert made == GOLDEN.read_bytes()


def test_one_changed_figure_is_one_changed_line() -> None:
    before = encode_baseline(baseline()).splitlines()
    figures = dict(baseline().figures) | {("max-waste", "deleted"): 6_000.0}
    after = encode_baseline(baseline(figures=figures)).splitlines()
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    more = encode_baseline(
        baseline(findings=(FindingKey("aaa", "x", Severity.INFO), *FINDINGS))
    ).splitlines()
    assert len(more) == len(before) + 1


def test_neither_order_nor_process_show_in_the_file() -> None:
    mixed = dict(reversed(list(baseline().figures.items())))
    turned = baseline(figures=mixed, findings=tuple(reversed(FINDINGS)))
    assert encode_baseline(turned) == encode_baseline(baseline())


@pytest.mark.parametrize(
    "make", [samples.judged, samples.shop, samples.empty, samples.hostile, samples.packaged]
)
def test_files_are_of_the_published_schema(
    make: Callable[[], Any], validator: Draft202012Validator
) -> None:
    found = record(make(), recordable(()), origin="x", made=1.0, revision="y")
    data = encode_baseline(found)
    validator.validate(json.loads(data))
    assert data.isascii()
    assert data.endswith(b"}\n")
    assert b"\x1b" not in data
    assert decode_baseline(data, "x").figures == found.figures
    assert decode_baseline(data, "x").findings == found.findings


def test_the_schema_is_strict(validator: Draft202012Validator) -> None:
    validator.validate(document())
    for wrong in (
        document(surprise=1), document(schema_version="2.0"), document(figures={}),
        document(figures={"max-size": 1.5}), document(figures={"lowest-efficiency": 2}),
        document(findings=[{"rule": "x", "place": "", "severity": "bad"}]), document(image=...),
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            validator.validate(wrong)


def test_the_schema_knows_every_gate_and_its_unit() -> None:
    known = json.loads(PUBLISHED.read_text())["properties"]["figures"]["properties"]
    assert known.keys() == {
        gate.id for gate in GATES if gate.id != "max-new-findings" and gate.unit is not Unit.YES_NO
    }
    for name, field in known.items():
        gate = BY_ID[name]
        ref = field["additionalProperties"]["$ref"] if gate.subject else field["$ref"]
        assert ref == f"#/$defs/{gate.unit.value}" or (
            gate.unit is Unit.COUNT and ref == "#/$defs/count"
        )
        assert gate.id in field["description"]


def test_the_schema_is_published_twice() -> None:
    copy = ROOT / "docs" / "json-schema" / "baseline-1.schema.json"
    assert copy.read_bytes() == PUBLISHED.read_bytes()


def test_a_baseline_beyond_the_bound_is_not_written() -> None:
    huge = tuple(FindingKey("r", "x" * 4000 + str(k), Severity.LOW) for k in range(1100))
    with pytest.raises(UsageError, match="more than"):
        encode_baseline(baseline(findings=huge))


# ------------------------------------------------------------------------------------ reading

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_MAYBE = st.none() | _TEXT
_FIGURES = st.dictionaries(
    st.sampled_from([(gate.id, subject) for gate, subject in recordable(())])
    | st.tuples(st.sampled_from(["max-path", "max-package"]), _TEXT),
    st.integers(0, 2**53 - 1),
    min_size=1,
    max_size=6,
)
_KEYS = st.builds(
    FindingKey, st.text("abc-", min_size=1, max_size=5), _TEXT, st.sampled_from(Severity)
)


def _in_unit(figures: dict[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    return {
        key: value / 2**53 if BY_ID[key[0]].unit is Unit.SHARE else float(value)
        for key, value in figures.items()
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.builds(
        RecordedBaseline,
        st.just("b.json"),
        st.builds(BaselineImage, _TEXT, _MAYBE, _MAYBE, _MAYBE, _MAYBE),
        _FIGURES.map(_in_unit),
        st.none() | st.lists(_KEYS, max_size=5).map(lambda keys: tuple(sorted(keys, key=order))),
        st.none() | st.integers(0, 10**11).map(float),
        _MAYBE,
        st.just("1.2.3"),
    )
)
def test_what_is_written_is_read(given_: RecordedBaseline) -> None:
    data = encode_baseline(given_)
    found = decode_baseline(data, "b.json")
    assert found == given_
    assert encode_baseline(found) == data


def test_names_that_no_encoding_takes_are_written_as_escapes() -> None:
    odd = baseline(image=replace(IMAGE, reference="a\udcff\x1b"))
    assert decode_baseline(encode_baseline(odd), "x").image.reference == "a\\udcff\x1b"


def test_later_minor_versions_are_read() -> None:
    figures = document()["figures"] | {"max-moons": 3, "max-suns": {"a": "b"}}
    found = decode(document(schema_version="1.7", figures=figures, surprise=[1]))
    assert found.figures == baseline().figures


def test_a_byte_order_mark_is_told() -> None:
    with pytest.raises(UsageError, match="byte order mark"):
        decode_baseline(b"\xef\xbb\xbf" + encode_baseline(baseline()), "b.json")


WRONG: dict[str, tuple[object, str]] = {
    "array": ([], "the baseline is an array, not a JSON object"),
    "other": ({"name": "x", "version": "1.0"}, "is no baseline of layerlens"),
    "analysis": ({"schema_version": "1.2", "scores": {}}, "is an analysis as JSON, not a baseline"),
    "no version": (document(schema_version=...), "is no baseline of layerlens"),
    "odd version": (document(schema_version="1"), "is no baseline of layerlens"),
    "number": (document(schema_version=1.0), "is no baseline of layerlens"),
    "too new": (document(schema_version="2.0"), "is a baseline of version 2.0, and this layerlens reads 1.0"),
    "no writer": (document(layerlens=...), "it does not say which layerlens wrote it"),
    "image": (document(image=...), "image is null, not an object"),
    "reference": (document(image={"reference": 3}), "image.reference is a number, not a string"),
    "figures": (document(figures=[]), "figures is an array, not an object"),
    "no figures": (document(figures={}), "it has no figures"),
    "text": (document(figures={"max-size": "3"}), "max-size is a string, not a number"),
    "boolean": (document(figures={"max-size": True}), "max-size is a boolean, not a number"),
    "fraction": (document(figures={"max-size": 1.5}), "max-size is no count, or beyond all measure"),
    "negative": (document(figures={"max-layers": -1}), "max-layers is no count"),
    "huge": (document(figures={"max-layers": 10**30}), "max-layers is no count"),
    "ratio": (document(figures={"lowest-efficiency": 90}), "lowest-efficiency is no ratio"),
    "flat": (document(figures={"max-waste": 3}), "max-waste is a number, not an object"),
    "deep": (document(figures={"max-waste": {"x\x1b": []}}), r"max-waste of 'x\x1b' is an array"),
    "no findings": (document(findings=...), "it has no findings"),
    "odd findings": (document(findings={}), "findings is an object, not an array"),
    "finding": (document(findings=["x"]), "a finding is a string, not an object"),
    "rule": (document(findings=[{"place": "", "severity": "low"}]), "a finding lacks its rule"),
    "place": (document(findings=[{"rule": "x", "severity": "low"}]), "a finding lacks its rule"),
    "severity": (document(findings=[{"rule": "x", "place": "", "severity": "bad"}]),
                 "a finding has the severity 'bad'"),
    "time": (document(written="yesterday"), "written is no time"),
    "far": (document(written="9999-12-31T23:59:59-23:00"), "written is no time"),
    "odd time": (document(written=3), "written is a number, not a string"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told(name: str) -> None:
    value, message = WRONG[name]
    with pytest.raises(UsageError) as caught:
        decode(value)
    assert message in caught.value.what
    assert caught.value.where.file == "b.json"
    assert "--write-baseline" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the baseline is empty"),
        (b"{", "not valid JSON"),
        (encode_baseline(baseline())[:200], "not valid JSON"),
        (b"\xff{}", "not UTF-8"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"figures": NaN}', "not valid JSON"),
        (b" " * (MAX_BASELINE + 1), "more than the"),
    ],
)
def test_bytes_that_are_no_json_are_told(data: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        decode_baseline(data, "b.json")
    assert caught.value.hint == AGAIN


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such baseline") as caught:
        load_baseline(str(tmp_path / "none.json"))
    assert caught.value.hint == AGAIN
    with pytest.raises(UsageError, match="is a directory"):
        load_baseline(str(tmp_path))
    (tmp_path / "big.json").write_bytes(b"{" * (MAX_BASELINE + 1))
    with pytest.raises(UsageError, match="larger than"):
        load_baseline(str(tmp_path / "big.json"))


def test_a_file_is_known_by_how_it_begins(tmp_path: Path) -> None:
    for content, known in (
        (b'\n {"a"', True),
        (b"\xef\xbb\xbf{", True),
        (b"x{", False),
        (b"", False),
    ):
        path = tmp_path / "b"
        path.write_bytes(content)
        assert is_baseline_file(str(path)) is known
    assert not is_baseline_file(str(tmp_path))
    assert not is_baseline_file("\0")
    assert not is_baseline_file("registry://example/x")


def test_a_pipe_is_read_once() -> None:
    read, write = os.pipe()
    try:
        os.write(write, encode_baseline(baseline()))
        os.close(write)
        path = f"/dev/fd/{read}"
        assert is_baseline_file(path)
        assert load_baseline(path).figures == baseline().figures
    finally:
        os.close(read)


def test_damage_is_told_or_harmless() -> None:
    good = encode_baseline(baseline())
    choose = random.Random(7)  # noqa: S311 - the same damage each time
    told = 0
    for _ in range(2000):
        data = bytearray(good)
        for _ in range(choose.randrange(1, 4)):
            at = choose.randrange(len(data))
            kind = choose.randrange(3)
            if kind == 0:
                data[at] = choose.randrange(256)
            elif kind == 1:
                del data[at : at + choose.randrange(1, 30)]
            else:
                data[at:at] = data[at // 2 : at // 2 + choose.randrange(1, 30)]
        try:
            found = decode_baseline(bytes(data), "b.json")
        except UsageError:
            told += 1
        else:
            assert decode_baseline(encode_baseline(found), "b.json") == found
    assert told > 1000
