"""Strangers' text in Markdown, read back by a parser of CommonMark with GitHub's additions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.tasklists import tasklists_plugin

from layerlens.outputs.display import escape, escape_path
from layerlens.outputs.markdown_text import md_cell, md_code, md_fence, md_path, md_text

PARSER = MarkdownIt("gfm-like").use(tasklists_plugin)

HOSTILE = (
    "@octocat", "see #1", "octo/repo#12", "GH-7", "fixes 1234567", "a94a8fe5ccb19ba61c4c0873d3",
    ":tada:", "https://evil.example/x", "www.evil.example", "me@evil.example", "mailto:a@b.example",
    "<script>alert(1)</script>", "<!-- x", "-->", "</details>", "<https://evil.example>",
    "[a](https://evil.example)", "![a](https://evil.example/p.png)", "[a][b]", "[^1]", "[x] task",
    "**bold**", "*em*", "_em_", "__init__.py", "~~gone~~", "a|b", "\\|", "a\\\\|b|", "`", "``", "` `",
    "a `b` c", "```", "\\`", "\\", "trailing\\", "&amp;", "&#64;octocat", "&copy;", "$x^2$", "$`x`$",
    "# heading", "- item", "+ item", "* item", "1. item", "1) item", "> quote", "=== ", "---", "***",
    "    code", "a  b", " lead", "trail ", "  ", "\ttab", "two\nlines", "cr\rlf\r\n", "\x1b[31mred",
    "/close", "/label ~bug", "!12", "~bug", "%milestone", "&3", "$3", "[vulnerability:1]", "^alert#1",
    "*iteration:1", "[[wiki]]", "{+ more +}", "[- less -]", "ns/project>", "::error::x", "JIRA-12",
    "[TOC]", "<br>", "a<b", "{{x}}", "\u202egnp", "\udcff", "| a | b |", "|---|", "abc\x00d",
)  # fmt: skip
"""What a forge or a parser would make something of."""

PLAIN = (
    "4 files deleted in a later layer: apt's package lists", "runs as root: no USER", "5% of all",
    "libfoo_bar 1.2.3-4", "usr/bin", "caf\u00e9 (\u4f60\u597d)", "done!", "a/b c.d, e; f?", "x = y + 1",
)  # fmt: skip


def inline(markdown: str) -> list[Token]:
    """The inline nodes of a document that must be one paragraph."""
    tokens = PARSER.parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return tokens[1].children or []


def said(tokens: list[Token]) -> str:
    """The text of nodes that must be one code span, or nothing but text."""
    if any(token.type == "code_inline" for token in tokens):
        assert len(tokens) == 1
    else:
        assert {token.type for token in tokens} <= {"text", "text_special"}
    return "".join(token.content for token in tokens)


def cell(markup: str) -> list[Token]:
    """The inline nodes of the middle cell of a table."""
    tokens = PARSER.parse(f"| a | b | c |\n|---|---|---|\n| 1 | {markup} | 3 |")
    assert [token.type for token in tokens].count("td_open") == 3
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
    cells = [after for before, after in pairwise(tokens)
             if before.type == "td_open"]  # fmt: skip
    assert (cells[0].content, cells[2].content) == ("1", "3")
    return cells[1].children or []


@pytest.mark.parametrize("text", HOSTILE + PLAIN)
def test_hostile_texts_are_one_node_with_that_text(text: str) -> None:
    assert said(inline(md_text(text))) == escape(text)
    assert said(inline(md_code(text))) == escape(text)


@pytest.mark.parametrize("text", HOSTILE + PLAIN)
def test_in_a_list_as_well(text: str) -> None:
    tokens = PARSER.parse(f"- {md_text(text)}")
    assert [token.type for token in tokens if not token.type.startswith("paragraph")] == [
        "bullet_list_open", "list_item_open", "inline", "list_item_close", "bullet_list_close",
    ]  # fmt: skip
    assert said(tokens[3].children or []) == escape(text)


@pytest.mark.parametrize("text", HOSTILE + PLAIN)
def test_cells_keep_to_themselves(text: str) -> None:
    shown = escape(text).replace("\\|", "\\\\x7c")
    assert said(cell(md_cell(text))) == shown
    assert said(cell(md_code(text, cell=True))) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_what_forges_look_for_stands_in_code(text: str) -> None:
    if text not in ("_em_", "__init__.py"):  # a backslash is enough
        assert md_text(text).startswith("`")


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_stay_plain(text: str) -> None:
    assert "`" not in md_text(text)


def test_no_text_is_nothing() -> None:
    assert md_text("") == md_code("") == md_cell("") == ""


@given(st.text(alphabet=st.sampled_from("ab1 `\\|_*[]()<>&#@:!~$%^-+=./\n\r\u202e"), min_size=1))
def test_any_text(text: str) -> None:
    assert said(inline(md_text(text))) == escape(text)
    assert said(inline(md_code(text))) == escape(text)
    assert said(cell(md_cell(text))) == escape(text).replace("\\|", "\\\\x7c")
    assert "\n" not in md_text(text)
    assert "\r" not in md_text(text)


@given(st.binary(max_size=20))
def test_any_path(path: bytes) -> None:
    assert said(inline(md_path(path))) == "/" + escape_path(path)
    assert said(cell(md_path(path, cell=True))) == ("/" + escape_path(path)).replace(
        "\\|", "\\\\x7c"
    )


@given(st.text(alphabet=st.sampled_from("a`~ \n"), min_size=1), st.sampled_from([0, 2]))
def test_nothing_ends_a_fence(text: str, indent: int) -> None:
    lines = md_fence(text, "dockerfile", indent)
    before = ["- item", ""] if indent else []
    tokens = [token for token in PARSER.parse("\n".join([*before, *lines])) if token.map]
    fences = [token for token in tokens if token.type == "fence"]
    assert len(fences) == 1
    assert fences[0].info == "dockerfile"
    assert fences[0].content == "".join(f"{line.rstrip()}\n" for line in text.split("\n"))
    assert fences[0].map == [len(before), len(before) + len(lines)]


def test_long_texts_are_cut_off() -> None:
    assert md_text("abcdef", most=4) == "abc\u2026"
    assert md_code("abcd", most=4) == "`abcd`"
    assert md_code("abcdef", most=4) == "`abc\u2026`"
    assert md_path(b"usr/share/doc", most=5) == "`\u2026/doc`"


def test_nothing_reads_as_a_command_of_a_runner() -> None:
    lines = md_fence("::error::x\n  ::debug::y\na ##[group]z", "", 2)
    assert lines[1:-1] == ["  \\x3a:error::x", "    \\x3a:debug::y", "  a #\\x23[group]z"]
    assert md_text("a ##[error]b") == "`a #\\x23[error]b`"
    assert md_path(b"##[error]b") == "`/#\\x23[error]b`"
