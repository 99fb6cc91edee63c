"""``.dive-ci``: what of it dive 0.13.1 reads, and what it passes over in silence.

The file is YAML with one mapping, ``rules``, of a rule's name to its limit.  Case does
not matter in either.  A rule that is not there has dive's default; so has one whose
value is empty.  dive takes the dotted name ``rules.lowestEfficiency`` at the top as
well, before the mapping.
"""

from __future__ import annotations

from dataclasses import dataclass

from layerlens.gate.dive import DIVE_DEFAULTS
from layerlens.gate.plain_yaml import Node, YamlError, read_yaml

_LOWER = {rule.lower(): rule for rule in DIVE_DEFAULTS}
_TOP = frozenset({"rules", "plugins", "ignore-errors"})
"""Keys at the top that are dive's own; but for ``rules`` they change no verdict."""
_MOST_NOTES = 5


@dataclass(frozen=True, slots=True)
class Written:
    """A limit as the file has it, and its line there, counted from 1."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class DiveConfig:
    """The limits that a ``.dive-ci`` sets, by rule; ``notes`` say what has no effect in it."""

    limits: dict[str, Written]
    notes: tuple[str, ...] = ()


def read_dive_config(data: bytes) -> DiveConfig:
    """Read the content of a ``.dive-ci``.

    Raises :class:`~layerlens.gate.plain_yaml.YamlError` where dive, too, would stop.
    """
    top = read_yaml(data)
    if top is None or top.is_null:
        return DiveConfig({})
    if top.kind != "mapping":
        raise YamlError("must be a mapping with rules in it", top.line)
    limits: dict[str, Written] = {}
    notes: list[str] = []
    rules: Node | None = None
    for key, value in _once(top):
        name = (key.text or "").lower()
        if name == "rules":
            rules = value
        elif name.startswith("rules.") and name.removeprefix("rules.") in _LOWER:
            _take(limits, _LOWER[name.removeprefix("rules.")], value)
        elif name not in _TOP:
            notes.append(_idle(key, top=True))
    if rules is not None and not rules.is_null:
        if rules.kind != "mapping":
            raise YamlError("rules must be a mapping of rules to limits", rules.line)
        for key, value in _once(rules):
            rule = _LOWER.get((key.text or "").lower())
            if rule is None:
                # Of the form that dive once meant for plugins, and never used.
                if "/" not in (key.text or ""):
                    notes.append(_idle(key, top=False))
            elif rule not in limits:
                _take(limits, rule, value)
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"{len(notes) - _MOST_NOTES:,} more keys have no effect"]
    return DiveConfig(limits, tuple(notes))


def _once(mapping: Node) -> list[tuple[Node, Node]]:
    """The pairs of a mapping; keys that count differ from each other by more than case."""
    seen: dict[str, Node] = {}
    for key, _ in mapping.pairs:
        name = (key.text or "").lower()
        if name == "rules" or name.removeprefix("rules.") in _LOWER:
            first = seen.setdefault(name, key)
            if first is not key:
                what = f"{key.text!r:.60} is there twice, first in line {first.line}"
                raise YamlError(f"{what}: dive leaves to chance which counts", key.line)
    return mapping.pairs


def _take(limits: dict[str, Written], rule: str, value: Node) -> None:
    if value.is_null:
        return
    # dive takes a list or a mapping for an empty text, which is no limit either.
    text = {"list": "[…]", "mapping": "{…}"}.get(value.kind, value.text or "")
    limits[rule] = Written(text, value.line)


def _idle(key: Node, *, top: bool) -> str:
    """A note on a key that dive does not know, with what may be meant."""
    from difflib import get_close_matches

    name = key.text if key.text is not None else "null"
    bare = name.lower().replace("-", "").replace("_", "").removeprefix("rules.")
    near = get_close_matches(bare, _LOWER, n=1)
    note = f"line {key.line}: dive does not know {name!r:.60}, which has no effect"
    if near:
        rule = _LOWER[near[0]]
        return f"{note}: is {rule}{', below rules,' if top else ''} meant?"
    if top and get_close_matches(bare, ("rules", "rule"), n=1):
        return f"{note}: is rules meant?"
    return note
