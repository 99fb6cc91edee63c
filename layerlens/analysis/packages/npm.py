"""Packages of npm, Yarn, pnpm and Bun: every package below a ``node_modules`` folder.

A package is a folder ``node_modules/NAME`` or ``node_modules/@SCOPE/NAME`` with
a ``package.json`` that has a name or a version; further files of that name
inside of it are its own matter.

Whether it is there for development only is said, the surest first, by

- npm's lock beside it, which knows each directory (``dev-by``: ``lock``)
- pnpm's lock below ``node_modules/.pnpm`` (``lock``)
- the packages themselves, searched as Node.js does it, from the
  ``dependencies`` and ``devDependencies`` of the projects: sure where Yarn 1
  wrote down that it installed all (``lock``), else likely (``tree``)
- fields that npm up to 6 wrote into ``package.json`` (``fields``, likely)

``details`` has ``manager`` (``npm``, ``yarn``, ``pnpm``, ``bun``, or nothing
where it is not known), ``dev-by``, ``bin`` (names of commands, by spaces),
``os``, ``cpu`` and ``optional``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from layerlens.analysis.packages.jsontext import (
    JsonError,
    mapping,
    object_at,
    parse,
    texts,
    word,
    words,
)
from layerlens.analysis.packages.model import Ecosystem, Listed
from layerlens.analysis.packages.npm_locks import (
    Locked,
    PnpmLock,
    npm_locked,
    pnpm_lock,
)
from layerlens.analysis.packages.npm_tree import reach
from layerlens.analysis.packages.view import Database, View
from layerlens.image.secrets import redact_text

_ROOT = re.compile(rb"(?:.*/)?node_modules/((?:@[^/]+/)?[^/.@][^/]*)/package\.json\Z", re.DOTALL)
_STATE = (
    b"node_modules/.package-lock.json", b"node_modules/.modules.yaml",
    b"node_modules/.yarn-integrity", b"node_modules/.yarn-state.yml",
)  # fmt: skip
"""Files that managers leave in ``node_modules``; the first that is there says which it was."""
_LOCKS = (
    (b"package-lock.json", "npm"), (b"npm-shrinkwrap.json", "npm"), (b"yarn.lock", "yarn"),
    (b"pnpm-lock.yaml", "pnpm"), (b"bun.lock", "bun"),
)  # fmt: skip
_STATE_MANAGERS = ("npm", "pnpm", "yarn", "yarn")

MAX_NAMES = 200
"""Commands and platforms of one package that are kept."""


@dataclass(slots=True)
class _Folder:
    """A package's directory, before anything is known of it but its ``package.json``."""

    path: bytes
    name: str
    manifest: dict[str, Any]


@dataclass(slots=True)
class _Tree:
    """All packages below one outermost ``node_modules``; ``base`` holds it (``b"app/"``).

    ``asked`` are the packages that the project beside it names, ``None`` where
    there is none; ``everything`` and ``nothing``: Yarn 1 installed with or
    without development packages.
    """

    base: bytes
    folders: list[_Folder] = field(default_factory=list)
    manager: str = ""
    database: bytes = b""
    locked: Mapping[bytes, Locked] = field(default_factory=dict)
    pnpm: PnpmLock | None = None
    asked: frozenset[str] | None = None
    everything: bool = False
    nothing: bool = False


def read(view: View) -> Iterable[Database]:
    """All packages, by outermost ``node_modules``."""
    trees: dict[bytes, _Tree] = {}
    projects: list[bytes] = []
    inside = re.compile(rb"(?:\A|/)node_modules/")
    for path in view.kept(lambda path: path.endswith(b"package.json")):
        match = _ROOT.match(path)
        if match is not None:
            manifest = object_at(view, path)
            if not manifest or not (word(manifest.get("name")) or word(manifest.get("version"))):
                continue  # broken, or a file of some package's tests
            first = inside.search(path)
            assert first is not None
            base = path[: first.end() - len(b"node_modules/")]
            tree = trees.setdefault(base, _Tree(base))
            name = match[1].decode("utf-8", "replace")
            tree.folders.append(_Folder(path[: -len(b"/package.json")], name, manifest))
        elif not inside.search(path) and path.rpartition(b"/")[2] == b"package.json":
            projects.append(path)
    if not trees:
        return
    _describe(view, trees)
    manifests = {
        path[: -len(b"package.json")]: manifest
        for path in projects
        if (manifest := object_at(view, path))
    }
    for base, tree in trees.items():
        tree.asked = _asked(manifests.get(base))
    by_tree = _by_tree(view, trees, manifests)
    for base, tree in sorted(trees.items()):
        listed = _with_outer([_listed(tree, each, by_tree.get(each.path)) for each in tree.folders])
        yield Database(tree.database or base + b"node_modules", tuple(listed))


