"""The main screen: header, tabs, one view at a time, the filter line."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from layerlens.tui.actions import copying, extracting, looking, marking, writing
from layerlens.tui.bindings import EVERYWHERE
from layerlens.tui.screens.help import HelpScreen, sections
from layerlens.tui.screens.hosting import Host
from layerlens.tui.settings import settings_of
from layerlens.tui.viewmodel.layers import figures
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.base import View
from layerlens.tui.views.catalogue import ALL_VIEWS, first_view, views_of
from layerlens.tui.views.layers import LayersView
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.image_header import ImageHeader
from layerlens.tui.widgets.key_line import KeyLine
from layerlens.tui.widgets.line_list import LineList
from layerlens.tui.widgets.plain_status import PlainStatus, pane_of, show_alone
from layerlens.tui.widgets.view_tabs import ViewTabs

_RIGHT = 3
"""The number of a mouse's right button."""

_TYPING = 0.1
"""Seconds without a key before a search starts."""


class MainScreen(Host):
    """Shows one view; hands it the keys that mean the same in all of them."""

    KEYS_TITLE: ClassVar[str] = EVERYWHERE

    # Not ClassVar: Textual declares both as attributes of instances.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"), (76, "-normal"), (120, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(k + 1), f"view({k})", view.TITLE, show=False, id=f"view.{view.TITLE.lower()}",
                    tooltip=f"Go to the view {view.TITLE}")
            for k, view in enumerate(ALL_VIEWS)
        ),
        Binding("right_square_bracket", "next_view(1)", "Next view", show=False, id="view.next",
                tooltip="Go to the next view"),
        Binding("left_square_bracket", "next_view(-1)", "Previous view", show=False,
                id="view.previous", tooltip="Go to the view before"),
        Binding("tab", "next_pane(1)", "Pane", show=False, id="panes.next",
                tooltip="Go to the next pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="panes.previous",
                tooltip="Go to the pane before"),
        Binding("z", "zoom", "Zoom", show=False, id="panes.zoom",
                tooltip="Give the pane the whole screen, or put it beside the others again"),
        # Priority, so that the focus moves before the next key is given to anybody:
        # what is typed or pasted right behind the slash belongs to the filter.
        Binding("slash", "search", "Filter", id="filter.open", priority=True,
                tooltip="Show only what has a text (or matches a glob such as *.so)"),
        Binding("ctrl+f", "search", "Filter", show=False, id="filter.open_control", priority=True,
                tooltip="The same, as in dive"),
        Binding("v", "preview", "View", id="item.preview",
                tooltip="Show the content of the file, deleted ones too"),
        Binding("D", "compare", "Diff", show=False, id="item.diff",
                tooltip="Show what the layer changed in the file"),
        Binding("H", "history", "History", show=False, id="item.history",
                tooltip="Show what the layers did to the path"),
        Binding("x,ctrl+e", "extract", "Extract", show=False, id="item.extract",
                tooltip="Write the file or folder to disk, as it is shown here"),
        Binding("m", "mark", "Mark", show=False, id="item.mark",
                tooltip="Mark the path or the finding; what is marked is printed at the end"),
        Binding("apostrophe", "marks", "Marks", show=False, id="app.marks",
                tooltip="List what is marked and ticked: go there, unmark, clear"),
        Binding("y", "copy_path", "Copy", show=False, id="item.copy",
                tooltip="Copy the path, or what the view has instead"),
        Binding("Y", "copy", "Copy …", show=False, id="item.copy_more",
                tooltip="Copy a path, a digest or a ready command"),
        Binding("W,ctrl+s", "write", "Write", show=False, id="app.write",
                tooltip="Write an output to a file: JSON, text, lists, packages"),
        Binding("escape", "back", "Back", show=False, id="app.back",
                tooltip="Undo what narrows the view; back to the view before; stop reading; never quits"),
        Binding("backspace", "return", "Back", id="app.return",
                tooltip="Go back to the view that this was shown from"),
        Binding("question_mark,f1", "help", "Help", id="app.help",
                tooltip="Show the keys that work here, and what the signs mean"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._views: dict[int, View] = {}
        """Those that have been made, with all their parts."""
        self._making = asyncio.Lock()
        self._panes: dict[int, Widget] = {}
        """The pane of each view that had the focus last."""
        self._shown_from: int | None = None
        """The view that had something shown in the tree."""
        self.was_used = False
        """Whether the user has pressed anything: then nothing is shown in place of the view."""
        self._typing: Timer | None = None
        # Made here, since more of the image may arrive before they are on the screen.
        self._header = ImageHeader(figures(session.analysis), id="header")
        self._tabs = ViewTabs(id="tabs")
        self._input = FilterLine(id="filter")
        self._status = PlainStatus(id="status")

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._tabs
        yield Vertical(id="views")
        yield self._input
        yield self._status
        yield KeyLine()

    async def on_mount(self) -> None:
        self._input.display = False
        self._title_tabs()
        await self._show(first_view(self.session))

    @property
    def view(self) -> View:
        """The view that is shown."""
        return self._views[self._tabs.chosen]

    # ------------------------------------------------------------------ the image

    def adopt(self, session: Session) -> None:
        """Show a newer state of the image: more of it was read."""
        session.take_over(self.session)
        is_new = session.comparison is not None and self.session.comparison is None
        self.session = session
        self._header.show(figures(session.analysis))
        self._title_tabs()
        for view in self._views.values():
            view.adopt(session)
        if is_new and not self.was_used:
            self.call_later(self._show, first_view(session))
        elif is_new:
            self.notify(f"compared: see the view {ALL_VIEWS[first_view(session)].TITLE}")

    def tell(self, note: str) -> None:
        """Say how far reading is."""
        self._header.tell(note)

    # ------------------------------------------------------------------ views

    def _title_tabs(self) -> None:
        self._tabs.titles = [
            (view.TITLE, view.note(self.session)) for view in views_of(self.session)
        ]

    async def _show(self, number: int) -> None:
        """Show a view, made when it is first wanted."""
        before = self._views.get(self._tabs.chosen)
        if before is not None and self.focused in before.panes():
            self._panes[self._tabs.chosen] = self.focused
        self._shown_from = None
        view = await self._made(number)
        if before is not None and before is not view:
            before.display = False
        view.display = True
        self._tabs.chosen = number
        self._show_filter()
        pane = self._panes.get(number)
        self.set_focus(view.panes()[0] if pane is None or not pane.display else pane)
        self.refresh_bindings()

    async def _made(self, number: int) -> View:
        """A view, made if it is not there yet."""
        async with self._making:  # keys and the mouse may both ask for it
            view = self._views.get(number)
            if view is None:
                view = ALL_VIEWS[number](self.session)
                view.add_class("view")
                await self.query_one("#views").mount(view)
                if view.session is not self.session:  # more was read meanwhile
                    view.adopt(self.session)
                self._views[number] = view
            return view

    def _show_filter(self) -> None:
        """The filter line says what the view is filtered by."""
        searched = self.view.wanted.text
        with self._input.prevent(Input.Changed):
            self._input.value = searched
        self._input.display = bool(searched)
        self._tell_filter()

    async def action_view(self, number: int) -> None:
        await self._show(number)

    async def action_next_view(self, step: int) -> None:
        await self._show((self._tabs.chosen + step) % len(views_of(self.session)))

    @on(ViewTabs.Chosen)
    async def _tab_clicked(self, event: ViewTabs.Chosen) -> None:
        await self._show(event.view)

    @on(View.ShowInTree)
    async def _show_in_tree(self, event: View.ShowInTree) -> None:
        event.stop()
        number = next(k for k, view in enumerate(ALL_VIEWS) if view is LayersView)
        before = self._shown_from if self._tabs.chosen == number else self._tabs.chosen
        await self._show(number)
        layers = self.view
        assert isinstance(layers, LayersView)
        self._shown_from = before
        self.refresh_bindings()
        if not layers.reveal(event.path, event.layer):
            self.notify("this path is not in that view of the tree", severity="warning")
        self._show_filter()

    async def action_return(self) -> None:
        """Back to the view from which something was shown in the tree, as it was left."""
        if self._shown_from is not None:
            await self._show(self._shown_from)

    # ------------------------------------------------------------------ panes

    def action_next_pane(self, step: int) -> None:
        panes = self.view.panes()
        if not settings_of(self).plain:
            panes = [pane for pane in panes if pane.display and pane.region.height]
        if self._input.display:
            panes.insert(min(2, len(panes)), self._input)
        if not panes:  # the terminal has no room for any
            return
        at = panes.index(self.focused) if self.focused in panes else -step
        self.set_focus(panes[(at + step) % len(panes)])

    def action_zoom(self) -> None:
        if self.maximized is not None:
            self.minimize()
        elif settings_of(self).plain:
            self.say("one pane at a time: Tab goes to the next one")
        elif isinstance(self.focused, Widget) and self.focused is not self._input:
            self.maximize(self.focused)

    # ------------------------------------------------------------------ plain mode

    def say(self, text: str) -> None:
        """Say something in the line that plain mode has for it."""
        self._status.say(text)

    @on(events.DescendantFocus)
    def _pane_focused(self, event: events.DescendantFocus) -> None:
        pane = pane_of(self.view, event.widget) if settings_of(self).plain else None
        if pane is not None:
            show_alone(self.view, pane)
            self.call_after_refresh(self._place_cursor, pane)
            self._status.tell_pane(pane)

    def _place_cursor(self, pane: Widget) -> None:
        """Put the terminal's cursor where a pane without rows begins."""
        if self.focused is pane and not isinstance(pane, LineList):
            self.app.cursor_position = pane.content_region.offset
            pane.refresh()

    def _say_change(self) -> None:
        pane = pane_of(self.view, self.view.found()) if settings_of(self).plain else None
        if pane is not None:
            self._status.tell_pane(pane)

    # ------------------------------------------------------------------ filter

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash that is typed into the filter is a slash; back only goes who came from somewhere."""
        if action == "return":
            return self._shown_from is not None
        if action == "view":
            return parameters[0] in range(len(views_of(self.session)))
        return not (action == "search" and isinstance(self.focused, FilterLine))

    def action_search(self) -> None:
        self._input.display = True
        self.set_focus(self._input)  # at once, where Widget.focus() waits its turn

    @on(View.Changed)
    def _view_changed(self, event: View.Changed) -> None:
        """Levels of a view have filters of their own; what is being typed is left alone."""
        event.stop()
        if self.focused is not self._input:
            self._show_filter()
        self._tell_filter()
        self._say_change()

    @on(Input.Changed, "#filter")
    def _filter_typed(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._search)

    @on(Input.Submitted, "#filter")
    def _filter_entered(self) -> None:
        self._search()
        self.set_focus(self.view.found())
        self._input.display = bool(self._input.value)

    def _search(self) -> None:
        self._stop_typing()
        self.view.search(self._input.value)

    def action_next_match(self) -> None:
        self.view.next_match()
        self._tell_filter()

    def _tell_filter(self) -> None:
        self._input.tell(self.view.wanted.match.value, self.view.matched())

    def _stop_typing(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None

    async def on_click(self, event: events.Click) -> None:
        """The right button goes back, as Esc does."""
        if event.button == _RIGHT:
            await self.action_back()

    async def action_back(self) -> None:
        """From the filter line back to the view, undo what narrows it, then to the view before."""
        if self.maximized is not None:
            self.minimize()
            return
        if self._input.display:
            if self.focused is self._input:
                self.set_focus(self.view.found())
            self._stop_typing()
            self._input.display = False
            with self._input.prevent(Input.Changed):
                self._input.value = ""
            self.view.search("")
        elif self.view.back():
            return
        elif self._shown_from is not None:
            await self.action_return()
        elif self.session.reading:
            self.app.call_later(self.app.run_action, "stop_loading")

    # ------------------------------------------------------------------ what is under the cursor

    def action_mark(self) -> None:
        subject, marks = self.view.subject(), self.session.marks
        if subject is not None and subject.path is not None:
            marks.toggle_path(subject.path)
        elif subject is not None and subject.finding is not None:
            marks.toggle_finding(subject.finding)
        else:
            self.notify("mark a path or a finding: there is none under the cursor")
            return
        self.marks_changed()

    def marks_changed(self) -> None:
        """Draw all marks anew."""
        for view in self._views.values():
            view.marks_changed()

    def action_marks(self) -> None:
        self.start(marking.show_marks(self))

    def action_preview(self) -> None:
        self.start(looking.preview(self))

    def action_compare(self) -> None:
        self.start(looking.compare(self))

    def action_history(self) -> None:
        self.start(looking.show_history(self))

    def action_extract(self) -> None:
        self.start(extracting.extract_something(self))

    def action_copy_path(self) -> None:
        copying.copy_path(self)

    def action_copy(self) -> None:
        self.start(copying.copy_something(self))

    def action_write(self) -> None:
        self.start(writing.write_output(self))

    # ------------------------------------------------------------------ help

    def action_help(self) -> None:
        self.app.push_screen(HelpScreen(sections(self)))
