"""Plain mode: one pane at a time, and a line that says what changed."""

from __future__ import annotations

from rich.text import Text
from textual.content import Content
from textual.dom import DOMNode
from textual.markup import MarkupError
from textual.widget import Widget
from textual.widgets import Static

from layerlens.tui.views.base import View


class PlainStatus(Static):
    """Says what the pane in front is, then only what is new: its order, its filter, its figures."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._pane: Widget | None = None
        self._said: list[str] = []

    def tell_pane(self, pane: Widget) -> None:
        """Say what stands on the frame of a pane, as far as it was not said last time."""
        parts = [part for part in _parts(pane) if not part.startswith("/")]  # the row has the path
        new = (
            parts if pane is not self._pane else [each for each in parts if each not in self._said]
        )
        self._pane, self._said = pane, parts
        if new:
            self.say(", ".join(new))

    def say(self, text: str) -> None:
        """Say something that is told nowhere else."""
        self.update(Text(text))


def _parts(pane: Widget) -> list[str]:
    found = []
    framed = (each for each in pane.ancestors_with_self if isinstance(each, Widget))
    pane = next((each for each in framed if each.border_title), pane)
    for title in (pane.border_title, pane.border_subtitle):
        if title:
            found += _plain(title).split(" · ")
    return [
        f"sorted {part.replace(' ↑', ', in reverse')}" if part.startswith("by ") else part
        for part in found
    ]


def _plain(title: str) -> str:
    """What a title of a frame says; Textual gives it as markup, but not always as valid one."""
    try:
        return Content.from_markup(title).plain
    except MarkupError:
        return title.replace("\\[", "[")


def pane_of(view: View, focused: DOMNode | None) -> Widget | None:
    """The pane of a view that has the focus, itself or in something inside it."""
    panes = view.panes()
    while focused is not None and focused not in panes:
        focused = focused.parent
    return focused if isinstance(focused, Widget) else None


def show_alone(view: View, pane: Widget) -> None:
    """Give a pane all the room of its view, and take the others off the screen."""
    kept = set(pane.ancestors_with_self)
    for node in view.walk_children(Widget):
        holds_pane = any(each in node.walk_children(Widget) for each in view.panes())
        if node not in view.panes() and not holds_pane:
            continue  # a part of a pane, or what stands beside them
        styles = node.styles
        styles.display = "block" if node in kept else "none"
        styles.width = styles.height = "1fr"
        styles.min_width = styles.min_height = 0
        styles.max_width = styles.max_height = "100%"
        styles.border = ("none", "transparent")
