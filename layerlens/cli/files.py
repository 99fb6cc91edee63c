"""``layerlens files IMAGE``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """List the files; gives the exit code."""
    from layerlens.cli.analysing import analyse, warn
    from layerlens.cli.options import files_parser
    from layerlens.cli.output import destination
    from layerlens.outputs.files import write_files

    arguments = files_parser().parse_args(argv)
    analysis = analyse(arguments, narrator.progress, narrator)
    narrator.clear()
    warn(analysis, narrator)
    with destination("-") as stream:
        write_files(analysis, stream, arguments.format, arguments.layer)
    return 0
