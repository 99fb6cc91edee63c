"""A badge: the image's size and efficiency in a small picture, coloured by the verdict.

Nothing in it comes from the image but figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO
from xml.sax.saxutils import escape as markup

from layerlens.gate.model import Outcome
from layerlens.outputs.report import Report
from layerlens.units import human_size

_GREEN, _AMBER, _RED = "#2f7d32", "#a55a00", "#c02f2a"
"""White on each of them has a contrast of at least 4.5, as WCAG asks for."""

_GREY = "#4a4f57"

_WIDTHS = {
    " ": 3.5, "%": 10.5, "(": 4.3, ")": 4.3, ",": 3.5, "-": 4.0, ".": 3.5, "/": 3.7, ":": 3.7,
    "·": 3.5, "B": 7.6, "G": 8.5, "M": 9.5, "P": 6.7, "T": 6.8, "f": 3.9, "i": 3.1, "j": 3.1,
    "k": 6.4, "l": 3.1, "m": 10.8, "r": 4.6, "s": 5.8, "t": 4.4, "w": 9.0, "z": 5.8,
}  # fmt: skip
"""Advance widths at 11 pixels, measured in DejaVu Sans, which is as wide as Verdana."""

_USUAL = 7.0
"""Of digits and of most letters."""

_HEIGHT = 20
_PAD = 6


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands on a badge: label, value, colour, and the whole in words."""

    label: str
    value: str
    colour: str
    title: str


def badge(report: Report) -> Badge:
    """The badge of a report.  The colour is the verdict's, else the efficiency's."""
    scores, verdict = report.analysis.scores, report.verdict
    size = human_size(scores.total_bytes).replace(".0 ", " ")
    # Down, so that only all of it is 100%.
    share = f"{int(scores.efficiency * 100 + 1e-6)}%"
    if verdict is None:
        colour = (
            _GREEN if scores.efficiency >= 0.95 else _AMBER if scores.efficiency >= 0.9 else _RED
        )
        return Badge("image", f"{size} · {share}", colour, f"image: {size}, {share} efficient")
    outcome = verdict.outcome
    colour = {Outcome.FAIL: _RED, Outcome.WARN: _AMBER}.get(outcome, _GREEN)
    word = {Outcome.FAIL: "failed", Outcome.WARN: "passed with warnings"}.get(outcome, "passed")
    # Who cannot tell the colours apart can read what matters.
    failed = " · failed" if outcome is Outcome.FAIL else ""
    return Badge(
        "image",
        f"{size} · {share}{failed}",
        colour,
        f"image: {size}, {share} efficient, gates {word}",
    )


def write_badge(report: Report, stream: BinaryIO) -> None:
    """Write the SVG in UTF-8; the same figures give the same bytes."""
    stream.write(svg(badge(report)).encode())


def text_width(text: str) -> float:
    """Pixels that a text takes at a size of 11."""
    return sum(_WIDTHS.get(letter, _USUAL) for letter in text)


def svg(drawn: Badge) -> str:
    """The picture.  ``textLength`` keeps texts in their boxes in fonts of other widths."""
    left, right = round(text_width(drawn.label), 1), round(text_width(drawn.value), 1)
    split, width = round(left + 2 * _PAD), round(left + 2 * _PAD) + round(right + 2 * _PAD)
    title = markup(drawn.title, {'"': "&quot;"})
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{_HEIGHT}" \
viewBox="0 0 {width} {_HEIGHT}" role="img" aria-label="{title}">
  <title>{title}</title>
  <clipPath id="round"><rect width="{width}" height="{_HEIGHT}" rx="4"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{split}" height="{_HEIGHT}" fill="{_GREY}"/>
    <rect x="{split}" width="{width - split}" height="{_HEIGHT}" fill="{drawn.colour}"/>
  </g>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
    <text x="{_PAD}" y="14" textLength="{left}">{markup(drawn.label)}</text>
    <text x="{split + _PAD}" y="14" textLength="{right}">{markup(drawn.value)}</text>
  </g>
</svg>
"""
