"""What of a fix can be pasted, and what is said beside it."""

from __future__ import annotations

import re

import pytest

from layerlens.analysis.rules.fixparts import FixPart, PartKind, fix_parts
from layerlens.analysis.rules.model import Rule
from tests.unit.analysis.rules.test_texts import RULES

PROSE, DOCKERFILE, IGNORE = PartKind.PROSE, PartKind.DOCKERFILE, PartKind.IGNORE
CODE, BEFORE = PartKind.CODE, PartKind.BEFORE

# What people say between two instructions, and no instruction says.
SPOKEN = re.compile(
    r",? or$|, or |, and |^or |^and |instead of|in an earlier stage|in the step| {3}#"
)


def test_instructions_and_words_are_told_apart() -> None:
    fix = (
        "Use the files without copying them:\n"
        "RUN --mount=type=bind,source=a,target=b <command> \\\n"
        "    and its next line\n"
        "or leave them out of what is copied (.dockerignore).\n"
    )
    assert fix_parts(fix) == (
        FixPart(PROSE, "Use the files without copying them:"),
        FixPart(
            DOCKERFILE,
            "RUN --mount=type=bind,source=a,target=b <command> \\\n    and its next line",
        ),
        FixPart(PROSE, "or leave them out of what is copied (.dockerignore)."),
    )


def test_comments_are_words_and_a_sentence_over_two_lines_is_one() -> None:
    fix = "# Revoke it: whoever can\n# pull has it.\nRUN a\n# Alpine:\nRUN b\n# docker build --ssh x .\n"
    assert fix_parts(fix) == (
        FixPart(PROSE, "Revoke it: whoever can pull has it."),
        FixPart(DOCKERFILE, "RUN a"),
        FixPart(PROSE, "Alpine:"),
        FixPart(DOCKERFILE, "RUN b"),
        FixPart(CODE, "docker build --ssh x ."),
    )


def test_a_note_behind_an_instruction_stands_beside_it() -> None:
    assert fix_parts("FROM x-slim   # or alpine") == (
        FixPart(DOCKERFILE, "FROM x-slim"),
        FixPart(PROSE, "or alpine"),
    )


@pytest.mark.parametrize(
    ("fix", "parts"),
    [
        (
            "Add to .dockerignore:\n**/.git\ndocs\nA program tells its version.",
            [(PROSE, "Add to .dockerignore:"), (IGNORE, "**/.git\ndocs"), (PROSE, "A program tells its version.")],
        ),
        (
            "# .dockerignore:\nmy key\nid_rsa\n",
            [(PROSE, ".dockerignore:"), (IGNORE, "my key\nid_rsa")],
        ),
        (
            'In Cargo.toml:\n[profile.release]\nstrip = true\n\nor strip = "debuginfo" to keep names.',
            [(PROSE, "In Cargo.toml:"), (CODE, "[profile.release]\nstrip = true"),
             (PROSE, 'or strip = "debuginfo" to keep names.')],
        ),
        (
            "COPY --chmod=g+w a b\ninstead of\nRUN chmod -R g+w b",
            [(DOCKERFILE, "COPY --chmod=g+w a b"), (PROSE, "instead of"), (BEFORE, "RUN chmod -R g+w b")],
        ),
        (
            "Build:\n    FROM a AS b\n    COPY x .\nDone.",
            [(PROSE, "Build:"), (DOCKERFILE, "FROM a AS b\nCOPY x ."), (PROSE, "Done.")],
        ),
        (
            "RUN <<RUN\nset -e\nor so\nRUN\nThat is all.",
            [(DOCKERFILE, "RUN <<RUN\nset -e\nor so\nRUN"), (PROSE, "That is all.")],
        ),
        (
            "# syntax=docker/dockerfile:1\nDOCKER_BUILDKIT=1 docker build .",
            [(DOCKERFILE, "# syntax=docker/dockerfile:1"), (CODE, "DOCKER_BUILDKIT=1 docker build .")],
        ),
        ("", []),
        ("\n\n", []),
    ],
)  # fmt: skip
def test_where_each_line_belongs(fix: str, parts: list[tuple[PartKind, str]]) -> None:
    assert list(fix_parts(fix)) == parts


def test_alternatives_are_pasted_one_by_one() -> None:
    (first, word, second) = fix_parts("RUN a\nor\nRUN b")
    assert (first.text, word.text, second.text) == ("RUN a", "or", "RUN b")
    # So are the same kinds of two paragraphs.
    assert [part.text for part in fix_parts("RUN a\n\nRUN b")] == ["RUN a", "RUN b"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_no_rule_mixes_words_and_what_is_pasted(rule: Rule) -> None:
    parts = fix_parts(rule.fix)
    assert parts
    for kind, text in parts:
        for line in text.split("\n"):
            if kind is PROSE:
                assert not re.search(r"(?:: |^or:? |^and )(?:RUN|COPY|FROM|ENV|ADD) ", line)
            else:
                assert SPOKEN.search(line) is None
    # Nothing is lost but signs and blanks.
    kept = re.sub(r"[#\s]", "", "".join(part.text for part in parts))
    assert kept == re.sub(r"[#\s]", "", rule.fix)
