"""How often work that runs in a thread is heard."""

from __future__ import annotations

import threading
import time

from layerlens.progress import Step

_SECONDS_BETWEEN = 0.12


class Sparse:
    """Lets a few steps a second through, and each that begins a stage or brings a preview.

    Several threads may ask at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stage, self._last = "", 0.0

    def takes(self, step: Step) -> bool:
        """Whether this step is to be told."""
        now = time.monotonic()
        with self._lock:
            too_soon = step.stage == self._stage and now - self._last < _SECONDS_BETWEEN
            if too_soon and step.preview is None:
                return False
            self._stage, self._last = step.stage, now
            return True
