"""A step of progress in words: how far, how fast, how long still.

The line on stderr and the loading screen say the same; each lays it out for
itself.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from layerlens.outputs.display import escape, percent_of
from layerlens.progress import Rate, Step
from layerlens.units import human_size


@dataclass(frozen=True, slots=True)
class Words:
    """What can be said of a step; ``""`` where nothing is known.

    ``seconds`` is how long the stage has lasted.
    """

    stage: str
    seconds: float
    done: str = ""
    share: str = ""
    rate: str = ""
    left: str = ""
    layers: str = ""


class Pace:
    """Turns steps into words; ``clock`` tells seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rate = Rate(clock)
        self._stage = ""
        self._since = clock()
        self._counted = ""

    def note(self, step: Step) -> None:
        """Take in a step; every one, for the rate's sake, even if few are shown."""
        if step.stage != self._stage:
            self._stage, self._since = step.stage, self._clock()
        if not step.done:
            return  # a wait between two pieces is part of the pace
        if step.stage != self._counted:
            self._counted = step.stage
            self._rate.restart()
        self._rate.note(step.done)

    def words(self, step: Step) -> Words:
        """Words for the step that was noted last."""
        seconds = self._clock() - self._since
        layers = ""
        if step.layers is not None and step.layers[1] > 1:
            layers = f"{step.layers[0]} of {step.layers[1]} layers"
        if not step.done:
            return Words(escape(step.stage), seconds, layers=layers)
        done, share, rate, left = human_size(step.done), "", "", ""
        per_second = self._rate.per_second()
        if per_second is not None:
            rate = f"{human_size(round(per_second))}/s"
        if step.total:
            done += f" of {human_size(step.total)}"
            share = percent_of(min(step.done, step.total), step.total)
            remaining = self._rate.seconds_left(step.total)
            if remaining is not None:
                left = f"{duration(remaining)} left"
        return Words(escape(step.stage), seconds, done, share, rate, left, layers)


def clock(seconds: float) -> str:
    """How long something has lasted: ``12 s``, ``3:05``, ``1:02:00``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """How long something may still last: ``40 s``, ``3 min``, ``2 h 5 min``: no more exact than a guess deserves."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def step_line(words: Words, cells: int) -> str:
    """The step in at most ``cells`` columns: what matters least goes first."""
    stage = words.stage
    if not words.done and words.seconds >= 1:
        stage += f"  {clock(words.seconds)}"
    parts = [stage, words.done, words.share, words.rate, words.left, words.layers]
    for dropped in ((), (5,), (5, 3), (5, 3, 1), (5, 4, 3, 1)):
        line = _joined([part for k, part in enumerate(parts) if k not in dropped])
        if width(line) <= cells:
            return line
    return clip(stage, cells)


def _joined(parts: Sequence[str]) -> str:
    return "  ".join(filter(None, parts))


def width(text: str) -> int:
    """Columns that an escaped text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, cells: int) -> str:
    """The beginning of a text in at most ``cells`` columns."""
    while width(text) > cells:
        text = text[: max(0, min(len(text) - 1, cells))]
    return text
