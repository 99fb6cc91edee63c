"""What the text summary says, section by section.

Layers are numbered from 0, as in the JSON and for ``--layer``.
Only :mod:`layerlens.outputs.text` should import this, and late.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import groupby

from layerlens.analysis.blaming import blame, wording
from layerlens.analysis.model import Analysis, LayerFacts, LedgerRow, Waste
from layerlens.analysis.rules.words import counted
from layerlens.layers.diagnostics import Diagnostic
from layerlens.layers.reader import Origin
from layerlens.outputs.advice import advice
from layerlens.outputs.display import percent, percent_of
from layerlens.outputs.layout import Cell, Column, Line, Look, columns, gauge, shares
from layerlens.units import human_size

DIAGNOSTICS = 5
"""Diagnostics that are shown; the others are counted."""

_LABEL = 9  # "overhead" and a blank: beside it a sha256 digest fits into 80 columns

# How a class is drawn: colour, Unicode and ASCII.
_STYLES = {
    "live": ("green", "█", "#"),
    "deleted": ("red", "▓", "x"),
    "replaced": ("yellow", "▒", "o"),
    "metadata": ("magenta", "░", "m"),
    "opaque": ("cyan", "▚", "q"),
    "type_changed": ("blue", "▞", "t"),
    "duplicate_entry": ("bright_red", "▖", "d"),
    "marker": ("bright_yellow", "▘", "w"),
    # Removable bytes: each class has a colour of its own, too, as far as there are colours.
    "secrets": ("bold red", "!", "!"),
    "package-caches": ("bright_blue", "▨", "c"),
    "dev-dependencies": ("bright_magenta", "▧", "v"),
    "build-tools": ("bright_yellow", "▩", "b"),
    "unneeded-packages": ("bright_cyan", "▦", "u"),
    "build-leftovers": ("yellow", "▤", "l"),
    "installers": ("magenta", "▥", "i"),
    "vcs-and-editor": ("cyan", "◧", "g"),
    "logs-and-temporary": ("blue", "◨", "y"),
    "documentation": ("bright_green", "◩", "p"),
    "locales": ("green", "◪", "n"),
    "tests-and-examples": ("bright_white", "◫", "e"),
    "bytecode": ("white", "◰", "k"),
    "debug-information": ("bright_red", "◱", "s"),
    "duplicates": ("bright_black", "◲", "="),
}
_OTHER = ("bright_cyan", "▗", "r")


def summary(analysis: Analysis, look: Look, *, paths: int, layers: int) -> Iterator[Line]:
    """The whole page."""
    yield from _image(analysis, look)
    yield []
    yield from _scores(analysis, look)
    yield []
    yield from _sizes(analysis, look)
    yield []
    yield from _ledger(analysis, look)
    if analysis.judged is not None:
        yield []
        yield from advice(analysis, look)
    yield []
    yield from _layers(analysis, look, layers)
    if analysis.waste:
        yield []
        yield from _worst(analysis, look, paths)
    if analysis.diagnostics:
        yield []
        yield from _diagnostics(analysis.diagnostics, look)


def _heading(look: Look, title: str, remark: str = "") -> Line:
    room = look.width - len(title) - 2
    return [Cell(title, "bold"), Cell(f"  {look.fit(remark, room)}" if remark else "", "dim")]


def _labelled(look: Look, label: str, value: str, *, most: int = 3) -> Iterator[Line]:
    for line in look.wrap(value, look.width - _LABEL, most):
        yield [Cell(f"{label:<{_LABEL}}", "dim"), Cell(line)]
        label = ""


# -------------------------------------------------------------------------------------- image


def _image(analysis: Analysis, look: Look) -> Iterator[Line]:
    image, scores = analysis.image, analysis.scores
    yield [Cell(look.fit(look.shown(image.reference), look.width, middle=True), "bold cyan")]
    facts = [("source", look.shown(image.source))]
    if image.id is not None:
        facts.append(("id", str(image.id)))
    if image.digest is not None:
        facts.append(("digest", str(image.digest)))
    if image.platform is not None:
        facts.append(("platform", look.shown(str(image.platform))))
    if image.created is not None:
        facts.append(("created", look.shown(image.created)))
    facts.append(("tags", look.shown(", ".join(image.tags)) or "none"))
    dead = f"{human_size(scores.dead_bytes)} dead" if scores.dead_bytes else "nothing wasted"
    live = f"{human_size(scores.live_bytes)} live in {counted(image.file_count, 'file')}"
    layers = counted(len(analysis.layers), "layer")
    facts.append(("size", f"{human_size(image.size)} in {layers}: {live}, {dead}"))
    if image.attestation_bytes:
        facts.append(
            ("besides", f"attestations {human_size(image.attestation_bytes)}, not counted")
        )
    facts += _base(analysis, look)
    for label, value in facts:
        yield from _labelled(look, label, value)


def _base(analysis: Analysis, look: Look) -> Iterator[tuple[str, str]]:
    base, layers = analysis.base, analysis.layers
    below = [layer for layer in layers if layer.is_base]
    if not below:
        if layers:
            yield "base", "not known: all layers count as yours"
        return
    mine = layers[len(below) :]
    name = f"{look.shown(base.name)}, " if base.name else ""
    why = f": {look.shown(base.rests_on)}" if base.rests_on else ""
    yield "base", f"{name}{_part(below)} ({base.boundary}{why})"
    yield "yours", _part(mine) if mine else "no layers"


def _part(layers: Sequence[LayerFacts]) -> str:
    size = human_size(sum(layer.size for layer in layers))
    dead = sum(layer.dead_bytes for layer in layers)
    lost = f", {human_size(dead)} of it dead" if dead else ""
    first, last = layers[0].index, layers[-1].index
    which = f"layer {first}" if first == last else f"layers {first} to {last}"
    return f"{which}, {size}{lost}"


# ------------------------------------------------------------------------------------- scores


def _scores(analysis: Analysis, look: Look) -> Iterator[Line]:
    scores, dive = analysis.scores, analysis.dive
    total = scores.total_bytes
    kept = total - scores.dead_bytes
    lean = kept - scores.removable_bytes
    wasted = scores.user_wasted_percent
    # An image without bytes is perfect: 1.0 by definition.
    whole = total or 1
    rows = [
        ("efficiency", kept if total else 1, whole, _good(scores.efficiency)),
        ("lean score", lean if total else 1, whole, _good(scores.lean_score)),
    ]
    room = min(50, look.width - 23)
    yield _heading(look, "Scores")
    for label, part, of, style in rows:
        yield [
            Cell(f"{label:<13}", "dim"),
            Cell(f"{percent_of(part, of):>6}", style),
            Cell("  "),
            *gauge(look, part, of, room, style),
        ]
    style = _good(1 - wasted / 100)
    yield [
        Cell(f"{'yours wasted':<13}", "dim"),
        Cell(f"{percent(wasted):>6}", style),
        Cell("  "),
        *gauge(look, int(wasted * 1000), 100_000, room, style),
    ]
    figures = look.dot.join(
        (
            f"efficiency {_dive_percent(dive.efficiency)}",
            f"wasted {human_size(dive.wasted_bytes)}",
            f"user wasted {_dive_percent(dive.user_wasted_percent)}",
        )
    )
    for line in look.wrap(f"dive 0.13.1 says: {figures}", look.width):
        yield [Cell(line, "dim")]


def _good(score: float) -> str:
    if score >= 0.95:
        return "green"
    return "yellow" if score >= 0.8 else "red"


def _dive_percent(ratio: float) -> str:
    """A ratio of dive's, which divides by zero on images without layers of your own."""
    if math.isnan(ratio):
        return "not a number"
    return percent(ratio * 100) if math.isfinite(ratio) else "infinite"


