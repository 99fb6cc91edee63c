"""What a command line runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerlens.image.shell import MAX_TEXT, commands
from tests.effort import at_most


def words(text: str) -> list[tuple[str, ...]]:
    return [command.words for command in commands(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("true", [("true",)]),
        ("a && b || c; d | e & f", [("a",), ("b",), ("c",), ("d",), ("e",), ("f",)]),
        ("echo 'a && b' \"c; d\" e\\ f", [("echo", "a && b", "c; d", "e f")]),
        ('echo "a\\"b" "$(x "y; z" && w)" t', [("echo", 'a"b', '$(x "y; z" && w)', "t")]),
        ("echo `a; b` ${C:-d e}", [("echo", "`a; b`", "${C:-d e}")]),
        ("a > /dev/null 2>&1 && b < c >>d", [("a",), ("b",)]),
        ("a \\\n  b && \\\n c", [("a", "b"), ("c",)]),
        ("a # and; so on\nb#c", [("a",), ("b#c",)]),
        ("cat <<EOF > /x\nrm -rf / && no\nEOF\nls", [("cat",), ("ls",)]),
        ("cat <<-'E'\n\tno\n\tE\nls", [("cat",), ("ls",)]),
        ("cat <<EOF\nnever ends", [("cat",)]),
        (
            "if [ -f a ]; then b; else c; fi && d",
            [("[", "-f", "a", "]"), ("b",), ("c",), ("d",)],
        ),
        ("for i in a b; do c $i; done", [("for", "i", "in", "a", "b"), ("c", "$i")]),
        ("(cd a && b) || { c; }", [("cd", "a"), ("b",), ("c",)]),
        ("A=1 B='2 3' c d=4", [("c", "d=4")]),
        ("'if' a", [("if", "a")]),
    ],
)
def test_simple_commands(text: str, expected: list[tuple[str, ...]]) -> None:
    assert words(text) == expected


def test_a_command_knows_its_place() -> None:
    text = "A=1 apt-get update && sudo -E env X=2 /usr/bin/apt-get -y install 'a b' --fix=1 >f"
    first, second = commands(text)
    assert (first.assignments, first.joiner) == (("A=1",), "")
    assert text[first.start : first.end] == "A=1 apt-get update"
    assert second.joiner == "&&"
    assert second.program == "apt-get"
    assert second.called == ("/usr/bin/apt-get", "-y", "install", "a b", "--fix=1")
    assert second.arguments == ("install", "a b")
    assert second.has("--fix")
    assert second.has("-y", "--yes")
    assert not second.has("--yes")


@pytest.mark.parametrize(
    "piece", ['"$(', "$(", "`", "'", "(", "a && ", "<<E\n", "${", '\\"', "$((("]
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    with at_most(2):
        commands(piece * MAX_TEXT)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab '\"\\$(){}`;&|<>\n#=E"), max_size=60))
def test_any_text_gives_commands_in_order(text: str) -> None:
    found = commands(text)
    assert all(command.words or command.assignments for command in found)
    places = [(command.start, command.end) for command in found]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
