"""The text summary: what an image wastes, and who is to blame, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from layerlens.analysis.model import Analysis

if TYPE_CHECKING:
    from layerlens.outputs.layout import Look

NARROWEST = 40
"""Columns below which the page is not laid out any narrower."""


def write_text(
    analysis: Analysis,
    stream: TextIO,
    *,
    width: int,
    colour: bool,
    unicode: bool | None = None,
    paths: int = 10,
    layers: int = 40,
) -> None:
    """Write the summary for people, in lines of at most ``width`` columns.

    ``colour`` adds the sixteen colours of every terminal; without it there are
    no escape sequences.  ``unicode=False`` keeps to ASCII; by default that is
    done for streams whose encoding is not one of Unicode's.  ``paths`` is how
    many of the worst paths are shown; of an image with more layers than
    ``layers`` the small ones are folded.  The same analysis gives the same
    text: no times, no environment.
    """
    # Late: rich takes longer to load than a small image takes to be read.
    from layerlens.outputs.layout import print_lines
    from layerlens.outputs.summary import summary

    look = look_of(stream, max(width, NARROWEST), colour=colour, unicode=unicode)
    print_lines(summary(analysis, look, paths=paths, layers=layers), stream, look)


def look_of(stream: TextIO, width: int, *, colour: bool, unicode: bool | None) -> Look:
    """How a page is drawn on a stream; ``unicode=None`` goes by the stream's encoding."""
    from layerlens.outputs.layout import Look

    if unicode is None:
        # A stream that encodes nothing (StringIO) takes every character.
        encoding = getattr(stream, "encoding", None)
        unicode = encoding is None or encoding.lower().startswith("utf")
    return Look(width=width, unicode=unicode, colour=colour)
