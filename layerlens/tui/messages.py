"""What the loading threads tell the app.  Nothing else crosses that border."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from layerlens.progress import Step
from layerlens.tui.viewmodel.session import Session


@dataclass
class Progressed(Message):
    """How far reading has come; a newer report replaces one that still waits.

    One that brings a preview stays: no later report repeats it.
    """

    step: Step

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Progressed) and self.step.preview is None


@dataclass
class Glimpsed(Message):
    """More of the image can be browsed, while the rest is still being read."""

    session: Session


@dataclass
class Loaded(Message):
    """The analysis is there, and ready to be browsed."""

    session: Session


@dataclass
class Failed(Message):
    """Loading ended with an error; ``session`` is what was read until then, if anything."""

    error: BaseException
    session: Session | None = None
