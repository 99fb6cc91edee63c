"""All outputs that can be written to a file, by name.

What a module needs to write is imported when it writes: most runs use one output.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from layerlens.analysis.model import Analysis
from layerlens.errors import LayerLensError

_WIDTH = 100
"""Columns of a text summary in a file."""


@dataclass(frozen=True, slots=True)
class Output:
    """One output: what it is called, what a file of it is called, how it is written.

    ``needs_rules`` where it says nothing without findings or packages, ``needs_all``
    where it cannot be of an image that was only read in part.
    ``problem`` says why it cannot be written on this machine, if so.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Analysis, BinaryIO], None]
    needs_rules: bool = False
    needs_all: bool = False
    problem: Callable[[], str | None] = lambda: None


def _text(analysis: Analysis, stream: BinaryIO) -> None:
    from layerlens.outputs.text import write_text

    text = io.StringIO()
    write_text(analysis, text, width=_WIDTH, colour=False)
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _json(analysis: Analysis, stream: BinaryIO) -> None:
    from layerlens.outputs.json_report import write_json

    write_json(analysis, stream)


def _files(form: str) -> Callable[[Analysis, BinaryIO], None]:
    def write(analysis: Analysis, stream: BinaryIO) -> None:
        from layerlens.outputs.files import write_files

        write_files(analysis, stream, form)

    return write


def _packages(form: str) -> Callable[[Analysis, BinaryIO], None]:
    def write(analysis: Analysis, stream: BinaryIO) -> None:
        from layerlens.outputs.packages import write_packages

        write_packages(analysis, stream, form)

    return write


def _saved(analysis: Analysis, stream: BinaryIO) -> None:
    from layerlens.saved.save import save

    save(analysis, stream)


def _sbom(analysis: Analysis, stream: BinaryIO) -> None:
    from layerlens.outputs.sbom import write_sbom

    write_sbom(analysis, stream)


def _sbom_problem() -> str | None:
    from layerlens.outputs.sbom import check_available

    try:
        check_available()
    except LayerLensError as error:
        return f"{error.what}; {error.hint}" if error.hint else error.what
    return None


OUTPUTS = (
    Output("json", "analysis as JSON", ".json", _json),
    Output("saved", "complete analysis, for layerlens open", ".lls", _saved, needs_all=True),
    Output("text", "summary as text", ".txt", _text),
    Output("files-csv", "final filesystem as CSV", ".csv", _files("csv")),
    Output("files-ndjson", "final filesystem, a JSON object a line", ".ndjson", _files("ndjson")),
    Output("files-table", "final filesystem as a table", ".txt", _files("table")),
    Output("packages-csv", "packages as CSV", ".csv", _packages("csv"), needs_rules=True),
    Output("packages-json", "packages as JSON", ".json", _packages("json"), needs_rules=True),
    Output(
        "sbom", "bill of materials (CycloneDX)", ".cdx.json", _sbom,
        needs_rules=True, problem=_sbom_problem,
    ),
)  # fmt: skip
