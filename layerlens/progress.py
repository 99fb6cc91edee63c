"""Progress of a long read, told by a callback that is silent by default."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Preview:
    """What an engine tells at once of an image whose content is still to come.

    ``size`` is in bytes; ``layers`` are (bytes, instruction), lowest first,
    those without content too.
    """

    name: str
    size: int | None
    layers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One report: ``stage`` is a short phrase, ``done`` and ``total`` are bytes.

    ``total`` is ``None`` where it is unknown; it may be an estimate, so
    ``done`` may pass it.  ``layers`` is (read, to be read) where layers are
    counted.  ``preview`` comes with one step at most.
    """

    stage: str
    done: int = 0
    total: int | None = None
    preview: Preview | None = None
    layers: tuple[int, int] | None = None


class Progress(Protocol):
    """Receives steps, a few per second at most; may raise ``Interrupted``.

    It may be called from any thread.
    """

    def __call__(self, step: Step, /) -> None: ...


def silent(step: Step, /) -> None:
    """The default: nobody listens."""


class Rate:
    """Bytes per second over the last seconds, from a count that grows.

    A count that falls starts anew: it is of something else.  Old counts leave
    the window, so a standstill shows as a falling rate.  ``clock`` tells
    seconds; it is asked at every call.
    """

    WINDOW = 5.0
    """Seconds that are looked back."""

    _SOONEST = 1.0  # seconds: what the first pieces say of the pace is noise
    _APART = 0.1  # seconds between two counts that are kept

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: deque[tuple[float, int]] = deque()
        self._done = 0

    def note(self, done: int) -> None:
        """So many bytes are done by now."""
        now = self._clock()
        if done < self._done:
            self._kept.clear()
        self._done = done
        if not self._kept or now - self._kept[-1][0] >= self._APART:
            self._kept.append((now, done))
        # The newest count before the window is where it begins.
        while len(self._kept) > 1 and self._kept[1][0] <= now - self.WINDOW:
            self._kept.popleft()

    def restart(self) -> None:
        """Forget all counts."""
        self._kept.clear()
        self._done = 0

    def per_second(self) -> float | None:
        """The rate, ``None`` while there is too little to tell."""
        if not self._kept:
            return None
        since, before = self._kept[0]
        passed = self._clock() - since
        if passed < self._SOONEST or self._done <= before:
            return None
        return (self._done - before) / passed

    def seconds_left(self, total: int) -> float | None:
        """When the count will have reached ``total`` at this rate, ``None`` where unknown."""
        rate = self.per_second()
        if rate is None or total < self._done:
            return None
        return (total - self._done) / rate