# -------------------------------------------------------------------------------------- sizes


def _sizes(analysis: Analysis, look: Look) -> Iterator[Line]:
    """The meters that users meet, one under the other, and why they differ."""
    about = "≈" if look.unicode else "~"
    figures = [
        "?" if row.bytes is None else f"{about if row.approximate else ''}{human_size(row.bytes)}"
        for row in analysis.sizes
    ]
    meters = max(len(row.meter) for row in analysis.sizes)
    digits = max(map(len, figures))
    room = look.width - meters - digits - 4
    yield _heading(look, "Which size?", "the same image by four meters")
    for row, figure in zip(analysis.sizes, figures, strict=True):
        why = row.why
        with_repeated = human_size((row.bytes or 0) + row.repeated_bytes)
        if row.bytes is not None and with_repeated != human_size(row.bytes):
            why += f"; {with_repeated} with repeated layers each time"
        label, shown = row.meter, figure
        for line in look.wrap(why, room):
            style = "dim" if row.bytes is None else "bold"
            yield [
                Cell(f"{label:<{meters}}  ", "dim"),
                Cell(f"{shown:>{digits}}  ", style),
                Cell(line),
            ]
            label = shown = ""


# ------------------------------------------------------------------------------------- ledger


def _ledger(analysis: Analysis, look: Look) -> Iterator[Line]:
    total = analysis.scores.total_bytes
    yield _heading(look, "Where the bytes are", "each byte of each layer once")
    if not total:
        yield from _kindly(look, "The image ships no file content: nothing wasted.")
        return
    rows = sorted(analysis.ledger, key=lambda row: (row.kind != "kept", -row.bytes))
    cells = shares([row.bytes for row in rows], look.width)
    yield [
        Cell(_glyph(row, look) * count, _style(row)[0])
        for row, count in zip(rows, cells, strict=True)
    ]
    transfer = any(row.transfer_bytes is not None for row in rows)
    split = any(layer.is_base for layer in analysis.layers)
    heads = [Column(""), Column("class"), Column("bytes", right=True), Column("share", right=True)]
    if split:
        heads += [Column("base", right=True), Column("yours", right=True)]
    if transfer:
        heads.append(Column("transfer", right=True))
    heads.append(Column("files", right=True))
    table = []
    for row in rows:
        if not row.bytes and not row.files:
            continue
        line = [
            Cell(_glyph(row, look), _style(row)[0]),
            Cell(look.shown(row.name), _style(row)[0]),
            Cell(human_size(row.bytes)),
            Cell(percent_of(row.bytes, total)),
        ]
        if split:
            yours = row.bytes - row.base_bytes
            line += [Cell(_size_or_dash(row.base_bytes)), Cell(_size_or_dash(yours))]
        if transfer:
            wire = row.transfer_bytes
            line.append(Cell("?" if wire is None else human_size(wire)))
        line.append(Cell(f"{row.files:,}"))
        table.append(line)
    table.append(_total(rows, total, split=split, transfer=transfer))
    yield from columns(look, heads, table)
    if not analysis.scores.dead_bytes:
        yield from _kindly(look, "Nothing wasted: every byte that ships is in the container.")


