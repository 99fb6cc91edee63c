"""Work that must not hold up the screen."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

WRITERS: set[threading.Thread] = set()
"""Threads that are writing files."""

_PATIENCE = 10.0
"""Seconds that they get at the end: a source that does not answer must not hold up the user."""


def wait_for_writers() -> None:
    """Let work that writes files come to its end, or take away what it had half done."""
    end = time.monotonic() + _PATIENCE
    for thread in tuple(WRITERS):
        thread.join(max(0.0, end - time.monotonic()))


async def in_background(work: Callable[[], T]) -> T:
    """Run ``work``, which writes files, in a thread of its own; gives its result or its error.

    A daemon thread, and not the loop's pool, since the loop waits for its pool when it
    ends: a reader that does not listen would keep the user who wants to leave.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(settle: Callable[[], None]) -> None:
        def unless_left() -> None:
            if not outcome.done():
                settle()

        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(unless_left)

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            failure = error
            tell(lambda: outcome.set_exception(failure))
        else:
            tell(lambda: outcome.set_result(result))
        finally:
            WRITERS.discard(thread)

    thread = threading.Thread(target=run, name="layerlens-work", daemon=True)
    WRITERS.add(thread)
    thread.start()
    return await outcome
