"""What preview and difference have in common: ask, fetch, then lines to walk and search."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from layerlens.errors import ImageError, Interrupted, LayerLensError
from layerlens.progress import Progress, Step
from layerlens.retrieval import Retrieval
from layerlens.tui.jobs import Job, JobDone, JobFailed, JobProgressed, Turn
from layerlens.tui.screens.help import HelpScreen, sections
from layerlens.tui.viewmodel.content import Content, read
from layerlens.tui.viewmodel.course import Course
from layerlens.tui.viewmodel.preview import FileVersion
from layerlens.tui.viewmodel.shown import Lines
from layerlens.tui.viewmodel.text import clip, clip_start, safe_text, where
from layerlens.tui.viewmodel.textlines import MOST_FOUND, Wrapped
from layerlens.tui.widgets.content_lines import ContentLines
from layerlens.tui.widgets.key_line import PlainKeyLine
from layerlens.tui.widgets.line_list import LineList

_PATIENCE = 1.0
"""Seconds that a stopped reader gets before it is left behind."""


class SearchLine(Input):
    """The line in which what is searched for is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Find", id="search.find",
                tooltip="To the next place with the text"),
        Binding("escape", "screen.leave_search", "Back", id="search.leave",
                tooltip="Back without searching"),
    ]  # fmt: skip

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(placeholder="text; in bytes also 0x7f45", id=id, select_on_focus=False)


