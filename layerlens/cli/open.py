"""``layerlens open F``, and every command that is given a saved analysis for an image."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from copy import copy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO

from layerlens.cli.gate_options import gate_options
from layerlens.cli.looking import look
from layerlens.cli.options import Parser, narration, output_options
from layerlens.cli.tui_settings import tui_options
from layerlens.errors import UsageError, Where

if TYPE_CHECKING:
    from layerlens.analysis.model import Analysis
    from layerlens.cli.diagnostics import Narrator

_OF_IMAGES = {
    "no_findings": "--no-findings", "dockerfile": "--dockerfile",
    "target": "--target", "context": "--context", "save": "--save", "select": "--image",
    "platform": "--platform", "base": "--base", "semantics": "--semantics", "via": "--via",
    "no_toc": "--no-toc", "max_layer_size": "--max-layer-size", "insecure": "--insecure",
    "ca_file": "--ca-file",
}  # fmt: skip
"""Options that change how an image is read or judged, by what arguments call them."""

_USUAL = (None, False)
"""Their values where nobody gave them."""


def saved_parser(command: str, description: str) -> Parser:
    """The grammar that commands about a saved analysis share."""
    found = Parser(prog=f"layerlens {command}", description=description, allow_abbrev=False)
    found.add_argument("image", metavar="F", help="the saved analysis; - is stdin")
    output_options(found, saved=True)
    gate_options(found)
    narration(found)
    return found


def open_parser() -> Parser:
    """The grammar of ``layerlens open``."""
    found = saved_parser(
        "open",
        "Open an analysis that layerlens IMAGE --save F has written: in the terminal UI, or as an "
        "output.",
    )
    tui_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Open a saved analysis; gives the exit code."""
    return look_at_saved(open_parser().parse_args(argv), narrator, browse=True)


def look_at_saved(arguments: argparse.Namespace, narrator: Narrator, *, browse: bool) -> int:
    """What ``layerlens IMAGE`` does, of a saved analysis; gives the exit code."""
    arguments.saved = True
    arguments.no_findings = False
    arguments.browse = browse
    return look(arguments, narrator)


def opened(
    arguments: argparse.Namespace,
    stdin: BinaryIO | None = None,
    narrator: Narrator | None = None,
    *,
    packages: bool = False,
) -> Analysis | None:
    """The saved analysis that the arguments name, ``None`` where they name an image.

    ``packages`` says that these are asked for, which not every analysis lists.
    Raises :class:`UsageError` for options that only an image can follow,
    :class:`ImageError` where the file cannot be used.
    """
    from layerlens.saved.sniff import is_saved

    path = arguments.image
    if not getattr(arguments, "saved", False):
        if not is_saved(path):
            return None
        _refuse_options(arguments)
    from layerlens.saved.load import load, load_from

    if path == "-":
        from layerlens.cli.reading import own_stdin

        found = load_from(stdin or own_stdin(), path)
    else:
        found = load(path)
    if packages and found.judged is None:
        raise UsageError(
            "was saved with --no-findings, so it lists no packages",
            where=Where(file=path),
            hint="save it again without",
        )
    when = found.image.saved_at
    if narrator is not None and narrator.verbose and when is not None:
        narrator.tell(f"layerlens: saved at {datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} UTC")
    return found


def without_image_options(arguments: argparse.Namespace) -> argparse.Namespace:
    """A copy without the options that only an image can follow: for one saved among images."""
    found = copy(arguments)
    for name in _OF_IMAGES:
        if hasattr(found, name):
            usual = {"semantics": "docker", "via": "auto"}.get(name)
            setattr(found, name, False if getattr(found, name) in (True, False) else usual)
    found.verify = None
    return found


def _refuse_options(arguments: argparse.Namespace) -> None:
    """Say so where an option cannot be followed any more.

    What settings say (``arguments.origins``) is meant for images, and does no harm here.
    """
    by_settings = getattr(arguments, "origins", ())
    given = [
        option
        for name, option in _OF_IMAGES.items()
        if getattr(arguments, name, None) not in _USUAL and name not in by_settings
    ]
    if getattr(arguments, "verify", None) is not None and "verify" not in by_settings:
        given.append("--verify" if arguments.verify else "--no-verify")
    if given:
        raise UsageError(
            f"{given[0]} needs the image, and this is a saved analysis",
            where=Where(file=arguments.image),
            hint="leave it out, or give the image",
        )
