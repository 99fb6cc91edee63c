"""A build context, and the lines that its ``.dockerignore`` lacks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

SUGGESTIONS = (
    (".git", r"(?:\A|.*/)\.git(?:/.*)?"),
    ("**/.svn", r"(?:\A|.*/)\.svn/.*"),
    ("**/.hg", r"(?:\A|.*/)\.hg/.*"),
    (".github", r"\.github/.*"),
    ("**/node_modules", r"(?:.*/)?node_modules/.*"),
    ("**/.venv", r"(?:.*/)?\.venv/.*"),
    ("**/__pycache__", r"(?:.*/)?__pycache__/.*"),
    ("**/.pytest_cache", r"(?:.*/)?\.pytest_cache/.*"),
    ("**/.mypy_cache", r"(?:.*/)?\.mypy_cache/.*"),
    ("**/.ruff_cache", r"(?:.*/)?\.ruff_cache/.*"),
    ("**/target", r"(?:.*/)?target/(?:debug|release|classes)/.*"),
    ("**/coverage", r"(?:.*/)?coverage/.*"),
    ("**/.next/cache", r"(?:.*/)?\.next/cache/.*"),
    ("**/*.log", r"(?:.*/)?[^/]*\.log"),
    ("**/.env*", r"(?:.*/)?\.env(?:\.(?!example|sample|template)[^/]*)?"),
    ("**/.DS_Store", r"(?:.*/)?\.DS_Store"),
    (".vscode", r"(?:.*/)?\.vscode/.*"),
    (".idea", r"(?:.*/)?\.idea/.*"),
    ("**/*.swp", r"(?:.*/)?[^/]*\.sw[po]"),
    ("docker-compose*.yml", r"(?:docker-)?compose[^/]*\.ya?ml"),
    ("Dockerfile*", r"(?:Dockerfile|Containerfile)[^/]*"),
)
"""Lines for a ``.dockerignore`` and what they would keep out; patterns there are anchored at
the context's root, so that deep names need ``**/``."""

_COMPILED = tuple((line, re.compile(pattern, re.DOTALL)) for line, pattern in SUGGESTIONS)


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What a build sends.

    ``files`` maps paths to bytes; ``ignore`` names the file that left others
    out, ``None`` where there is none.
    """

    folder: str
    files: Mapping[str, int]
    ignore: str | None

    @property
    def size(self) -> int:
        """Bytes of all files that are sent."""
        return sum(self.files.values())

    def suggested(self) -> list[tuple[str, int, int]]:
        """Lines that would keep something out: (line, files, bytes), the largest first."""
        counts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for path, size in self.files.items():
            for line, pattern in _COMPILED:
                if pattern.fullmatch(path):
                    counts[line] += 1
                    sizes[line] += size
                    break
        return sorted(
            ((line, counts[line], sizes[line]) for line in counts),
            key=lambda row: (-row[2], row[0]),
        )

    def largest(self, most: int = 10) -> list[tuple[str, int]]:
        """The topmost folders and files with the most bytes."""
        sums: Counter[str] = Counter()
        for path, size in self.files.items():
            sums[path.partition("/")[0]] += size
        return sums.most_common(most)
