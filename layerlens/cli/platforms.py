"""``layerlens platforms IMAGE``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerlens.cli.options import Parser, image_options

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


def platforms_parser() -> Parser:
    """The grammar of the command."""
    found = Parser(
        prog="layerlens platforms",
        description="Compare the platforms of one image by size.  In a registry nothing but "
        "manifests is fetched, unless --read asks for the content.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument(
        "--read",
        action="store_true",
        help="read every platform's layers for their content, where that means fetching them",
    )
    found.add_argument(
        "--format", choices=("table", "json"), default="table", help="default: table"
    )
    image_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """List the platforms; gives the exit code."""
    from layerlens.cli.output import stdout_guarded
    from layerlens.cli.reading import read_options
    from layerlens.outputs.platforms import write_platforms
    from layerlens.pipeline import list_platforms

    arguments = platforms_parser().parse_args(argv)
    rows = list_platforms(
        arguments.image,
        read_options(arguments),
        read=arguments.read,
        progress=narrator.progress,
    )
    narrator.clear()
    if len(rows) == 1 and "://" not in arguments.image and not os.path.exists(arguments.image):
        narrator.tell(
            "layerlens: an engine keeps one platform of an image; registry://NAME lists them all"
        )
    with stdout_guarded():
        write_platforms(arguments.image, rows, sys.stdout, arguments.format)
    return 0
