"""The dialect of globs: what is no glob, and how braces expand."""

from __future__ import annotations

import pytest

from layerlens.analysis.rules.globs import Automaton, GlobError, expand_braces, parse


def test_braces_expand_in_their_order() -> None:
    assert expand_braces("a{b,c{d,e}}f") == ["abf", "acdf", "acef"]
    assert expand_braces("{x/,}*.o") == ["x/*.o", "*.o"]
    assert expand_braces("plain") == ["plain"]


@pytest.mark.parametrize(
    ("glob", "why"),
    [
        ("a{b", "without a closing"), ("a}b", "without an opening"), ("/a", "leading"),
        ("a//b", "double slash"), ("a/", "trailing"), ("", "names no path"), ("~/", "names no path"),
        ("a/../b", "is no name"), ("a**b", "whole segments"),
        ("{a,b}" * 10, "more than 1000"),
    ],
)  # fmt: skip
def test_what_is_no_glob(glob: str, why: str) -> None:
    with pytest.raises(GlobError, match=why):
        parse(glob)


def matched(glob: str, *paths: str, homes: tuple[bytes, ...] = ()) -> list[str]:
    found = Automaton([(glob, 0)], homes).labels([path.encode() for path in paths])
    return [paths[i] for i, _ in found]


def test_stars() -> None:
    assert matched("a/**", "a", "a/b", "a/b/c", "b/a") == ["a/b", "a/b/c"]
    assert matched("**/a", "a", "b/a", "b/c/a", "a/b") == ["a", "b/a", "b/c/a"]
    assert matched("a/**/b", "a/b", "a/x/b", "a/b/c") == ["a/b", "a/x/b"]
    assert matched("*.d.ts", "a.d.ts", ".d.ts", "d.ts", "x/a.d.ts") == ["a.d.ts", ".d.ts"]
    assert matched("**", "a", "b/c") == ["a", "b/c"]
    assert matched("a[b]", "ab", "a[b]") == ["a[b]"]
    assert matched("*/b", "a/b", "a/c/b") == ["a/b"]


def test_homes() -> None:
    paths = ("root/.npm/x", "srv/app/.npm/x", ".npm/x", "home/.npm/x")
    assert matched("~/.npm/**", *paths, homes=(b"root", b"srv/app")) == list(paths[:2])


def test_names_that_are_not_utf_8() -> None:
    automaton = Automaton([("*.o", 3)])
    assert list(automaton.labels([b"\xff.o", b"\xff"])) == [(0, (3,))]
