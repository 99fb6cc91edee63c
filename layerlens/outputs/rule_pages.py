"""The pages of ``docs/rules``, made out of the rules themselves."""

from __future__ import annotations

import os
from collections.abc import Sequence

from layerlens.analysis.rules.model import LedgerClass, PathRule, Rule
from layerlens.analysis.rules.settings import Thresholds
from layerlens.outputs.rules import claim_words, claims, severity_words, shown_fix
from layerlens.units import human_size

MARK = "<!-- Made by: layerlens rules --pages docs/rules -->"
"""First line of every page; a page without it is never touched."""


def pages(rules: Sequence[Rule]) -> dict[str, str]:
    """File name -> text: the index, and a page for each rule."""
    return {
        "README.md": index_page(rules),
        **{f"{rule.id}.md": rule_page(rule) for rule in rules},
    }


def write_pages(rules: Sequence[Rule], directory: str) -> int:
    """Write all pages, and remove those of rules that are gone; gives how many there are."""
    found = pages(rules)
    os.makedirs(directory, exist_ok=True)
    for name in os.listdir(directory):
        path = os.path.join(directory, name)
        if name.endswith(".md") and name not in found and _is_made(path):
            os.unlink(path)
    for name, text in found.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return len(found)


def _is_made(path: str) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().rstrip("\n") == MARK


def rule_page(rule: Rule) -> str:
    """The page of one rule."""
    parts = [
        MARK,
        f"# {rule.id}: {rule.title}",
        rule.why,
        _table(
            [
                ("topic", rule.topic.value),
                ("confidence", rule.confidence.value),
                ("severity", severity_words(rule)),
                ("claims", claim_words(rule)),
                ("also known as", ", ".join(rule.also)),
                ("runs", "always, unless disabled" if rule.enabled else "only where enabled"),
            ]
        ),
    ]
    if isinstance(rule, PathRule):
        parts += ["## What it flags", _code(rule.paths)]
        if rule.except_paths:
            parts += ["but not", _code(rule.except_paths)]
        parts += [line for line in (_moved(rule), _owned(rule)) if line]
    for head, text in (("What it keeps", rule.keep), ("At the price", rule.trade_off)):
        if text:
            parts += [f"## {head}", text]
    parts += ["## Fix", _code(shown_fix(rule).split("\n"))]
    if rule.source:
        parts += ["## Source", rule.source]
    return "\n\n".join(parts) + "\n"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = [f"| {name} | {text} |" for name, text in rows if text]
    return "\n".join(["| | |", "|---|---|", *lines])


def _code(lines: Sequence[str]) -> str:
    return "\n".join(["```", *lines, "```"])


def _moved(rule: PathRule) -> str:
    names = [f"`{name}`" for name in rule.moved_by]
    return f"Also where the image puts the directory by {', '.join(names)}." if names else ""


def _owned(rule: PathRule) -> str:
    words = {
        "skip": "Files that an installed package owns are not flagged.",
        "info": "Files that an installed package owns are information at most.",
        "flag": "Files that an installed package owns are flagged too.",
    }
    least = (
        f" Less than {human_size(rule.minimum)} in a layer is not told." if rule.minimum > 1 else ""
    )
    return words[rule.owned] + least


def index_page(rules: Sequence[Rule]) -> str:
    """The index, and what holds for all rules."""
    rows = [
        f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.confidence.value} "
        f"| {claims(rule) or '-'} | {', '.join(rule.also) or '-'} |"
        for rule in rules
    ]
    usual = Thresholds()
    classes = "\n".join(f"{k}. `{each.value}`" for k, each in enumerate(LedgerClass, 1))
    return _INDEX.format(
        mark=MARK,
        rows="\n".join(rows),
        classes=classes,
        low=human_size(usual.low),
        medium=human_size(usual.medium),
        high=human_size(usual.high),
        low_share=f"{usual.low_share * 100:g} %",
        high_share=f"{usual.high_share * 100:g} %",
    )


