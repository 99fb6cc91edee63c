"""The command palette, proof against bursts of keys."""

from __future__ import annotations

from contextlib import suppress

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette

from layerlens.tui.screens.dialog import nothing


class Palette(CommandPalette):
    """Textual's palette, which closes itself and nothing else."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        return super().dismiss(result) if self.is_active else nothing()

    def _action_command_list(self, action: str) -> None:
        with suppress(KeyError):  # a list that was not drawn yet has no pages
            super()._action_command_list(action)
