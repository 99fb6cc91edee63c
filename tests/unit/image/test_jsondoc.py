"""Hostile JSON is refused with a reason, and what passes is harmless."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.errors import FormatError, LayerLensError, LimitError
from layerlens.image import jsondoc


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "not UTF-8: bad byte at offset 7"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": }', "line 1, column 7"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": -Infinity}', "-Infinity is not a JSON number"),
        (b'{"a": 1e999}', "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "out of range"),
        (b'{"a": 0.' + b"9" * 5000 + b"}", "out of range"),
        (b"[" * 200_000, "nested"),
        (b"[" * 300 + b"]" * 300, "nested more than"),
        (b'{"a": {}} trailing', "Extra data"),
    ],
)
def test_refuses_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FormatError, match="index") as caught:
        jsondoc.parse_any(data, "index", jsondoc.INDEX_LIMIT)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[]", "an array"),
        (b"null", "null"),
        (b'"x"', "a string"),
        (b"3", "a number"),
        (b"1.5", "a number"),
        (b"true", "a boolean"),
    ],
)
def test_an_object_is_demanded(data: bytes, kind: str) -> None:
    with pytest.raises(FormatError, match=f"config is {kind}, not a JSON object"):
        jsondoc.parse_object(data, "config", jsondoc.CONFIG_LIMIT)


def test_the_size_is_bounded() -> None:
    assert jsondoc.parse_any(b"[1]", "x", 3) == [1]
    with pytest.raises(LimitError, match="4 bytes, more than the 3"):
        jsondoc.parse_any(b"[12]", "x", 3)
    assert (jsondoc.CONFIG_LIMIT, jsondoc.INDEX_LIMIT) == (4 * 1024**2, 20 * 1024**2)


def test_the_number_of_values_is_bounded() -> None:
    with pytest.raises(LimitError, match="more than 2,000,000 values"):
        jsondoc.parse_any(b"[" + b"{}," * 1_000_000 + b"{}]", "x", jsondoc.INDEX_LIMIT)


def test_lone_surrogates_become_replacement_characters() -> None:
    found = jsondoc.parse_any(
        rb'{"a\ud800": ["x\udfffy", {"k": "\ud83d\ude00"}], "b": "plain"}', "x", 1000
    )
    assert found == {"a\ufffd": ["x\ufffdy", {"k": "\U0001f600"}], "b": "plain"}


def test_a_lone_string_is_made_safe_too() -> None:
    assert jsondoc.parse_any(rb'"\udc80"', "x", 100) == "\ufffd"


def test_keys_are_found_whatever_their_case() -> None:
    obj = {"LAYERS": 1, "layers": 2, "Config": 3}
    assert jsondoc.get_ci(obj, "layers") == 2
    assert jsondoc.get_ci(obj, "config") == 3
    assert jsondoc.get_ci(obj, "Layers") == 2, "the last of several"
    assert jsondoc.get_ci(obj, "missing") is None
    assert jsondoc.get_ci({"config": None, "Config": 1}, "config") is None


def test_text_map_keeps_only_text() -> None:
    assert jsondoc.text_map({"a": "b", "c": 1, "d": None}) == {"a": "b"}
    assert jsondoc.text_map(["a"]) == {}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON)
def test_sound_documents_come_back_unchanged(value: Any) -> None:
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return
    text = json.dumps(value)
    if "Infinity" not in text:
        assert jsondoc.parse_any(text.encode(), "x", 1 << 20) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_anything_else_raises_only_our_errors(data: bytes) -> None:
    try:
        found = jsondoc.parse_any(data, "x", 1 << 20)
    except LayerLensError:
        return
    json.dumps(found, ensure_ascii=False).encode()
