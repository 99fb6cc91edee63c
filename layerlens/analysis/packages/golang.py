"""Go modules that programs were built of, as the linker wrote them down.

The format is that of ``go version -m`` (Go's package ``debug/buildinfo``):
lines of ``path``, ``mod``, ``dep`` and ``=>``, whose fields are parted by tabs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database
from layerlens.analysis.rules.context import Context

MAX_MODULES = 5000
"""Modules of one program that are listed."""

MAX_TEXT = 500
"""Characters of a module's path or version."""

STANDARD_LIBRARY = "stdlib"
"""What vulnerability databases call Go itself (https://pkg.go.dev/vuln)."""


def parse_modinfo(text: str) -> list[Listed]:
    """The modules of a program: its own first, then those that it was built with.

    A replaced module is listed as what came in its place, with the name that
    it answers to in ``provides``; a directory in its place has no version, so
    that the module keeps its own name.
    """
    found: list[Listed] = []
    for line in text.splitlines():
        kind, _, rest = line.strip().partition("\t")
        if kind not in {"mod", "dep", "=>"}:
            continue
        fields = rest.split("\t")
        name, version = fields[0][:MAX_TEXT], fields[1][:MAX_TEXT] if len(fields) > 1 else ""
        if not name:
            continue
        if kind == "=>":
            if found:
                found[-1] = _replaced(found[-1], name, version)
            continue
        if len(found) == MAX_MODULES:
            break
        details = {"role": "main" if kind == "mod" else "dependency"}
        found.append(_module(name, version, details))
    return found


def _module(
    name: str, version: str, details: Mapping[str, str], provides: tuple[str, ...] = ()
) -> Listed:
    return Listed(
        ecosystem=Ecosystem.GOLANG, name=name, version=version, provides=provides, details=details
    )


def _replaced(module: Listed, name: str, version: str) -> Listed:
    details = {**module.details, "replaces": f"{module.name}@{module.version}"}
    if not version or name.startswith((".", "/")):
        return _module(module.name, module.version, {**module.details, "replaced_by": name})
    return _module(name, version, details, provides=(module.name,))


def read_facts(context: Context) -> Iterable[Database]:
    """The modules of every live program; the program is the database that lists them.

    Facts are ``{"version": "go1.22.1", "path": …, "mod": "…"}``.  Go's own tools
    (``cmd/compile``) have no modules, and are not told one by one.

    The program's file is no package's own: that would shield it from the rules
    about files that nothing but a build put there.
    """
    for path, fact in live_facts(context, "go"):
        if str(fact.get("path", "")).startswith("cmd/"):
            continue
        text = fact.get("mod")
        modules = parse_modinfo(text) if isinstance(text, str) else []
        version = fact.get("version")
        if isinstance(version, str) and version.startswith("go"):
            number = version.split()[0].removeprefix("go")[:MAX_TEXT]
            modules.append(_module(STANDARD_LIBRARY, number, {"role": "dependency"}))
        if modules:
            yield Database(path, tuple(modules))


def live_facts(context: Context, kind: str) -> list[tuple[bytes, Mapping[str, Any]]]:
    """Facts of one kind about live files, by path; a file of several names is told once."""
    facts = context.facts(kind)
    if not facts:
        return []
    fs = context.fs
    names: dict[int, bytes] = {}
    for version in facts:
        path = fs.paths[version]
        if fs.live.get(path) == version:
            names[version] = path
    for version, inode in fs.inodes.items():
        path = fs.paths[version]
        if inode in facts and fs.live.get(path) == version:
            names[inode] = min(path, names.get(inode, path))
    return sorted(
        (path, facts[inode]) for inode, path in names.items() if isinstance(facts[inode], Mapping)
    )
