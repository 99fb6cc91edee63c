"""What package readers look at: the kept files of the filesystem at some layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from layerlens.analysis.packages.model import Listed
from layerlens.analysis.rules.context import Context


class View(Protocol):
    """The filesystem as it is after some layer, as far as contents were kept.

    Readers see paths and bytes only, so that the same reader serves the final
    filesystem and the one below a layer.
    """

    def text(self, path: bytes) -> bytes | None:
        """The content of a path, ``None`` where there is none or it was not kept."""

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        """Paths with kept contents that match, in byte order."""

    def problem(self, path: bytes, why: str) -> None:
        """Tell that a database cannot be read, or not wholly."""


@dataclass(frozen=True, slots=True)
class Database:
    """The packages that one database lists; ``path`` is the file to name for it."""

    path: bytes
    packages: tuple[Listed, ...]


Reader = Callable[[View], Iterable[Database]]
"""Reads all databases of one ecosystem.  Never raises for what a file holds."""


@dataclass
class FinalView:
    """The final filesystem."""

    context: Context

    def __post_init__(self) -> None:
        self.problems: list[tuple[bytes, str]] = []

    @cached_property
    def _kept(self) -> list[bytes]:
        """Live paths with kept contents, in byte order; hard links too, which uv installs."""
        fs = self.context.fs
        kept = set(self.context.kept_versions(lambda _: True))
        links = (version for version, inode in fs.inodes.items() if inode in kept)
        return sorted(
            path for version in (*kept, *links) if fs.live.get(path := fs.paths[version]) == version
        )

    def text(self, path: bytes) -> bytes | None:
        return self.context.text(path)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return [path for path in self._kept if matches(path)]

    def problem(self, path: bytes, why: str) -> None:
        self.problems.append((path, why))
