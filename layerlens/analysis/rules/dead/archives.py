"""Archives that were put into an image to be unpacked or installed."""

from __future__ import annotations

from layerlens.image.lazypattern import LazyPattern

ARCHIVE = LazyPattern(
    rb"\.(?:tar|tgz|tbz2?|txz|tzst|tar\.(?:gz|bz2|xz|zst|lz|lzma|Z)|zip|7z|rar|whl|deb|rpm|apk|run)\Z"
)
"""The ends of archives' names."""

_CACHES = LazyPattern(
    rb"(?:\A|/)(?:var/cache|\.cache|_cacache|\.npm|\.m2|\.gradle|pkg/mod)(?:/|\Z)"
)
_PASSING = LazyPattern(
    rb"(?:(?:var/)?tmp|opt|root|srv|build|usr/src|usr/local/src)/[^/]+\Z|[^/]+\Z"
)


def in_cache(path: bytes) -> bool:
    """Whether a path is in a package manager's cache."""
    return _CACHES.search(path) is not None


def is_passing_archive(path: bytes, texts: str, *, alone: bool) -> bool:
    """Whether a deleted file is an archive that somebody unpacked or installed.

    ``texts`` is what the layers that added and deleted it ran; ``alone``
    whether it came with few other files.  An archive deep in a tree that went
    as a whole, or in a package manager's cache, went for another reason.
    """
    if ARCHIVE.search(path) is None or in_cache(path):
        return False
    if alone or _PASSING.match(path) is not None:
        return True
    return path.rpartition(b"/")[2].decode("utf-8", "replace") in texts


def stem(path: bytes) -> bytes:
    """The path without the archive's ending."""
    match = ARCHIVE.search(path)
    return path if match is None else path[: match.start()]
