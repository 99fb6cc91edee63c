"""``layerlens report F``: outputs of a saved analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.open import look_at_saved, saved_parser
from layerlens.cli.options import Parser

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


def report_parser() -> Parser:
    """The grammar of the command."""
    return saved_parser(
        "report",
        "Write outputs of an analysis that layerlens IMAGE --save F has written, and judge it by "
        "gates, without the image.",
    )


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Write the outputs; gives the exit code."""
    return look_at_saved(report_parser().parse_args(argv), narrator, browse=False)
