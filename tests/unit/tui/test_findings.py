"""The findings as a table, as pages, and the image without what is ticked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.context import Context
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import (
    Confidence,
    Draft,
    LedgerClass,
    Rule,
    RuleSet,
    Severity,
    Topic,
)
from layerlens.tui.viewmodel.findings import Findings, Outlook, is_plain
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.text import width
from layerlens.tui.viewmodel.whose import Whose
from tests.builders import Image, file, hardlink, layer, whiteout
from tests.judging import Looked
from tests.unit.outputs import samples
from tests.unit.tui.test_page import text


def made(analysis: Analysis, *, reading: bool = False) -> Findings:
    return Findings(Session(analysis, reading=reading))


def rules_of(findings: Findings) -> list[str]:
    return [finding.rule.id for finding in findings.table.rows]


def drawn(findings: Findings, cells: int = 120) -> list[str]:
    return [
        "".join(text for text, _ in findings.table.pieces(k, cells)).rstrip()
        for k in range(len(findings.table))
    ]


def of_rule(findings: Findings, rule: str) -> Finding:
    return next(each for each in findings.table.rows if each.rule.id == rule)


def many(number: int) -> Analysis:
    """Findings by a third party, with texts against the reader; they overlap."""
    rule = Rule(
        id="third",
        title="[red]x[/red]",
        topic=Topic.CONTENT,
        why="\x1b[2J",
        fix="RUN rm \\\n {paths}\x07",
        ledger_class=LedgerClass.OTHER,
    )

    def check(context: Context) -> Iterable[Draft]:
        files = [*context.files.versions]
        for k in range(number):
            yield Draft(
                "third",
                files[k % 50 : k % 50 + 30],
                title=f"{samples.ESCAPE} [bold]{k}[/bold]\n\u202e",
                evidence=(samples.ESCAPE, "[link=x]y"),
            )

    members = [file(f"d/{k:02}", b"x" * (1000 + k)) for k in range(80)]
    return samples.build(
        [members, [hardlink("d/link", "d/07"), whiteout("d/00")]],
        compressed=True,
        rules=[RuleSet((rule,), (check,))],
    )


# ---------------------------------------------------------------------- table


def test_the_worst_come_first() -> None:
    findings = made(samples.judged())
    lines = drawn(findings)
    assert lines[0].split()[:2] == ["!", "high"]
    order = [(row.severity, row.bytes) for row in findings.table.rows]
    assert order == sorted(order, reverse=True)
    assert findings.order == "by severity"
    assert findings.title == "6 findings"
    assert "40.0 MB" in " ".join(lines)
    assert "█" in " ".join(lines)


def test_orders() -> None:
    findings = made(samples.judged())
    for column in ("size", "rule", "layer", "count", "sure", "title"):
        findings.table.sort_by(column)
        rows = findings.table.rows
        key = next(each.key for each in findings.table.columns if each.id == column)
        largest_first = column in ("size", "count")
        assert [key(row) for row in rows] == sorted(map(key, rows), reverse=largest_first)
        findings.table.sort_by(column)
        assert [key(row) for row in findings.table.rows] == sorted(
            map(key, rows), reverse=not largest_first
        )
        assert findings.order.endswith("↑")


def test_filters() -> None:
    findings = made(samples.judged())
    every = len(findings.table)
    seen = []
    for _ in range(5):
        findings.cycle_threshold()
        seen.append((findings.threshold, len(findings.table)))
        assert all(row.severity >= findings.threshold for row in findings.table.rows)
    assert [severity for severity, _ in seen] == [
        Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL, Severity.INFO,
    ]  # fmt: skip
    assert seen[-1][1] == every
    assert findings.title == "6 findings"

    sums = []
    for whose in (Whose.YOURS, Whose.BASE, Whose.ALL):
        findings.cycle_whose()
        assert findings.whose == whose
        assert whose.value in findings.title or whose is Whose.ALL
        sums.append(len(findings.table))
    assert sums[0] + sums[1] == sums[2] == every

    findings.toggle_plain()
    assert "bytecode" not in rules_of(findings), "a hint with a price"
    assert findings.is_filtered
    assert findings.title == "5 of 6 · plain advice"
    findings.clear_filters()
    assert rules_of(findings).count("bytecode") == 1


@pytest.mark.parametrize(
    ("words", "rules"),
    [
        ("DL3009", {"package-lists"}),
        ("tmp/kit", {"deleted-later"}),
        ("runs AS root", {"root-user"}),
        ("apt/*/big", {"package-lists"}),
        ("nothing of that kind", set()),
    ],
)
def test_text_filter(words: str, rules: set[str]) -> None:
    findings = made(samples.judged())
    findings.table.search(words)
    assert set(rules_of(findings)) == rules
    assert findings.is_filtered


def test_alternatives_and_hints_are_not_plain() -> None:
    finding = samples.judged().findings[0]
    assert is_plain(finding)
    assert not is_plain(replace(finding, confidence=Confidence.HINT))
    assert not is_plain(replace(finding, rule=replace(finding.rule, alternative=True)))
    assert not is_plain(replace(finding, rule=replace(finding.rule, trade_off="slower")))


@pytest.mark.parametrize("number", [0, 1, 300])
def test_any_number_of_hostile_findings(number: int) -> None:
    findings = made(many(number))
    assert len(findings.table) == number
    for cells in (20, 58, 78, 120, 298):
        for line in drawn(findings, cells):
            assert "\x1b" not in line
            assert "\n" not in line
            assert "\u202e" not in line
    for finding in findings.table.rows[:3]:
        lines = text(findings.page(finding), 78)
        assert not any(char in "".join(lines) for char in "\x1b\x07\u202e\n")
        assert any("[bold]" in line for line in lines)
        assert any(line.startswith("fix") and line.endswith("\\") for line in lines)
        assert any("[link=x]y" in line for line in lines)


# ---------------------------------------------------------------------- pages


def test_a_page_has_all_that_is_known() -> None:
    findings = made(samples.judged())
    shown = text(findings.page(of_rule(findings, "package-lists")), 200)
    joined = "\n".join(shown)
    for words in (
        "package-lists (elsewhere DL3009)",
        "certain",
        "42.0 MB (42,000,000 bytes)",
        "on the wire",
        "layer 1",
        "RUN apt-get update",
        "&& rm -rf /var/lib/apt/lists/big",
        "The container never reads them.",
        "paths (2), Enter shows one in the tree",
    ):
        assert words in joined
    assert shown[-2:] == [
        "   40.0 MB /var/lib/apt/lists/big",
        "    2.0 MB /var/lib/apt/lists/small",
    ]
    hint = text(findings.page(of_rule(findings, "bytecode")), 200)
    assert "price       slower starts" in hint
    assert any(r"/app/bad-\xff\x1b" in line for line in hint)
    root = text(findings.page(of_rule(findings, "root-user")), 200)
    assert "saving      no bytes" in root
    assert "rule        root-user (elsewhere CIS-DI-0001, DL3002)" in root


def test_more_of_a_page() -> None:
    analysis = samples.judged()
    findings = made(analysis)
    finding = of_rule(findings, "package-lists")
    odd = replace(
        finding,
        line=7,
        is_base=True,
        path_count=22,
        overlaps=("one", "two"),
        evidence=tuple(f"line {k}" for k in range(60)),
        claimed=1,
        rule=replace(finding.rule, alternative=True),
    )
    shown = text(findings.page(odd), 200)
    joined = "\n".join(shown)
    assert "layer 1, line 7 of the Dockerfile, of the base image" in joined
    assert shown[-1] == "  and 20 further paths"
    assert "one, two speak of the same bytes" in joined
    assert "… and 10 lines more" in joined
    assert "1 B that no finding before it claims" in joined
    assert "an alternative to other findings" in joined


def test_dead_files_are_named_by_their_dead_versions() -> None:
    analysis = samples.judged()
    findings = made(analysis)
    page = findings.page(of_rule(findings, "deleted-later"))
    assert page.first_place is not None
    place = page.place(page.first_place)
    assert place is not None
    fs = analysis.filesystem
    assert place.version in fs.deaths.inode
    assert (place.path, place.layer) == (b"tmp/kit", 1)
    assert place.note.endswith("dead")


def test_a_path_that_died_twice_has_two_versions() -> None:
    rule = replace(samples._DELETED, id="dead")

    def check(context: Context) -> Iterable[Draft]:
        yield Draft("dead", list(context.fs.deaths.inode))

    analysis = samples.build(
        [[file("a", b"x" * 10)], [file("a", b"y" * 30)], [file("a", b"z")]],
        rules=[RuleSet((rule,), (check,))],
    )
    findings = made(analysis)
    page = findings.page(findings.table.rows[0])
    assert page.first_place is not None
    places = [page.place(page.first_place + k) for k in range(2)]
    assert [place and (place.layer, place.note.split()[0]) for place in places] == [
        (1, "30"),
        (0, "10"),
    ]


def test_live_files_and_directories_lead_to_their_layers() -> None:
    analysis = samples.judged()
    findings = made(analysis)
    finding = replace(
        of_rule(findings, "root-user"), paths=(b"bin/sh", b"nowhere", b"var/lib"), layer=2
    )
    page = findings.page(finding)
    assert page.first_place is not None
    places = [page.place(page.first_place + k) for k in range(3)]
    assert [(place.path, place.version is None, place.layer) for place in places if place] == [
        (b"bin/sh", False, 0),
        (b"nowhere", True, 2),
        (b"var/lib", False, 1),
    ]


# ---------------------------------------------------------------------- what-if


def ticked(findings: Findings, which: Sequence[Finding]) -> Outlook:
    findings.untick_all()
    for finding in which:
        findings.tick(finding)
    outlook = findings.outlook
    assert outlook is not None
    return outlook


@pytest.mark.parametrize("seed", range(8))
def test_what_is_ticked_is_what_if(seed: int) -> None:
    rnd = random.Random(seed)  # noqa: S311 - a choice, no secret
    analysis = many(60) if seed % 2 else samples.judged()
    findings = made(analysis)
    for _ in range(4):
        some = rnd.sample(analysis.findings, rnd.randint(1, len(analysis.findings)))
        outlook = ticked(findings, some)
        assert outlook.what == analysis.what_if(some)
        assert outlook.ticked == len(some)
        assert outlook.alone == sum(finding.bytes for finding in some)
    outlook = ticked(findings, analysis.findings)
    assert outlook.what == analysis.what_if(analysis.findings)


def test_ticks_are_marks() -> None:
    session = Session(samples.judged())
    findings = Findings(session)
    assert not session.marks.findings
    finding = findings.table.rows[1]
    findings.tick(finding)
    assert session.marks.findings == [finding]
    assert drawn(findings)[1].startswith("✓ ")
    assert findings.outlook is not None
    findings.tick(finding)
    assert not session.marks.findings
    assert findings.tick_advised() == len(session.analysis.advised) > 1
    assert session.marks.findings == session.analysis.advised
    session.marks.toggle_finding(session.marks.findings[0])
    assert findings.outlook is not None
    assert findings.outlook.ticked == len(session.analysis.advised) - 1, "marks of others count"
    findings.untick_all()
    assert (session.marks.findings, made(session.analysis).outlook) == ([], None)


def test_the_panel_says_that_savings_overlap() -> None:
    findings = made(samples.judged())
    lists = [each for each in findings.table.rows if each.rule.id == "package-lists"]
    outlook = ticked(findings, lists)
    assert outlook.what.saved_bytes == 42_000_000
    assert outlook.headline == "What if 2 of 6 were mended: 42.0 MB less (66.1%)"
    assert outlook.overlap == "savings overlap: one by one they add up to 82.0 MB"
    assert ticked(findings, lists[:1]).overlap == ""


def test_the_panel_says_that_links_go_together() -> None:
    rule = replace(samples._DELETED, id="link")

    def check(context: Context) -> Iterable[Draft]:
        yield Draft("link", [context.fs.live[b"a"]])
        yield Draft("link", [context.fs.live[b"b"]])

    analysis = samples.build(
        [[file("a", b"x" * 500), hardlink("b", "a")]], rules=[RuleSet((rule,), (check,))]
    )
    outlook = ticked(made(analysis), analysis.findings)
    assert outlook.overlap == "one by one only 0 B: some files go with their last name"


@pytest.mark.parametrize("cells", [20, 38, 56, 78, 98, 138, 298])
def test_the_panel_fits(cells: int) -> None:
    findings = made(samples.judged())
    lines = ticked(findings, findings.analysis.findings).lines(cells)
    shown = ["".join(piece for piece, _ in line) for line in lines]
    joined = " ".join(" ".join(shown).split())
    assert "size 63.5 MB → " in joined
    assert "lean 20.4% → 100%" in joined or "lean" in joined
    if cells >= 56:
        assert len(lines) <= 5
        assert all(width(line.rstrip()) <= cells for line in shown)
    if cells >= 138:
        assert len(lines) <= 3


def test_transfer_is_not_known_of_plain_layers() -> None:
    looked = Looked(Image([layer(file("a", b"x" * 500))], instructions=["COPY a /"]), base=0)
    findings = made(looked.analysis([RuleSet((samples._DELETED,), (_all,))]))
    outlook = ticked(findings, findings.analysis.findings)
    assert [(move.now, move.then) for move in outlook.moves if move.label == "transfer"] == [
        ("not known (stored plain)", "")
    ]
    assert any("not known" in text for line in outlook.lines(78) for text, _ in line)


def _all(context: Context) -> Iterable[Draft]:
    yield Draft("deleted-later", list(context.files.versions))


# ---------------------------------------------------------------------- none


def test_why_there_are_none() -> None:
    assert made(samples.judged()).why_none() == ()
    assert made(many(0)).why_none()[0] == "Nothing to mend."
    assert (
        made(samples.clean(), reading=True).why_none()[0] == "Findings come when reading is done."
    )
    told = made(samples.clean()).why_none()
    assert "--no-findings" in told[1]
    assert made(samples.clean()).title == "0 findings"


def test_more_of_the_image_arrives() -> None:
    findings = made(samples.clean(), reading=True)
    findings.cycle_whose()
    findings.table.sort_by("size")
    session = Session(samples.judged())
    findings.adopt(session)
    assert findings.whose is Whose.YOURS
    assert findings.table.rows[0].bytes == max(row.bytes for row in findings.table.rows)
    findings.tick(findings.table.rows[0])
    assert session.marks.findings
    again = Session(samples.judged())
    assert findings.key(again.analysis.findings[0]) == findings.key(session.analysis.findings[0])
