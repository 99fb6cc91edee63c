"""All rules, in their order: the own ones, then third parties'.

The order is part of the total order of claims, so a new module goes where its
bytes belong, not where there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from layerlens.analysis.rules.model import Rule, RuleSet
from layerlens.analysis.rules.plugins import rule_points
from layerlens.analysis.rules.settings import RuleSettings

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

MODULES: tuple[str, ...] = (
    "structure",
    "layers",
    "build_order",
    "instructions",
    "base",
    "archives",
    "distributions",
    "by_path",
    "build_context",
    "python",
    "python_files",
    "build_tools",
    "debian",
    "package_databases",
    "binaries",
    "programs",
    "blanks",
    "secrets",
    "duplicates",
    "single_stage",
    "node",
    "node_files",
    "php_ruby",
    "posture",
    "posture_files",
    "posture_commands",
)
"""Modules of :mod:`layerlens.analysis.rules.catalogue`, each with ``RULE_SET``."""


@dataclass(frozen=True, slots=True)
class RuleSets:
    """Rule sets in their order, and why a third party's is not among them."""

    sets: tuple[RuleSet, ...]
    problems: tuple[str, ...] = ()


@cache
def own_rule_sets() -> tuple[RuleSet, ...]:
    """The rules that come with LayerLens."""
    package = "layerlens.analysis.rules.catalogue"
    return tuple(import_module(f"{package}.{name}").RULE_SET for name in MODULES)


def rule_sets(settings: RuleSettings | None = None) -> RuleSets:
    """The own rules, those of installed packages that name some, and the user's of ``settings``.

    A package whose rules cannot be had costs its own rules only.
    """
    sets = list(own_rule_sets())
    owners = dict.fromkeys(all_rules(sets), "LayerLens")
    problems = []
    for point in rule_points():
        who = _named(point)
        found = _loaded(point)
        if isinstance(found, str):
            problems.append(f"the rules of {who} cannot be had: {found}")
            continue
        ids = [rule.id for rule in found.rules]
        twice = next((name for name in ids if name in owners or ids.count(name) > 1), None)
        if twice is not None:
            other = owners.get(twice, "itself")
            problems.append(f"the rules of {who} are left out: {other} has a rule {twice!r} too")
            continue
        owners.update(dict.fromkeys(ids, who))
        sets.append(found)
    if settings is not None and settings.extra:
        from layerlens.analysis.rules.paths import path_rule_set

        sets.append(path_rule_set(settings.extra))
    return RuleSets(tuple(sets), tuple(problems))


def _named(point: EntryPoint) -> str:
    """Whose an entry point is, in words."""
    package = point.dist.name if point.dist is not None else None
    return f"{package} ({point.value})" if package else point.value


def _loaded(point: EntryPoint) -> RuleSet | str:
    """What an entry point names, or what is wrong with it."""
    try:
        found = point.load()
    except Exception as error:  # noqa: BLE001 - a stranger's module may raise anything; told
        return f"{type(error).__name__}: {error}"
    if not isinstance(found, RuleSet):
        return f"it names a {type(found).__name__}, not a RuleSet"
    return found


def fingerprint() -> str:
    """What the rules are, without loading them: it changes whenever one of them may have.

    All of LayerLens' own files count, since findings rest on layers and packages too.
    """
    import hashlib
    import os

    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    state = hashlib.sha256()
    for place, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                status = os.stat(os.path.join(place, name))
                state.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    for point in rule_points():
        version = point.dist.version if point.dist is not None else ""
        state.update(f"{point.name}\0{point.value}\0{version}\0".encode())
    return state.hexdigest()


def all_rules(rule_sets: Sequence[RuleSet]) -> dict[str, Rule]:
    """Rules by id, in their order."""
    return {rule.id: rule for rule_set in rule_sets for rule in rule_set.rules}
