"""Packages of Composer: ``vendor/composer/installed.json``.

Composer 2 writes an object with ``packages``, ``dev`` (whether development
packages are installed) and ``dev-package-names``; Composer 1 writes the array
of packages alone, and does not say which are for development.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
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
from layerlens.analysis.packages.view import Database, View

_NAME = b"composer/installed.json"


def read(view: View) -> Iterable[Database]:
    """The packages of each vendor folder.

    Where Composer 1 wrote the list, a ``composer.lock`` beside the vendor
    folder that has the same version of a package says what it is for.
    """
    for path in view.kept(
        lambda path: path.endswith(b"/" + _NAME) or path == _NAME
    ):  # "composer/" is a folder's whole name
        try:
            document = parse(view.text(path) or b"")
        except JsonError as error:
            view.problem(path, str(error))
            continue
        rows = document if isinstance(document, list) else mapping(document).get("packages")
        if not isinstance(rows, list):
            view.problem(path, "no packages in it")
            continue
        vendor = path[: -len(_NAME)]
        dev = _dev_names(document) if isinstance(document, dict) else _by_lock(view, vendor)
        found = [_listed(row, path, vendor, dev) for row in rows if isinstance(row, dict)]
        yield Database(path, tuple(listed for listed in found if listed is not None))


Flags = Mapping[tuple[str, str], bool]


def _dev_names(document: Mapping[str, Any]) -> Flags | set[str] | None:
    """Names for development only; ``None`` where it is not said."""
    if document.get("dev") is False:
        return set()
    names = document.get("dev-package-names")
    return {name.lower() for name in words(names)} if isinstance(names, list) else None


def _by_lock(view: View, vendor: bytes) -> Flags | None:
    """(name, version) -> whether for development, by the ``composer.lock`` beside ``vendor/``."""
    lock = vendor[: vendor.rfind(b"/", 0, -1) + 1] + b"composer.lock"
    document = object_at(view, lock)
    if document is None:
        return None
    found: dict[tuple[str, str], bool] = {}
    for key, dev in (("packages-dev", True), ("packages", False)):
        rows = document.get(key)
        for row in rows if isinstance(rows, list) else []:
            package = mapping(row)
            found[word(package.get("name")).lower(), word(package.get("version"))] = dev
    return found


def _listed(
    row: Mapping[str, Any], database: bytes, vendor: bytes, dev: Flags | set[str] | None
) -> Listed | None:
    name, version = word(row.get("name")), word(row.get("version"))
    if not name:
        return None
    directory = _directory(row, name, database, vendor)
    licences = words(row.get("license"))
    is_dev: bool | None = None
    if isinstance(dev, set):
        is_dev = name.lower() in dev
    elif dev is not None:
        is_dev = dev.get((name.lower(), version))
    requires = texts(row.get("require"))
    details = {"manager": "composer"}
    commands = [posixpath.basename(command) for command in words(row.get("bin"))]
    if commands:
        details["bin"] = " ".join(commands[:50])
    return Listed(
        ecosystem=Ecosystem.COMPOSER,
        name=name,
        version=version,
        licence=" OR ".join(licences[:10]),
        directories=(directory,) if directory else (),
        requires=tuple(f"{each} {wanted}" for each, wanted in requires.items()),
        dev=is_dev,
        details=details,
    )


def _directory(row: Mapping[str, Any], name: str, database: bytes, vendor: bytes) -> bytes:
    """Where a package lies: ``install-path`` from the database's folder, else ``vendor/NAME``.

    Nowhere for metapackages (``install-path`` is null), and for paths that
    would lead to the vendor folder itself, above it or out of the root.
    """
    if "install-path" in row and not isinstance(row["install-path"], str):
        return b""
    stated = word(row.get("install-path"))
    base = posixpath.dirname(database) if stated else vendor.rstrip(b"/")
    path = posixpath.join(b"/", base, (stated or name).encode("utf-8", "surrogatepass"))
    found = posixpath.normpath(path).lstrip(b"/")
    inside = found and not (vendor.startswith(found + b"/") or vendor == found + b"/")
    return found if inside else b""
