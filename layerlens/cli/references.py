"""Many images on one command line: as words, in a list, or in a Compose file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerlens.cli.words import some
from layerlens.errors import UsageError, Where
from layerlens.sources.named_file import read_named

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator

MAX_LIST = 1 << 20
"""Bytes of a list of references."""

MOST_REFERENCES = 1000
"""Images of one command."""


def reference_options(found: argparse.ArgumentParser, *, compose: bool) -> None:
    """``REF…`` and ``--file``; with ``compose``, ``--compose`` too."""
    found.add_argument(
        "references", nargs="*", metavar="REF", type=some, help="an image, or a saved analysis"
    )
    found.add_argument(
        "--file", metavar="F", type=some,
        help="a list of images: one a line, # begins a remark; - is stdin",
    )  # fmt: skip
    if compose:
        found.add_argument(
            "--compose", metavar="F", type=some,
            help="a Compose file: the images of its services",
        )  # fmt: skip


def references(arguments: argparse.Namespace, narrator: Narrator) -> list[str]:
    """All images that are named, in order: words, the list, the Compose file; each once.

    Raises :class:`UsageError` where there are none or too many, or a file cannot be used.
    """
    found = list(arguments.references)
    if arguments.file is not None:
        found += listed(_list_text(arguments.file))
    if getattr(arguments, "compose", None) is not None:
        found += _composed(arguments.compose, narrator)
    once = list(dict.fromkeys(found))
    if len(once) > MOST_REFERENCES:
        raise UsageError(f"{len(once)} images are named, more than {MOST_REFERENCES}")
    if "-" in once and (arguments.file == "-" or len(once) > 1):
        raise UsageError("- is stdin, which cannot stand beside other images here")
    if not once:
        raise UsageError("which images?", hint="name some, or give a list with --file F")
    return once


def listed(text: str) -> list[str]:
    """The references of a list: one a line, remarks and blank lines left out."""
    return [
        line.strip()
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _list_text(path: str) -> str:
    if path == "-":
        from layerlens.cli.reading import own_stdin

        data = own_stdin().read(MAX_LIST + 1)
        if len(data) > MAX_LIST:
            raise UsageError(f"larger than {MAX_LIST} bytes", where=Where(file="stdin"))
    else:
        data = read_named(path, MAX_LIST)
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def _composed(path: str, narrator: Narrator) -> Iterable[str]:
    from layerlens.fleet.compose import MAX_COMPOSE, compose_images, env_file
    from layerlens.outputs.display import escape

    folder = os.path.dirname(os.path.abspath(path))
    beside = os.path.join(folder, ".env")
    try:
        environment = dict(os.environ)
        if os.path.isfile(beside):
            text = read_named(beside, MAX_COMPOSE).decode("utf-8", "replace")
            environment = {**env_file(text, environment), **environment}
        found = compose_images(read_named(path, MAX_COMPOSE), environment, os.path.basename(folder))
    except UsageError as error:
        raise error.at(Where(file=path)) from error
    for note in found.notes:
        narrator.tell(f"layerlens: {escape(path)}: {escape(note)}")
    for image in found.images:
        if image.built:
            names = ", ".join(image.services)
            narrator.tell(
                f"layerlens: {escape(path)}: {escape(names)} names no image: its build is looked "
                f"for as {escape(image.reference)}"
            )
        # What a Compose file names is never a path, whatever lies in the working directory.
        there = os.path.exists(image.reference)
        yield f"docker://{image.reference}" if image.built or there else image.reference
