"""A small window in which one of several things is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.text import clip, pad, width
from layerlens.tui.widgets.line_list import LineList, Piece


@dataclass(frozen=True, slots=True)
class Choice:
    """A line to choose, in safe text; ``problem`` says why it cannot be chosen, if so."""

    label: str
    detail: str = ""
    problem: str | None = None


class _Choices(LineList):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space,right,l", "choose", "Choose", id="choice.choose",
                tooltip="Take the line under the cursor"),
    ]  # fmt: skip

    def __init__(self, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._choices = choices
        self._label_cells = max((width(choice.label) for choice in choices), default=0)

    def line_count(self) -> int:
        return len(self._choices)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        choice = self._choices[line]
        number = f"{line + 1}" if line < 9 else " "
        yield f"{number} ", "dim"
        label = min(self._label_cells, max(12, cells - 12))
        yield pad(choice.label, label) + "  ", "dim" if choice.problem else ""
        yield clip(choice.problem or choice.detail, max(0, cells - label - 4)), "dim"

    def action_choose(self) -> None:
        self.post_message(self.Chosen(self, self.cursor))


class ChoiceScreen(Dialog[int | None]):
    """Gives the number of what was chosen, ``None`` after Esc."""

    DEFAULT_CSS = """
    ChoiceScreen { align: center middle; }
    ChoiceScreen > #choice {
        width: 90; max-width: 96%; height: auto; max-height: 90%;
        border: round $border; background: $panel; padding: 0 1;
    }
    ChoiceScreen _Choices { height: auto; max-height: 100%; border: none; background: $panel; }
    ChoiceScreen #choice-note { color: $foreground 60%; height: auto; margin-top: 1; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h", "dismiss(None)", "Back", id="choice.back",
                tooltip="Close, and choose nothing"),
        *(
            Binding(str(k), f"take({k - 1})", "Take", show=False, id=f"choice.take_{k}",
                    tooltip=f"Take line {k}")
            for k in range(1, 10)
        ),
    ]  # fmt: skip

    def __init__(self, title: str, choices: Sequence[Choice], note: str = "") -> None:
        super().__init__()
        self._title = title
        self._choices = choices
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="choice") as box:
            box.border_title = Text(self._title)
            box.border_subtitle = "Enter takes · Esc closes"
            yield _Choices(self._choices)
            if self._note:
                yield Static(Text(self._note), id="choice-note")

    def on_mount(self) -> None:
        self.query_one(_Choices).focus()

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.action_take(event.line)

    def action_take(self, line: int) -> None:
        if line >= len(self._choices):
            return
        problem = self._choices[line].problem
        if problem is None:
            self.dismiss(line)
        else:
            self.notify(problem, severity="warning", markup=False)
