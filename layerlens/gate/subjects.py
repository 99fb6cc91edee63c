"""What a limit may speak of: whether a glob, a class of waste or a severity is one."""

from __future__ import annotations

from collections.abc import Callable, Collection

from layerlens.analysis.rules.model import LedgerClass, Severity
from layerlens.filesystem.changes import Cause
from layerlens.gate.matching import path_problem

CAUSES = {cause.word.replace("_", "-"): cause for cause in Cause}
"""Classes of dead bytes, with dashes as rules have them."""

CLASSES = {each.value: each for each in LedgerClass}
"""Classes of removable bytes."""

SEVERITIES = {severity.word: severity for severity in Severity}


def plain(name: str) -> str:
    """A class or rule as gates know it: ``type_changed``, as the ledger writes it, has dashes."""
    return name.replace("_", "-")


def known_waste(name: str, rules: Callable[[], Collection[str]]) -> str | None:
    """What is wrong with a class of waste, if anything; ``rules`` gives the ids of all rules.

    They are asked for only where no class has the name: rules take long to load.
    """
    if plain(name) in CAUSES or name in CLASSES:
        return None
    known = rules()
    if name in known:
        return None
    return f"no class of waste and no rule {name!r:.100}{_near(name, [*CAUSES, *CLASSES, *known])}"


def known_severity(name: str) -> str | None:
    """What is wrong with a severity, if anything."""
    if name in SEVERITIES:
        return None
    words = list(SEVERITIES)
    return f"no severity {name!r:.100}{_near(name, words) or '; there are ' + ', '.join(words)}"


def subject_problem(kind: str, subject: str, rules: Callable[[], Collection[str]]) -> str | None:
    """What is wrong with a gate's subject, if anything; ``kind`` is ``Gate.subject``."""
    if kind == "GLOB":
        return path_problem(subject)
    if kind == "CLASS":
        return known_waste(subject, rules)
    if kind == "SEVERITY":
        return known_severity(subject)
    return None


def _near(word: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]!r}?" if near else ""
