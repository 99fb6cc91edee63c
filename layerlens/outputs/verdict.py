"""The verdict of gates as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TextIO

from layerlens.analysis.model import DiveFigures
from layerlens.gate.model import (
    BaselineFacts,
    DiveVerdict,
    Offender,
    Outcome,
    Ruling,
    Verdict,
)
from layerlens.gate.wording import measured_text, title
from layerlens.outputs.display import escape
from layerlens.outputs.layout import (
    Cell,
    Column,
    Line,
    Look,
    columns,
    fix_lines,
    look_for,
    print_lines,
)
from layerlens.outputs.report import Report
from layerlens.outputs.verdict_words import (
    baseline_words,
    bound_sign,
    ending,
    ignore_words,
    limit_words,
)
from layerlens.units import human_size

FIX_LINES = 6
"""Lines of a fix that are shown; about as many."""

_STYLES = {"pass": "green", "warn": "yellow", "fail": "bold red", "skip": "magenta"}
_WORD = 6
_SIZE = 9
_ORDER = (Outcome.FAIL, Outcome.WARN, Outcome.SKIP)


def write_verdict(
    report: Report,
    stream: TextIO,
    *,
    width: int = 100,
    colour: bool = False,
    unicode: bool | None = None,
    now: float | None = None,
) -> None:
    """Each gate, what was measured, the limit, the outcome; then the worst offenders.

    For ``width``, ``colour`` and ``unicode`` see
    :func:`~layerlens.outputs.text.write_text`.  ``now``, in seconds since the epoch,
    tells a baseline's age; without it its date alone is told.
    """
    look = look_for(stream, width, colour=colour, unicode=unicode)
    print_lines(_page(report, look, now), stream, look)


def _page(report: Report, look: Look, now: float | None) -> Iterator[Line]:
    verdict = report.verdict
    assert verdict is not None  # who asks for a verdict has judged
    reference = look.fit(look.shown(report.analysis.image.reference), look.width - 9, middle=True)
    yield [Cell("Verdict", "bold"), Cell(f"  {reference}", "bold cyan")]
    if verdict.baseline is not None:
        yield from _baseline(verdict.baseline, look, now)
    if verdict.rulings:
        yield from _table(verdict.rulings, look)
    told: set[tuple[str, str, int | None]] = set()
    if verdict.dive is not None:
        yield []
        yield from _dive(verdict.dive, report.analysis.dive, look, told)
    for outcome in _ORDER:
        for ruling in verdict.rulings:
            if ruling.outcome is outcome:
                yield []
                yield from _ruling(ruling, look, told)
    if verdict.ignores:
        yield []
        yield from _ignores(verdict, look)
    for note in verdict.notes:
        yield []
        yield from _wrapped("", look.shown(note), look, "")
    yield []
    yield from _end(verdict, look)


# -------------------------------------------------------------------------------------- table


def _word(status: str) -> Cell:
    """An outcome as a word: signs and colours come besides."""
    text = escape(status if status == "pass" else status.upper())
    return Cell(text, _STYLES.get(status, "bold red"))


def _table(rulings: Sequence[Ruling], look: Look) -> list[Line]:
    signs = {"≥": "≥ ", "≤": "≤ "} if look.unicode else {"≥": ">= ", "≤": "<= "}
    rows = []
    for ruling in rulings:
        demand = ruling.demand
        sign = signs.get(bound_sign(ruling), "")
        rows.append(
            [
                _word(ruling.outcome.value),
                Cell(look.shown(title(demand))),
                Cell(measured_text(ruling)),
                Cell(sign + look.shown(limit_words(ruling))),
                Cell(look.shown(demand.origin), "dim"),
            ]
        )
    heads = [
        Column(""), Column("gate"), Column("measured", right=True), Column("limit"), Column("from"),
    ]  # fmt: skip
    return _fitted(rows, heads, look, 1)


def _fitted(rows: list[list[Cell]], heads: list[Column], look: Look, wide: int) -> list[Line]:
    """A table whose column ``wide`` is shortened first; the last goes where there is no room."""
    lengths = [
        max(len(head.title), *(_length(row[k].text) for row in rows))
        for k, head in enumerate(heads)
    ]
    least = 12
    fixed = sum(length + 2 for k, length in enumerate(lengths[:-1]) if k != wide)
    if fixed + min(lengths[wide], 24) + 2 + min(lengths[-1], least) > look.width:
        heads, rows = heads[:-1], [row[:-1] for row in rows]
        fixed -= 2  # the last column has nothing after it
        room = look.width - fixed - 2
    else:
        room = look.width - fixed - 2 - min(lengths[-1], least)
    for row in rows:
        row[wide] = Cell(look.fit(row[wide].text, max(room, 8), middle=True), row[wide].style)
    return columns(look, heads, rows)


def _length(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


# ------------------------------------------------------------------------------------ details


def _wrapped(
    head: str, text: str, look: Look, style: str, most: int = 4, head_style: str = ""
) -> Iterator[Line]:
    """Escaped text beside a head, its further lines below its first."""
    indent = len(head)
    for line in look.wrap(text, look.width - indent, most):
        yield [Cell(head, head_style), Cell(line, style)]
        head = " " * indent


def _ruling(ruling: Ruling, look: Look, told: set[tuple[str, str, int | None]]) -> Iterator[Line]:
    word = _word(ruling.outcome.value)
    head = f"{word.text:<{_WORD}}"
    yield from _wrapped(head, look.shown(ruling.message), look, "bold", head_style=word.style)
    yield from _worst(ruling.offenders, look, told)


def _worst(
    offenders: Sequence[Offender], look: Look, told: set[tuple[str, str, int | None]]
) -> Iterator[Line]:
    """Offenders; what was explained once is only named again."""
    before = ""
    for offender in offenders:
        key = (offender.rule, offender.what, offender.layer)
        known = key in told if offender.rule else offender.instruction == before
        yield from _offender(offender, look, explained=not known)
        told.add(key)
        before = offender.instruction


def _offender(offender: Offender, look: Look, *, explained: bool) -> Iterator[Line]:
    size = human_size(offender.bytes) if offender.bytes else "-"
    place = "" if offender.layer is None else f"layer {offender.layer}"
    if place and offender.what.endswith(place):
        place = ""  # said already
    if offender.line is not None:
        place = f"{place}, line {offender.line}" if place else f"line {offender.line}"
    tail = f"{look.dot}{place}" if place else ""
    indent = " " * (_WORD + _SIZE + 1)
    room = look.width - len(indent)
    head = f"{'':<{_WORD}}{size:>{_SIZE}} "
    yield from _wrapped(head, look.shown(offender.what) + tail, look, "", most=2)
    if not explained:
        return
    blame = look.shown(offender.instruction)
    if offender.rule:
        rule = look.shown(offender.rule)
        blame = f"{rule}: {blame}" if blame else rule
    if blame:
        yield [Cell(indent), Cell(look.fit(blame, room), "dim")]
    if offender.paths and offender.rule:
        yield [Cell(indent), Cell(look.fit(_paths(offender, look), room, middle=True), "dim")]
    for line in fix_lines(offender.fix, look, room, FIX_LINES):
        yield [Cell(indent), Cell(line, "green")]


def _paths(offender: Offender, look: Look) -> str:
    first = look.shown_path(offender.paths[0])
    return f"{first} and others" if len(offender.paths) > 1 else first


# ----------------------------------------------------------------------- what stands beside it


_DIVE_TITLES = {
    "lowestEfficiency": "efficiency",
    "highestWastedBytes": "wasted bytes",
    "highestUserWastedPercent": "user wasted",
}


def _dive(
    dive: DiveVerdict, figures: DiveFigures, look: Look, told: set[tuple[str, str, int | None]]
) -> Iterator[Line]:
    yield [Cell("By dive 0.13.1's rules", "bold"), Cell("  and its own figures", "dim")]
    shown = (
        f"efficiency {figures.efficiency:.4f}, wasted bytes {human_size(figures.wasted_bytes)}"
        f", user wasted {_ratio(figures.user_wasted_percent)}"
    )
    yield from _wrapped("", shown, look, "dim")
    rows = [
        [
            _word(ruling.status),
            Cell(look.shown(ruling.rule)),
            Cell(look.shown(ruling.limit)),
            Cell(look.shown(ruling.origin), "dim"),
        ]
        for ruling in dive.rulings
    ]
    if rows:
        heads = [Column(""), Column("rule"), Column("limit"), Column("from")]
        yield from _fitted(rows, heads, look, 1)
    if not dive.passed:
        yield []
    for ruling in dive.rulings:
        if ruling.status not in ("pass", "skip"):
            word = _word(ruling.status)
            head = f"{word.text:<{_WORD}} " if len(word.text) >= _WORD else f"{word.text:<{_WORD}}"
            text = look.shown(f"{ruling.rule}: {ruling.message}")
            yield from _wrapped(head, text, look, "bold", head_style=word.style)
    yield from _worst(dive.offenders, look, told)


def _ratio(value: float) -> str:
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        return "NaN"
    return "infinite" if value in (float("inf"), float("-inf")) else f"{value:.4f}"


def _baseline(facts: BaselineFacts, look: Look, now: float | None) -> Iterator[Line]:
    words = look.shown(baseline_words(facts, now))
    yield from _wrapped("baseline  ", words, look, "", head_style="dim")


def _ignores(verdict: Verdict, look: Look) -> Iterator[Line]:
    yield [Cell("Ignored", "bold")]
    for ruling in verdict.ignores:
        idle = ruling.expired or not ruling.used
        word = _word(("fail" if verdict.strict else "warn") if idle else "pass")
        head = f"{word.text if idle else '':<{_WORD}}"
        yield from _wrapped(head, look.shown(ignore_words(ruling)), look, "", head_style=word.style)


def _end(verdict: Verdict, look: Look) -> Iterator[Line]:
    word = _word(verdict.outcome.value)
    text = word.text.upper()
    yield from _wrapped(f"{text:<{_WORD}}", ending(verdict), look, "bold", head_style=word.style)
