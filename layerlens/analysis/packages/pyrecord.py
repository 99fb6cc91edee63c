"""Which files a Python distribution lists as its own, and the bytecode that comes of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

_SITE = re.compile(
    rb"(?:(?P<prefix>.*)/)?lib(?:32|64)?/(?P<kind>python|pypy)(?P<version>\d+(?:\.\d+)?)(?P<threads>t?)"
    rb"/(?:site|dist)-packages\Z",
    re.DOTALL,
)
_ROW = re.compile(
    rb'^(?:"([^"]{0,4096}+(?:""[^"]{0,4096}+){0,64}+)"|([^",\r\n]+))(?=,|\r?$)', re.MULTILINE
)
"""The first field of a line of comma-separated values (RFC 4180)."""


@dataclass(frozen=True, slots=True)
class Site:
    """A directory of modules.

    ``prefix``  the environment that it belongs to (``usr/local``): its files lie below;
                ``None`` where the directory stands alone, as ``pip install --target`` makes it
    ``python``  version of the interpreter (``3.11``), empty where the path does not say it
    ``tag``     what that interpreter calls its bytecode (``cpython-311``), likewise (PEP 3147)
    """

    path: bytes
    prefix: bytes | None = None
    python: str = ""
    tag: str = ""

    @property
    def top(self) -> bytes:
        """The directory that no file of a distribution lies outside of."""
        return self.path if self.prefix is None else self.prefix


def site_of(path: bytes) -> Site:
    """What the path of a directory of modules says."""
    match = _SITE.match(path)
    if match is None:
        return Site(path)
    version = match["version"].decode()
    tag = ""
    if "." in version:
        kind = "cpython-" if match["kind"] == b"python" else "pypy"
        tag = kind + version.replace(".", "") + match["threads"].decode()
    return Site(path, match["prefix"] or b"", version if tag else "", tag)


def record_files(data: bytes, site: Site) -> tuple[list[bytes], int]:
    """Paths that a RECORD lists, without a leading slash, and how many were refused."""
    return _placed(
        (quoted.replace(b'""', b'"') or plain for quoted, plain in _ROW.findall(data)),
        site,
        site.path,
    )


def installed_files(data: bytes, site: Site, folder: bytes) -> tuple[list[bytes], int]:
    """Likewise of ``installed-files.txt``, whose paths start at the egg-info itself."""
    return _placed((line.strip() for line in data.split(b"\n") if line.strip()), site, folder)


def _placed(names: Iterable[bytes], site: Site, start: bytes) -> tuple[list[bytes], int]:
    """Paths in the image.  Those outside of the environment are refused: anyone can list them."""
    before = start + b"/" if start else b""
    inside = site.top + b"/" if site.top else b""
    found: dict[bytes, None] = {}
    lost = 0
    for name in names:
        if name[:1] != b"/" and b"./" not in name and b"//" not in name and name[-1:] != b".":
            found[before + name] = None
            continue
        path = posixpath.normpath(posixpath.join(b"/" + start, name)).lstrip(b"/")
        if path.startswith(inside) and path:
            found[path] = None
        else:
            lost += 1
    return list(found), lost


def bytecode(site: Site, files: Iterable[bytes], level: str = "") -> list[bytes]:
    """Where the interpreter of a directory keeps the bytecode of modules, if files do not say so.

    uv lists no bytecode, and running a program makes more of it; an
    uninstaller takes it along all the same.  ``level`` is ``.opt-1`` or
    ``.opt-2`` for what ``python -O`` and ``-OO`` compile (PEP 488).
    """
    if not site.tag:
        return []
    end = f"{level}.pyc".encode()
    tag = b"." + site.tag.encode()
    listed = files if isinstance(files, AbstractSet) else set(files)
    found = []
    for path in listed:
        if path[-3:] == b".py":
            directory, slash, name = path.rpartition(b"/")
            compiled = directory + slash + b"__pycache__/" + name[:-3] + tag + end
            if compiled not in listed:
                found.append(compiled)
    return sorted(found)
