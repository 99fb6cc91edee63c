"""What actions need of the screen that they run on."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.base import View


class Host(Screen[None]):
    """A screen with a session and a view."""

    session: Session

    @property
    def view(self) -> View:
        """The view that is shown."""
        raise NotImplementedError

    def marks_changed(self) -> None:
        """Draw all marks anew."""
        raise NotImplementedError

    def start(self, work: Any) -> None:
        """Run a coroutine that opens further screens and waits for them.

        Keys may come in one burst: what follows the one that opened a screen is
        not meant for this one any more.
        """

        async def run() -> None:
            if self.is_active:
                await work
            else:
                work.close()

        self.run_worker(run(), group="action", exit_on_error=True)
