"""Work that takes its time, in a thread of its own, for the screen that asked for it.

As in ``loader``, these are daemon threads and no Textual workers: whoever does
not listen to a stop is left behind, and holds nobody up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from layerlens.errors import Interrupted
from layerlens.progress import Progress, Step
from layerlens.tui.background import WRITERS
from layerlens.tui.reports import Sparse

_SECONDS_BETWEEN_LOOKS = 0.05
_TURN, _PAUSE = 0.002, 0.0005
"""Seconds of work after which the UI's thread gets a chance, and how long that is.

Without it, each of the many steps from a key to the screen waits for the interpreter's
switch interval, and together they are felt.
"""

FETCHING = threading.Lock()
"""Held by who fetches contents: a ``Retrieval`` serves one thread at a time, and one
that was left behind may still be at it."""


@dataclass
class JobProgressed(Message, bubble=False):
    """How far a job has come."""

    job: Job
    step: Step

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, JobProgressed) and message.job is self.job


@dataclass
class JobDone(Message, bubble=False):
    """A job came to its end; ``result`` is what its work returned."""

    job: Job
    result: Any


@dataclass
class JobFailed(Message, bubble=False):
    """A job raised an error, ``Interrupted`` where it was stopped."""

    job: Job
    error: BaseException


class Job:
    """One piece of work.  ``post`` must be safe to call from any thread.

    ``work`` is given a progress that raises :class:`Interrupted` once the job
    is stopped.  Whoever ends the UI waits for work that ``writes`` files, since
    only its end takes away what is half-written.
    """

    def __init__(
        self,
        work: Callable[[Progress], object],
        post: Callable[[Message], object],
        *,
        writes: bool = False,
    ) -> None:
        self._work = work
        self._post = post
        self._stop = threading.Event()
        self._sparse = Sparse()
        self._paused = 0.0
        self._writes = writes
        self._thread = threading.Thread(target=self._run, name="layerlens-job", daemon=True)

    def start(self) -> Job:
        if self._writes:
            WRITERS.add(self._thread)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask the work to end at its next report."""
        self._stop.set()

    @property
    def is_stopped(self) -> bool:
        return self._stop.is_set()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def check(self) -> None:
        """Raise :class:`Interrupted` where the job is stopped."""
        if self._stop.is_set():
            raise Interrupted

    def _run(self) -> None:
        message: Message
        try:
            message = JobDone(self, self._work(self._progress))
        except BaseException as error:  # noqa: BLE001 - the screen decides what it is
            message = JobFailed(self, error)
        finally:
            WRITERS.discard(self._thread)
        with suppress(RuntimeError):  # the loop has ended
            self._post(message)

    def _progress(self, step: Step) -> None:
        self.check()
        now = time.monotonic()
        if now - self._paused >= _TURN:
            time.sleep(_PAUSE)
            self._paused = time.monotonic()
        if self._sparse.takes(step):
            with suppress(RuntimeError):  # the loop has ended
                self._post(JobProgressed(self, step))


class Turn:
    """The right to fetch, as a context: waits for whoever has it, and can be stopped."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> None:
        while not FETCHING.acquire(timeout=_SECONDS_BETWEEN_LOOKS):
            self._progress(Step("waiting for the reading before to stop"))

    def __exit__(self, *_: object) -> None:
        FETCHING.release()
