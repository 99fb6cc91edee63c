"""Rules for people: a list, one rule in full, or JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from layerlens.analysis.rules.model import PathRule, Rule
from layerlens.outputs.display import escape

_WIDTH = 100
_HEADS = ("RULE", "TOPIC", "CONFIDENCE", "CLAIMS", "ALSO", "WHAT")

_BRACES = re.compile(r"(?<!\$)\{([a-z_]+)\}")


def write_rules(
    rules: Sequence[Rule], stream: TextIO, *, in_full: bool = False, fmt: str = "text"
) -> None:
    """Write rules as a table, in full, or as JSON."""
    if fmt == "json":
        document = {"schema_version": 1, "rules": [rule_fields(rule) for rule in rules]}
        json.dump(document, stream, indent=2)
        stream.write("\n")
        return
    if in_full:
        for number, rule in enumerate(rules):
            stream.writelines(
                line + "\n" for line in ([""] if number else []) + list(rule_lines(rule))
            )
        return
    stream.writelines(line + "\n" for line in table_lines(rules))


def find_rules(word: str, rules: Sequence[Rule]) -> list[Rule]:
    """The rule of an id, or those that another tool's identifier names."""
    own = [rule for rule in rules if rule.id == word.lower()]
    wanted = word.upper().removeprefix("AVD-")
    return own or [rule for rule in rules if wanted in (name.upper() for name in rule.also)]


def rule_fields(rule: Rule) -> dict[str, Any]:
    """The JSON form of a rule; what is not set is ``null``."""
    found: dict[str, Any] = {
        "id": rule.id,
        "title": rule.title,
        "topic": rule.topic.value,
        "confidence": rule.confidence.value,
        "claims": claims(rule),
        "severity": None if rule.severity is None else rule.severity.word,
        "at_most": rule.most.word,
        "also": list(rule.also),
        "why": rule.why,
        "keep": rule.keep or None,
        "fix": rule.fix,
        "trade_off": rule.trade_off or None,
        "alternative": rule.alternative,
        "source": rule.source or None,
        "enabled": rule.enabled,
    }
    if isinstance(rule, PathRule):
        found["paths"] = list(rule.paths)
        found["except"] = list(rule.except_paths)
    return found


def claims(rule: Rule) -> str | None:
    """The ledger class whose bytes a rule claims, if it claims any."""
    return rule.ledger_class.value if rule.claims and rule.ledger_class is not None else None


def table_lines(rules: Sequence[Rule]) -> list[str]:
    """Columns as wide as they need."""
    cells = [
        [
            escape(rule.id),
            rule.topic.value,
            rule.confidence.value,
            claims(rule) or "-",
            escape(",".join(rule.also)) or "-",
            escape(rule.title),
        ]
        for rule in rules
    ]
    widths = [max(len(line[k]) for line in [[*_HEADS], *cells]) for k in range(len(_HEADS))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in [[*_HEADS], *cells]
    ]


def severity_words(rule: Rule) -> str:
    """How severe its findings are."""
    found = "from the bytes" if rule.severity is None else rule.severity.word
    bound = (
        f", at most {rule.most.word}"
        if rule.severity is None and rule.most.word != "critical"
        else ""
    )
    base = ""
    if isinstance(rule, PathRule) and rule.base_most is not None:
        base = f"; of a base image at most {rule.base_most.word}"
    return found + bound + base


def claim_words(rule: Rule) -> str:
    """What its findings do to the ledger."""
    found = claims(rule)
    if found is not None:
        return f"bytes of the class {found}"
    return "nothing: its findings are advice" if rule.ledger_class is not None else "nothing"


def rule_lines(rule: Rule) -> Iterator[str]:
    """A rule in full."""
    yield f"{escape(rule.id)}: {escape(rule.title)}"
    yield ""
    yield from _wrapped(rule.why)
    facts = [
        ("Topic", rule.topic.value),
        ("Confidence", rule.confidence.value),
        ("Severity", severity_words(rule)),
        ("Claims", claim_words(rule)),
        ("Also", ", ".join(rule.also)),
        ("Off", "" if rule.enabled else "unless enabled"),
    ]
    yield ""
    yield from (f"{name + ':':<12}{escape(text)}" for name, text in facts if text)
    if isinstance(rule, PathRule):
        yield from _section("Flags", [f"/{p}" if p[0] != "~" else p for p in rule.paths])
        yield from _section("But not", [f"/{p}" if p[0] != "~" else p for p in rule.except_paths])
    yield from _section("Keeps", _wrapped(rule.keep))
    yield from _section("Fix", [escape(line) for line in shown_fix(rule).split("\n")])
    yield from _section("At the price", _wrapped(rule.trade_off))
    yield from _section("Source", _wrapped(rule.source))


def shown_fix(rule: Rule) -> str:
    """A rule's fix with names in angles where findings fill something in."""
    return _BRACES.sub(r"<\1>", rule.fix)


def _section(name: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{name}:"
        yield from (f"  {escape(line)}" for line in lines)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(escape(text), _WIDTH - 2, break_on_hyphens=False) if text else []
