"""Writes outputs to files."""

from __future__ import annotations

import os

from layerlens.analysis.model import Analysis
from layerlens.errors import LayerLensError
from layerlens.outputs.catalogue import OF_COMPARISONS, OUTPUTS, Output
from layerlens.outputs.destination import check_file_writable, file_destination
from layerlens.outputs.report import Report
from layerlens.tui.actions.places import current_folder, problem_of
from layerlens.tui.background import in_background
from layerlens.tui.screens.choice import Choice, ChoiceScreen
from layerlens.tui.screens.hosting import Host
from layerlens.tui.screens.prompt import PromptScreen
from layerlens.tui.viewmodel.text import error_line, safe_text, size


async def write_output(host: Host) -> None:
    """Let the user choose an output and a file, and write it."""
    analysis = host.session.analysis
    outputs = OUTPUTS if host.session.comparison is None else (*OF_COMPARISONS, *OUTPUTS)
    choices = [Choice(each.title, f"*{each.suffix}", _problem(each, analysis)) for each in outputs]
    chosen = await host.app.push_screen_wait(ChoiceScreen("Write", choices))
    if chosen is None:
        return
    output = outputs[chosen]
    path = await host.app.push_screen_wait(
        PromptScreen(
            f"Write: {output.title}",
            file_name(analysis) + output.suffix,
            f"The file, in {current_folder()} unless it begins with a slash.",
            _verdict,
        )
    )
    if path is None:
        return
    session = host.session  # more of it may have been read meanwhile
    # What is of one image is of it alone: the comparison has outputs of its own.
    comparison = session.comparison if output in OF_COMPARISONS else None
    report = Report(session.analysis, comparison=comparison)
    try:
        written = await in_background(lambda: _write(output, report, os.path.expanduser(path)))
    except LayerLensError as error:
        host.notify(error_line(error), severity="error", markup=False)
        return
    host.notify(f"{size(written)} written to {safe_text(path, 300)}", markup=False)


def _problem(output: Output, analysis: Analysis) -> str | None:
    if output.needs_rules and analysis.judged is None:
        return "needs the rules, which have not run"
    if output.needs_all and analysis.partial is not None:
        return "needs the whole image, which has not been read"
    return output.problem()


def _verdict(text: str) -> tuple[str, bool]:
    path = os.path.expanduser(text)
    if problem := problem_of(text):
        return problem, False
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        # A pipe may never take it, and a terminal is what the UI is drawn on.
        return "that is a device or a pipe, not a file", False
    try:
        check_file_writable(path)
    except LayerLensError as error:
        return error_line(error), False
    if os.path.exists(path):
        return "it is there already: replace it?", False
    return "", True


def _write(output: Output, report: Report, path: str) -> int:
    with file_destination(path) as stream:
        output.write(report, stream)
        return stream.tell()


def file_name(analysis: Analysis) -> str:
    """A file name for what is written of an image, without its suffix."""
    image = analysis.image
    name = image.tags[0] if image.tags else os.path.basename(image.reference)
    kept = "".join(
        char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in name
    )
    return kept.strip(".-")[:60] or "image"
