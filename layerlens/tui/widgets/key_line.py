"""The footer: keys of the view at the left, those that work everywhere at the right."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

from layerlens.tui.viewmodel.text import width

_AROUND = 3
"""Cells around a key and what it does."""


class KeyLine(Footer):
    """Keeps the keys of all views in their places, whatever the view adds.

    Where there is no room for all, the view's last ones are left out: its help
    and the command palette have them still.
    """

    DEFAULT_CSS = """
    KeyLine > .gap { width: 1fr; height: 1; }
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._laid_for = 0

    def compose(self) -> ComposeResult:
        keys = [each for each in super().compose() if isinstance(each, FooterKey)]
        own = [key for key in keys if not self._is_everywhere(key)]
        everywhere = [key for key in keys if self._is_everywhere(key)]
        self._laid_for = self.size.width
        while own and self._laid_for and _cells((*own, *everywhere)) > self._laid_for:
            own.pop()
        yield from own
        yield Static(classes="gap")
        yield from everywhere

    def _is_everywhere(self, key: FooterKey) -> bool:
        active = self.screen.active_bindings.get(key.key)
        return active is not None and isinstance(active.node, Screen | App)

    def on_resize(self, event: events.Resize) -> None:
        """Another width has room for other keys."""
        if self._bindings_ready and event.size.width != self._laid_for:
            self.call_after_refresh(self.recompose)


def _cells(keys: Iterable[FooterKey]) -> int:
    return sum(width(key.key_display) + width(key.description) + _AROUND for key in keys)
