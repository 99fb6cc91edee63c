"""Which file an image starts, found as the kernel and a shell find it."""

from __future__ import annotations

import posixpath

from layerlens.analysis.rules.context import Context
from layerlens.layers.table import Kind

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where runtimes look when the image sets no ``PATH``."""

_WRAPPERS = frozenset(
    [
        "tini",
        "tini-static",
        "docker-init",
        "dumb-init",
        "catatonit",
        "gosu",
        "su-exec",
        "setpriv",
        "exec",
        "env",
        "nice",
    ]
)
"""Programs that only start another one, which stands behind their options."""

_MOST_LINKS = 40
"""Symbolic links followed on one way, as many as Linux follows."""


def resolve(context: Context, path: bytes) -> int | None:
    """The version at a path, symbolic links followed in all its parts; ``None``: nothing is there."""
    fs = context.fs
    todo = [part for part in path.split(b"/") if part][::-1]
    at: list[bytes] = []
    links = 0
    version: int | None = None
    while todo:
        part = todo.pop()
        if part == b".":
            continue
        if part == b"..":
            del at[-1:]
            continue
        at.append(part)
        version = fs.live.get(b"/".join(at))
        if version is None:
            return None
        if fs.kind(version) is Kind.SYMLINK:
            links += 1
            if links > _MOST_LINKS:
                return None
            target = fs.entry(version).target or b""
            if target[:1] == b"/":
                at = []
            else:
                at.pop()
            todo += [part for part in target.split(b"/") if part][::-1]
            version = None
    return fs.live.get(b"/".join(at)) if at else version


def program(context: Context) -> int | None:
    """The version of the regular file that the image starts.

    Behind wrappers such as tini, the program that they start.  ``None`` where
    the image starts nothing, or nothing that it holds.
    """
    words = [*context.words("Entrypoint"), *context.words("Cmd")]
    for word in words:
        if posixpath.basename(word) in _WRAPPERS or word.startswith("-") or "=" in word:
            continue
        return find(context, word)
    return None


def find(context: Context, word: str) -> int | None:
    """The regular file that a command's first word means."""
    if "/" in word:
        directory = context.config.settings.get("WorkingDir")
        start = directory if isinstance(directory, str) else "/"
        places = [posixpath.join("/", start, word)]
    else:
        path = context.env.get("PATH") or _PATH
        places = [posixpath.join("/", each, word) for each in path.split(":")[:100]]
    for place in places:
        version = resolve(context, place.encode("utf-8", "surrogateescape"))
        if version is not None and context.fs.kind(version) is Kind.FILE:
            return version
    return None
