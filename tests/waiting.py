"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds until something is missed that an idle machine has at once: a busy one takes its time."""


def until(done: Callable[[], bool], wanted: str = "what was waited for") -> None:
    """Wait until it is so."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise AssertionError(f"{wanted} did not come")
        time.sleep(0.01)
