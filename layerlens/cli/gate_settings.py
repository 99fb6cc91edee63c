"""Which demands are in force: the settings' ``[ci]``, the environment, flags.

[ci]
max-size = ["warn:250MB", "300MB", "+5%"]
max-layers = 30
lowest-efficiency = 0.95
no-root = "warn"

[ci.max-path]
"app/node_modules/**" = "50MB"

[ci.max-findings]
high = 0

A stronger place replaces all that a weaker one says of the same gate and the
same subject: one cannot see from a flag what else a file may say.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from layerlens.cli.ignore_settings import ignores_of, refuse_too_many_globs
from layerlens.cli.problems import Problems, quoted, suggestion
from layerlens.cli.rule_names import RuleNames
from layerlens.cli.settings import keys_of
from layerlens.cli.settings_file import SettingsFile
from layerlens.cli.words import path_glob
from layerlens.gate.catalogue import (
    BASELINE_DEFAULTS,
    BY_ID,
    DEFAULTS,
    GATES,
    NEEDS_BASELINE,
    Gate,
)
from layerlens.gate.limits import OFF, Bound, Level, Limit, LimitError, Unit, parse_limit
from layerlens.gate.model import Demand, GateSettings

DEFAULT = "default"
"""The origin of demands that nobody made."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one place says of a gate and a subject; no limits where it says ``off``."""

    limits: tuple[Limit, ...]
    origin: str


_MOST_LIMITS = 100
"""Limits on one figure in one place: nobody means more."""

Asked = dict[tuple[str, str], Told]
"""(gate, subject) -> what is said of it."""


def gate_settings(
    arguments: argparse.Namespace,
    file: SettingsFile,
    *,
    with_defaults: bool = True,
    with_baseline: bool = False,
) -> GateSettings:
    """What is demanded, and from where.

    ``with_defaults``: whether :data:`DEFAULTS` count where no limit is in force
    (not so where dive's gates are asked for); ``with_baseline``: whether there is
    one, so that :data:`BASELINE_DEFAULTS` count where no limit on a change is.
    Raises :class:`UsageError` that tells all problems.
    """
    problems = Problems(file.path)
    names = RuleNames(file)
    asked = all_asked(arguments, file, problems, names)
    ignores = ignores_of(file, problems, names)
    tolerance = None
    if getattr(arguments, "tolerance", None) is not None:
        try:
            tolerance = tolerance_of(arguments.tolerance)
        except LimitError as error:  # of a flag: what file and environment say was looked at
            problems.elsewhere("--tolerance", str(error))
    if problems:
        from layerlens.cli.settling import refuse_all

        refuse_all(problems, file)
    return GateSettings(
        demands=tuple(in_force(asked, with_defaults=with_defaults, with_baseline=with_baseline)),
        ignores=tuple(ignores),
        tolerance=tolerance,
        strict=bool(getattr(arguments, "strict", None)),
    )


def all_asked(
    arguments: argparse.Namespace, file: SettingsFile, problems: Problems, names: RuleNames
) -> Asked:
    """What file, environment and flags say, the stronger instead of the weaker."""
    return (
        asked_by_file(file, problems, names)
        | asked_by_environment(os.environ, problems, names)
        | asked_by_flags(arguments, problems, names)
    )


def in_force(asked: Asked, *, with_defaults: bool, with_baseline: bool) -> Iterator[Demand]:
    """The demands that follow, in the order of gates.

    A default that was taken away (``off``) does not come back.
    """
    told = [
        Demand(gate, limit, subject, each.origin)
        for gate in GATES
        for (name, subject), each in asked.items()
        if name == gate.id
        for limit in each.limits
    ]
    usual: list[tuple[str, str, str]] = []
    if with_defaults and not told:
        usual += DEFAULTS
    if with_baseline and not any(
        demand.limit.is_change or demand.gate.id in NEEDS_BASELINE for demand in told
    ):
        usual += BASELINE_DEFAULTS
    for name, subject, text in usual:
        taken_away = (name, subject) in asked and not asked[name, subject].limits
        limit = _limit(text, BY_ID[name])
        if limit is not None and not taken_away:
            told.append(Demand(BY_ID[name], limit, subject, DEFAULT))
    order = {gate.id: place for place, gate in enumerate(GATES)}
    yield from sorted(told, key=lambda demand: order[demand.gate.id])


def tolerance_of(text: str) -> Limit:
    """``1%`` or ``1MB``: by how much changes may exceed their limits.  Raises :class:`LimitError`."""
    bare = text.strip()
    try:
        found = parse_limit(f"+{bare}", Unit.BYTES)
    except LimitError:
        example = "write a share (1%) or a size with its unit (500kB)"
        raise LimitError(f"{quoted(text)} is no tolerance; {example}") from None
    return Limit(found.amount, found.bound, found.level, bare)


# ------------------------------------------------------------------------------- places


def asked_by_file(file: SettingsFile, problems: Problems, names: RuleNames) -> Asked:
    """What ``[ci]`` of the settings file says of gates."""
    refuse_too_many_globs(file)
    table = file.tables.get("ci", {})
    if not isinstance(table, Mapping):
        problems.in_file("ci", "must be a table")
        return {}
    place = _Place(str(file.path), problems.in_file, names)
    for key, value in table.items():
        gate = BY_ID.get(key)
        where = f"ci.{key}"
        if gate is None:
            known = keys_of("ci")
            if key not in known:
                problems.in_file("ci", f"unknown key {quoted(key)}{suggestion(key, known)}")
        elif not gate.subject:
            place.values(gate, "", value, where)
        elif isinstance(value, Mapping):
            for subject, limits in value.items():
                place.values(gate, subject, limits, f"{where}.{subject:.100}")
        else:
            problems.in_file(where, f'must be a table: {gate.subject} = "LIMIT" below [ci.{key}]')
    return place.asked


