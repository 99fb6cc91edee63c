"""Alpine's packages: what apk wrote down (Alpine wiki, "Apk spec"; apk-world(5)).

``lib/apk/db/installed`` has a record per package: lines of one letter, a colon
and a value.  ``etc/apk/world`` names what somebody asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database, View

INSTALLED = (b"lib/apk/db/installed", b"usr/lib/apk/db/installed")
WORLD = b"etc/apk/world"

_MOST_PACKAGES = 100_000
_CONSTRAINT = re.compile(r"[<>=~@]")
_VIRTUAL = "virtual meta package"
"""What apk gives a package of ``apk add --virtual`` for a description."""


def read(view: View) -> Iterable[Database]:
    """The installed packages; ``details["virtual"]`` marks those of ``apk add --virtual``."""
    world: set[str] | None = None
    for path in view.kept(lambda path: path in INSTALLED):
        text = view.text(path)
        if text is None:
            continue
        if world is None:
            named = view.text(WORLD)
            world = set() if named is None else _world(named)
        yield Database(path, tuple(_packages(view, path, text, world)))


def _world(text: bytes) -> set[str]:
    """The names of ``world``, without versions and repositories; conflicts are left out."""
    words = text.decode("utf-8", "replace").split()
    return {_CONSTRAINT.split(word, maxsplit=1)[0] for word in words if word[0] != "!"}


def _packages(view: View, path: bytes, text: bytes, world: set[str]) -> Iterator[Listed]:
    broken = count = 0
    for record in text.split(b"\n\n"):
        if not record.strip():
            continue
        listed = _listed(record, world)
        if listed is None:
            broken += 1
            continue
        count += 1
        if count > _MOST_PACKAGES:
            view.problem(path, f"more than {_MOST_PACKAGES} packages; the rest is left out")
            return
        yield listed
    if broken:
        view.problem(path, f"{broken} entries without a package's name and version")


def _listed(record: bytes, world: set[str]) -> Listed | None:
    fields: dict[bytes, str] = {}
    files: list[bytes] = []
    directory = b""
    for line in record.split(b"\n"):
        key, value = line[:2], line[2:]
        if key == b"F:":
            directory = value + b"/" if value else b""
        elif key == b"R:":
            files.append(directory + value)
        elif key[1:] == b":":
            fields.setdefault(key[:1], value.decode("utf-8", "replace").strip())
    name, version = fields.get(b"P"), fields.get(b"V")
    if not name or not version:
        return None
    provides = tuple(fields.get(b"p", "").split())
    size = fields.get(b"I", "")
    details = {"origin": fields[b"o"]} if fields.get(b"o") else {}
    if fields.get(b"i"):
        details["install_if"] = fields[b"i"]
    if name.startswith(".") or fields.get(b"T") == _VIRTUAL:
        details["virtual"] = "yes"
    names = {name, *(_CONSTRAINT.split(text, maxsplit=1)[0] for text in provides)}
    return Listed(
        ecosystem=Ecosystem.APK,
        name=name,
        version=version,
        arch=fields.get(b"A", ""),
        licence=fields.get(b"L", ""),
        files=files,
        declared=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        requires=tuple(word for word in fields.get(b"D", "").split() if word[0] != "!"),
        provides=provides,
        manual=not world.isdisjoint(names) if world else None,
        details=details,
    )
