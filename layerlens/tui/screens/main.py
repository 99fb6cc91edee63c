"""The main screen: layers, details, and the tree."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Footer, Input

from layerlens.tui.screens.help import HelpScreen
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.layers import figures, layer_rows
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.text import clip_start, plural, safe_text, size
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.filter_line import FilterLine
from layerlens.tui.widgets.image_header import ImageHeader
from layerlens.tui.widgets.layer_details import LayerDetails
from layerlens.tui.widgets.layer_list import LayerList
from layerlens.tui.widgets.line_list import LineList

_SETTLE = 0.04
"""Seconds that the cursor rests on a layer before its tree is made: holding a
key down runs over the layers without making each one's tree."""

_TYPING = 0.1
"""Seconds without a key before a search starts."""


class MainScreen(Screen[None]):
    """Owns the :class:`Browser` and is the only one to change it."""

    AUTO_FOCUS = "#layers"
    # Not ClassVar: Textual declares both as attributes of instances.
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-narrow"), (76, "-normal"), (120, "-wide"),
    ]  # fmt: skip
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "next_pane(1)", "Pane", id="panes.next",
                tooltip="To the next pane"),
        Binding("shift+tab", "next_pane(-1)", "Previous pane", show=False, id="panes.previous",
                tooltip="To the pane before"),
        Binding("a,ctrl+a", "toggle_aggregate", "Aggregate", id="tree.aggregate",
                tooltip="The whole filesystem up to the layer, or only the layer's changes"),
        # Priority, so that the focus moves before the next key is given to anybody:
        # what is typed or pasted right behind the slash belongs to the filter.
        Binding("slash", "search", "Filter", id="tree.filter", key_display="/", priority=True,
                tooltip="Show only paths with a text (or a glob such as *.so) in them"),
        Binding("ctrl+f", "search", "Filter", show=False, id="tree.filter_control", priority=True,
                tooltip="The same, as in dive"),
        Binding("s", "sort('size')", "Size", id="tree.sort_size",
                tooltip="Sort by size; again to reverse"),
        Binding("n", "sort('name')", "Name", show=False, id="tree.sort_name",
                tooltip="Sort by name; again to reverse"),
        Binding("e,E", "open_all", "Expand", id="tree.expand_all",
                tooltip="Open all directories"),
        Binding("c,C", "close_all", "Collapse", id="tree.collapse_all",
                tooltip="Close all directories"),
        Binding("p,ctrl+b", "toggle_attributes", "Permissions", show=False, id="tree.attributes",
                tooltip="Show or hide permissions and owners"),
        Binding("f", "toggle_fold", "Fold", show=False, id="tree.fold",
                tooltip="Chains of single directories on one line, or each on its own"),
        Binding("plus", "toggle_kind('added')", "Added", show=False, id="tree.added",
                tooltip="Show or hide what was added"),
        Binding("tilde,m", "toggle_kind('modified')", "Modified", show=False, id="tree.modified",
                tooltip="Show or hide what was modified"),
        Binding("minus", "toggle_kind('removed')", "Removed", show=False, id="tree.removed",
                tooltip="Show or hide what was removed"),
        Binding("equals_sign", "toggle_kind('unchanged')", "Unchanged", show=False,
                id="tree.unchanged",
                tooltip="Show or hide what is unchanged (in the aggregate)"),
        Binding("i", "toggle_details", "Details", show=False, id="panes.details",
                tooltip="Show or hide the layer's details"),
        Binding("escape", "back", "Back", show=False, id="app.back",
                tooltip="Clear the filters; never quits"),
        Binding("question_mark", "help", "Help", id="app.help", key_display="?",
                tooltip="This help"),
    ]  # fmt: skip

    def __init__(self, browser: Browser) -> None:
        super().__init__()
        self._browser = browser
        self._wanted = browser.layer
        self._settling: Timer | None = None
        self._typing: Timer | None = None

    def compose(self) -> ComposeResult:
        analysis = self._browser.analysis
        yield ImageHeader(figures(analysis), id="header")
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield LayerList(layer_rows(analysis), id="layers")
                yield LayerDetails(analysis, id="details")
            with Vertical(id="right"):
                yield FileTree(self._browser, id="tree")
                yield FilterLine(id="filter")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one("#filter", Input).display = False
        if self._browser.analysis.layers:
            self.query_one(LayerDetails).show(self._browser.layer)
        self._title_tree()

    @property
    def _tree(self) -> FileTree:
        return self.query_one(FileTree)

    @property
    def _input(self) -> Input:
        return self.query_one("#filter", Input)

    # ------------------------------------------------------------------ layers

    @on(LineList.Moved, "#layers")
    def _layer_moved(self, event: LineList.Moved) -> None:
        self._wanted = event.line
        self.query_one(LayerDetails).show(event.line)
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._show_layer)

    def _show_layer(self) -> None:
        self._settling = None
        node = self._tree.node
        self._browser.show(layer=self._wanted)
        self._tree_changed(node)

    def action_toggle_aggregate(self) -> None:
        node = self._tree.node
        self._browser.show(layer=self._wanted, aggregate=not self._browser.aggregate)
        self._tree_changed(node)

    # ------------------------------------------------------------------ tree

    def _tree_changed(self, node: int | None) -> None:
        self._tree.rows_changed(node)
        self._title_tree()

    def _title_tree(self) -> None:
        """Say above the tree what it shows, below it what the cursor is on."""
        browser, tree = self._browser, self._tree
        files, total = browser.total
        gone, lost = browser.removed
        hidden = [kind.value for kind in ChangeKind if kind not in browser.kinds]
        without = f" · without {', '.join(hidden)}" if hidden else ""
        what = "All up to layer" if browser.aggregate else "Changes of layer"
        title = f"{what} {browser.layer} · {plural(files, 'file')}, {size(total)}"
        if gone:
            title += f" · gone {plural(gone, 'file')}, {size(lost)}"
        if len(title + without) > tree.size.width - 4:
            what = "Up to" if browser.aggregate else "Layer"
            title = f"{what} {browser.layer} · {plural(files, 'file')}, {size(total)}"
            if gone:
                title += f" · gone {size(lost)}"
        tree.border_title = title + without
        tree.set_class(browser.is_filtered, "-filtered")
        self._subtitle_tree()

    def on_resize(self) -> None:
        self.call_after_refresh(self._title_tree)

    @on(LineList.Moved, "#tree")
    def _subtitle_tree(self) -> None:
        browser, tree = self._browser, self._tree
        order = browser.sort.value + (" ↑" if browser.reverse else "")
        text = f"by {order}"
        if 0 <= tree.cursor < len(browser.rows):
            path = safe_text(browser.rows.path(tree.cursor), 2000)
            text = f"/{clip_start(path, max(10, tree.size.width - 16))} · {text}"
        elif browser.is_filtered:
            text = "nothing matches; Esc shows everything"
        elif not len(browser.rows):
            text = "nothing to show"
        tree.border_subtitle = text.replace("[", "\\[")

    def action_sort(self, by: str) -> None:
        node = self._tree.node
        self._browser.sort_by(SortBy(by))
        self._tree_changed(node)

    def action_open_all(self) -> None:
        node = self._tree.node
        self._browser.open_all()
        self._tree_changed(node)

    def action_close_all(self) -> None:
        node = self._tree.node
        self._browser.close_all()
        self._tree_changed(node)

    def action_toggle_fold(self) -> None:
        node = self._tree.node
        self._browser.set_fold(fold=not self._browser.fold)
        self._tree_changed(node)

    def action_toggle_kind(self, kind: str) -> None:
        node = self._tree.node
        self._browser.toggle_kind(ChangeKind(kind))
        self._tree_changed(node)

    def action_toggle_attributes(self) -> None:
        self._tree.attributes = not self._tree.attributes

    # ------------------------------------------------------------------ filter

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A slash that is typed into the filter is a slash."""
        return not (action == "search" and isinstance(self.focused, FilterLine))

    def action_search(self) -> None:
        self._input.display = True
        self.set_focus(self._input)  # at once, where Widget.focus() waits its turn

    @on(Input.Changed, "#filter")
    def _filter_typed(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(_TYPING, self._search)

    @on(Input.Submitted, "#filter")
    def _filter_entered(self) -> None:
        self._search()
        self.set_focus(self._tree)
        if not self._browser.text:
            self._input.display = False

    def _search(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        node = self._tree.node
        self._browser.search(self._input.value)
        self._tree_changed(node if not self._browser.text else None)

    def action_back(self) -> None:
        """From the filter line back to the tree; without filters there is nothing to go back to."""
        if self._input.display:
            if self.focused is self._input:
                self.set_focus(self._tree)
            self._input.display = False
            with self._input.prevent(Input.Changed):
                self._input.value = ""
        if self._browser.is_filtered:
            node = self._tree.node
            if self._typing is not None:
                self._typing.stop()
            self._browser.clear_filters()
            self._tree_changed(node)

    # ------------------------------------------------------------------ panes

    def action_next_pane(self, step: int) -> None:
        """Layers, tree, then the others: the two that matter most are one key apart."""
        panes: list[Widget] = [
            pane
            for pane in (self.query_one(LayerList), self._tree, self._input,
                         self.query_one(LayerDetails))
            if pane.display and pane.region.height
        ]  # fmt: skip
        at = panes.index(self.focused) if self.focused in panes else -step
        self.set_focus(panes[(at + step) % len(panes)])

    def action_toggle_details(self) -> None:
        details = self.query_one(LayerDetails)
        shown = details.styles.display != "none" and details.region.height > 0
        if shown and self.focused is details:
            self.set_focus(self.query_one(LayerList))
        self.set_class(not shown, "-details-on")
        self.set_class(shown, "-details-off")

    def action_help(self) -> None:
        self.app.push_screen(
            HelpScreen(
                [
                    ("Everywhere", [*self.BINDINGS, *self.app.BINDINGS]),
                    ("In a list", LineList.BINDINGS),
                    ("In the tree", FileTree.BINDINGS),
                    ("In the filter line", FilterLine.BINDINGS),
                ]
            )
        )
