"""Runs the reader in a thread and tells the app how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from textual.message import Message

from layerlens.errors import Interrupted, LayerLensError
from layerlens.progress import Step
from layerlens.tui.messages import Failed, Glimpsed, Loaded, Progressed
from layerlens.tui.reading import Reader
from layerlens.tui.reports import Sparse
from layerlens.tui.viewmodel.session import Session

_FIRST_GLIMPSE = 0.8
"""Seconds of reading before parts of the image are shown: most images are there by then."""
_GLIMPSES_APART = 0.7
_REST = 4
"""Times as long as a glimpse took, reading is left alone afterwards."""


class Loader:
    """One load.  ``post`` must be safe to call from any thread.

    Its threads are its own and no Textual workers, because the loop waits for
    workers when it ends: an engine that takes half a minute before its first
    byte would hold up the user who has just pressed "stop".  A daemon thread
    is left behind instead.
    """

    def __init__(self, reader: Reader, post: Callable[[Message], object]) -> None:
        self._reader = reader
        self._tell = post
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._ending = threading.Lock()
        self._unposted: Session | None = None
        """What a glimpse made of the image while the load came to its end."""
        self._was_glimpsed = False
        self._sparse = Sparse()
        self._glimpsing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="layerlens-load", daemon=True)
        self._glances = threading.Thread(target=self._watch, name="layerlens-glimpse", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._glances.start()

    def stop(self) -> None:
        """Ask the load to end at its next report."""
        self._stop.set()

    def abandon(self) -> None:
        """Leave a reader behind that does not listen; what it read until now is posted."""
        if self._end():
            threading.Thread(
                target=self._leave, args=(Interrupted(),), name="layerlens-leave", daemon=True
            ).start()

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    def _end(self) -> bool:
        """End the load; false where something else has ended it."""
        with self._ending:
            ended = self._ended.is_set()
            self._ended.set()
            return not ended

    def _run(self) -> None:
        message: Message
        try:
            opened = self._reader.read(self._progress)
            # All of it is there: a stop that comes now has nothing to stop.
            self._post(Progressed(Step("sorting paths")))
            message = Loaded(Session.of(opened))
        except BaseException as error:  # noqa: BLE001 - the app hands it to its caller
            message = Failed(error)
        if not self._end():  # left behind
            return
        if isinstance(message, Failed):
            self._leave(message.error)
            return
        with self._glimpsing:  # a glimpse that is being made must not come last
            self._post(message)

    def _leave(self, error: BaseException) -> None:
        """Tell how it ended before its end, and what is there where that is to be shown."""
        session = None
        with self._glimpsing:
            if isinstance(error, Interrupted) or self._was_glimpsed:
                try:
                    session = self._look(reading=False) or self._unposted
                except Exception as bug:  # noqa: BLE001 - the app hands it to its caller
                    error = bug
            if session is not None:
                session.reading = False
            self._post(Failed(error, session))

    # ------------------------------------------------------------------ glimpses

    def _watch(self) -> None:
        wait = _FIRST_GLIMPSE
        while not self._ended.wait(wait):
            start = time.monotonic()
            with self._glimpsing:
                try:
                    session = self._look(reading=True)
                except Exception as bug:  # noqa: BLE001 - the app hands it to its caller
                    if self._end():
                        self._post(Failed(bug))
                    return
                if self._ended.is_set():
                    self._unposted = session
                elif session is not None:
                    self._was_glimpsed = True
                    self._post(Glimpsed(session))
            wait = max(_GLIMPSES_APART, _REST * (time.monotonic() - start))

    def _look(self, *, reading: bool) -> Session | None:
        """What is there now; ``None`` where that is nothing, or nothing new."""
        # What cannot be shown yet is shown later; the reading thread tells errors.
        with suppress(LayerLensError):
            opened = self._reader.glimpse()
            if opened is not None:
                return Session.of(opened, reading=reading)
        return None

    # ------------------------------------------------------------------ progress

    def _post(self, message: Message) -> None:
        with suppress(RuntimeError):  # the loop has ended
            self._tell(message)

    def _progress(self, step: Step) -> None:
        """The callback of the load; several reader threads may call it at once."""
        if self._stop.is_set():
            raise Interrupted
        if self._sparse.takes(step):
            self._post(Progressed(step))
