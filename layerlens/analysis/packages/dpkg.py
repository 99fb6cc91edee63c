"""Debian's packages: what dpkg and apt wrote down (dpkg(1), deb-control(5), apt-mark(8)).

``var/lib/dpkg/status`` has a paragraph per package, ``info/NAME.list`` its
paths.  Images that are put together without dpkg (distroless, Bazel) have one
file per package in ``status.d`` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, overload

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.view import Database, View

STATUS = b"var/lib/dpkg/status"
STATUS_DIRECTORY = b"var/lib/dpkg/status.d"
EXTENDED_STATES = b"var/lib/apt/extended_states"

_DIVERSIONS = b"var/lib/dpkg/diversions"
_INFO = b"var/lib/dpkg/info/"
_MOST_PACKAGES = 100_000
_MOST_DIVERSIONS = 1000
_MOST_REMEMBERED = 1 << 14
"""Bytes of a paragraph that is remembered."""

_FIELDS = {
    name.lower(): name.decode().lower()
    for name in (
        b"Package", b"Status", b"Version", b"Architecture", b"Essential", b"Important",
        b"Protected", b"Priority", b"Section", b"Source", b"Installed-Size", b"Depends",
        b"Pre-Depends", b"Recommends", b"Suggests", b"Provides", b"Auto-Installed",
    )
}  # fmt: skip
"""Fields that are read; their names are written in any case."""

_NOT_INSTALLED = frozenset({"not-installed", "config-files"})
"""States in which a package's files are gone; apt takes all others for installed."""

Fields = Mapping[str, str]


def read(view: View) -> Iterable[Database]:
    """The installed packages; ``details["state"]`` says what else than ``installed`` one is."""
    status = view.text(STATUS)
    if status is not None:
        diversions = _Diversions(view.text(_DIVERSIONS) or b"")
        manual = _Manual(view.text(EXTENDED_STATES))
        rows = [row for row in _packages(view, STATUS, status) if _is_installed(row)]
        yield Database(
            STATUS, tuple(_listed(row, _paths(view, row, diversions), manual) for row in rows)
        )
    found = []
    for path in view.kept(lambda path: path.startswith(STATUS_DIRECTORY + b"/")):
        if path.endswith(b".md5sums"):
            continue
        sums = view.text(path + b".md5sums")
        files = _summed(sums) if sums is not None else ()
        found += [
            _listed(row, files, None)
            for row in _packages(view, path, view.text(path) or b"")
            if _is_installed(row)
        ]
    if found:
        yield Database(STATUS_DIRECTORY, tuple(found))


def leftovers(view: View) -> list[Listed]:
    """Packages that were removed but not purged: their configuration stays."""
    status = view.text(STATUS)
    if status is None or b"config-files" not in status:
        return []
    return [
        _listed(row, _paths(view, row, _Diversions(b"")), None)
        for row in _packages(view, STATUS, status)
        if _state(row) == "config-files"
    ]


# ---------------------------------------------------------------------- paragraphs


def _packages(view: View, path: bytes, text: bytes) -> Iterator[Fields]:
    """The paragraphs that name a package and, unless it is gone, its version."""
    broken = count = 0
    for row in paragraphs(text):
        if "package" in row and ("version" in row or _state(row) in _NOT_INSTALLED):
            count += 1
            if count > _MOST_PACKAGES:
                view.problem(path, f"more than {_MOST_PACKAGES} packages; the rest is left out")
                return
            yield row
        else:
            broken += 1
    if broken:
        view.problem(path, f"{broken} entries without a package's name and version")


def paragraphs(text: bytes) -> Iterator[Fields]:
    """The paragraphs of a control file, as far as their fields are of use."""
    for part in text.split(b"\n\n"):
        row = _remembered(part) if len(part) <= _MOST_REMEMBERED else _fields(part)
        if row:
            yield row


@lru_cache(maxsize=2048)
def _remembered(paragraph: bytes) -> Fields:
    """The known fields of a paragraph; each layer's database repeats most of the one below."""
    return _fields(paragraph)


def _fields(paragraph: bytes) -> Fields:
    row: dict[str, str] = {}
    last = ""
    for line in paragraph.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            if last:
                row[last] += " " + line.decode("utf-8", "replace").strip()
            continue
        name, colon, value = line.partition(b":")
        last = _FIELDS.get(name.strip().lower(), "") if colon else ""
        if last:
            row[last] = value.decode("utf-8", "replace").strip()
    return row


def _state(row: Fields) -> str:
    """The third word of the status; distroless files have none and are installed."""
    words = row.get("status", "").split()
    return words[2].lower() if len(words) > 2 else "installed"


