"""The command line's grammar of gates: a flag for each, and how a verdict is reached."""

from __future__ import annotations

import argparse
import os

from layerlens.cli.dive_settings import dive_flags, dive_options
from layerlens.cli.github import github_options
from layerlens.cli.words import some
from layerlens.errors import UsageError
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
    baseline_options(found)
    dive_options(found)
    github_options(found)


def baseline_options(found: argparse.ArgumentParser) -> None:
    """What an image is compared with by gates, and how that is kept."""
    group = found.add_argument_group("baseline (with --ci)")
    group.add_argument(
        "--baseline", metavar="FILE|IMAGE", type=some,
        help="judge changes against this: a baseline file, a saved analysis, or another image",
    )  # fmt: skip
    group.add_argument(
        "--tolerance", metavar="SIZE|PERCENT", type=some,
        help="by how much changes may exceed their limits (100kB, 1%%)",
    )  # fmt: skip
    group.add_argument(
        "--strict-baseline", action="store_true", default=None,
        help="fail where findings of the baseline are gone: it allows them to come back",
    )  # fmt: skip
    group.add_argument(
        "--write-baseline", metavar="F", type=some,
        help="write the figures of the image to a baseline file, where the gate passes",
    )  # fmt: skip
    group.add_argument(
        "--accept-new", action="store_true",
        help="write the baseline though the gate fails: what is new is the new normal",
    )  # fmt: skip
    group.add_argument(
        "--ratchet", action="store_true",
        help="write the better of each old and new figure, and no new findings",
    )  # fmt: skip


BASELINE_FLAGS = {
    "baseline": "--baseline", "tolerance": "--tolerance", "strict_baseline": "--strict-baseline",
    "write_baseline": "--write-baseline", "accept_new": "--accept-new", "ratchet": "--ratchet",
}  # fmt: skip
"""Flags that only a gate can follow, by what arguments call them."""


def baseline_written(arguments: argparse.Namespace) -> list[tuple[str, str]]:
    """The option of the baseline that is to be written, and its file."""
    path = arguments.write_baseline
    return [] if path in (None, "-") else [("write-baseline", path)]


def files_read(arguments: argparse.Namespace) -> list[str | None]:
    """The files that only gates and settings read, without those that may be replaced.

    A baseline may, by the next one.
    """
    baseline, written = arguments.baseline, arguments.write_baseline
    is_renewed = None not in (baseline, written) and (
        os.path.realpath(baseline) == os.path.realpath(written)
    )
    return [
        None if is_renewed else baseline,
        arguments.ci_config,
        getattr(arguments, "config", None),
    ]


def baseline_flags(arguments: argparse.Namespace) -> list[str]:
    """The flags about baselines that were given; what settings say is none."""
    by_settings = getattr(arguments, "origins", ())
    return [
        flag
        for name, flag in BASELINE_FLAGS.items()
        if getattr(arguments, name) and name not in by_settings
    ]


def refuse_without_gate(arguments: argparse.Namespace) -> None:
    """Say so where a flag has no meaning without ``--ci``.  Raises :class:`UsageError`.

    Settings of the same name wait for a run with gates.
    """
    by_settings = getattr(arguments, "origins", ())
    for gate in GATES:
        name = gate.id.replace("-", "_")
        if getattr(arguments, name) and name not in by_settings:
            raise UsageError(f"--{gate.id} needs --ci", hint="without it nothing is judged")
    for flag in baseline_flags(arguments):
        raise UsageError(f"{flag} needs --ci", hint="only gates compare with a baseline")
    for flag in dive_flags(arguments):
        # dive goes into its CI mode by CI=true as well: there, this must not pass for a verdict.
        raise UsageError(f"{flag} needs --ci", hint="no variable stands in for it")
