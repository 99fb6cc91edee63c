"""Settings where flags are silent, and all that is wrong with them at once.

From weak to strong: the settings file, the environment, flags.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

from layerlens.cli.problems import Problems, quoted, suggestion
from layerlens.cli.settings import FOR_TESTS, OPTIONS, PREFIX, Kind, Origin, Setting
from layerlens.cli.settings_file import SettingsFile, settings_of
from layerlens.cli.words import YES_NO, size


class Given(NamedTuple):
    """The value of a setting, and who gave it."""

    value: object
    origin: Origin


def settle(arguments: argparse.Namespace) -> None:
    """Give options that the command line left out the values of the settings.

    ``arguments.origins`` then has the option of each that was left out, with its
    :class:`Given`.  Raises :class:`UsageError` for all that is wrong with the file
    and the environment, whether this command needs it or not.
    """
    file = settings_of(arguments)
    given: dict[str, Given] = {}
    if file.path is not None or any(name.startswith(PREFIX) for name in os.environ):
        problems = Problems(file.path)
        given = look_over(file, os.environ, problems, deep=False)
        if problems:
            refuse_all(Problems(file.path), file)
    arguments.origins = origins = {}
    judges = hasattr(arguments, "ci")
    for setting in OPTIONS:
        option = setting.option
        known = judges if setting.table == "ci" else hasattr(arguments, option)
        if known and getattr(arguments, option, None) is None:
            found = given.get(option) or Given(setting.usual, Origin.DEFAULT)
            setattr(arguments, option, found.value)
            origins[option] = found


def refuse_all(problems: Problems, file: SettingsFile) -> NoReturn:
    """Raise one :class:`UsageError`: everything wrong with file and environment, and ``problems``."""
    found = Problems(file.path)
    look_over(file, os.environ, found, deep=True)
    found.add(problems)
    found.refuse()
    raise AssertionError("nothing is wrong")


def look_over(
    file: SettingsFile, environment: Mapping[str, str], problems: Problems, *, deep: bool
) -> dict[str, Given]:
    """Look at everything that file and environment say; gives the options' values.

    ``deep`` also looks whether rules, themes and actions of these names exist, for
    which they must be loaded.
    """
    given = _of_file(file, problems) | _of_environment(environment, problems)
    if file.tables:
        _look_at_tables(file, environment, problems, deep=deep)
    settled = {setting.variable for setting in OPTIONS}
    if any(name.startswith(PREFIX) and name not in settled for name in environment):
        _look_at_variables(file, environment, problems, deep=deep)
    return given


def _look_at_tables(
    file: SettingsFile, environment: Mapping[str, str], problems: Problems, *, deep: bool
) -> None:
    from layerlens.cli.settings import TABLES, keys_of

    for name, table in file.tables.items():
        if name not in TABLES:
            tables = [table for table in TABLES if name in keys_of(table)]
            near = f"; it belongs below [{tables[0]}]" if tables else suggestion(name, TABLES)
            problems.of_file([f"unknown table {quoted(name)}{near}"])
        elif name in ("ci", "ignore", "tui") or (name == "rules" and deep):
            continue  # those who read them tell
        elif not isinstance(table, Mapping):
            problems.in_file(name, "must be a table")
        else:
            known = keys_of(name)
            for key in table:
                if key not in known:
                    problems.in_file(name, f"unknown key {quoted(key)}{suggestion(key, known)}")
    if "ci" in file.tables or "ignore" in file.tables:
        from layerlens.cli.gate_settings import asked_by_file
        from layerlens.cli.ignore_settings import ignores_of
        from layerlens.cli.rule_names import RuleNames

        names = RuleNames(file, load=deep)
        asked_by_file(file, problems, names)
        ignores_of(file, problems, names)
    if deep and "rules" in file.tables:
        from layerlens.analysis.rules.registry import all_rules, rule_sets
        from layerlens.analysis.rules.user import parse_rules

        known_rules = all_rules(rule_sets().sets).keys()
        problems.of_file(parse_rules(file.tables["rules"], known_rules).problems)
    if "tui" in file.tables:
        from layerlens.cli.tui_settings import check_bindings, tui_of_file

        tui_of_file(file, problems, deep=deep)
        if deep:
            check_bindings(file, environment, problems)


def _look_at_variables(
    file: SettingsFile, environment: Mapping[str, str], problems: Problems, *, deep: bool
) -> None:
    from layerlens.cli.gate_settings import asked_by_environment
    from layerlens.cli.rule_names import RuleNames
    from layerlens.cli.tui_settings import tui_of_environment

    asked_by_environment(environment, problems, RuleNames(file, load=deep))
    tui_of_environment(environment, problems, deep=deep)
    for name, near in unknown_variables(environment):
        if near:
            problems.elsewhere(name, f"no such variable; did you mean {near}?")


def unknown_variables(environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Variables with our prefix that nothing reads, with the one that is probably meant or ``""``.

    Only the latter is an error: scripts have names of their own for things like a
    version, while a limit that is not heard because of a letter would pass unseen.
    """
    from layerlens.cli.settings import variables

    known = set(variables())
    strange = sorted(
        name
        for name in environment
        if name.startswith(PREFIX)
        and name not in known
        and not name.removeprefix(PREFIX).startswith(FOR_TESTS)
    )
    if not strange:
        return []
    from difflib import get_close_matches

    bare = [name.removeprefix(PREFIX) for name in known]
    found = []
    for name in strange:
        near = get_close_matches(name.removeprefix(PREFIX)[:100], bare, n=1, cutoff=0.8)
        found.append((name, f"{PREFIX}{near[0]}" if near else ""))
    return found


