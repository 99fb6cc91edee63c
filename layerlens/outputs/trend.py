"""An image over time for programs and pages: JSON, CSV, Markdown.

Names in these forms are public: ``trend.schema.json`` beside this module describes the JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from layerlens import __version__
from layerlens.analysis.rules.model import Severity
from layerlens.outputs.display import encodable, percent, percent_of
from layerlens.outputs.json_text import write_document
from layerlens.outputs.markdown_text import md_cell, md_code
from layerlens.outputs.schema import number
from layerlens.outputs.tables import markdown_table, write_csv
from layerlens.trend.model import (
    FindingMove,
    LayerMove,
    PackageMove,
    Trend,
    TrendGap,
    TrendPoint,
    TrendStep,
)
from layerlens.units import human_change, human_size

SCHEMA_VERSION = "1.1"

Json = dict[str, Any]

_LONGEST = 200
"""Characters of a text in a cell."""


def in_order(trend: Trend) -> list[TrendPoint | TrendGap]:
    """Points and gaps as they were named."""
    return sorted((*trend.points, *trend.gaps), key=lambda each: each.place)


def trend_document(trend: Trend) -> Json:
    """The JSON form; figures are bytes, points and steps are named by their places."""
    return {
        "schema_version": SCHEMA_VERSION,
        "layerlens": __version__,
        "points": [_point(each) for each in trend.points],
        "gaps": [
            {
                "place": each.place,
                "reference": encodable(each.reference),
                "problem": encodable(each.problem),
            }
            for each in trend.gaps
        ],
        "steps": [_step(each) for each in trend.steps],
        "largest_growth": trend.largest,
    }


def _point(each: TrendPoint) -> Json:
    return {
        "place": each.place,
        "reference": encodable(each.reference),
        "id": each.id,
        "created": None if each.created is None else encodable(each.created),
        "size": each.size,
        "transfer_bytes": each.transfer,
        "live_bytes": each.live,
        "dead_bytes": each.dead,
        "removable_bytes": each.removable,
        "efficiency": number(each.efficiency),
        "lean_score": number(each.lean_score),
        "user_wasted_percent": number(each.user_wasted_percent),
        "layers": each.layers,
        "file_count": each.files,
        "packages": each.packages,
        "findings": (
            None
            if each.findings is None
            else {severity.word: each.findings_of(severity) for severity in Severity}
        ),
    }


def _step(each: TrendStep) -> Json:
    return {
        "before": each.before,
        "after": each.after,
        "size": each.size,
        "transfer_bytes": each.transfer,
        "live_bytes": each.live,
        "dead_bytes": each.dead,
        "removable_bytes": each.removable,
        "file_count": each.files,
        "fetched_bytes": each.fetched,
        "fetched_exact": each.fetched_exact,
        "layers": [_layer(move) for move in each.layers],
        "packages": [
            {
                "bytes": move.bytes,
                "ecosystem": move.ecosystem,
                "name": encodable(move.name),
                "old_version": encodable(move.old_version) or None,
                "new_version": encodable(move.new_version) or None,
            }
            for move in each.packages
        ],
        "classes": [
            {"bytes": move.bytes, "kind": move.kind, "class": move.name} for move in each.classes
        ],
        "new_findings": [_finding(move) for move in each.new_findings],
        "fixed_findings": [_finding(move) for move in each.fixed_findings],
    }


def _layer(move: LayerMove) -> Json:
    return {
        "bytes": move.bytes,
        "change": move.change,
        "instruction": encodable(move.instruction),
        "waste": [{"class": name, "bytes": size} for name, size in move.waste],
    }


def _finding(move: FindingMove) -> Json:
    return {
        "rule": encodable(move.rule),
        "title": encodable(move.title),
        "severity": move.severity.word,
        "bytes": move.bytes,
        "instruction": encodable(move.instruction) or None,
    }


# --------------------------------------------------------------------------------- writing


def _write_json(trend: Trend, stream: BinaryIO) -> None:
    write_document(trend_document(trend), stream)


_CSV_HEADS = (
    "reference", "id", "created", "size", "transfer_bytes", "live_bytes", "dead_bytes",
    "removable_bytes", "efficiency", "lean_score", "user_wasted_percent", "layers", "files",
    "packages", *(f"findings_{severity.word}" for severity in Severity), "size_change", "cause", "problem",
)  # fmt: skip


def _write_csv(trend: Trend, stream: BinaryIO) -> None:
    """A row for each point, those that could not be read among them."""
    steps = {step.after: step for step in trend.steps}
    none = (None,) * len(Severity)

    def rows() -> Iterable[list[object]]:
        yield list(_CSV_HEADS)
        number_of = 0
        for each in in_order(trend):
            if isinstance(each, TrendGap):
                yield [each.reference, *[None] * (len(_CSV_HEADS) - 2), each.problem]
                continue
            step = steps.get(number_of)
            number_of += 1
            yield [
                each.reference, each.id, each.created, each.size, each.transfer, each.live,
                each.dead, each.removable, f"{each.efficiency:.6f}", f"{each.lean_score:.6f}",
                f"{each.user_wasted_percent:.4f}", each.layers, each.files,
                each.packages, *(each.findings or none), None if step is None else step.size,
                None if step is None else cause(step), None,
            ]  # fmt: skip

    write_csv(rows(), stream)


def cause(step: TrendStep) -> str:
    """What moved the size most, in one line with strangers' text in it; ``""`` for nothing."""
    layer = step.blamed
    if layer is None:
        return ""
    parts = [f"{name} {human_change(size)}" for name, size in layer.waste if size * step.size > 0]
    verb = {"added": "new", "removed": "gone", "changed": "changed"}[layer.change]
    inside = f" ({', '.join(parts)})" if parts else ""
    return f"{human_change(layer.bytes)}{inside} by {layer.instruction or 'a layer'} ({verb})"


