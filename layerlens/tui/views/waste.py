"""The view of waste: the ledger, worst first, and the way down to paths."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from layerlens.filesystem.changes import Cause
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import clip, clip_start, plural, safe_text, size
from layerlens.tui.viewmodel.wastebrowser import WasteBrowser
from layerlens.tui.viewmodel.wastedetails import dead_version, told
from layerlens.tui.viewmodel.wastelevels import FilesLevel, Ledger, row_text
from layerlens.tui.viewmodel.wasterows import By, Claim, ClassRow, Group, LayerShare, Row
from layerlens.tui.viewmodel.whose import Whose
from layerlens.tui.views.base import Wanted
from layerlens.tui.views.levelled import LevelledView


class WasteView(LevelledView[WasteBrowser]):
    """Owns what a :class:`WasteBrowser` shows."""

    TITLE = "Waste"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,right,l", "open", "Open", id="waste.open",
                tooltip="Go into the row; on a path: show it in the tree where it was lost"),
        Binding("left,h,backspace", "up", "Up", id="waste.up",
                tooltip="Go up to where you came from"),
        Binding("a", "flat", "All paths", id="waste.flat",
                tooltip="List all paths of what is shown, the worst first"),
        Binding("o", "regroup", "Group", id="waste.group",
                tooltip="Put files together by layer or by directory, or list them one by one"),
        Binding("b", "side", "Base/yours", show=False, id="waste.side",
                tooltip="Count all layers, the base's only, yours only"),
        Binding("t", "show_lost", "In the tree", show=False, id="waste.tree_lost",
                tooltip="Show the path in the tree of the layer that lost it"),
        Binding("T", "show_added", "Where it came in", show=False, id="waste.tree_added",
                tooltip="Show the path in the tree of the layer that brought it"),
        Binding("s,S", "sort('size')", "Size", show=False, id="waste.sort_size",
                tooltip="Sort by bytes; again to reverse"),
        Binding("n", "sort('name')", "Name", show=False, id="waste.sort_name",
                tooltip="Sort by name; again to reverse"),
        Binding("C", "sort('count')", "Count", show=False, id="waste.sort_count",
                tooltip="Sort by number of files; again to reverse"),
        Binding("M", "sort('cause')", "Change", show=False, id="waste.sort_cause",
                tooltip="Sort paths by what became of them; again to reverse"),
        Binding("L", "sort('layer')", "Layer", show=False, id="waste.sort_layer",
                tooltip="Sort by layer; again to reverse"),
        Binding("i", "toggle_details", "Details", show=False, id="waste.details",
                tooltip="Show or hide the details"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, WasteBrowser(session.analysis, session.marks), "waste", id=id)

    @classmethod
    def note(cls, session: Session) -> str:
        scores = session.analysis.scores
        waste = scores.dead_bytes + scores.removable_bytes
        return size(waste) if waste else ""

    def adopt(self, session: Session) -> None:
        self.session = session
        line = self._list.lines.cursor
        self._browser.adopt(session.analysis, session.marks)
        self._shown()
        self._list.lines.cursor = line

    # ------------------------------------------------------------------ the cursor

    @property
    def _row(self) -> Row | None:
        row: Row | None = self._list.row
        return row

    def subject(self) -> Subject | None:
        row, fs = self._row, self.session.analysis.filesystem
        if isinstance(row, LayerShare):
            return Subject(layer=row.layer)
        if isinstance(row, Claim):
            found = row.finding
            return None if found is None else Subject(layer=found.layer, finding=found)
        if isinstance(row, Group):
            if isinstance(row.key, int):
                return Subject(layer=row.key)
            return Subject(path=row.key.rstrip(b"/"))
        if isinstance(row, int):
            files = self._browser.image.files
            return Subject(path=files.path(row), version=row, layer=files.came(row))
        if row is None or isinstance(row, ClassRow):
            return None
        return Subject(
            path=row.path,
            version=dead_version(fs, row),
            layer=row.lost_in,
            removed=row.cause in (Cause.DELETED, Cause.OPAQUE),
        )

    def copy_text(self) -> str | None:
        row = self._row
        return None if row is None else row_text(self._browser.image, row)

    def tell(self) -> None:
        row = self._row
        if row is None:
            searched = bool(self.wanted.text)
            self._details.show(
                "", "Nothing matches; Esc shows everything." if searched else "Nothing here.", []
            )
            return
        self._details.show(*told(self.session.analysis, self._browser.image.files, row))

    # ------------------------------------------------------------------ levels

    def open_line(self) -> None:
        row = self._row
        if row is None:
            return
        if self._browser.enter(row):
            self._shown()
        elif isinstance(row, LayerShare):
            self.post_message(self.ShowInTree(b"", row.layer))
        else:
            self.action_show_lost()

    def back(self) -> bool:
        if self._browser.is_down:
            self.action_up()
            return True
        if self._browser.side is not Whose.ALL:
            self._browser.show_side(Whose.ALL)
            self._shown()
            return True
        return False

    def action_flat(self) -> None:
        if self._browser.flat():
            self._shown()

    def action_regroup(self) -> None:
        if self._browser.regroup():
            self._shown()

    def action_side(self) -> None:
        if not self.session.analysis.base.layers:
            self.notify("no base image is known: all layers count as yours")
            return
        line = self._list.lines.cursor
        self._browser.next_side()
        self._shown()
        self._list.lines.cursor = line

    def action_show_lost(self) -> None:
        self._show_in_tree(lost=True)

    def action_show_added(self) -> None:
        self._show_in_tree(lost=False)

    def _show_in_tree(self, *, lost: bool) -> None:
        """A dead path in the layer that lost it, or that brought it; a live one in its layer."""
        row = self._row
        if isinstance(row, int):
            files = self._browser.image.files
            self.post_message(self.ShowInTree(files.path(row), files.came(row)))
        elif isinstance(row, Group | LayerShare | Claim):
            found = self.subject()
            if found is not None:
                self.post_message(self.ShowInTree(found.path or b"", found.layer))
        elif row is not None and not isinstance(row, ClassRow):
            self.post_message(self.ShowInTree(row.path, row.lost_in if lost else row.added_in))

    # ------------------------------------------------------------------ titles

    def title(self) -> None:
        """Above the table where one is, below it what it adds up to."""
        browser, level = self._browser, self._browser.level
        room = max(10, self.size.width - 6) if self.size else 1000
        self._list.border_title = Text(clip_start(browser.trail(), room))
        self._list.set_class(bool(level.text) or browser.side is not Whose.ALL, "-filtered")
        parts = []
        if isinstance(level, Ledger):
            if self.session.analysis.judged is None:
                when = "rules run at the end" if self.session.reading else "rules did not run"
                parts.append(f"{when}: dead bytes only")
        else:
            what = plural(level.count, "file") if level.of_files else plural(level.count, "layer")
            parts.append(f"{what}, {size(level.sum)}")
            if isinstance(level, FilesLevel) and level.by is not By.PATH:
                parts.append(level.by.value)
        if self.session.analysis.partial is not None:
            parts.insert(0, "only what was read")
        if browser.side is not Whose.ALL:
            parts.append("base only" if browser.side is Whose.BASE else "yours only")
        parts.append(f"by {browser.table.order}{' ↑' if browser.table.reverse else ''}")
        if level.text:
            parts.insert(0, f"with {safe_text(level.text, 40)}")
        self._list.border_subtitle = Text(clip(" · ".join(parts), room))

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        return self._browser.level.filter

    def search(self, text: str, match: Match | None = None) -> None:
        wanted, row = self.wanted, self._row
        if (text, match or wanted.match) != (wanted.text, wanted.match):
            self._browser.level.search(text, match)
            self._shown(row)

    def counted(self) -> str:
        return self._browser.level.matched
