"""Every output of a comparison, byte for byte; see :mod:`tests.golden.test_golden`."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from layerlens.comparison.model import Comparison
from layerlens.outputs import compare_json
from layerlens.outputs.compare_json import write_comparison_json
from layerlens.outputs.compare_markdown import MOST_BYTES, write_comparison_markdown
from layerlens.outputs.compare_text import write_comparison
from tests.golden.test_golden import UPDATE
from tests.unit.comparison.twoimages import attacked, shops, the_same
from tests.unit.outputs.test_markdown import tokens

HERE = Path(__file__).parent / "compare"
ROOT = HERE.parents[2]
PUBLISHED = ROOT / "layerlens" / "outputs" / "comparison.schema.json"


def page(make: Callable[[], Comparison], width: int = 100, **options: bool) -> bytes:
    stream = io.StringIO()
    options = {"colour": False, "unicode": True} | options
    write_comparison(make(), stream, width=width, **options)
    return stream.getvalue().encode()


def document(make: Callable[[], Comparison]) -> bytes:
    stream = io.BytesIO()
    write_comparison_json(make(), stream)
    return stream.getvalue()


def comment(make: Callable[[], Comparison]) -> bytes:
    stream = io.BytesIO()
    write_comparison_markdown(make(), stream)
    return stream.getvalue()


GOLDEN: dict[str, Callable[[], bytes]] = {
    "shops.txt": lambda: page(shops),
    "shops-colour.txt": lambda: page(shops, colour=True),
    "shops-60-ascii.txt": lambda: page(shops, 60, unicode=False),
    "shops-table.txt": lambda: page(shops, table_only=True),
    "same.txt": lambda: page(the_same),
    "attacked.txt": lambda: page(attacked),
    "shops.json": lambda: document(shops),
    "same.json": lambda: document(the_same),
    "attacked.json": lambda: document(attacked),
    "shops.md": lambda: comment(shops),
    "same.md": lambda: comment(the_same),
    "attacked.md": lambda: comment(attacked),
}


@pytest.fixture(autouse=True)
def _one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release must not change the files."""
    monkeypatch.setattr(compare_json, "__version__", "1.2.3")


@pytest.mark.parametrize("name", GOLDEN)
def test_output_is_golden(name: str) -> None:
    made, place = GOLDEN[name](), HERE / name
    if os.environ.get(UPDATE) == "1":
        assert not os.environ.get("CI"), "golden files are never written in CI"
        place.write_bytes(made)
    assert made == place.read_bytes(), f"{name} differs; {UPDATE}=1 writes it anew"


def test_no_golden_file_is_left_over() -> None:
    assert {place.name for place in HERE.iterdir()} == set(GOLDEN)


@pytest.mark.parametrize("name", [name for name in GOLDEN if name.endswith(".json")])
def test_documents_are_of_the_published_schema(name: str) -> None:
    published = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(json.loads((HERE / name).read_bytes()))
    copy = ROOT / "docs" / "json-schema" / "comparison-1.schema.json"
    assert copy.read_bytes() == PUBLISHED.read_bytes()


@pytest.mark.parametrize("name", GOLDEN)
def test_nothing_in_them_is_obeyed(name: str) -> None:
    text = (HERE / name).read_text("utf-8")
    for line in text.split("\n"):
        plain = re.sub(r"\x1b\[[0-9;]*m", "", line) if name == "shops-colour.txt" else line
        assert plain.isprintable(), plain
        assert not re.match(r"\s*::\w", plain)
        assert "##[" not in plain


@pytest.mark.parametrize("name", [name for name in GOLDEN if name.endswith(".md")])
def test_comments_hold_no_markup_but_ours(name: str) -> None:
    for token in tokens((HERE / name).read_text("utf-8")):
        assert token.type not in ("link_open", "image", "s_open"), token
        if token.type in ("html_inline", "html_block"):
            for line in token.content.split("\n"):
                assert OURS.fullmatch(line), token.content
        if token.type == "text":
            assert "@" not in token.content


OURS = re.compile(r"|</?details>|<summary>[\w ]+: [\w ,.+:-]+</summary>")


def test_a_comment_is_always_short_enough() -> None:
    assert all(len(comment(make)) < MOST_BYTES for make in (shops, attacked, the_same))


def test_the_documentation_shows_real_output() -> None:
    documented = (ROOT / "docs" / "compare.md").read_text("utf-8")
    for name in ("shops.txt", "shops-table.txt"):
        assert (HERE / name).read_text("utf-8") in documented