_INDEX = """{mark}

# Rules

A rule says what is waste or a risk in an image, why, and how to avoid it. `layerlens rules` lists
them, `layerlens rules ID` shows one; `ID` may also be the name of the same thing in hadolint,
dockle, trivy or the CIS benchmark, such as `DL3009`. `--topic` filters, `--json` is for programs.

| rule | what it finds | confidence | claims | also known as |
|---|---|---|---|---|
{rows}

## Confidence

- **certain**: a package database, a lock file, a tool's own directory or the bytes themselves say so.
- **likely**: the path says so.
- **hint**: a name or the history suggests it, or somebody may want it so.

## Who claims a byte

A byte has one class in the ledger, however many rules speak of it; a finding tells which other
rules overlap with it. Bytes that a later layer deletes or replaces have that as their cause, and no
rule claims them. Live bytes go to the first in this order:

1. the ledger class of the rule, as listed below
2. the rule's place in the table above, then those of other packages and your own
3. findings without a layer to blame, then lower layers before higher ones, so the base's before
   yours

Hints claim nothing, nor do rules with a price (their page has a section on it): they say what would
be saved, and leave the bytes where they are. A file with several names (hard links) is freed only
when all of them go. Classes in their order:

{classes}

## Severity

Of rules about bytes it follows from the bytes that would come back:

| severity | from |
|---|---|
| info | less than {low}, or less than {low_share} of the image |
| low | {low} |
| medium | {medium} |
| high | {high}, or {medium} that are {high_share} of the image |

What lies in the base image's layers is one step lower: another base is not one line away. Rules
about facts have a severity of their own, and some a bound.

## What is never flagged

Files below a declared `VOLUME`; `/etc/hosts`, `/etc/resolv.conf`, `/etc/hostname` and
`/.dockerenv`, which engines write. What an installed package owns is not junk: most rules pass over
it, some tell it as information. Tools that the entry point, the command or the health check names
are in use.

`~` stands for root's home, every home in `/etc/passwd`, those in `/home`, and `$HOME`. Variables of
the image that move a tool's cache (`PIP_CACHE_DIR`, `GOPATH`, `XDG_CACHE_HOME` and the like) are
followed.

## Your settings

In `.layerlens.toml` of the working directory, in another file by `--config FILE`, or below
`[tool.layerlens]` in `pyproject.toml`:

```toml
[rules]
disable = ["docs", "man-pages"]     # ids; enable = [...] likewise

[rules.severity]
npm-cache = "high"                  # info, low, medium, high, critical

[rules.thresholds]
low = "1MB"                         # or bytes as a number; medium, high
high-share = 0.2                    # of the image; low-share

[[rules.path]]                      # a rule of your own, as often as you like
id = "recorded-answers"
title = "recorded answers of other services"
paths = ["srv/fixtures/**", "**/*.cassette.{{yml,json}}"]
except = ["srv/fixtures/README.md"]
why = "Only tests read them."
fix = "Add fixtures to .dockerignore"
class = "tests-and-examples"        # a ledger class; other, where it is left out
severity = "low"                    # from the bytes, where it is left out
minimum = "10kB"
```

Paths are globs without a leading slash: `*` and `?` stay inside a name, `**` is any number of
directories, `{{a,b}}` are alternatives, a leading `~/` is every home. All that is wrong with the
settings is told at once, with exit code 2.

## Rules of other packages

A Python package brings rules by an entry point of the group `layerlens.rules` that names a
`layerlens.analysis.rules.model.RuleSet`:

```toml
[project.entry-points."layerlens.rules"]
ours = "our_rules:RULE_SET"
```

```python
from layerlens.analysis.rules.model import PathRule, Topic
from layerlens.analysis.rules.paths import path_rule_set

RULE_SET = path_rule_set(
    [
        PathRule(
            id="our-cache",
            title="our tool's cache",
            topic=Topic.CONTENT,
            why="It is made anew.",
            fix="RUN our-tool --no-cache",
            paths=("var/cache/our-tool/**",),
        ),
    ]
)
```

A rule that paths do not tell has a *check*: a function that gets a
`layerlens.analysis.rules.context.Context` and gives `Draft`s; bytes, severity and blame are counted
by LayerLens. Rules whose id exists already are refused, and a package whose rules cannot be loaded
costs its own rules only; both are told.

## Adding a rule here

A rule is data: put it into the module of `layerlens/analysis/rules/catalogue` that has its subject,
with its source, what it keeps and a fix that can be pasted, add a test with an image that has it and
one that only looks so, and run `layerlens rules --pages docs/rules`.
"""
