"""The application: loads an image while showing how far it is, then lets browse it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from layerlens.errors import Interrupted, LayerLensError
from layerlens.tui.loader import Load, Loader
from layerlens.tui.messages import Failed, Loaded, Progressed
from layerlens.tui.screens.error import ErrorScreen
from layerlens.tui.screens.loading import LoadingScreen
from layerlens.tui.screens.main import MainScreen

_PATIENCE = 1.0
"""Seconds that a stopped load gets to close its files before it is left behind."""


class LayerLensApp(App[int]):
    """Shows loading, then the main screen or an error.

    ``error`` is what ended the load, if it did not succeed; whoever runs the
    app raises it again once the terminal is back to normal.
    """

    CSS_PATH = "app.tcss"
    TITLE = "layerlens"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "Quit", id="app.quit",
                tooltip="Quit"),
        Binding("ctrl+c,ctrl+q", "leave", "Quit", show=False, priority=True, id="app.quit_always",
                tooltip="Quit, also while typing"),
    ]  # fmt: skip

    def __init__(self, load: Load, title: str) -> None:
        super().__init__()
        self.error: BaseException | None = None
        self._image_title = title
        self._loader = Loader(load, self.post_message)
        self._loading = LoadingScreen(title)

    def on_mount(self) -> None:
        self.push_screen(self._loading)
        self._loader.start()

    # ------------------------------------------------------------------ loading

    def on_progressed(self, message: Progressed) -> None:
        self._loading.report(message.step)

    def on_loaded(self, message: Loaded) -> None:
        if self.screen_stack:  # else the user has left at the same moment
            self.switch_screen(MainScreen(message.browser))

    def on_failed(self, message: Failed) -> None:
        if self.error is None:
            self.error = message.error
        if isinstance(message.error, LayerLensError) and self.screen_stack:
            self.switch_screen(ErrorScreen(self._image_title, message.error))
        else:  # stopped by the user, or a bug: the caller tells
            self.exit()

    def action_stop_loading(self) -> None:
        """Stop at the reader's next report, or leave it behind if that takes long."""
        if isinstance(self.error, Interrupted):
            self.exit()
            return
        self.error = Interrupted()
        self._loader.stop()
        self._loading.stopping()
        self.set_timer(_PATIENCE, self.exit)

    def action_leave(self) -> None:
        if self.screen is self._loading:
            self.action_stop_loading()
        else:
            self.exit(0)


def run_app(load: Load, title: str) -> int:
    """Run the UI until the user leaves; returns 0.

    Raises what ``load`` raised, and :class:`Interrupted` where the user
    stopped it.
    """
    app = LayerLensApp(load, title)
    app.run()
    if app.error is not None:
        raise app.error
    return app.return_code or 0
