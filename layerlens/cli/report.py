"""``layerlens report F``: outputs of a saved analysis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.gate_options import gate_options
from layerlens.cli.open import look_at_saved
from layerlens.cli.options import Parser, narration, output_options

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


def report_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens report",
        description="Write outputs of an analysis that layerlens IMAGE --save F has written, "
        "and judge it by gates, without the image.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="F", help="the saved analysis; - is stdin")
    output_options(found, saved=True)
    gate_options(found)
    narration(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Write the outputs; gives the exit code."""
    return look_at_saved(report_parser().parse_args(argv), narrator, browse=False)
