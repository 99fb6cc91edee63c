"""Runs the load in a thread and tells the app how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from textual.message import Message

from layerlens.analysis.model import Analysis
from layerlens.errors import Interrupted
from layerlens.progress import Progress, Step
from layerlens.tui.messages import Failed, Loaded, Progressed
from layerlens.tui.viewmodel.browser import Browser

Load = Callable[[Progress], Analysis]

_SECONDS_BETWEEN_REPORTS = 0.12


class Loader:
    """One load.  ``post`` must be safe to call from any thread.

    This is a thread of its own and not a Textual worker, because the loop
    waits for workers when it ends: an engine that takes half a minute before
    its first byte would hold up the user who has just pressed "stop".  A
    daemon thread is left behind instead.
    """

    def __init__(self, load: Load, post: Callable[[Message], object]) -> None:
        self._load = load
        self._post = post
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._last: tuple[str, float] = ("", 0.0)
        self._thread = threading.Thread(target=self._run, name="layerlens-load", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the load to end at its next report."""
        self._stop.set()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        message: Message
        try:
            analysis = self._load(self._progress)
            self._progress(Step("sorting paths"))
            message = Loaded(Browser(analysis))
        except BaseException as error:  # noqa: BLE001 - the app hands it to its caller
            message = Failed(error)
        self._post(message)

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
