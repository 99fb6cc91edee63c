"""What a number of paths is, in words: "npm's cache", "documentation"."""

from __future__ import annotations

import re
from collections.abc import Iterable

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

_ANY = LazyPattern(b"|".join(b"(" + pattern + b")" for _, pattern in _KINDS), re.DOTALL)
_MOST = 5


def kinds_of(sized: Iterable[tuple[bytes, int]]) -> tuple[str, ...]:
    """Lines such as ``npm's cache: 12 files, 3,456 bytes``, the largest first, five at most.

    What is no known kind goes by its topmost directories.  Empty files do not count.
    """
    sums: dict[str, list[int]] = {}
    for path, size in sized:
        if not size:
            continue
        match = _ANY.match(path)
        if match is not None and match.lastindex is not None:
            name = _KINDS[match.lastindex - 1][0]
        else:
            parts = path.split(b"/")[:-1][:2]
            name = "/" + b"/".join(parts).decode("utf-8", "replace")
        row = sums.setdefault(name, [0, 0])
        row[0] += 1
        row[1] += size
    rows = sorted(sums.items(), key=lambda row: (-row[1][1], row[0]))
    lines = [f"{name}: {files_in(count)}, {size:,} bytes" for name, (count, size) in rows[:_MOST]]
    if len(rows) > _MOST:
        count = sum(row[1][0] for row in rows[_MOST:])
        size = sum(row[1][1] for row in rows[_MOST:])
        lines.append(f"elsewhere: {files_in(count)}, {size:,} bytes")
    return tuple(lines)


def files_in(count: int) -> str:
    """``1 file``, ``2,000 files``."""
    return "1 file" if count == 1 else f"{count:,} files"
