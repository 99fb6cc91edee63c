"""A fleet for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from layerlens.fleet.model import BaseChoice, Fleet, FleetImage, SharingTable
from layerlens.gate.model import Outcome, Verdict
from layerlens.outputs.display import percent_of
from layerlens.outputs.fleet import (
    MOST_IN_MATRIX,
    base_words,
    held_back,
    in_order,
    totals_line,
    verdict_of,
    wasteful_layers,
    where,
)
from layerlens.outputs.layout import Cell, Column, Line, Look, columns, gauge, look_for, print_lines
from layerlens.units import human_size

_MOST = 10
"""Rows of each list below the images."""

_STYLES = {
    Outcome.PASS: "green",
    Outcome.WARN: "yellow",
    Outcome.FAIL: "bold red",
    Outcome.SKIP: "magenta",
}


def write_text(
    fleet: Fleet,
    stream: TextIO,
    *,
    width: int,
    colour: bool,
    unicode: bool | None = None,
    limit: int | None = None,
) -> None:
    """Write the page; ``limit`` is the most bytes that all distinct layers may have."""
    look = look_for(stream, width, colour=colour, unicode=unicode)
    print_lines(_page(fleet, look, limit), stream, look)


def _page(fleet: Fleet, look: Look, limit: int | None) -> Iterator[Line]:
    yield from _images(fleet, look)
    yield ()
    for line in look.wrap(look.shown(totals_line(fleet)), look.width):
        yield (Cell(line),)
    yield from _waste_line(fleet, look)
    if any(len(layer.images) > 1 for layer in fleet.layers):
        yield from _sharing(fleet, look)
    yield from _layers(fleet, look)
    yield from _findings(fleet, look)
    yield from _duplicates(fleet, look)
    yield from _bases(fleet, look)
    yield from _verdicts(fleet, look, limit)


def _images(fleet: Fleet, look: Look) -> Iterator[Line]:
    judged = any(image.verdict is not None for image in fleet.images)
    heads = [
        Column("SIZE", right=True), Column("UNIQUE", right=True), Column("SHARED", right=True),
        Column("LEAN", right=True), Column("DEAD", right=True), Column("REMOVABLE", right=True),
        Column("TRANSFER", right=True), Column("LAYERS", right=True), Column("EFFICIENCY", right=True),
        Column("IMAGE", middle=True),
    ]  # fmt: skip
    if judged:
        heads.insert(0, Column("GATE"))
    if all(image.transfer is None for image in fleet.images):
        del heads[-4]
    titles = [head.title for head in heads]
    rows = []
    number = 0
    for image, _ in in_order(fleet):
        cells = {title: Cell("") for title in titles}
        if isinstance(image, str):
            cells["SIZE"] = Cell("unread", "red")
            cells["IMAGE"] = Cell(look.shown(image))
        else:
            number += 1
            cells |= _cells(image, number, len(str(len(fleet.images))), look)
        rows.append([cells[title] for title in titles])
    yield from columns(look, heads, rows, least=30)


def _cells(image: FleetImage, number: int, digits: int, look: Look) -> dict[str, Cell]:
    lean = image.size - image.dead - image.removable
    cells = {
        "SIZE": Cell(human_size(image.size), "bold"),
        "UNIQUE": Cell(human_size(image.unique_bytes)),
        "SHARED": Cell(human_size(image.shared_bytes)),
        "LEAN": Cell(percent_of(lean, image.size) if image.size else "100%"),
        "DEAD": Cell(human_size(image.dead)),
        "REMOVABLE": Cell(human_size(image.removable)),
        "TRANSFER": Cell("-" if image.transfer is None else human_size(image.transfer)),
        "LAYERS": Cell(str(len(image.layers))),
        "EFFICIENCY": Cell(percent_of(image.live, image.size) if image.size else "100%"),
        "IMAGE": Cell(f"{number:>{digits}} {look.shown(image.reference)}"),
    }
    if image.verdict is not None:
        outcome = image.verdict.outcome
        cells["GATE"] = Cell(outcome.value, _STYLES.get(outcome, ""))
    return cells


def _waste_line(fleet: Fleet, look: Look) -> Iterator[Line]:
    rows = [row for row in fleet.ledger if row.kind != "kept"]
    if not rows:
        return
    yield ()
    share = percent_of(fleet.wasted_bytes, fleet.disk_bytes)
    more = ""
    if fleet.wasted_somewhere:
        more = f"; {human_size(fleet.wasted_somewhere)} more that only some images could do without"
    text = f"{human_size(fleet.wasted_bytes)} of these layers ({share}) are waste, each byte once{more}"
    for line in look.wrap(text, look.width):
        yield (Cell(line),)
    rows.sort(key=lambda row: -row.bytes)
    yield from columns(
        look,
        [Column("BYTES", right=True), Column("IN SHARED LAYERS", right=True), Column("CLASS")],
        [
            [Cell(human_size(row.bytes)), Cell(human_size(row.shared_bytes)), Cell(row.name)]
            for row in rows[:_MOST]
        ],
    )


def _sharing(fleet: Fleet, look: Look) -> Iterator[Line]:
    yield ()
    yield (Cell("Layers by how many images carry them", "bold"),)
    most = max(each.bytes for each in fleet.spread)
    for each in fleet.spread:
        label = f"{each.images:>4} image{' ' if each.images == 1 else 's'}  "
        figures = (
            f"{human_size(each.bytes):>9}  {each.layers:>4} layer{'' if each.layers == 1 else 's'}"
        )
        room = max(look.width - len(label) - 26, 5)
        yield (
            Cell(label),
            *gauge(look, each.bytes, most, min(room, 30), "green"),
            Cell("  " + figures),
        )
    count = len(fleet.images)
    if not 2 <= count <= MOST_IN_MATRIX:
        return
    table = SharingTable(fleet)
    cells = [
        [
            human_size(table.bytes(one, other)) if table.bytes(one, other) else "-"
            for other in range(count)
        ]
        for one in range(count)
    ]
    widths = [max(len(str(k + 1)), *(len(row[k]) for row in cells)) for k in range(count)]
    if sum(widths) + 2 * count + 4 > look.width:
        return  # a matrix without its columns says nothing
    yield ()
    yield (Cell("Bytes that any two share", "bold"),)
    yield (Cell("    " + "".join(f"  {k + 1:>{widths[k]}}" for k in range(count)), "dim"),)
    for one, row in enumerate(cells):
        line: list[Cell] = [Cell(f"{one + 1:>4}", "dim")]
        line += [
            Cell(f"  {text:>{width}}", "dim" if one == other else "")
            for other, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield line


def _layers(fleet: Fleet, look: Look) -> Iterator[Line]:
    wasteful = wasteful_layers(fleet)
    if not wasteful:
        return
    yield ()
    yield (Cell("Waste in shared layers", "bold"),)
    yield from columns(
        look,
        [Column("WASTE", right=True), Column("OF", right=True), Column("IMAGES", right=True),
         Column("INSTRUCTION")],
        [
            [Cell(human_size(layer.wasted)), Cell(human_size(layer.size)),
             Cell(str(len(layer.images))), Cell(look.shown(layer.instruction[:500]))]
            for _, layer in wasteful[:_MOST]
        ],
    )  # fmt: skip


def _findings(fleet: Fleet, look: Look) -> Iterator[Line]:
    found = [each for each in fleet.findings if each.bytes] + [
        each for each in fleet.findings if not each.bytes
    ]
    if not found:
        return
    yield ()
    yield (Cell("Findings in common", "bold"),)
    yield from columns(
        look,
        [Column("BYTES", right=True), Column("IMAGES", right=True), Column("SEVERITY"),
         Column("FINDING")],
        [
            [Cell(human_size(each.bytes) if each.bytes else "-"), Cell(str(len(each.images))),
             Cell(each.severity.word), Cell(look.shown(where(each)))]
            for each in found[:_MOST]
        ],
    )  # fmt: skip
    if len(found) > _MOST:
        yield (Cell(f"and {len(found) - _MOST} more: --json has all", "dim"),)


def _duplicates(fleet: Fleet, look: Look) -> Iterator[Line]:
    if not fleet.duplicates:
        return
    total = sum(each.bytes for each in fleet.duplicates)
    sign = "at least " if fleet.duplicates_cut else ""
    yield ()
    yield (Cell("The same files in layers that are not shared", "bold"),
           Cell(f"{look.dot}{sign}{human_size(total)} more than once"))  # fmt: skip
    yield from columns(
        look,
        [Column("BYTES", right=True), Column("COPIES", right=True), Column("IMAGES", right=True),
         Column("PATH", middle=True)],
        [
            [Cell(human_size(each.bytes)), Cell(str(len(each.copies))),
             Cell(str(len(each.images))), Cell(look.shown_path(each.copies[0].path))]
            for each in fleet.duplicates[:_MOST]
        ],
    )  # fmt: skip


def _bases(fleet: Fleet, look: Look) -> Iterator[Line]:
    for advice in fleet.bases[:_MOST]:
        yield ()
        text = f"{look.shown(advice.distribution)}: {base_words(advice)}"
        for line in look.wrap(text, look.width):
            yield (Cell(line),)
        yield from columns(
            look,
            [Column("BYTES", right=True), Column("IMAGES", right=True), Column("BASE")],
            [
                [
                    Cell(human_size(fleet.layers[choice.layer].size)),
                    Cell(str(len(choice.images))),
                    Cell(_base(fleet, choice, look)),
                ]
                for choice in advice.choices[:_MOST]
            ],
        )


def _base(fleet: Fleet, choice: BaseChoice, look: Look) -> str:
    """A base's name and what made its lowest layer: two may have the same name."""
    instruction = fleet.layers[choice.layer].instruction[:500]
    return look.dot.join(look.shown(text) for text in (choice.name, instruction) if text)


