"""Verdicts made by hand, of every outcome, for tests of outputs."""

from __future__ import annotations

from datetime import date

from layerlens.gate.catalogue import BY_ID
from layerlens.gate.limits import Bound, Level, Limit, parse_limit
from layerlens.gate.model import (
    BaselineFacts,
    Demand,
    DiveRuling,
    DiveVerdict,
    Ignore,
    IgnoreRuling,
    Offender,
    Outcome,
    Ruling,
    Verdict,
)


def demand(gate: str, limit: str, subject: str = "", origin: str = "") -> Demand:
    known = BY_ID[gate]
    if gate == "no-root":
        made = Limit(0, Bound.ABSOLUTE, Level.FAIL, "fail")
    else:
        made = parse_limit(limit, known.unit, at_least=known.at_least)
    return Demand(known, made, subject, origin or f"--{gate}")


BIG = Offender(
    "npm's cache", 12_000_000, layer=1, line=3, instruction="RUN npm install",
    fix="RUN npm ci \\\n && npm cache clean --force\n", rule="npm-cache", paths=(b"root/.npm/x",),
)  # fmt: skip
OLD = Offender("/tmp/kit", 300, layer=0)

PASSED = Ruling(
    demand("max-size", "300MB"), Outcome.PASS, 62_000_000.0, 300_000_000.0,
    "image size 62.0 MB, at most 300.0 MB",
)  # fmt: skip
WARNED = Ruling(
    demand("max-size", "warn:50MB"), Outcome.WARN, 62_000_000.0, 50_000_000.0,
    "image size 62.0 MB, 12.0 MB more than 50.0 MB", offenders=(BIG,),
)  # fmt: skip
FAILED = Ruling(
    demand("max-path", "1MB", "var/**"), Outcome.FAIL, 42_000_000.0, 1_000_000.0,
    "bytes at paths var/** 42.0 MB, 41.0 MB more than 1.0 MB", offenders=(BIG, OLD),
)  # fmt: skip
SHARE = Ruling(
    demand("lowest-efficiency", "95%"), Outcome.FAIL, 0.81, 0.95, "efficiency 81.00%, below 95.00%"
)
SKIPPED = Ruling(
    demand("max-transfer-size", "+5%", origin="default"), Outcome.SKIP, None, None,
    "transfer size is not known: a layer is stored uncompressed", baseline=1.5,
)  # fmt: skip
ROOT = Ruling(demand("no-root", ""), Outcome.FAIL, 1.0, 0.0, "root user yes, must not be")

DIVE = DiveVerdict(
    (
        DiveRuling("highestWastedBytes", "skip", "disabled", "rule disabled", ".dive-ci"),
        DiveRuling("highestUserWastedPercent", "fail", "0.1", "too many bytes wasted: 0.3", "flag"),
        DiveRuling("lowestEfficiency", "pass", "0.9", "", "default"),
        DiveRuling("oddRule", "misconfigured", "x", "invalid config value"),
    )
)
BASE = BaselineFacts("base.json", "judged:0", "sha256:" + "ab" * 32, 1_700_000_000.5, "abc123")
IGNORES = (
    IgnoreRuling(
        Ignore("we need them", rule="package-lists", origin=".layerlens.toml"), findings=2, bytes=42
    ),
    IgnoreRuling(Ignore("old", paths=("app/**",), expires=date(2024, 2, 29)), expired=True),
)

PASS = Verdict((PASSED,))
WARN = Verdict((PASSED, WARNED), notes=("a note",))
FAIL = Verdict((FAILED, SHARE, ROOT, PASSED), baseline=BASE)
SKIP = Verdict((SKIPPED,))
MIXED = Verdict(
    (PASSED, WARNED, FAILED, SHARE, SKIPPED, ROOT), DIVE, BASE, IGNORES, frozenset({0, 2}),
    strict=True, notes=("a note",),
)  # fmt: skip
BY_NAME = {
    "none": None, "pass": PASS, "warn": WARN, "fail": FAIL, "skip": SKIP, "mixed": MIXED,
    "empty": Verdict(),
}  # fmt: skip


def wicked(text: str) -> Verdict:
    """A verdict in which every text is ``text``."""
    raw = text.encode("utf-8", "surrogateescape")
    offender = Offender(text, 5, 0, 1, text, text, text, (raw,))
    rulings = tuple(
        Ruling(
            Demand(BY_ID["max-path"], Limit(1, Bound.ABSOLUTE, Level.FAIL, text), text, text),
            outcome, float("nan"), float("inf"), text, float("-inf"), (offender,),
        )
        for outcome in Outcome
    )  # fmt: skip
    return Verdict(
        rulings,
        DiveVerdict(tuple(DiveRuling(text, status, text, text, text) for status in ("fail", text))),
        BaselineFacts(text, text, text, 1e300, text),
        (
            IgnoreRuling(Ignore(text, rule=text, paths=(text,), origin=text), expired=True),
            IgnoreRuling(Ignore(text), findings=1, bytes=1),
        ),
        frozenset({0}),
        strict=True,
        notes=(text,),
    )
