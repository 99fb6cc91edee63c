"""What a user writes about rules, checked as a whole: all that is wrong is told at once.

[rules]
disable = ["docs"]
enable = ["some-rule"]

[rules.severity]
npm-cache = "high"

[rules.thresholds]
low = "1MB"
high-share = 0.25

[[rules.path]]
id = "our-fixtures"
title = "recorded answers"
paths = ["srv/fixtures/**"]
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from layerlens.analysis.rules.globs import GlobError, parse
from layerlens.analysis.rules.model import (
    Confidence,
    LedgerClass,
    PathRule,
    Severity,
    Topic,
)
from layerlens.analysis.rules.settings import RuleSettings, Thresholds
from layerlens.units import SIZE_UNITS

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?) *((?:[kmgt]i?)?)b", re.IGNORECASE)
_KEYS = ("disable", "enable", "severity", "thresholds", "path")
_PATH_KEYS = ("id", "title", "paths", "except", "why", "fix", "severity", "class", "minimum")
_SHARES = ("low-share", "high-share")


@dataclass
class Parsed:
    """Settings, as far as they could be read, and everything that is wrong."""

    settings: RuleSettings = field(default_factory=RuleSettings)
    problems: list[str] = field(default_factory=list)


def parse_rules(table: object, known: Collection[str]) -> Parsed:
    """The settings of a ``rules`` table; ``known`` are the ids of all rules there are."""
    reader = _Reader()
    if not isinstance(table, Mapping):
        return Parsed(problems=["rules: must be a table"])
    reader.keys("rules", table, _KEYS)
    extra = reader.path_rules(table.get("path", []), known)
    ids = {*known, *(rule.id for rule in extra)}
    enabled = dict.fromkeys(reader.ids("rules.enable", table.get("enable", []), ids), True)
    for name in reader.ids("rules.disable", table.get("disable", []), ids):
        if name in enabled:
            reader.problems.append(f"rules: {name!r} is both enabled and disabled")
        enabled[name] = False
    settings = RuleSettings(
        thresholds=reader.thresholds(table.get("thresholds", {})),
        enabled=enabled,
        severities=reader.severities(table.get("severity", {}), ids),
        extra=tuple(extra),
    )
    return Parsed(settings, reader.problems)


def closest(word: str, known: Iterable[str]) -> str:
    """``; did you mean …?``, where something is near enough."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""


