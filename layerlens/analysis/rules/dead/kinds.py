"""What a number of paths is, in words: "npm's cache", "documentation"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from layerlens.analysis.rules.words import counted
from layerlens.image.lazypattern import LazyPattern

_KINDS: tuple[tuple[str, bytes], ...] = (
    ("apt's package lists", rb"var/lib/apt/lists/"),
    ("apt's caches", rb"var/cache/apt/"),
    ("caches of apk, dnf, yum, zypper or pacman", rb"(?:var/cache|var/lib)/(?:apk|dnf|yum|libdnf5|zypp|pacman/pkg)/"),
    ("npm's cache", rb"(?:.*/)?\.npm/"),
    ("Yarn's or pnpm's cache", rb"(?:.*/)?(?:\.yarn/cache|\.cache/yarn|usr/local/share/\.cache|\.?pnpm[-/]store)/"),
    ("pip's cache", rb"(?:.*/)?\.cache/pip/"),
    ("uv's cache", rb"(?:.*/)?\.cache/uv/"),
    ("Go's caches", rb"(?:.*/)?(?:\.cache/go-build|go/pkg/mod)/"),
    ("Cargo's registry", rb"(?:.*/)?(?:\.cargo|cargo)/(?:registry|git)/"),
    ("Maven's or Gradle's repository", rb"(?:.*/)?\.(?:m2|gradle)/"),
    ("other caches", rb"(?:.*/)?\.cache/"),
    ("node_modules", rb"(?:.*/)?node_modules/"),
    ("Python packages", rb"(?:.*/)?(?:site|dist)-packages/"),
    ("Git's directory", rb"(?:.*/)?\.git/"),
    ("documentation and translations", rb"usr/(?:local/)?share/(?:doc|man|info|locale)/"),
    ("compilers and headers", rb"usr/(?:local/)?(?:include/|lib/gcc/|libexec/gcc/)"),
    ("files of the package database", rb"var/lib/(?:dpkg|rpm|pacman/local)/|lib/apk/db/"),
    ("logs", rb"var/log/"),
    ("temporary files", rb"(?:var/)?tmp/"),
)  # fmt: skip

_MOUNTS = {
    "apt's package lists": "/var/lib/apt/lists",
    "apt's caches": "/var/cache/apt",
    "npm's cache": "/root/.npm",
    "Yarn's or pnpm's cache": "/usr/local/share/.cache",
    "pip's cache": "/root/.cache/pip",
    "uv's cache": "/root/.cache/uv",
    "Go's caches": "/root/.cache/go-build",
    "Cargo's registry": "/usr/local/cargo/registry",
    "Maven's or Gradle's repository": "/root/.m2",
}
"""Where caches usually are, for mounts of the builder."""

_ANY = LazyPattern(b"|".join(b"(" + pattern + b")" for _, pattern in _KINDS), re.DOTALL)
_MOST = 5
_SHARE, _MAIN = 0.1, 0.8
"""Shares of the bytes from which a kind is named, and that the named ones have together."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """What some paths are: (kind, whether it is a known one, files, bytes), the largest first.

    What is no known kind goes by its topmost directories.  Empty files do not count.
    """

    rows: tuple[tuple[str, bool, int, int], ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """Lines such as ``npm's cache: 12 files, 3,456 bytes``; five at most, and the rest."""
        shown = [
            f"{name}: {counted(count, 'file')}, {size:,} bytes"
            for name, _, count, size in self.rows[:_MOST]
        ]
        rest = self.rows[_MOST:]
        if rest:
            count, size = sum(row[2] for row in rest), sum(row[3] for row in rest)
            shown.append(f"elsewhere: {counted(count, 'file')}, {size:,} bytes")
        return tuple(shown)

    @property
    def main(self) -> str:
        """The kinds of most of the bytes, two at most; ``""`` where they are no known ones."""
        total = sum(row[3] for row in self.rows)
        large = [row for row in self.rows[:2] if row[3] >= _SHARE * total]
        if (
            not large
            or sum(row[3] for row in large) < _MAIN * total
            or not all(r[1] for r in large)
        ):
            return ""
        return " and ".join(row[0] for row in large)

    @property
    def is_cache(self) -> bool:
        """Whether all of it is caches of package managers."""
        return all(known and name in _MOUNTS for name, known, _, _ in self.rows)

    @property
    def mounts(self) -> tuple[str, ...]:
        """Directories that cache mounts could keep out of layers."""
        return tuple(_MOUNTS[row[0]] for row in self.rows if row[1] and row[0] in _MOUNTS)


def kinds_of(sized: Iterable[tuple[bytes, int]]) -> Kinds:
    """Sort paths and their bytes by what they are."""
    sums: dict[tuple[str, bool], list[int]] = {}
    for path, size in sized:
        if not size:
            continue
        match = _ANY.match(path)
        known = match is not None and match.lastindex is not None
        if match is not None and match.lastindex is not None:
            name = _KINDS[match.lastindex - 1][0]
        else:
            parts = path.split(b"/")[:-1][:2]
            name = "/" + b"/".join(parts).decode("utf-8", "replace")
        row = sums.setdefault((name, known), [0, 0])
        row[0] += 1
        row[1] += size
    rows = [(name, known, count, size) for (name, known), (count, size) in sums.items()]
    return Kinds(tuple(sorted(rows, key=lambda row: (-row[3], row[0]))))