def _of_file(file: SettingsFile, problems: Problems) -> dict[str, Given]:
    found = {}
    for setting in OPTIONS:
        table = file.tables.get(setting.table, {})
        if not isinstance(table, Mapping) or setting.key not in table:
            continue
        where = f"{setting.table}.{setting.key}"
        try:
            value = _from_toml(setting, table[setting.key], str(file.path))
        except ValueError as error:
            problems.in_file(where, str(error))
            continue
        if setting.guarded and value is not setting.harmless and not file.named:
            problems.in_file(
                where,
                "counts only in a file that --config or LAYERLENS_CONFIG names, not in one "
                "that merely lies there",
            )
        found[setting.option] = Given(_for_option(setting, value), Origin.FILE)
    return found


def _of_environment(environment: Mapping[str, str], problems: Problems) -> dict[str, Given]:
    found = {}
    for setting in OPTIONS:
        text = environment.get(setting.variable, "").strip()
        if not text:
            continue
        try:
            value = _from_text(setting, text)
        except ValueError as error:
            problems.elsewhere(setting.variable, str(error))
            continue
        found[setting.option] = Given(_for_option(setting, value), Origin.VARIABLE)
    return found


def _for_option(setting: Setting, value: object) -> object:
    return not value if setting.inverted else value


def _from_toml(setting: Setting, value: object, path: str) -> object:
    """A value of a settings file.  Raises :class:`ValueError` that says what is wrong."""
    if setting.kind is Kind.YES_NO:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if not isinstance(value, str) or not value.strip():
        example = f", such as {setting.example}" if setting.example else ""
        raise ValueError(f"must be a text{example}")
    found = _from_text(setting, value)
    if setting.kind is Kind.PATH:
        return os.path.join(os.path.dirname(path), str(found))
    return found


def _from_text(setting: Setting, text: str) -> object:
    """A value as variables write it.  Raises :class:`ValueError` that says what is wrong."""
    if setting.kind is Kind.YES_NO:
        if text.lower() not in YES_NO:
            raise ValueError(f"{quoted(text)} is neither 1 nor 0")
        return YES_NO[text.lower()]
    if setting.kind is Kind.WORD:
        if text not in setting.words:
            words = setting.words
            near = suggestion(text, words) or f"; there are {', '.join(words)}"
            raise ValueError(f"no such word {quoted(text)}{near}")
    elif setting.kind is Kind.SIZE:
        try:
            return size(text)
        except argparse.ArgumentTypeError:
            raise ValueError(f"{quoted(text)} is not a size, such as 20GB") from None
    elif setting.kind is Kind.PATH:
        return os.path.expanduser(text)
    elif setting.kind is Kind.PLATFORM:
        from layerlens.errors import UsageError
        from layerlens.image.manifest import parse_platform

        try:
            parse_platform(text)
        except UsageError as error:
            raise ValueError(error.what) from None
    elif setting.kind is Kind.TOLERANCE:
        from layerlens.cli.gate_settings import tolerance_of

        tolerance_of(text)
    return text
