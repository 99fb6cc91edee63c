"""A fleet for programs and pages: JSON, CSV, Markdown.

Names in these forms are public: ``fleet.schema.json`` beside this module describes the JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from layerlens import __version__
from layerlens.analysis.rules.model import Severity
from layerlens.fleet.model import (
    BaseAdvice,
    CommonFinding,
    Duplicate,
    Fleet,
    FleetImage,
    FleetLayer,
    SharingTable,
)
from layerlens.gate.model import Outcome, Verdict
from layerlens.outputs.display import encodable, name_fields, percent_of
from layerlens.outputs.json_text import write_document
from layerlens.outputs.markdown_text import md_cell, md_code, md_path, md_text
from layerlens.outputs.schema import number
from layerlens.outputs.tables import markdown_table, write_csv
from layerlens.outputs.verdict_fields import verdict_fields
from layerlens.units import human_size

SCHEMA_VERSION = "1.0"

Json = dict[str, Any]

MOST_IN_MATRIX = 12
"""Images up to which a page shows what any two share."""

_MOST_ROWS = 20
_LONGEST = 200
"""Characters of a text in a cell."""


def fleet_document(fleet: Fleet, limit: int | None = None) -> Json:
    """The JSON form; figures are bytes, images and layers are named by their places."""
    return {
        "schema_version": SCHEMA_VERSION,
        "layerlens": __version__,
        "totals": {
            "images": len(fleet.images),
            "unread": len(fleet.unread),
            "layers": len(fleet.layers),
            "sum_bytes": fleet.sum_bytes,
            "disk_bytes": fleet.disk_bytes,
            "saved_bytes": fleet.saved_bytes,
            "sum_transfer_bytes": fleet.sum_transfer,
            "disk_transfer_bytes": fleet.disk_transfer,
            "wasted_bytes": fleet.wasted_bytes,
            "wasted_somewhere_bytes": fleet.wasted_somewhere,
            "max_total_size": limit,
            "passed": verdict_of(fleet, limit),
        },
        "images": [_image(image) for image in fleet.images],
        "unread": [
            {
                "place": each.place,
                "reference": encodable(each.reference),
                "problem": encodable(each.problem),
            }
            for each in fleet.unread
        ],
        "layers": [_layer(layer) for layer in fleet.layers],
        "spread": [
            {"images": each.images, "layers": each.layers, "bytes": each.bytes}
            for each in fleet.spread
        ],
        "sharing": [
            {"one": each.one, "other": each.other, "layers": each.layers, "bytes": each.bytes}
            for each in fleet.sharing
        ],
        "ledger": [
            {
                "kind": row.kind,
                "class": row.name,
                "bytes": row.bytes,
                "shared_bytes": row.shared_bytes,
            }
            for row in fleet.ledger
        ],
        "findings": [_finding(each) for each in fleet.findings],
        "duplicates": [_duplicate(each) for each in fleet.duplicates],
        "duplicates_cut": fleet.duplicates_cut,
        "bases": [_advice(each) for each in fleet.bases],
    }


def verdict_of(fleet: Fleet, limit: int | None = None) -> bool | None:
    """Whether all passed; ``None`` where nothing was judged."""
    verdicts = [image.verdict for image in fleet.images if image.verdict is not None]
    if not verdicts and limit is None:
        return None
    fits = limit is None or fleet.disk_bytes <= limit
    return fits and all(verdict.passed for verdict in verdicts)


def held_back(verdict: Verdict) -> list[tuple[Outcome, str]]:
    """What an image was held back for, or warned of, in words that are not escaped yet."""
    found: list[tuple[Outcome, str]] = [
        (ruling.outcome, ruling.message)
        for ruling in verdict.rulings
        if ruling.outcome in (Outcome.FAIL, Outcome.WARN)
    ]
    if verdict.dive is not None:
        found += [
            (Outcome.FAIL, f"dive's {each.rule}: {each.message or each.status}")
            for each in verdict.dive.rulings
            if each.status not in ("pass", "skip")
        ]
    if verdict.strict:
        found += [
            (
                Outcome.FAIL,
                f"ignore {'has expired' if each.expired else 'is not needed'}: {each.ignore.reason}",
            )
            for each in verdict.idle_ignores
        ]
    return found


def _image(image: FleetImage) -> Json:
    return {
        "reference": encodable(image.reference),
        "id": image.id,
        "created": None if image.created is None else encodable(image.created),
        "size": image.size,
        "compressed_size": image.transfer,
        "live_bytes": image.live,
        "dead_bytes": image.dead,
        "removable_bytes": image.removable,
        "efficiency": number(image.efficiency),
        "lean_score": number(image.lean_score),
        "file_count": image.files,
        "layers": list(image.layers),
        "shared_bytes": image.shared_bytes,
        "unique_bytes": image.unique_bytes,
        "repeated_bytes": image.repeated_bytes,
        "base": encodable(image.base) or None,
        "base_layers": image.base_layers,
        "distribution": encodable(image.distribution) or None,
        "findings": {severity.word: image.findings_of(severity) for severity in Severity},
        "verdict": None if image.verdict is None else verdict_fields(image.verdict),
    }


def _layer(layer: FleetLayer) -> Json:
    return {
        "id": layer.id,
        "size": layer.size,
        "compressed_size": layer.transfer,
        "images": list(layer.images),
        "instruction": encodable(layer.instruction),
        "base": layer.is_base,
        "wasted_bytes": layer.wasted,
        "wasted_somewhere_bytes": layer.wasted_somewhere,
    }


def _finding(each: CommonFinding) -> Json:
    return {
        "rule": each.rule,
        "title": encodable(each.title),
        "place": encodable(each.place) or None,
        "severity": each.severity.word,
        "images": list(each.images),
        "bytes": each.bytes,
        "bytes_apart": each.bytes_apart,
        "blamed": [
            {
                "layer": blamed.layer,
                "instruction": encodable(blamed.instruction),
                "images": blamed.images,
            }
            for blamed in each.blamed
        ],
        "fix": encodable(each.fix) or None,
    }


def _duplicate(each: Duplicate) -> Json:
    return {
        "size": each.size,
        "bytes": each.bytes,
        "images": list(each.images),
        "copies": [{"layer": copy.layer} | name_fields("path", copy.path) for copy in each.copies],
    }


def _advice(each: BaseAdvice) -> Json:
    return {
        "distribution": encodable(each.distribution),
        "saved_bytes": each.saved,
        "choices": [
            {
                "layer": choice.layer,
                "name": encodable(choice.name) or None,
                "images": list(choice.images),
            }
            for choice in each.choices
        ],
    }


# --------------------------------------------------------------------------------- writing


def _write_json(fleet: Fleet, stream: BinaryIO, limit: int | None) -> None:
    write_document(fleet_document(fleet, limit), stream)


_CSV_HEADS = (
    "reference", "id", "created", "size", "compressed_size", "live_bytes", "dead_bytes",
    "removable_bytes", "efficiency", "lean_score", "layers", "files", "shared_bytes",
    "unique_bytes", "repeated_bytes", "base", "base_layers", "distribution",
    *(f"findings_{severity.word}" for severity in Severity), "verdict", "problem",
)  # fmt: skip


def _write_csv(fleet: Fleet, stream: BinaryIO, _limit: int | None) -> None:
    """A row for each image, those that could not be read among them."""

    def rows() -> Iterable[list[object]]:
        yield list(_CSV_HEADS)
        for image, problem in in_order(fleet):
            if isinstance(image, str):
                yield [image, *[None] * (len(_CSV_HEADS) - 2), problem]
                continue
            verdict = None if image.verdict is None else image.verdict.outcome.value
            yield [
                image.reference, image.id, image.created, image.size, image.transfer, image.live,
                image.dead, image.removable, f"{image.efficiency:.6f}", f"{image.lean_score:.6f}",
                len(image.layers), image.files, image.shared_bytes, image.unique_bytes,
                image.repeated_bytes, image.base, image.base_layers, image.distribution,
                *image.findings, verdict, None,
            ]  # fmt: skip

    write_csv(rows(), stream)


def in_order(fleet: Fleet) -> list[tuple[FleetImage | str, str]]:
    """All images as they were named: rows, and of those that could not be read name and problem."""
    found: list[tuple[FleetImage | str, str]] = [(image, "") for image in fleet.images]
    for each in fleet.unread:
        found.insert(each.place, (each.reference, each.problem))
    return found


def totals_line(fleet: Fleet) -> str:
    """What the images take together, in one sentence."""
    saved = percent_of(fleet.saved_bytes, fleet.sum_bytes)
    count = len(fleet.images)
    return (
        f"{count} image{'' if count == 1 else 's'}, {human_size(fleet.sum_bytes)} each for itself; "
        f"{human_size(fleet.disk_bytes)} in {len(fleet.layers)} distinct layers: "
        f"sharing saves {human_size(fleet.saved_bytes)} ({saved})"
    )


def _write_markdown(fleet: Fleet, stream: BinaryIO, limit: int | None) -> None:
    stream.write(fleet_markdown(fleet, limit).encode("utf-8", "backslashreplace"))


def fleet_markdown(fleet: Fleet, limit: int | None = None) -> str:
    """The page in Markdown."""
    return "\n".join(_page(fleet, limit)) + "\n"


def _page(fleet: Fleet, limit: int | None) -> Iterable[str]:
    yield "# Fleet"
    yield ""
    yield totals_line(fleet) + "."
    outcome = verdict_of(fleet, limit)
    if outcome is not None:
        yield ""
        yield f"Verdict: **{'pass' if outcome else 'fail'}**"
        if limit is not None:
            yield f"(all distinct layers {human_size(fleet.disk_bytes)}, limit {human_size(limit)})"
    yield ""
    judged = any(image.verdict is not None for image in fleet.images)
    heads = ["image", "size", "transfer", "shared", "unique", "dead", "removable", "efficiency",
             "lean", "layers", "base"]  # fmt: skip
    yield from markdown_table(
        heads + (["verdict"] if judged else []),
        [_markdown_row(image, problem, judged=judged) for image, problem in in_order(fleet)],
        range(1, 10),
    )
    yield from _markdown_matrix(fleet)
    yield from _markdown_waste(fleet)
    yield from _markdown_more(fleet)


def _markdown_row(image: FleetImage | str, problem: str, *, judged: bool) -> list[str]:
    if isinstance(image, str):
        return [
            md_code(image, cell=True),
            f"could not be read: {md_cell(problem, most=_LONGEST)}",
            *[""] * (9 + judged),
        ]
    row = [
        md_code(image.reference, cell=True),
        human_size(image.size),
        "" if image.transfer is None else human_size(image.transfer),
        human_size(image.shared_bytes),
        human_size(image.unique_bytes),
        human_size(image.dead),
        human_size(image.removable),
        percent_of(image.live, image.size) if image.size else "100%",
        percent_of(image.size - image.dead - image.removable, image.size) if image.size else "100%",
        str(len(image.layers)),
        md_cell(image.base),
    ]
    if judged:
        row.append("" if image.verdict is None else image.verdict.outcome.value)
    return row


def _markdown_matrix(fleet: Fleet) -> Iterable[str]:
    count = len(fleet.images)
    if not 2 <= count <= MOST_IN_MATRIX or not fleet.sharing:
        return
    table = SharingTable(fleet)
    yield from ("", "## Shared by any two", "")
    yield from markdown_table(
        ["", *(str(k + 1) for k in range(count))],
        [
            [f"{k + 1} {md_code(image.reference, cell=True)}"]
            + [human_size(table.bytes(k, other)) for other in range(count)]
            for k, image in enumerate(fleet.images)
        ],
        range(1, count + 1),
    )


def _markdown_waste(fleet: Fleet) -> Iterable[str]:
    wasteful = wasteful_layers(fleet)[:_MOST_ROWS]
    if wasteful:
        yield from ("", "## Waste in shared layers, counted once", "")
        yield from markdown_table(
            ["waste", "of", "images", "instruction"],
            [
                [human_size(layer.wasted), human_size(layer.size), str(len(layer.images)),
                 md_code(layer.instruction, cell=True, most=_LONGEST)]
                for _, layer in wasteful
            ],
            range(3),
        )  # fmt: skip
    if fleet.findings:
        yield from ("", "## Findings in common", "")
        yield from markdown_table(
            ["bytes", "images", "severity", "finding", "blamed"],
            [
                [human_size(each.bytes) if each.bytes else "", str(len(each.images)),
                 each.severity.word, md_cell(where(each), most=_LONGEST),
                 md_code(each.blamed[0].instruction, cell=True, most=_LONGEST) if each.blamed else ""]
                for each in fleet.findings[:_MOST_ROWS]
            ],
            range(2),
        )  # fmt: skip


def _markdown_more(fleet: Fleet) -> Iterable[str]:
    if fleet.duplicates:
        yield from ("", "## The same files in layers that are not shared", "")
        yield from markdown_table(
            ["bytes", "copies", "images", "path"],
            [
                [human_size(each.bytes), str(len(each.copies)), str(len(each.images)),
                 md_path(each.copies[0].path, cell=True)]
                for each in fleet.duplicates[:_MOST_ROWS]
            ],
            range(3),
        )  # fmt: skip
    for advice in fleet.bases:
        yield ""
        yield f"{md_text(advice.distribution)}: {base_words(advice)}."


def base_words(advice: BaseAdvice) -> str:
    """What standing on one base would save, in a sentence without strangers' text."""
    images = sum(len(choice.images) for choice in advice.choices)
    return (
        f"{images} images stand on {len(advice.choices)} different lowest layers; "
        f"one for all would save {human_size(advice.saved)}"
    )


def wasteful_layers(fleet: Fleet) -> list[tuple[int, FleetLayer]]:
    """The layers of several images that have waste, the most first, with their places."""
    found = [
        (place, layer)
        for place, layer in enumerate(fleet.layers)
        if layer.wasted and len(layer.images) > 1
    ]
    found.sort(key=lambda item: (-item[1].wasted, item[0]))
    return found


def where(finding: CommonFinding) -> str:
    """A finding's title, and the folder that it is about."""
    return f"{finding.title} in /{finding.place}" if finding.place else finding.title


WRITERS: dict[str, Callable[[Fleet, BinaryIO, int | None], None]] = {
    "json": _write_json,
    "csv": _write_csv,
    "markdown": _write_markdown,
}
"""The forms, each with what writes it: the fleet, where to, and the most bytes on disk if asked."""
