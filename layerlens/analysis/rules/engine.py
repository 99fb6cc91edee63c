"""From drafts to findings: bytes, severity, blame, and who claims which byte.

The total order in which findings claim bytes of the ledger, documented in
``docs/rules/README.md``: dead bytes have their cause; of live ones, by ledger
class, then by the rule's place in the registry, then base before yours, lower
layer before higher.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.findings import MOST_PATHS, MOST_SECRETS, Finding, Quiet
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.analysis.rules.savings import Savings
from layerlens.analysis.rules.settings import RuleSettings
from layerlens.layers.diagnostics import Diagnostic

if TYPE_CHECKING:
    from layerlens.analysis.rules.context import Context

_CLASS_ORDER = {each: place for place, each in enumerate(LedgerClass)}


@dataclass(frozen=True, slots=True)
class Claimed:
    """Which live bytes may go, each in one class: inode -> (class, bytes)."""

    inodes: Mapping[int, tuple[LedgerClass, int]] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(size for _, size in self.inodes.values())


@dataclass(frozen=True, slots=True)
class Judged:
    """All findings of an image, the worst first, and what they claim.

    ``quiet`` are the rules that ran to their end and found nothing.
    """

    findings: tuple[Finding, ...] = ()
    claimed: Claimed = field(default_factory=Claimed)
    quiet: tuple[Quiet, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What rules said of an image: findings, claims, the distribution, diagnostics."""

    judged: Judged
    distribution: Distribution = field(default_factory=Distribution)
    notes: tuple[Diagnostic, ...] = ()


def judge(
    context: Context, rule_sets: Iterable[RuleSet], settings: RuleSettings, total: int
) -> Judged:
    """Run all checks and weigh what they find; ``total`` is the image's size in bytes.

    A check that fails on what an image holds costs its own findings only: a
    diagnostic ``rule-failed`` says so.
    """
    rules: dict[str, Rule] = {}
    drafts: list[Draft] = []
    ran: list[Rule] = []
    for rule_set in rule_sets:
        rules.update((rule.id, rule) for rule in rule_set.rules)
        wanted = {rule.id for rule in rule_set.rules if settings.runs(rule)}
        if not wanted:
            continue
        failed = False
        for check in rule_set.checks:
            try:
                drafts += [draft for draft in check(context) if draft.rule in wanted]
            except Exception as error:  # noqa: BLE001 - third parties' rules too; told below
                failed = True
                context.notes.add(
                    "rule-failed", f"{check.__name__}: {type(error).__name__}: {error}"
                )
        if not failed:
            ran += [rule for rule in rule_set.rules if rule.id in wanted]
    told = {draft.rule for draft in drafts}
    quiet = tuple(Quiet(rule.id, rule.title, rule.topic) for rule in ran if rule.id not in told)
    return replace(_weigh(context, rules, drafts, settings, total), quiet=quiet)


def _weigh(
    context: Context,
    rules: Mapping[str, Rule],
    drafts: Sequence[Draft],
    settings: RuleSettings,
    total: int,
) -> Judged:
    savings = Savings(context.fs, context.names_of)
    place = {rule: i for i, rule in enumerate(rules)}
    dead = set(context.fs.deaths.inode)
    claims: dict[int, tuple[LedgerClass, int]] = {}
    speakers: dict[int, list[str]] = {}
    together = _Together(context)
    weighed: list[tuple[Draft, dict[int, int], int]] = []
    order = [
        (_rank(draft, rules[draft.rule]), place[draft.rule], _blamed(draft), i)
        for i, draft in enumerate(drafts)
    ]
    for _, _, _, i in sorted(order):
        draft = drafts[i]
        rule = rules[draft.rule]
        freed = savings.freed((draft,))
        claimed = 0
        if rule.ledger_class is not None and _claims(draft, rule):
            gone = freed | together.completed(draft.versions)
            for inode, size in gone.items():
                if size and inode not in dead and inode not in claims:
                    claims[inode] = (rule.ledger_class, size)
                    claimed += size
        if not rule.alternative:
            for inode in freed:
                speakers.setdefault(inode, []).append(rule.id)
        weighed.append((draft, freed, claimed))
    findings = [
        _finding(
            context, rules[draft.rule], draft, freed, claimed, savings, settings, total, speakers
        )
        for draft, freed, claimed in weighed
    ]
    findings.sort(
        key=lambda each: (-each.severity, -each.bytes, place[each.rule.id], each.layer or 0)
    )
    return Judged(tuple(findings), Claimed(claims))


class _Together:
    """Files whose names go one after the other, by different findings: the last one claims."""

    def __init__(self, context: Context) -> None:
        self._fs = context.fs
        self._names_of = context.names_of
        self._gone: dict[int, set[int]] = {}

    def completed(self, versions: Iterable[int]) -> dict[int, int]:
        """Inode -> size of the files whose names have all gone with these."""
        found: dict[int, int] = {}
        if not self._names_of:
            return found
        for version in versions:
            inode = self._fs.inode(version)
            names = self._names_of.get(inode)
            if names is not None:
                gone = self._gone.setdefault(inode, set())
                gone.add(version)
                if len(gone) == len(names):
                    found[inode] = self._fs.size(inode)
        return found


