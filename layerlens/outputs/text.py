"""The text summary: what an image wastes, and who is to blame, on one page."""

from __future__ import annotations

from typing import TextIO

from layerlens.analysis.model import Analysis


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
    # Late: most runs use one output.
    from layerlens.outputs.layout import look_for, print_lines
    from layerlens.outputs.summary import summary

    look = look_for(stream, width, colour=colour, unicode=unicode)
    print_lines(summary(analysis, look, paths=paths, layers=layers), stream, look)
