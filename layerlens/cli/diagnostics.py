"""The only writer to stderr, and the only owner of exit codes."""

from __future__ import annotations

import sys
import time
import traceback
from enum import IntEnum

from layerlens.errors import ImageError, LayerLensError
from layerlens.outputs.display import escape, escape_path
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
        self._shown = False
        self._last = 0.0
        self._stage = ""

    def progress(self, step: Step) -> None:
        """Show one step, a few times a second at most."""
        if not self._live:
            return
        now = time.monotonic()
        if step.stage == self._stage and now - self._last < 0.1:
            return
        self._last, self._stage = now, step.stage
        line = step.stage
        if step.done:
            import humanize

            line += f"  {humanize.naturalsize(step.done)}"
            if step.total:
                share = min(100, step.done * 100 // step.total)
                line += f" of {humanize.naturalsize(step.total)}  {share} %"
        sys.stderr.write(f"\r\x1b[K{escape(line)[:200]}")
        sys.stderr.flush()
        self._shown = True

    def clear(self) -> None:
        """Take the progress line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

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
