"""The command line's grammar."""

from __future__ import annotations

import argparse
from typing import NoReturn

from layerlens.errors import UsageError

SUBCOMMANDS = ("files",)
"""First words that are commands; an image of such a name is given as docker://NAME."""

_SIZES = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
          "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}  # fmt: skip


class Parser(argparse.ArgumentParser):
    """An argument parser that raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see {self.prog} --help")


def size(text: str) -> int:
    """``20MB``, ``1.5GiB``: a number with a unit, in bytes."""
    lower = text.strip().lower()
    digits = lower.rstrip("bkmgti")
    unit = lower[len(digits) :]
    if not unit.endswith("b") or unit[:-1] not in _SIZES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: write a unit, such as 20GB")
    try:
        return int(float(digits) * _SIZES[unit[:-1]])
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 20GB") from error


def some(text: str) -> str:
    """Any text but none: an unset variable of a script must not pass unseen."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def parser() -> Parser:
    """The parser of ``layerlens IMAGE``."""
    found = Parser(
        prog="layerlens",
        description="Show which bytes of a container image are waste, and which instruction "
        "is to blame.",
        epilog="IMAGE is an archive's path, a directory (OCI layout), docker://NAME, "
        "docker-archive:PATH, oci-archive:PATH, oci:DIR[:TAG], or a plain NAME that a running "
        "Docker Engine has.  Commands: layerlens files IMAGE.  Exit codes: 0 fine, 1 a gate "
        "failed, 2 wrong usage, 3 the image could not be read, 130 interrupted.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument("--version", action="store_true", help="print the version and exit")
    output = found.add_argument_group("output (none of them opens the terminal UI)")
    output.add_argument("--text", action="store_true", help="print the summary as text")
    output.add_argument(
        "--json", metavar="F", type=some, help="write the analysis as JSON; - is stdout"
    )
    output.add_argument(
        "--no-findings", action="store_true", help="leave the rules out: figures and ledger only"
    )
    _reading(found)
    _narration(found)
    return found


def files_parser() -> Parser:
    """The parser of ``layerlens files IMAGE``."""
    found = Parser(
        prog="layerlens files",
        description="List the final filesystem of an image, or what one layer changed.",
        allow_abbrev=False,
    )
    found.add_argument("image", metavar="IMAGE", help="the image to look at")
    found.add_argument(
        "--layer", type=int, metavar="N", help="only the changes of this layer (the first is 0)"
    )
    found.add_argument(
        "--format", choices=("table", "ndjson", "csv"), default="table", help="default: table"
    )
    _reading(found)
    _narration(found)
    return found


def _reading(found: Parser) -> None:
    reading = found.add_argument_group("reading")
    reading.add_argument(
        "--image", dest="select", metavar="REF", type=some,
        help="which of several images in an archive: a name, an id, or @N",
    )  # fmt: skip
    reading.add_argument(
        "--platform",
        metavar="OS/ARCH[/VARIANT]",
        type=some,
        help="which platform (default: this machine's)",
    )
    reading.add_argument(
        "--base", metavar="REF", type=some, help="the base image, to tell it from yours"
    )
    reading.add_argument(
        "--semantics", choices=("docker", "spec"), default="docker",
        help="whose reading of a layer counts where engines disagree (default: docker)",
    )  # fmt: skip
    verify = reading.add_mutually_exclusive_group()
    verify.add_argument(
        "--verify", action="store_true", default=None,
        help="check every digest, reading plain archives through for it",
    )  # fmt: skip
    verify.add_argument(
        "--no-verify", dest="verify", action="store_false", help="a wrong digest is a warning only"
    )
    reading.add_argument(
        "--max-layer-size", type=size, metavar="SIZE",
        help="refuse compressed layers that expand beyond this (default: 64GiB)",
    )  # fmt: skip


def _narration(found: Parser) -> None:
    narration = found.add_argument_group("narration")
    loud = narration.add_mutually_exclusive_group()
    loud.add_argument("--quiet", "-q", action="store_true", help="no progress, no warnings")
    loud.add_argument("--verbose", "-v", action="store_true", help="every diagnostic on stderr")
    narration.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    narration.add_argument("--debug", action="store_true", help="a traceback for every error")