def _is_installed(row: Fields) -> bool:
    return _state(row) not in _NOT_INSTALLED


def _listed(row: Fields, files: Sequence[bytes], manual: _Manual | None) -> Listed:
    size = row.get("installed-size", "")
    details = {key: row[key] for key in ("priority", "section", "source", "suggests") if key in row}
    state = _state(row)
    if state != "installed":
        details["state"] = state
    return Listed(
        ecosystem=Ecosystem.DEB,
        name=row["package"],
        version=row.get("version", ""),
        arch=row.get("architecture", ""),
        files=files,
        declared=int(size) * 1024 if size.isascii() and size.isdigit() and len(size) < 16 else None,
        requires=(*_dependencies(row, "pre-depends"), *_dependencies(row, "depends")),
        recommends=_dependencies(row, "recommends"),
        provides=_dependencies(row, "provides"),
        manual=manual.of(row) if manual is not None else None,
        essential="yes" in (row.get("essential"), row.get("protected"), row.get("important")),
        details=details,
    )


def _dependencies(row: Fields, key: str) -> tuple[str, ...]:
    value = row.get(key)
    return _parts(value) if value else ()


@lru_cache(maxsize=8192)
def _parts(value: str) -> tuple[str, ...]:
    """The parts of a list with commas."""
    return tuple(each for part in value.split(",") if (each := part.strip()))


class _Manual:
    """Which packages apt installed by itself, by its ``extended_states``."""

    def __init__(self, text: bytes | None) -> None:
        self._known = text is not None
        self._automatic: set[tuple[str, str]] = set()
        for row in paragraphs(text or b""):
            if row.get("auto-installed") == "1" and "package" in row:
                self._automatic.add((row["package"], row.get("architecture", "")))
        self._names = {name for name, _ in self._automatic}

    def of(self, row: Fields) -> bool | None:
        """Whether somebody asked for a package; ``None`` where apt never wrote it down."""
        if not self._known:
            return None
        name, arch = row["package"], row.get("architecture", "")
        if arch in ("all", ""):  # apt files these under its own architecture
            return name not in self._names
        return (name, arch) not in self._automatic and (name, "") not in self._automatic


# ---------------------------------------------------------------------- paths


class Paths(Sequence[bytes]):
    """The paths of a ``.list`` file, without leading slashes; taken apart when first needed."""

    def __init__(self, text: bytes, diverted: Mapping[bytes, bytes] | None = None) -> None:
        self._text = text
        self._diverted = diverted
        self._found: list[bytes] | None = None

    def _all(self) -> list[bytes]:
        if self._found is None:
            # The first line is "/."; every other begins with a slash.
            text = b"\n" + self._text.strip(b"\n")
            rows = text.replace(b"\n/", b"\n").split(b"\n")
            diverted = self._diverted
            if diverted:
                rows = [diverted.get(row, row) for row in rows]
            self._found = [row for row in rows if row and row != b"."]
        return self._found

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[bytes]: ...
    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._all())


def _paths(view: View, row: Fields, diversions: _Diversions) -> Paths:
    """The paths of a package: ``NAME.list``, or ``NAME:ARCH.list`` where it may be there twice."""
    name = row["package"]
    raw = name.encode("utf-8", "surrogateescape")
    arch = row.get("architecture", "").encode("utf-8", "surrogateescape")
    text = view.text(_INFO + raw + b":" + arch + b".list") if arch != b"all" else None
    if text is None:
        text = view.text(_INFO + raw + b".list") or b""
    return Paths(text, diversions.of(name))


class _Diversions:
    """Paths that one package has and another's files were moved away from (dpkg-divert(1)).

    The file has three lines each: path, new path, package (``:``: the administrator).
    """

    def __init__(self, text: bytes) -> None:
        lines = text.split(b"\n", 3 * _MOST_DIVERSIONS)
        self._rows = [
            (path.lstrip(b"/"), to.lstrip(b"/"), by.decode("utf-8", "replace"))
            for path, to, by in zip(lines[::3], lines[1::3], lines[2::3], strict=False)
        ]
        self._by = {by for _, _, by in self._rows}
        self._all = {path: to for path, to, _ in self._rows}

    def of(self, name: str) -> Mapping[bytes, bytes]:
        """Where a package's files are put instead: all but what itself diverts."""
        if name not in self._by:
            return self._all
        return {path: to for path, to, by in self._rows if by != name}


def _summed(text: bytes) -> list[bytes]:
    """The paths of an ``md5sums`` file: a sum, two blanks and a path in each line."""
    return [
        path.removeprefix(b"./").lstrip(b"/")
        for line in text.split(b"\n")
        if (path := line.partition(b"  ")[2])
    ]
