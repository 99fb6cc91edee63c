"""What the report's page is told of one image."""

from __future__ import annotations

from typing import Any, BinaryIO

from layerlens.outputs.display import encodable, percent_of
from layerlens.outputs.html.judgement import judgement_data
from layerlens.outputs.html.overview import overview
from layerlens.outputs.html.packages import package_data
from layerlens.outputs.html.page import write_page
from layerlens.outputs.html.tree import columns
from layerlens.outputs.report import Report
from layerlens.outputs.schema import document_head, document_tail
from layerlens.units import human_size

Json = dict[str, Any]


def write_html(report: Report, stream: BinaryIO, *, plain: bool = False) -> None:
    """Write the report of an image; equal reports give equal bytes."""
    analysis = report.analysis
    scores = analysis.scores
    write_page(
        stream,
        {"image": image_data(report)},
        title=f"{analysis.image.reference} - LayerLens",
        summary=(
            ("Size", human_size(scores.total_bytes)),
            ("Layers", str(len(analysis.layers))),
            ("Efficiency", percent_of(scores.live_bytes, scores.total_bytes or 1)),
            ("Dead bytes", human_size(scores.dead_bytes)),
            ("Removable bytes", human_size(scores.removable_bytes)),
        ),
        plain=plain,
    )


def image_data(report: Report) -> Json:
    """Everything of one image.

    ``document`` is what ``--json`` writes, but for its two long lists: the waste, which
    ``tree`` holds in another form, and dive's inefficient files.
    """
    analysis = report.analysis
    document = document_head(analysis, lists=False) | document_tail(
        analysis, report.verdict, lists=False
    )
    return {
        "document": document,
        "tree": columns(analysis).fields(),
        "packages": package_data(analysis),
        "judgement": judgement_data(analysis),
        "overview": overview(report),
        "dockerfile": None if report.dockerfile is None else encodable(report.dockerfile),
    }