# --------------------------------------------------------------------------- lock data


def _describe(view: View, trees: Mapping[bytes, _Tree]) -> None:
    """Find each tree's manager and lock data: its own, else those of a folder above."""
    managers: dict[bytes, tuple[str, bytes] | None] = {}
    locks: dict[bytes, dict[bytes, Locked] | None] = {}
    pnpms: dict[bytes, PnpmLock | None] = {}
    for tree in trees.values():
        for base in _upwards(tree.base):
            if base not in managers:
                managers[base] = _manager(view, base)
            known = managers[base]
            if known is not None:
                tree.manager, tree.database = known
                break
        if tree.manager == "npm":
            if tree.database not in locks:
                locks[tree.database] = npm_locked(view, tree.database)
            tree.locked = locks[tree.database] or {}
        elif tree.database.endswith(b".modules.yaml"):
            if tree.database not in pnpms:
                pnpms[tree.database] = pnpm_lock(view, tree.database)
            tree.pnpm = pnpms[tree.database]
        elif tree.database.endswith(b".yarn-integrity"):
            _yarn_flags(view, tree)


def _upwards(base: bytes) -> Iterator[bytes]:
    """A folder and those above it, at most 16; each ends in a slash, the root is empty."""
    for _ in range(16):
        yield base
        if not base:
            return
        base = base[: base.rfind(b"/", 0, -1) + 1]


def _manager(view: View, base: bytes) -> tuple[str, bytes] | None:
    """Who filled a folder's ``node_modules``, and the file that says so."""
    for name, manager in zip(_STATE, _STATE_MANAGERS, strict=True):
        if view.text(base + name) is not None:
            return manager, base + name
    for name, manager in _LOCKS:
        if view.text(base + name) is not None:
            return manager, base + name
    return None


def _yarn_flags(view: View, tree: _Tree) -> None:
    """What Yarn 1 noted of the last installation: with or without development packages."""
    try:
        state = mapping(parse(view.text(tree.database) or b""))
    except JsonError as error:
        view.problem(tree.database, str(error))
        return
    tree.nothing = "production" in words(state.get("flags"))
    tree.everything = not tree.nothing


# --------------------------------------------------------------------------- reachable or not


def _asked(project: Mapping[str, Any] | None) -> frozenset[str] | None:
    """What a project asks for by name."""
    if project is None:
        return None
    kinds = ("dependencies", "devDependencies", "optionalDependencies")
    return frozenset(name for kind in kinds for name in texts(project.get(kind)))


def _by_tree(
    view: View, trees: Mapping[bytes, _Tree], projects: Mapping[bytes, Mapping[str, Any]]
) -> dict[bytes, bool]:
    """Directory -> whether only development needs it, by the packages themselves.

    Only for trees of which no lock says it.
    """
    open_ones = [tree for tree in trees.values() if not tree.locked and tree.pnpm is None]
    if not open_ones:
        return {}
    folders = {each.path: each.manifest for tree in open_ones for each in tree.folders}
    found = reach(folders, projects)
    if found is None:
        view.problem(open_ones[0].base + b"node_modules", "too many dependencies to follow")
        return {}
    return found


# --------------------------------------------------------------------------- one package


