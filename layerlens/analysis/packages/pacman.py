"""Arch Linux's packages: what pacman wrote down (its local database, alpm).

Each package has a directory below ``var/lib/pacman/local`` with ``desc`` and
``files``: sections of a name in percent signs and one value per line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database, View

LOCAL = b"var/lib/pacman/local"

_MOST_PACKAGES = 100_000

Sections = Mapping[bytes, list[bytes]]


def read(view: View) -> Iterable[Database]:
    """The installed packages; ``REASON`` 1 is a dependency, none or 0 was asked for."""
    paths = list(view.kept(lambda path: path.startswith(LOCAL + b"/") and path.endswith(b"/desc")))
    if paths:
        yield Database(LOCAL, tuple(_packages(view, paths)))


def _packages(view: View, paths: list[bytes]) -> Iterator[Listed]:
    if len(paths) > _MOST_PACKAGES:
        view.problem(LOCAL, f"more than {_MOST_PACKAGES} packages; the rest is left out")
    for path in paths[:_MOST_PACKAGES]:
        described = _sections(view.text(path) or b"")
        name, version = _first(described, b"NAME"), _first(described, b"VERSION")
        if not name or not version:
            view.problem(path, "without a package's name and version")
            continue
        files = _sections(view.text(path.removesuffix(b"desc") + b"files") or b"")
        yield _listed(name, version, described, files)


def _listed(name: str, version: str, described: Sections, files: Sections) -> Listed:
    size = _first(described, b"SIZE")
    base = _first(described, b"BASE")
    return Listed(
        ecosystem=Ecosystem.ALPM,
        name=name,
        version=version,
        arch=_first(described, b"ARCH"),
        licence=" ".join(_texts(described, b"LICENSE")),
        files=[path for path in files.get(b"FILES", ()) if not path.endswith(b"/")],
        declared=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
        requires=_texts(described, b"DEPENDS"),
        recommends=tuple(text.partition(": ")[0] for text in _texts(described, b"OPTDEPENDS")),
        provides=_texts(described, b"PROVIDES"),
        manual=_first(described, b"REASON") != "1",
        details={"source": base} if base else {},
    )


def _sections(text: bytes) -> Sections:
    found: dict[bytes, list[bytes]] = {}
    for part in text.split(b"\n\n"):
        title, _, values = part.strip(b"\n").partition(b"\n")
        if len(title) > 2 and title[:1] == title[-1:] == b"%":
            found.setdefault(title[1:-1], [value for value in values.split(b"\n") if value])
    return found


def _texts(sections: Sections, title: bytes) -> tuple[str, ...]:
    return tuple(value.decode("utf-8", "replace").strip() for value in sections.get(title, ()))


def _first(sections: Sections, title: bytes) -> str:
    return next(iter(_texts(sections, title)), "")
