"""The examiner: what LayerLens looks at inside files, put together from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from layerlens.analysis.contents import names
from layerlens.layers.contents import MAX_WHOLE, Want

_WANTS = tuple(Want(number) for number in range(8))

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
    """Implements :class:`layerlens.layers.contents.Examiner` by its parts."""

    def __init__(self, scans: Sequence[Scan] = (), probes: Sequence[Probe] = ()) -> None:
        self.version = VERSION
        self._scans = tuple(scans)
        self._probes = tuple(probes)

    def wants(self, name: bytes, size: int) -> Want:
        # Called for every file: numbers, because adding up flags costs more than the tests.
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

    return ImageExaminer(scans=(secrets,), probes=(Programs(), Heads(), jars))
