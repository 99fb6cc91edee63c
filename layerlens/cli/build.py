"""``layerlens build``: build with docker or podman, then look at the image."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, TextIO

from layerlens import interrupts
from layerlens.cli.looking import look
from layerlens.cli.options import Parser, look_options
from layerlens.cli.runner_log import is_guarded
from layerlens.errors import SourceError, UsageError

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator

_BUILDERS = ("docker", "podman")
_IIDFILE = "--iidfile"
_GRACE_SECONDS = (1.0, 10.0, 5.0)
"""What a builder gets to end: by the terminal's Ctrl-C, by an interrupt of ours, by SIGTERM."""

_REST_SECONDS = 2.0
"""What is waited for the last lines of a builder that has ended."""

_INTERRUPTED = (-signal.SIGINT, 128 + signal.SIGINT)
"""How a builder ends that the user has interrupted."""


def build_parser() -> Parser:
    """The grammar of what stands before ``--``."""
    found = Parser(
        prog="layerlens build",
        usage="layerlens build [OPTIONS --] BUILD-ARGUMENTS",
        description="Build an image with docker or podman, then look at it.  All arguments are "
        "the builder's own; options of layerlens come first, and -- ends them: "
        "layerlens build --json out.json -- -t app .",
        allow_abbrev=False,
    )
    found.add_argument(
        "--with",
        dest="builder",
        choices=_BUILDERS,
        help="which builder (default: docker where it is installed, else podman)",
    )
    look_options(found)
    return found


def run(argv: Sequence[str], narrator: Narrator) -> int:
    """Build and look; gives the exit code.  Raises :class:`SourceError` where the build fails."""
    own, theirs = split(argv)
    arguments = build_parser().parse_args(own)
    if not theirs:
        raise UsageError(
            "nothing to build", hint="give docker's build arguments: layerlens build -t app ."
        )
    builder, program = _builder(arguments.builder)
    arguments.version = False
    arguments.image = ""  # not made yet, so no output can replace it
    if not arguments.no_findings:
        _tell_sources(arguments, theirs)
    # The build comes after all checks of the arguments: it may take an hour.
    return look(arguments, narrator, lambda: f"{builder}://{_built(builder, program, theirs)}")


def split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our options and the builder's arguments; without ``--`` all are the builder's.

    Asking for help alone asks us.
    """
    if "--" in argv:
        at = list(argv).index("--")
        return list(argv[:at]), list(argv[at + 1 :])
    if list(argv) in (["--help"], ["-h"]):
        return list(argv), []
    return [], list(argv)


def _builder(chosen: str | None) -> tuple[str, str]:
    """The name and the path of the builder."""
    for name in (chosen,) if chosen else _BUILDERS:
        program = shutil.which(name)
        if program is not None:
            return name, program
    missing = f"{chosen} is not" if chosen else "neither docker nor podman is"
    raise SourceError(
        f"{missing} installed, so nothing can be built",
        hint="install it, or build elsewhere and give layerlens the image",
    )


def _built(builder: str, program: str, theirs: list[str]) -> str:
    """Run the build; gives the id of the image."""
    given = _given_iidfile(theirs)
    with tempfile.TemporaryDirectory(prefix="layerlens-build-") as folder:
        path = given or os.path.join(folder, "iid")
        command = [program, "build", *([] if given else [_IIDFILE, path]), *theirs]
        code = _call(command)
        if code in _INTERRUPTED:
            raise KeyboardInterrupt
        if code < 0:
            raise SourceError(f"{builder} build was ended by signal {-code}")
        if code:
            raise SourceError(
                f"{builder} build failed with exit code {code}",
                hint=f"what {builder} said stands above",
            )
        try:
            with open(path, encoding="utf-8") as file:
                image = file.read(200).strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _not_kept(builder) from error
    known = subprocess.run(  # noqa: S603 - the builder itself
        [program, "image", "inspect", image],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if not image or known.returncode:
        raise _not_kept(builder)
    return image


def _not_kept(builder: str) -> SourceError:
    return SourceError(
        f"{builder} built an image and did not keep it where it keeps its images",
        hint="add --load to the build arguments",
    )


def _tell_sources(arguments: argparse.Namespace, theirs: Sequence[str]) -> None:
    """Let findings name the lines of the Dockerfile that is built, and judge its context.

    What the user says goes first; what is not on this disk (stdin, an address)
    is left out.
    """
    folder = theirs[-1]
    if not os.path.isdir(folder):
        return
    file = _value(theirs, "--file", "-f")
    names = (file,) if file else (f"{folder}/Dockerfile", f"{folder}/Containerfile")
    found = next((name for name in names if os.path.isfile(name)), None)
    if arguments.dockerfile is None and found is not None:
        arguments.dockerfile = found
        arguments.target = arguments.target or _value(theirs, "--target")
    if arguments.context is None:
        arguments.context = folder


def _value(words: Sequence[str], *options: str) -> str | None:
    """The value of a builder's option, ``--file F``, ``--file=F`` or ``-fF``; the last counts."""
    found = None
    for k, word in enumerate(words[:-1]):
        for option in options:
            if word == option:
                found = words[k + 1]
            elif word.startswith(f"{option}=") and option.startswith("--"):
                found = word.partition("=")[2]
            elif not option.startswith("--") and word.startswith(option) and word[1:2] != "-":
                found = word.removeprefix(option).removeprefix("=") or found
    return found


def _given_iidfile(theirs: Sequence[str]) -> str | None:
    """The user's own ``--iidfile``."""
    for k, word in enumerate(theirs):
        if word == _IIDFILE and k + 1 < len(theirs):
            return theirs[k + 1]
        if word.startswith(f"{_IIDFILE}="):
            return word.partition("=")[2]
    return None


def _call(command: list[str]) -> int:
    """Run the builder on the user's terminal.  What it prints is narration: it goes to stderr.

    Where a CI job's runner obeys lines of that, what strangers' programs print passes the
    guard that all of ours does.
    """
    process = None
    guard = sys.stderr if is_guarded(sys.stderr) and not sys.stderr.isatty() else None
    try:
        with interrupts.held():
            process = subprocess.Popen(  # noqa: S603 - from PATH
                command,
                stdout=sys.stderr.fileno() if guard is None else subprocess.PIPE,
                stderr=None if guard is None else subprocess.STDOUT,
            )
        if guard is None or process.stdout is None:
            return process.wait()
        passing = threading.Thread(target=_pass, args=(process.stdout, guard), daemon=True)
        passing.start()
        code = process.wait()
        passing.join(_REST_SECONDS)  # what the builder has left behind may hold the pipe open
        return code
    except BaseException:
        if process is not None:
            _end(process)
        raise


def _pass(told: IO[bytes], guard: TextIO) -> None:
    """Pass on what the builder prints, as it comes; a log that is full does not end the build."""
    with told:
        while piece := os.read(told.fileno(), 1 << 16):
            with suppress(OSError):
                guard.buffer.write(piece)
                guard.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a builder tidy up and end.  A Ctrl-C has reached one on our terminal already."""
    steps: tuple[Callable[[], None], ...] = (
        lambda: None,
        lambda: process.send_signal(signal.SIGINT),
        process.terminate,
    )
    for step, seconds in zip(steps, _GRACE_SECONDS, strict=True):
        step()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        except KeyboardInterrupt:
            break  # the user insists
        return
    process.kill()
    process.wait()