class _Reader:
    """Reads parts of the table and collects problems."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def keys(self, where: str, table: Mapping[str, Any], known: Collection[str]) -> None:
        for key in table:
            if key not in known:
                self.problems.append(f"{where}: unknown key {key!r}{closest(key, known)}")

    def ids(self, where: str, value: object, known: Collection[str]) -> list[str]:
        found = self.strings(where, value)
        for name in found:
            self.known_id(where, name, known)
        return [name for name in found if name in known]

    def known_id(self, where: str, name: str, known: Collection[str]) -> None:
        if name not in known:
            self.problems.append(f"{where}: no rule {name!r}{closest(name, known)}")

    def strings(self, where: str, value: object) -> list[str]:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return value
        self.problems.append(f"{where}: must be a list of strings")
        return []

    def severity(self, where: str, value: object) -> Severity | None:
        words = [each.word for each in Severity]
        if isinstance(value, str) and value in words:
            return Severity[value.upper()]
        self.problems.append(f"{where}: {value!r} is none of {', '.join(words)}")
        return None

    def severities(self, table: object, known: Collection[str]) -> dict[str, Severity]:
        if not isinstance(table, Mapping):
            self.problems.append("rules.severity: must be a table")
            return {}
        found = {}
        for name, value in table.items():
            self.known_id("rules.severity", name, known)
            severity = self.severity(f"rules.severity.{name}", value)
            if severity is not None:
                found[name] = severity
        return found

    def thresholds(self, table: object) -> Thresholds:
        usual = Thresholds()
        if not isinstance(table, Mapping):
            self.problems.append("rules.thresholds: must be a table")
            return usual
        known = [each.name.replace("_", "-") for each in fields(Thresholds)]
        self.keys("rules.thresholds", table, known)
        before = len(self.problems)
        sizes = {
            key: self.size(f"rules.thresholds.{key}", table.get(key, getattr(usual, key)))
            for key in ("low", "medium", "high")
        }
        shares = {
            key: self.share(
                f"rules.thresholds.{key}", table.get(key, getattr(usual, key.replace("-", "_")))
            )
            for key in _SHARES
        }
        ascending = sizes["low"] <= sizes["medium"] <= sizes["high"]
        if not ascending and len(self.problems) == before:
            self.problems.append("rules.thresholds: low, medium and high must ascend")
        return Thresholds(**sizes, low_share=shares["low-share"], high_share=shares["high-share"])

    def size(self, where: str, value: object) -> int:
        """Bytes: a whole number, or a text with a unit."""
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            self.problems.append(f"{where}: {value!r} is no size, such as 1000000 or '1MB'")
            return 0
        return int(float(match[1]) * SIZE_UNITS[match[2].lower()])

    def share(self, where: str, value: object) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.problems.append(f"{where}: {value!r} is no share from 0 to 1")
        return 0.0

    def path_rules(self, value: object, known: Collection[str]) -> list[PathRule]:
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            self.problems.append("rules.path: write [[rules.path]], once for each rule")
            return []
        found: list[PathRule] = []
        for number, table in enumerate(value):
            rule = self.path_rule(f"rules.path[{number}]", table)
            if rule is None:
                continue
            if rule.id in known or any(rule.id == other.id for other in found):
                self.problems.append(f"rules.path[{number}]: there is a rule {rule.id!r} already")
                continue
            found.append(rule)
        return found

    def path_rule(self, where: str, table: Mapping[str, Any]) -> PathRule | None:
        before = len(self.problems)
        self.keys(where, table, _PATH_KEYS)
        name = self.text(where, table, "id")
        if name and not _ID.fullmatch(name):
            self.problems.append(f"{where}.id: {name!r} is not lower case words with dashes")
        paths = self.globs(f"{where}.paths", table.get("paths", []))
        if not paths and len(self.problems) == before:
            self.problems.append(f"{where}.paths: names no path")
        exceptions = self.globs(f"{where}.except", table.get("except", []))
        severity = None
        if "severity" in table:
            severity = self.severity(f"{where}.severity", table["severity"])
        ledger_class = table.get("class", LedgerClass.OTHER.value)
        classes = [each.value for each in LedgerClass]
        if ledger_class not in classes:
            hint = closest(str(ledger_class), classes)
            self.problems.append(f"{where}.class: no class {ledger_class!r}{hint}")
        minimum = self.size(f"{where}.minimum", table.get("minimum", 1))
        title = self.text(where, table, "title", name or "a rule of yours")
        why = self.text(where, table, "why", "The project's settings say so.")
        fix = self.text(where, table, "fix", "Leave out {paths}")
        if len(self.problems) > before:
            return None
        return PathRule(
            id=name, title=title, topic=Topic.CONTENT, why=why, fix=fix,
            confidence=Confidence.LIKELY, ledger_class=LedgerClass(ledger_class),
            severity=severity, source="the project's settings", paths=paths,
            except_paths=exceptions, minimum=minimum, owned="flag",
        )  # fmt: skip

    def text(
        self, where: str, table: Mapping[str, Any], key: str, default: str | None = None
    ) -> str:
        value = table.get(key, default)
        if isinstance(value, str) and value.strip():
            return value
        self.problems.append(f"{where}.{key}: must be a text")
        return ""

    def globs(self, where: str, value: object) -> tuple[str, ...]:
        """Globs that can be read; one leading slash does no harm."""
        found = []
        for text in self.strings(where, value):
            glob = text.removeprefix("/")
            try:
                parse(glob)
            except GlobError as error:
                self.problems.append(f"{where}: {error}")
                continue
            found.append(glob)
        return tuple(found)
