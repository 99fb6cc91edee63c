"""A comparison as a comment for a pull request: what grew, why, and who did it.

GitHub takes 65,536 characters of a comment, GitLab a million; this stays below 60,000
bytes whatever is compared, by showing fewer rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from layerlens.analysis.rules.words import counted
from layerlens.comparison.causes import Cause, causes
from layerlens.comparison.model import Comparison, LayerPair, PathChange
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
from layerlens.outputs.markdown_text import md_cell, md_code, md_path, md_text
from layerlens.outputs.tables import table_heads
from layerlens.units import human_change, human_size

MOST_BYTES = 60_000
"""Bytes of a comment."""

_ROWS = (25, 12, 5, 2)
"""Rows of each table, from what is best to what always fits."""

_TOLD = 3
"""Causes in the headline."""

_LONG = 120
"""Characters of a stranger's text in a cell."""


def write_comparison_markdown(
    comparison: Comparison, stream: BinaryIO, *, dockerfile: str | None = None
) -> None:
    """Write the comment, below :data:`MOST_BYTES`.

    ``dockerfile`` is what the lines of causes are in, as the user named it.
    """
    texts = (
        comparison_markdown(comparison, most=most, dockerfile=dockerfile).encode() for most in _ROWS
    )
    stream.write(next((text for text in texts if len(text) < MOST_BYTES), b""))


def comparison_markdown(comparison: Comparison, *, most: int, dockerfile: str | None = None) -> str:
    """The comment with at most ``most`` rows in each table."""
    found = causes(comparison)
    names = [md_code(each.image.reference, most=_LONG) for each in (comparison.old, comparison.new)]
    lines = [
        headline(comparison, found, dockerfile),
        "",
        " → ".join(names),
        "",
        *_table(("", "old", "new", "change"), "lrrl", _case(comparison)),
    ]
    if comparison.is_same:
        return "\n".join(lines) + "\n"
    lines += ["", _pull(comparison)]
    for title, rows in (
        ("Why the size changed", _causes(comparison, found, most, dockerfile)),
        ("Findings", _findings(comparison, most)),
        ("Fetched again for nothing", _again(comparison)),
        ("Layers", _layers(comparison, most)),
        ("Files", _files(comparison, most)),
        ("Packages", _packages(comparison, most)),
        ("Moved", _moved(comparison, most)),
    ):
        inside = list(rows)
        if inside:
            summary, *rest = inside
            lines += [
                "",
                "<details>",
                f"<summary>{title}: {summary}</summary>",
                "",
                *rest,
                "",
                "</details>",
            ]
    if comparison.unsure:
        text = unsure_words(comparison.unsure)
        lines += ["", text]
    return "\n".join(lines) + "\n"


def headline(
    comparison: Comparison, found: Sequence[Cause] | None = None, dockerfile: str | None = None
) -> str:
    """One line: how much, and the largest causes with whose they are."""
    if comparison.is_same:
        return "**Nothing differs.**"
    size = comparison.size
    text = f"**Image size: {change_of(size)}**"
    told = (causes(comparison) if found is None else found)[:_TOLD]
    if told:
        text += ": " + ", ".join(_told(cause, dockerfile) for cause in told)
        if found is not None and len(found) > _TOLD:
            text += f" and {counted(len(found) - _TOLD, 'smaller cause')}"
    return text


def _told(cause: Cause, dockerfile: str | None) -> str:
    what = md_text(cause_words(cause), most=_LONG)
    return f"{human_change(cause.bytes)} {what} by {_whose(cause, dockerfile, cell=False)}"


def _whose(cause: Cause, dockerfile: str | None, *, cell: bool) -> str:
    text = md_code(cause.instruction, cell=cell, most=_LONG)
    if cause.line is None or cause.bytes < 0:
        return text
    place = f"{dockerfile or 'Dockerfile'}:{cause.line}"
    return f"{text} ({(md_cell if cell else md_text)(place, most=_LONG)})"


def _case(comparison: Comparison) -> Iterator[Sequence[str]]:
    for row in case_rows(comparison):
        yield (
            row.label,
            md_cell(row.old, most=_LONG),
            md_cell(row.new, most=_LONG),
            md_cell(row.change, most=_LONG),
        )


def _table(
    heads: Sequence[str], sides: str, rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]
) -> Iterator[str]:
    """A table; cells are Markdown already."""
    yield table_heads(heads, sides)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _more(count: int, most: int, rest: str = "") -> list[str]:
    return ["", f"and {count - most:,} more{rest}"] if count > most else []


def _pull(comparison: Comparison) -> str:
    pull = comparison.pull
    text = (
        f"A client that has the old image fetches **{human_size(pull.bytes)}** in "
        f"{counted(len(pull.fetched), 'layer')}"
        f"{'' if pull.exact else ' (content bytes: layers lie uncompressed here)'} and has "
        f"{human_size(pull.reused_bytes)}."
    )
    if pull.broke_at is not None:
        text += f" {md_code(pull.why, most=3 * _LONG)}"
    return text


def _causes(
    comparison: Comparison, found: Sequence[Cause], most: int, dockerfile: str | None
) -> Iterator[str]:
    if not found:
        return
    yield f"{human_change(comparison.size.change or 0)} in {counted(len(found), 'part')}"
    rows = [
        (
            human_change(each.bytes),
            md_cell(cause_words(each), most=_LONG),
            f"{'old' if each.bytes < 0 else 'new'} {each.layer}",
            _whose(each, dockerfile, cell=True),
        )
        for each in found[:most]
    ]
    yield from _table(("change", "what", "layer", "instruction"), "rlll", rows)
    yield from _more(
        len(found), most, f": {human_change(sum(each.bytes for each in found[most:]))}"
    )


