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

from layerlens.outputs.pace import Pace
from layerlens.progress import Progress, Step
from layerlens.tui.jobs import Job, JobDone, JobFailed, JobProgressed
from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.text import bar, safe_text

_BAR_CELLS = 40
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
        self._pace = Pace()
        self._step = Step("starting")
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
        self._step = event.step
        self._pace.note(event.step)
        self._draw()

    def _draw(self) -> None:
        step = self._step
        stage = "stopping" if self._job.is_stopped else safe_text(step.stage, 200)
        words = self._pace.words(step)
        share = min(1.0, step.done / step.total) if step.total else 0.0
        self.query_one("#working-stage", Static).update(Text(f"{stage} …"))
        self.query_one("#working-bar", Static).update(
            Text(bar(share, 1.0, _BAR_CELLS) if step.total else "")
        )
        figures = [words.done, words.share, words.rate, words.left]
        self.query_one("#working-figures", Static).update(Text("   ".join(filter(None, figures))))

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
