"""What the user is looking at: layers, their changes or the aggregate, filtered and sorted.

The only state of the tree pane.  It keeps one view (and one filtered view) at
a time, so memory does not grow with the number of layers visited.
"""

from __future__ import annotations

from array import array

from layerlens.analysis.model import Analysis
from layerlens.filesystem.changes import Entry
from layerlens.tui.viewmodel.columns import both
from layerlens.tui.viewmodel.makeviews import aggregate_view, changes_view
from layerlens.tui.viewmodel.matching import Match, Matcher, PatternError, Spans, matcher
from layerlens.tui.viewmodel.pathtree import ABSENT, PathTree, Standing
from layerlens.tui.viewmodel.rows import Expansion, Opening, Rows, SortBy
from layerlens.tui.viewmodel.views import ChangeKind, View
from layerlens.tui.viewmodel.waste import stops
from layerlens.tui.viewmodel.whose import Whose

ALL_KINDS = frozenset(ChangeKind)


class Browser:
    """Holds the choice of what to show; ``rows`` is the outcome.

    ``layer`` is the one that is looked at, or the last one of a range that
    begins with ``since`` (``None``: a single layer).  ``text`` is the search
    as it was typed, ``match`` how it is to be read, and ``problem`` says why
    it cannot be used: then what was found before is still shown.

    Making one takes the time to number all paths: do it where waiting is fine.
    """

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.tree = PathTree(analysis.filesystem)
        self._standing = Standing(self.tree)
        self._browsing = Expansion()
        self._searching: Expansion | None = None
        self.layer = 0
        self.since: int | None = None
        self.aggregate = False
        self.sort = SortBy.SIZE
        self.reverse = False
        self.fold = True
        self.kinds: frozenset[ChangeKind] = ALL_KINDS
        self.whose = Whose.ALL
        self.text = ""
        self.match = Match.GLOB
        self.problem: str | None = None
        self._matcher: Matcher | None = None
        self._view = self._make_view()
        self._matched: bytearray | None = None
        self._scale: int | None = None
        self._stops: array[int] | None = None
        self._places: dict[int, int] = {}
        self._shown = self._view
        self.rows = self._make_rows()

    # ------------------------------------------------------------------ choices

    def show(
        self,
        *,
        layer: int | None = None,
        since: int | None = None,
        aggregate: bool | None = None,
    ) -> None:
        """Look at another layer or range of layers, or at changes instead of the aggregate.

        ``layer`` alone is that layer; with ``since`` it is all from one to the
        other, whichever is lower; ``since`` alone makes a range of the layer
        that is shown.
        """
        if layer is None:
            layer = self.layer
            since = self.since if since is None else since
        since = layer if since is None else since
        since, layer = min(since, layer), max(since, layer)
        first = since if since < layer else None
        aggregate = self.aggregate if aggregate is None else aggregate
        if (layer, first, aggregate) == (self.layer, self.since, self.aggregate):
            return
        self.layer, self.since, self.aggregate = layer, first, aggregate
        # Free the old one first: two of a million items need not exist at once.
        del self._view, self._shown, self.rows
        self._matched = None
        self._view = self._make_view()
        self._refilter()

    def sort_by(self, sort: SortBy) -> None:
        """Choose an order; the same order again reverses it."""
        self.reverse = not self.reverse if sort is self.sort else False
        self.sort = sort
        self.rows = self._make_rows()

    def search(self, text: str, match: Match | None = None) -> None:
        """Show only what matches, and what leads there; ``""`` shows all.

        ``match`` is how the text is to be read, now and later.  A pattern that
        cannot be used sets ``problem`` and leaves everything else as it is.
        """
        match = self.match if match is None else match
        if (text, match) == (self.text, self.match):
            return
        self.text, self.match, self.problem = text, match, None
        try:
            found = matcher(text, match) if text else None
            matched = found.select(self._view) if found else None
        except PatternError as error:
            self.problem = str(error)
            return
        self._matcher, self._matched = found, matched
        self._searching = None
        self._refilter()

    def toggle_kind(self, kind: ChangeKind) -> None:
        """Show or hide one kind of change."""
        self.kinds ^= {kind}
        self._refilter()

    def set_whose(self, whose: Whose) -> None:
        """Show all, or only what comes from the base image's layers or from yours."""
        self.whose = whose
        self._refilter()

    def clear_filters(self) -> None:
        """Show everything again."""
        self._searching = self._matcher = self._matched = self.problem = None
        self.kinds, self.whose, self.text = ALL_KINDS, Whose.ALL, ""
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

    def open_level(self) -> None:
        """Open every closed directory that has a row: one level more."""
        rows = self.rows
        for item in rows.items:
            if rows.can_open(item):
                self.expansion.say(item, is_open=True)
        self.rows = self._make_rows()

    def close_siblings(self, index: int) -> int:
        """Close the directories beside the one at an index; returns its new index."""
        return self.rows.close_siblings(index)

    # ------------------------------------------------------------------ going places

    def node_of_path(self, path: bytes) -> int | None:
        """The node of a path without a leading slash, if any layer places it."""
        return self.tree.node_of_path(path)

    def reveal(self, node: int) -> int | None:
        """Open the directories above a node; returns its row, ``None`` where it is not shown."""
        return self.rows.reveal(node)

    def find_version(self, version: int) -> tuple[int, int] | None:
        """The layer whose changes show a version of the filesystem, and its node.

        ``None`` for one that no layer's view shows: a marker, or an entry that
        a later one of the same layer replaced.
        """
        node = self.tree.node_of[version]
        return None if node == ABSENT else (self.tree.fs.layer_of(version), node)

    def next_waste(self, node: int | None, *, forward: bool = True) -> int | None:
        """The node with the next greatest waste after the one at or above a node.

        Starts with the greatest where there is none, and again after the last;
        backwards it is the other way round.  Its row is there afterwards.
        ``None`` where nothing that is shown has waste.  See :func:`.waste.stops`.
        """
        if self._stops is None:
            self._stops = stops(self._shown)
            self._places = {stop: k for k, stop in enumerate(self._stops)}
        if not self._stops:
            return None
        following = 0 if forward else -1
        while node:
            place = self._places.get(node)
            if place is not None:
                following = place + (1 if forward else -1)
                break
            node = self.tree.parent[node]
        found = self._stops[following % len(self._stops)]
        self.reveal(found)
        return found

    def resume(self, earlier: Browser) -> None:
        """Show what another browser of the same image shows, as far as it is there."""
        self.fold, self.sort, self.reverse = earlier.fold, earlier.sort, earlier.reverse
        self.kinds, self.whose = earlier.kinds, earlier.whose
        self.text, self.match, self.problem = earlier.text, earlier.match, earlier.problem
        self._matcher = earlier._matcher
        self._browsing.opening = earlier._browsing.opening
        for node, is_open in earlier._browsing.said.items():
            here = self.node_of_path(earlier.tree.paths[node])
            if here is not None:
                self._browsing.say(here, is_open=is_open)
        self.layer = min(earlier.layer, max(0, len(self.tree.fs.tables) - 1))
        self.aggregate = earlier.aggregate
        since = earlier.since
        self.since = since if since is not None and since < self.layer else None
        self._searching = self._matched = None
        del self._shown, self.rows
        self._view = self._make_view()
        self._refilter()

    # ------------------------------------------------------------------ outcome

    @property
    def expansion(self) -> Expansion:
        """Which directories are open.

        What a search finds must be seen, so it starts with everything open,
        and leaves alone what was open before.
        """
        if self._matcher is None:
            return self._browsing
        if self._searching is None:
            self._searching = Expansion(Opening.ALL)
        return self._searching

    @property
    def is_filtered(self) -> bool:
        return (
            bool(self.text)
            or self._matcher is not None
            or self.kinds != ALL_KINDS
            or self.whose is not Whose.ALL
        )

    @property
    def total(self) -> tuple[int, int]:
        """Files and bytes of all that is shown or would be, were everything open."""
        return self._shown.files(0), self._shown.size(0)

    @property
    def removed(self) -> tuple[int, int]:
        """Files and bytes that the shown changes removed."""
        return self._shown.removed()

    @property
    def matched(self) -> tuple[int, int]:
        """Files and bytes of what the filters let through, removed or not, each inode once."""
        (files, total), (gone, lost) = self.total, self.removed
        return files + gone, total + lost

    @property
    def waste(self) -> int:
        """Dead bytes of all that is shown."""
        return self._shown.waste(0)

    @property
    def scale(self) -> int:
        """The bytes that fill a bar: all that is there, or all that went if that is more."""
        if self._scale is None:
            self._scale = max(self._shown.size(0), self._shown.removed()[1])
        return self._scale

    def spans(self, label: str) -> Spans:
        """Where the search shows in a label, as (start, end), in order and apart."""
        return [] if self._matcher is None else self._matcher.spans(label)

    def entry(self, node: int) -> Entry | None:
        """The decoded version behind a node; ``None`` for a directory that no layer lists."""
        version = self.rows.view.version(node)
        return None if version == ABSENT else self.tree.fs.entry(version)

    def link_target(self, node: int, entry: Entry | None) -> tuple[str, bytes] | None:
        """What a node leads to: ``symlink`` or ``hardlink``, and the target."""
        same = self.rows.view.same.get(node)
        if same is not None:
            return "hardlink", self.tree.paths[same]
        if entry is not None and entry.kind == "symlink":
            return "symlink", entry.target or b""
        return None

    # ------------------------------------------------------------------ making

    def _make_view(self) -> View:
        if not self.tree.fs.tables:
            return aggregate_view(self._standing, -1)
        make = aggregate_view if self.aggregate else changes_view
        return make(self._standing, self.layer, self.since)

    def _refilter(self) -> None:
        view = self._view
        selections: list[bytes | bytearray] = []
        if self._matcher is not None:
            if self._matched is None:
                try:
                    self._matched = self._matcher.select(view)
                except PatternError as error:  # it was fast enough for another view
                    self.problem = str(error)
                    self._matched = bytearray(len(self.tree))
            selections.append(self._matched)
        if self.kinds != ALL_KINDS:
            selections.append(view.of_kinds(self.kinds))
        if self.whose is not Whose.ALL:
            selections.append(view.of(self.whose, self.analysis.base.layers))
        if selections:
            flags = selections[0]
            for other in selections[1:]:
                flags = both(flags, other)
            view = view.only(flags)
        self._shown = view
        self.rows = self._make_rows()

    def _make_rows(self) -> Rows:
        self._scale = self._stops = None
        self._places = {}
        return Rows(
            self._shown,
            self.expansion,
            sort=self.sort,
            reverse=self.reverse,
            fold=self.fold,
        )
