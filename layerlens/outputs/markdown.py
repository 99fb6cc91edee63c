"""The analysis as Markdown: a comment on a pull request, or a job's summary.

The verdict comes first, then figures, then what to do.  What stands in an image is
shown by :mod:`layerlens.outputs.markdown_text`, and never starts a line.  A comment
that GitHub takes has 65,536 characters (GitLab: 1,000,000); where there is more to
say, the least important goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from typing import BinaryIO

from layerlens.analysis.blaming import blame, wording
from layerlens.analysis.model import Analysis, LayerFacts
from layerlens.analysis.rules.findings import Finding
from layerlens.analysis.rules.model import Confidence, Severity
from layerlens.analysis.rules.words import counted
from layerlens.outputs.display import percent, percent_of
from layerlens.outputs.markdown_change import change_sections
from layerlens.outputs.markdown_fit import Section, fit
from layerlens.outputs.markdown_text import md_cell, md_code, md_fence, md_path, md_text
from layerlens.outputs.markdown_verdict import headline, verdict_sections
from layerlens.outputs.report import Report
from layerlens.outputs.tables import table_heads
from layerlens.units import human_size

MOST_BYTES = 60_000
"""Of a comment, in UTF-8."""

TITLE, WORDS, INSTRUCTION, PATH = 160, 300, 240, 120
"""Characters of texts from images that are shown."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is told: findings with their fix, further findings, layers, worst paths."""

    explained: int
    listed: int
    layers: int
    paths: int
    fix_lines: int


COMMENT = Extent(explained=5, listed=20, layers=40, paths=20, fix_lines=12)
SUMMARY = Extent(explained=10, listed=500, layers=200, paths=200, fix_lines=40)


def write_markdown(report: Report, stream: BinaryIO) -> None:
    """Write a comment of less than :data:`MOST_BYTES` bytes."""
    text = markdown(report)
    if text is None:
        raise AssertionError("the frame of a comment fits into one")
    stream.write(text.encode("utf-8", "backslashreplace"))


def markdown(report: Report, extent: Extent = COMMENT, most: int = MOST_BYTES) -> str | None:
    """The page in at most ``most`` bytes of UTF-8, ``None`` where even its frame is larger."""
    return fit(list(_sections(report, extent)), most)


def marker(analysis: Analysis) -> str:
    """A line that nobody sees and a bot finds its comment by.

    The same for all builds of an image for a platform: it is made of the name
    without tag and digest.
    """
    image = analysis.image
    name = image.tags[0] if image.tags else image.reference
    name = name.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        name = head
    key = f"{name}\0{image.platform or ''}".encode("utf-8", "backslashreplace")
    return f"<!-- layerlens:{hashlib.sha256(key).hexdigest()[:16]} -->"


def _sections(report: Report, extent: Extent) -> Iterator[Section]:
    analysis, verdict = report.analysis, report.verdict
    reference = md_code(analysis.image.reference, most=PATH) or "the image"
    yield Section([], before=f"{marker(analysis)}\n## {headline(verdict, reference)}", weight=99)
    if verdict is not None:
        yield from verdict_sections(verdict, report.dockerfile)
    yield Section([], before=_figures(analysis), weight=99)
    if report.comparison is not None:
        yield from change_sections(report.comparison)
    if analysis.judged is not None:
        ignored = frozenset() if verdict is None else verdict.ignored
        told = [each for k, each in enumerate(analysis.findings) if k not in ignored]
        yield from _findings(report, told, extent)
    yield from _ledger(analysis)
    yield from _layers(analysis, extent)
    yield from _worst(analysis, extent)


# ------------------------------------------------------------------------------------ figures


def _figures(analysis: Analysis) -> str:
    image, scores = analysis.image, analysis.scores
    total = scores.total_bytes
    kept = total - scores.dead_bytes
    lean = kept - scores.removable_bytes
    figures = [
        ("size", human_size(total)),
        ("transfer", _transfer(analysis)),
        ("wasted", f"{human_size(scores.dead_bytes)} ({percent_of(scores.dead_bytes, total)})"),
    ]
    if analysis.judged is not None:
        removable = scores.removable_bytes
        figures.append(("removable", f"{human_size(removable)} ({percent_of(removable, total)})"))
    figures.append(("efficiency", percent_of(kept, total) if total else "100%"))
    if analysis.judged is not None:
        figures.append(("lean score", percent_of(lean, total) if total else "100%"))
    figures += [
        ("yours wasted", percent(scores.user_wasted_percent)),
        ("layers", f"{len(analysis.layers):,}"),
        ("files", f"{image.file_count:,}"),
    ]
    text = table_heads([name for name, _ in figures], "r" * len(figures))
    text += f"\n| {' | '.join(value for _, value in figures)} |"
    partial = analysis.partial
    if partial is not None:
        of = "" if partial.layers is None else f" of {partial.layers:,}"
        text += f"\n\nOnly {partial.read:,}{of} layers were read: all figures are of these."
    return text


