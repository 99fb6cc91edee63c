"""Installed Python distributions: ``*.dist-info`` and ``*.egg-info`` of every environment.

Facts are those of the Python packaging specifications ("Recording installed
projects", "Core metadata", "Entry points", "Direct URL"), and of setuptools
for eggs.  One :class:`Database` is one directory of modules (``…/site-packages``).

Each :class:`Listed` has in its ``details``:

``metadata``   path of the file that says so
``site``       directory of its modules
``python``     version of the interpreter as the path says it (``3.11``), where it does
``installer``  what installed it, in lower case (``pip``, ``uv``)
``scripts``    commands, ``modules`` top-level modules, both parted by spaces
``editable``   ``yes`` where the sources are elsewhere
``source``     ``yes`` where an egg-info lies beside sources and nothing is installed
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.pyrecord import (
    Site,
    bytecode,
    installed_files,
    record_files,
    site_of,
)
from layerlens.analysis.packages.view import Database, View

MAX_HEADERS = 1 << 20
"""Bytes of a METADATA file's headers that are read; the rest is the description."""

MAX_REQUIRES = 5000
"""Requirements of one distribution."""

MAX_TEXT = 200
"""Characters of a name, a version or a licence."""

_INFO = re.compile(
    rb"(?:(.*)/)?([^/]+)\.(dist-info|egg-info)"
    rb"(?:/(METADATA|PKG-INFO|RECORD|INSTALLER|direct_url\.json|entry_points\.txt"
    rb"|top_level\.txt|installed-files\.txt|requires\.txt))?\Z",
    re.DOTALL,
)
_CACHES = re.compile(
    rb"(?:^|/)(?:(?:archive|builds|built-wheels|sdists|wheels)-v\d+/"
    rb"|pkgs/[^/]+/(?:lib/python[\d.]+/)?site-packages\Z)"
)
"""Copies in the caches of uv and conda, which no interpreter imports from."""
_SITES = (b"site-packages", b"dist-packages")


def normalised(name: str) -> str:
    """A distribution's name as all its spellings share it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(view: View) -> Iterable[Database]:
    """All Python distributions, by the directory that they are installed in."""
    found: dict[bytes, dict[bytes, _Info]] = {}
    for path in view.kept(_is_info):
        match = _INFO.match(path)
        assert match is not None
        directory, stem, kind, name = match.groups()
        site = directory or b""
        if _CACHES.search(site) or _inside_another(site):
            continue
        folder = path if name is None else path[: -len(name) - 1]
        info = found.setdefault(site, {}).setdefault(folder, _Info(folder, stem, kind))
        info.names[name or b"PKG-INFO"] = path
    installed: set[str] = set()
    sources: list[tuple[bytes, list[_Info]]] = []
    for directory, infos in sorted(found.items()):
        if not _is_site(directory) and all(i.kind == b"egg-info" for i in infos.values()):
            sources.append((directory, list(infos.values())))
            continue
        database = _database(view, site_of(directory), infos.values())
        installed.update(package.name for package in database.packages)
        if database.packages:
            yield database
    for directory, beside in sources:
        packages = [_source(view, directory, info) for info in beside]
        new = tuple(each for each in packages if each and each.name not in installed)
        if new:
            yield Database(directory, new)


@dataclass(slots=True)
class _Info:
    """One ``*.dist-info`` or ``*.egg-info``: its path, its name, and the kept files in it."""

    folder: bytes
    stem: bytes
    kind: bytes
    names: dict[bytes, bytes] = field(default_factory=dict)

    def text(self, view: View, name: bytes) -> bytes | None:
        path = self.names.get(name)
        return None if path is None else view.text(path)


def _is_info(path: bytes) -> bool:
    # The substring first: a view may hold thousands of other kept files.
    return b"-info" in path and _INFO.match(path) is not None


def _is_site(directory: bytes) -> bool:
    return directory.rpartition(b"/")[2] in _SITES


def _inside_another(directory: bytes) -> bool:
    """Whether it lies among an environment's modules, as what setuptools brings along for itself."""
    above = directory.split(b"/")[:-1]
    return any(name in above for name in _SITES)


def _database(view: View, site: Site, infos: Iterable[_Info]) -> Database:
    packages: list[Listed] = []
    bare: list[tuple[int, list[str]]] = []
    for info in infos:
        package = _listed(view, site, info)
        if package is None:
            continue
        if not package.files and package.details.get("modules"):
            bare.append((len(packages), package.details["modules"].split()))
        packages.append(package)
    _give_directories(site, packages, bare)
    return Database(site.path, tuple(packages))


