"""What the layers did to one path, and the way to its versions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from layerlens.tui.screens.dialog import Dialog
from layerlens.tui.viewmodel.history import PathEvent
from layerlens.tui.viewmodel.text import clip, pad, safe_text
from layerlens.tui.widgets.line_list import LineList, Piece

_SIGNS = {"added": ("+", "added"), "modified": ("~", "modified"), "removed": ("-", "removed")}
_SUMMARY_CELLS = 34


class Wish(Enum):
    """What the user wants of an event."""

    TREE = 0
    PREVIEW = 1
    DIFF = 2


@dataclass(frozen=True, slots=True)
class Chosen:
    """An event, and what is wanted of it; of a diff, the two versions, the older one first."""

    wish: Wish
    event: PathEvent
    versions: tuple[int, ...] = ()


class EventList(LineList):
    """A line per event: layer, what happened, the instruction."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,right,l", "wish('TREE')", "In the tree", id="history.tree",
                tooltip="Show the path in the tree of that layer"),
        Binding("v", "wish('PREVIEW')", "Content", id="history.preview",
                tooltip="Show the content as this layer left it, or took it away"),
        Binding("space", "pick", "Pick", id="history.pick",
                tooltip="Pick this version, to compare another one with it"),
        Binding("D", "diff", "Diff", id="history.diff",
                tooltip="Compare with the picked version, else with the one before"),
    ]  # fmt: skip

    def __init__(self, events: Sequence[PathEvent]) -> None:
        super().__init__()
        self._events = events
        self._layer_cells = len(str(max((event.layer for event in events), default=0)))
        self._picked: int | None = None

    def line_count(self) -> int:
        return len(self._events)

    def pieces(self, line: int, cells: int) -> Iterable[Piece]:
        event = self._events[line]
        sign, style = _SIGNS[event.change]
        yield "▶ " if line == self._picked else "  ", "mark"
        yield f"{event.layer:>{self._layer_cells}} ", "dim"
        yield f"{sign} ", style
        room = cells - self._layer_cells - 5
        if room < 2 * _SUMMARY_CELLS:
            yield clip(event.summary, room), ""
            return
        summary = max(_SUMMARY_CELLS, room // 2)
        yield pad(event.summary, summary) + " ", ""
        yield clip(event.instruction, room - summary - 1), "dim"

    def action_wish(self, name: str) -> None:
        if self._events:
            self.screen.dismiss(Chosen(Wish[name], self._events[self.cursor]))

    def action_pick(self) -> None:
        self._picked = None if self._picked == self.cursor else self.cursor
        self.refresh()

    def action_diff(self) -> None:
        if not self._events:
            return
        event = self._events[self.cursor]
        other = event.previous
        if self._picked is not None and self._picked != self.cursor:
            other = self._events[self._picked].version
        if other is None or other == event.version:
            self.notify("there is no other version to compare with: pick one with Space")
            return
        pair = (min(other, event.version), max(other, event.version))
        self.screen.dismiss(Chosen(Wish.DIFF, event, pair))

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        self.action_wish("TREE")


class HistoryScreen(Dialog[Chosen | None]):
    """Gives what the user wants to see of an event, ``None`` after Esc."""

    DEFAULT_CSS = """
    HistoryScreen { align: center middle; }
    HistoryScreen > #history {
        width: 130; max-width: 96%; height: auto; max-height: 80%;
        border: round $border; background: $panel; padding: 0 1;
    }
    HistoryScreen EventList { height: auto; max-height: 100%; border: none; background: $panel; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,left,h", "dismiss(None)", "Back", id="history.back",
                tooltip="Close the history"),
    ]  # fmt: skip

    def __init__(self, path: bytes, events: Sequence[PathEvent]) -> None:
        super().__init__()
        self._path = path
        self._events = events

    def compose(self) -> ComposeResult:
        with Vertical(id="history") as box:
            box.border_title = Text(f"/{safe_text(self._path, 200)}")
            box.border_subtitle = "Enter tree · v content · D diff · Space picks · Esc closes"
            yield EventList(self._events)

    def on_mount(self) -> None:
        events = self.query_one(EventList)
        events.focus()
        events.action_bottom()
