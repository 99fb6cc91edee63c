"""What the outputs of problems share: fingerprints, reasons, places."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Severity
from layerlens.gate.model import Ignore, IgnoreRuling, Verdict
from layerlens.outputs.problems import (
    Reasons,
    clipped,
    fingerprints,
    fix_lines,
    gate_problems,
    place,
    problems,
)
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, verdicts

judged = cache(samples.judged)


def finding(rule: int = 0, **changes: object) -> Finding:
    found = judged().findings[rule]
    return replace(found, **changes)  # type: ignore[arg-type]


def test_fingerprints_last_from_build_to_build() -> None:
    first = finding(layer=1, line=3, paths=(b"app/node_modules/a-1.2/x",))
    later = replace(
        first, layer=4, line=9, bytes=7, severity=Severity.LOW, paths=(b"app/node_modules/a-1.3/x",)
    )
    assert fingerprints([first]) == fingerprints([later])
    assert fingerprints([first]) != fingerprints([replace(first, paths=(b"srv/x",))])


def test_fingerprints_are_unique_and_go_by_layer() -> None:
    low, high = finding(layer=1), finding(layer=3)
    a, b = fingerprints([low, high]), fingerprints([high, low])
    assert a == b[::-1]
    assert len(set(fingerprints([low] * 100))) == 100


def test_gates_of_one_name_are_told_apart_and_last() -> None:
    again = replace(verdicts.FAILED, measured=1.0, message="otherwise")
    prints = [p.fingerprint for p in gate_problems(Verdict((verdicts.FAILED, verdicts.FAILED)))]
    assert len(set(prints)) == 2
    assert [p.fingerprint for p in gate_problems(Verdict((again,)))] == prints[:1]


def test_failures_come_first_and_what_is_suppressed_last() -> None:
    found = problems(Report(judged(), verdicts.MIXED))
    checks = [problem.check for problem in found]
    assert checks[:4] == [
        "gate/max-path",
        "gate/lowest-efficiency",
        "gate/no-root",
        "gate/max-size",
    ]
    assert [problem.suppressed is not None for problem in found[-3:]] == [False, True, True]


def test_reasons() -> None:
    def ruling(reason: str, rule: str = "", *paths: str, findings: int = 1) -> IgnoreRuling:
        return IgnoreRuling(Ignore(reason, rule, paths), findings, 0)

    reasons = Reasons(
        Verdict(
            ignores=(
                ruling("unused", "package-lists", findings=0),
                ruling("another rule", "root-user"),
                ruling("elsewhere", "package-lists", "srv/**"),
                ruling("here", "", "var/**"),
            )
        )
    )
    assert reasons.of(finding(paths=(b"var/lib/x",))) == "here"
    assert reasons.of(finding(paths=(b"opt/x",))) == "the settings say so"
    rule = finding().rule
    lists = replace(finding(paths=(b"srv/x",)), rule=replace(rule, id="package-lists"))
    assert reasons.of(lists) == "elsewhere"


def test_places() -> None:
    report = Report(judged(), dockerfile="./a/../b\\Dockerfile")
    (gate,) = gate_problems(Verdict((verdicts.SHARE,)))
    found = place(report, gate)
    assert (found.path, found.uri, found.relative, found.line) == (
        "b/Dockerfile", "b/Dockerfile", True, 1,
    )  # fmt: skip
    found = place(Report(judged()), gate)
    assert (found.path, found.uri) == ("judged:1", "judged%3A1")
    odd = replace(judged().image, reference="/tmp/\x1b\udcff.tar")
    found = place(Report(replace(judged(), image=odd)), gate)
    assert (found.path, found.uri, found.relative) == (
        r"/tmp/\x1b\xff.tar", "file:///tmp/%1B%FF.tar", False,
    )  # fmt: skip


def test_texts_are_bounded() -> None:
    assert clipped("x" * 400) == "x" * 299 + "…"
    assert clipped("\x1b" * 300) == (r"\x1b" * 75)[:299] + "…"
    assert clipped("a\nb") == r"a\nb"
    assert len(list(fix_lines("x\n" * 100))) == 20
    assert list(fix_lines("\none\n\n  two \n")) == ["fix: one", "", "       two"]
    assert list(fix_lines("")) == []