def _give_directories(
    site: Site, packages: list[Listed], bare: list[tuple[int, list[str]]]
) -> None:
    """Where nothing lists a distribution's files, its top-level modules are its own.

    Not those that another distribution of the directory has too: a namespace.
    """
    if not bare:
        return
    from dataclasses import replace

    users: dict[str, int] = {}
    for package in packages:
        for module in package.details.get("modules", "").split():
            users[module] = users.get(module, 0) + 1
    for i, modules in bare:
        own = [module.encode("utf-8", "surrogateescape") for module in modules if users[module] < 2]
        files = [site.path + b"/" + module + b".py" for module in own]
        packages[i] = replace(
            packages[i],
            files=[*files, *bytecode(site, files)],
            directories=[*packages[i].directories, *(site.path + b"/" + each for each in own)],
        )


def _listed(view: View, site: Site, info: _Info) -> Listed | None:
    """One distribution; ``None`` where it has no metadata, so that pip does not see it either."""
    name_of = b"METADATA" if b"METADATA" in info.names else b"PKG-INFO"
    data = info.text(view, name_of)
    if data is None:
        return None
    headers = parse_headers(data)
    name, version = _name_and_version(headers, info.stem)
    if not name:
        view.problem(info.folder, "a distribution without a name")
        return None
    files, modules, lost = _files(view, site, info)
    if lost:
        view.problem(
            info.names.get(b"RECORD", info.folder),
            f"{lost} files outside of the environment are left out",
        )
    details = {
        "metadata": _shown(info.names[name_of]),
        "site": _shown(site.path),
        "python": site.python,
        "installer": _first_line(info.text(view, b"INSTALLER")).lower(),
        "scripts": " ".join(_scripts(view, info, site, files)),
        "modules": " ".join(modules),
        "editable": "yes" if is_editable(info.text(view, b"direct_url.json")) else "",
    }
    return Listed(
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        licence=_licence(headers),
        files=files,
        directories=() if files or info.names[name_of] == info.folder else (info.folder,),
        requires=_requires(headers, info.text(view, b"requires.txt")),
        manual=requested(info.folder, files),
        details={key: value for key, value in details.items() if value},
    )


def requested(folder: bytes, files: Collection[bytes]) -> bool | None:
    """Whether somebody asked for it by name, as far as its RECORD says.

    The marker is an empty file, so that a view does not have it; RECORD lists it.
    """
    return folder + b"/REQUESTED" in files if folder + b"/RECORD" in files else None


def _source(view: View, directory: bytes, info: _Info) -> Listed | None:
    """An egg-info beside sources, such as ``pip install -e`` made it."""
    data = info.text(view, b"PKG-INFO")
    if data is None:
        return None
    headers = parse_headers(data)
    name, version = _name_and_version(headers, info.stem)
    if not name:
        return None
    return Listed(
        ecosystem=Ecosystem.PYPI,
        name=name,
        version=version,
        licence=_licence(headers),
        requires=_requires(headers, info.text(view, b"requires.txt")),
        details={
            "metadata": _shown(info.names[b"PKG-INFO"]),
            "site": _shown(directory),
            "source": "yes",
        },
    )


def _files(view: View, site: Site, info: _Info) -> tuple[list[bytes], list[str], int]:
    """Files of a distribution, its top-level modules, and how many files were refused."""
    record = info.text(view, b"RECORD")
    if record is not None:
        files, lost = record_files(record, site)
    else:
        text = info.text(view, b"installed-files.txt")
        files, lost = ([], 0) if text is None else installed_files(text, site, info.folder)
        if info.folder == info.names.get(b"PKG-INFO"):
            files.append(info.folder)
    modules = _top_level(info.text(view, b"top_level.txt")) or _modules(files, site)
    return [*files, *bytecode(site, files)], modules, lost


def _modules(files: Iterable[bytes], site: Site) -> list[str]:
    """Top-level modules among the files of a distribution."""
    start = len(site.path) + 1 if site.path else 0
    found: dict[bytes, None] = {}
    for path in files:
        if not path.startswith(site.path):
            continue
        head, slash, _ = path[start:].partition(b"/")
        name = (
            head if slash else head.partition(b".")[0] if head.endswith((b".py", b".so")) else b""
        )
        if name.replace(b"_", b"a").isalnum() and name != b"__pycache__":
            found[name] = None
            if len(found) == 32:
                break
    return [_shown(name) for name in found]


