"""What a build would send to its builder: a folder, less what ``.dockerignore`` keeps out."""

from __future__ import annotations

import os
import stat

from layerlens.analysis.build_context import BuildContext
from layerlens.errors import UsageError, Where
from layerlens.sources.named_file import read_named

MAX_FILES = 1_000_000
"""Files of a context that are counted, at most."""

MAX_IGNORE = 1 << 20
"""Bytes of a ``.dockerignore``."""


def scan_context(folder: str, dockerfile: str | None = None) -> BuildContext:
    """Count the files of a build context.

    ``dockerfile`` is the path of the Dockerfile; ``NAME.dockerignore`` beside
    it goes before the folder's ``.dockerignore``, as for BuildKit.  The Docker
    SDK decides what is ignored.  Raises :class:`UsageError`.
    """
    if not os.path.isdir(folder):
        raise UsageError("is no folder", where=Where(file=folder))
    from docker.utils.build import exclude_paths  # late: brings the SDK

    ignore = _ignore_file(folder, dockerfile)
    patterns = [] if ignore is None else _patterns(ignore)
    inside = None
    if dockerfile is not None:
        relative = os.path.relpath(os.path.realpath(dockerfile), os.path.realpath(folder))
        inside = None if relative.startswith("..") else relative
    sizes: dict[str, int] = {}
    for path in exclude_paths(folder, patterns, dockerfile=inside):
        try:
            info = os.lstat(os.path.join(folder, path))
        except OSError:
            continue  # gone since it was listed
        if stat.S_ISREG(info.st_mode):
            sizes[path.replace(os.sep, "/")] = info.st_size
        if len(sizes) >= MAX_FILES:
            break  # more than large either way
    return BuildContext(folder, sizes, None if ignore is None else os.path.basename(ignore))


def _ignore_file(folder: str, dockerfile: str | None) -> str | None:
    own = [] if dockerfile is None else [f"{dockerfile}.dockerignore"]
    for path in (*own, os.path.join(folder, ".dockerignore")):
        if os.path.isfile(path):
            return path
    return None


def _patterns(path: str) -> list[str]:
    data = read_named(path, MAX_IGNORE)
    lines = data.decode("utf-8", "surrogateescape").removeprefix("\ufeff").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
