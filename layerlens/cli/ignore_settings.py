"""What gates shall not count: ``[[ignore]]`` of the settings file.

[[ignore]]
rule = "npm-cache"
paths = ["opt/vendor/**"]
reason = "comes with the vendor's installer"
expires = 2027-01-31
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from layerlens.cli.problems import Problems, quoted, suggestion
from layerlens.cli.rule_names import RuleNames
from layerlens.cli.settings_file import SettingsFile
from layerlens.cli.words import LONGEST_GLOB, path_glob
from layerlens.errors import UsageError, Where
from layerlens.gate.model import Ignore

_DAY = re.compile(
    r"\d{4}-\d\d-\d\d", re.ASCII
)  # other forms of ISO 8601 are read one way or another
IGNORE_KEYS = ("rule", "paths", "reason", "expires")


def ignores_of(file: SettingsFile, problems: Problems, names: RuleNames) -> list[Ignore]:
    """The ignores of a settings file that can be read; ``problems`` takes what is wrong."""
    tables = file.tables.get("ignore", [])
    if not isinstance(tables, list) or not all(isinstance(each, Mapping) for each in tables):
        problems.in_file("ignore", "write [[ignore]], once for each")
        return []
    found = (
        _ignore(f"ignore[{number}]", table, str(file.path), problems, names)
        for number, table in enumerate(tables)
    )
    return list(found)


def _ignore(
    where: str, table: Mapping[str, Any], origin: str, problems: Problems, names: RuleNames
) -> Ignore:
    for key in table:
        if key not in IGNORE_KEYS:
            problems.in_file(where, f"unknown key {quoted(key)}{suggestion(key, IGNORE_KEYS)}")
    if "rule" not in table and "paths" not in table:
        problems.in_file(where, "names neither a rule nor paths: it would hide everything")
    return Ignore(
        reason=_reason(where, table.get("reason"), problems),
        rule=_rule(where, table["rule"], problems, names) if "rule" in table else "",
        paths=tuple(_paths(where, table["paths"], problems)) if "paths" in table else (),
        expires=_expires(where, table["expires"], problems) if "expires" in table else None,
        origin=origin,
    )


def _reason(where: str, value: object, problems: Problems) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    problems.in_file(f"{where}.reason", "say why, in a text")
    return ""


def _rule(where: str, value: object, problems: Problems, names: RuleNames) -> str:
    if not isinstance(value, str):
        problems.in_file(f"{where}.rule", "must be the id of a rule")
        return ""
    if not names.has_rule(value):
        near = suggestion(value, names.rules)
        problems.in_file(f"{where}.rule", f"no rule {quoted(value)}{near}")
    return value


def _paths(where: str, value: object, problems: Problems) -> Iterator[str]:
    where = f"{where}.paths"
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        problems.in_file(where, "must be a list of globs")
        return
    if not value:
        problems.in_file(where, "names no path")
    for text in value:
        try:
            yield path_glob(text)
        except ValueError as error:
            problems.in_file(where, str(error))


def _expires(where: str, value: object, problems: Problems) -> date | None:
    """The last day; a TOML date and a text say it alike, a time of day says too much."""
    if type(value) is date:
        return value
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            pass
    problems.in_file(f"{where}.expires", f"{quoted(value)} is no day, such as 2027-01-31")
    return None


def refuse_too_many_globs(file: SettingsFile) -> None:
    """Refuse a file whose globs are more than an image is looked through for in good time.

    Braces count as what they stand for.  Raises :class:`UsageError`; what is wrong with
    single globs is told elsewhere.
    """
    from layerlens.analysis.rules.globs import GlobError, expand_braces

    count = 0
    for text in _globs(file):
        try:
            count += len(expand_braces(text)) if len(text) <= LONGEST_GLOB else 0
        except GlobError:
            count += 1
        if count > _MOST_GLOBS:
            raise UsageError(
                f"more than {_MOST_GLOBS:,} globs, braces written out", where=Where(file=file.path)
            )


_MOST_GLOBS = 20_000


def _globs(file: SettingsFile) -> Iterator[str]:
    """Whatever may be a glob of ignores and of gates."""
    ignores, gates = file.tables.get("ignore"), file.tables.get("ci")
    for table in ignores if isinstance(ignores, list) else ():
        paths = table.get("paths") if isinstance(table, Mapping) else None
        yield from (
            (each for each in paths if isinstance(each, str)) if isinstance(paths, list) else ()
        )
    paths = gates.get("max-path") if isinstance(gates, Mapping) else None
    yield from paths if isinstance(paths, Mapping) else ()
