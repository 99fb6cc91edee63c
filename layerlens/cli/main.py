"""``layerlens``: parse, open, analyse, hand the result to an output."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from layerlens import __version__
from layerlens.errors import Interrupted, LayerLensError, SourceError, UsageError, Where

if TYPE_CHECKING:
    import argparse

    from layerlens.analysis.model import Analysis
    from layerlens.cli.diagnostics import Narrator
    from layerlens.progress import Progress
    from layerlens.retrieval import Retrieval
    from layerlens.tui.settings import Settings

_PIPE_WIDTH = 100
"""Columns of a summary that goes into a pipe or a file: always the same."""


class _Look(Enum):
    """How deep to look: at entries only, at packages too, or by all rules."""

    ENTRIES = 0
    PACKAGES = 1
    RULES = 2


def run() -> NoReturn:
    """The console command."""
    # Nearly all that is made here lives until the end: nothing to collect.
    gc.disable()
    _ready_streams()
    code = main(sys.argv[1:])
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

    if argv and argv[0] == "files":
        return _files(options.files_parser().parse_args(argv[1:]), narrator)
    if argv and argv[0] == "extract":
        from layerlens.cli import extract

        return extract.run(argv[1:], narrator, lambda given: _open(given, narrator))
    if argv and argv[0] == "packages":
        from layerlens.cli import packages

        return packages.run(
            argv[1:],
            narrator,
            lambda given: _analyse(given, narrator.progress, narrator, look=_Look.PACKAGES),
        )
    if argv and argv[0] == "platforms":
        from layerlens.cli import platforms

        return platforms.run(argv[1:], narrator)
    if argv and argv[0] == "rules":
        from layerlens.cli import rules

        return rules.run(argv[1:], narrator)
    if argv and argv[0] == "build":
        from layerlens.cli import build

        return build.run(argv[1:], narrator, _look)
    if argv and argv[0] == "open":
        from layerlens.cli import open as saved

        return saved.run(argv[1:], narrator, _look)
    if argv and argv[0] == "cache":
        from layerlens.cli.cache import cache_parser, run

        return run(cache_parser().parse_args(argv[1:]), narrator)
    if not argv:
        raise UsageError(
            "which image?", hint="layerlens IMAGE, where IMAGE is an archive or an engine's image"
        )
    arguments = options.parser().parse_args(argv)
    if arguments.version:
        sys.stdout.write(f"layerlens {__version__}\n")
        return 0
    return _look(arguments, narrator)


def _look(
    arguments: argparse.Namespace, narrator: Narrator, make: Callable[[], str] | None = None
) -> int:
    """``layerlens IMAGE``: the terminal UI, or the outputs that were asked for.

    ``make`` makes the image and gives its reference, once the arguments are
    known to be good.
    """
    from layerlens.cli.output import check_writable, destination, stdout_guarded

    to_terminal = sys.stdout.isatty()
    outputs = (arguments.json, arguments.sbom, arguments.save)
    wanted = [path for path in outputs if path is not None]
    if not wanted and not arguments.text and to_terminal:
        if make is not None:
            if sys.stdin.isatty():
                settings = _tui_settings(arguments)  # what is wrong is told before the build
                arguments.image = make()
                return _browse(arguments, settings)
        elif arguments.image == "-":
            from layerlens.cli.reading import stdin_beside_terminal

            stream = stdin_beside_terminal()
            if stream is not None:
                return _browse(arguments, _tui_settings(arguments), stream)
        elif sys.stdin.isatty():
            return _browse(arguments, _tui_settings(arguments))
    if wanted.count("-") + arguments.text > 1:
        raise UsageError("more than one output wants stdout", hint="give all but one a file")
    if arguments.save == "-" and to_terminal:
        raise UsageError("a saved analysis is no text", hint="send it elsewhere, or give a file")
    for path in wanted:
        check_writable(path)
    if arguments.sbom is not None:
        from layerlens.outputs.sbom import check_available

        check_available()
        if arguments.no_findings:
            raise UsageError("--sbom needs what --no-findings leaves out", hint="drop one of them")
    if make is not None:
        arguments.image = make()
    analysis = _analyse(arguments, narrator.progress, narrator, look=_wanted_look(arguments))
    narrator.clear()
    _warn(analysis, narrator)
    if arguments.json is not None:
        from layerlens.outputs.json_report import write_json

        with destination(arguments.json) as stream:
            write_json(analysis, stream)
    if arguments.sbom is not None:
        from layerlens.outputs.sbom import write_sbom

        with destination(arguments.sbom) as stream:
            write_sbom(analysis, stream)
    if arguments.save is not None:
        from layerlens.saved.save import save

        with destination(arguments.save) as stream:
            save(analysis, stream)
    if arguments.text or not wanted:
        from layerlens.outputs.text import write_text

        with stdout_guarded():
            write_text(
                analysis,
                sys.stdout,
                width=_width() if to_terminal else _PIPE_WIDTH,
                colour=_colour(arguments.color, terminal=to_terminal),
            )
    return 0


def _files(arguments: argparse.Namespace, narrator: Narrator) -> int:
    """``layerlens files IMAGE``."""
    from layerlens.cli.output import destination
    from layerlens.outputs.files import write_files

    analysis = _analyse(arguments, narrator.progress, narrator)
    narrator.clear()
    _warn(analysis, narrator)
    with destination("-") as stream:
        write_files(analysis, stream, arguments.format, arguments.layer)
    return 0


def _open(arguments: argparse.Namespace, narrator: Narrator) -> tuple[Analysis, Retrieval]:
    """Analyse an image that stays open for its contents."""
    from layerlens.cli.open import opened
    from layerlens.cli.reading import read_options
    from layerlens.filesystem.stack import Semantics
    from layerlens.pipeline import analyse_image, open_image, reopen, retrieve

    options = read_options(arguments)
    saved = opened(arguments, narrator=narrator)
    if saved is not None:
        return saved, reopen(saved.image.reference, options, saved)
    image = open_image(arguments.image, options, narrator.progress)
    try:
        analysis = analyse_image(
            image,
            options,
            base=arguments.base,
            semantics=Semantics(arguments.semantics),
            progress=narrator.progress,
        )
        retrieval = retrieve(image, analysis, options)
    except BaseException:
        image.close()
        raise
    narrator.clear()
    _aside(image.remarks, options.cache.problems if options.cache else [], narrator)
    _warn(analysis, narrator)
    return analysis, retrieval


def _browse(
    arguments: argparse.Namespace, settings: Settings, stdin: BinaryIO | None = None
) -> int:
    """The terminal UI; the image is read inside it."""
    from layerlens.cli.browse import ImageReader
    from layerlens.tui.app import run_app

    gc.enable()  # a long session makes garbage
    reader = ImageReader(arguments, stdin, findings=not arguments.no_findings)
    marked = run_app(reader, arguments.image, settings)
    sys.stdout.writelines(f"{line}\n" for line in marked)
    return 0


def _tui_settings(arguments: argparse.Namespace) -> Settings:
    from layerlens.cli.settings_file import settings_of
    from layerlens.cli.tui_settings import tui_settings

    return tui_settings(arguments, settings_of(arguments))


def _wanted_look(arguments: argparse.Namespace) -> _Look:
    return _Look.ENTRIES if arguments.no_findings else _Look.RULES


def _analyse(
    arguments: argparse.Namespace,
    progress: Progress,
    narrator: Narrator | None = None,
    *,
    look: _Look = _Look.ENTRIES,
) -> Analysis:
    """Open and analyse; ``narrator`` is told what is aside from the result."""
    from layerlens.cli.open import opened

    listed = look is _Look.PACKAGES or getattr(arguments, "sbom", None) is not None
    saved = opened(arguments, narrator=narrator, packages=listed)
    if saved is not None:
        return saved
    from layerlens.cli.reading import read_options
    from layerlens.cli.ruling import rules_of
    from layerlens.filesystem.stack import Semantics
    from layerlens.pipeline import Rules, analyse_image, looking_inside, open_image

    rules = None
    if look is _Look.PACKAGES:
        rules = Rules(sets=())
    elif look is _Look.RULES:
        # Who wants packages needs more than a memory of findings.
        whole = narrator is None or arguments.sbom is not None or arguments.save is not None
        rules = rules_of(arguments, remember=not whole)
    options = read_options(arguments)
    if look is not _Look.ENTRIES:
        options = looking_inside(options)
    image = open_image(arguments.image, options, progress)
    try:
        return analyse_image(
            image,
            options,
            base=arguments.base,
            semantics=Semantics(arguments.semantics),
            rules=rules,
            progress=progress,
        )
    finally:
        if narrator is not None:
            _aside(image.remarks, options.cache.problems if options.cache else [], narrator)
        image.close()


def _aside(remarks: Sequence[str], problems: Sequence[str], narrator: Narrator) -> None:
    """Tell how the image was read, to those who ask, and what was not remembered, to all."""
    from layerlens.outputs.display import escape

    if narrator.verbose:
        for remark in remarks:
            narrator.tell(f"layerlens: {escape(remark)}")
    for problem in problems:
        narrator.tell(f"layerlens: {escape(problem)}")


def _warn(analysis: Analysis, narrator: Narrator) -> None:
    """Diagnostics on stderr: all with --verbose, else a count."""
    found = analysis.diagnostics
    if not found or narrator.quiet:
        return
    from layerlens.outputs.display import escape, escape_path

    told = [item for item in found if narrator.verbose or item.code in _ALWAYS]
    for item in told:
        place = "" if item.layer is None else f"layer {item.layer}: "
        path = "" if item.path is None else f"{escape_path(item.path)}: "
        narrator.tell(f"layerlens: {place}{path}{escape(item.message)} [{item.code}]")
    count = len(found) - len(told)
    if count:
        narrator.tell(
            f"layerlens: {count} diagnostic{'s' if count > 1 else ''}, see --verbose or --json"
        )


_ALWAYS = frozenset({"read-from-registry", "rules-left-out"})
"""Diagnostics that nobody should have to ask for: the image may be another than was meant."""


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return _PIPE_WIDTH


def _colour(choice: str, *, terminal: bool) -> bool:
    if choice == "auto":
        return terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return choice == "always"
