"""The line that names the views, with the key of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

_ROOMY = 76


class ViewTabs(Widget):
    """``1 Layers  2 Waste 4.2 MB  …``; a click chooses."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--key", "tabs--chosen", "tabs--note"}

    chosen: reactive[int] = reactive(0)
    titles: reactive[Sequence[tuple[str, str]]] = reactive(())
    """Title and note of each view; the notes are left out where there is no room."""

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        view: int

    def _parts(self) -> list[tuple[int, str, str]]:
        """What is drawn: (view, text, style); gaps belong to the view before them."""
        whole = sum(len(title) + len(note) + 6 for title, note in self.titles)
        noted = self.size.width >= max(_ROOMY, whole)
        gap = "  " if sum(len(title) + 5 for title, _ in self.titles) <= self.size.width else ""
        out = []
        for view, (title, note) in enumerate(self.titles):
            chosen = view == self.chosen
            out.append((view, f" {view + 1}", "chosen" if chosen else "key"))
            out.append((view, f" {title}{gap[:1]}", "chosen" if chosen else ""))
            if note and noted:
                out.append((view, f"{note} ", "chosen" if chosen else "note"))
            out.append((view, gap[1:], ""))
        return out

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        for _, words, name in self._parts():
            style = self.get_component_rich_style(f"tabs--{name}") if name else Style()
            text.append(words, style)
        return text

    def on_click(self, event: events.Click) -> None:
        at = 0
        for view, words, _ in self._parts():
            at += len(words)
            if event.x < at:
                self.post_message(self.Chosen(view))
                return
