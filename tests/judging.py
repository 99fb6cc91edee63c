"""Images in memory, looked at by rules: for tests of checks and of whole findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from layerlens.analysis.analyse import Described, Look, analyse, make_context
from layerlens.analysis.contents.examiner import default_examiner
from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Check, Draft, RuleSet
from layerlens.analysis.rules.registry import RuleSets, own_rule_sets
from layerlens.analysis.rules.settings import RuleSettings
from layerlens.filesystem.stack import stack
from layerlens.image.base import find_base
from layerlens.image.config import parse_config
from layerlens.image.history import map_history
from layerlens.image.model import BaseBoundary, LayerHistory
from layerlens.image.redaction import redact_config
from layerlens.layers.compression import Compression
from layerlens.layers.contents import Contents, Examiner
from layerlens.layers.reader import LayerRead
from layerlens.layers.tarwalk import walk
from layerlens.sources.examine import examine_stored
from tests.archives import Image


@dataclass
class Looked:
    """An image whose layers were walked; ``base`` is how many of them are the base's."""

    image: Image
    base: int | None = None
    examiner: Examiner | None = None

    @cached_property
    def reads(self) -> list[LayerRead]:
        found = []
        for data in self.image.layers:

            def read(pos: int, count: int, data: bytes = data) -> bytes:
                return data[pos : pos + count]

            def fetch(pos: int, data: bytes = data) -> bytes:
                return data[pos : pos + 512]

            table, _ = walk(fetch, read, end=len(data))
            table.tar_size = len(data)
            found.append(LayerRead(table, Compression.NONE, len(data)))
        return found

    def reread(self, layer: int, i: int) -> Iterator[bytes]:
        table = self.reads[layer].table
        at = table.offsets[i]
        return iter([self.image.layers[layer][at : at + table.stored(i)]])

    def same(self, one: tuple[int, int], other: tuple[int, int]) -> bool:
        return b"".join(self.reread(*one)) == b"".join(self.reread(*other))

    @cached_property
    def contents(self) -> list[Contents]:
        examiner = self.examiner or default_examiner()
        return [
            examine_stored(read.table, examiner, partial(self.reread, k))
            for k, read in enumerate(self.reads)
        ]

    @property
    def described(self) -> Described:
        return Described(
            reference="test",
            source="memory",
            config=parse_config(self.image.config),
            reads=self.reads,
            layers=[(None, None, None) for _ in self.reads],
            tags=(self.image.tag,) if self.image.tag else (),
        )

    def find_base(self, histories: Sequence[LayerHistory]) -> BaseBoundary:
        if self.base is not None:
            return BaseBoundary("exact", self.base, "the test")
        return find_base(self.described.config, histories)

    def look(self, rule_sets: Sequence[RuleSet], settings: RuleSettings | None = None) -> Look:
        return Look(
            lambda: self.contents,
            self.reread,
            lambda: RuleSets(tuple(rule_sets)),
            settings or RuleSettings(),
        )

    @cached_property
    def context(self) -> Context:
        """What checks get."""
        described = self.described
        fs = stack([read.table for read in self.reads], self.same)
        histories, _ = map_history(described.config.history, len(self.reads))
        return make_context(
            described,
            redact_config(described.config),
            fs,
            histories,
            self.find_base(histories),
            self.same,
            self.look(()),
        )

    def drafts(self, check: Check) -> list[Draft]:
        """What one check finds."""
        return list(check(self.context))

    def analysis(
        self, rule_sets: Sequence[RuleSet] | None = None, settings: RuleSettings | None = None
    ) -> Analysis:
        """The whole analysis, by all rules or some."""
        sets = own_rule_sets() if rule_sets is None else rule_sets
        return analyse(self.described, self.same, self.find_base, look=self.look(sets, settings))

    def findings(
        self, rule_sets: Sequence[RuleSet] | None = None, settings: RuleSettings | None = None
    ) -> dict[str, list[Finding]]:
        """The findings by rule id."""
        found: dict[str, list[Finding]] = {}
        for finding in self.analysis(rule_sets, settings).findings:
            found.setdefault(finding.rule.id, []).append(finding)
        return found
