"""The terminal UI's settings: ``[tui]`` of the settings file, the environment, flags.

[tui]
theme = "layerlens-light"
keys = "dive"
plain = true

[tui.bindings]
"filter.open" = "ctrl+g, /"
"tree.fold" = ["F", "ctrl+g"]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from layerlens.cli.problems import Problems, quoted, suggestion
from layerlens.cli.words import YES_NO

if TYPE_CHECKING:
    import argparse

    from layerlens.cli.settings_file import SettingsFile
    from layerlens.tui.settings import Settings

_KEYMAPS = ("default", "dive")  # layerlens.tui.settings has the same, and is not loaded for --help
_ENVIRONMENT = {
    "theme": "LAYERLENS_THEME", "keys": "LAYERLENS_KEYS", "plain": "LAYERLENS_PLAIN",
}  # fmt: skip


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

    problems = Problems(file.path)
    chosen = (
        tui_of_file(file, problems)
        | tui_of_environment(os.environ, problems)
        | _of_flags(arguments, problems)
    )
    if not problems and chosen.get("keymap"):
        problems.of_file(_wrong_keys(chosen))
    if problems:
        from layerlens.cli.settling import refuse_all

        refuse_all(problems, file)
    return Settings(
        theme=chosen.get("theme") or (LIGHT if _is_light() else DARK),
        keys=chosen.get("keys", "default"),
        keymap=chosen.get("keymap", {}),
        plain=chosen.get("plain", False),
        colour=_has_colour(arguments.color),
        unicode=_is_unicode(),
    )


def _wrong_keys(chosen: Mapping[str, Any]) -> list[str]:
    from layerlens.tui.keymaps import problems_of

    return problems_of(chosen.get("keys", "default"), chosen["keymap"])


def tui_of_file(file: SettingsFile, problems: Problems, *, deep: bool = True) -> dict[str, Any]:
    """What ``[tui]`` says; ``deep`` looks whether themes and actions exist, which loads the UI."""
    table = file.tables.get("tui", {})
    if not isinstance(table, Mapping):
        problems.in_file("tui", "must be a table")
        return {}
    known = ("theme", "keys", "plain", "bindings")
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            problems.in_file("tui", f"unknown key {quoted(key)}{suggestion(key, known)}")
        elif key == "plain":
            found[key] = value
            if not isinstance(value, bool):
                problems.in_file("tui.plain", "must be true or false")
        elif key == "bindings":
            found["keymap"] = _keymap(value, problems)
        else:
            found[key] = value
            wrong = _wrong_word(key, value, deep=deep)
            if wrong:
                problems.in_file(f"tui.{key}", wrong)
    return found


def check_bindings(file: SettingsFile, environment: Mapping[str, str], problems: Problems) -> None:
    """Tell what is wrong with the keys that ``[tui.bindings]`` gives to actions."""
    aside = Problems()
    chosen = tui_of_file(file, aside) | tui_of_environment(environment, aside)
    if not aside and chosen.get("keymap"):
        problems.of_file(_wrong_keys(chosen))


def _keymap(table: object, problems: Problems) -> dict[str, str]:
    """Binding ids with their keys, joined by commas."""
    if not isinstance(table, Mapping):
        problems.in_file("tui.bindings", "must be a table")
        return {}
    found = {}
    for name, keys in table.items():
        if isinstance(keys, str):
            found[name] = keys
        elif isinstance(keys, list) and all(isinstance(key, str) for key in keys):
            found[name] = ",".join(keys)
        else:
            problems.in_file(f"tui.bindings.{name:.100}", "must be a text or a list of texts")
    return found


def tui_of_environment(
    environment: Mapping[str, str], problems: Problems, *, deep: bool = True
) -> dict[str, Any]:
    """What variables say of the UI; ``deep`` as in :func:`tui_of_file`."""
    found: dict[str, Any] = {}
    for key, name in _ENVIRONMENT.items():
        value = environment.get(name, "").strip()
        if not value:
            continue
        if key == "plain":
            if value.lower() in YES_NO:
                found[key] = YES_NO[value.lower()]
            else:
                problems.elsewhere(name, f"{quoted(value)} is neither 1 nor 0")
        else:
            found[key] = value
            wrong = _wrong_word(key, value, deep=deep)
            if wrong:
                problems.elsewhere(name, wrong)
    return found


def _of_flags(arguments: argparse.Namespace, problems: Problems) -> dict[str, Any]:
    given = {key: getattr(arguments, key) for key in _ENVIRONMENT}
    found = {key: value for key, value in given.items() if value is not None}
    wrong = _wrong_word("theme", found["theme"]) if "theme" in found else ""
    if wrong:
        problems.elsewhere("--theme", wrong)
    return found


def _wrong_word(key: str, value: object, *, deep: bool = True) -> str:
    """What is wrong with a theme's or a keymap's name, if anything is."""
    if not isinstance(value, str):
        return "must be a text"
    if key == "keys":
        names: tuple[str, ...] = _KEYMAPS
    elif deep:
        from layerlens.tui.themes import theme_names

        names = theme_names()
    else:
        return ""
    if value in names:
        return ""
    near = suggestion(value, names) or f"; there are {', '.join(names)}"
    return f"no {'keymap' if key == 'keys' else 'theme'} {quoted(value)}{near}"


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