def _transfer(analysis: Analysis) -> str:
    for row in analysis.sizes:
        if row.meter == "transfer" and row.bytes is not None:
            return f"{'≈ ' if row.approximate else ''}{human_size(row.bytes)}"
    return "not known"


# ----------------------------------------------------------------------------------- findings


def _findings(report: Report, findings: Sequence[Finding], extent: Extent) -> Iterator[Section]:
    analysis = report.analysis
    advised = {id(finding) for finding in analysis.advised}
    plain = [finding for finding in findings if id(finding) in advised]
    if not findings:
        yield Section([], before="### What to do\n\nNothing to mend.", weight=50)
        return
    outlook = ""
    what = analysis.what_if(plain)
    if what.saved_bytes:
        wire = what.transfer_saved_bytes
        outlook = (
            f"All advice followed: **{human_size(what.saved_bytes)} less**"
            f" ({percent_of(what.saved_bytes, analysis.scores.total_bytes)}"
            f"{'' if wire is None else f'; {human_size(wire)} of transfer'})"
            f", {human_size(what.total_bytes)} are left."
        )
    # As they are sorted: by severity, then bytes; of the small ones the larger first.
    ranked = sorted(findings, key=lambda each: (-max(each.severity, Severity.LOW), -each.bytes))
    first = [each for each in ranked if each.severity > Severity.INFO or each.bytes]
    first = first[: extent.explained]
    chosen = {id(each) for each in first}
    rest = [each for each in ranked if id(each) not in chosen]
    title = "### What to do" + (f"\n\n{outlook}" if outlook else "")
    yield Section(
        [_explained(finding, report.dockerfile, extent) for finding in first],
        before=title + ("\n" if first else ""),
        weight=60,
        more=lambda left: f"\n… and {counted(left, 'more finding')}",
    )
    if rest:
        listed = rest[: extent.listed]
        yield Section(
            [_listed(finding) for finding in listed],
            before=f"<details><summary>{counted(len(rest), 'further finding')}</summary>\n\n"
            + table_heads(["severity", "saves", "what", "layer", "rule"], "lrlll"),
            after="\n</details>",
            hidden=len(rest) - len(listed),
            more=lambda left: f"\n… and {left:,} more",
            weight=20,
            optional=True,
        )


def _explained(finding: Finding, dockerfile: str | None, extent: Extent) -> str:
    saves = ""
    if finding.bytes:
        wire = finding.transfer_bytes
        of_transfer = "" if wire is None else f" ({human_size(wire)} of transfer)"
        saves = f" · saves **{human_size(finding.bytes)}**{of_transfer}"
    hint = ", a hint" if finding.confidence is Confidence.HINT else ""
    title = md_text(finding.title, most=TITLE)
    lines = [f"- **{finding.severity.word}**{hint}: {title}{saves} · {md_code(finding.rule.id)}"]
    blamed = _place(finding, dockerfile)
    if finding.instruction:
        instruction = md_code(finding.instruction, most=INSTRUCTION)
        blamed = f"{blamed}: {instruction}" if blamed else instruction
    if blamed:
        lines.append(f"  <br>{blamed}")
    if finding.paths:
        more = f" and {finding.path_count - 1:,} more" if finding.path_count > 1 else ""
        lines.append(f"  <br>{md_path(finding.paths[0], most=PATH)}{more}")
    lines += [f"  <br>{md_text(line, most=WORDS)}" for line in finding.evidence[:2] if line]
    if finding.rule.trade_off:
        lines.append(f"  <br>trade-off: {md_text(finding.rule.trade_off, most=WORDS)}")
    if finding.fix:
        lines += ["", *md_fence(_fix(finding.fix, extent.fix_lines), "dockerfile", 2)]
    return "\n".join(lines)


def _fix(fix: str, most: int) -> str:
    lines = [line if len(line) <= WORDS else line[: WORDS - 1] + "…" for line in fix.split("\n")]
    if len(lines) > most:
        lines = [*lines[: most - 1], f"# … and {counted(len(lines) - most + 1, 'line')} more"]
    return "\n".join(lines)


