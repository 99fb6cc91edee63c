"""Reports with verdicts, the same on every machine; each is made once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

from layerlens.gate.model import (
    BaselineFacts,
    DiveRuling,
    DiveVerdict,
    Ignore,
)
from layerlens.outputs.report import Report
from tests.unit.gate.demanding import Recorded, demand, judged
from tests.unit.outputs import samples

NOW = 1_777_593_600.0
"""2026-05-01."""


@cache
def failing() -> Report:
    """Gates that pass, warn, fail and cannot be judged, beside dive's, a baseline and ignores."""
    analysis = samples.judged()
    settings = ".layerlens.toml"
    baseline = Recorded(
        {("max-size", ""): 60_000_000, ("max-layers", ""): 4},
        None,
        BaselineFacts("base.json", "judged:0.9", "sha256:" + "0b" * 32, NOW - 3 * 86_400, "cafe12"),
    )
    verdict = judged(
        analysis,
        demand("lowest-efficiency", "90%", origin="default"),
        demand("highest-wasted-bytes", "5%", origin=settings),
        demand("max-size", "warn:60MB", origin=settings),
        demand("max-size", "+5%", origin=settings),
        demand("max-layers", "+0", origin="LAYERLENS_MAX_LAYERS"),
        demand("max-setuid-files", "0", origin=settings),
        demand("max-path", "1MB", "var/lib/apt/**", "--max-path"),
        demand("max-package", "0B", "gcc", "--max-package"),
        demand("max-waste", "warn:10MB", "package-caches", settings),
        demand("max-findings", "0", "critical", settings),
        demand("max-new-findings", "0", "medium", "default"),
        demand("no-root", "warn", origin="--no-root"),
        ignores=(
            Ignore("the vendor's own", "debug-information", ("app/**",), date(2026, 12, 31), settings),
            Ignore("until the move", "root-user", expires=date(2026, 1, 31), origin=settings),
            Ignore("no longer built so", paths=("opt/old/**",), origin=settings),
        ),
        baseline=baseline,
        tolerance="1%",
    )  # fmt: skip
    dive = DiveVerdict(
        (
            DiveRuling("lowestEfficiency", "fail", "0.9",
                       "image efficiency is too low (efficiency=0.811 < threshold=0.9)", ".dive-ci"),
            DiveRuling("highestWastedBytes", "skip", "disabled", "rule disabled", ".dive-ci"),
            DiveRuling("highestUserWastedPercent", "pass", "0.5", origin="--highestUserWastedPercent"),
        )
    )  # fmt: skip
    verdict = replace(verdict, dive=dive, notes=("the baseline is of another base image",))
    return Report(analysis, verdict, dockerfile="Dockerfile")


@cache
def passing() -> Report:
    """All is well."""
    analysis = samples.clean()
    verdict = judged(
        analysis,
        demand("lowest-efficiency", "90%", origin="default"),
        demand("max-size", "2.1MB"),
        demand("max-transfer-size", "1MB"),
    )
    return Report(analysis, verdict)


@cache
def hostile() -> Report:
    """Names, labels and history that are against the reader, and settings that are odd."""
    analysis = samples.hostile()
    verdict = judged(
        analysis,
        demand("highest-wasted-bytes", "1B"),
        demand("max-largest-layer", "1B"),
        demand("max-files", "1"),
        demand("max-path", "1B", "**/\x1b[31m*"),
        demand("max-path", "1B", "**"),
        demand("no-root", origin="a\u202efile"),
        ignores=[Ignore("::error::why\x1b[0m\nnot", paths=("b\x07ell",), origin="\x1b]0;x\x07")],
        baseline=Recorded(
            facts=BaselineFacts("::stop-commands::\x1b[2J", "\u202eref", "d\x1b", -1e300, "r\n")
        ),
    )
    dive = DiveVerdict(
        (DiveRuling("\x1b[1mrule", "misconfigured", "\x1b", "::set-output::", "\x9b"),)
    )
    return Report(analysis, replace(verdict, dive=dive, notes=("::warning::note ##[add-mask]x",)))