def _layers(comparison: Comparison, most: int) -> Iterator[str]:
    pairs = [pair for pair in comparison.layers if not pair.same]
    shared = len(comparison.layers) - len(pairs)
    yield f"{shared} shared, {len(pairs)} differ"
    pairs.sort(key=lambda pair: -abs(_change(pair)))
    kept = {(pair.old, pair.new) for pair in pairs[:most]}
    rows = [
        (
            "" if pair.old is None else str(pair.old),
            "" if pair.new is None else str(pair.new),
            known(pair.size.old) if pair.old is not None else "",
            known(pair.size.new) if pair.new is not None else "",
            human_change(_change(pair)),
            md_code(pair.instruction.text, cell=True, most=_LONG),
        )
        for pair in comparison.layers
        if (pair.old, pair.new) in kept
    ]
    heads = ("old", "new", "old size", "new size", "change", "instruction")
    yield from _table(heads, "rrrrrl", rows)
    yield from _more(len(pairs), most)


def _change(pair: LayerPair) -> int:
    return (pair.size.new or 0) - (pair.size.old or 0)


def _files(comparison: Comparison, most: int) -> Iterator[str]:
    if not comparison.paths:
        return
    counts = Counter(path.change for path in comparison.paths)
    yield ", ".join(f"{counts[kind]:,} {kind}" for kind in PathChange if counts[kind])
    rows = [
        (human_change(each.bytes), f"{each.files:,}", md_path(each.path, cell=True, most=_LONG))
        for each in places(comparison.paths, most)
    ]
    if rows:
        yield from _table(("change", "files", "at"), "rrl", rows)
    else:
        other = [path for path in comparison.paths if path.change is PathChange.CONTENT]
        names = ", ".join(md_path(path.path, most=_LONG) for path in other[:3])
        more = f" and {len(other) - 3:,} more" if len(other) > 3 else ""
        yield "None grew or shrank." + (f" Other content: {names}{more}" if other else "")


def _packages(comparison: Comparison, most: int) -> Iterator[str]:
    found = comparison.packages
    if not found:
        return
    counts = Counter(each.change for each in found)
    kinds = ("added", "removed", "version", "size")
    yield ", ".join(f"{counts[kind]:,} {kind}" for kind in kinds if counts[kind])
    rows = [
        (
            human_change(each.bytes),
            each.package.ecosystem.value,
            md_cell(each.package.name, most=_LONG),
            md_cell(each.old.version, most=40) if each.old else "",
            md_cell(each.new.version, most=40) if each.new else "",
        )
        for each in found[:most]
    ]
    yield from _table(("change", "", "package", "old", "new"), "rllll", rows)
    yield from _more(
        len(found), most, f": {human_change(sum(each.bytes for each in found[most:]))}"
    )


def _findings(comparison: Comparison, most: int) -> Iterator[str]:
    old, new = comparison.old, comparison.new
    if old.judged is None or new.judged is None:
        return
    fixed = [old.findings[k] for k in comparison.findings.fixed]
    came = [new.findings[k] for k in comparison.findings.new]
    yield f"{len(fixed)} fixed, {len(came)} new, {len(comparison.findings.kept)} in both"
    for title, found in (("New", came), ("Fixed", fixed)):
        if not found:
            continue
        yield f"**{title}**"
        yield ""
        rows = [
            (
                finding.severity.word,
                human_size(finding.bytes) if finding.bytes else "",
                md_code(finding.rule.id, cell=True),
                md_cell(finding.title, most=_LONG),
            )
            for finding in found[:most]
        ]
        yield from _table(("severity", "bytes", "rule", "finding"), "lrll", rows)
        yield from _more(len(found), most)
        yield ""


def _moved(comparison: Comparison, most: int) -> Iterator[str]:
    moved = [path for path in comparison.paths if path.change is PathChange.MOVED]
    if not moved:
        return
    total = sum(path.new_bytes for path in moved)
    yield f"{counted(len(moved), 'file')} of {human_size(total)}, unchanged elsewhere"
    rows: list[tuple[str, str, str]] = []
    inside: list[tuple[bytes, bytes]] = []
    for each in moved_directories(moved, comparison.old.filesystem):
        inside.append((each.old + b"/", each.new + b"/"))
        rows.append(
            (
                f"{human_size(each.bytes)} in {counted(each.files, 'file')}",
                md_path(each.old, cell=True, most=_LONG),
                md_path(each.new, cell=True, most=_LONG),
            )
        )
    rows += [
        (
            human_size(path.new_bytes),
            md_path(path.moved_from, cell=True, most=_LONG),
            md_path(path.path, cell=True, most=_LONG),
        )
        for path in moved
        if path.moved_from is not None
        and not any(path.moved_from.startswith(a) and path.path.startswith(b) for a, b in inside)
    ]
    yield from _table(("size", "from", "to"), "rll", rows[:most])
    yield from _more(len(rows), most)


def _again(comparison: Comparison) -> Iterator[str]:
    found = comparison.refetched
    if not found:
        return
    yield f"{human_size(sum(each.bytes for each in found))} of content"
    for each in found:
        wire = "" if each.transfer is None else f" ({human_size(each.transfer)} on the wire)"
        layers = ", ".join(map(str, each.layers[:8])) + (", …" if len(each.layers) > 8 else "")
        largest = ", ".join(
            md_path(path, most=_LONG) for path in list(dict.fromkeys(each.paths))[:3]
        )
        yield (
            f"- **{human_size(each.bytes)}**{wire} in {counted(each.files, 'file')}, "
            f"layers {layers}: {REASONS[each.reason]}. The largest: {largest}. "
            f"{ADVICE[each.reason]}"
        )
