"""Dockerfiles: instructions with their lines, as BuildKit's parser reads them.

Reference: docs.docker.com/reference/dockerfile (parser directives, escape,
here-documents, shell and exec form).  Nothing is expanded or run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

MAX_DOCKERFILE = 1 << 20
"""Bytes of a Dockerfile; BuildKit's bound on one."""

_DIRECTIVE = re.compile(r"#\s*([A-Za-z]+)\s*=\s*(.+?)\s*\Z")
_FLAG = re.compile(r"--([a-z][a-z-]*)(?:=(\S*))?(?:\s+|\Z)")
_HEREDOC = re.compile(r"<<(-?)\s*([\"']?)([A-Za-z_][\w.]*)\2")
_TAKES_HEREDOCS = frozenset({"RUN", "COPY", "ADD"})


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction.

    ``keyword`` in capitals; ``text`` what follows the flags, continuation lines
    joined by blanks, without here-documents; ``flags`` by name, repeated ones
    joined by a newline; ``words`` the list of the exec form, else ``None``;
    ``documents`` the here-documents' bodies; ``line`` and ``end`` count from 1.
    """

    keyword: str
    text: str
    line: int
    end: int
    flags: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A build stage: its ``FROM``, and the steps behind it; ``name`` is ``""`` without ``AS``."""

    base: str
    name: str
    start: Step
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A parsed file.  ``before`` are the steps before the first ``FROM`` (``ARG`` only)."""

    stages: tuple[Stage, ...]
    before: tuple[Step, ...] = ()
    directives: dict[str, str] = field(default_factory=dict)

    def stage(self, target: str | None = None) -> int | None:
        """The index of the stage that ``--target`` names (a name or a number); the last without."""
        if target is None:
            return len(self.stages) - 1 if self.stages else None
        for i, stage in enumerate(self.stages):
            if stage.name.lower() == target.lower() or str(i) == target:
                return i
        return None

    def chain(self, target: str | None = None) -> list[Step]:
        """The steps that made a stage's image on top of its foreign base, lowest first."""
        at = self.stage(target)
        found: list[Step] = []
        seen: set[int] = set()
        while at is not None and at not in seen:
            seen.add(at)
            stage = self.stages[at]
            found = [*stage.steps, *found]
            below = [
                k
                for k, other in enumerate(self.stages[:at])
                if other.name and other.name.lower() == stage.base.lower()
            ]
            at = below[-1] if below else None
        return found


def parse_dockerfile(text: str) -> Dockerfile:
    """Read a Dockerfile.

    What is no instruction at all is passed over: no image could be built from it.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    lines = [line.removesuffix("\r") for line in lines]
    directives = _directives(lines)
    escape = "`" if directives.get("escape") == "`" else "\\"
    before: list[Step] = []
    stages: list[Stage] = []
    steps: list[Step] = []
    start: Step | None = None
    for step in _steps(lines, escape):
        if step.keyword == "FROM":
            if start is not None:
                stages.append(_stage(start, steps))
            start, steps = step, []
        elif start is None:
            before.append(step)
        else:
            steps.append(step)
    if start is not None:
        stages.append(_stage(start, steps))
    return Dockerfile(tuple(stages), tuple(before), directives)


def _stage(start: Step, steps: Sequence[Step]) -> Stage:
    words = start.text.split()
    name = words[2] if len(words) >= 3 and words[1].upper() == "AS" else ""
    return Stage(words[0] if words else "", name, start, tuple(steps))


def _directives(lines: Sequence[str]) -> dict[str, str]:
    """``# syntax=``, ``# escape=`` and ``# check=``, which only count at the very top."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if match is None:
            break
        found.setdefault(match[1].lower(), match[2])
    return found


def _steps(lines: Sequence[str], escape: str) -> Iterator[Step]:
    at = 0
    while at < len(lines):
        first = at
        stripped = lines[at].strip()
        if not stripped or stripped.startswith("#"):
            at += 1
            continue
        joined, at = _joined(lines, at, escape)
        keyword, _, rest = joined.strip().partition(" ")
        keyword, tab, more = keyword.partition("\t")
        rest = more + " " + rest if tab else rest
        keyword = keyword.upper()
        documents: list[str] = []
        if keyword in _TAKES_HEREDOCS:
            for dash, _, word in _HEREDOC.findall(rest):
                body, at = _document(lines, at, word, tabs=bool(dash))
                documents.append(body)
        if not keyword.isalpha():
            continue
        flags, text = _flags(rest.strip())
        yield Step(keyword, text, first + 1, at, flags, _exec_form(text), tuple(documents))


def _joined(lines: Sequence[str], at: int, escape: str) -> tuple[str, int]:
    """A line with those that continue it; comments and empty lines between them are dropped."""
    parts: list[str] = []
    while at < len(lines):
        line = lines[at]
        at += 1
        stripped = line.strip()
        if parts and (not stripped or stripped.startswith("#")):
            continue
        bare = line.rstrip(" \t")
        if not bare.endswith(escape):
            parts.append(line)
            break
        parts.append(bare[: -len(escape)])
    return " ".join(part.strip() for part in parts), at


def _document(lines: Sequence[str], at: int, word: str, *, tabs: bool) -> tuple[str, int]:
    """The body of a here-document, and the line behind its end."""
    body: list[str] = []
    while at < len(lines):
        line = lines[at].lstrip("\t") if tabs else lines[at]
        at += 1
        if line == word:
            break
        body.append(line)
    return "\n".join(body), at


def _flags(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    while match := _FLAG.match(text):
        name, value = match[1], match[2] or ""
        found[name] = f"{found[name]}\n{value}" if name in found else value
        text = text[match.end() :]
    return found, text


def _exec_form(text: str) -> tuple[str, ...] | None:
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(words, list) and all(isinstance(word, str) for word in words):
        return tuple(words)
    return None
