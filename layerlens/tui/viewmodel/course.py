"""How far a piece of work has come, as all windows draw it."""

from __future__ import annotations

from typing import NamedTuple

from layerlens.outputs.pace import Pace, Words
from layerlens.progress import Step
from layerlens.tui.viewmodel.text import bar, safe_text

_BAR_CELLS = 40


class Drawn(NamedTuple):
    """Safe texts: the stage, a bar where the total is known, the figures."""

    stage: str
    bar: str
    figures: str


class Course:
    """The last step of some work, and its pace."""

    def __init__(self, stage: str) -> None:
        self._pace = Pace()
        self._step = Step(stage)

    def note(self, step: Step) -> None:
        """Take in a newer step."""
        self._step = step
        self._pace.note(step)

    @property
    def stage(self) -> str:
        return safe_text(self._step.stage, 200)

    @property
    def words(self) -> Words:
        return self._pace.words(self._step)

    def drawn(self, *, stopping: bool) -> Drawn:
        """What is drawn of it now."""
        step, words = self._step, self.words
        share = min(1.0, step.done / step.total) if step.total else 0.0
        figures = [words.done, words.share, words.rate, words.left, words.layers]
        return Drawn(
            "stopping" if stopping else self.stage,
            bar(share, 1.0, _BAR_CELLS) if step.total else "",
            "   ".join(filter(None, figures)),
        )
