"""All outputs that can be written to a file, by name.

What a module needs to write is imported when it writes: most runs use one output.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from layerlens.outputs.report import Report

_WIDTH = 100
"""Columns of a text summary in a file."""


def _no_problem() -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One output: what it is called, what a file of it is called, how it is written.

    ``flag`` is its option on the command line, ``help`` what that says; ``""`` where
    only the terminal UI offers it.  ``needs_rules`` where it says nothing without
    findings or packages, ``needs_packages`` where it lists packages, ``needs_all``
    where it cannot be of an image that was only read in part, ``shows_changes`` where
    it tells what changed from another image, if there was one, ``binary`` where it is no
    text.  ``problem`` says why it cannot be written on this machine, if so.
    """

    name: str
    title: str
    suffix: str
    write: Callable[[Report, BinaryIO], None]
    flag: str = ""
    help: str = ""
    needs_rules: bool = False
    needs_packages: bool = False
    needs_all: bool = False
    shows_changes: bool = False
    binary: bool = False
    problem: Callable[[], str | None] = _no_problem

    @property
    def option(self) -> str:
        """What parsed arguments call its flag; ``""`` where it has none."""
        return self.flag.replace("-", "_")


def _text(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.text import write_text

    text = io.StringIO()
    write_text(report.analysis, text, width=_WIDTH, colour=False)
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _json(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.json_report import write_json

    write_json(report.analysis, stream, verdict=report.verdict)


def _dive_json(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.dive_json import write_dive_json

    write_dive_json(report.analysis, stream)


def _junit(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.junit import write_junit

    write_junit(report, stream)


def _sarif(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.sarif import write_sarif

    write_sarif(report, stream)


def _code_quality(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.code_quality import write_code_quality

    write_code_quality(report, stream)


def _openmetrics(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.openmetrics import write_openmetrics

    write_openmetrics(report, stream)


def _csv(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.rows_csv import write_rows_csv

    write_rows_csv(report, stream)


def _badge(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.badge import write_badge

    write_badge(report, stream)


def _markdown(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.markdown import write_markdown

    write_markdown(report, stream)


def _html(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.html.image import write_html

    write_html(report, stream)


def _files(form: str) -> Callable[[Report, BinaryIO], None]:
    def write(report: Report, stream: BinaryIO) -> None:
        from layerlens.outputs.files import write_files

        write_files(report.analysis, stream, form)

    return write


def _packages(form: str) -> Callable[[Report, BinaryIO], None]:
    def write(report: Report, stream: BinaryIO) -> None:
        from layerlens.outputs.packages import write_packages

        write_packages(report.analysis, stream, form)

    return write


def _saved(report: Report, stream: BinaryIO) -> None:
    from layerlens.saved.save import save

    save(report.analysis, stream)


def _comparison_text(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.compare_text import write_comparison

    assert report.comparison is not None
    text = io.StringIO()
    write_comparison(report.comparison, text, width=_WIDTH, colour=False, unicode=True)
    stream.write(text.getvalue().encode("utf-8", "backslashreplace"))


def _comparison_json(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.compare_json import write_comparison_json

    assert report.comparison is not None
    write_comparison_json(report.comparison, stream)


def _comparison_markdown(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.compare_markdown import write_comparison_markdown

    assert report.comparison is not None
    write_comparison_markdown(report.comparison, stream, dockerfile=report.dockerfile)


def _comparison_html(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.html.image import write_comparison_html

    write_comparison_html(report, stream)


def _sbom(report: Report, stream: BinaryIO) -> None:
    from layerlens.outputs.sbom import write_sbom

    write_sbom(report.analysis, stream)


def _sbom_problem() -> str | None:
    from layerlens.outputs.sbom import problem

    return problem()


OUTPUTS = (
    Output(
        name="json", title="analysis as JSON", suffix=".json", write=_json,
        flag="json", help="write the analysis as JSON; - is stdout",
    ),
    Output(
        name="saved", title="complete analysis, for layerlens open", suffix=".lls", write=_saved,
        flag="save", help="write the complete analysis, for layerlens open; - is stdout",
        needs_packages=True, needs_all=True, binary=True,
    ),
    Output(name="text", title="summary as text", suffix=".txt", write=_text),
    Output(
        name="html", title="report as one HTML file", suffix=".html", write=_html,
        flag="html", help="write a report as one HTML file that needs no network; - is stdout",
        needs_packages=True, shows_changes=True,
    ),
    Output(
        name="markdown", title="Markdown for a pull request", suffix=".md", write=_markdown,
        flag="markdown", help="write a pull-request comment in Markdown, below 60 kB; - is stdout",
        shows_changes=True,
    ),
    Output(
        name="csv", title="layers, ledger, findings and waste as CSV", suffix=".csv", write=_csv,
        flag="csv", help="write layers, ledger, findings and waste as one CSV table",
    ),
    Output(
        name="junit", title="gates and findings as JUnit XML", suffix=".junit.xml", write=_junit,
        flag="junit", help="write gates and findings as JUnit XML test cases",
    ),
    Output(
        name="sarif", title="findings as SARIF, for code scanning", suffix=".sarif", write=_sarif,
        flag="sarif", help="write findings and gates as SARIF 2.1.0, for code scanning",
        needs_rules=True,
    ),
    Output(
        name="code-quality", title="findings as a GitLab code quality report",
        suffix=".codequality.json", write=_code_quality,
        flag="code-quality", help="write findings and gates as a GitLab code quality report",
        needs_rules=True,
    ),
    Output(
        name="openmetrics", title="figures as OpenMetrics", suffix=".metrics.txt",
        write=_openmetrics,
        flag="openmetrics",
        help="write the figures as OpenMetrics text, for GitLab and Prometheus",
    ),
    Output(
        name="dive-json", title="dive's JSON export", suffix=".dive.json", write=_dive_json,
        flag="dive-json", help="write what dive --json writes; - is stdout", needs_all=True,
    ),
    Output(
        name="badge", title="badge with size and efficiency (SVG)", suffix=".svg", write=_badge,
        flag="badge", help="write an SVG badge with size and efficiency",
    ),
    Output(
        name="sbom", title="bill of materials (CycloneDX)", suffix=".cdx.json", write=_sbom,
        flag="sbom",
        help="write the packages as a CycloneDX bill of materials; needs layerlens-image[sbom]",
        needs_rules=True, needs_packages=True, problem=_sbom_problem,
    ),
    Output(
        name="files-csv", title="final filesystem as CSV", suffix=".csv", write=_files("csv"),
    ),
    Output(
        name="files-ndjson", title="final filesystem, a JSON object a line", suffix=".ndjson",
        write=_files("ndjson"),
    ),
    Output(
        name="files-table", title="final filesystem as a table", suffix=".txt",
        write=_files("table"),
    ),
    Output(
        name="packages-csv", title="packages as CSV", suffix=".csv", write=_packages("csv"),
        needs_rules=True, needs_packages=True,
    ),
    Output(
        name="packages-json", title="packages as JSON", suffix=".json", write=_packages("json"),
        needs_rules=True, needs_packages=True,
    ),
)  # fmt: skip
"""In the order in which they are offered."""

OF_COMPARISONS = (
    Output(
        name="comparison-text", title="comparison as text", suffix=".compare.txt",
        write=_comparison_text,
    ),
    Output(
        name="comparison-json", title="comparison as JSON", suffix=".compare.json",
        write=_comparison_json,
    ),
    Output(
        name="comparison-markdown", title="comparison in Markdown, for a pull request",
        suffix=".compare.md", write=_comparison_markdown,
    ),
    Output(
        name="comparison-html", title="comparison as one HTML file", suffix=".compare.html",
        write=_comparison_html, needs_packages=True,
    ),
)  # fmt: skip
"""What can be written where two images were compared; ``layerlens compare`` has its own flags."""
