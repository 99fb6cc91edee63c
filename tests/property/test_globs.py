"""The automaton of globs against one regular expression for each."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.analysis.rules.globs import Automaton, expand_braces

NAMES = st.sampled_from(["a", "b", "ab", "a.o", "b.d.o", ".o", "x~"])
SEGMENTS = st.sampled_from(
    ["a", "b", "*", "?", "a*", "*.o", "*b", "a*o", "?.o", "**", "*~", "{a,b*}", "*.*.o", "{a,**}"]
)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
GLOBS = st.tuples(
    st.sampled_from(["", "", "~/", "**/"]), st.lists(SEGMENTS, min_size=1, max_size=4)
).map(lambda parts: parts[0] + "/".join(parts[1]))
HOMES = ("a", "a/b", "b/ab")


def naive(glob: str, homes: tuple[str, ...]) -> re.Pattern[str]:
    """The dialect, told as a regular expression."""
    whole = []
    for text in expand_braces(glob):
        starts = [home + "/" for home in homes] if text.startswith("~/") else [""]
        segments = text.removeprefix("~/").split("/")
        pattern = ""
        for i, segment in enumerate(segments):
            last = i == len(segments) - 1
            if segment == "**":
                pattern += "[^/]+(?:/[^/]+)*" if last else "(?:[^/]+/)*"
                continue
            parts = {"*": "[^/]*", "?": "[^/]"}
            pattern += "".join(parts.get(letter, re.escape(letter)) for letter in segment)
            pattern += "" if last else "/"
        whole += [re.escape(start) + pattern for start in starts]
    return re.compile("|".join(f"(?:{each})" for each in whole))


@settings(max_examples=400, deadline=None)
@given(st.lists(GLOBS, min_size=1, max_size=8), st.sets(PATHS, max_size=12))
def test_the_automaton_agrees(globs: list[str], paths: set[str]) -> None:
    ordered = sorted(path.encode() for path in paths)
    automaton = Automaton(
        [(glob, label) for label, glob in enumerate(globs)], [home.encode() for home in HOMES]
    )
    found = {ordered[i]: set(labels) for i, labels in automaton.labels(ordered)}
    for path in ordered:
        wanted = {
            label for label, glob in enumerate(globs) if naive(glob, HOMES).fullmatch(path.decode())
        }
        assert found.get(path, set()) == wanted


@settings(max_examples=200, deadline=None)
@given(GLOBS.filter(lambda glob: not glob.startswith("~/")), PATHS, PATHS)
def test_globs_below_a_directory(glob: str, directory: str, path: str) -> None:
    automaton = Automaton([], below={directory.encode(): [(glob, 7)]})
    found = list(automaton.labels([f"{directory}/{path}".encode()]))
    assert bool(found) == bool(naive(glob, ()).fullmatch(path))