def _place(finding: Finding, dockerfile: str | None) -> str:
    """``Dockerfile line 12, layer 3, base``; as much of it as is known."""
    parts = []
    if finding.line is not None:
        file = "" if dockerfile is None else f"{md_code(dockerfile, most=PATH)} "
        parts.append(f"{file}line {finding.line:,}")
    if finding.layer is not None:
        parts.append(f"layer {finding.layer:,}")
    if finding.is_base:
        parts.append("base")
    return ", ".join(parts)


def _listed(finding: Finding) -> str:
    where = "" if finding.layer is None else f"{finding.layer:,}"
    if finding.line is not None:
        where += f"{', ' if where else ''}line {finding.line:,}"
    saves = human_size(finding.bytes) if finding.bytes else ""
    hint = " (a hint)" if finding.confidence is Confidence.HINT else ""
    title = md_cell(finding.title, most=TITLE) + hint
    rule = md_code(finding.rule.id, cell=True)
    return f"| {finding.severity.word} | {saves} | {title} | {where} | {rule} |"


# ---------------------------------------------------------------------------- where bytes are


def _ledger(analysis: Analysis) -> Iterator[Section]:
    total = analysis.scores.total_bytes
    title = "### Where the bytes are"
    if not total:
        yield Section([], before=f"{title}\n\nThe image ships no file content.", weight=30)
        return
    rows = sorted(analysis.ledger, key=lambda row: (row.kind != "kept", -row.bytes))
    rows = [row for row in rows if row.bytes or row.files]
    split = any(layer.is_base for layer in analysis.layers)
    wires = any(row.transfer_bytes is not None for row in rows)
    heads = ["", "class", "bytes", "share"]
    heads += ["base", "yours"] if split else []
    heads += ["transfer"] if wires else []
    heads.append("files")
    lines = []
    for row in rows:
        cells = [row.kind, md_cell(row.name), human_size(row.bytes), percent_of(row.bytes, total)]
        if split:
            cells += [_size(row.base_bytes), _size(row.bytes - row.base_bytes)]
        if wires:
            cells.append("?" if row.transfer_bytes is None else human_size(row.transfer_bytes))
        lines.append(f"| {' | '.join(cells)} | {row.files:,} |")
    yield Section(
        lines,
        before=f"{title}\n\n{table_heads(heads, 'll' + 'r' * (len(heads) - 2))}",
        more=lambda left: f"\n… and {counted(left, 'more class', 'more classes')}",
        weight=30,
    )


def _size(size: int) -> str:
    return human_size(size) if size else ""


def _layers(analysis: Analysis, extent: Extent) -> Iterator[Section]:
    layers = analysis.layers
    if not layers:
        return
    # Of many, those that ship or kill the most, in the order of the image.
    most = nlargest(
        extent.layers, layers, key=lambda layer: (layer.size + layer.kills_bytes, -layer.index)
    )
    shown = sorted(most, key=lambda layer: layer.index)
    split = any(layer.is_base for layer in layers)
    heads = [
        "layer",
        *(["from"] if split else []),
        "size",
        "transfer",
        "dead",
        "kills",
        "instruction",
    ]
    yield Section(
        [_layer(layer, split=split) for layer in shown],
        before="<details><summary>Layers</summary>\n\n"
        + table_heads(heads, f"r{'l' if split else ''}rrrrl"),
        after="\n</details>",
        hidden=len(layers) - len(shown),
        more=lambda left: f"\n… and {counted(left, 'more layer')}",
        weight=10,
        optional=True,
    )


def _layer(layer: LayerFacts, *, split: bool) -> str:
    wire = "?" if layer.compressed_size is None else human_size(layer.compressed_size)
    cells = [
        f"{layer.index:,}",
        *(["base" if layer.is_base else "yours"] if split else []),
        human_size(layer.size),
        wire,
        _size(layer.dead_bytes),
        _size(layer.kills_bytes),
        md_code(layer.instruction.text, cell=True, most=INSTRUCTION),
    ]
    return f"| {' | '.join(cells)} |"


def _worst(analysis: Analysis, extent: Extent) -> Iterator[Section]:
    if not analysis.waste:
        return
    worst = nlargest(extent.paths, analysis.waste, key=lambda row: row.bytes)
    yield Section(
        [
            f"| {human_size(row.bytes)} | {md_path(row.path, cell=True, most=PATH)} "
            f"| {wording(row)} | {blame(row, analysis.layers):,} |"
            for row in worst
        ],
        before="<details><summary>Worst paths</summary>\n\n"
        + table_heads(["bytes", "path", "how they were lost", "blame layer"], "rllr"),
        after="\n</details>",
        hidden=len(analysis.waste) - len(worst),
        more=lambda left: f"\n… and {counted(left, 'more path')}",
        weight=11,
        optional=True,
    )