def _listed(tree: _Tree, folder: _Folder, by_tree: bool | None) -> Listed:
    manifest = folder.manifest
    name = word(manifest.get("name")) or folder.name
    version = word(manifest.get("version"))
    requires: Mapping[str, str] = texts(manifest.get("dependencies")) | texts(
        manifest.get("optionalDependencies")
    )
    details = {"manager": tree.manager}
    dev: bool | None = None
    locked = tree.locked.get(folder.path)
    if locked is not None:
        requires = locked.requires
        if locked.version in ("", version):
            dev, details["dev-by"] = locked.dev, "lock"
        if locked.optional:
            details["optional"] = "true"
    elif tree.pnpm is not None:
        dev = tree.pnpm.dev(_pnpm_folder(folder.path), name, version)
        requires = tree.pnpm.requires(name, version) or requires
        details["dev-by"] = "lock"
    elif tree.nothing:
        dev, details["dev-by"] = False, "lock"
    elif by_tree is not None:
        dev, details["dev-by"] = by_tree, "lock" if tree.everything else "tree"
    elif isinstance(manifest.get("_requiredBy"), list) or "_development" in manifest:
        dev, details["dev-by"] = _old_fields(manifest), "fields"
    for key, found in (
        ("bin", _commands(manifest, name)),
        ("os", words(manifest.get("os"))),
        ("cpu", words(manifest.get("cpu"))),
    ):
        if found:
            details[key] = " ".join(found[:MAX_NAMES])
    return Listed(
        ecosystem=Ecosystem.NPM,
        name=name,
        version=version,
        licence=_licence(manifest),
        directories=(folder.path,),
        # What is wanted may be an address with a token in it.
        requires=tuple(
            f"{each} {redact_text(wanted) if '://' in wanted else wanted}".rstrip()
            for each, wanted in requires.items()
        ),
        manual=_manual(tree, folder),
        dev=dev,
        details=details,
    )


def _with_outer(packages: list[Listed]) -> list[Listed]:
    """Let packages that nothing is known of be what the package is in which they lie.

    Packages carry others along, for their tests or bundled: these go with them.
    """
    known = {each.directories[0]: each for each in packages if "dev-by" in each.details}
    found = []
    for each in packages:
        outer = None
        if each.dev is None and "dev-by" not in each.details:
            outer = _enclosing(known, each.directories[0])
        if outer is not None:
            details = {**each.details, "dev-by": outer.details["dev-by"]}
            found.append(replace(each, dev=outer.dev, details=details))
        else:
            found.append(each)
    return found


def _enclosing(known: Mapping[bytes, Listed], path: bytes) -> Listed | None:
    """The innermost of some packages that a path lies in."""
    while b"/" in path:
        path = path[: path.rfind(b"/")]
        if path in known:
            return known[path]
    return None


def _manual(tree: _Tree, folder: _Folder) -> bool | None:
    """Whether the project asks for a package itself; below another package it does not."""
    if tree.asked is None:
        return None
    own = tree.base + b"node_modules/" + folder.name.encode("utf-8", "replace")
    return folder.name in tree.asked and (folder.path == own or b"/.pnpm/" in folder.path)


def _pnpm_folder(path: bytes) -> str:
    """``NAME@VERSION`` of ``node_modules/.pnpm/NAME@VERSION/node_modules/NAME``."""
    _, found, rest = path.rpartition(b"node_modules/.pnpm/")
    return rest.partition(b"/")[0].decode("utf-8", "replace") if found else ""


def _old_fields(manifest: Mapping[str, Any]) -> bool:
    """What npm up to 6 wrote: ``#DEV:/`` asks for a package, ``/name`` needs it."""
    asked = words(manifest.get("_requiredBy"))
    if manifest.get("_development") is True:
        return True
    return bool(asked) and all(each.startswith("#DEV:") for each in asked)


def _commands(manifest: Mapping[str, Any], name: str) -> list[str]:
    """Names of the commands that a package brings."""
    found = manifest.get("bin")
    if isinstance(found, str):
        return [name.rpartition("/")[2]]
    return [each for each in mapping(found) if each and not any(c.isspace() for c in each)]


def _licence(manifest: Mapping[str, Any]) -> str:
    """``license`` as text or as an object, or the older list ``licenses``."""
    found = manifest.get("license")
    if isinstance(found, dict):
        return word(found.get("type"))
    if isinstance(found, str):
        return found
    several = manifest.get("licenses")
    rows = several if isinstance(several, list) else []
    names = [word(mapping(row).get("type")) or word(row) for row in rows[:10]]
    return " OR ".join(name for name in names if name)
