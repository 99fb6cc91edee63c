"""What the lock data of npm and pnpm say of the packages that they installed.

npm 7 and newer keep ``node_modules/.package-lock.json``, whose keys are the
packages' directories; before, only ``package-lock.json`` says it.  pnpm keeps
``node_modules/.modules.yaml`` and ``node_modules/.pnpm/lock.yaml``, whose keys
name packages; those up to version 6 have ``dev`` flags, from 9 on the closure
of the importers' dependencies has to be made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerlens.analysis.packages.jsontext import JsonError, mapping, object_at, parse, texts, word
from layerlens.analysis.packages.view import View

HIDDEN_LOCK = b"node_modules/.package-lock.json"
MAX_NESTING = 64
"""How deep dependencies of a version 1 lock may nest."""


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock says of one directory; ``dev``: installed for development only."""

    version: str
    dev: bool
    optional: bool
    requires: Mapping[str, str]


# --------------------------------------------------------------------------- npm


def npm_locked(view: View, lock: bytes) -> dict[bytes, Locked] | None:
    """Directory -> what an npm lock file says of it; ``None`` if it cannot be read.

    ``lock`` is a hidden lock file, ``package-lock.json`` or
    ``npm-shrinkwrap.json``.  ``devOptional`` packages are not for development
    only: an optional dependency needs them too.
    """
    document = object_at(view, lock)
    if document is None:
        return None
    base = lock.removesuffix(HIDDEN_LOCK) if lock.endswith(HIDDEN_LOCK) else _directory(lock)
    found: dict[bytes, Locked] = {}
    if isinstance(document.get("packages"), dict):
        for key, entry in document["packages"].items():
            path = _below(key)
            if path and isinstance(entry, dict) and entry.get("link") is not True:
                found[base + path] = _npm_entry(entry)
    elif isinstance(document.get("dependencies"), dict):
        for path, entry in _version_1(document["dependencies"], b"", 0):
            found[base + path] = _npm_entry(entry)
    else:
        view.problem(lock, "no packages in it")
        return None
    return found


def _npm_entry(entry: dict[str, Any]) -> Locked:
    needs = texts(entry.get("dependencies")) | texts(entry.get("optionalDependencies"))
    optional = entry.get("optional") is True or entry.get("devOptional") is True
    return Locked(word(entry.get("version")), entry.get("dev") is True, optional, needs)


