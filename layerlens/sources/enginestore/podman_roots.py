"""Where podman and buildah keep images, by containers-storage.conf(5).

Of the configuration only the folders matter here: ``graphroot``,
``imagestore``, ``rootless_storage_path`` and ``additionalimagestores``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from layerlens.errors import UnfitStoreError, Where
from layerlens.sources.enginestore.files import read_small

_SYSTEM_ROOT = "/var/lib/containers/storage"
_SYSTEM_FILES = ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf")
_FILE_LIMIT = 1 << 20
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def podman_roots(
    environment: Mapping[str, str],
    uid: int,
    *,
    system_files: tuple[str, ...] = _SYSTEM_FILES,
    system_root: str = _SYSTEM_ROOT,
) -> tuple[str, ...]:
    """The folders in which the podman of a user looks for images, the writable one first.

    ``environment`` are the caller's variables (``HOME``, ``XDG_DATA_HOME``,
    ``XDG_CONFIG_HOME``, ``CONTAINERS_STORAGE_CONF``), ``uid`` is who calls; 0
    means the system's store.  None of the folders need exist.  Raises
    :class:`UnfitStoreError` where a configuration cannot be read.
    """
    home = environment.get("HOME", "")
    system = _first(system_files)
    explicit = environment.get("CONTAINERS_STORAGE_CONF")
    if explicit:
        own = _configuration(explicit)
    elif uid == 0 and "XDG_CONFIG_HOME" not in environment:
        own = system
    else:
        settings = environment.get("XDG_CONFIG_HOME") or _below(home, ".config")
        user_file = os.path.join(settings, "containers", "storage.conf") if settings else ""
        own = _first((user_file,)) if user_file else {}
        if uid == 0 and not own:
            own = system
    if uid == 0:
        root: str | None = system_root
    else:
        data = environment.get("XDG_DATA_HOME") or _below(home, ".local/share")
        root = os.path.join(data, "containers", "storage") if data else None
        root = _text(system.get("rootless_storage_path")) or root
        root = _text(own.get("rootless_storage_path")) or root
    root = _text(own.get("graphroot")) or root
    options = own.get("options")
    listed = options.get("additionalimagestores") if isinstance(options, dict) else None
    found = [
        _text(own.get("imagestore")),
        root,
        *(_text(path) for path in (listed if isinstance(listed, list) else ())),
    ]
    variables = {**environment, "UID": str(uid)}
    expanded = [_expanded(path, variables) for path in found if path]
    return tuple(dict.fromkeys(path for path in expanded if os.path.isabs(path)))


def _first(paths: tuple[str, ...]) -> dict[str, Any]:
    return next((_configuration(path) for path in paths if os.path.exists(path)), {})


def _configuration(path: str) -> dict[str, Any]:
    """The ``[storage]`` table of a file."""
    try:
        found = tomllib.loads(read_small(path, _FILE_LIMIT).decode())
    except (ValueError, RecursionError) as error:
        raise UnfitStoreError(f"not a TOML file: {error}", where=Where(file=path)) from error
    table = found.get("storage")
    return table if isinstance(table, dict) else {}


def _below(folder: str, name: str) -> str | None:
    return os.path.join(folder, name) if folder else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _expanded(path: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2], ""), path)
