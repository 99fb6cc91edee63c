"""A fix in its parts: what to paste where, and the words beside it.

A fix is text, a line of one kind each.  Lines that begin with an instruction of a
Dockerfile are of one, with what continues them; those below a line that names
``.dockerignore`` or another file belong there; some words begin a command; all else,
and every comment, is prose.  What stands after three blanks and a ``#`` is prose, too:
most instructions take no comment there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple


class PartKind(StrEnum):
    """Where a part of a fix belongs: ``code`` is a command or a file that the words before name."""

    PROSE = "prose"
    DOCKERFILE = "dockerfile"
    IGNORE = "dockerignore"
    CODE = "code"
    BEFORE = "before"
    """Instructions as they are now, to be replaced."""


class FixPart(NamedTuple):
    """Lines of one kind, without the comment signs and indents of the fix."""

    kind: PartKind
    text: str


_INSTRUCTION = re.compile(
    r"(?:FROM|RUN|COPY|ADD|ENV|ARG|WORKDIR|USER|CMD|ENTRYPOINT|EXPOSE|VOLUME|LABEL|HEALTHCHECK|SHELL|"
    r"STOPSIGNAL|ONBUILD|MAINTAINER) |#\s*(?:syntax|escape|check)=|<[a-z ]+>$"
)
_COMMAND = re.compile(r"(?:docker|DOCKER_BUILDKIT=1|ln|rm|apt-get|npm|&&) ")
_IGNORE_HEAD = re.compile(r"(?:# |Add to )?\.dockerignore:?$")
_FILE_HEAD = re.compile(r"In [\w.-]+:$")
_HEREDOC = re.compile(r"<<[-~]?[\"']?(\w+)")
_NOTE = re.compile(r"(?P<code>.*\S) {3}# ?(?P<note>.+)")
_ENDS_SENTENCE = (".", ":", ";", "…", ">")


def fix_parts(fix: str) -> tuple[FixPart, ...]:
    """The parts of a fix, in its order; blank lines fall away."""
    parts: list[FixPart] = []
    for (kind, _), lines in groupby(_lines(fix), key=lambda line: line[:2]):
        # A sentence over two comments is one; instructions keep their lines.
        between = " " if kind is PartKind.PROSE else "\n"
        parts.append(FixPart(kind, between.join(text for _, _, text in lines)))
    return tuple(parts)


def _lines(fix: str) -> Iterator[tuple[PartKind, int, str]]:
    """The kind of each line, which part of that kind it is of, and its text."""
    block = 0
    below: PartKind | None = None  # what a heading says of the lines below it
    loose = False  # whether that heading is prose, so that prose may follow
    open_until: str | None = None  # what ends an instruction of several lines; "" for its next line
    comment = ""
    for line in fix.strip("\n").split("\n"):
        text = line.strip()
        if open_until is not None:
            yield (
                (PartKind.BEFORE if below is PartKind.BEFORE else PartKind.DOCKERFILE),
                block,
                line,
            )
            open_until = _open(line, open_until)
            continue
        if not text:
            block, below, comment = block + 1, None, ""
            continue
        kind = _kind(text, below, loose=loose)
        if kind is PartKind.PROSE:
            said = text.removeprefix("#").lstrip() if text.startswith("#") else text
            if not (text.startswith("#") and comment and not comment.endswith(_ENDS_SENTENCE)):
                block += 1
            comment = said if text.startswith("#") else ""
            yield kind, block, said
            below, loose = _below(text)
            continue
        comment = ""
        found = _NOTE.fullmatch(text) if kind is not PartKind.IGNORE else None
        code = found["code"] if found else text.removeprefix("# ") if _commented(text) else text
        yield kind, block, code
        if found:
            block += 1
            yield PartKind.PROSE, block, found["note"]
        if kind in {PartKind.DOCKERFILE, PartKind.BEFORE}:
            open_until = _open(code, None)


def _kind(text: str, below: PartKind | None, *, loose: bool) -> PartKind:
    if _INSTRUCTION.match(text):
        return PartKind.BEFORE if below is PartKind.BEFORE else PartKind.DOCKERFILE
    if _commented(text):
        return PartKind.CODE
    if text.startswith("#"):
        return PartKind.PROSE
    if below is not None and below is not PartKind.BEFORE and not (loose and _is_sentence(text)):
        return below
    return PartKind.CODE if _COMMAND.match(text) else PartKind.PROSE


def _commented(text: str) -> bool:
    """Whether it is a command that stands in a comment, as it does not belong in a Dockerfile."""
    return text.startswith("# ") and text[2:].startswith("docker ") and ", " not in text


def _is_sentence(text: str) -> bool:
    return " " in text and " = " not in text


def _below(text: str) -> tuple[PartKind | None, bool]:
    if _IGNORE_HEAD.fullmatch(text):
        return PartKind.IGNORE, not text.startswith("#")
    if _FILE_HEAD.fullmatch(text):
        return PartKind.CODE, True
    if text == "instead of":
        return PartKind.BEFORE, True
    return None, False


def _open(line: str, until: str | None) -> str | None:
    """What ends the instruction that a line is part of: ``None`` where it ends here."""
    if until:
        return None if line.strip() == until else until
    heredoc = _HEREDOC.search(line)
    if heredoc:
        return heredoc[1]
    return "" if line.rstrip().endswith("\\") else None