class ContentScreen(Screen[None]):
    """Subclasses say what is fetched, what is made of it in the thread, and how that is shown.

    ``versions`` are those whose content is wanted; with none, nothing is
    asked and nothing fetched.
    """

    AUTO_FOCUS = "#content-lines"

    DEFAULT_CSS = """
    ContentScreen #content-header { height: 2; padding: 0 1; background: $panel; }
    ContentScreen #content-lines { height: 1fr; }
    ContentScreen #content-middle { height: 1fr; align: center middle; }
    ContentScreen #content-box {
        width: 64; max-width: 96%; height: auto; max-height: 100%;
        border: round $border; padding: 1 2;
    }
    ContentScreen #content-box.-error { border: round $error; }
    ContentScreen #content-box.-error #content-say { color: $text-error; }
    ContentScreen #content-bar { color: $primary; }
    ContentScreen #content-more { color: $foreground 60%; margin-top: 1; }
    ContentScreen #content-search { height: 3; border: round $border; background: $background; padding: 0 1; }
    ContentScreen.-low #content-search { height: 1; border: none; }
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", "Go on", id="preview.go_on",
                tooltip="Fetch the content, as announced"),
        # Priority, as for the filter of the main screen: the next key belongs to what is typed.
        Binding("slash", "search", "Search", id="preview.search", key_display="/", priority=True,
                tooltip="Search for a text; in a hex dump also for bytes such as 0x7f45"),
        Binding("n", "next(1)", "Next", id="preview.next",
                tooltip="To the next place that was searched for, or to the next change"),
        Binding("N", "next(-1)", "Previous", show=False, id="preview.previous",
                tooltip="To the previous place that was searched for, or change"),
        Binding("w", "wrap", "Wrap", id="preview.wrap",
                tooltip="Break long lines, or let them run out of the screen"),
        Binding("y", "copy", "Copy path", id="preview.copy",
                tooltip="Copy the path"),
        Binding("escape,q", "back", "Back", id="preview.back",
                tooltip="Stop fetching; clear the search; back to where you came from"),
        Binding("question_mark", "help", "Help", id="preview.help", key_display="?",
                tooltip="This help"),
    ]  # fmt: skip

    def __init__(
        self, title: str, path: bytes, versions: Sequence[FileVersion], retrieval: Retrieval
    ) -> None:
        super().__init__()
        self._title = title
        self._path = path
        self._wanted = [version for version in versions if version.has_content]
        self._retrieval = retrieval
        self._state = "asking"
        self._course = Course("opening")
        self._since = time.monotonic()
        self._fetching: Job | None = None
        self._wrapping: Job | None = None
        self._finding: Job | None = None
        self._wants_wrap = False
        self._text = ""
        self._found: list[int] = []
        self._hit: int | None = None
        self._is_left = False

    # ------------------------------------------------------------------ to be told

    def facts(self) -> list[str]:
        """The second line of the header: what matters most first; safe text."""
        raise NotImplementedError

    def prepare(self, contents: dict[int, Content], check: Callable[[], None]) -> Any:
        """Make of the contents, by version, what is to be shown.  Runs in a thread."""
        raise NotImplementedError

    def show(self, prepared: Any) -> None:
        """Show what was made: ends in :meth:`show_lines`."""
        raise NotImplementedError

    def position(self) -> list[str]:
        """What stands below the lines."""
        return []

    def can_wrap(self) -> bool:
        return True

    # ------------------------------------------------------------------ parts

    def compose(self) -> ComposeResult:
        yield Static(id="content-header")
        with Vertical(id="content-middle"), Vertical(id="content-box"):
            yield Static(id="content-say")
            yield Static(id="content-bar")
            yield Static(id="content-more")
        yield ContentLines(id="content-lines")
        yield SearchLine(id="content-search")
        yield PlainKeyLine()

    @property
    def lines(self) -> ContentLines:
        return self.query_one(ContentLines)

    @property
    def _input(self) -> SearchLine:
        return self.query_one(SearchLine)

    def on_mount(self) -> None:
        self._input.display = False
        self.lines.display = False
        self.draw_header()
        self.set_interval(0.25, self._draw_step)
        if not self._wanted:
            self._enter("shown")
            self.show(self.prepare({}, lambda: None))
            return
        said = self._retrieval.announcement([version.version for version in self._wanted])
        if said is None:
            self._fetch()
        else:
            self._say(safe_text(said), "Enter goes on, Esc goes back.")

    def on_unmount(self) -> None:
        for job in (self._fetching, self._wrapping, self._finding):
            if job is not None:
                job.stop()

    def on_resize(self) -> None:
        self.call_after_refresh(self.resized)

    def resized(self) -> None:
        """Fit what is shown to the screen."""
        self.draw_header()
        self.draw_position()
        wrapped = self.lines.wrapped
        if self._wants_wrap and (wrapped is None or wrapped.cells != self.lines.room()):
            self._start_wrapping()

    def draw_header(self) -> None:
        """The title, and the facts below it."""
        cells = max(10, self.size.width - 2)
        title = self._title or "/" + safe_text(self._path)
        text = Text(clip_start(title, cells) + "\n", "bold", no_wrap=True)
        text.append(clip(" · ".join(self.facts()), cells), "not bold")
        self.query_one("#content-header", Static).update(text)

    def _enter(self, state: str) -> None:
        self._state = state
        for box in self.query("#content-box"):
            box.border_subtitle = "Esc stops" if state == "fetching" else ""
        self.refresh_bindings()

    # ------------------------------------------------------------------ asking and fetching

    def _say(self, what: str, more: str = "", drawn: str = "") -> None:
        self.query_one("#content-say", Static).update(Text(what))
        self.query_one("#content-bar", Static).update(Text(drawn))
        self.query_one("#content-more", Static).update(Text(more))

    def action_go_on(self) -> None:
        self._fetch()

    def _fetch(self) -> None:
        self._enter("fetching")
        self._since = time.monotonic()
        self._draw_step()
        self._fetching = Job(self._work, self.post_message).start()

    def _work(self, progress: Progress) -> Any:
        """Runs in a thread: fetch, and make what is to be shown."""
        contents: dict[int, Content] = {}
        sizes = {version.version: version.entry.size for version in self._wanted}
        with Turn(progress):
            fetched = self._retrieval.fetch(list(sizes), progress)
            try:
                for version, pieces in fetched:
                    size = sizes[version]
                    progress(Step("reading the content", 0, size))
                    contents[version] = read(
                        pieces,
                        size,
                        lambda done, size=size: progress(Step("reading the content", done, size)),  # type: ignore[misc]
                    )
            finally:
                # An error keeps the frames that hold it: files are to be closed now.
                close = getattr(fetched, "close", None)
                if close is not None:
                    close()
        if missing := sizes.keys() - contents.keys():
            raise ImageError(f"{len(missing)} of {len(sizes)} contents did not come")
        progress(Step("preparing"))
        return self.prepare(contents, lambda: progress(Step("preparing")))

    @on(JobProgressed)
    def _progressed(self, message: JobProgressed) -> None:
        if message.job is self._fetching:
            self._course.note(message.step)
            self._draw_step()

    def _draw_step(self) -> None:
        if self._state not in ("fetching", "stopping"):
            return
        drawn = self._course.drawn(stopping=self._state == "stopping")
        elapsed = time.monotonic() - self._since
        self._say(f"{drawn.stage} … {elapsed:.0f} s", drawn.figures, drawn.bar)

    @on(JobDone)
    def _job_done(self, message: JobDone) -> None:
        if message.job.is_stopped:
            if message.job is self._fetching:
                self._leave()
        elif message.job is self._fetching:
            self._fetching = None
            self._enter("shown")
            self.show(message.result)
        elif message.job is self._wrapping:
            self._wrapping = None
            self.lines.wrap(message.result)
            self.draw_position()
        elif message.job is self._finding:
            self._finding = None
            self._found = message.result
            self.lines.mark(self._text)
            self._go_to_next(0)
        else:
            self.job_done(message)

    def job_done(self, message: JobDone) -> None:
        """A job of a subclass came to its end."""

    @on(JobFailed)
    def _job_failed(self, message: JobFailed) -> None:
        error = message.error
        if isinstance(error, Interrupted):
            if message.job is self._fetching:
                self._leave()
        elif message.job is self._fetching and isinstance(error, LayerLensError):
            if self._state == "stopping":
                self._leave()
                return
            self._enter("failed")
            self._say(safe_text(error.what))
            more = [f"in {place}" if (place := where(error)) else "", safe_text(error.hint or "")]
            self._say(safe_text(error.what), "\n".join(filter(None, [*more, "Esc goes back."])))
            self.query_one("#content-box").add_class("-error")
        else:
            raise error  # a bug

    # ------------------------------------------------------------------ lines

    def show_lines(self, lines: Lines, line: int = 0) -> None:
        """Show these in place of what was there, and search them as those were."""
        self.query_one("#content-middle").display = False
        self.lines.display = True
        self._found, self._hit = [], None
        if self._wrapping is not None:
            self._wrapping.stop()
        self.lines.show(lines, line)
        if self.focused is not self._input:
            self.set_focus(self.lines)
        if self._wants_wrap:
            self._start_wrapping()
        if self._text:
            self._find()
        # Once more when the lines have their size.
        self.draw_position()
        self.call_after_refresh(self.draw_position)
        self.call_after_refresh(self.refresh_bindings)

    def draw_position(self) -> None:
        """Say below the lines where the cursor is, and what of the content is shown."""
        if self._state != "shown":
            return
        parts = self.position()
        if self._text:
            if self._finding is not None:
                found = "searching"
            elif not self._found:
                found = "nothing found"
            else:
                most = "+" if len(self._found) >= MOST_FOUND else ""
                at = f"{self._hit + 1} of " if self._hit is not None else ""
                found = f"{at}{len(self._found):,}{most}"
            parts.insert(0, f"{clip(safe_text(self._text), 20)}: {found}")
        if self._wrapping is not None:
            parts.append("wrapping …")
        cells = max(10, self.lines.size.width - 4)
        self.lines.border_subtitle = Text(clip(" · ".join(filter(None, parts)), cells))

    @on(LineList.Moved, "#content-lines")
    def _moved(self) -> None:
        if self._hit is not None and self._found[self._hit] != self.lines.line:
            self._hit = None
        self.draw_position()

    @on(ContentLines.AtLeftEdge)
    def _left(self) -> None:
        self._leave()

    def action_wrap(self) -> None:
        self._wants_wrap = not self._wants_wrap
        if self._wrapping is not None:
            self._wrapping.stop()
            self._wrapping = None
        if self._wants_wrap:
            self._start_wrapping()
        else:
            self.lines.wrap(None)
        self.draw_position()

    def _start_wrapping(self) -> None:
        if self._wrapping is not None:
            self._wrapping.stop()
            self._wrapping = None
        lines = self.lines.content
        if lines is None or not self.can_wrap():
            return
        cells = self.lines.room()

        def work(progress: Progress) -> Wrapped:
            return Wrapped(lines, cells, lambda: progress(Step("wrapping")))

        self._wrapping = Job(work, self.post_message).start()

    # ------------------------------------------------------------------ searching

    def action_search(self) -> None:
        self._input.display = True
        self.set_focus(self._input)  # at once, where Widget.focus() waits its turn

    @on(Input.Submitted, "#content-search")
    def _submitted(self) -> None:
        self.action_leave_search()
        self._text = self._input.value
        if self._text:
            self._find()
        else:
            self._clear_search()
        self.draw_position()
        self.refresh_bindings()

    def action_leave_search(self) -> None:
        self.set_focus(self.lines)
        self._input.display = False

    def _find(self) -> None:
        if self._finding is not None:
            self._finding.stop()
        lines, text = self.lines.content, self._text
        if lines is not None:
            self._finding = Job(
                lambda progress: lines.find(text, lambda: progress(Step("searching"))),
                self.post_message,
            ).start()

    def _clear_search(self) -> None:
        if self._finding is not None:
            self._finding.stop()
            self._finding = None
        self._text, self._found, self._hit = "", [], None
        if self.lines.content is not None:
            self.lines.content.find("")
        self.lines.mark("")
        self.draw_position()

    def _go_to_next(self, step: int) -> None:
        hit = self.lines.next_of(self._found, step)
        if hit is not None:
            self._hit = hit
            self.lines.go_to(self._found[hit], self._text)
        self.draw_position()

    def action_next(self, step: int) -> None:
        self._go_to_next(step)

    # ------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what makes sense now; and a slash that is typed is a slash."""
        if action == "go_on":
            return self._state == "asking"
        if action == "search":
            return self._state == "shown" and not isinstance(self.focused, SearchLine)
        if action == "next":
            return self._state == "shown" and bool(self._text)
        if action == "wrap":
            return self._state == "shown" and self.can_wrap()
        return True

    def _stop(self) -> None:
        """Stop at the reader's next report, or leave it behind if that takes long."""
        if self._state == "stopping" or self._fetching is None:
            self._leave()
            return
        self._enter("stopping")
        self._fetching.stop()
        self._draw_step()
        self.set_timer(_PATIENCE, self._leave)

    def action_back(self) -> None:
        if self._state in ("fetching", "stopping"):
            self._stop()
        elif self._text and self._state == "shown":
            self._clear_search()
            self.refresh_bindings()
        else:
            self._leave()

    def _leave(self) -> None:
        """Go back, at once or when what lies on top is gone."""
        self._is_left = True
        if self.is_active:
            self.dismiss()

    def on_screen_resume(self) -> None:
        if self._is_left:
            self._leave()

    def action_copy(self) -> None:
        """The path, as it is where that can be pasted without harm."""
        text = self._path.decode("utf-8", "surrogateescape")
        if not text.isprintable():
            text = safe_text(self._path)
        self.app.copy_to_clipboard(f"/{text}")
        self.notify(f"/{clip_start(safe_text(self._path), 200)}", title="Copied", markup=False)

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(sections(self)))
