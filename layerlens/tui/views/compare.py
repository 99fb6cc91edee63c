"""The view of a comparison: what both images weigh, and the way down to what differs."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from layerlens.tui.viewmodel.comparebrowser import CompareBrowser
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import Compared
from layerlens.tui.viewmodel.comparepaths import Way
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.viewmodel.text import clip, clip_start, safe_text
from layerlens.tui.views.base import Wanted
from layerlens.tui.views.levelled import LevelledView
from layerlens.units import human_change


class CompareView(LevelledView[CompareBrowser]):
    """Owns what a :class:`CompareBrowser` shows; there is none where nothing is compared."""

    TITLE = "Compare"
    SIGNS: ClassVar[list[tuple[str, str]]] = [
        ("+ -", "only the new image has it; only the old one"),
        ("~", "both have it, and it differs"),
        ("→", "the same content at another path"),
        ("= ·", "the same layer in both; a directory in which several things differ"),
    ]

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,right,l", "open", "Open", id="compare.open",
                tooltip="Go into the row; on a path: its difference, or its content"),
        Binding("left,h,backspace", "up", "Up", id="compare.up",
                tooltip="Go up to where you came from"),
        Binding("a", "flat", "All paths", id="compare.flat",
                tooltip="List all paths of what is shown, the largest change first"),
        Binding("t", "show_in_tree", "In the tree", id="compare.tree",
                tooltip="Show the path or layer in the tree of the new image"),
        Binding("plus", "toggle_kind('added')", "Added", show=False, id="compare.added",
                tooltip="Show or hide what only the new image has"),
        Binding("minus", "toggle_kind('removed')", "Removed", show=False, id="compare.removed",
                tooltip="Show or hide what only the old image has"),
        Binding("tilde", "toggle_kind('changed')", "Changed", show=False, id="compare.changed",
                tooltip="Show or hide what both have and what differs"),
        Binding("greater_than_sign", "toggle_kind('moved')", "Moved", show=False, id="compare.moved",
                tooltip="Show or hide what stands at another path"),
        Binding("s,S", "sort('size')", "Change", show=False, id="compare.sort_size",
                tooltip="Sort by the change in bytes, whichever its sign; again to reverse"),
        Binding("n", "sort('name')", "Name", show=False, id="compare.sort_name",
                tooltip="Sort by name; again to reverse"),
        Binding("C", "sort('count')", "Count", show=False, id="compare.sort_count",
                tooltip="Sort by the number of paths; again to reverse"),
        Binding("M", "sort('kind')", "What", show=False, id="compare.sort_kind",
                tooltip="Sort by what became of it; again to reverse"),
        Binding("L", "sort('layer')", "Layer", show=False, id="compare.sort_layer",
                tooltip="Sort by layer; again to reverse"),
        Binding("i", "toggle_details", "Details", show=False, id="compare.details",
                tooltip="Show or hide the details"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, _browser(session), "compare", id=id)

    @classmethod
    def note(cls, session: Session) -> str:
        comparison = session.comparison
        return "" if comparison is None else human_change(comparison.size.change or 0)

    def adopt(self, session: Session) -> None:
        same = session.comparison is self.session.comparison
        self.session = session
        if same:
            self._browser.both.marks = session.marks
        else:
            self._browser = _browser(session)
        self._shown()

    # ------------------------------------------------------------------ the cursor

    def subject(self) -> Subject | None:
        row = self._list.row
        return None if row is None else self._browser.level.subject(row)

    def copy_text(self) -> str | None:
        row = self._list.row
        return None if row is None else self._browser.level.text(row)

    def tell(self) -> None:
        row = self._list.row
        if row is not None:
            self._details.show(*self._browser.level.told(row))
            return
        found = "Nothing here."
        if self._browser.both.hidden:
            found = "Nothing of the kinds that are shown; Esc shows all."
        if self.wanted.text:
            found = "Nothing matches; Esc shows everything."
        self._details.show("", found, [])

    # ------------------------------------------------------------------ levels

    def _shown_again(self, key: object) -> None:
        """Show other rows of the level, with the cursor on the one with a key."""
        self._shown(None if key is None else self._browser.row_of(key))

    def _key(self) -> object:
        row = self._list.row
        return None if row is None else self._browser.level.key(row)

    def open_line(self) -> None:
        row = self._list.row
        if row is None:
            return
        if self._browser.enter(row):
            self._shown()
            return
        found = self.subject()
        if found is None or found.path is None:
            self.action_show_in_tree()
        else:
            both = found.before is not None
            self.call_later(self.run_action, "screen.compare" if both else "screen.preview")

    def back(self) -> bool:
        key = self._key()
        if self._browser.show_all():
            self._shown_again(key)
            return True
        if self._browser.is_down:
            self.action_up()
            return True
        return False

    def action_flat(self) -> None:
        if self._browser.flat():
            self._shown()
        elif not isinstance(self._browser.level, Files):
            self.notify("go into the files first: they are listed one by one there")

    def action_show_in_tree(self) -> None:
        row = self._list.row
        if row is None:
            return
        place = self._browser.level.in_tree(row)
        if isinstance(place, str):
            self.notify(place)
        else:
            self.post_message(self.ShowInTree(*place))

    def action_toggle_kind(self, kind: str) -> None:
        if not isinstance(self._browser.level, Files):
            self.notify("that hides and shows paths: go into the files first")
            return
        key = self._key()
        self._browser.toggle(Way[kind.upper()])
        self._shown_again(key)

    # ------------------------------------------------------------------ titles

    def title(self) -> None:
        """Above the table where one is, below it what it adds up to."""
        browser, level = self._browser, self._browser.level
        room = max(10, self.size.width - 6) if self.size else 1000
        self._list.border_title = Text(clip_start(browser.trail(), room))
        hidden = browser.both.hidden if isinstance(level, Files) else frozenset()
        self._list.set_class(bool(level.filter.text or hidden), "-filtered")
        parts = [level.words()]
        if hidden:
            parts.append(f"without {', '.join(way.word for way in sorted(hidden))}")
        if browser.is_down:
            parts.append(f"by {_ORDERS.get(browser.table.order, browser.table.order)}"
                         f"{' ↑' if browser.table.reverse else ''}")  # fmt: skip
        if level.filter.text:
            parts.insert(0, f"with {safe_text(level.filter.text, 40)}")
        self._list.border_subtitle = Text(clip(" · ".join(parts), room))

    # ------------------------------------------------------------------ filter

    @property
    def wanted(self) -> Wanted:
        return self._browser.level.filter

    def search(self, text: str, match: Match | None = None) -> None:
        wanted, key = self.wanted, self._key()
        if (text, match or wanted.match) != (wanted.text, wanted.match):
            self._browser.level.search(text, match)
            self._shown_again(key)

    def counted(self) -> str:
        return self._browser.level.words()


_ORDERS = {"size": "change", "kind": "what became of it"}
"""What columns are called where one sorts by them."""


def _browser(session: Session) -> CompareBrowser:
    comparison, differing = session.comparison, session.differing
    assert comparison is not None
    assert differing is not None
    return CompareBrowser(Compared(comparison, differing, session.marks))
