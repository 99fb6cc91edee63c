"""Fleets made by hand: images over layers that they share, without archives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, LedgerClass, Rule, RuleSet, Severity, Topic
from layerlens.fleet.gather import Gatherer
from layerlens.fleet.model import Fleet
from layerlens.image.model import BaseBoundary
from tests.builders import Member, file, whiteout
from tests.unit.outputs import samples

KB = 1000

BASE = [file("bin/sh", b"s" * 90 * KB), file("var/lib/apt/lists/all", b"l" * 40 * KB),
        file("etc/motd", b"m" * 200)]  # fmt: skip
OTHER_BASE = [file("bin/sh", b"S" * 80 * KB)]
MODEL = b"M" * 120 * KB


_LISTS = Rule(
    id="package-lists", title="package lists", topic=Topic.CONTENT, why="Nobody reads them.",
    fix="RUN rm -rf /var/lib/apt/lists", ledger_class=LedgerClass.PACKAGE_CACHES,
)  # fmt: skip
_ROOT = Rule(
    id="root-user", title="runs as root", topic=Topic.POSTURE, why="It could do anything.",
    fix="USER 10001", severity=Severity.HIGH,
)  # fmt: skip


def _check(context: Context) -> Iterable[Draft]:
    yield Draft("root-user", history=0)
    lists = list(context.files.below(b"var/lib/apt/lists"))
    if lists:
        yield Draft("package-lists", lists)


RULES = RuleSet((_LISTS, _ROOT), (_check,))


def image(
    name: str,
    layers: Sequence[Sequence[Member]],
    instructions: Sequence[str] = (),
    *,
    base: int = 1,
    distribution: Distribution | None = None,
    judged: bool = True,
) -> Analysis:
    """An analysis; with ``judged`` by the rules of the samples' own."""
    made = samples.build(
        layers,
        instructions or [f"RUN step {k} of {name}" for k in range(len(layers))],
        base=BaseBoundary("declared", base, "the test", "debian:12"),
        reference=name,
        tags=(name,),
        rules=[RULES] if judged else None,
    )
    return replace(made, distribution=distribution or Distribution("debian", "12", "Debian 12"))


def shop() -> list[Analysis]:
    """Three images on one base and one on another.

    ``web`` deletes the package lists that the base brings, the others keep them; ``web`` and
    ``job`` bring the same model in layers of their own.
    """
    add_base = "ADD rootfs.tar /"
    return [
        image(
            "web:1",
            [BASE, [file("app/model", MODEL), file("app/web", b"w" * 3 * KB)],
             [whiteout("var/lib/apt/lists/all")]],
            [add_base, "COPY web /app", "RUN rm -rf /var/lib/apt/lists"],
        ),
        image("api:1", [BASE, [file("app/api", b"a" * 5 * KB)]], [add_base, "COPY api /app"]),
        image(
            "job:1",
            [BASE, [file("srv/model", MODEL), file("srv/job", b"j" * KB)]],
            [add_base, "COPY job /srv"],
        ),
        image("old:1", [OTHER_BASE, [file("app/old", b"o" * 2 * KB)]], ["ADD old.tar /", "COPY old /app"]),
    ]  # fmt: skip


def fleet(images: Sequence[Analysis]) -> Fleet:
    gatherer = Gatherer()
    for each in images:
        gatherer.add(each)
    return gatherer.fleet()
