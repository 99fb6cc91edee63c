"""Images that are against every reader: of terminals, CI logs, spreadsheets, XML and JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from layerlens.analysis.model import Analysis
from layerlens.analysis.packages.model import Inventory, Package
from layerlens.analysis.packages.purl import Distribution
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.model import Draft, Rule, RuleSet, Severity, Topic
from layerlens.image.model import BaseBoundary
from layerlens.layers.diagnostics import Diagnostic
from tests.builders import file, symlink
from tests.judging import Looked
from tests.unit.outputs.samples import EVIL, HOSTILE_NAMES, build
from tests.unit.saved.test_secrets import IMAGE as SECRET_IMAGE

TEXT = (
    "::error file=a::x\n::add-mask::y\r##[add-mask]z ##vso[task.complete]w \x1b[31mred\x9b0m"
    " \u202e\ufeff\ufffe\uffff\x00 ]]> --> </failure>&amp;'\"<b> {0} [a](0) `c` \\ \udcff, =1+1"
)
"""Everything at once."""

NAMES = (
    *HOSTILE_NAMES,
    b"::error::name",
    b" ::warning::name",
    b"##[error]name",
    b"##vso[task.setvariable]name",
    b"{0} [link](1)",
    b"a;=cmd|'/C calc'!A0",
    b'b; "+1',
    b" =1",
    ";\uff1d1".encode(),
    "\ufffe]]>".encode(),
)


def _rule(name: str, topic: Topic, severity: Severity | None) -> Rule:
    return Rule(id=name, title=TEXT, topic=topic, why=TEXT, fix=TEXT, severity=severity,
                trade_off=TEXT, also=(TEXT,), source=f"https://example.org/{TEXT}")  # fmt: skip


_RULES = (
    _rule("wicked-bytes", Topic.CONTENT, None),
    _rule("wicked-secret", Topic.SECRETS, Severity.CRITICAL),
    _rule("=wicked", Topic.POSTURE, Severity.LOW),
)


def _check(context: Context) -> Iterable[Draft]:
    versions = list(context.fs.live.values())
    for rule in _RULES:
        yield Draft(rule.id, versions, title=TEXT, evidence=(TEXT, "::error::x"), paths=NAMES)
        yield Draft(rule.id, history=1, title="::error::t", fix=f"{TEXT}\n::error::f")


@cache
def wicked() -> Analysis:
    """Every text and name that an image can bring."""
    analysis = build(
        [
            [file(name, b"x" * (100 + k)) for k, name in enumerate(NAMES)],
            [*(file(name, b"y" * (200 + k)) for k, name in enumerate(NAMES)), symlink("=1", "@1")],
        ],
        [f"RUN {TEXT}", TEXT],
        base=BaseBoundary("guessed", 1, TEXT, TEXT),
        reference=TEXT,
        tags=(TEXT,),
        settings={"User": TEXT, "Env": [TEXT], "Labels": {TEXT: TEXT}, "Cmd": [TEXT]},
        annotations={TEXT: TEXT},
        notes=[Diagnostic("odd", TEXT, 1, NAMES[0])],
        rules=[RuleSet(_RULES, (_check,))],
    )
    package = Package(replace(EVIL, name=TEXT), NAMES[0], 1, [], 5)
    return replace(
        analysis,
        inventory=Inventory((package,), {}, ()),
        distribution=Distribution(TEXT, TEXT, TEXT),
    )


@cache
def secret() -> Analysis:
    """An image with a secret wherever one can be."""
    return Looked(SECRET_IMAGE).analysis()
