"""The page's own code: how much it is, and what it never does."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from layerlens.outputs.html import page

FOLDER = Path(str(resources.files("layerlens.outputs.html"))) / "page"
MODULES = sorted(FOLDER.rglob("*.js"))
EARLY = "theme.js"
"""Runs before the page is there, in a script of its own."""

MOST_CODE = 450_000
"""Bytes of script and style in every report."""

NEVER = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "setHTMLUnsafe",
    "createContextualFragment", "DOMParser", "srcdoc", "eval(", "new Function", "fetch(", "XMLHttpRequest",
    "WebSocket", "EventSource", "sendBeacon", "import(", "importScripts", "javascript:",
)  # fmt: skip
"""What would make markup or code of text, or ask the network."""


def test_the_code_is_small_beside_the_data() -> None:
    code = page._script() + page._style() + page._part(EARLY)
    assert len(code.encode()) <= MOST_CODE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_no_module_makes_markup_or_asks_the_network(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [word for word in NEVER if word in text] == []
    assert not re.search(r"\bset(?:Timeout|Interval)\(\s*[\"'`]", text)


def test_every_module_is_in_the_page() -> None:
    joined = set(re.findall(r"^// (\S+\.js)$", page._script(), re.MULTILINE))
    assert {path.relative_to(FOLDER).as_posix() for path in MODULES} - {EARLY} == joined


def test_every_style_is_in_the_page_and_loads_nothing() -> None:
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.css")} == set(
        page.STYLES
    )
    assert not re.search(r"@import|https?:|url\((?![\"']?data:)", page._style())
