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

MOST_CODE = {"image": 350_000, "comparison": 390_000, "trend": 120_000}
"""What a report is of -> bytes of script and style that it may hold."""

NEVER = (
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "setHTMLUnsafe",
    "createContextualFragment", "DOMParser", "srcdoc", "eval(", "new Function", "fetch(", "XMLHttpRequest",
    "WebSocket", "EventSource", "sendBeacon", "import(", "importScripts", "javascript:",
)  # fmt: skip
"""What would make markup or code of text, or ask the network."""


@pytest.mark.parametrize("of", page.STYLES)
def test_the_code_is_small_beside_the_data(of: str) -> None:
    code = page._script(of) + page._style(of) + page._part(EARLY)
    assert len(code.encode()) <= MOST_CODE[of]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_no_module_makes_markup_or_asks_the_network(path: Path) -> None:
    text = path.read_text("utf-8")
    assert [word for word in NEVER if word in text] == []
    assert not re.search(r"\bset(?:Timeout|Interval)\(\s*[\"'`]", text)


def test_every_module_is_in_the_page() -> None:
    joined: set[str] = set()
    for of in page.STYLES:
        joined |= set(re.findall(r"^// (\S+\.js)$", page._script(of), re.MULTILINE))
    assert {path.relative_to(FOLDER).as_posix() for path in MODULES} - {EARLY} == joined


IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function\*?|const|class) (\w+)", re.MULTILINE)


def test_every_export_is_of_use_elsewhere() -> None:
    texts = {path: path.read_text("utf-8") for path in MODULES}
    imported = {
        ((path.parent / match[2]).resolve(), name.strip())
        for path, text in texts.items()
        for match in IMPORT.finditer(text)
        for name in match[1].split(",")
    }
    exported = {
        (path.resolve(), name) for path, text in texts.items() for name in EXPORT.findall(text)
    }
    assert exported - imported == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_what_a_module_calls_of_another_is_imported(path: Path) -> None:
    """What others export is in reach without that, but perhaps not yet there."""
    exported = {name for each in MODULES for name in EXPORT.findall(each.read_text("utf-8"))}
    code = re.sub(r"^\s*(?://|/?\*).*", "", path.read_text("utf-8"), flags=re.MULTILINE)
    imported = {name.strip() for match in IMPORT.finditer(code) for name in match[1].split(",")}
    code = IMPORT.sub("", code)
    called = set(re.findall(r"(?<![.\w#$])(\w+)\((?![^()]*\) \{$)", code, re.MULTILINE))
    own = r"\b(?:function\*?|const|let|class) {0}\b|[{{(\[,] ?{0}\b[^()]*[)}}\]] ?(?:=>|=|\{{) ?"
    assert [
        name
        for name in sorted(called & exported - imported)
        if not re.search(own.format(name), code)
    ] == []


def test_every_style_is_in_the_page_and_loads_nothing() -> None:
    used = {name for names in page.STYLES.values() for name in names}
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.css")} == used
    for name in used:
        assert not re.search(r"@import|https?:|url\((?![\"']?data:)", page._part(name)), name


SHARED = {"base.css", "facts.css", "print.css"}
"""Style sheets of what several views have."""

SHEETS = sorted({name for names in page.STYLES.values() for name in names} - SHARED)


def beginnings(sheet: str) -> set[str]:
    """The classes and ids with which the rules of a style sheet begin; of a rule without, all."""
    text = re.sub(r"/\*.*?\*/", "", page._part(sheet), flags=re.DOTALL)
    found = set()
    for rule in re.findall(r"([^{};]+)\{", text):
        if rule.strip().startswith("@"):
            continue
        for selector in re.split(r",(?![^(]*\))", rule):
            first = re.split(r"[ >+~](?![^(]*\))", selector.strip())[0]
            named = re.search(r"[.#][\w-]+", first)
            found.add(named[0] if named else selector.strip())
    return found


@pytest.mark.parametrize("sheet", SHEETS)
def test_no_view_styles_what_is_of_another(sheet: str) -> None:
    own = beginnings(sheet)
    assert [each for each in own if not each.startswith((".", "#"))] == []
    for other in SHEETS:
        assert other == sheet or own & beginnings(other) == set(), other
