"""Hostile text, sizes and percentages as they are shown."""

from __future__ import annotations

import base64
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.outputs.display import (
    encodable,
    escape,
    escape_path,
    name_bytes,
    path_fields,
    percent,
    percent_of,
)
from layerlens.units import human_size
from tests.unit.outputs.samples import HOSTILE_NAMES


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (b"usr/bin/env", "usr/bin/env"),
        (b"a b", "a b"),
        (b"\x1b[2J", r"\x1b[2J"),
        (b"a\nb\r\tc\0", r"a\nb\r\tc\x00"),
        (b"\x7f", r"\x7f"),
        ("\u0085\u009b".encode(), r"\u0085\u009b"),
        ("\u202e\u2066\u200b\ufeff".encode(), r"\u202e\u2066\u200b\ufeff"),
        ("\U000e0041".encode(), r"\U000e0041"),
        ("\u3164".encode(), r"\u3164"),  # a letter that shows as nothing
        (b"caf\xe9", r"caf\xe9"),
        ("café \u4f60".encode(), "café \u4f60"),
        (b"\xed\xa0\x80", r"\xed\xa0\x80"),
        ("\U0001f469\u200d\U0001f680".encode(), "\U0001f469\u200d\U0001f680"),
        (b"[bold]x", "[bold]x"),
    ],
)
def test_paths_are_shown_and_not_obeyed(path: bytes, shown: str) -> None:
    assert escape_path(path) == shown


def test_surrogates_that_stand_for_no_byte() -> None:
    assert escape("\ud800\udcff") == r"\ud800\xff"
    assert encodable("\ud800 \x1b") == "\\ud800 \x1b"


def test_ascii_only() -> None:
    assert escape("café \U0001f680", ascii_only=True) == r"caf\u00e9 \U0001f680"


@given(st.binary(max_size=60) | st.sampled_from(HOSTILE_NAMES), st.booleans())
def test_any_bytes_become_one_harmless_line(name: bytes, ascii_only: bool) -> None:
    shown = escape_path(name, ascii_only=ascii_only)
    shown.encode("ascii" if ascii_only else "utf-8")
    joiners = {"\u200c", "\u200d"}
    for char in shown:
        assert unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"}
        assert unicodedata.bidirectional(char) not in {"LRE", "RLE", "LRO", "RLO", "PDF"}
        assert char in joiners or unicodedata.bidirectional(char) not in {
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }


@given(st.text(st.characters(categories=("Cs", "Lu", "Cc", "Cf")), max_size=30))
def test_any_text_can_be_encoded(text: str) -> None:
    encodable(text).encode()
    escape(text).encode()
    assert isinstance(name_bytes(text), bytes)


@given(st.binary(max_size=60))
def test_the_exact_name_can_be_had_back(name: bytes) -> None:
    fields = path_fields(name)
    exact = fields.get("path_base64")
    assert (base64.b64decode(exact) if exact else fields["path"].encode()) == name
    assert ("path_base64" in fields) == (name.decode(errors="replace").encode() != name)


@given(st.binary(max_size=60))
def test_name_bytes_undoes_surrogateescape(name: bytes) -> None:
    assert name_bytes(name.decode("utf-8", "surrogateescape")) == name


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_999, "1.0 MB"),
        (1_234_567, "1.2 MB"),
        (1_900_000_000, "1.9 GB"),
    ],
)
def test_sizes(size: int, shown: str) -> None:
    assert human_size(size) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "0%"),
        (0, 7, "0%"),
        (1, 10**9, "<0.1%"),
        (1, 3, "33.3%"),
        (2, 3, "66.6%"),
        (9_999, 10_000, "99.9%"),
        (10**18 - 1, 10**18, "99.9%"),
        (10, 10, "100%"),
    ],
)
def test_only_all_of_it_is_a_hundred_percent(part: int, whole: int, shown: str) -> None:
    assert percent_of(part, whole) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0%"),
        (0.01, "<0.1%"),
        (0.29 * 100, "29.0%"),
        (99.99, "99.9%"),
        (100.0, "100%"),
        (152.38, "152.3%"),
        (-4.55, "-4.5%"),
    ],
)
def test_percentages_are_cut_off(value: float, shown: str) -> None:
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error file=a::x", r"\x3a:error file=a::x"),
        ("a ::warning::b", r"a \x3a:warning::b"),
        ("\xa0::Debug::", "\xa0" + r"\x3a:Debug::"),
        ("CPAN::Debug.3perl.gz", "CPAN::Debug.3perl.gz"),  # no runner looks into a word
        ("std::vector ::other", "std::vector ::other"),
        ("a##[error]b ##vso[x]", r"a#\x23[error]b #\x23vso[x]"),
    ],
)
def test_what_the_log_of_a_ci_job_would_obey(text: str, shown: str) -> None:
    assert escape(text) == shown
