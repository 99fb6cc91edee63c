"""What the three ways of searching find, and how long they may take."""

from __future__ import annotations

import re
import signal
import warnings
from contextlib import AbstractContextManager
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.tui.viewmodel import matching
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.matching import Match, PatternError, matcher, time_limit
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.viewmodel.whose import Whose
from tests.browsing import browse, shown_paths
from tests.builders import file, hardlink, whiteout

HOSTILE = [
    b"plain", b"UPPER", b"\x1b[31mred", b"new\nline", b"\xff\xfe", "Ünïcode".encode(),
    "\u202egnp.exe".encode(), b"[bold]", b"a*b?c", b"(x|y)", b"back\\slash", b"$HOME", b"tab\there",
    "İstanbul".encode(), "\u017ftraße".encode(), b"-", b"...", b" ",
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile() -> Browser:
    browser = browse([file(b"top/" + name + b"/" + leaf, b"1")
                      for name in HOSTILE for leaf in HOSTILE])  # fmt: skip
    browser.open_all()
    return browser


def selected(browser: Browser, text: str, match: Match) -> set[bytes]:
    """The paths that a search selects, the root apart."""
    view = browser.rows.view
    flags = matcher(text, match).select(view)
    assert len(flags) == len(view.tree)
    return {view.tree.paths[i] for i in view.nodes[1:] if flags[i]}


def below(paths: list[bytes], found: set[bytes]) -> set[bytes]:
    """The found paths and all that lie below one."""
    return {
        path for path in paths
        if any(path == other or path.startswith(other + b"/") for other in found)
    }  # fmt: skip


def text_of(path: bytes) -> str:
    return "/" + path.decode("utf-8", "surrogateescape")


def is_subsequence(text: str, path: str) -> bool:
    at = -1
    return all((at := path.find(char, at + 1)) >= 0 for char in text)


ALPHABET = st.text("aeUPRnixüÜ\u202e\x1b\n[]*?(|)$\\./- ß\udcff", min_size=1, max_size=4)


@settings(max_examples=200, deadline=None)
@given(ALPHABET)
def test_text_is_found_anywhere(hostile: Browser, text: str) -> None:
    if any(sign in text for sign in "*?["):
        return

    def holds(path: bytes) -> bool:
        if text.isascii():  # letters of other alphabets have no part in it
            return text.lower().encode() in b"/" + path.lower()
        return text.casefold() in text_of(path).casefold()

    paths = hostile.tree.paths[1:]
    assert selected(hostile, text, Match.GLOB) == set(filter(holds, paths))


@settings(max_examples=200, deadline=None)
@given(ALPHABET)
def test_fuzzy_is_found_in_order(hostile: Browser, text: str) -> None:
    wanted = "".join(text.split())
    fold = wanted == wanted.lower()
    expected = set()
    for path in hostile.tree.paths[1:]:
        shown = text_of(path)
        if is_subsequence(wanted, shown.lower() if fold else shown):
            expected.add(path)
    assert selected(hostile, text, Match.FUZZY) == expected


@settings(max_examples=200, deadline=None)
@given(ALPHABET)
def test_regular_expressions_are_python_s(hostile: Browser, text: str) -> None:
    try:
        with warnings.catch_warnings(action="ignore"):
            pattern = re.compile(text)
    except re.error:
        with pytest.raises(PatternError, match="no regular expression"):
            matcher(text, Match.REGEX)
        return
    letters = re.sub(r"(?s)\\.", "", text)
    fold = letters == letters.lower()
    paths = hostile.tree.paths
    found = {
        path for path in paths
        if pattern.search(text_of(path).lower() if fold else text_of(path))
    }  # fmt: skip
    expected = set(paths) if b"" in found else below(paths, found)
    assert selected(hostile, text, Match.REGEX) == expected - {b""}


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (r"\.so(\.\d+)?$", {b"usr/lib/libc.so.6", b"usr/lib/libz.so"}),
        ("^/usr/lib$", {b"usr/lib", b"usr/lib/libc.so.6", b"usr/lib/libz.so", b"usr/lib/README"}),
        ("readme", {b"usr/lib/README"}),
        ("Readme", set()),
        (r"README\S*", {b"usr/lib/README"}),
        ("^usr", set()),
        (r"/etc|libz", {b"etc", b"etc/passwd", b"usr/lib/libz.so"}),
    ],
)
def test_regular_expressions(pattern: str, found: set[bytes]) -> None:
    browser = browse([file("usr/lib/libc.so.6"), file("usr/lib/libz.so"),
                      file("usr/lib/README"), file("etc/passwd")])  # fmt: skip
    assert selected(browser, pattern, Match.REGEX) == found


