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
from layerlens.tui.reading import Opened, Reader
from layerlens.tui.viewmodel.session import Session

_SECONDS_BETWEEN_REPORTS = 0.12
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
        self._post = post
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._last: tuple[str, float] = ("", 0.0)
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
        if not self._ended.is_set():
            self._ended.set()
            threading.Thread(target=self._leave, name="layerlens-leave", daemon=True).start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        message: Message
        try:
            opened = self._reader.read(self._progress)
            self._progress(Step("sorting paths"))
            message = Loaded(Session(opened.analysis, opened.retrieval))
        except BaseException as error:  # noqa: BLE001 - the app hands it to its caller
            message = Failed(error)
        if self._ended.is_set():  # left behind
            return
        self._ended.set()
        if isinstance(message, Failed) and isinstance(message.error, Interrupted):
            self._leave()
            return
        with self._glimpsing:  # a glimpse that is being made must not come last
            self._post(message)

    def _leave(self) -> None:
        """The user stopped: tell what is there."""
        with self._glimpsing:
            opened = self._glimpse()
            session = None if opened is None else Session(opened.analysis, opened.retrieval)
            self._post(Failed(Interrupted(), session))

    # ------------------------------------------------------------------ glimpses

    def _watch(self) -> None:
        wait = _FIRST_GLIMPSE
        while not self._ended.wait(wait):
            start = time.monotonic()
            with self._glimpsing:
                opened = self._glimpse()
                if opened is not None:
                    session = Session(opened.analysis, opened.retrieval, reading=True)
                    if not self._ended.is_set():
                        self._post(Glimpsed(session))
            wait = max(_GLIMPSES_APART, _REST * (time.monotonic() - start))

    def _glimpse(self) -> Opened | None:
        # What cannot be shown yet is shown later; the reading thread tells errors.
        with suppress(LayerLensError):
            return self._reader.glimpse()
        return None

    # ------------------------------------------------------------------ progress

    def _progress(self, step: Step) -> None:
        """The callback of the load; several reader threads may call it at once."""
        if self._stop.is_set():
            raise Interrupted
        now = time.monotonic()
        with self._lock:
            stage, last = self._last
            too_soon = step.stage == stage and now - last < _SECONDS_BETWEEN_REPORTS
            if too_soon and step.preview is None:
                return
            self._last = (step.stage, now)
        self._post(Progressed(step))
