"""The view of packages: how many bytes each takes, which layer brought it, and why."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from layerlens.tui.viewmodel.packages import Packages, Row
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.views.table_page import TablePageView, page_bindings


class PackagesView(TablePageView):
    """A table of packages, and a page about one with its files."""

    TITLE = "Packages"
    TABLE_ID = "packages"
    PAGE_ID = "package"

    BINDINGS: ClassVar[list[BindingType]] = [
        *page_bindings("packages", "files"),
        Binding("s", "sort('size')", "Size", show=False, id="packages.sort_size",
                tooltip="Sort by size; again to reverse"),
        Binding("e", "cycle_ecosystem", "Ecosystem", id="packages.ecosystem",
                tooltip="Show all ecosystems, or one after the other"),
        Binding("b", "cycle_whose", "Base/yours", id="packages.whose",
                tooltip="Show base and yours, only yours, only the base's"),
        Binding("n", "sort('name')", "Name", show=False, id="packages.sort_name",
                tooltip="Sort by name; again to reverse"),
        Binding("C", "sort('count')", "Count", show=False, id="packages.sort_count",
                tooltip="Sort by the number of files; again to reverse"),
        Binding("E", "sort('kind')", "By ecosystem", show=False, id="packages.sort_ecosystem",
                tooltip="Sort by ecosystem; again to reverse"),
        Binding("L", "sort('layer')", "Layer", show=False, id="packages.sort_layer",
                tooltip="Sort by the layer that brought it; again to reverse"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        self._packages = Packages(session)
        super().__init__(session, self._packages, id=id)

    @classmethod
    def note(cls, session: Session) -> str:
        found = session.analysis.inventory.packages
        return f"{len(found):,}" if found else ""

    def subject(self) -> Subject | None:
        place = self.place_subject()
        if place is not None:
            return place
        row: Row | None = self.row
        return None if row is None else Subject(layer=row.layer)

    def copy_text(self) -> str | None:
        """The package URL."""
        row: Row | None = self.row
        return None if row is None else self._packages.purl(row) or None

    def action_cycle_ecosystem(self) -> None:
        row = self.row
        self._packages.cycle_ecosystem()
        self.rows_changed(row)

    def action_cycle_whose(self) -> None:
        row = self.row
        self._packages.cycle_whose()
        self.rows_changed(row)
