"""``layerlens``: parse, open, analyse, hand the result to an output."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from layerlens import __version__
from layerlens.errors import Interrupted, LayerLensError, SourceError, UsageError, Where

if TYPE_CHECKING:
    from layerlens.cli.diagnostics import Narrator


_RUNNERS = {"GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"}
"""Variables of CI runners that obey lines of their log."""


def run() -> NoReturn:
    """The console command."""
    # Nearly all that is made here lives until the end: nothing to collect.
    gc.disable()
    _ready_streams()
    if _RUNNERS & os.environ.keys():
        from layerlens.cli.runner_log import guard_log

        guard_log()
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # while what main needs was still being loaded
        sys.stderr.write("layerlens: interrupted\n")
        code = 130
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        _silence_stdout()
    except OSError as error:  # a full disk
        code = code or _fail_late(error)
    # Everything is written: taking a million entries apart in memory, one by
    # one, would only make the user wait.
    os._exit(code)


def _ready_streams() -> None:
    """Whatever the environment gave us, nothing that is written may raise for its letters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for good
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _fail_late(error: OSError) -> int:
    from layerlens.cli.diagnostics import Narrator

    _silence_stdout()
    what = UsageError(f"cannot write to stdout: {error.strerror or error}")
    return Narrator(quiet=False, verbose=False, debug=False).fail(what)


def main(argv: Sequence[str]) -> int:
    """Run the command line; gives the exit code (DESIGN, "Command line")."""
    if argv and argv[0] in ("--version", "-V"):
        try:
            sys.stdout.write(f"layerlens {__version__}\n")
        except OSError as error:
            return 0 if isinstance(error, BrokenPipeError) else _fail_late(error)
        return 0
    # Late: with this, --version takes a third of the time.
    from layerlens.cli.diagnostics import ExitCode, Narrator

    words = set(_own_words(argv))
    narrator = Narrator(
        quiet=bool({"--quiet", "-q"} & words),
        verbose=bool({"--verbose", "-v"} & words),
        debug="--debug" in words,
    )
    try:
        if "--ci" in words:
            _tell_unheard(narrator)
        return _dispatch(argv, narrator)
    except LayerLensError as error:
        return narrator.fail(error)
    except (KeyboardInterrupt, Interrupted):
        narrator.tell("layerlens: interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()  # the reader has seen enough: head, less
        return ExitCode.OK
    except OSError as error:  # a disk that fails while it is read, a stdout that is full
        where = None if error.filename is None else Where(file=os.fsdecode(error.filename))
        return narrator.fail(SourceError(error.strerror or str(error), where=where))
    except SystemExit as end:  # argparse after --help
        return end.code if isinstance(end.code, int) else ExitCode.USAGE


def _tell_unheard(narrator: Narrator) -> None:
    """Tell of variables that look like limits and are none: a gate would pass by mistake."""
    from layerlens.cli.settings import PREFIX

    if narrator.quiet or not any(name.startswith(PREFIX) for name in os.environ):
        return
    from layerlens.cli.settling import unknown_variables
    from layerlens.outputs.display import escape

    for name, near in unknown_variables(os.environ):
        if not near:  # else it is an error
            narrator.tell(f"layerlens: {escape(name)[:200]} is no setting, and has no effect")


def _own_words(argv: Sequence[str]) -> Sequence[str]:
    """The arguments that are ours, and not a builder's."""
    if not argv or argv[0] != "build":
        return argv
    from layerlens.cli.build import split

    return split(argv[1:])[0]


def _silence_stdout() -> None:
    """Make sure that nobody tries again to write to a closed pipe."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def _dispatch(argv: Sequence[str], narrator: Narrator) -> int:
    from layerlens.cli import options

    if argv and argv[0] in options.SUBCOMMANDS:
        # Each command's module is loaded when it is called.
        command = import_module(f"layerlens.cli.{options.SUBCOMMANDS[argv[0]]}")
        return int(command.run(argv[1:], narrator))
    if not argv:
        raise UsageError(
            "which image?", hint="layerlens IMAGE, where IMAGE is an archive or an engine's image"
        )
    arguments = options.parser().parse_args(argv)
    if arguments.version:
        sys.stdout.write(f"layerlens {__version__}\n")
        return 0
    from layerlens.cli.looking import look

    return look(arguments, narrator)
