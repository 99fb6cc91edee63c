"""The badge: what it says, in which colour, and that the texts have room."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from layerlens.analysis.model import Analysis
from layerlens.gate.model import Verdict
from layerlens.outputs.badge import _AMBER, _GREEN, _GREY, _RED, badge, text_width, write_badge
from layerlens.outputs.report import Report
from tests.unit.outputs import samples, verdicts

SVG = "{http://www.w3.org/2000/svg}"
judged = cache(samples.judged)


def drawn(analysis: Analysis, verdict: Verdict | None = None) -> ET.Element:
    stream = io.BytesIO()
    write_badge(Report(analysis, verdict), stream)
    return ET.fromstring(stream.getvalue())  # noqa: S314 - our own


def scored(efficiency: float) -> Analysis:
    analysis = judged()
    return replace(analysis, scores=replace(analysis.scores, efficiency=efficiency))


def test_what_it_says() -> None:
    root = drawn(judged())
    assert [text.text for text in root.iter(f"{SVG}text")] == ["image", "63.5 MB · 81%"]
    assert (
        root.attrib["aria-label"]
        == root.findtext(f"{SVG}title")
        == ("image: 63.5 MB, 81% efficient")
    )
    assert root.attrib["role"] == "img"


def test_texts_have_their_room() -> None:
    root = drawn(judged(), verdicts.FAIL)
    boxes = [*root.iter(f"{SVG}rect")][1:]
    for box, text in zip(boxes, root.iter(f"{SVG}text"), strict=True):
        left, width = float(box.get("x", 0)), float(box.attrib["width"])
        start, length = float(text.attrib["x"]), float(text.attrib["textLength"])
        assert left + 5 <= start
        assert start + length + 5 <= left + width
        assert text.text is not None
        assert length == pytest.approx(text_width(text.text), abs=0.1)
    assert boxes[1].get("x") == boxes[0].get("width")


@pytest.mark.parametrize(
    ("efficiency", "colour", "share"),
    [(1.0, _GREEN, "100%"), (0.95, _GREEN, "95%"), (0.949, _AMBER, "94%"), (0.9, _AMBER, "90%"),
     (0.89, _RED, "89%"), (0.9999, _GREEN, "99%"), (0.29, _RED, "29%")],
)  # fmt: skip
def test_efficiency_colours_it(efficiency: float, colour: str, share: str) -> None:
    found = badge(Report(scored(efficiency)))
    assert found.colour == colour
    assert found.value.endswith(f" · {share}")


@pytest.mark.parametrize(
    ("verdict", "colour", "said"),
    [(verdicts.PASS, _GREEN, "gates passed"), (verdicts.WARN, _AMBER, "passed with warnings"),
     (verdicts.FAIL, _RED, "gates failed"), (verdicts.SKIP, _RED, "gates failed")],
)  # fmt: skip
def test_the_verdict_colours_it(verdict: Verdict, colour: str, said: str) -> None:
    found = badge(Report(scored(0.5), verdict))
    assert found.colour == colour
    assert found.title.endswith(said)
    assert found.value.endswith("failed") == (colour == _RED)


@pytest.mark.parametrize("colour", [_GREEN, _AMBER, _RED, _GREY])
def test_white_can_be_read_on_every_colour(colour: str) -> None:
    """A contrast of 4.5 to 1, by WCAG 2's relative luminance."""
    channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    assert 1.05 / (luminance + 0.05) >= 4.5
