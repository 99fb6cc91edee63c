"""A judgement as bytes, and back: for whoever remembers it.

Versions are numbers of one stacked filesystem, so a record only means
something beside the very layers that it was made from.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import msgspec

from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rawtext import from_raw, to_raw
from layerlens.analysis.rules.engine import Claimed, Judged, Judgement
from layerlens.analysis.rules.findings import Finding, Quiet
from layerlens.analysis.rules.model import Confidence, LedgerClass, Rule, Severity, Topic
from layerlens.layers.columns import ordered
from layerlens.layers.diagnostics import Diagnostic


class _Rule(msgspec.Struct, array_like=True, frozen=True):
    """A rule without what finds it: a recorded one is only shown."""

    id: bytes
    title: bytes
    topic: Topic
    why: bytes
    fix: bytes
    confidence: Confidence
    ledger_class: LedgerClass | None
    severity: int | None
    most: int
    also: tuple[bytes, ...]
    keep: bytes
    trade_off: bytes
    alternative: bool
    source: bytes
    enabled: bool


class _Finding(msgspec.Struct, array_like=True, frozen=True):
    rule: int
    title: bytes
    severity: int
    confidence: Confidence
    size: int
    claimed: int
    transfer_bytes: int | None
    layer: int | None
    line: int | None
    instruction: bytes
    is_base: bool
    paths: tuple[bytes, ...]
    path_count: int
    evidence: tuple[bytes, ...]
    fix: bytes
    versions: bytes
    parts: dict[int, dict[bytes, int]]
    overlaps: tuple[bytes, ...]


class _Record(msgspec.Struct, array_like=True, frozen=True):
    """``classes`` has, for each of ``inodes``, a place in ``names``.

    ``quiet`` is the last field, and records from before there was one have none.
    """

    rules: list[_Rule]
    findings: list[_Finding]
    inodes: bytes
    names: list[LedgerClass]
    classes: bytes
    sizes: bytes
    distribution: tuple[bytes, bytes, bytes]
    notes: list[tuple[bytes, bytes, int | None, bytes | None]]
    quiet: list[tuple[bytes, bytes, Topic]] = []


_DECODER = msgspec.msgpack.Decoder(_Record)
_CLASSES = tuple(LedgerClass)


def encode_judgement(found: Judgement) -> bytes:
    """The record.  Raises ``OverflowError`` for figures beyond 64 bits."""
    rules = list({finding.rule.id: finding.rule for finding in found.judged.findings}.values())
    place = {rule.id: i for i, rule in enumerate(rules)}
    claims = found.judged.claimed.inodes
    distro = found.distribution
    return msgspec.msgpack.encode(
        _Record(
            rules=[_rule(rule) for rule in rules],
            findings=[_finding(each, place[each.rule.id]) for each in found.judged.findings],
            inodes=_column(claims),
            names=list(_CLASSES),
            classes=bytes(_CLASSES.index(name) for name, _ in claims.values()),
            sizes=_column(size for _, size in claims.values()),
            distribution=(to_raw(distro.id), to_raw(distro.version), to_raw(distro.name)),
            notes=[
                (to_raw(note.code), to_raw(note.message), note.layer, note.path)
                for note in found.notes
            ],
            quiet=[
                (to_raw(each.id), to_raw(each.title), each.topic) for each in found.judged.quiet
            ],
        )
    )


def _rule(rule: Rule) -> _Rule:
    return _Rule(
        to_raw(rule.id), to_raw(rule.title), rule.topic, to_raw(rule.why), to_raw(rule.fix),
        rule.confidence, rule.ledger_class, rule.severity, rule.most, _raws(rule.also),
        to_raw(rule.keep), to_raw(rule.trade_off), rule.alternative, to_raw(rule.source),
        rule.enabled,
    )  # fmt: skip


def _finding(each: Finding, rule: int) -> _Finding:
    parts = {
        version: {to_raw(name): size for name, size in named.items()}
        for version, named in each.parts.items()
    }
    return _Finding(
        rule, to_raw(each.title), each.severity, each.confidence, each.bytes, each.claimed,
        each.transfer_bytes, each.layer, each.line, to_raw(each.instruction), each.is_base,
        tuple(each.paths), each.path_count, _raws(each.evidence), to_raw(each.fix),
        _column(each.versions), parts, _raws(each.overlaps),
    )  # fmt: skip


def _raws(texts: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(map(to_raw, texts))


def _texts(raws: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(map(from_raw, raws))


def _column(numbers: Iterable[int]) -> bytes:
    return ordered(array("q", numbers), "little").tobytes()


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
            id=from_raw(each.id), title=from_raw(each.title), topic=each.topic,
            why=from_raw(each.why), fix=from_raw(each.fix), confidence=each.confidence,
            ledger_class=each.ledger_class,
            severity=None if each.severity is None else Severity(each.severity),
            most=Severity(each.most), also=_texts(each.also), keep=from_raw(each.keep),
            trade_off=from_raw(each.trade_off), alternative=each.alternative,
            source=from_raw(each.source), enabled=each.enabled,
        )
        for each in record.rules
    ]  # fmt: skip
    findings = tuple(
        Finding(
            rule=rules[each.rule], title=from_raw(each.title), severity=Severity(each.severity),
            confidence=each.confidence, bytes=each.size, claimed=each.claimed,
            transfer_bytes=each.transfer_bytes, layer=each.layer, line=each.line,
            instruction=from_raw(each.instruction), is_base=each.is_base, paths=each.paths,
            path_count=each.path_count, evidence=_texts(each.evidence), fix=from_raw(each.fix),
            versions=_numbers(each.versions, versions),
            parts={
                version: {from_raw(name): size for name, size in named.items()}
                for version, named in each.parts.items()
            },
            overlaps=_texts(each.overlaps),
        )
        for each in record.findings
    )  # fmt: skip
    inodes, sizes = _numbers(record.inodes, versions), _numbers(record.sizes)
    if not len(inodes) == len(sizes) == len(record.classes):
        raise ValueError("claims of different lengths")
    claims = {
        inode: (record.names[name], size)
        for inode, name, size in zip(inodes, record.classes, sizes, strict=True)
    }
    return Judgement(
        Judged(
            findings,
            Claimed(claims),
            tuple(
                Quiet(from_raw(name), from_raw(title), topic) for name, title, topic in record.quiet
            ),
        ),
        Distribution(*_texts(record.distribution)),
        tuple(
            Diagnostic(from_raw(code), from_raw(message), layer, path)
            for code, message, layer, path in record.notes
        ),
    )


def _numbers(data: bytes, end: int | None = None) -> array[int]:
    found = array("q")
    found.frombytes(data)
    found = ordered(found, "little")
    if found and (min(found) < 0 or (end is not None and max(found) >= end)):
        raise ValueError("a number that is no version")
    return found
