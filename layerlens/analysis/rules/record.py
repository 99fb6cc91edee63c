"""A judgement as bytes, and back: for whoever remembers it.

Versions are numbers of one stacked filesystem, so a record only means
something beside the very layers that it was made from.
"""

from __future__ import annotations

from array import array

import msgspec

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.engine import Claimed, Judged, Judgement
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, LedgerClass, Rule, Severity, Topic
from layerlens.layers.diagnostics import Diagnostic


class _Rule(msgspec.Struct, array_like=True, frozen=True):
    """A rule without what finds it: a recorded one is only shown."""

    id: str
    title: str
    topic: Topic
    why: str
    fix: str
    confidence: Confidence
    ledger_class: LedgerClass | None
    severity: int | None
    most: int
    also: tuple[str, ...]
    keep: str
    trade_off: str
    alternative: bool
    source: str
    enabled: bool


class _Finding(msgspec.Struct, array_like=True, frozen=True):
    rule: int
    title: str
    severity: int
    confidence: Confidence
    size: int
    claimed: int
    transfer_bytes: int | None
    layer: int | None
    line: int | None
    instruction: str
    is_base: bool
    paths: tuple[bytes, ...]
    path_count: int
    evidence: tuple[str, ...]
    fix: str
    versions: bytes
    parts: dict[int, dict[str, int]]
    overlaps: tuple[str, ...]


class _Record(msgspec.Struct, array_like=True, frozen=True):
    rules: list[_Rule]
    findings: list[_Finding]
    inodes: bytes
    classes: bytes
    sizes: bytes
    distribution: tuple[str, str, str]
    notes: list[tuple[str, str, int | None, bytes | None]]


_DECODER = msgspec.msgpack.Decoder(_Record)
_CLASSES = tuple(LedgerClass)


def encode_judgement(found: Judgement) -> bytes:
    """The record.  Raises ``UnicodeEncodeError`` for text that is none."""
    rules = list({finding.rule.id: finding.rule for finding in found.judged.findings}.values())
    place = {rule.id: i for i, rule in enumerate(rules)}
    claims = found.judged.claimed.inodes
    distro = found.distribution
    return msgspec.msgpack.encode(
        _Record(
            rules=[_rule(rule) for rule in rules],
            findings=[_finding(each, place[each.rule.id]) for each in found.judged.findings],
            inodes=array("q", claims).tobytes(),
            classes=bytes(_CLASSES.index(name) for name, _ in claims.values()),
            sizes=array("q", (size for _, size in claims.values())).tobytes(),
            distribution=(distro.id, distro.version, distro.name),
            notes=[(note.code, note.message, note.layer, note.path) for note in found.notes],
        )
    )


def _rule(rule: Rule) -> _Rule:
    return _Rule(
        rule.id, rule.title, rule.topic, rule.why, rule.fix, rule.confidence, rule.ledger_class,
        rule.severity, rule.most, rule.also, rule.keep, rule.trade_off,
        rule.alternative, rule.source, rule.enabled,
    )  # fmt: skip


def _finding(each: Finding, rule: int) -> _Finding:
    return _Finding(
        rule, each.title, each.severity, each.confidence, each.bytes, each.claimed,
        each.transfer_bytes, each.layer, each.line, each.instruction, each.is_base, each.paths,
        each.path_count, each.evidence, each.fix, array("q", each.versions).tobytes(),
        {version: dict(named) for version, named in each.parts.items()}, each.overlaps,
    )  # fmt: skip


def decode_judgement(data: bytes, versions: int) -> Judgement | None:
    """The judgement of a record, ``None`` where the bytes are none.

    ``versions`` is how many the filesystem has that it is to stand beside.
    """
    try:
        return _decode(_DECODER.decode(data), versions)
    except (msgspec.MsgspecError, ValueError, IndexError):
        return None


def _decode(record: _Record, versions: int) -> Judgement:
    rules = [
        Rule(
            id=each.id, title=each.title, topic=each.topic, why=each.why, fix=each.fix,
            confidence=each.confidence, ledger_class=each.ledger_class,
            severity=None if each.severity is None else Severity(each.severity),
            most=Severity(each.most), also=each.also, keep=each.keep, trade_off=each.trade_off,
            alternative=each.alternative,
            source=each.source, enabled=each.enabled,
        )
        for each in record.rules
    ]  # fmt: skip
    findings = tuple(
        Finding(
            rule=rules[each.rule], title=each.title, severity=Severity(each.severity),
            confidence=each.confidence, bytes=each.size, claimed=each.claimed,
            transfer_bytes=each.transfer_bytes, layer=each.layer, line=each.line,
            instruction=each.instruction, is_base=each.is_base, paths=each.paths,
            path_count=each.path_count, evidence=each.evidence, fix=each.fix,
            versions=_numbers(each.versions, versions), parts=each.parts, overlaps=each.overlaps,
        )
        for each in record.findings
    )  # fmt: skip
    inodes, sizes = _numbers(record.inodes, versions), _numbers(record.sizes)
    if not len(inodes) == len(sizes) == len(record.classes):
        raise ValueError("claims of different lengths")
    claims = {
        inode: (_CLASSES[name], size)
        for inode, name, size in zip(inodes, record.classes, sizes, strict=True)
    }
    return Judgement(
        Judged(findings, Claimed(claims)),
        Distribution(*record.distribution),
        tuple(Diagnostic(*note) for note in record.notes),
    )


def _numbers(data: bytes, end: int | None = None) -> array[int]:
    found = array("q")
    found.frombytes(data)
    if found and (min(found) < 0 or (end is not None and max(found) >= end)):
        raise ValueError("a number that is no version")
    return found
