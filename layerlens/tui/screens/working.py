"""A small window that shows how far a piece of work is, and stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from layerlens.progress import Progress
from layerlens.tui.jobs import Job, JobDone, JobFailed, JobProgressed
from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.course import Course

_PATIENCE = 1.0
"""Seconds that stopped work gets before it is left behind."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: with a result, or with an error."""

    result: Any = None
    error: BaseException | None = None


class WorkingScreen(Dialog[Outcome | None]):
    """Gives the outcome; ``None`` where the work was left behind."""

    DEFAULT_CSS = """
    WorkingScreen { align: center middle; }
    WorkingScreen > #working {
        width: 64; max-width: 96%; height: auto;
        border: round $border; background: $panel; padding: 0 1;
    }
    WorkingScreen Static { height: auto; }
    WorkingScreen #working-bar { color: $primary; }
    WorkingScreen #working-figures { color: $foreground 60%; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "stop", "Stop", id="working.stop",
                tooltip="Stop the work"),
    ]  # fmt: skip

    def __init__(self, title: str, work: Callable[[Progress], object]) -> None:
        super().__init__()
        self._title = title
        self._job = Job(work, self.post_message, writes=True)
        self._course = Course("starting")
        self._outcome: Outcome | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="working") as box:
            box.border_title = Text(self._title)
            box.border_subtitle = "Esc stops"
            yield Static(id="working-stage")
            yield Static(id="working-bar")
            yield Static(id="working-figures")

    def on_mount(self) -> None:
        self._draw()
        self._job.start()

    @on(JobProgressed)
    def _progressed(self, event: JobProgressed) -> None:
        self._course.note(event.step)
        self._draw()

    def _draw(self) -> None:
        drawn = self._course.drawn(stopping=self._job.is_stopped)
        self.query_one("#working-stage", Static).update(Text(f"{drawn.stage} …"))
        self.query_one("#working-bar", Static).update(Text(drawn.bar))
        self.query_one("#working-figures", Static).update(Text(drawn.figures))

    @on(JobDone)
    def _done(self, event: JobDone) -> None:
        self._end(Outcome(result=event.result))

    @on(JobFailed)
    def _failed(self, event: JobFailed) -> None:
        self._end(Outcome(error=event.error))

    def _end(self, outcome: Outcome) -> None:
        """Give the outcome, at once or when what lies on top is gone."""
        self._outcome = outcome
        self.dismiss(outcome)

    def on_screen_resume(self) -> None:
        if self._outcome is not None:
            self.dismiss(self._outcome)

    def on_unmount(self) -> None:
        self._job.stop()

    def action_stop(self) -> None:
        """Stop at the next report, or leave the work behind if that takes long."""
        if self._job.is_stopped:
            self._leave()
            return
        self._job.stop()
        self._draw()
        self.set_timer(_PATIENCE, self._leave)

    def _leave(self) -> None:
        self.dismiss(None)
