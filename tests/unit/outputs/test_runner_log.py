"""What is printed where a runner reads along."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerlens.outputs.runner_log import Inert

UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u206f\ufeff\ufe00-\ufe0f]")


def obeyed(text: str) -> bool:
    """Whether GitHub's, Azure's or TeamCity's runner would take a line of it for a command."""
    for line in re.split(r"\r\n|\r|\n", text):
        seen = UNSEEN.sub("", line)
        if seen.lstrip().startswith("::") or re.search(r"##\w*\[", seen):
            return True
    return False


def passed(*pieces: str) -> str:
    inert = Inert()
    return b"".join(inert.passed(piece.encode()) for piece in pieces).decode()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::error::x", r":\u003aerror::x"),
        ("a\n  ::stop-commands::t\n", "a\n  :\\u003astop-commands::t\n"),
        ("a\r::debug::x", "a\r:\\u003adebug::x"),
        ("\u00a0\u2003::debug::x", "\u00a0\u2003:\\u003adebug::x"),
        (":\u200d:debug::x", ":\u200d\\u003adebug::x"),
        ("name ##[add-mask]e", r"name ##\u005badd-mask]e"),
        ("#\u200d#\u200d[group]", "#\u200d#\u200d\\u005bgroup]"),
        ("##vso[task.complete]", r"##vso\u005btask.complete]"),
        ("##teamcity[buildStop]", r"##teamcity\u005bbuildStop]"),
        (":::debug::", r":\u003a:debug::"),
    ],
)
def test_commands_are_escaped(text: str, safe: str) -> None:
    assert obeyed(text)
    assert passed(text) == safe
    assert passed(*text) == safe
    assert not obeyed(safe)


@pytest.mark.parametrize(
    "text", ["a::b\n", "Foo::Bar\nx ::y", "# [x]", "#[x]", ": :\n", "## title [x]\n", "fd00::1"]
)
def test_other_text_stays(text: str) -> None:
    assert not obeyed(text)
    assert passed(text) == passed(*text) == text


def test_json_stays_the_same_json() -> None:
    value = {"a ##[b]": "::x ##vso[y]\n::z"}
    text = json.dumps(value, indent=1)
    assert obeyed(text)
    assert not obeyed(passed(text))
    assert json.loads(passed(text)) == value


@given(st.lists(st.text(alphabet=st.sampled_from(":#[ \n\r\tav\u200d\u00a0\ufeff"))))
def test_no_pieces_make_a_command(pieces: list[str]) -> None:
    whole = passed(*pieces)
    assert not obeyed(whole)
    assert whole.replace(r"\u003a", ":").replace(r"\u005b", "[") == "".join(pieces)