def _kindly(look: Look, text: str) -> Iterator[Line]:
    for line in look.wrap(text, look.width):
        yield [Cell(line, "green")]


def _total(rows: Sequence[LedgerRow], total: int, *, split: bool, transfer: bool) -> list[Cell]:
    base = sum(row.base_bytes for row in rows)
    line = [Cell(""), Cell("total"), Cell(human_size(total)), Cell("100%")]
    if split:
        line += [Cell(_size_or_dash(base)), Cell(_size_or_dash(total - base))]
    if transfer:
        line.append(Cell(human_size(sum(row.transfer_bytes or 0 for row in rows))))
    line.append(Cell(f"{sum(row.files for row in rows):,}"))
    return [Cell(cell.text, "bold") for cell in line]


def _style(row: LedgerRow) -> tuple[str, str, str]:
    return _STYLES.get(row.name, _OTHER)


def _glyph(row: LedgerRow, look: Look) -> str:
    _, fancy, plain = _style(row)
    if not look.unicode:
        return plain
    return look.full if look.colour else fancy  # colours tell the classes apart better


def _size_or_dash(size: int) -> str:
    return human_size(size) if size else "-"


# ------------------------------------------------------------------------------------- layers


def _layers(analysis: Analysis, look: Look, most: int) -> Iterator[Line]:
    layers = analysis.layers
    if not layers:
        yield _heading(look, "Layers")
        yield [Cell("The image has no layers.", "dim")]
        return
    split = any(layer.is_base for layer in layers)
    shown = _important(layers, most)
    yield _heading(look, "Layers", "dead: its own bytes that are lost; kills: what it made dead")
    heads = [Column("#", right=True)]
    if split:
        heads.append(Column("from"))
    heads += [
        Column("size", right=True),
        Column("dead", right=True),
        Column("kills", right=True),
        Column("instruction"),
    ]
    rows = []
    for together, run in groupby(layers, lambda layer: layer.index not in shown):
        members = list(run)
        if together and len(members) > 1:
            rows.append(_folded(members, look, split=split))
        else:
            rows += [_layer(layer, look, split=split) for layer in members]
    yield from columns(look, heads, rows)
    yield from _unread(layers, look)


_TOCS = ((Origin.ESTARGZ, "eStargz"), (Origin.ZSTD_CHUNKED, "zstd:chunked"))


def _unread(layers: Sequence[LayerFacts], look: Look) -> Iterator[Line]:
    """Which layers a table of contents stands for."""
    for origin, form in _TOCS:
        found = [layer.index for layer in layers if layer.origin == origin]
        if found:
            which, whose = ("layers", "their") if len(found) > 1 else ("layer", "its")
            text = (
                f"{which} {_ranges(found)} listed by {whose} own table of contents ({form}), "
                "not downloaded"
            )
            for line in look.wrap(text, look.width):
                yield [Cell(line, "cyan")]


