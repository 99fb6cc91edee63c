"""The command line's grammar of gates: a flag for each, and how a verdict is reached."""

from __future__ import annotations

import argparse

from layerlens.cli.dive_settings import dive_options
from layerlens.cli.words import some
from layerlens.gate.catalogue import GATES


def gate_options(found: argparse.ArgumentParser) -> None:
    """``--ci`` and everything that belongs to it."""
    group = found.add_argument_group(
        "gate",
        "Limits carry units (20MB, 5%), may grow by something against a baseline (+10MB, +5%), "
        "and only warn with warn: before them.  Each may be given more than once; off takes away "
        "what the settings say.",
    )
    group.add_argument(
        "--ci", action="store_true",
        help="judge the image by gates, print the verdict, and exit with 1 where one fails",
    )  # fmt: skip
    for gate in GATES:
        if gate.id == "no-root":
            group.add_argument(
                "--no-root", action="append", nargs="?", const="fail", metavar="LEVEL",
                choices=("warn", "fail", "off"), help=gate.help,
            )  # fmt: skip
            continue
        metavar = f"{gate.subject}=LIMIT" if gate.subject else "LIMIT"
        group.add_argument(
            f"--{gate.id}", action="append", metavar=metavar, type=some,
            help=gate.help.replace("%", "%%"),
        )  # fmt: skip
    group.add_argument(
        "--exit-zero", action="store_true", default=None, help="exit with 0 where a gate fails"
    )
    group.add_argument(
        "--strict", action="store_true", default=None,
        help="fail on ignores that have expired or are not needed",
    )  # fmt: skip
    dive_options(found)
