"""All rules, in their order: the own ones, then third parties'.

The order is part of the total order of claims, so a new module goes where its
bytes belong, not where there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from layerlens.analysis.rules.model import Rule, RuleSet

ENTRY_POINT = "layerlens.rules"
"""The group in which a third party's package names a :class:`RuleSet`."""

MODULES: tuple[str, ...] = ("secrets", "posture", "posture_files", "posture_commands")
"""Modules of :mod:`layerlens.analysis.rules.catalogue`, each with ``RULE_SET``."""


@cache
def own_rule_sets() -> tuple[RuleSet, ...]:
    """The rules that come with LayerLens."""
    package = "layerlens.analysis.rules.catalogue"
    return tuple(import_module(f"{package}.{name}").RULE_SET for name in MODULES)


def all_rules(rule_sets: Sequence[RuleSet]) -> dict[str, Rule]:
    """Rules by id, in their order."""
    return {rule.id: rule for rule_set in rule_sets for rule in rule_set.rules}
