"""The application: loads an image while showing how far it is, then lets browse it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter, Monochrome, NoColor

from layerlens.errors import Interrupted, LayerLensError
from layerlens.tui.background import wait_for_writers
from layerlens.tui.commands import Commands
from layerlens.tui.jobs import FETCHING
from layerlens.tui.keymaps import keymap_of
from layerlens.tui.keys import NO_KEY, key_name
from layerlens.tui.loader import Loader
from layerlens.tui.messages import Failed, Glimpsed, Loaded, Progressed
from layerlens.tui.plain import PlainFilter
from layerlens.tui.reading import Reader
from layerlens.tui.screens.error import ErrorNotice, ErrorScreen
from layerlens.tui.screens.loading import LoadingScreen
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.screens.palette import Palette
from layerlens.tui.settings import Settings
from layerlens.tui.themes import THEMES
from layerlens.tui.viewmodel.course import Course
from layerlens.tui.viewmodel.session import Session

_SECONDS = {"information": 2.5, "warning": 4.0, "error": 8.0}
"""How long something is said at the edge of the screen, which it covers."""
_PATIENCE = 1.0
"""Seconds that a stopped load gets to close its files before it is left behind."""


class LayerLensApp(App[int]):
    """Shows loading, then the main screen or an error.

    ``error`` is what ended the load, if it did not succeed; whoever runs the
    app raises it again once the terminal is back to normal.
    """

    CSS_PATH = "app.tcss"
    TITLE = "layerlens"
    COMMANDS = {Commands}  # noqa: RUF012 - Textual declares it as an attribute of instances

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", "Quit", id="app.quit",
                tooltip="Quit"),
        Binding("ctrl+c,ctrl+q", "leave_always", "Quit", show=False, priority=True,
                id="app.quit_always", tooltip="Stop reading; else quit, also while typing"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True,
                id="app.palette", tooltip="Find a command by its name"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend",
                tooltip="Back to the shell for a while; fg comes back"),
    ]  # fmt: skip

    def __init__(self, reader: Reader, title: str, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings or Settings()
        self.no_color = not self.settings.colour  # whatever Textual found in the environment
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme
        self.set_keymap(keymap_of(self.settings))
        self.error: BaseException | None = None
        self._image_title = title
        self._loader = Loader(reader, self.post_message)
        self._loading = LoadingScreen(title)
        self._main: MainScreen | None = None
        self._course = Course("opening")
        self._stopping = False

    @property
    def session(self) -> Session | None:
        """What is being looked at, once anything is."""
        return None if self._main is None else self._main.session

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = [each for each in super().get_line_filters() if not isinstance(each, Monochrome)]
        if self.settings.plain:
            filters.append(PlainFilter(unicode=self.settings.unicode))
        return filters if self.settings.colour else [*filters, NoColor()]

    def notify(self, message: str, **options: Any) -> None:
        """Say something for a while; in plain mode in the line for it, where there is one."""
        if self.settings.plain and isinstance(self.screen, MainScreen):
            self.screen.say(message)
        else:
            self.clear_notifications()  # what was said before is over, and covers the screen
            if options.get("timeout") is None:
                options["timeout"] = _SECONDS[options.get("severity", "information")]
            super().notify(message, **options)

    def get_key_display(self, binding: Binding) -> str:
        return "" if binding.key == NO_KEY else key_name(binding.key)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Paste):
            # Lines of input show it as it is: what a terminal obeys does not get there.
            event.text = "\n".join(
                "".join(filter(str.isprintable, line)) for line in event.text.splitlines()
            )
        if self._main is not None and isinstance(
            event, events.Key | events.MouseDown | events.Paste
        ):
            self._main.was_used = True
        await super().on_event(event)

    def on_mount(self) -> None:
        if self.settings.plain:
            self.add_class("-plain")
            self._show_cursor()
        self.app_resume_signal.subscribe(self, lambda _: self._back_from_the_shell())
        self.push_screen(self._loading)
        self._loader.start()

    def _back_from_the_shell(self) -> None:
        """Draw everything: Textual draws what changed, and the terminal has forgotten the rest."""
        self.refresh()
        if self.settings.plain:
            self._show_cursor()

    def _show_cursor(self) -> None:
        """Let the terminal's cursor be seen, which Textual hides: it tells which row is focused."""
        driver = self._driver
        if driver is not None:
            driver.write("\x1b[?25h")
            driver.flush()

    # ------------------------------------------------------------------ loading

    def on_progressed(self, message: Progressed) -> None:
        self._loading.report(message.step)
        self._course.note(message.step)
        self._tell_reading()

    def _tell_reading(self) -> None:
        """Say how far reading is, in the order of what must not be cut off."""
        if self._main is None or not self._main.session.reading:
            return
        words = self._course.words
        parts = [words.share or words.done or "reading", "Esc stops", self._course.stage]
        note = " · ".join(filter(None, [*parts, words.layers, words.left]))
        self._main.tell("stopping …" if self._stopping else note)

    def on_glimpsed(self, message: Glimpsed) -> None:
        self._take(message.session)
        self._tell_reading()  # a source that stalls reports nothing for a while

    def on_loaded(self, message: Loaded) -> None:
        self._take(message.session)
        if self._main is not None:
            self._main.tell("")

    def on_failed(self, message: Failed) -> None:
        error = message.error
        stopped = isinstance(error, Interrupted)
        known = stopped or isinstance(error, LayerLensError)
        if message.session is not None and (stopped or (known and self._main is not None)):
            self._take(message.session)
        if known and self._main is not None:
            self._keep(self._main, error)
            return
        if self.error is None:
            self.error = error
        if isinstance(error, LayerLensError) and self.screen_stack:
            self._base_screen(ErrorScreen(self._image_title, error))
        else:  # stopped by the user, or a bug: the caller tells
            self.exit()

    def _keep(self, main: MainScreen, error: BaseException) -> None:
        """Reading has ended early: what is there can be browsed further."""
        self._stopping = False
        main.session.reading = False
        if not isinstance(error, LayerLensError):  # the user's own wish
            main.tell("stopped: only what was read is here")
            return
        self.error = error  # told again when the user leaves
        main.tell("failed: only what was read is here")
        if self.screen_stack:
            self.push_screen(ErrorNotice(error))

    def _take(self, session: Session) -> None:
        """Show a state of the image, the first one or a newer one."""
        if not self.screen_stack:  # the user has left at the same moment
            return
        if self._main is None:
            self._main = MainScreen(session)
            self._base_screen(self._main)
        else:
            self._main.adopt(session)

    def _base_screen(self, screen: ErrorScreen | MainScreen) -> None:
        """Make a screen the lowest one; what lies on top of the old one goes."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        self.switch_screen(screen)

    def action_stop_loading(self) -> None:
        """Stop at the reader's next report, or leave it behind if that takes long.

        What has been read can be browsed further.
        """
        if not self._loader.is_running:
            return
        self._loader.stop()
        if self._stopping:  # pressed again
            self._loader.abandon()
            return
        self._stopping = True
        self._loading.stopping()
        if self._main is not None:
            self._main.tell("stopping …")
        self.set_timer(_PATIENCE, self._loader.abandon)

    def action_command_palette(self) -> None:
        if not Palette.is_open(cast("App[object]", self)):
            self.push_screen(Palette(id="--command-palette"))

    def action_leave(self) -> None:
        if self.screen is self._loading:
            self.action_stop_loading()
        else:
            self._loader.stop()
            self.exit(0)

    def action_leave_always(self) -> None:
        if self._main is not None and self._main.session.reading and not self._stopping:
            self.action_stop_loading()
        else:
            self.action_leave()


def run_app(reader: Reader, title: str, settings: Settings | None = None) -> list[str]:
    """Run the UI until the user leaves; gives what was marked, in lines that may be printed.

    Raises what the reader raised, and :class:`Interrupted` where the user
    stopped it before anything was there.
    """
    app = LayerLensApp(reader, title, settings)
    app.run()
    wait_for_writers()
    session = app.session
    if session is not None and not FETCHING.locked():
        session.close()
    if app.error is not None:
        raise app.error
    return [] if session is None else session.marks.lines()