@pytest.fixture(scope="module")
def repeating() -> Browser:
    """Names that hold each other's, three deep."""
    names = ["a", "b", "ab", "A.b", "b.a"]
    return browse([file("/".join(path), "1") for path in product(names, repeat=3)])


@settings(max_examples=200, deadline=None)
@given(text=st.text("aAb/.", min_size=1, max_size=7))
def test_text_across_names(repeating: Browser, text: str) -> None:
    paths = repeating.tree.paths[1:]
    found = {path for path in paths if text.lower() in text_of(path).lower()}
    assert selected(repeating, text, Match.GLOB) == found


def test_a_slash_in_front_is_the_root() -> None:
    browser = browse([file("usr/lib/x"), file("opt/usr/y")])
    assert selected(browser, "/usr", Match.GLOB) == {
        b"usr", b"usr/lib", b"usr/lib/x", b"opt/usr", b"opt/usr/y",
    }  # fmt: skip
    assert selected(browser, "/usr/*/x", Match.GLOB) == {b"usr/lib/x"}


# ---------------------------------------------------------------------- the browser


def test_a_pattern_that_is_none_leaves_what_was_found() -> None:
    browser = browse([file("a"), file("b")], [file("a", "1"), file("c")])
    browser.search("a$", Match.REGEX)
    assert shown_paths(browser) == [b"a"]
    browser.search("a$(")
    assert str(browser.problem).startswith("no regular expression: missing )")
    assert browser.text == "a$("
    assert shown_paths(browser) == [b"a"]
    browser.show(layer=1)
    assert shown_paths(browser) == [b"a"]
    assert browser.rows.view.size(0) == 1
    browser.search("c$")
    assert browser.problem is None
    assert shown_paths(browser) == [b"c"]
    browser.search("(")
    browser.clear_filters()
    assert browser.problem is None
    assert len(browser.rows) == 2


def test_a_pattern_that_runs_away_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_SEARCH_SECONDS", 0.1)
    browser = browse([file("a" * 60 + "!", "1"), file("b" * 4000, "1")])
    handler = signal.getsignal(signal.SIGVTALRM)
    browser.search(r"^/(a+)+$", Match.REGEX)
    assert browser.problem == "this expression takes too long"
    assert len(browser.rows) == 2
    assert not browser.spans("a" * 60 + "!")
    browser.search(r"b.*b.*b.*b.*b.*b.*x")
    assert browser.problem == "this expression takes too long"
    assert signal.getsignal(signal.SIGVTALRM) is handler
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


def test_spans_of_a_pattern_that_runs_away_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[float] = []

    def counted(seconds: float) -> AbstractContextManager[None]:
        tried.append(seconds)
        return time_limit(seconds)

    monkeypatch.setattr(matching, "time_limit", counted)
    found = matcher("(a+)+$", Match.REGEX)
    for _ in range(50):
        assert found.spans("a" * 60 + "!") == []
    assert len(tried) == 1, "not again for every row"


def test_names_of_a_mebibyte() -> None:
    name = b"a" * (1 << 20)
    browser = browse([file(name + b"/x", "1"), file(b"b", "1")])
    for text, match in [
        ("aaaab", Match.FUZZY), ("a" * 50 + "x", Match.FUZZY), ("aaab", Match.GLOB),
        ("*ab", Match.GLOB), ("a+/x", Match.REGEX),
    ]:  # fmt: skip
        browser.search(text, match)
    browser.search("ax", Match.FUZZY)
    assert browser.matched == (1, 1)


