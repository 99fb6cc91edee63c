"""An image over time for people at a terminal: a table, a chart, and what moved it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from layerlens.outputs.chart import Bar, chart
from layerlens.outputs.display import percent, percent_of
from layerlens.outputs.layout import Cell, Column, Line, Look, columns, look_for, print_lines
from layerlens.outputs.trend import in_order, package_words
from layerlens.trend.model import FindingMove, Trend, TrendGap, TrendPoint, TrendStep
from layerlens.units import human_change, human_size

_MOST_STEPS = 20
"""Steps that are told in full, those that moved most."""

_MOST = 3
"""Layers, packages and findings of one step."""


def write_text(
    trend: Trend, stream: TextIO, *, width: int, colour: bool, unicode: bool | None = None
) -> None:
    """Write the page."""
    look = look_for(stream, width, colour=colour, unicode=unicode)
    print_lines(_page(trend, look), stream, look)


def _page(trend: Trend, look: Look) -> Iterator[Line]:
    yield from _table(trend, look)
    yield from _chart(trend, look)
    if not trend.steps:
        return
    told = sorted(range(len(trend.steps)), key=lambda k: (-abs(trend.steps[k].size), k))
    for k in sorted(told[:_MOST_STEPS]):
        yield ()
        yield from _step(trend, k, look)
    if len(told) > _MOST_STEPS:
        yield ()
        yield (Cell(f"and {len(told) - _MOST_STEPS} smaller steps: --json has all", "dim"),)


def _table(trend: Trend, look: Look) -> Iterator[Line]:
    heads = [
        Column("SIZE", right=True), Column("CHANGE", right=True), Column("LEAN", right=True),
        Column("DEAD", right=True), Column("REMOVABLE", right=True), Column("FINDINGS", right=True),
        Column("TRANSFER", right=True), Column("LAYERS", right=True), Column("FILES", right=True),
        Column("EFFICIENCY", right=True), Column("USER WASTED", right=True), Column("CREATED"),
        Column("IMAGE", middle=True),
    ]  # fmt: skip
    steps = {step.after: k for k, step in enumerate(trend.steps)}
    digits = len(str(len(trend.points)))
    rows = []
    count = 0
    for each in in_order(trend):
        if isinstance(each, TrendGap):
            cells = [Cell("")] * (len(heads) - 2)
            name = f"{'?':>{digits}} {look.shown(each.reference)}"
            rows.append([Cell("unread", "red"), *cells, Cell(name)])
            continue
        step = steps.get(count)
        count += 1
        change = Cell("")
        if step is not None:
            style = "bold red" if step == trend.largest else ""
            change = Cell(human_change(trend.steps[step].size), style)
        rows.append(_cells(each, change, f"{count:>{digits}} {look.shown(each.reference)}", look))
    unknown = [k for k in (5, 6, 11) if all(row[k].text in ("", "-") for row in rows)]
    for k in reversed(unknown):
        del heads[k]
        for row in rows:
            del row[k]
    yield from columns(look, heads, rows, least=24)


def _cells(each: TrendPoint, change: Cell, name: str, look: Look) -> list[Cell]:
    whole = each.size
    return [
        Cell(human_size(whole), "bold"),
        change,
        Cell(percent_of(whole - each.waste, whole) if whole else "100%"),
        Cell(human_size(each.dead)),
        Cell(human_size(each.removable)),
        Cell("-" if each.findings is None else str(sum(each.findings))),
        Cell("-" if each.transfer is None else human_size(each.transfer)),
        Cell(str(each.layers)),
        Cell(f"{each.files:,}"),
        Cell(percent_of(each.live, whole) if whole else "100%"),
        Cell(percent(each.user_wasted_percent)),
        Cell(look.fit(look.shown((each.created or "")[:10]), 12)),
        Cell(name),
    ]


def _chart(trend: Trend, look: Look) -> Iterator[Line]:
    if len(trend.points) + len(trend.gaps) < 2:
        return
    largest = None if trend.largest is None else trend.steps[trend.largest].after
    arrow = "▲" if look.unicode else "^"
    bars = []
    count = 0
    for each in in_order(trend):
        if isinstance(each, TrendGap):
            bars.append(Bar(None))
            continue
        mark = f"{count + 1}{arrow if count == largest else ''}"
        bars.append(Bar(each.size, each.waste, mark))
        count += 1
    lines = chart(look, bars)
    if not lines:
        return
    yield ()
    yield from lines
    full, part = ("█", "▒") if look.unicode else ("#", ":")
    legend = f"{full} needed  {part} dead and removable  {arrow} the largest growth"
    if trend.gaps:
        legend += "  ? could not be read"
    for line in look.wrap(legend, look.width):
        yield (Cell(line, "dim"),)


def _step(trend: Trend, k: int, look: Look) -> Iterator[Line]:
    step = trend.steps[k]
    change = human_change(step.size)
    head = f"{step.before + 1} to {step.after + 1}  {change}"
    exact = "" if step.fetched_exact else " of content"
    parts = [
        f"{word} {human_change(size)}"
        for word, size in (("dead", step.dead), ("removable", step.removable))
        if size
    ]
    more = f"{look.dot}{', '.join(parts)}" if parts else ""
    more += f"{look.dot}{human_size(step.fetched)}{exact} to fetch"
    if k == trend.largest:
        more += f"{look.dot}the largest growth"
    style = "bold red" if k == trend.largest else "bold"
    for line in look.wrap(head + more, look.width):
        here = line[: len(head)] if line.startswith(head) else ""
        yield Cell(here, style), Cell(line[len(here) :])
    yield from _moves(step, look)


def _moves(step: TrendStep, look: Look) -> Iterator[Line]:
    layers = step.layers[:_MOST]
    packages = [each for each in step.packages if each.bytes][:_MOST]
    for layer in layers:
        text = f"{layer.change}: {look.shown(layer.instruction[:500]) or 'a layer'}"
        yield Cell(f"{human_change(layer.bytes):>12}  "), Cell(look.fit(text, look.width - 14))
        if layer.waste:
            parts = ", ".join(f"{name} {human_change(size)}" for name, size in layer.waste)
            yield Cell(" " * 14), Cell(look.fit(parts, look.width - 14), "yellow")
    for package in packages:
        text = look.fit(f"package {look.shown(package_words(package))}", look.width - 14)
        yield Cell(f"{human_change(package.bytes):>12}  "), Cell(text)
    for sign, style, findings in (
        ("new", "red", step.new_findings),
        ("fixed", "green", step.fixed_findings),
    ):
        yield from _findings(sign, style, findings, look)
    if not (layers or packages or step.new_findings or step.fixed_findings):
        yield (Cell(f"{'':14}nothing that counts here", "dim"),)


def _findings(
    sign: str, style: str, findings: tuple[FindingMove, ...], look: Look
) -> Iterator[Line]:
    for each in findings[:_MOST]:
        size = f" {human_size(each.bytes)}" if each.bytes else ""
        text = f"{each.severity.word}{size} {look.shown(each.title)}"
        yield Cell(f"{sign:>12}  ", style), Cell(look.fit(text, look.width - 14))
    if len(findings) > _MOST:
        yield (Cell(f"{'':14}and {len(findings) - _MOST} more {sign}", "dim"),)
