"""What the loading thread tells the app.  Nothing else crosses that border."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from layerlens.progress import Step
from layerlens.tui.viewmodel.browser import Browser


@dataclass
class Progressed(Message):
    """How far reading has come; a newer report replaces one that still waits.

    One that brings a preview stays: no later report repeats it.
    """

    step: Step

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Progressed) and self.step.preview is None


@dataclass
class Loaded(Message):
    """The analysis is there, and ready to be browsed."""

    browser: Browser


@dataclass
class Failed(Message):
    """Loading ended with an error."""

    error: BaseException