def _scripts(view: View, info: _Info, site: Site, files: Iterable[bytes]) -> list[str]:
    """Commands: those of entry points, and what was put into ``bin`` as it is (ruff, uv)."""
    found = dict.fromkeys(console_scripts(info.text(view, b"entry_points.txt") or b""))
    folder = site.top + b"/bin/" if site.top else b"bin/"
    for path in files:
        if path.startswith(folder):
            found[_shown(path[len(folder) :])] = None
    return [name for name in found if not re.search(r"[\s/]", name)]


def _top_level(data: bytes | None) -> list[str]:
    names = (data or b"")[:MAX_HEADERS].split(b"\n", 64)[:64]
    return [
        _shown(name.strip())
        for name in names
        if 0 < len(name) < MAX_TEXT and name.strip().replace(b"_", b"a").isalnum()
    ]


# ---------------------------------------------------------------------- small files


def parse_headers(data: bytes) -> Mapping[str, list[str]]:
    """The headers of a METADATA or PKG-INFO file, names in lower case.

    They end at the first empty line; what follows is a description.
    """
    head = data[:MAX_HEADERS].replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")[0]
    found: dict[str, list[str]] = {}
    last: list[str] | None = None
    for line in head.decode("utf-8", "replace").split("\n"):
        if line[:1] in {" ", "\t"}:
            if last and len(last[-1]) < 4 * MAX_TEXT:  # folded over lines
                last[-1] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        if colon:
            last = found.setdefault(name.strip().lower(), [])
            last.append(value.strip())
    return found


def _name_and_version(headers: Mapping[str, list[str]], stem: bytes) -> tuple[str, str]:
    """As the headers say, else as the folder's name does (``name-version[-py3.11]``)."""
    name = (headers.get("name") or [""])[0]
    version = (headers.get("version") or [""])[0]
    if not name or not version:
        parts = _shown(stem).split("-")
        name = name or parts[0]
        version = version or (parts[1] if len(parts) > 1 else "")
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", name[:MAX_TEXT]):
        return "", ""
    return normalised(name[:MAX_TEXT]), version[:MAX_TEXT]


def _licence(headers: Mapping[str, list[str]]) -> str:
    """The licence's name: its expression, a short text, or the classifier."""
    for key in ("license-expression", "license"):
        for value in headers.get(key, ()):
            if value and value.upper() != "UNKNOWN" and len(value) <= 100:
                return value
    for row in headers.get("classifier", ()):
        if row.startswith("License :: "):
            return row.rpartition(" :: ")[2][:MAX_TEXT]
    return ""


def _requires(headers: Mapping[str, list[str]], eggs: bytes | None) -> tuple[str, ...]:
    if eggs is not None:
        return tuple(parse_requires(eggs))
    return tuple(headers.get("requires-dist", ())[:MAX_REQUIRES])


def parse_requires(data: bytes) -> list[str]:
    """``requires.txt`` of an egg as requirements of wheels.

    Its sections are ``[extra]``, ``[:marker]`` and ``[extra:marker]``.
    """
    found: list[str] = []
    conditions: list[str] = []
    for raw in data[:MAX_HEADERS].decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = line[1:-1].partition(":")
            conditions = [f"({marker})"] if marker else []
            if re.fullmatch(r"[\w.-]+", extra):
                conditions.append(f'extra == "{extra}"')
        elif line and not line.startswith("#"):
            what, semicolon, marker = line.partition(";")
            parts = [f"({marker.strip()})", *conditions] if semicolon else conditions
            found.append(f"{what.strip()} ; {' and '.join(parts)}" if parts else what.strip())
            if len(found) == MAX_REQUIRES:
                break
    return found


def console_scripts(data: bytes) -> list[str]:
    """Names of the commands that ``entry_points.txt`` makes."""
    return list(_entries(data, ("console_scripts", "gui_scripts")))


def _entries(data: bytes, sections: tuple[str, ...]) -> Iterator[str]:
    section = ""
    for raw in data[:MAX_HEADERS].decode("utf-8", "replace").splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line.strip("[]").strip()
        elif section in sections and "=" in line and not line.startswith(("#", ";")):
            name = line.partition("=")[0].strip()
            if name and len(name) < MAX_TEXT and not re.search(r"\s", name):
                yield name


def is_editable(data: bytes | None) -> bool:
    """Whether ``direct_url.json`` says that the sources are elsewhere (PEP 610).

    Its address is not taken over: it may hold a password.
    """
    if data is None or len(data) > 1 << 16:
        return False
    import json

    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return False
    about = found.get("dir_info") if isinstance(found, dict) else None
    return isinstance(about, dict) and about.get("editable") is True


def _first_line(data: bytes | None) -> str:
    return _shown((data or b"").split(b"\n", 1)[0].strip()[:MAX_TEXT])


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
