"""The terminal UI's settings: ``[tui]`` of the settings file, the environment, flags.

[tui]
theme = "layerlens-light"
keys = "dive"
plain = true

[tui.bindings]
"filter.open" = "ctrl+f, /"
"tree.fold" = ["F", "ctrl+g"]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from layerlens.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from layerlens.cli.settings_file import SettingsFile
    from layerlens.tui.settings import Settings

_KEYMAPS = ("default", "dive")  # layerlens.tui.settings has the same, and is not loaded for --help
_ENVIRONMENT = {
    "theme": "LAYERLENS_THEME", "keys": "LAYERLENS_KEYS", "plain": "LAYERLENS_PLAIN",
}  # fmt: skip
_FLAGS = {"1": True, "true": True, "yes": True, "on": True,
          "0": False, "false": False, "no": False, "off": False}  # fmt: skip


def tui_options(found: argparse.ArgumentParser) -> None:
    """``--theme``, ``--keys`` and ``--plain``, for every command that opens the UI."""
    from layerlens.cli.words import some

    group = found.add_argument_group("terminal UI")
    group.add_argument("--theme", metavar="NAME", type=some, help="colours; see the palette")
    group.add_argument(
        "--keys", choices=_KEYMAPS, help="which keys to start from (default: default)"
    )
    group.add_argument(
        "--plain", action="store_true", default=None,
        help="lines of words instead of drawings, one pane at a time: for screen readers",
    )  # fmt: skip


def tui_settings(arguments: argparse.Namespace, file: SettingsFile) -> Settings:
    """What was chosen: a flag goes before the environment, that before the file.

    Raises :class:`UsageError` for what cannot be used, before the UI is there.
    """
    from layerlens.tui.settings import DARK, LIGHT, Settings

    chosen = _of_file(file) | _of_environment() | _of_flags(arguments)
    keys = chosen.pop("keys", "default")
    keymap = chosen.pop("keymap", {})
    if keymap:
        from layerlens.tui.keymaps import problems_of

        file.refuse(problems_of(keys, keymap))
    return Settings(
        theme=chosen.pop("theme", None) or (LIGHT if _is_light() else DARK),
        keys=keys,
        keymap=keymap,
        plain=chosen.pop("plain", False),
        colour=_has_colour(arguments.color),
        unicode=_is_unicode(),
    )


def _of_file(file: SettingsFile) -> dict[str, Any]:
    from layerlens.analysis.rules.user import closest

    table = file.tables.get("tui", {})
    if not isinstance(table, Mapping):
        file.refuse(["tui: must be a table"])
        return {}
    problems: list[str] = []
    known = ("theme", "keys", "plain", "bindings")
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            problems.append(f"tui: unknown key {key!r:.100}{closest(key, known)}")
        elif key == "plain":
            found[key] = value
            if not isinstance(value, bool):
                problems.append("tui.plain: must be true or false")
        elif key == "bindings":
            found["keymap"] = _keymap(value, problems)
        else:
            found[key] = value
            problems += _wrong_word(f"tui.{key}", key, value)
    file.refuse(problems)
    return found


def _keymap(table: object, problems: list[str]) -> dict[str, str]:
    """Binding ids with their keys, joined by commas."""
    if not isinstance(table, Mapping):
        problems.append("tui.bindings: must be a table")
        return {}
    found = {}
    for name, keys in table.items():
        if isinstance(keys, str):
            found[name] = keys
        elif isinstance(keys, list) and all(isinstance(key, str) for key in keys):
            found[name] = ",".join(keys)
        else:
            problems.append(f"tui.bindings.{name:.100}: must be a text or a list of texts")
    return found


def _of_environment() -> dict[str, Any]:
    problems: list[str] = []
    found: dict[str, Any] = {}
    for key, name in _ENVIRONMENT.items():
        value = os.environ.get(name, "").strip()
        if not value:
            continue
        if key == "plain":
            if value.lower() in _FLAGS:
                found[key] = _FLAGS[value.lower()]
            else:
                problems.append(f"{name}: {value!r:.100} is neither 1 nor 0")
        else:
            found[key] = value
            problems += _wrong_word(name, key, value)
    if problems:
        raise UsageError("; ".join(problems))
    return found


def _of_flags(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {key: getattr(arguments, key) for key in _ENVIRONMENT}
    found = {key: value for key, value in given.items() if value is not None}
    problems = _wrong_word("--theme", "theme", found["theme"]) if "theme" in found else []
    if problems:
        raise UsageError("; ".join(problems))
    return found


def _wrong_word(where: str, key: str, value: object) -> list[str]:
    """What is wrong with a theme's or a keymap's name, if anything is."""
    from layerlens.analysis.rules.user import closest

    if key == "keys":
        names: tuple[str, ...] = _KEYMAPS
    else:
        from layerlens.tui.themes import theme_names

        names = theme_names()
    if value in names:
        return []
    if not isinstance(value, str):
        return [f"{where}: must be a text"]
    near = closest(value, names) or f"; there are {', '.join(names)}"
    return [f"{where}: no {'keymap' if key == 'keys' else 'theme'} {value!r:.100}{near}"]


# ---------------------------------------------------------------------- the terminal


def _is_light() -> bool:
    """Whether a terminal says that its background is light, as some do (``COLORFGBG=0;15``)."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background.isdecimal() and int(background) in (7, *range(9, 16))


def _has_colour(choice: str) -> bool:
    return choice == "always" or (choice == "auto" and not os.environ.get("NO_COLOR"))


def _is_unicode() -> bool:
    encoding = sys.stdout.encoding or ""
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf16", "utf32")