def _claims(draft: Draft, rule: Rule) -> bool:
    return rule.claims and draft.confidence is not Confidence.HINT


def _rank(draft: Draft, rule: Rule) -> int:
    """Claiming order: those that claim nothing come last."""
    if rule.ledger_class is None or not _claims(draft, rule):
        return len(_CLASS_ORDER)
    return _CLASS_ORDER[rule.ledger_class]


def _blamed(draft: Draft) -> int:
    return draft.layer if draft.layer is not None else -1


def _finding(
    context: Context,
    rule: Rule,
    draft: Draft,
    freed: Mapping[int, int],
    claimed: int,
    savings: Savings,
    settings: RuleSettings,
    total: int,
    speakers: Mapping[int, Sequence[str]],
) -> Finding:
    fs = context.fs
    size = sum(freed.values())
    layer = draft.layer
    if layer is None and draft.history is None and freed:
        weights: dict[int, int] = {}
        for inode, each in freed.items():
            where = fs.layer_of(inode)
            weights[where] = weights.get(where, 0) + each
        layer = max(weights, key=lambda each: (weights[each], -each))
    is_base = draft.is_base
    if is_base is None:
        is_base = layer is not None and layer < context.base_layers
    paths = list(draft.paths)
    if not paths:
        versions = [*draft.versions, *draft.parts]
        versions = [version for version in versions if fs.size(version)] or versions
        versions.sort(key=lambda version: (-fs.size(version), fs.paths[version]))
        paths = [fs.paths[version] for version in versions]
    return Finding(
        rule=rule,
        title=draft.title or rule.title,
        severity=_severity(rule, draft, size, total, settings, is_base=is_base),
        confidence=draft.confidence or rule.confidence,
        bytes=size,
        claimed=claimed,
        transfer_bytes=savings.wire(freed),
        layer=layer,
        line=_line(context, layer, draft.history),
        instruction=_instruction(context, layer, draft.history),
        is_base=is_base,
        paths=tuple(paths[: MOST_SECRETS if rule.topic is Topic.SECRETS else MOST_PATHS]),
        path_count=len(paths),
        evidence=draft.evidence,
        fix=_advice(rule, draft, paths, brought=is_base and size > 0),
        versions=draft.versions,
        parts=draft.parts,
        overlaps=tuple(
            sorted({name for inode in freed for name in speakers.get(inode, ())} - {rule.id})
        ),
    )


def _severity(
    rule: Rule, draft: Draft, size: int, total: int, settings: RuleSettings, *, is_base: bool
) -> Severity:
    if rule.id in settings.severities:
        return settings.severities[rule.id]
    fixed = draft.severity if draft.severity is not None else rule.severity
    found = settings.thresholds.severity(size, total) if fixed is None else fixed
    if is_base and fixed is None:
        found = Severity(max(found - 1, 0))  # another base is not one line away
    if draft.least is not None:
        found = max(found, draft.least)
    found = min(found, rule.most)
    return found if draft.most is None else min(found, draft.most)


def _line(context: Context, layer: int | None, history: int | None) -> int | None:
    row = history
    if layer is not None and 0 <= layer < len(context.histories):
        row = context.histories[layer].row
    return None if row is None else context.lines.get(row)


def _instruction(context: Context, layer: int | None, history: int | None) -> str:
    if layer is not None and 0 <= layer < len(context.histories):
        return context.histories[layer].instruction.text
    if history is not None and 0 <= history < len(context.config.history):
        from layerlens.image.history import readable

        row = context.config.history[history]
        return readable(row.created_by, row.comment).text
    return ""


_BROUGHT = (
    "The base image brought these bytes: no later step frees them. Take a base without them, or "
    "where you build it yourself:\n"
)


def _advice(rule: Rule, draft: Draft, paths: Sequence[bytes], *, brought: bool) -> str:
    """The fix; of bytes that the base ``brought`` it says first that they are the base's."""
    fix = _filled(draft.fix or rule.fix, draft, paths)
    return _BROUGHT + fix if brought and rule.topic is not Topic.BASE else fix


def _filled(fix: str, draft: Draft, paths: Sequence[bytes]) -> str:
    """The fix with its braces filled in; braces that nothing fills stay as they are.

    Where no path can be named, ``<paths>`` stands for them: a command without
    them would be another one.
    """
    shown = [quoted for path in paths[:MOST_IN_FIX] if (quoted := _quoted(path))]
    values = {"paths": " ".join(shown) or "<paths>", **draft.values}
    for name, value in values.items():
        fix = fix.replace("{" + name + "}", value)
    return fix


MOST_IN_FIX = 5
"""Paths that a fix names."""


def _quoted(path: bytes) -> str:
    """A path from the root as a shell takes it; nothing for names that no Dockerfile should hold."""
    try:
        text = path.decode()
    except UnicodeDecodeError:
        return ""
    return shlex.quote("/" + text) if text.isprintable() else ""
