"""What rules about packages have in common: words, and which packages the image runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from layerlens.analysis.packages.model import Ecosystem, Listed, Package
from layerlens.analysis.packages.ownership import Resolver
from layerlens.analysis.rules.context import Context

SYSTEM = (Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM)
"""Ecosystems of distributions."""

MOST_NAMES = 200
"""Names that a line of evidence shows."""

_WORD = re.compile(
    r"(?<![\w.+-])(?:(?<!/)|(?<=bin/))[\w+-](?:[\w.+-]{0,200}[\w+-])?(?=\.?(?![\w.+/-]))"
)
"""A word that may be a command: no directory of a path, and of paths the last part below ``bin`` only."""
_PATH = re.compile(r"/[\w./+-]+")
_DIRECTORIES = ("usr/local/sbin", "usr/local/bin", "usr/sbin", "usr/bin", "sbin", "bin")
_PLACES = {
    "Entrypoint": "the entrypoint",
    "Cmd": "the command",
    "Healthcheck": "the health check",
}


class Started:
    """Which packages an image runs by itself, as far as its commands and scripts name them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._resolver = Resolver(context)
        self._words: dict[str, str] = {}
        self._packages: dict[int, str] = {}  # identity of a package -> place
        for key, place in _PLACES.items():
            self._add(" ".join(context.words(key)), place)
        self._add(context.started, "a start script")

    def _add(self, text: str, place: str) -> None:
        """The words of a command or script, and the packages of the programs they name."""
        for path in set(_PATH.findall(text)):
            self._run(path, place)
        for word in set(_WORD.findall(text)):
            if word not in self._words:
                self._words[word] = place
                for directory in _DIRECTORIES:
                    self._run(f"{directory}/{word}", place)

    def _run(self, path: str, place: str) -> None:
        real = self._resolver.target(path.strip("/").encode("utf-8", "surrogateescape"))
        version = None if real is None else self._context.fs.live.get(real)
        package = None if version is None else self._context.inventory.owner(version)
        if package is not None:
            self._packages.setdefault(id(package), place)

    def place(self, package: Package) -> str | None:
        """Where a package or one of its programs is named, ``None`` where nowhere."""
        return self._packages.get(id(package)) or self._words.get(package.name)

    def names(self, name: str) -> str | None:
        """Where a program is named."""
        return self._words.get(name)


def named(names: Sequence[str], most: int = 3) -> str:
    """Some names in a sentence: ``a``, ``a and b``, ``a, b and 5 more``."""
    if len(names) == 1:
        return names[0]
    if len(names) <= most:
        return ", ".join(names[:-1]) + " and " + names[-1]
    return ", ".join(names[: most - 1]) + f" and {len(names) - most + 1:,} more"


def line(label: str, names: Iterable[str]) -> str:
    """A line of evidence with many names."""
    row = sorted(set(names))
    more = f", and {len(row) - MOST_NAMES:,} more" if len(row) > MOST_NAMES else ""
    return f"{label}: " + ", ".join(row[:MOST_NAMES]) + more


def versions_of(packages: Iterable[Package]) -> list[int]:
    """The live files of some packages."""
    return [version for package in packages for version in package.versions]


def asked_for(packages: Iterable[Listed], most: int = 20) -> str:
    """The names to write in an install command: those that somebody asked for, else all."""
    rows = list(packages)
    names = sorted({each.name for each in rows if each.manual} or {each.name for each in rows})
    return " ".join(names[:most]) + (" …" if len(names) > most else "")
