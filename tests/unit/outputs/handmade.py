"""Verdicts made by hand, for tests of outputs that tell them."""

from __future__ import annotations

from datetime import date

from layerlens.gate.catalogue import BY_ID
from layerlens.gate.limits import parse_limit
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

PASS, WARN, FAIL, SKIP = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.SKIP


def ruling(
    gate: str,
    limit: str,
    outcome: Outcome,
    measured: float | None,
    message: str = "",
    *,
    subject: str = "",
    allowed: float | None = None,
    baseline: float | None = None,
    offenders: tuple[Offender, ...] = (),
) -> Ruling:
    """What became of a demand, written as a user would."""
    found = BY_ID[gate]
    parsed = parse_limit(limit, found.unit, at_least=found.at_least)
    demand = Demand(found, parsed, subject, "--" + gate)
    return Ruling(demand, outcome, measured, allowed, message, baseline, offenders)


LISTS = Offender(
    "package lists", 42_000_000, 1, 7, "RUN apt-get update",
    "RUN apt-get update \\\n && rm -rf /var/lib/apt/lists/*", "package-lists",
    (b"var/lib/apt/lists/big",),
)  # fmt: skip


def failing() -> Verdict:
    """Something of everything."""
    return Verdict(
        rulings=(
            ruling("lowest-efficiency", "90%", FAIL, 0.8112, "81.12% is less than 90%"),
            ruling(
                "max-size", "+5%", WARN, 63_500_000, "63.5 MB is 3.5 MB more than 60.0 MB",
                allowed=60_000_000, baseline=57_142_857, offenders=(LISTS,),
            ),
            ruling("max-layers", "20", PASS, 4, "4 is at most 20"),
            ruling("max-path", "1MB", FAIL, 3_000_000, "too much", subject="app/**"),
            ruling("max-new-findings", "0", SKIP, None, "there is no baseline", subject="high"),
        ),
        dive=DiveVerdict((
            DiveRuling("LowestEfficiency", "pass", "0.9"),
            DiveRuling("HighestWastedBytes", "skip", "disabled", "rule disabled"),
            DiveRuling("HighestUserWastedPercent", "misconfigured", "x", "invalid value"),
        )),
        baseline=BaselineFacts("baseline.json", "judged:0", None, 1_700_000_000.0, "abc1234"),
        ignores=(
            IgnoreRuling(Ignore("vendored, on purpose", rule="bytecode"), 1, 0),
            IgnoreRuling(
                Ignore("until the move", paths=("opt/**",), expires=date(2026, 1, 31)), expired=True
            ),
        ),
        notes=("the base is a guess",),
    )  # fmt: skip


def passing() -> Verdict:
    """Nothing to complain about."""
    return Verdict(
        (
            ruling("lowest-efficiency", "90%", PASS, 0.99, "99.00% is at least 90%"),
            ruling("max-size", "100MB", PASS, 2_000_000, "2.0 MB is at most 100MB"),
        )
    )


EVIL = "::error::x | `a` <b> @octocat #1 \n::warning::y ##[error]z \x1b[31m https://evil.example"


def hostile() -> Verdict:
    """Every text that may come from an image is against the reader."""
    offender = Offender(EVIL, 5, 0, None, EVIL, EVIL, "rule", (b"::error::p\n",))
    return Verdict(
        rulings=(
            ruling("max-size", "1B", FAIL, 9, EVIL, offenders=(offender,) * 7),
            ruling("max-package", "1B", WARN, 9, EVIL, subject=EVIL, offenders=(offender,)),
        ),
        dive=DiveVerdict((DiveRuling(EVIL, "fail", EVIL, EVIL),)),
        baseline=BaselineFacts(EVIL, EVIL, None, 1e300, EVIL),
        ignores=(IgnoreRuling(Ignore(EVIL, rule=EVIL, paths=(EVIL,)), 0, 0),),
        notes=(EVIL,),
        strict=True,
    )
