"""The view of layers: their list, details of one, and the tree."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget

from layerlens.tui.keys import NO_KEY
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.layers import is_unread, layer_rows, same_layer
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.rows import SortBy
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import clip_start, plural, safe_text, size
from layerlens.tui.viewmodel.titles import titles
from layerlens.tui.viewmodel.views import ChangeKind, Mark
from layerlens.tui.views.base import View, Wanted
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.layer_details import LayerDetails
from layerlens.tui.widgets.layer_list import LayerList
from layerlens.tui.widgets.line_list import LineList

_SETTLE = 0.04
"""Seconds that the cursor rests on a layer before its tree is made: holding a
key down runs over the layers without making each one's tree."""


class LayersView(View):
    """Owns what the :class:`Browser` shows, and is the only one to change it."""

    TITLE = "Layers"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a,ctrl+a", "toggle_aggregate", "Aggregate", id="tree.aggregate",
                tooltip="Switch between the whole filesystem up to the layer and its changes"),
        Binding("r", "range", "Range", id="layers.range",
                tooltip="Look at several layers together: from this one to where the cursor goes"),
        Binding("w,greater_than_sign", "next_waste(True)", "Waste", id="tree.next_waste",
                tooltip="Go to the next greatest waste"),
        Binding("less_than_sign", "next_waste(False)", "Back", show=False, id="tree.previous_waste",
                tooltip="Go back to the waste before"),
        Binding(NO_KEY, "show_aggregate(True)", "Aggregate", show=False, id="tree.show_aggregate",
                tooltip="Show the whole filesystem up to the layer"),
        Binding(NO_KEY, "show_aggregate(False)", "Changes", show=False, id="tree.show_changes",
                tooltip="Show only the layer's changes"),
        Binding(NO_KEY, "sort_other", "Sort", show=False, id="tree.sort_other",
                tooltip="Sort by name, or by size where it is by name"),
        Binding("s", "sort('size')", "Size", show=False, id="tree.sort_size",
                tooltip="Sort by size; again to reverse"),
        Binding("n", "sort('name')", "Name", show=False, id="tree.sort_name",
                tooltip="Sort by name; again to reverse"),
        Binding("C", "sort('count')", "Count", show=False, id="tree.sort_count",
                tooltip="Sort by number of files; again to reverse"),
        Binding("S", "sort('waste')", "Waste", show=False, id="tree.sort_waste",
                tooltip="Sort by wasted bytes; again to reverse"),
        Binding("M", "sort('change')", "Change", show=False, id="tree.sort_change",
                tooltip="Sort by kind of change; again to reverse"),
        Binding("e,E", "open_all", "Expand", show=False, id="tree.expand_all",
                tooltip="Open all directories"),
        Binding("c", "close_all", "Collapse", show=False, id="tree.collapse_all",
                tooltip="Close all directories"),
        Binding("full_stop", "open_level", "One level", show=False, id="tree.expand_level",
                key_display=".", tooltip="Open all directories that are shown: one level more"),
        Binding("b", "whose", "Base or yours", show=False, id="tree.whose",
                tooltip="Show all, only yours, only what comes from the base image"),
        Binding("B", "scale", "Bars", show=False, id="tree.bars",
                tooltip="Draw bars as shares of all that is shown, or of their directory"),
        Binding("p,ctrl+b", "toggle_attributes", "Permissions", show=False, id="tree.attributes",
                tooltip="Show or hide permissions and owners"),
        Binding("f", "toggle_fold", "Fold", show=False, id="tree.fold",
                tooltip="Put chains of single directories on one line, or each on its own"),
        Binding("plus", "toggle_kind('added')", "Added", show=False, id="tree.added",
                tooltip="Show or hide what was added"),
        Binding("tilde", "toggle_kind('modified')", "Modified", show=False, id="tree.modified",
                tooltip="Show or hide what was modified"),
        Binding("minus", "toggle_kind('removed')", "Removed", show=False, id="tree.removed",
                tooltip="Show or hide what was removed"),
        Binding("equals_sign", "toggle_kind('unchanged')", "Unchanged", show=False,
                id="tree.unchanged",
                tooltip="Show or hide what is unchanged (in the aggregate)"),
        Binding("i", "toggle_details", "Details", show=False, id="panes.details",
                tooltip="Show or hide the layer's details"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, id=id)
        self._wanted = session.browser.layer
        self._anchor: int | None = None
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        analysis = self.session.analysis
        with Horizontal(id="panes"):
            with Vertical(id="left"):
                yield LayerList(layer_rows(analysis), id="layers")
                yield LayerDetails(analysis, id="details")
            yield FileTree(self.session, id="tree")

    def on_mount(self) -> None:
        self._tree.describe = self._described
        self._details.show(self._browser.layer)
        self._title_tree()

    @property
    def _browser(self) -> Browser:
        return self.session.browser

    @property
    def _tree(self) -> FileTree:
        return self.query_one(FileTree)

    @property
    def _layers(self) -> LayerList:
        return self.query_one(LayerList)

    @property
    def _details(self) -> LayerDetails:
        return self.query_one(LayerDetails)

    def panes(self) -> list[Widget]:
        """Layers, tree, then details: the two that matter most are one key apart."""
        return [self._layers, self._tree, self._details]

    def adopt(self, session: Session) -> None:
        path = self._path_under_cursor()
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        before, now = self.session.analysis, session.analysis
        self._wanted = same_layer(before, now, self._wanted)
        if self._anchor is not None:
            self._anchor = same_layer(before, now, self._anchor)
        self.session = session
        self._browser.show(layer=self._wanted, since=self._anchor)
        with self.prevent(LineList.Moved):
            self._layers.show(layer_rows(now), self._wanted)
        self._details.adopt(now, self._wanted)
        self._tree.adopt(session)
        self._tree_changed(self._nearest(path))

    def _nearest(self, path: bytes | None) -> int | None:
        """The node of a path, or of the closest directory above it that any layer has."""
        node = None
        while path and node is None:
            node = self._browser.node_of_path(path)
            path = path.rpartition(b"/")[0]
        return node

    def subject(self) -> Subject | None:
        if self.screen.focused is self._layers:
            return Subject(layer=self._wanted)
        tree, rows = self._tree, self._browser.rows
        if not 0 <= tree.cursor < len(rows):
            return None
        row = rows.row(tree.cursor)
        version = rows.view.version(row.node)
        return Subject(
            path=rows.path(tree.cursor),
            version=None if version < 0 else version,
            layer=self._browser.layer,
            removed=row.mark is Mark.REMOVED,
        )

    def _path_under_cursor(self) -> bytes | None:
        rows, cursor = self._browser.rows, self._tree.cursor
        return rows.path(cursor) if 0 <= cursor < len(rows) else None

    def marks_changed(self) -> None:
        self._tree.refresh()

    # ------------------------------------------------------------------ layers

    @on(LineList.Moved, "#layers")
    def _layer_moved(self, event: LineList.Moved) -> None:
        event.stop()
        self._wanted = event.line
        self._details.show(event.line)
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(_SETTLE, self._show_layer)

    @on(LineList.Chosen, "#layers")
    def _layer_chosen(self, event: LineList.Chosen) -> None:
        """Into the tree of the layer, also where the cursor has just come there."""
        event.stop()
        if self._settling is not None:
            self._settling.stop()
            self._show_layer()
        self.screen.set_focus(self._tree)

    @on(FileTree.AtTop)
    def _out_of_tree(self, event: FileTree.AtTop) -> None:
        event.stop()
        self.screen.set_focus(self._layers)

    def _show_layer(self) -> None:
        self._settling = None
        node = self._tree.node
        self._browser.show(layer=self._wanted, since=self._anchor)
        self._tree_changed(node)

    def action_toggle_aggregate(self) -> None:
        node = self._tree.node
        self._browser.show(
            layer=self._wanted, since=self._anchor, aggregate=not self._browser.aggregate
        )
        self._tree_changed(node)

    def action_range(self) -> None:
        """Hold one end of a range where the cursor is, or let go of it."""
        self._anchor = self._wanted if self._anchor is None else None
        self._show_layer()
        if self._anchor is not None:
            self.screen.set_focus(self._layers)

    @on(LayerList.RangeAsked)
    def _range_clicked(self, event: LayerList.RangeAsked) -> None:
        """A click with Shift or Ctrl: the layers from the cursor to there."""
        event.stop()
        self._anchor = self._wanted if self._anchor is None else self._anchor
        self._layers.cursor = event.line

    def action_show_aggregate(self, aggregate: bool) -> None:
        if aggregate != self._browser.aggregate:
            self.action_toggle_aggregate()

    def reveal(self, path: bytes, layer: int | None) -> bool:
        """Put the cursor on a path, in a layer's changes or in the end; false if it is not there.

        Without a path it goes to the layer in the list.
        """
        browser = self._browser
        if layer is None:
            self._wanted = max(0, len(self.session.analysis.layers) - 1)
            browser.show(layer=self._wanted, aggregate=True)
        else:
            # A message may come from where fewer layers were known.
            self._wanted = min(layer, max(0, len(self.session.analysis.layers) - 1))
            browser.show(layer=self._wanted, aggregate=False)
        self._anchor = None
        with self.prevent(LineList.Moved):
            self._layers.cursor = self._wanted
        self._details.show(self._wanted)
        if browser.is_filtered:
            browser.clear_filters()
        node = browser.node_of_path(path) if path else None
        if node is not None:
            browser.reveal(node)
        self._tree_changed(node)
        self.screen.set_focus(self._tree if path else self._layers)
        return not path or self._path_under_cursor() == path

    # ------------------------------------------------------------------ tree

    def _tree_changed(self, node: int | None) -> None:
        self._tree.rows_changed(node)
        self._title_tree()
        self.post_message(self.Changed())

    def _title_tree(self) -> None:
        """Say above the tree what it shows, below it what the cursor is on."""
        browser, tree = self._browser, self._tree
        room = tree.size.width - 4
        tree.border_title = next(
            (title for title in titles(browser) if len(title) <= room or not tree.size),
            titles(browser)[-1],
        )
        tree.set_class(browser.is_filtered, "-filtered")
        self._layers.mark(browser.since, browser.layer, aggregate=browser.aggregate)
        self._layers.border_subtitle = (
            "" if self._anchor is None else f"range from layer {self._anchor}; Esc ends it"
        )
        tree.tell_cursor()

    def on_resize(self) -> None:
        self.call_after_refresh(self._title_tree)

    def _described(self) -> str:
        """What the cursor is on, and the order; for the tree's frame."""
        browser, tree = self._browser, self._tree
        order = browser.sort.value + (" ↑" if browser.reverse else "")
        text = f"by {order}"
        if browser.problem is not None:
            text = browser.problem
        elif 0 <= tree.cursor < len(browser.rows):
            path = safe_text(browser.rows.path(tree.cursor), 2000)
            text = f"/{clip_start(path, max(10, tree.size.width - 16))} · {text}"
        elif browser.is_filtered:
            text = "nothing matches; Esc shows everything"
        elif not len(browser.rows):
            unread = is_unread(self.session.analysis, browser.layer)
            text = "this layer has not been read" if unread else "nothing to show"
        return text.replace("[", "\\[")

    def action_sort(self, by: str) -> None:
        node = self._tree.node
        self._browser.sort_by(SortBy(by))
        self._tree_changed(node)

    def action_sort_other(self) -> None:
        self.action_sort("size" if self._browser.sort is SortBy.NAME else "name")

    def action_open_all(self) -> None:
        node = self._tree.node
        self._browser.open_all()
        self._tree_changed(node)

    def action_close_all(self) -> None:
        node = self._tree.node
        self._browser.close_all()
        self._tree_changed(node)

    def action_open_level(self) -> None:
        node = self._tree.node
        self._browser.open_level()
        self._tree_changed(node)

    def action_next_waste(self, forward: bool) -> None:
        node = self._browser.next_waste(self._tree.node, forward=forward)
        if node is None:
            self.notify("nothing that is shown here is wasted")
            return
        self._tree_changed(node)
        self.screen.set_focus(self._tree)

    def action_whose(self) -> None:
        node = self._tree.node
        self._browser.set_whose(self._browser.whose.next)
        self._tree_changed(node)

    def action_scale(self) -> None:
        self._tree.of_directory = not self._tree.of_directory

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

    def action_toggle_details(self) -> None:
        details, screen = self._details, self.screen
        shown = details.styles.display != "none" and details.region.height > 0
        if shown and screen.focused is details:
            screen.set_focus(self._layers)
        screen.set_class(not shown, "-details-on")
        screen.set_class(shown, "-details-off")

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        return self._browser

    def search(self, text: str, match: Match | None = None) -> None:
        node = self._tree.node
        self._browser.search(text, match)
        self._tree_changed(node if not self._browser.text else None)

    def counted(self) -> str:
        files, total = self._browser.matched
        return f"{plural(files, 'file')}, {size(total)}"

    def found(self) -> Widget:
        return self._tree

    def back(self) -> bool:
        node = self._tree.node
        if not self._browser.is_filtered:
            if self._anchor is None:
                return False
            self._anchor = None
            self._show_layer()
            return True
        self._browser.clear_filters()
        self._tree_changed(node)
        return True