def _verdicts(fleet: Fleet, look: Look, limit: int | None) -> Iterator[Line]:
    passed = verdict_of(fleet, limit)
    if passed is None:
        return
    yield ()
    for number, image in enumerate(fleet.images, 1):
        if image.verdict is not None:
            yield from _failures(number, image, image.verdict, look)
    if limit is not None:
        fits = fleet.disk_bytes <= limit
        outcome = Outcome.PASS if fits else Outcome.FAIL
        text = f"all distinct layers {human_size(fleet.disk_bytes)}, limit {human_size(limit)}"
        yield (Cell(f"{outcome.value}  ", _STYLES[outcome]), Cell(look.fit(text, look.width - 6)))
    failed = sum(1 for each in fleet.images if each.verdict is not None and not each.verdict.passed)
    outcome = Outcome.PASS if passed else Outcome.FAIL
    text = f"{failed} of {len(fleet.images)} images fail"
    if fleet.unread:
        text += f", {len(fleet.unread)} could not be read"
        if outcome is Outcome.PASS:  # of those that could; the exit code is no pass
            outcome = Outcome.SKIP
    yield (Cell(f"{outcome.value}  ", _STYLES[outcome]), Cell(text, "bold"))


def _failures(number: int, image: FleetImage, verdict: Verdict, look: Look) -> Iterator[Line]:
    """What an image was held back for, a line each; of one that passed nothing."""
    if verdict.outcome is Outcome.PASS:
        return
    yield (
        Cell(f"{verdict.outcome.value}  ", _STYLES[verdict.outcome]),
        Cell(look.fit(f"{number} {look.shown(image.reference)}", look.width - 6, middle=True)),
    )
    for outcome, text in held_back(verdict):
        yield (
            Cell(f"        {outcome.value}  ", _STYLES[outcome]),
            Cell(look.fit(look.shown(text), look.width - 14)),
        )
