"""The settings file: which one counts, and its tables."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from layerlens.errors import UsageError, Where
from layerlens.opening import open_to_read

if TYPE_CHECKING:
    import argparse

SETTINGS_FILE = ".layerlens.toml"
VARIABLE = "LAYERLENS_CONFIG"
"""The variable that names another one."""

MAX_SETTINGS = 1 << 20
"""Bytes of a settings file, at most."""

_DEEPEST = 20
"""Tables and lists inside each other."""

_LONG_KEY = re.compile(rb"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){100}""")
"""A dotted key that tomllib would take very long for: its time grows with the square of the parts."""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """What a settings file holds for us; ``path`` is ``None`` where there is none.

    ``named`` says that the user named it, instead of its lying in the working directory.
    """

    path: str | None = None
    tables: dict[str, Any] = field(default_factory=dict)
    named: bool = False


def config_option(found: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """``--config FILE`` and ``--no-config``, where a parser has them not yet."""
    from layerlens.cli.words import some

    if "--config" in found._option_string_actions:  # noqa: SLF001 - several groups may ask for it
        return
    which = found.add_mutually_exclusive_group()
    which.add_argument(
        "--config", metavar="FILE", type=some,
        help=f"settings (default: {SETTINGS_FILE}, else [tool.layerlens] of pyproject.toml, in "
        "the working directory)",
    )  # fmt: skip
    which.add_argument("--no-config", action="store_true", help="use no settings file")


def settings_of(arguments: argparse.Namespace) -> SettingsFile:
    """The settings file of a command line, read at the first call and kept with the arguments.

    A flag goes before ``LAYERLENS_CONFIG``, that before what the working directory has.
    Raises :class:`UsageError` for a file that cannot be read.
    """
    found = getattr(arguments, "settings_file", None)
    if not isinstance(found, SettingsFile):
        if getattr(arguments, "no_config", False):
            found = SettingsFile()
        else:
            config = getattr(arguments, "config", None)
            found = read_settings_file(config or os.environ.get(VARIABLE, "").strip() or None)
        arguments.settings_file = found
    return found


def read_settings_file(config: str | None) -> SettingsFile:
    """The file ``config``, or that of the working directory.

    Raises :class:`UsageError` for one that cannot be read.
    """
    if config is not None:
        document = _read(config)
        is_project = os.path.basename(config) == "pyproject.toml"
        tables = _tool_table(config, document) if is_project else document
        return SettingsFile(config, tables, named=True)
    if os.path.isfile(SETTINGS_FILE):
        return SettingsFile(SETTINGS_FILE, _read(SETTINGS_FILE))
    if os.path.isfile("pyproject.toml"):
        document = _read("pyproject.toml", only_naming=b"layerlens")
        tables = _tool_table("pyproject.toml", document)
        return SettingsFile("pyproject.toml", tables) if tables else SettingsFile()
    return SettingsFile()


def _tool_table(path: str, document: dict[str, Any]) -> dict[str, Any]:
    tools = document.get("tool", {})
    table = tools.get("layerlens", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise UsageError("tool.layerlens: must be a table", where=Where(file=path))
    return table


def _read(path: str, only_naming: bytes = b"") -> dict[str, Any]:
    """A file as TOML; one that does not name a word is none of our business."""
    where = Where(file=path)
    try:
        with open_to_read(path) as file:
            data = file.read(MAX_SETTINGS + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(f"settings cannot be read: {reason or error}", where=where) from error
    if len(data) > MAX_SETTINGS:
        raise UsageError(f"settings of more than {MAX_SETTINGS} bytes", where=where)
    if only_naming not in data:
        return {}
    if _LONG_KEY.search(data):
        raise UsageError("a key has a hundred parts or more", where=where)
    import tomllib

    try:
        document = tomllib.loads(data.decode())
    # ValueError: wrong TOML, bytes that are no text, numbers of more digits than Python takes.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"not TOML: {error}", where=where) from error
    _check_bounds(document, where)
    return document


def _check_bounds(document: dict[str, Any], where: Where) -> None:
    """Refuse what TOML allows and no setting needs, so that whatever reads on can show any value."""
    waiting: list[tuple[Any, int]] = [(document, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list):
            if depth == _DEEPEST:
                raise UsageError("settings are nested too deep", where=where)
            inner = value.values() if isinstance(value, dict) else value
            waiting += [(each, depth + 1) for each in inner]
        elif isinstance(value, int) and abs(value) >= 1 << 63:
            raise UsageError("a number needs more than 64 bits", where=where)
