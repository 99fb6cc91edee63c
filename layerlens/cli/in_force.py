"""Which settings are in force, and who said so."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from layerlens.cli.dive_settings import dive_settings
from layerlens.cli.gate_settings import DEFAULT, all_asked, gate_settings
from layerlens.cli.problems import Problems
from layerlens.cli.rule_names import RuleNames
from layerlens.cli.settings import CONFIG, OPTIONS, Origin, Setting, all_settings
from layerlens.cli.settings_file import SettingsFile, settings_of
from layerlens.cli.settling import look_over
from layerlens.cli.tui_settings import tui_of_environment, tui_of_file
from layerlens.gate.catalogue import BY_ID
from layerlens.gate.dive import DiveSettings
from layerlens.gate.limits import OFF, Level, Limit
from layerlens.gate.model import Demand, GateSettings


@dataclass(frozen=True, slots=True)
class Row:
    """One setting in force.

    ``subject`` is the gate's glob, name, class or severity; ``value`` as JSON has it,
    ``None`` where there is none; ``place`` who said so: a file with the table in it, a
    variable, a flag, or ``""`` of a default.
    """

    setting: Setting
    value: Any
    origin: Origin
    place: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """Everything in force; ``dive`` is what its rules are set to, where they are asked for."""

    file: str | None
    dive: DiveSettings | None
    rows: tuple[Row, ...]
    gate: GateSettings


def in_force(arguments: argparse.Namespace) -> InForce:
    """What is in force for a command line.  Raises :class:`UsageError` for all that is wrong."""
    file = settings_of(arguments)
    problems = Problems(file.path)
    look_over(file, os.environ, problems, deep=True)
    dive = dive_settings(arguments)
    gate = gate_settings(
        arguments, file, with_defaults=dive is None, with_baseline=arguments.baseline is not None
    )
    problems.refuse()
    return InForce(file.path, dive, tuple(_rows(arguments, file, gate)), gate)


def _rows(arguments: argparse.Namespace, file: SettingsFile, gate: GateSettings) -> Iterator[Row]:
    asked = all_asked(arguments, file, Problems(), RuleNames(file, load=False))
    for setting in all_settings():
        if setting is CONFIG or setting.table == "ignore":
            continue
        if setting in OPTIONS:
            yield _of_option(arguments, file, setting)
        elif setting.table == "ci":
            found = [each for each in gate.demands if each.gate.id == setting.key]
            yield from _of_gate(setting, found, file)
            taken = [
                (subject, told.origin)
                for (name, subject), told in asked.items()
                if name == setting.key and not told.limits
            ]
            for subject, origin in taken:
                yield Row(setting, [OFF], *_who(setting, origin, file), subject)
            if not found and not taken:
                yield Row(setting, None, Origin.DEFAULT, "")
        elif setting.table == "tui":
            yield _of_tui(arguments, file, setting)
        else:
            table = file.tables.get(setting.table, {})
            if setting.key in table:
                place = _in_file(setting, file)
                yield Row(setting, table[setting.key], Origin.FILE, place)
            else:
                yield Row(setting, None, Origin.DEFAULT, "")


def _of_option(arguments: argparse.Namespace, file: SettingsFile, setting: Setting) -> Row:
    value = getattr(arguments, setting.option)
    given = arguments.origins.get(setting.option)
    if setting.inverted:
        value = not value
    if given is None:
        return Row(setting, value, Origin.FLAG, setting.flag.split(",", maxsplit=1)[0])
    places = {Origin.FILE: _in_file(setting, file), Origin.VARIABLE: setting.variable}
    return Row(setting, value, given.origin, places.get(given.origin, ""))


def _of_gate(setting: Setting, demands: list[Demand], file: SettingsFile) -> Iterator[Row]:
    """A row for each subject and place: limits of one place stand together."""
    together: dict[tuple[str, str], list[str]] = {}
    for demand in demands:
        together.setdefault((demand.subject, demand.origin), []).append(written(demand.limit))
    for (subject, origin), limits in together.items():
        yield Row(setting, limits, *_who(setting, origin, file), subject)


def _of_tui(arguments: argparse.Namespace, file: SettingsFile, setting: Setting) -> Row:
    key = "keymap" if setting.key == "bindings" else setting.key
    flag = getattr(arguments, setting.key, None)
    if flag is not None:
        return Row(setting, flag, Origin.FLAG, setting.flag)
    said = tui_of_environment(os.environ, Problems())
    if key in said:
        return Row(setting, said[key], Origin.VARIABLE, setting.variable)
    said = tui_of_file(file, Problems())
    if key in said:
        return Row(setting, said[key], Origin.FILE, _in_file(setting, file))
    return Row(setting, None, Origin.DEFAULT, "")


def _who(setting: Setting, origin: str, file: SettingsFile) -> tuple[Origin, str]:
    """The kind of an origin that demands name, and the whole place."""
    if origin == DEFAULT:
        return Origin.DEFAULT, ""
    if origin == setting.flag:
        return Origin.FLAG, origin
    if origin == setting.variable:
        return Origin.VARIABLE, origin
    return Origin.FILE, _in_file(setting, file, nested=bool(BY_ID[setting.key].subject))


def _in_file(setting: Setting, file: SettingsFile, *, nested: bool = False) -> str:
    table = f"{setting.table}.{setting.key}" if nested else setting.table
    return f"{file.path} [{table}]"


def written(limit: Limit) -> str:
    """A limit as settings write it."""
    if limit.text == "no":  # of a root user: there is no amount to tell
        return limit.level.value
    return f"warn:{limit.text}" if limit.level is Level.WARN else limit.text


def told(row: Row) -> str:
    """A value in words."""
    value = row.value
    if value is None:
        return row.setting.default if row.setting.table != "ci" else "none"
    return _words(value)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        if "id" in value:  # a rule of the user's own
            return str(value["id"])
        return ", ".join(f"{key} = {_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    return str(value)
