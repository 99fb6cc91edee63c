"""The only writer to stderr, and the only owner of exit codes."""

from __future__ import annotations

import os
import sys
import time
import traceback
from enum import IntEnum
from threading import Lock

from layerlens.errors import ImageError, LayerLensError
from layerlens.outputs.display import escape, escape_path
from layerlens.outputs.pace import Pace, step_line
from layerlens.progress import Step


class ExitCode(IntEnum):
    """DESIGN, "Command line"."""

    OK = 0
    GATE_FAILED = 1
    USAGE = 2
    IMAGE = 3
    INTERRUPTED = 130


def exit_code(error: LayerLensError) -> ExitCode:
    """What a foreseen error ends the program with."""
    return ExitCode.IMAGE if isinstance(error, ImageError) else ExitCode.USAGE


def one_line(error: LayerLensError) -> str:
    """``layerlens: FILE: LAYER: entry "NAME" at offset N: what; hint``, escaped."""
    where = error.where
    parts = ["layerlens"]
    if where.file is not None:
        parts.append(escape(where.file))
    if where.layer is not None:
        parts.append(escape(where.layer))
    place = ""
    if where.entry is not None:
        shown = escape_path(where.entry)
        place = f'entry "{shown if len(shown) <= 200 else shown[:197] + "..."}"'
    if where.offset is not None:
        place += f"{' ' if place else ''}at offset {where.offset}"
    if place:
        parts.append(place)
    what = escape(error.what)
    parts.append(what if len(what) <= _LONGEST else what[: _LONGEST - 3] + "...")
    text = ": ".join(parts)
    return f"{text}; {escape(error.hint)}" if error.hint else text


_LONGEST = 2000
"""Characters of a message: parts of it may come from an image."""


class Narrator:
    """Progress and warnings on stderr; progress only where it is a terminal."""

    def __init__(self, *, quiet: bool, verbose: bool, debug: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self._debug = debug
        self._live = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._pace = Pace()
        self._lock = Lock()  # layers are read side by side
        self._shown = ""
        self._last = 0.0
        self._stage = ""
        self.part = ""
        """Which of several images is read (``2/16``), to stand before the progress."""

    def progress(self, step: Step) -> None:
        """Show one step, a few times a second at most."""
        if not self._live:
            return
        with self._lock:
            self._pace.note(step)
            now = time.monotonic()
            if step.stage == self._stage and now - self._last < 0.1:
                return
            self._last, self._stage = now, step.stage
            before = f"{self.part} " if self.part else ""
            line = before + step_line(self._pace.words(step), _columns() - 1 - len(before))
            if line == self._shown:
                return
            # The rest is erased after the line is there: nothing flickers.
            sys.stderr.write(f"\r{line}\x1b[K")
            sys.stderr.flush()
            self._shown = line

    def clear(self) -> None:
        """Take the progress line away."""
        with self._lock:
            if self._shown:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()
                self._shown = ""

    def tell(self, text: str) -> None:
        """A line for people; ``text`` is already escaped."""
        if not self.quiet:
            self.clear()
            sys.stderr.write(text + "\n")

    def fail(self, error: LayerLensError) -> ExitCode:
        """Print an error's one line (quiet or not), and give the exit code."""
        self.clear()
        if self._debug:
            traceback.print_exception(error)
        sys.stderr.write(one_line(error) + "\n")
        return exit_code(error)


def _columns() -> int:
    """Width of the terminal behind stderr, now: its user may have changed it."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
