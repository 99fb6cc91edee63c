"""The images of a Compose file.

The Compose specification (compose-spec, "Services top-level element", "Interpolation",
"Version and name top-level elements"): a service has an ``image``, or a ``build`` whose
result Docker Compose v2 names ``PROJECT-SERVICE``.  Pure: the caller reads files and the
environment.
"""

from __future__ import annotations

import re
from collections import ChainMap, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from layerlens.errors import UsageError

MAX_COMPOSE = 1 << 20
"""Bytes of a Compose file, and of a ``.env`` file beside it."""

_DEEPEST = 50
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True, slots=True)
class ComposeImage:
    """The image of some services.

    ``built`` where the file names no image: the reference is what Docker Compose v2 calls
    what it builds.
    """

    reference: str
    services: tuple[str, ...]
    built: bool


@dataclass(frozen=True, slots=True)
class ComposeImages:
    """All images of a file, each once, in the order of its services; ``notes`` for people."""

    images: tuple[ComposeImage, ...]
    notes: tuple[str, ...]


def compose_images(
    document: bytes, environment: Mapping[str, str], folder: str = ""
) -> ComposeImages:
    """Read a Compose file.

    ``environment`` has the variables that may stand in it, those of ``.env`` included;
    ``folder`` is the name of the directory that it lies in, which names the project where
    nothing else does.  Raises :class:`UsageError` for what is no Compose file.
    """
    top = _parsed(document)
    look = _Lookups()
    services = look.all(look.get(top, "services"))
    if not services:
        raise UsageError("has no services: it is no Compose file")
    notes = []
    if look.get(top, "include") is not None:
        notes.append("include is not followed: name those images too")
    project = _project(_text(look.get(top, "name"), "name"), environment, folder)
    found: dict[str, tuple[list[str], bool]] = {}
    for name, service in services.items():
        image = _text(look.get(service, "image"), f"services.{name}.image")
        reference = interpolate(image, environment, f"services.{name}.image").strip()
        built = not reference
        if built and look.get(service, "build") is None:
            extends = look.get(service, "extends") is not None
            why = "extends is not followed" if extends else "no image and no build"
            notes.append(f"services.{name} is left out: {why}")
            continue
        if built:
            reference = f"{project}-{name}"
        found.setdefault(reference, ([], built))[0].append(name)
    return ComposeImages(
        tuple(ComposeImage(each, tuple(names), built) for each, (names, built) in found.items()),
        tuple(notes),
    )


# -------------------------------------------------------------------------------------- YAML
#
# Nodes are looked at as they stand, none is turned into a value: merged again and again
# ("<<: [*a, *a]"), a small file could become a value of any size.

Node = Any
"""A ``yaml.Node``: ``id`` is its shape, ``tag`` its type, ``value`` text or nodes."""

_NULL = "tag:yaml.org,2002:null"
_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