def _write_markdown(trend: Trend, stream: BinaryIO) -> None:
    stream.write(("\n".join(_page(trend)) + "\n").encode("utf-8", "backslashreplace"))


def _page(trend: Trend) -> Iterable[str]:
    yield "# Trend"
    yield ""
    heads = ["", "image", "created", "size", "change", "transfer", "dead", "removable", "lean",
             "efficiency", "user wasted", "layers"]  # fmt: skip
    yield from markdown_table(heads, _markdown_rows(trend), (0, *range(3, 12)))
    if trend.steps:
        yield from ("", "## What moved it", "")
    for k, step in enumerate(trend.steps):
        yield from _markdown_step(trend, k, step)


def _markdown_rows(trend: Trend) -> Iterable[list[str]]:
    steps = {step.after: step for step in trend.steps}
    count = 0
    for each in in_order(trend):
        if isinstance(each, TrendGap):
            told = f"could not be read: {md_cell(each.problem, most=_LONGEST)}"
            yield ["", md_code(each.reference, cell=True), told, *[""] * 9]
            continue
        step = steps.get(count)
        count += 1
        lean = each.size - each.waste
        yield [
            str(count),
            md_code(each.reference, cell=True),
            md_cell(each.created or "", most=_LONGEST),
            human_size(each.size),
            "" if step is None else _bold(human_change(step.size), trend.largest == step.after - 1),
            "" if each.transfer is None else human_size(each.transfer),
            human_size(each.dead),
            human_size(each.removable),
            percent_of(lean, each.size) if each.size else "100%",
            percent_of(each.live, each.size) if each.size else "100%",
            percent(each.user_wasted_percent),
            str(each.layers),
        ]


def _bold(text: str, yes: bool) -> str:
    return f"**{text}**" if yes else text


def _markdown_step(trend: Trend, k: int, step: TrendStep) -> Iterable[str]:
    largest = " (the largest growth)" if trend.largest == k else ""
    yield f"- **{step.before + 1} to {step.after + 1}**: {human_change(step.size)}{largest}"
    for layer in step.layers[:3]:
        waste = ", ".join(f"{name} {human_change(size)}" for name, size in layer.waste)
        tail = f" ({waste})" if waste else ""
        yield (
            f"  - {human_change(layer.bytes)}{tail} by "
            f"{md_code(layer.instruction, most=_LONGEST) or 'a layer'}, {layer.change}"
        )
    for package in [each for each in step.packages if each.bytes][:3]:
        yield f"  - {human_change(package.bytes)}: {md_code(package_words(package), most=_LONGEST)}"
    for sign, findings in (("new", step.new_findings), ("fixed", step.fixed_findings)):
        if findings:
            titles = ", ".join(md_cell(each.title, most=_LONGEST) for each in findings[:5])
            more = f" and {len(findings) - 5} more" if len(findings) > 5 else ""
            yield f"  - {sign}: {titles}{more}"


def package_words(package: PackageMove) -> str:
    """A package and its versions."""
    name = f"{package.ecosystem} {package.name}"
    if package.old_version and package.new_version:
        if package.old_version == package.new_version:
            return f"{name} {package.new_version}"
        return f"{name} {package.old_version} -> {package.new_version}"
    if package.new_version:
        return f"{name} {package.new_version}, new"
    return f"{name} {package.old_version}, gone"


WRITERS: dict[str, Callable[[Trend, BinaryIO], None]] = {
    "json": _write_json,
    "csv": _write_csv,
    "markdown": _write_markdown,
}
"""The forms, each with what writes it."""
