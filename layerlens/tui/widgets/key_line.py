"""The line of keys at the foot of a screen."""

from __future__ import annotations

from typing import NamedTuple

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

from layerlens.tui.viewmodel.text import width

_AROUND = 3
"""Cells around a key and what it does."""


class _Key(NamedTuple):
    """What the line tells of one action."""

    key: str
    shown: str
    does: str
    action: str
    is_enabled: bool
    tooltip: str
    is_everywhere: bool

    @property
    def cells(self) -> int:
        return width(self.shown) + width(self.does) + _AROUND


class PlainKeyLine(Footer):
    """The keys of a screen in their order, made anew only where others are to be shown.

    Textual's own takes all of its keys away and makes them again whenever the focus moves:
    a third of the time that a screen takes to open, and most of what a key takes.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._shown: list[_Key] = []

    def compose(self) -> ComposeResult:
        self._shown = self._wanted()
        for each in self._shown:
            yield self._widget(each)

    def bindings_changed(self, screen: Screen[object]) -> None:
        self._bindings_ready = True
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self.call_after_refresh(self._follow)

    async def _follow(self) -> None:
        if self.is_attached and self._wanted() != self._shown:
            await self.recompose()

    def _wanted(self) -> list[_Key]:
        """The keys to show: the first of each action."""
        if not self._bindings_ready:
            return []
        found: dict[str, _Key] = {}
        for node, binding, is_enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in found:
                found[binding.action] = _Key(
                    binding.key,
                    self.app.get_key_display(binding),
                    binding.description,
                    binding.action,
                    is_enabled,
                    tooltip,
                    isinstance(node, Screen | App),
                )
        return list(found.values())

    @staticmethod
    def _widget(key: _Key) -> FooterKey:
        made = FooterKey(
            key.key,
            key.shown,
            key.does,
            key.action,
            disabled=not key.is_enabled,
            tooltip=key.tooltip,
        )
        # Each would be styled as a compact one first, and then again as it is.
        made.set_reactive(FooterKey.compact, False)
        return made


class KeyLine(PlainKeyLine):
    """Keys of the view at the left, those that work everywhere at the right.

    Keeps the keys of all views in their places, whatever the view adds.
    Where there is no room for all, the view's last ones are left out: its help
    and the command palette have them still.
    """

    DEFAULT_CSS = """
    KeyLine > .gap { width: 1fr; height: 1; }
    """

    def compose(self) -> ComposeResult:
        self._shown = self._wanted()
        yield from (self._widget(key) for key in self._shown if not key.is_everywhere)
        yield Static(classes="gap")
        yield from (self._widget(key) for key in self._shown if key.is_everywhere)

    def on_resize(self, _event: events.Resize) -> None:
        """Another width may have room for other keys."""
        if self._bindings_ready:
            self.call_after_refresh(self._follow)

    def _wanted(self) -> list[_Key]:
        keys = super()._wanted()
        room = self.size.width
        while room and sum(key.cells for key in keys) > room:
            own = [k for k, key in enumerate(keys) if not key.is_everywhere]
            if not own:
                break
            del keys[own[-1]]
        return keys
