"""What the report's page is told of an image over time."""

from __future__ import annotations

from typing import Any, BinaryIO

from layerlens.outputs.html.page import write_page
from layerlens.outputs.trend import trend_document
from layerlens.trend.model import Trend
from layerlens.units import human_size

Json = dict[str, Any]


def write_trend_html(trend: Trend, stream: BinaryIO, *, plain: bool = False) -> None:
    """Write the report of a trend; equal trends give equal bytes.

    ``plain`` leaves the data as JSON text.
    """
    points = trend.points
    summary = [("Points", str(len(points)))]
    if trend.gaps:
        summary.append(("Could not be read", str(len(trend.gaps))))
    if points:
        first, last = points[0], points[-1]
        summary.append((f"Size of {first.reference}", human_size(first.size)))
        if last is not first:
            summary.append((f"Size of {last.reference}", human_size(last.size)))
    write_page(
        stream, {"trend": trend_data(trend)}, title="Trend - LayerLens", summary=summary, plain=plain
    )  # fmt: skip


def trend_data(trend: Trend) -> Json:
    """Everything of a trend: what ``--json`` writes of it."""
    return trend_document(trend)
