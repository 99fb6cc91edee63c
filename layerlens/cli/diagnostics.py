"""The only writer to stderr, and the only owner of exit codes."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from enum import IntEnum

from layerlens.errors import ImageError, LayerLensError
from layerlens.outputs.display import escape, escape_path
from layerlens.progress import Rate, Step


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


_SECONDS_BETWEEN = 0.1
"""Between two drawings of one stage's line."""


def progress_line(step: Step, rate: Rate, seconds: float, width: int) -> str:
    """One step as a line of at most ``width`` cells: the parts that do not fit are left out.

    ``seconds`` is how long the stage has taken; it is shown where there is
    nothing else to show.
    """
    import humanize

    parts = []
    if step.done:
        size = humanize.naturalsize(step.done)
        if step.total:
            share = min(100, step.done * 100 // step.total)
            size += f" of {humanize.naturalsize(step.total)}, {share} %"
        parts.append(size)
        if rate.per_second is not None:
            parts.append(f"{humanize.naturalsize(rate.per_second)}/s")
        left = rate.left(step.done, step.total)
        if left is not None and left >= 1:
            parts.append(f"{clock(left)} left")
    elif seconds >= 1:
        parts.append(clock(seconds))
    if step.layers is not None and step.layers[1] > 1:
        parts.append(f"{step.layers[0]} of {step.layers[1]} layers")
    room = max(20, width - 1)  # the last cell would make some terminals wrap
    line = escape(step.stage)[:room]
    for part in parts:
        if len(line) + 2 + len(part) <= room:
            line += f"  {part}"
    return line


def clock(seconds: float) -> str:
    """``12 s``, ``3:05``, ``1:02:00``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80


class Narrator:
    """Progress and warnings on stderr; progress only where it is a terminal."""

    def __init__(self, *, quiet: bool, verbose: bool, debug: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self._debug = debug
        self._live = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._shown = False
        self._last = 0.0
        self._since = 0.0
        self._stage = ""
        self._rate = Rate()
        self._lock = threading.Lock()

    def progress(self, step: Step) -> None:
        """Show one step, a few times a second at most."""
        if not self._live:
            return
        now = time.monotonic()
        with self._lock:  # layers are read by several threads
            self._rate.note(now, step.done)
            if step.stage == self._stage and now - self._last < _SECONDS_BETWEEN:
                return
            if step.stage != self._stage:
                self._since = now
            self._last, self._stage = now, step.stage
            line = progress_line(step, self._rate, now - self._since, _columns())
            # Over the old line, then the rest of it away: no flicker.
            sys.stderr.write(f"\r{line}\x1b[K")
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