def _parsed(document: bytes) -> Node | None:
    import yaml  # late: it takes longer to load than a small image to be read

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found: Node | None = yaml.compose(document, loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "not YAML"
        place = "" if mark is None else f" in line {mark.line + 1}"
        raise UsageError(f"cannot be read as YAML: {what}{place}") from error
    except (RecursionError, ValueError) as error:
        raise UsageError("cannot be read as YAML: nested too deep, or no text") from error
    return found


class _Lookups:
    """Look-ups in the mappings of one document, merged ones too, and how much they may cost."""

    def __init__(self) -> None:
        self._steps = 0

    def _pairs(self, node: Node | None) -> Iterator[tuple[Node, Node]]:
        """Keys and values of a mapping, own ones first, then merged ones; each mapping once."""
        waiting: deque[Node | None] = deque([node])
        seen: set[int] = set()
        while waiting:
            at = waiting.popleft()
            self._count()
            if at is None or id(at) in seen:
                continue
            seen.add(id(at))
            if at.id == "sequence":
                waiting += at.value
            elif at.id == "mapping":
                for key, value in at.value:
                    self._count()
                    if key.tag == _MERGE:
                        waiting.append(value)
                    else:
                        yield key, value

    def _count(self) -> None:
        """One step: what many mappings merge may itself be long."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise UsageError("merges too much")

    def get(self, node: Node | None, name: str) -> Node | None:
        """The value of a key; nothing where there is none, or null."""
        for key, value in self._pairs(node):
            if key.id == "scalar" and key.value == name:
                return _some(value)
        return None

    def all(self, node: Node | None) -> dict[str, Node | None]:
        """All keys with their values, of a key that is there twice the first."""
        found: dict[str, Node | None] = {}
        for key, value in self._pairs(node):
            if key.id == "scalar":
                found.setdefault(str(key.value), _some(value))
        return found


_MOST_STEPS = 1_000_000
"""Keys and mappings that are passed in all: a file of the largest size has a third of it."""


def _some(node: Node) -> Node | None:
    """A value; nothing where it is null."""
    return None if node.tag == _NULL else node


def _text(node: Node | None, what: str) -> str:
    if node is None:
        return ""
    if node.id != "scalar" or node.tag != _TEXT:
        raise UsageError(f"{what} is no text")
    return str(node.value)


def _project(name: str, environment: Mapping[str, str], folder: str) -> str:
    """The project's name; the environment is stronger than the file (Compose, "Project name")."""
    chosen = environment.get("COMPOSE_PROJECT_NAME", "").strip()
    named = chosen or interpolate(name, environment, "name").strip()
    return named or _NOT_IN_NAMES.sub("", folder.lower()).lstrip("_-") or "default"


# ---------------------------------------------------------------------------- interpolation

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")

_LONGEST = 1 << 16
"""Characters of a text with its variables: each may hold those before it several times."""


def interpolate(text: str, environment: Mapping[str, str], where: str, depth: int = 0) -> str:
    """``$NAME``, ``${NAME}``, ``${NAME:-else}``, ``${NAME:?why}``, ``${NAME:+then}``, ``$$``.

    Without the colon an empty value counts as one; what follows may hold variables again.
    Raises :class:`UsageError` where one is demanded, or where the form is none of these.
    """
    found, held = [], 0
    for piece in _interpolated(text, environment, where, depth):
        held += len(piece)
        if held > _LONGEST:
            raise UsageError(f"{where}: more than {_LONGEST:,} characters with its variables")
        found.append(piece)
    return "".join(found)


def _interpolated(
    text: str, environment: Mapping[str, str], where: str, depth: int
) -> Iterator[str]:
    if depth > _DEEPEST:
        raise UsageError(f"{where}: variables within variables, too deep")
    at = 0
    while (dollar := text.find("$", at)) >= 0:
        yield text[at:dollar]
        after = text[dollar + 1 : dollar + 2]
        name = _NAME.match(text, dollar + 1)
        if after == "$":
            yield "$"
            at = dollar + 2
        elif name:
            yield environment.get(name[0], "")
            at = name.end()
        elif after == "{":
            end = _closing(text, dollar + 2)
            if end < 0:
                raise UsageError(f"{where}: ${{ is not closed; write $$ for a dollar")
            yield _braced(text[dollar + 2 : end], environment, where, depth)
            at = end + 1
        else:
            raise UsageError(f"{where}: a $ without a name; write $$ for a dollar")
    yield text[at:]


def _closing(text: str, at: int) -> int:
    """Where the brace closes that was opened before ``at``; -1 where it is not."""
    depth = 1
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return -1


def _braced(inside: str, environment: Mapping[str, str], where: str, depth: int) -> str:
    name = _NAME.match(inside)
    if name is None:
        raise UsageError(f"{where}: ${{{inside:.60}}} has no name")
    value = environment.get(name[0])
    rest = inside[name.end() :]
    if not rest:
        return value or ""
    operator = _OPERATOR.match(rest)
    if operator is None:
        raise UsageError(f"{where}: ${{{inside:.60}}} is none of Compose's forms")
    is_set = bool(value) if operator[0].startswith(":") else value is not None

    def word() -> str:
        return interpolate(rest[operator.end() :], environment, where, depth + 1)

    kind = operator[0][-1]
    if kind == "-":
        return (value or "") if is_set else word()
    if kind == "+":
        return word() if is_set else ""
    if not is_set:
        raise UsageError(f"{where}: {name[0]} must be set: {word() or 'it is not'}")
    return value or ""


# ---------------------------------------------------------------------------------- .env

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*(.*)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$$"}


def env_file(text: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a ``.env`` file (Compose, "Syntax for environment files").

    Values may be quoted; a ``#`` after a blank begins a remark; double-quoted and plain
    ones may hold variables, for which ``environment`` is stronger than the file.
    Raises :class:`UsageError` with the line.
    """
    found: dict[str, str] = {}
    known = ChainMap(cast("dict[str, str]", environment), found)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise UsageError(f"line {number} of .env is no NAME=VALUE")
        name, value = match[1], match[2].strip()
        if value.startswith("'") and "'" in value[1:]:
            found[name] = value[1 : value.index("'", 1)]
            continue
        if value.startswith('"'):
            quoted = re.match(r'"((?:[^"\\]|\\.)*)"', value)
            if quoted is None:
                raise UsageError(f"line {number} of .env: a quote is not closed")
            value = re.sub(
                r"\\(.)", lambda escape: _ESCAPES.get(escape[1], "\\" + escape[1]), quoted[1]
            )
        else:
            value = re.split(r"\s#", value, maxsplit=1)[0].strip()
        found[name] = interpolate(value, known, f"line {number} of .env")
    return found
