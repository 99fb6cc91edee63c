"""dive's gate on the command line: ``.dive-ci``, dive's flags, and what it has in the environment.

The precedence is dive 0.13.1's: a flag that was given, then the file, then dive's
default, for each rule by itself.  dive 0.13.1 reads no rule from the environment or
from its own settings (``~/.dive.yaml`` and the like), so neither is read here;
variables that only later sources of dive know are told.
"""

from __future__ import annotations

import argparse
import os

from layerlens.cli.words import some
from layerlens.errors import UsageError, Where
from layerlens.gate.dive import (
    DIVE_DEFAULTS,
    HIGHEST_USER_WASTED_PERCENT,
    HIGHEST_WASTED_BYTES,
    LOWEST_EFFICIENCY,
    DiveLimit,
    DiveSettings,
    misconfigured,
)
from layerlens.opening import open_to_read

DIVE_CI = ".dive-ci"
"""The file that counts where it is in the working directory."""

DEFAULT = "dive's default"
"""The origin of limits that nobody set."""

_HELP = {
    LOWEST_EFFICIENCY: "as in dive: lowest efficiency, a ratio from 0 to 1",
    HIGHEST_WASTED_BYTES: "as in dive: most wasted bytes, such as 20MB",
    HIGHEST_USER_WASTED_PERCENT: "as in dive: most of your bytes that are wasted, "
    "a ratio from 0 to 1",
}

_LATER_VARIABLES = (
    "DIVE_RULES_LOWEST_EFFICIENCY",
    "DIVE_RULES_HIGHEST_WASTED_BYTES",
    "DIVE_RULES_HIGHEST_USER_WASTED_PERCENT",
    "DIVE_CI_CONFIG",
)
"""What sources of dive after 0.13.1 read from the environment."""


def dive_options(found: argparse.ArgumentParser) -> None:
    """Flags of dive, by dive's names."""
    group = found.add_argument_group(
        "dive's gate",
        "With --ci, and beside the gates above: the verdict that dive 0.13.1 gives, by its own "
        f"figures and defaults.  It is asked for by a file {DIVE_CI} in the working directory or by "
        "any of these; a flag counts before the file.",
    )
    for rule, help_text in _HELP.items():
        default = DIVE_DEFAULTS[rule]
        group.add_argument(
            f"--{rule}", dest=f"dive_{rule}", metavar="LIMIT",
            help=f"{help_text} ({'disabled' if default == 'disabled' else default} where unset)",
        )  # fmt: skip
    group.add_argument(
        "--ci-config", metavar="FILE", type=some, help=f"as in dive: this file for {DIVE_CI}"
    )
    group.add_argument("--no-dive-ci", action="store_true", help=f"leave {DIVE_CI} alone")


def dive_flags(arguments: argparse.Namespace) -> list[str]:
    """The flags of dive's gate that were given."""
    given = [
        f"--{rule}" for rule in DIVE_DEFAULTS if getattr(arguments, f"dive_{rule}") is not None
    ]
    return given + ["--ci-config"] * (arguments.ci_config is not None)


def dive_settings(arguments: argparse.Namespace) -> DiveSettings | None:
    """What dive's rules are set to, ``None`` where nobody asks for dive's verdict.

    Raises :class:`UsageError` for a file that cannot be read, and for limits that
    dive calls misconfigured.
    """
    if arguments.no_dive_ci and arguments.ci_config is not None:
        raise UsageError("--no-dive-ci and --ci-config exclude each other", hint="drop one of them")
    flags = {
        rule: DiveLimit(text, f"--{rule}")
        for rule in DIVE_DEFAULTS
        if (text := getattr(arguments, f"dive_{rule}")) is not None
    }
    path: str = arguments.ci_config or DIVE_CI
    data = None if arguments.no_dive_ci else _content(path)
    if data is None and arguments.ci_config is None and not flags:
        return None
    limits = {rule: DiveLimit(text, DEFAULT) for rule, text in DIVE_DEFAULTS.items()}
    notes = [
        f"dive 0.13.1 does not read {name} from the environment, which has no effect"
        for name in _LATER_VARIABLES
        if os.environ.get(name)
    ]
    if data is not None:
        written, told = _written(path, data)
        limits |= written
        notes += told
    elif arguments.ci_config is not None:
        notes.append(f"{path}: no such file: as in dive, its default limits hold")
    limits |= flags
    _refuse(path, limits)
    return DiveSettings(
        lowest_efficiency=limits[LOWEST_EFFICIENCY],
        highest_wasted_bytes=limits[HIGHEST_WASTED_BYTES],
        highest_user_wasted_percent=limits[HIGHEST_USER_WASTED_PERCENT],
        notes=tuple(notes),
    )


def _content(path: str) -> bytes | None:
    """The file's content, no more than is ever read of it; ``None`` where there is none."""
    from layerlens.gate.plain_yaml import MAX_BYTES

    try:
        with open_to_read(path) as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(
            f"dive's rules cannot be read: {reason or error}",
            where=Where(file=path),
            hint="--no-dive-ci leaves them out",
        ) from error


def _written(path: str, data: bytes) -> tuple[dict[str, DiveLimit], list[str]]:
    """The limits of a ``.dive-ci``, and notes on the rest of it."""
    from layerlens.gate.dive_config import read_dive_config
    from layerlens.gate.plain_yaml import YamlError

    try:
        config = read_dive_config(data)
    except YamlError as error:
        line = "" if error.line is None else f"line {error.line}: "
        raise UsageError(f"{line}{error.what}", where=Where(file=path)) from error
    limits = {
        rule: DiveLimit(each.text, f"{path}, line {each.line}")
        for rule, each in config.limits.items()
    }
    return limits, [f"{path}: {note}" for note in config.notes]


def _refuse(path: str, limits: dict[str, DiveLimit]) -> None:
    """Tell all limits at once that dive cannot judge by."""
    problems = [
        (rule, limit, problem)
        for rule, limit in limits.items()
        if (problem := misconfigured(rule, limit)) is not None
    ]
    if not problems:
        return
    in_file = all(limit.origin.startswith(f"{path}, ") for _, limit, _ in problems)
    told = []
    for rule, limit, problem in problems:
        if limit.origin.startswith("--"):
            told.append(f"{limit.origin}: {problem}")
        else:
            origin = limit.origin.removeprefix(f"{path}, ") if in_file else limit.origin
            told.append(f"{origin}: rules.{rule}: {problem}")
    raise UsageError("; ".join(told), where=Where(file=path) if in_file else None)
