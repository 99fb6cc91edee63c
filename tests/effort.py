"""A bound on the work that a test may cause, which a busy machine does not change."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest


@contextmanager
def at_most(seconds: float, what: object = None) -> Iterator[None]:
    """Fail a test whose work in this block takes more processor time of this process.

    It tells work that grows with the square of its input, or faster, from work
    that grows with its length, and not fast from slow: the bound is ten times
    and more of what the work takes on a slow and busy machine, and the input so
    large that the other kind of work would take several times the bound.  What
    waits for its turn on a processor, or for anything else, takes none of it.  ``what`` is worked on, for the
    message.

    Work that does not end is ended at the bound, when Python next heeds signals:
    between two of its instructions, and within regular expressions.
    """
    told = f"more than {seconds:g} s of processor time"
    told += "" if what is None else f" for {what!r}"

    def ended(_number: int, _frame: FrameType | None) -> None:
        # No Exception, so that what is ended cannot take it for an error of its own.
        pytest.fail(told)

    before = signal.signal(signal.SIGPROF, ended)
    began = time.process_time()
    # Again and again, should a clean-up of the work's own swallow the first one.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    # Work in one piece, as of the interpreter's own functions, ends before the signal is heeded.
    if time.process_time() - began > seconds:
        pytest.fail(told)