def test_an_expression_is_looked_for_in_as_much_of_a_path_as_a_limit_can_stop() -> None:
    name = b"front" + b"-" * (1 << 16) + b"back"
    browser = browse([file(name, "1"), file(b"back", "12")])
    browser.search("front", Match.REGEX)
    assert browser.matched == (1, 1)
    browser.search("back", Match.REGEX)
    assert browser.matched == (1, 2)
    browser.search("back", Match.GLOB)
    assert browser.matched == (2, 3)


def test_matches_are_counted_and_summed() -> None:
    browser = browse(
        [file("a/x.py", "123"), file("a/y.js", "12"), hardlink("b/z.py", "a/x.py")],
        [whiteout("a/y.js"), file("b/w.js", "1234")],
    )
    assert browser.matched == browser.total == (3, 5)
    browser.search("*.py")
    assert browser.matched == (2, 3)
    browser.show(layer=1)
    assert browser.matched == (0, 0)
    browser.search("*.js")
    assert browser.matched == (2, 6), "what was removed matches too"
    browser.toggle_kind(ChangeKind.REMOVED)
    assert browser.matched == (1, 4)


def test_base_and_yours() -> None:
    browser = browse(
        [file("etc/base", "1"), file("etc/changed", "12")],
        [file("etc/changed", "123"), file("app/new", "1234"), whiteout("etc/base")],
        base=1,
    )
    browser.open_all()
    browser.show(layer=1, aggregate=True)
    browser.set_whose(Whose.YOURS)
    assert shown_paths(browser) == [b"app", b"app/new", b"etc", b"etc/changed"]
    filtered = browser.is_filtered
    assert filtered
    browser.set_whose(Whose.BASE)
    assert shown_paths(browser) == []
    browser.show(aggregate=False)
    assert shown_paths(browser) == [b"etc", b"etc/base"], "it is the base image's that went"
    browser.set_whose(Whose.YOURS)
    assert browser.matched == (2, 7)
    browser.clear_filters()
    assert not browser.is_filtered
    assert len(browser.rows) == 5


# ---------------------------------------------------------------------- where it shows


@pytest.mark.parametrize(
    ("text", "match", "label", "shown"),
    [
        ("lib", Match.GLOB, "LibLIB.so", ["Lib", "LIB"]),
        ("*.so", Match.GLOB, "libc.so", [".so"]),
        ("*.so.[0-9]", Match.GLOB, "libc.so.6", [".so."]),
        ("?x*y", Match.GLOB, "axby", ["x", "y"]),
        ("b+", Match.REGEX, "abbaB", ["bb", "B"]),
        ("B+", Match.REGEX, "abbaB", ["B"]),
        ("x*", Match.REGEX, "ab", []),
        ("lc6", Match.FUZZY, "libc.so.6", ["l", "c", "6"]),
        ("usrc6", Match.FUZZY, "libc.so.6", ["c", "6"]),
        ("cso", Match.FUZZY, "libc.so.6", ["c", "so"]),
        ("ü", Match.GLOB, "Ünï", ["Ü"]),
        ("i", Match.GLOB, "İi", []),
    ],
)
def test_spans(text: str, match: Match, label: str, shown: list[str]) -> None:
    spans = matcher(text, match).spans(label)
    assert spans == sorted(spans)
    assert [label[start:end] for start, end in spans] == shown


@given(st.sampled_from(Match), ALPHABET, st.text(max_size=20))
@settings(deadline=None)
def test_spans_lie_in_the_label(match: Match, text: str, label: str) -> None:
    try:
        spans = matcher(text, match).spans(label)
    except PatternError:
        return
    at = 0
    for start, end in spans:
        assert at <= start < end <= len(label)
        at = end
