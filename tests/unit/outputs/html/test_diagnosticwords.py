"""Every code of a diagnostic that the program writes is explained on the page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import layerlens

ROOT = Path(layerlens.__file__).parent
WORDS = ROOT / "outputs" / "html" / "page" / "diagnosticwords.js"


def codes() -> Iterator[str]:
    """First arguments, where they are texts, of the calls that make diagnostics."""
    for path in ROOT.rglob("*.py"):
        text = path.read_text("utf-8")
        if not re.search(r"notes\.add\(|\b_?note\(|Diagnostic\(", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            called, first = ast.unparse(node.func), node.args[0]
            if (
                called.endswith(("notes.add", "_note", ".note", "Diagnostic"))
                and isinstance(first, ast.Constant)
                and isinstance(first.value, str)
            ):
                yield first.value


def test_every_code_has_a_meaning_and_every_meaning_a_code() -> None:
    text = WORDS.read_text("utf-8")
    explained = set(re.findall(r'^  "?([a-z-]+)"?: "', text, re.MULTILINE))
    assert explained == set(codes())
