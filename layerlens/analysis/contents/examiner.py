"""The examiner: what LayerLens looks at inside files, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from layerlens.analysis.contents import names
from layerlens.layers.contents import MAX_WHOLE, Want

_WANTS = tuple(Want(number) for number in range(8))

_DULL = frozenset(
    b"js mjs cjs jsx ts mts cts tsx map py pyi pyc pyx md rst html htm css scss less mo po gz xz h hh"
    b" hpp c cc cpp pm pl rb erl svg png gif jpg jpeg woff woff2 ttf dat".split()
)
"""Ends of names that no part asks for in quiet directories: nine files of ten in large images."""

_MOST_DIRECTORIES = 200_000
_LARGE = 1 << 20

VERSION = "2"
"""Raised whenever a part's answers change, so that facts from caches are not mixed."""


class Scan(Protocol):
    """A part that looks at whole contents; usually a module."""

    def wants(self, name: bytes, size: int) -> bool:
        """Whether to show it a file."""

    def scan(self, name: bytes, data: bytes) -> Mapping[str, Any]:
        """Facts of the file, by kind; nothing for most."""


class Probe(Protocol):
    """A part that looks at parts of large files; usually a module."""

    def wants(self, name: bytes, size: int) -> bool:
        """Whether to show it a file's head."""

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        """Which further (offset, length) it needs."""

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        """Facts of the file, by kind."""


class ImageExaminer:
    """Implements :class:`layerlens.layers.contents.Examiner` by its parts.

    ``quiet`` tells of a directory whether only files of few names are looked
    into there, none of which has an end of ``_DULL``.
    """

    def __init__(
        self,
        scans: Sequence[Scan] = (),
        probes: Sequence[Probe] = (),
        quiet: Callable[[bytes], bool] = lambda _: False,
    ) -> None:
        self.version = VERSION
        self._scans = tuple(scans)
        self._probes = tuple(probes)
        self._quiet_places = quiet
        self._quiet: dict[bytes, bool] = {}

    def wants(self, name: bytes, size: int) -> Want:
        # Called for every file: numbers, because adding up flags costs more than the tests,
        # and most files are dismissed by the end of their name and their directory.
        dot = name.rfind(b".") + 1
        if dot and size < _LARGE and name[dot:] in _DULL and self._is_quiet(name, dot):
            return Want.NOTHING
        found = 0
        if size <= MAX_WHOLE:
            if names.kept(name, size):
                found = 1
            for scan in self._scans:
                if scan.wants(name, size):
                    found += 2
                    break
        for probe in self._probes:
            if probe.wants(name, size):
                found += 4
                break
        return _WANTS[found]

    def _is_quiet(self, name: bytes, dot: int) -> bool:
        """Whether a name with a dull end stands where nobody asks for one."""
        cut = name.rfind(b"/") + 1
        directory = name[:cut]
        quiet = self._quiet.get(directory)
        if quiet is None:
            if len(self._quiet) > _MOST_DIRECTORIES:
                self._quiet.clear()
            quiet = (
                directory.count(b"/") > 1
                and b"bin/" not in directory
                and (self._quiet_places(directory))
            )
            self._quiet[directory] = quiet
        # A name that begins with its dot has no end, whatever it looks like.
        return quiet and dot > cut + 1 and name[cut : cut + 2] != b"._"

    def scan(self, name: bytes, data: bytes) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for scan in self._scans:
            if scan.wants(name, len(data)):
                found.update(scan.scan(name, data))
        return found

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        longest: dict[int, int] = {}  # parts are told apart by where they start
        for probe in self._probes:
            if probe.wants(name, size):
                for start, length in probe.windows(name, size, head):
                    longest[start] = max(length, longest.get(start, 0))
        return list(longest.items())

    def conclude(
        self, name: bytes, size: int, head: bytes, parts: Mapping[int, bytes]
    ) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for probe in self._probes:
            if probe.wants(name, size):
                found.update(probe.conclude(name, size, head, parts))
        return found


def default_examiner() -> ImageExaminer:
    """The examiner of all rules."""
    # Late: each compiles patterns of its own, and listing files needs none of them.
    from layerlens.analysis.contents import jars, secrets
    from layerlens.analysis.contents.heads import Heads
    from layerlens.analysis.contents.programs import Programs

    return ImageExaminer((secrets,), (Programs(), Heads(), jars), secrets.is_quiet)
