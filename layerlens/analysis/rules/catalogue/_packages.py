"""What rules about packages have in common: words, and which packages the image runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from layerlens.analysis.packages.model import Ecosystem, Listed, Package
from layerlens.analysis.rules.context import Context

SYSTEM = (Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM, Ecosystem.ALPM)
"""Ecosystems of distributions."""

MOST_NAMES = 200
"""Names that a line of evidence shows."""

_WORD = re.compile(r"[\w+-](?:[\w.+-]*[\w+-])?")
_BINARIES = re.compile(rb"(?:usr/)?(?:local/)?s?bin/[^/]+")
_PLACES = {
    "Entrypoint": "the entrypoint",
    "Cmd": "the command",
    "Healthcheck": "the health check",
}


class Started:
    """The words of what an image runs by itself, and where each stands."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._places: dict[str, str] = {}
        for key, place in _PLACES.items():
            for word in words(" ".join(context.words(key))):
                self._places.setdefault(word, place)
        for word in words(context.started):
            self._places.setdefault(word, "a start script")

    def place(self, package: Package) -> str | None:
        """Where a package, or one of its programs, is named; ``None`` where nowhere."""
        names = {package.name}
        for version in package.versions:
            path = self._context.path(version)
            if _BINARIES.fullmatch(path):
                last = path.rpartition(b"/")[2].decode("utf-8", "replace")
                names |= {last, last.partition(".")[0]}  # nc.openbsd is run as nc
        return next((self._places[name] for name in sorted(names) if name in self._places), None)

    def names(self, name: str) -> str | None:
        """Where a program is named."""
        return self._places.get(name)


def words(text: str) -> set[str]:
    """The words of a command, each path's last part among them."""
    return set(_WORD.findall(text))


def counted(count: int, noun: str) -> str:
    """A number and its noun: ``1 package``, ``2 packages``."""
    return f"{count} {noun}" if count == 1 else f"{count:,} {noun}s"


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