def asked_by_environment(
    environment: Mapping[str, str], problems: Problems, names: RuleNames
) -> Asked:
    """What variables say of gates: limits, commas between them."""
    asked: Asked = {}
    for gate in GATES:
        text = environment.get(gate.variable, "").strip()
        if text:
            place = _Place(gate.variable, problems.elsewhere, names)
            for part in _parts(text):
                place.word(gate, part, gate.variable)
            asked |= place.asked
    return asked


def asked_by_flags(arguments: argparse.Namespace, problems: Problems, names: RuleNames) -> Asked:
    """What flags say of gates."""
    asked: Asked = {}
    for gate in GATES:
        flag = f"--{gate.id}"
        place = _Place(flag, problems.elsewhere, names)
        for text in getattr(arguments, gate.id.replace("-", "_"), None) or ():
            place.word(gate, text, flag)
        asked |= place.asked
    return asked


def _parts(text: str) -> list[str]:
    """What stands between commas, those in the braces of globs left alone."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "{") - (letter == "}" and depth > 0)
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [part.strip() for part in found]


class _Place:
    """What one place says, as far as it can be read; ``tell`` takes what is wrong."""

    def __init__(self, origin: str, tell: Callable[[str, str], None], names: RuleNames) -> None:
        self.asked: Asked = {}
        self._origin = origin
        self._tell = tell
        self._names = names

    def word(self, gate: Gate, text: str, where: str) -> None:
        """A limit as flags and variables write it, ``LIMIT`` or ``SUBJECT=LIMIT``."""
        subject, limit = "", text
        if gate.subject:
            subject, equals, limit = text.rpartition("=")
            if not equals or not subject.strip():
                self._tell(where, f"{quoted(text)}: write {gate.subject}=LIMIT{_sample(gate)}")
                return
        self.values(gate, subject.strip(), limit, where)

    def values(self, gate: Gate, subject: str, value: object, where: str) -> None:
        """One limit of a gate, or a list of them, added to what was said before."""
        try:
            subject = self._subject(gate, subject)
        except LimitError as error:
            self._tell(where, str(error))
            return
        limits = (
            list(self.asked[gate.id, subject].limits) if (gate.id, subject) in self.asked else []
        )
        values = value if isinstance(value, list) else [value]
        if len(values) + len(limits) > _MOST_LIMITS:
            self._tell(where, f"more than {_MOST_LIMITS} limits")
            return
        if not values:
            self._tell(where, f'names no limit; write "{OFF}" to have none')
            return
        for each in values:
            try:
                limit = _limit(_text(each, gate), gate)
            except LimitError as error:
                self._tell(where, str(error))
                continue
            if limit is None:
                limits = []
            elif limit not in limits:
                limits.append(limit)
        self.asked[gate.id, subject] = Told(tuple(limits), self._origin)

    def _subject(self, gate: Gate, text: str) -> str:
        """A subject that there is.  Raises :class:`LimitError`."""
        if not gate.subject:
            return ""
        text = text.strip()
        if not text:
            raise LimitError(f"names no {gate.subject.lower()}")
        if gate.subject == "GLOB":
            try:
                return path_glob(text)
            except ValueError as error:
                raise LimitError(str(error)) from error
        if gate.subject == "SEVERITY":
            words = ("info", "low", "medium", "high", "critical")
            if text.lower() not in words:
                near = suggestion(text.lower(), words) or f"; there are {', '.join(words)}"
                raise LimitError(f"no severity {quoted(text)}{near}")
            return text.lower()
        if gate.subject == "CLASS" and not self._names.has_waste(text):
            near = suggestion(text, self._names.waste)
            raise LimitError(f"no class of waste or rule {quoted(text)}{near}")
        return text


def _sample(gate: Gate) -> str:
    samples = {
        "GLOB": "app/node_modules/**=50MB", "NAME": "gcc=0B", "CLASS": "package-caches=5MB",
        "SEVERITY": "high=0",
    }  # fmt: skip
    return f", such as {samples[gate.subject]}"


def _text(value: object, gate: Gate) -> str:
    """A limit of a TOML file as flags write it.  Raises :class:`LimitError`.

    Numbers go where no unit is missing: whole ones for counts, shares from 0 to 1.
    """
    if isinstance(value, str):
        return value
    if gate.unit is Unit.YES_NO:
        if isinstance(value, bool):
            return Level.FAIL if value else OFF
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    kind = "true, false or a text" if gate.unit is Unit.YES_NO else 'a text, such as "warn:5%"'
    raise LimitError(f"{quoted(value)} is no limit; write {kind}")


def _limit(text: str, gate: Gate) -> Limit | None:
    """A limit as flags write it, ``None`` for ``off``.  Raises :class:`LimitError`."""
    word = text.strip().lower()
    if word == OFF:
        return None
    if gate.unit is Unit.YES_NO:
        return _yes_no(text, word)
    return parse_limit(text, gate.unit, at_least=gate.at_least)


def _yes_no(text: str, word: str) -> Limit | None:
    if word in ("0", "false", "no"):
        return None
    if word in ("1", "true", "yes"):
        word = Level.FAIL
    try:
        level = Level(word)
    except ValueError:
        raise LimitError(f"{quoted(text)} is none of warn, fail, off") from None
    return Limit(0.0, Bound.ABSOLUTE, level, "no")
