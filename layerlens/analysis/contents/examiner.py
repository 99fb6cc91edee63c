"""The examiner: what LayerLens looks at inside files, put together from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from layerlens.analysis.contents import names
from layerlens.layers.contents import MAX_WHOLE, Want

VERSION = "1"
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
        found = Want.NOTHING
        if size > MAX_WHOLE:
            return Want.PROBE if any(probe.wants(name, size) for probe in self._probes) else found
        if names.kept(name, size):
            found |= Want.KEEP
        for scan in self._scans:
            if scan.wants(name, size):
                found |= Want.SCAN
                break
        for probe in self._probes:
            if probe.wants(name, size):
                found |= Want.PROBE
                break
        return found

    def scan(self, name: bytes, data: bytes) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for scan in self._scans:
            if scan.wants(name, len(data)):
                found.update(scan.scan(name, data))
        return found

    def windows(self, name: bytes, size: int, head: bytes) -> Sequence[tuple[int, int]]:
        return [
            span
            for probe in self._probes
            if probe.wants(name, size)
            for span in probe.windows(name, size, head)
        ]

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
    from layerlens.analysis.contents import secrets

    return ImageExaminer(scans=(secrets,))
