"""Progress of a long read, told by a callback that is silent by default."""

from __future__ import annotations

from collections import deque
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


class Rate:
    """Bytes per second over the last few seconds, and what that leaves to wait.

    Fed with times (seconds, of any clock) and bytes done; a stage that starts
    again from fewer bytes starts the measurement again.
    """

    WINDOW = 5.0
    """Seconds that count: long enough to be steady, short enough to follow a change."""

    _FIRST = 0.5  # seconds before anything is said

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now: float, done: int) -> None:
        """Take in one report."""
        seen = self._seen
        if seen and done < seen[-1][1]:
            seen.clear()
        seen.append((now, done))
        while len(seen) > 2 and now - seen[0][0] > self.WINDOW:
            seen.popleft()

    @property
    def per_second(self) -> float | None:
        """Bytes a second; ``None`` where it is too early to tell, or nothing comes."""
        if len(self._seen) < 2:
            return None
        (start, before), (end, done) = self._seen[0], self._seen[-1]
        if end - start < self._FIRST or done <= before:
            return None
        return (done - before) / (end - start)

    def left(self, done: int, total: int | None) -> float | None:
        """Seconds until ``total`` at this rate; ``None`` where that is not known."""
        rate = self.per_second
        if rate is None or total is None or done >= total:
            return None
        return (total - done) / rate


class Progress(Protocol):
    """Receives steps, a few per second at most; may raise ``Interrupted``.

    It may be called from any thread.
    """

    def __call__(self, step: Step, /) -> None: ...


def silent(step: Step, /) -> None:
    """The default: nobody listens."""