def _version_1(
    dependencies: dict[str, Any], base: bytes, depth: int
) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Entries of a lock of npm 5 and 6, which nest as the directories do."""
    for name, entry in dependencies.items():
        path = _below(f"node_modules/{name}")
        if not path or not isinstance(entry, dict):
            continue
        yield base + path, {**entry, "dependencies": entry.get("requires")}
        if isinstance(entry.get("dependencies"), dict) and depth < MAX_NESTING:
            yield from _version_1(entry["dependencies"], base + path + b"/", depth + 1)


def _below(key: object) -> bytes:
    """A lock's key as a path, empty if it is none of a package below the lock's own directory."""
    if not isinstance(key, str) or "node_modules/" not in key:
        return b""
    path = key.encode("utf-8", "surrogatepass")
    if path.startswith(b"/") or any(part in (b"", b".", b"..") for part in path.split(b"/")):
        return b""
    return path


def _directory(path: bytes) -> bytes:
    return path[: path.rfind(b"/") + 1]


# --------------------------------------------------------------------------- pnpm


class PnpmLock:
    """Which packages of a pnpm tree are there for development only."""

    def __init__(self) -> None:
        self._by_folder: dict[str, bool] = {}
        self._by_name: dict[tuple[str, str], bool] = {}
        self._requires: dict[tuple[str, str], Mapping[str, str]] = {}

    def add(self, key: str, needs: Mapping[str, str], *, dev: bool) -> None:
        """Add one entry; ``key`` is what pnpm calls a dependency path."""
        name, version = name_and_version(key)
        self._by_folder[folder(key)] = dev
        # The same version with several peers: of one name only if all are.
        known = self._by_name.get((name, version), True)
        self._by_name[name, version] = known and dev
        self._requires[name, version] = needs

    def dev(self, where: str, name: str, version: str) -> bool | None:
        """Whether a package is for development only; ``where`` its folder below ``.pnpm``."""
        by_folder = self._by_folder.get(where)
        return self._by_name.get((name, version)) if by_folder is None else by_folder

    def requires(self, name: str, version: str) -> Mapping[str, str] | None:
        return self._requires.get((name, version))


def pnpm_lock(view: View, modules: bytes) -> PnpmLock | None:
    """The lock of a tree whose ``node_modules/.modules.yaml`` is at ``modules``.

    ``None`` if it cannot be read.  Without development packages installed
    (``included``), none is for development.
    """
    from layerlens.analysis.packages.blockyaml import YamlError
    from layerlens.analysis.packages.blockyaml import parse as parse_yaml

    lock = modules.removesuffix(b".modules.yaml") + b".pnpm/lock.yaml"
    state, text = view.text(modules), view.text(lock)
    if state is None or text is None:
        return None
    path = modules
    try:
        # Newer versions of pnpm write JSON, which is YAML too.
        settings = parse(state) if state.lstrip().startswith(b"{") else parse_yaml(state)
        path = lock
        document = parse_yaml(text)
    except (JsonError, YamlError) as error:
        view.problem(path, str(error))
        return None
    included = mapping(mapping(settings).get("included")).get("devDependencies")
    any_dev = included not in ("false", False)
    packages, snapshots = mapping(document.get("packages")), mapping(document.get("snapshots"))
    entries = {key: mapping(entry) for key, entry in (snapshots or packages).items()}
    if not entries:
        view.problem(lock, "no packages in it")
        return None
    needs = {key: _needs(entry) for key, entry in entries.items()}
    flagged = not snapshots and any("dev" in entry for entry in entries.values())
    kept = None if flagged else _closure(entries.keys(), needs, document)
    found = PnpmLock()
    for key, entry in entries.items():
        dev = entry.get("dev") == "true" if kept is None else key not in kept
        found.add(key, needs[key], dev=dev and any_dev)
    return found


def _needs(entry: Mapping[str, Any]) -> dict[str, str]:
    return texts(entry.get("dependencies")) | texts(entry.get("optionalDependencies"))


def _closure(
    keys: Iterable[str], needs: Mapping[str, Mapping[str, str]], document: Mapping[str, Any]
) -> set[str]:
    """Keys that the importers need at run time."""
    known = set(keys)
    waiting: list[str] = []
    importers = mapping(document.get("importers")) or {".": document}
    for importer in importers.values():
        for kind in ("dependencies", "optionalDependencies"):
            for alias, wanted in mapping(mapping(importer).get(kind)).items():
                version = wanted if isinstance(wanted, str) else mapping(wanted).get("version")
                waiting.append(_key(alias, word(version), known))
    found: set[str] = set()
    while waiting:
        key = waiting.pop()
        if key in known and key not in found:
            found.add(key)
            waiting += [_key(alias, version, known) for alias, version in needs[key].items()]
    return found


def _key(alias: str, version: str, known: set[str]) -> str:
    """The key that a dependency stands for: itself, or alias and version together."""
    if version in known:
        return version
    for key in (f"{alias}@{version}", f"/{alias}@{version}", f"/{alias}/{version}"):
        if key in known:
            return key
    return ""


_VERSION_5 = re.compile(r"/((?:@[^/]+/)?[^/@]+)/([^/_]+)(?:_.*)?\Z")


def name_and_version(key: str) -> tuple[str, str]:
    """Name and version of a dependency path.

    ``name@1.0.0(peer@2.0.0)`` (9), ``/name@1.0.0(peer@2.0.0)`` (6) or
    ``/name/1.0.0_peer@2.0.0`` (5).
    """
    old = _VERSION_5.match(key)
    if old is not None:
        return old[1], old[2]
    name, _, version = key.removeprefix("/").partition("(")[0].rpartition("@")
    return name, version


_NO_FILE_NAME = str.maketrans(dict.fromkeys('\\/:*?"<>|', "+"))
_BRACKETS = re.compile(r"\)\(|\(|\)")


def folder(key: str) -> str:
    """The folder below ``.pnpm`` of a dependency path.

    Long names and those with capitals are hashed by pnpm: such are found by
    name and version instead.
    """
    old = _VERSION_5.match(key)
    if old is not None:
        name, _, rest = key.removeprefix("/").rpartition("/")
        key = f"{name}@{rest}"
    name = key.removeprefix("/").translate(_NO_FILE_NAME)
    return _BRACKETS.sub("_", name.removesuffix(")")) if "(" in name else name
