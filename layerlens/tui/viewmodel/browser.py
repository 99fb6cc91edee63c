"""What the user is looking at: one layer, its changes or the aggregate, filtered and sorted.

The only state of the tree pane.  It keeps one view (and one filtered view) at
a time, so memory does not grow with the number of layers visited.
"""

from __future__ import annotations

from bisect import bisect_left

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Entry
from layerlens.filesystem.result import path_order
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree, Standing
from layerlens.tui.viewmodel.rows import Expansion, Opening, Rows, SortBy
from layerlens.tui.viewmodel.views import ChangeKind, View, aggregate_view, changes_view

ALL_KINDS = frozenset(ChangeKind)


class Browser:
    """Holds the choice of what to show; ``rows`` is the outcome.

    Making one takes the time to number all paths: do it where waiting is fine.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.tree = PathTree(analysis.filesystem)
        self._standing = Standing(self.tree)
        self._browsing = Expansion(len(self.tree))
        self._searching: Expansion | None = None
        self.layer = 0
        self.aggregate = False
        self.sort = SortBy.SIZE
        self.reverse = False
        self.fold = True
        self.kinds: frozenset[ChangeKind] = ALL_KINDS
        self.text = ""
        self._view = self._make_view()
        self._matched: bytearray | None = None
        self._scale: int | None = None
        self._shown = self._view
        self.rows = self._make_rows()

    # ------------------------------------------------------------------ choices

    def show(self, *, layer: int | None = None, aggregate: bool | None = None) -> None:
        """Look at another layer, or at changes instead of the aggregate."""
        layer = self.layer if layer is None else layer
        aggregate = self.aggregate if aggregate is None else aggregate
        if (layer, aggregate) == (self.layer, self.aggregate):
            return
        self.layer, self.aggregate = layer, aggregate
        # Free the old one first: two of a million items need not exist at once.
        del self._view, self._shown, self.rows
        self._matched = None
        self._view = self._make_view()
        self._refilter()

    def sort_by(self, sort: SortBy) -> None:
        """Order by size or name; the same order again reverses it."""
        self.reverse = not self.reverse if sort is self.sort else False
        self.sort = sort
        self.rows = self._make_rows()

    def search(self, text: str) -> None:
        """Show only what a text or glob matches, and what leads there; ``""`` shows all."""
        if text != self.text:
            self.text = text
            self._matched = None
            self._searching = None
            self._refilter()

    def toggle_kind(self, kind: ChangeKind) -> None:
        """Show or hide one kind of change."""
        self.kinds ^= {kind}
        self._refilter()

    def clear_filters(self) -> None:
        """Show everything again."""
        self._searching = None
        self.kinds, self.text, self._matched = ALL_KINDS, "", None
        self._refilter()

    def set_fold(self, *, fold: bool) -> None:
        """Whether chains of only directories share one row."""
        self.fold = fold
        self.rows = self._make_rows()

    def open_all(self) -> None:
        self.expansion.set_all(Opening.ALL)
        self.rows = self._make_rows()

    def close_all(self) -> None:
        self.expansion.set_all(Opening.NONE)
        self.rows = self._make_rows()

    def reveal(self, node: int) -> int | None:
        """Open what a node lies in; its row, ``None`` where the view does not show it."""
        if self.rows.view.item_of(node) is None:
            return None
        up = self.tree.parent[node]
        while up:
            self.expansion.say(up, is_open=True)
            up = self.tree.parent[up]
        self.rows = self._make_rows()
        return self.rows.index_of(node)

    def resume(self, earlier: Browser) -> None:
        """Show what another browser of the same image shows, as far as it is there."""
        self.fold, self.sort, self.reverse = earlier.fold, earlier.sort, earlier.reverse
        self.kinds, self.text = earlier.kinds, earlier.text
        self._browsing.opening = earlier._browsing.opening
        for node, is_open in earlier._browsing.all_said():
            here = self.node_of_path(earlier.tree.paths[node])
            if here is not None:
                self._browsing.say(here, is_open=is_open)
        self.layer = min(earlier.layer, max(0, len(self.tree.fs.tables) - 1))
        self.aggregate = earlier.aggregate
        self._searching = self._matched = None
        del self._shown, self.rows
        self._view = self._make_view()
        self._refilter()

    def node_of_path(self, path: bytes) -> int | None:
        """The node of a path, ``None`` where no layer places it."""
        paths = self.tree.paths
        node = bisect_left(paths, path_order(path), key=path_order)
        return node if node < len(paths) and paths[node] == path else None

    # ------------------------------------------------------------------ outcome

    @property
    def expansion(self) -> Expansion:
        """Which directories are open.

        What a search finds must be seen, so it starts with everything open,
        and leaves alone what was open before.
        """
        if not self.text:
            return self._browsing
        if self._searching is None:
            self._searching = Expansion(len(self.tree))
            self._searching.set_all(Opening.ALL)
        return self._searching

    @property
    def is_filtered(self) -> bool:
        return bool(self.text) or self.kinds != ALL_KINDS

    @property
    def total(self) -> tuple[int, int]:
        """Files and bytes of all that is shown or would be, were everything open."""
        return self._shown.files(0), self._shown.size[0]

    @property
    def removed(self) -> tuple[int, int]:
        """Files and bytes that the shown changes removed."""
        return self._shown.removed()

    @property
    def scale(self) -> int:
        """The bytes that fill a bar: all that is there, or all that went if that is more."""
        if self._scale is None:
            self._scale = max(self._shown.size[0], self._shown.removed()[1])
        return self._scale

    def entry(self, item: int) -> Entry | None:
        """The decoded version behind an item; ``None`` for a directory that no layer lists."""
        version = self.rows.view.version[item]
        return None if version == ABSENT else self.tree.fs.entry(version)

    def link_target(self, item: int, entry: Entry | None) -> tuple[str, bytes] | None:
        """What an item leads to: ``symlink`` or ``hardlink``, and the target."""
        same = self.rows.view.same.get(item)
        if same is not None:
            return "hardlink", self.tree.paths[same]
        if entry is not None and entry.kind == "symlink":
            return "symlink", entry.target or b""
        return None

    # ------------------------------------------------------------------ making

    def _make_view(self) -> View:
        if not self.tree.fs.tables:
            return aggregate_view(self.tree, self._standing.go_to(-1), -1)
        make = aggregate_view if self.aggregate else changes_view
        return make(self.tree, self._standing.go_to(self.layer), self.layer)

    def _refilter(self) -> None:
        view = self._view
        flags: bytes | bytearray | None = None
        if self.text:
            if self._matched is None:
                self._matched = view.matching(self.text)
            flags = self._matched
        if self.kinds != ALL_KINDS:
            of_kinds = view.of_kinds(self.kinds)
            if flags is None:
                flags = of_kinds
            else:
                # As one long number each, all items are combined at once.
                both = int.from_bytes(flags, "little") & int.from_bytes(of_kinds, "little")
                flags = both.to_bytes(len(view), "little")
        self._shown = view if flags is None else view.only(flags)
        self.rows = self._make_rows()

    def _make_rows(self) -> Rows:
        self._scale = None
        return Rows(
            self._shown,
            self.expansion,
            sort=self.sort,
            reverse=self.reverse,
            fold=self.fold,
        )
