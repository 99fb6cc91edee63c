"""What the text of a comparison says, section by section.

Layers are numbered from 0, as in the JSON.  Only :mod:`layerlens.outputs.compare_text`
should import this, and late: it loads rich.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.words import counted
from layerlens.comparison.causes import causes
from layerlens.comparison.model import Comparison, Delta, LayerPair, PathChange
from layerlens.comparison.moves import moved_directories
from layerlens.comparison.places import places
from layerlens.outputs.compare_words import (
    ADVICE,
    REASONS,
    case_rows,
    cause_words,
    change_of,
    known,
    unsure_words,
)
from layerlens.outputs.display import percent_of
from layerlens.outputs.layout import Cell, Column, Line, Look, columns, gauge
from layerlens.units import human_change, human_size

_BAR = 21
"""Columns of a signed bar: its axis, and as many on either side."""

_MOST_LAYERS = 40

_GROWN, _SHRUNK, _EVEN = "red", "green", "dim"


def comparison_page(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    """The whole page; each list has at most ``most`` rows."""
    yield from _images(comparison, look)
    yield []
    yield from _totals(comparison, look)
    if comparison.is_same:
        if comparison.pull.fetched:
            yield []
            yield from _pull(comparison, look)
        yield []
        yield [Cell("Nothing differs.", "green")]
        return
    yield []
    yield from _pull(comparison, look)
    for section in (_causes, _layers, _places, _packages, _classes, _findings, _moved, _again):
        lines = list(section(comparison, look, most))
        if lines:
            yield []
            yield from lines
    if comparison.unsure:
        yield []
        text = unsure_words(comparison.unsure)
        for line in look.wrap(text, look.width):
            yield [Cell(line, "yellow")]


def case_table(comparison: Comparison, look: Look, _most: int = 0) -> Iterator[Line]:
    """The table that compares two builds of one program."""
    heads = [Column(""), Column("old"), Column("new"), Column("change")]
    rows = [
        [
            Cell(row.label, "dim"),
            Cell(look.fit(look.shown(row.old), look.width // 3)),
            Cell(look.fit(look.shown(row.new), look.width // 3), "bold"),
            Cell(look.shown(row.change)),
        ]
        for row in case_rows(comparison)
    ]
    yield from columns(look, heads, rows)


def _heading(look: Look, title: str, remark: str = "") -> Line:
    room = look.width - len(title) - 2
    return [Cell(title, "bold"), Cell(f"  {look.fit(remark, room)}" if remark else "", "dim")]


def _style(change: int | None) -> str:
    if not change:
        return _EVEN
    return _GROWN if change > 0 else _SHRUNK


def _bar(look: Look, change: int, most: int) -> str:
    """A bar to the left of its axis for what shrank, to the right for what grew."""
    half = _BAR // 2
    cells = max(1, abs(change) * half // most) if change and most else 0
    axis = "│" if look.unicode else "|"
    left = look.full * cells if change < 0 else ""
    right = look.full * cells if change > 0 else ""
    return f"{left:>{half}}{axis}{right:<{half}}"


def _wide(look: Look) -> bool:
    return look.width >= 80


def _bars(look: Look, changes: Sequence[int]) -> list[list[Cell]]:
    """A column of bars, where there is room for one."""
    most = max(map(abs, changes), default=0)
    if not _wide(look):
        return [[] for _ in changes]
    return [[Cell(_bar(look, change, most), _style(change))] for change in changes]


# ------------------------------------------------------------------------------------- totals


def _images(comparison: Comparison, look: Look) -> Iterator[Line]:
    for label, analysis in (("old", comparison.old), ("new", comparison.new)):
        image = analysis.image
        platform = f" ({look.shown(str(image.platform))})" if image.platform else ""
        name = look.fit(look.shown(image.reference), look.width - 5 - len(platform), middle=True)
        yield [Cell(f"{label}  ", "dim"), Cell(name, "bold cyan"), Cell(platform, "dim")]


def _totals(comparison: Comparison, look: Look) -> Iterator[Line]:
    old, new = comparison.old, comparison.new
    heads = [
        Column(""), Column("old", right=True), Column("new", right=True), Column("change"),
    ]  # fmt: skip
    rows = [
        _total(label, delta)
        for label, delta in (
            ("size", comparison.size),
            ("transfer", comparison.transfer),
            ("live", comparison.live),
            ("dead", comparison.dead),
            ("removable", _removable(comparison)),
        )
        if delta is not None
    ]
    for label, counts in (
        ("layers", (len(old.layers), len(new.layers))),
        ("files", (old.image.file_count, new.image.file_count)),
    ):
        change = counts[1] - counts[0]
        rows.append(
            [
                Cell(label, "dim"),
                Cell(f"{counts[0]:,}"),
                Cell(f"{counts[1]:,}", "bold"),
                Cell(f"{change:+,}" if change else "no change", _EVEN),
            ]
        )
    for label, name in (("efficiency", "efficiency"), ("lean score", "lean_score")):
        was, now = getattr(old.scores, name), getattr(new.scores, name)
        change = round((now - was) * 1000)
        rows.append(
            [
                Cell(label, "dim"),
                Cell(_score(old.scores.total_bytes, was)),
                Cell(_score(new.scores.total_bytes, now), "bold"),
                Cell(
                    f"{change / 10:+.1f} points" if change else "no change",
                    _style(-change),
                ),
            ]
        )
    yield from columns(look, heads, rows)


def _score(total: int, score: float) -> str:
    return percent_of(round(score * total), total) if total else "100%"


def _removable(comparison: Comparison) -> Delta | None:
    old, new = comparison.old, comparison.new
    if old.judged is None or new.judged is None:
        return None
    return Delta(old.scores.removable_bytes, new.scores.removable_bytes)


def _total(label: str, delta: Delta) -> list[Cell]:
    return [
        Cell(label, "dim"),
        Cell(known(delta.old)),
        Cell(known(delta.new), "bold"),
        Cell(change_of(delta), _style(delta.change)),
    ]


# --------------------------------------------------------------------------------------- pull


def _pull(comparison: Comparison, look: Look) -> Iterator[Line]:
    pull = comparison.pull
    whole = pull.bytes + pull.reused_bytes
    what = "stored bytes" if pull.exact else "content bytes: layers lie uncompressed here"
    yield _heading(look, "Pull", f"what a client that has the old image fetches, {what}")
    room = min(50, look.width - 2)
    yield gauge(look, pull.bytes, whole, room, _GROWN)
    text = (
        f"{human_size(pull.bytes)} in {counted(len(pull.fetched), 'layer')} to fetch, "
        f"{human_size(pull.reused_bytes)} in {counted(len(pull.reused), 'layer')} there already"
    )
    for line in look.wrap(text, look.width):
        yield [Cell(line)]
    for line in look.wrap(look.shown(pull.why), look.width):
        yield [Cell(line, "yellow" if pull.broke_at is not None else "")]
    if pull.chained_bytes != pull.bytes:
        text = (
            f"Docker Engine's own store fetches {human_size(pull.chained_bytes)}: it reuses a "
            "layer only on top of the same layers."
        )
        for line in look.wrap(text, look.width):
            yield [Cell(line, "dim")]


# ------------------------------------------------------------------------------------- causes


def _causes(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    found = causes(comparison)
    if not found:
        return
    yield _heading(
        look, f"Why {human_change(comparison.size.change or 0)}", "each byte of both images once"
    )
    shown = found[:most]
    heads = [Column("change", right=True), Column("what")]
    if _wide(look):
        heads.insert(1, Column(""))
    heads.append(Column("layer", right=True))
    heads.append(Column("instruction"))
    bars = _bars(look, [each.bytes for each in shown])
    rows = []
    for each, bar in zip(shown, bars, strict=True):
        whose = "old" if each.bytes < 0 else "new"
        line = "" if each.line is None else f" (Dockerfile:{each.line})"
        rows.append(
            [
                Cell(human_change(each.bytes), _style(each.bytes)),
                *bar,
                Cell(look.fit(look.shown(cause_words(each)), 34)),
                Cell(f"{whose} {each.layer}", "dim"),
                Cell(look.shown(each.instruction) + line),
            ]
        )
    yield from columns(look, heads, rows)
    yield from _rest(look, len(found) - len(shown), sum(each.bytes for each in found[most:]))


def _rest(look: Look, count: int, size: int) -> Iterator[Line]:
    if count:
        yield [Cell(look.fit(f"and {count:,} more: {human_change(size)}", look.width), "dim")]


def _layers(comparison: Comparison, look: Look, _most: int) -> Iterator[Line]:
    shared = sum(pair.same for pair in comparison.layers)
    yield _heading(
        look, "Layers", f"{shared} shared; = is the same layer, ~ the same step with other content"
    )
    pairs = list(comparison.layers)
    shown = pairs
    if len(pairs) > _MOST_LAYERS:
        pairs.sort(key=lambda pair: -abs(_layer_change(pair)))
        kept = {id(pair) for pair in pairs[:_MOST_LAYERS]}
        shown = [pair for pair in comparison.layers if id(pair) in kept]
    heads = [
        Column("old", right=True), Column("new", right=True), Column(""),
        Column("size", right=True), Column("change", right=True),
    ]  # fmt: skip
    if _wide(look):
        heads.append(Column(""))
    heads.append(Column("instruction"))
    bars = _bars(look, [_layer_change(pair) for pair in shown])
    rows = []
    for pair, bar in zip(shown, bars, strict=True):
        sign = "=" if pair.same else "-" if pair.new is None else "+" if pair.old is None else "~"
        size = pair.size.old if pair.new is None else pair.size.new
        change = _layer_change(pair)
        rows.append(
            [
                Cell("" if pair.old is None else str(pair.old), "dim"),
                Cell("" if pair.new is None else str(pair.new), "dim"),
                Cell(sign, {"-": _SHRUNK, "+": _GROWN, "~": "yellow"}.get(sign, "dim")),
                Cell(known(size)),
                Cell(human_change(change) if change else "", _style(change)),
                *bar,
                Cell(look.shown(pair.instruction.text)),
            ]
        )
    yield from columns(look, heads, rows)
    if len(shown) < len(pairs):
        yield [Cell(f"and {len(pairs) - len(shown)} more", "dim")]


def _layer_change(pair: LayerPair) -> int:
    return (pair.size.new or 0) - (pair.size.old or 0)


# ---------------------------------------------------------------------------- files, packages


_NAMED = 3
"""Files of another content that are named where none has another size."""


def _places(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    if not comparison.paths:
        return
    counts = Counter(path.change for path in comparison.paths)
    words = ", ".join(
        f"{counts[change]:,} {_WORDS[change]}" for change in PathChange if counts[change]
    )
    yield _heading(look, "Files", words)
    found = places(comparison.paths, most)
    if not found:
        other = [path for path in comparison.paths if path.change is PathChange.CONTENT]
        names = ", ".join(look.shown_path(path.path) for path in other[:_NAMED])
        more = f" and {len(other) - _NAMED:,} more" if len(other) > _NAMED else ""
        told = f"None grew or shrank.{f'  Other content: {names}{more}' if other else ''}"
        for line in look.wrap(told, look.width):
            yield [Cell(line, "dim")]
        return
    heads = [Column("change", right=True)]
    if _wide(look):
        heads.append(Column(""))
    heads += [Column("files", right=True), Column("at", middle=True)]
    bars = _bars(look, [each.bytes for each in found])
    rows = []
    for each, bar in zip(found, bars, strict=True):
        both = ""
        if each.grown and each.shrunk:
            both = f" (+{human_size(each.grown)}, -{human_size(each.shrunk)})"
        rows.append(
            [
                Cell(human_change(each.bytes), _style(each.bytes)),
                *bar,
                Cell(f"{each.files:,}", "dim"),
                Cell(look.shown_path(each.path) + both),
            ]
        )
    yield from columns(look, heads, rows)
    rest = (comparison.live.change or 0) - sum(each.bytes for each in found)
    if rest:
        yield [Cell(f"elsewhere: {human_change(rest)}", "dim")]


_WORDS = {
    PathChange.ADDED: "added",
    PathChange.REMOVED: "removed",
    PathChange.CONTENT: "with other content",
    PathChange.METADATA: "with other owner, mode or time only",
    PathChange.TYPE: "of another type",
    PathChange.MOVED: "moved",
}


def _packages(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    found = comparison.packages
    if not found:
        return
    counts = Counter(each.change for each in found)
    words = {"version": "of another version", "size": "of another size"}
    remark = ", ".join(
        f"{counts[change]:,} {words.get(change, change)}"
        for change in ("added", "removed", "version", "size")
        if counts[change]
    )
    yield _heading(look, "Packages", remark)
    heads = [Column("change", right=True)]
    if _wide(look):
        heads.append(Column(""))
    heads += [Column(""), Column("package"), Column("version")]
    shown = found[:most]
    bars = _bars(look, [each.bytes for each in shown])
    rows = []
    for each, bar in zip(shown, bars, strict=True):
        it = each.package
        versions = it.version
        if each.change == "version" and each.old is not None:
            versions = f"{each.old.version} {'→' if look.unicode else '->'} {it.version}"
        rows.append(
            [
                Cell(human_change(each.bytes), _style(each.bytes)),
                *bar,
                Cell(it.ecosystem, "dim"),
                Cell(look.fit(look.shown(it.name), 40)),
                # The arrow is ours; versions are strangers'.
                Cell(look.shown(versions)),
            ]
        )
    yield from columns(look, heads, rows)
    yield from _rest(look, len(found) - len(shown), sum(each.bytes for each in found[most:]))


def _classes(comparison: Comparison, look: Look, _most: int) -> Iterator[Line]:
    found = comparison.classes
    if not found:
        return
    yield _heading(look, "Where the bytes are", "what is kept, dead by cause, removable by class")
    heads = [
        Column("old", right=True), Column("new", right=True), Column("change", right=True),
    ]  # fmt: skip
    if _wide(look):
        heads.append(Column(""))
    heads += [Column(""), Column("class")]
    bars = _bars(look, [each.bytes.change or 0 for each in found])
    rows = [
        [
            Cell(known(each.bytes.old)),
            Cell(known(each.bytes.new)),
            Cell(human_change(each.bytes.change or 0), _style(each.bytes.change)),
            *bar,
            Cell(each.kind, "dim"),
            Cell(each.name),
        ]
        for each, bar in zip(found, bars, strict=True)
    ]
    yield from columns(look, heads, rows)


# ----------------------------------------------------------------------------------- findings


def _findings(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    old, new = comparison.old, comparison.new
    if old.judged is None or new.judged is None:
        return
    fixed = [old.findings[k] for k in comparison.findings.fixed]
    came = [new.findings[k] for k in comparison.findings.new]
    kept = len(comparison.findings.kept)
    if not (fixed or came or kept):
        return
    yield _heading(look, "Findings", f"{len(fixed)} fixed, {len(came)} new, {kept} in both")
    for sign, style, found in (("+", _GROWN, came), ("-", _SHRUNK, fixed)):
        for finding in found[:most]:
            yield _finding(finding, look, sign, style)
        if len(found) > most:
            word = "new" if sign == "+" else "fixed"
            yield [Cell(f"and {len(found) - most} more {word}", "dim")]


def _finding(finding: Finding, look: Look, sign: str, style: str) -> Line:
    size = human_size(finding.bytes) if finding.bytes else ""
    room = look.width - 24
    return [
        Cell(f"{sign} ", style),
        Cell(f"{finding.severity.word:<9}"),
        Cell(f"{size:>9}  "),
        Cell(look.fit(look.shown(finding.title), room)),
    ]


def _moved(comparison: Comparison, look: Look, most: int) -> Iterator[Line]:
    moved = [path for path in comparison.paths if path.change is PathChange.MOVED]
    if not moved:
        return
    arrow = "→" if look.unicode else "->"
    sizes = comparison.new.filesystem.sizes()
    inode = comparison.new.filesystem.inode
    total = sum(path.new_bytes for path in moved)
    yield _heading(
        look, "Moved", f"{counted(len(moved), 'file')} of {human_size(total)}, unchanged elsewhere"
    )
    rows: list[tuple[int, bytes, bytes, str]] = []
    inside: list[tuple[bytes, bytes]] = []
    for each in moved_directories(moved, comparison.old.filesystem):
        rows.append((each.bytes, each.old, each.new, f" ({counted(each.files, 'file')})"))
        inside.append((each.old + b"/", each.new + b"/"))
    for path in moved:
        if path.moved_from is None or path.new is None:
            continue
        a, b = path.moved_from, path.path
        if not any(a.startswith(old) and b.startswith(new) for old, new in inside):
            rows.append((sizes[inode(path.new)], a, b, ""))
    rows.sort(key=lambda row: (-row[0], row[1]))
    for size, a, b, remark in rows[:most]:
        room = (look.width - 14 - len(remark)) // 2
        yield [
            Cell(f"{human_size(size):>9}  "),
            Cell(look.fit(look.shown_path(a), room, middle=True)),
            Cell(f" {arrow} ", "dim"),
            Cell(look.fit(look.shown_path(b), room, middle=True)),
            Cell(remark, "dim"),
        ]
    if len(rows) > most:
        yield [Cell(f"and {len(rows) - most:,} more", "dim")]


def _again(comparison: Comparison, look: Look, _most: int) -> Iterator[Line]:
    found = comparison.refetched
    if not found:
        return
    total = sum(each.bytes for each in found)
    yield _heading(
        look,
        "Fetched again for nothing",
        f"{human_size(total)} of content in layers that a client must fetch",
    )
    for each in found:
        wire = "" if each.transfer is None else f", {human_size(each.transfer)} on the wire"
        which = ", ".join(map(str, each.layers[:8])) + (", …" if len(each.layers) > 8 else "")
        text = f"{human_size(each.bytes)} in {counted(each.files, 'file')}{wire}: {REASONS[each.reason]}"
        for line in look.wrap(look.shown(text), look.width):
            yield [Cell(line, "yellow")]
        largest = ", ".join(look.shown_path(path) for path in list(dict.fromkeys(each.paths))[:3])
        label = f"layer{'s' if len(each.layers) > 1 else ''} {look.shown(which)}: "
        yield [Cell("  "), Cell(look.fit(label + largest, look.width - 2), "dim")]
        for line in look.wrap(ADVICE[each.reason], look.width - 2, 8):
            yield [Cell(f"  {line}")]
