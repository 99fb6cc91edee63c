"""Images in which every list of the report's page is long, made up for its benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import compare as compared
from benchmarks.gate import files, table
from layerlens.analysis.analyse import Described, Look, analyse
from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Ecosystem, Inventory, Listed, Package
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Topic
from layerlens.analysis.rules.registry import RuleSets
from layerlens.comparison.compare import compare
from layerlens.contents_of_two import Side, same_content
from layerlens.image.model import BaseBoundary, HistoryEntry, ImageConfig
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents
from layerlens.layers.reader import LayerRead
from layerlens.layers.table import LayerTable
from layerlens.outputs.report import Report

LAYERS = 127
"""As many as engines take."""

CHANGED = 50_000
"""Changes of layer 1: half of them over what is there, half new."""

FINDINGS = 2_000
PACKAGES = 5_000
DIFFERING = 100_000
"""Paths of the comparison."""


def crowded() -> Report:
    """One image with all of that; each layer loses a file of every layer below it."""
    tables = [table(_names(layer)) for layer in range(LAYERS)]
    steps = tuple(HistoryEntry(created_by=f"RUN build step {k} of it") for k in range(LAYERS))
    analysis = analyse(
        Described(
            reference="crowded", source="memory",
            config=ImageConfig(None, (), steps),
            reads=[LayerRead(each, Compression.NONE, each.tar_size) for each in tables],
            layers=[(None, None, None)] * LAYERS,
        ),
        lambda *_: False,
        lambda _: BaseBoundary("exact", 1, "the benchmark"),
        look=Look(lambda: [Contents() for _ in tables], lambda _layer, _i: None, _rules),
    )  # fmt: skip
    return Report(_with_packages(analysis, tables[0]))


def _names(layer: int) -> Iterator[tuple[bytes, int]]:
    old = list(files(b"usr/lib", CHANGED))
    if layer == 0:
        yield from old
    elif layer == 1:
        yield from old[: CHANGED // 2]
        yield from files(b"srv/app/node_modules", CHANGED // 2)
    for other in range(LAYERS):
        if other != layer:
            low, high = sorted((layer, other))
            yield b"var/state/%d/%d" % (low, high), 500 + low * high


def _rules() -> RuleSets:
    rules = tuple(
        Rule(id=f"rule-{each.value}", title=f"Files of {each.value}", topic=Topic.CONTENT,
             why="It is not needed.", fix="rm {paths}", ledger_class=each)
        for each in LedgerClass
    )  # fmt: skip

    def check(context: Context) -> Iterator[Draft]:
        live = context.files.versions
        for k in range(FINDINGS):
            yield Draft(rules[k % len(rules)].id, live[k * 10 : k * 10 + 10])

    return RuleSets((RuleSet(rules, (check,)),))


def _with_packages(analysis: Analysis, lowest: LayerTable) -> Analysis:
    """Each owns ten files, and needs the one before it."""
    packages, owners = [], {}
    kinds = list(Ecosystem)
    for k in range(PACKAGES):
        versions = range(k * 10, min(k * 10 + 10, len(lowest)))
        owners.update(dict.fromkeys(versions, k))
        listed = Listed(
            ecosystem=kinds[k % 3], name=f"package-{k}", version=f"1.{k}", licence="MIT",
            manual=k % 100 == 99, requires=(f"package-{k - 3}",) if k % 100 > 2 else (),
        )  # fmt: skip
        size = sum(lowest.sizes[each] for each in versions)
        packages.append(Package(listed, b"var/lib/dpkg/status", 0, versions, size))
    return replace(analysis, inventory=Inventory(tuple(packages), owners))


def differing() -> Report:
    """A comparison in which the contents of all paths differ."""
    old = compared.made(DIFFERING, b"a", 1, 0, "old")
    new = compared.made(DIFFERING, b"a", 2, 10**9, "new")
    return Report(new, comparison=compare(old, new, same_content(Side(old), Side(new))))
