"""What rules and classes of waste are called, loaded only where somebody asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlens.cli.settings_file import SettingsFile


class RuleNames:
    """The names that settings may use, the rules of a settings file among them.

    Loading all rules takes a while, so what needs none of them is asked first, and
    nobody is asked where ``load`` is false: then every name is good.
    """

    def __init__(self, file: SettingsFile, *, load: bool = True) -> None:
        self._file = file
        self._load = load

    def has_rule(self, name: str) -> bool:
        """Whether there is such a rule."""
        return not self._load or name in self.rules

    def has_waste(self, name: str) -> bool:
        """Whether there is such a class of waste, or else such a rule."""
        from layerlens.gate.subjects import plain

        return not self._load or plain(name) in self._classes or name in self.rules

    @cached_property
    def rules(self) -> frozenset[str]:
        """Ids of all rules: our own, those of installed packages, and the file's."""
        from layerlens.analysis.rules.registry import all_rules, rule_sets
        from layerlens.analysis.rules.user import parse_rules

        known = all_rules(rule_sets().sets)
        mine = parse_rules(self._file.tables.get("rules", {}), known.keys()).settings.extra
        return frozenset({*known, *(rule.id for rule in mine)})

    @property
    def waste(self) -> list[str]:
        """Classes of the ledger that are waste, and rules."""
        return [*self._classes, *sorted(self.rules)]

    @cached_property
    def _classes(self) -> list[str]:
        from layerlens.gate.subjects import CAUSES, CLASSES

        return [*CAUSES, *CLASSES]
