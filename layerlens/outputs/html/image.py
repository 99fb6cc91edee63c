"""What the report's page is told of one image."""

from __future__ import annotations

from typing import Any, BinaryIO

from layerlens.analysis.model import Analysis
from layerlens.outputs.display import encodable, percent_of
from layerlens.outputs.html.inefficient import inefficient
from layerlens.outputs.html.page import write_page
from layerlens.outputs.html.tree import columns
from layerlens.outputs.report import Report
from layerlens.outputs.schema import document_head, document_tail
from layerlens.units import human_size

Json = dict[str, Any]


def write_html(report: Report, stream: BinaryIO, *, plain: bool | None = None) -> None:
    """Write the report of an image; equal reports give equal bytes.

    ``plain``, else the report's ``html_plain``, leaves the data as JSON text.
    """
    analysis = report.analysis
    scores = analysis.scores
    write_page(
        stream,
        {"image": image_data(report)},
        title=f"{analysis.image.reference} - LayerLens",
        summary=(
            *_partly(analysis),
            ("Size", human_size(scores.total_bytes)),
            ("Layers", str(len(analysis.layers))),
            ("Efficiency", percent_of(scores.live_bytes, scores.total_bytes or 1)),
            ("Dead bytes", human_size(scores.dead_bytes)),
            ("Removable bytes", human_size(scores.removable_bytes)),
        ),
        plain=report.html_plain if plain is None else plain,
    )


def image_data(report: Report) -> Json:
    """Everything of one image.

    ``document`` is what ``--json`` writes, but for its two long lists: the waste, which
    ``tree`` holds in another form, and dive's ``inefficient`` files.  ``partial`` is there
    where not all layers were read: how many were, and of how many if that is known.
    """
    analysis = report.analysis
    document = document_head(analysis, lists=False) | document_tail(
        analysis, report.verdict, lists=False
    )
    tree = columns(analysis)
    partial = analysis.partial
    return {
        "document": document,
        "tree": tree.fields(),
        "inefficient": inefficient(analysis, tree),
        "partial": None if partial is None else {"read": partial.read, "layers": partial.layers},
        "dockerfile": None if report.dockerfile is None else encodable(report.dockerfile),
    }


def _partly(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """The row that says so where not all layers were read."""
    partial = analysis.partial
    if partial is None:
        return ()
    of = "" if partial.layers is None else f" of {partial.layers}"
    return (("Only a part", f"{partial.read}{of} layers were read; all figures are of these"),)
