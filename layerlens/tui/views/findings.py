"""The view of findings: evidence, fix and saving, and the image without what is ticked."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget

from layerlens.analysis.rules.findings import Finding
from layerlens.tui.viewmodel.findings import Findings, page, why_none
from layerlens.tui.viewmodel.page import Fact, Page, safe_lines
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.views.base import View
from layerlens.tui.widgets.line_list import LineList
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableList
from layerlens.tui.widgets.what_if import WhatIfPanel


class FindingsView(View):
    """A table of findings, a page about one, and the panel of what is ticked."""

    TITLE = "Findings"

    SCOPED_CSS = False  # the layout follows the width of the screen
    DEFAULT_CSS = """
    #findings-body { height: 1fr; layout: vertical; }
    #findings { height: 45%; min-height: 5; }
    #finding { height: 1fr; }
    .-wide #findings-body { layout: horizontal; }
    .-wide #findings { width: 56%; height: 1fr; }
    .-wide #finding { width: 1fr; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", id="findings.tick", key_display="Space",
                tooltip="Tick or untick: what if it were mended? (goes on to the next)"),
        Binding("A", "tick_advised", "Advised", id="findings.tick_advised",
                tooltip="Tick all plain advice about bytes, and nothing else"),
        Binding("N", "untick_all", "Untick all", show=False, id="findings.untick_all",
                tooltip="Tick nothing"),
        Binding("enter", "go_in", "Paths", id="findings.paths",
                tooltip="Into the paths of the finding; there: show the path in the tree"),
        Binding("right,l", "focus_page", "Into", show=False, id="findings.into",
                tooltip="Into the page about the finding"),
        Binding("left,h", "focus_table", "Out", show=False, id="findings.out",
                tooltip="Back to the table"),
        Binding("t", "cycle_threshold", "Severity", id="findings.threshold",
                tooltip="Show only what is at least so severe; one severity more each time"),
        Binding("b", "cycle_whose", "Base/yours", show=False, id="findings.whose",
                tooltip="Base and yours, only yours, only the base's"),
        Binding("o", "toggle_plain", "Plain advice", show=False, id="findings.plain",
                tooltip="Only plain advice, or alternatives, hints and trade-offs too"),
        Binding("S", "sort('severity')", "Worst", show=False, id="findings.sort_severity",
                tooltip="Sort by severity, then by saving; again to reverse"),
        Binding("s", "sort('size')", "Size", show=False, id="findings.sort_size",
                tooltip="Sort by saving; again to reverse"),
        Binding("n", "sort('rule')", "Name", show=False, id="findings.sort_rule",
                tooltip="Sort by the rule's name; again to reverse"),
        Binding("C", "sort('count')", "Count", show=False, id="findings.sort_count",
                tooltip="Sort by the number of paths; again to reverse"),
        Binding("L", "sort('layer')", "Layer", show=False, id="findings.sort_layer",
                tooltip="Sort by layer; again to reverse"),
    ]  # fmt: skip

    def __init__(self, session: Session, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(session, id=id)
        self._findings = Findings(session.analysis, session.marks)
        self._table = TableList(self._findings.table, id="findings")
        self._page = PageList(id="finding")
        self._what_if = WhatIfPanel(id="what-if")
        self._shown: Finding | None = None

    def compose(self) -> ComposeResult:
        with Container(id="findings-body"):
            yield self._table
            yield self._page
        yield self._what_if

    def on_mount(self) -> None:
        self._rows_changed()
        self._what_if.show(self._findings.outlook)

    @classmethod
    def note(cls, session: Session) -> str:
        found = session.analysis.findings
        return f"{len(found):,}" if found else ""

    def panes(self) -> list[Widget]:
        """The table, then the page."""
        return [self._table.lines, self._page]

    def adopt(self, session: Session) -> None:
        before = self._finding
        self.session = session
        self._findings.adopt(session.analysis, session.marks)
        same = [
            finding
            for finding in self._findings.table.rows
            if before is not None
            and (finding.rule.id, finding.title, finding.layer)
            == (before.rule.id, before.title, before.layer)
        ]
        self._rows_changed(same[0] if same else None)
        self.marks_changed()

    @property
    def _finding(self) -> Finding | None:
        row: Finding | None = self._table.row
        return row

    def subject(self) -> Subject | None:
        place = self._page.place if self._page.has_focus else None
        if place is not None:
            return Subject(place.path, place.version, place.layer, removed=place.removed)
        finding = self._finding
        return None if finding is None else Subject(layer=finding.layer, finding=finding)

    def copy_text(self) -> str | None:
        finding = self._finding
        if finding is None or not finding.fix:
            return None
        return safe_lines(finding.fix, len(finding.fix))

    def marks_changed(self) -> None:
        self._table.lines.refresh()
        self._what_if.show(self._findings.outlook)

    # ------------------------------------------------------------------ rows

    def _rows_changed(self, row: Finding | None = None) -> None:
        self._table.rows_changed(row)
        self._table.set_class(self._findings.is_filtered, "-filtered")
        self._table.border_title = self._findings.title
        self._title_order()
        self._show_page(anew=True)
        self.post_message(self.Changed())

    @on(TableList.Sorted)
    def _title_order(self) -> None:
        self._table.border_subtitle = self._findings.order

    @on(LineList.Moved)
    def _moved(self, event: LineList.Moved) -> None:
        event.stop()
        if event.lines is self._table.lines:
            self._show_page()

    def _show_page(self, *, anew: bool = False) -> None:
        finding = self._finding
        if finding is self._shown and not anew:
            return
        self._shown = finding
        if finding is not None:
            self._page.show(page(self.session.analysis, finding))
            return
        analysis = self.session.analysis
        none = why_none(analysis, reading=self.session.reading) or (
            "Nothing matches.", "Esc shows everything.",
        )  # fmt: skip
        self._page.show(Page([Fact("", none[0], "title"), *(Fact("", each) for each in none[1:])]))

    # ------------------------------------------------------------------ ticking

    def action_tick(self) -> None:
        finding = self._finding
        if finding is None:
            return
        self._findings.tick(finding)
        self.marks_changed()
        if not self._page.has_focus:
            self._table.lines.action_move(1)

    def action_tick_advised(self) -> None:
        if not self._findings.tick_advised():
            self.notify("there is no plain advice about bytes")
        self.marks_changed()

    def action_untick_all(self) -> None:
        self._findings.untick_all()
        self.marks_changed()

    # ------------------------------------------------------------------ paths

    def action_go_in(self) -> None:
        if self._page.has_focus:
            place = self._page.place
            if place is not None:
                self.post_message(self.ShowInTree(place.path, place.layer))
        elif self._finding is not None:
            self.screen.set_focus(self._page)
            self._page.to_first_place()

    @on(LineList.Chosen)
    def _chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        if event.lines is self._table.lines:
            self.screen.set_focus(self._table.lines)
        self.action_go_in()

    def action_focus_page(self) -> None:
        self.screen.set_focus(self._page)

    def action_focus_table(self) -> None:
        self.screen.set_focus(self._table.lines)

    # ------------------------------------------------------------------ choices

    def action_sort(self, column: str) -> None:
        self._table.sort_by(column)

    def action_cycle_threshold(self) -> None:
        finding = self._finding
        self._findings.cycle_threshold()
        self._rows_changed(finding)

    def action_cycle_whose(self) -> None:
        finding = self._finding
        self._findings.cycle_whose()
        self._rows_changed(finding)

    def action_toggle_plain(self) -> None:
        finding = self._finding
        self._findings.toggle_plain()
        self._rows_changed(finding)

    # ------------------------------------------------------------------ filter

    @property
    def searched(self) -> str:
        return self._findings.table.text

    def search(self, text: str) -> None:
        finding = self._finding
        self._findings.search(text)
        self._rows_changed(finding)

    def back(self) -> bool:
        if self._page.has_focus:
            self.action_focus_table()
            return True
        if not self._findings.is_filtered:
            return False
        finding = self._finding
        self._findings.clear_filters()
        self._rows_changed(finding)
        return True