def _ranges(numbers: Sequence[int]) -> str:
    """``2, 5 to 9`` for 2, 5, 6, 7, 8, 9."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown: list[str] = []
    for run in runs:
        shown += map(str, run) if len(run) < 3 else [f"{run[0]} to {run[-1]}"]
    return ", ".join(shown)


def _important(layers: Sequence[LayerFacts], most: int) -> set[int]:
    """The layers with the most bytes that they ship or kill."""
    ranked = sorted(layers, key=lambda layer: (-layer.size - layer.kills_bytes, layer.index))
    return {layer.index for layer in ranked[:most]}


def _layer(layer: LayerFacts, look: Look, *, split: bool) -> list[Cell]:
    row = [Cell(str(layer.index), "dim")]
    if split:
        row.append(Cell("base" if layer.is_base else "yours", "dim" if layer.is_base else "cyan"))
    return [
        *row,
        Cell(human_size(layer.size)),
        Cell(_size_or_dash(layer.dead_bytes), "red" if layer.dead_bytes else "dim"),
        Cell(_size_or_dash(layer.kills_bytes), "yellow" if layer.kills_bytes else "dim"),
        Cell(look.shown(layer.instruction.text)),
    ]


def _folded(members: Sequence[LayerFacts], look: Look, *, split: bool) -> list[Cell]:
    last = members[-1].index
    row = [Cell(f"{members[0].index}-{last}", "dim")]
    if split:
        owners = {layer.is_base for layer in members}
        row.append(Cell("both" if len(owners) > 1 else "base" if owners == {True} else "yours"))
    return [
        Cell(cell.text, "dim")
        for cell in (
            *row,
            Cell(human_size(sum(layer.size for layer in members))),
            Cell(_size_or_dash(sum(layer.dead_bytes for layer in members))),
            Cell(_size_or_dash(sum(layer.kills_bytes for layer in members))),
            Cell(f"{look.ellipsis} {counted(len(members), 'smaller layer')} together"),
        )
    ]


# --------------------------------------------------------------------------------- worst paths


def _worst(analysis: Analysis, look: Look, most: int) -> Iterator[Line]:
    sizes: dict[bytes, int] = {}
    for row in analysis.waste:
        sizes[row.path] = sizes.get(row.path, 0) + row.bytes
    worst = nsmallest(most, sizes, key=lambda path: (-sizes[path], path))
    lost: dict[bytes, list[Waste]] = {path: [] for path in worst}
    for row in analysis.waste:
        if row.path in lost:
            lost[row.path].append(row)
    remark = f"{counted(len(sizes), 'path')} with dead bytes"
    if len(worst) < len(sizes):
        remark += f", the {len(worst)} worst"
    yield _heading(look, "Worst paths", remark)
    wide = max(len(human_size(sizes[path])) for path in worst)
    for path in worst:
        room = look.width - wide - 2
        name = look.fit(look.shown_path(path), room, middle=True)
        yield [Cell(f"{human_size(sizes[path]):>{wide}}  ", "bold red"), Cell(name, "bold")]
        events = sorted(lost[path], key=lambda row: (row.lost_in, row.added_in))
        shown = events if len(events) <= 3 else events[:2]
        for row in shown:
            yield from _event(row, analysis, look)
        if len(shown) < len(events):
            rest = events[len(shown) :]
            size = human_size(sum(row.bytes for row in rest))
            yield [Cell(f"  and {len(rest)} more times, {size}", "dim")]


def _event(row: Waste, analysis: Analysis, look: Look) -> Iterator[Line]:
    """How the bytes were lost, and the instruction to blame, on one line where both fit."""
    story = look.wrap(wording(row), look.width - 2)
    layer = blame(row, analysis.layers)
    blamed = f"blame {layer}: {look.shown(analysis.layers[layer].instruction.text)}"
    room = look.width - 2 - len(story[-1]) - len(look.dot)
    # Less of an instruction than this tells nothing.
    if len(story) == 1 and room >= min(len(blamed), 32):
        yield [Cell(f"  {story[0]}"), Cell(look.dot + look.fit(blamed, room), "dim")]
        return
    for line in story:
        yield [Cell(f"  {line}")]
    yield [Cell(f"    {look.fit(blamed, look.width - 4)}", "dim")]


# -------------------------------------------------------------------------------- diagnostics


def _diagnostics(notes: Sequence[Diagnostic], look: Look) -> Iterator[Line]:
    more = len(notes) - DIAGNOSTICS
    remark = f"first {DIAGNOSTICS} of {len(notes):,}; --json has them all" if more > 0 else ""
    yield _heading(look, "Diagnostics", remark)
    for note in notes[:DIAGNOSTICS]:
        place = "" if note.layer is None else f"layer {note.layer}: "
        text = f"{place}{look.shown(note.message)}"
        if note.path is not None:
            text += f" ({look.shown_path(note.path)})"
        yield [Cell(look.fit(look.shown(note.code), look.width), "yellow")]
        for line in look.wrap(text, look.width - 2):
            yield [Cell(f"  {line}")]
