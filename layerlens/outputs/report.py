"""What is written: an analysis, and what else this run found out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerlens.analysis.model import Analysis

if TYPE_CHECKING:  # most runs have neither
    from layerlens.comparison.model import Comparison
    from layerlens.gate.model import Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """The one input of all outputs.

    ``verdict`` where gates were judged; ``comparison`` where there was another image
    to compare with (its ``new`` is ``analysis``); ``dockerfile`` is the path, as the
    user gave it, of what made the image: the lines of findings are its.  ``html_plain``
    leaves the data of an HTML report as JSON text, which any browser and people can read.
    """

    analysis: Analysis
    verdict: Verdict | None = None
    comparison: Comparison | None = None
    dockerfile: str | None = None
    html_plain: bool = False
