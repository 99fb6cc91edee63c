"""What a step of GitHub Actions hears: annotations, its summary, values for later steps.

Gitea and Forgejo set the same variables.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerlens.cli.runner_log import write_commands
from layerlens.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from layerlens.cli.diagnostics import Narrator
    from layerlens.fleet.model import Fleet
    from layerlens.outputs.report import Report

_SUMMARY = "GITHUB_STEP_SUMMARY"
_OUTPUT = "GITHUB_OUTPUT"


def github_options(found: argparse.ArgumentParser) -> None:
    """The flags."""
    group = found.add_argument_group("GitHub Actions")
    group.add_argument(
        "--annotations", choices=("auto", "github", "none"), default="auto",
        help="tell the worst ten problems as annotations (default: with --ci on GitHub's runner)",
    )  # fmt: skip
    group.add_argument(
        "--github-summary", action=argparse.BooleanOptionalAction, default=None,
        help=f"append the report to the step's summary (default: with --ci where {_SUMMARY} is set)",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Where a report goes besides; ``None`` where it does not.

    ``summary`` and ``output`` are files to append to; ``workspace`` is the root of
    the sources, which annotations name files below.
    """

    annotations: bool = False
    summary: str | None = None
    output: str | None = None
    workspace: str | None = None

    def tell(self, report: Report, narrator: Narrator) -> None:
        """Write everything of one image.

        Raises :class:`UsageError` where a file cannot be written.
        """
        if not self._listens:
            return
        from dataclasses import replace

        from layerlens.outputs import github

        report = replace(report, dockerfile=_below(report.dockerfile, self.workspace))
        if self.annotations:
            write_commands(github.annotate(report))
        self._put_out(github.step_values(report))
        self._sum_up(lambda held: github.step_summary(report, held), narrator)

    def tell_fleet(self, fleet: Fleet, limit: int | None, narrator: Narrator) -> None:
        """The same of many images."""
        if not self._listens:
            return
        from layerlens.outputs.fleet import fleet_markdown
        from layerlens.outputs.fleet_github import annotate_fleet, fleet_values
        from layerlens.outputs.github import SUMMARY_BYTES

        def page(held: int) -> str | None:
            text = fleet_markdown(fleet, limit)
            fits = len(text.encode("utf-8", "backslashreplace")) < SUMMARY_BYTES - held
            return text if fits else None

        if self.annotations:
            write_commands(annotate_fleet(fleet, limit))
        self._put_out(fleet_values(fleet, limit))
        self._sum_up(page, narrator)

    @property
    def _listens(self) -> bool:
        return bool(self.annotations or self.summary or self.output)

    def _put_out(self, values: Iterable[tuple[str, str]]) -> None:
        if self.output is not None:
            import secrets  # late: random numbers cost a verdict some milliseconds

            from layerlens.outputs.github import delimited

            _append(self.output, delimited(values, f"layerlens_{secrets.token_hex(16)}"))

    def _sum_up(self, page: Callable[[int], str | None], narrator: Narrator) -> None:
        """Append a page to the summary; ``page`` gets the bytes that this holds already."""
        if self.summary is None:
            return
        text = page(_size(self.summary))
        if text is None:
            narrator.tell("layerlens: the step's summary is full, so nothing was added to it")
        else:
            _append(self.summary, text + "\n")


def step_of(arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Step:
    """What was asked for, or is usual here.  Raises :class:`UsageError` for what cannot be."""
    on_runner = environ.get("GITHUB_ACTIONS") == "true"
    summary = environ.get(_SUMMARY) or None
    if arguments.github_summary and summary is None:
        raise UsageError(
            f"--github-summary needs {_SUMMARY}, which is not set",
            hint="use --markdown F outside of GitHub Actions",
        )
    wants_summary = arguments.ci if arguments.github_summary is None else arguments.github_summary
    annotated = arguments.annotations == "github" or (
        arguments.annotations == "auto" and arguments.ci and on_runner
    )
    return Step(
        annotations=annotated,
        summary=summary if wants_summary else None,
        output=(environ.get(_OUTPUT) or None) if arguments.ci else None,
        workspace=environ.get("GITHUB_WORKSPACE") or None,
    )


def _below(file: str | None, workspace: str | None) -> str | None:
    """A file's path from the root of the sources, where it lies below that."""
    if file is None or workspace is None:
        return file
    root = os.path.realpath(workspace)
    path = os.path.realpath(file)
    return os.path.relpath(path, root) if path.startswith(root.rstrip("/") + "/") else file


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0


def _append(path: str, text: str) -> None:
    from layerlens.opening import open_to_write
    from layerlens.outputs.destination import unwritable

    try:
        with open_to_write(path, append=True) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise unwritable(path, error) from error
