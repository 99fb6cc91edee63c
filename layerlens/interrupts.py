"""Ctrl-C while something starts that must not be lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held() -> Iterator[None]:
    """Let an interrupt wait until the block has ended, and handle it there.

    A program that is being started runs before :class:`subprocess.Popen` gives
    the object by which it can be ended; an interrupt in between would leave it
    behind.  Where interrupts are ignored, are fatal at once, or reach another
    thread, there is nothing to hold.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)
