"""What the report's page is told of one image."""

from __future__ import annotations

from typing import Any, BinaryIO

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.words import counted
from layerlens.outputs.compare_words import change_of, known
from layerlens.outputs.display import encodable, percent_of
from layerlens.outputs.html.comparison import comparison_data, delta_columns
from layerlens.outputs.html.deltafolding import fold_changes, folded_changes
from layerlens.outputs.html.exact import beyond
from layerlens.outputs.html.folding import fold, folded_facts, named_records
from layerlens.outputs.html.inefficient import inefficient
from layerlens.outputs.html.judgement import judgement_data
from layerlens.outputs.html.names import name_of, names_of
from layerlens.outputs.html.overview import overview
from layerlens.outputs.html.packages import package_data
from layerlens.outputs.html.page import write_page
from layerlens.outputs.html.tree import columns
from layerlens.outputs.report import Report
from layerlens.outputs.schema import document_head, document_tail
from layerlens.units import human_size

Json = dict[str, Any]


def write_html(report: Report, stream: BinaryIO, *, plain: bool | None = None) -> None:
    """Write the report of an image; equal reports give equal bytes.

    Where the image was compared with another one, that is in it, too.  ``plain``, else
    the report's ``html_plain``, leaves the data as JSON text.
    """
    analysis = report.analysis
    scores = analysis.scores
    write_page(
        stream,
        page_data(report),
        title=f"{name_of(analysis.image)} - LayerLens",
        summary=(
            *_partly(analysis),
            ("Size", human_size(scores.total_bytes)),
            ("Layers", str(len(analysis.layers))),
            ("Efficiency", _score(scores.live_bytes, scores.total_bytes)),
            *_lean(analysis),
            ("Dead bytes", human_size(scores.dead_bytes)),
        ),
        plain=report.html_plain if plain is None else plain,
    )


def write_comparison_html(report: Report, stream: BinaryIO, *, plain: bool | None = None) -> None:
    """Write the report of a comparison, which is also that of the new image.

    ``plain`` is as for :func:`write_html`.
    """
    comparison = report.comparison
    assert comparison is not None, "nothing was compared"
    pull = comparison.pull
    write_page(
        stream,
        page_data(report),
        title=f"{' → '.join(names_of(comparison.old.image, comparison.new.image))} - LayerLens",
        summary=(
            *(
                (label, f"{known(delta.old)} → {known(delta.new)}: {change_of(delta)}")
                for label, delta in (
                    ("Size", comparison.size),
                    ("Transfer", comparison.transfer),
                    ("Live bytes", comparison.live),
                    ("Dead bytes", comparison.dead),
                )
                if delta.change is not None
            ),
            ("To fetch", f"{human_size(pull.bytes)} in {counted(len(pull.fetched), 'layer')}"),
            ("Paths that differ", f"{len(comparison.paths):,}"),
        ),
        plain=report.html_plain if plain is None else plain,
    )


def page_data(report: Report) -> Json:
    """All that the page of a report is told."""
    data = {"image": image_data(report)}
    if report.comparison is not None:
        whole = delta_columns(report.comparison)
        paths = fold_changes(whole)
        data["comparison"] = comparison_data(report.comparison) | {
            "paths": paths.fields(),
            "folded": folded_changes(whole, paths),
        }
    return data


def image_data(report: Report) -> Json:
    """Everything of one image.

    ``document`` is what ``--json`` writes, but for its two long lists: the waste, which
    ``tree`` holds in another form, and dive's ``inefficient`` files.  ``exact`` has the
    numbers of it that a browser would round.  ``partial`` is there
    where not all layers were read: how many were, and of how many if that is known.
    ``name`` is what the image is called in headings.  ``folded`` says how much of the paths stands in ``tree`` as sums.
    """
    analysis = report.analysis
    document = document_head(analysis, lists=False) | document_tail(
        analysis, report.verdict, lists=False
    )
    whole = columns(analysis)
    tree = fold(whole, named_records(analysis, whole))
    partial = analysis.partial
    return {
        "name": encodable(name_of(analysis.image)),
        "document": document,
        "exact": beyond(document),
        "tree": tree.fields(),
        "folded": folded_facts(whole, tree),
        "inefficient": inefficient(analysis, tree),
        "partial": None if partial is None else {"read": partial.read, "layers": partial.layers},
        "packages": package_data(analysis, whole),
        "judgement": judgement_data(analysis),
        "overview": overview(report),
        "dockerfile": None if report.dockerfile is None else encodable(report.dockerfile),
    }


def _score(part: int, whole: int) -> str:
    """Nothing is wasted where nothing ships."""
    return percent_of(part, whole) if whole else "100%"


def _lean(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """What only the rules can tell."""
    if analysis.judged is None:
        return ()
    scores = analysis.scores
    lean = scores.live_bytes - scores.removable_bytes
    return (
        ("Lean score", _score(lean, scores.total_bytes)),
        ("Removable bytes", human_size(scores.removable_bytes)),
    )


def _partly(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    """The row that says so where not all layers were read."""
    partial = analysis.partial
    if partial is None:
        return ()
    of = "" if partial.layers is None else f" of {partial.layers}"
    return (("Only a part", f"{partial.read}{of} layers were read; all figures are of these"),)
