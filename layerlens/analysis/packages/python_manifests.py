"""What an application's own files say that it needs to run, and for its development.

``pyproject.toml`` (PEP 621, PEP 735, and the tables of poetry, uv and pdm) and
``requirements.txt``.  Only names are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from layerlens.analysis.packages.python import normalised
from layerlens.analysis.packages.python_graph import is_for_development, parse_requirement

MAX_MANIFEST = 1 << 20
"""Bytes of a manifest; a larger one is not read."""


@dataclass(slots=True)
class Declared:
    """Normalised names that manifests declare; a name can be in both."""

    runtime: set[str] = field(default_factory=set)
    development: set[str] = field(default_factory=set)


def read_project(data: bytes, into: Declared) -> str | None:
    """Add what a ``pyproject.toml`` declares; gives what is wrong with it."""
    if len(data) > MAX_MANIFEST:
        return f"larger than {MAX_MANIFEST} bytes"
    import tomllib

    try:
        found = tomllib.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is a ValueError
        return f"not TOML: {error}"
    project, tool = _table(found, "project"), _table(found, "tool")
    poetry = _table(tool, "poetry")
    into.runtime |= _names(project.get("dependencies")) | _names(_table(poetry, "dependencies"))
    into.development |= _names(_table(tool, "uv").get("dev-dependencies"))
    into.development |= _names(_table(poetry, "dev-dependencies"))
    groups = [
        *_table(project, "optional-dependencies").items(),
        *_table(found, "dependency-groups").items(),
        *_table(_table(tool, "pdm"), "dev-dependencies").items(),
    ]
    for name, group in _table(poetry, "group").items():
        if isinstance(group, dict):
            groups.append((name, group.get("dependencies")))
    for name, group in groups:
        (into.development if is_for_development(name) else into.runtime).update(_names(group))
    return None


def read_requirements(data: bytes, into: Declared) -> None:
    """Add the names of a ``requirements.txt``; options and files named there are passed over."""
    if len(data) <= MAX_MANIFEST:
        into.runtime |= _names(
            line
            for line in data.decode("utf-8", "replace").splitlines()
            if not line.lstrip().startswith(("-", "#", "."))
        )


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    table = found.get(key)
    return table if isinstance(table, dict) else {}


def _names(rows: object) -> set[str]:
    """Names of requirements: the rows of a list, or the keys of a table."""
    if isinstance(rows, str) or not isinstance(rows, Iterable):
        return set()
    parsed = (parse_requirement(row) for row in rows if isinstance(row, str))
    return {normalised(each.name) for each in parsed if each is not None} - {"python"}
