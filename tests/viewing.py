"""Kept files in memory, as package readers look at them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path


class Files:
    """Implements :class:`layerlens.analysis.packages.view.View`; notes ``problems``."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = {path.encode(): data for path, data in files.items()}
        self.problems: list[tuple[bytes, str]] = []

    @classmethod
    def below(cls, root: Path) -> Files:
        """All regular files of a directory."""
        return cls(
            {
                str(path.relative_to(root)): path.read_bytes()
                for path in root.rglob("*")
                if path.is_file() and not path.is_symlink()
            }
        )

    def text(self, path: bytes) -> bytes | None:
        return self.files.get(path)

    def kept(self, matches: Callable[[bytes], object]) -> Iterable[bytes]:
        return [path for path in sorted(self.files) if matches(path)]

    def problem(self, path: bytes, why: str) -> None:
        self.problems.append((path, why))
