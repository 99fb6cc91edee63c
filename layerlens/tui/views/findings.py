"""The view of findings: evidence, fix and saving, and the image without what is ticked."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from layerlens.analysis.rules.findings import Finding
from layerlens.tui.viewmodel.findings import Findings
from layerlens.tui.viewmodel.page import safe_lines
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.subject import Subject
from layerlens.tui.views.table_page import TablePageView, page_bindings
from layerlens.tui.widgets.what_if import WhatIfPanel


class FindingsView(TablePageView):
    """A table of findings, a page about one, and the panel of what is ticked."""

    TITLE = "Findings"
    TABLE_ID = "findings"
    PAGE_ID = "finding"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "tick", "Tick", id="findings.tick", key_display="Space",
                tooltip="Tick or untick: what if it were mended? (goes on to the next)"),
        Binding("A", "tick_advised", "Advised", id="findings.tick_advised",
                tooltip="Tick all plain advice about bytes, and nothing else"),
        Binding("N", "untick_all", "Untick all", show=False, id="findings.untick_all",
                tooltip="Tick nothing"),
        *page_bindings("findings", "paths"),
        Binding("t", "cycle_threshold", "Severity", show=False, id="findings.threshold",
                tooltip="Show only what is at least so severe; one severity more each time"),
        Binding("b", "cycle_whose", "Base/yours", show=False, id="findings.whose",
                tooltip="Show base and yours, only yours, only the base's"),
        Binding("o", "toggle_plain", "Plain advice", show=False, id="findings.plain",
                tooltip="Show only plain advice, or alternatives, hints and trade-offs too"),
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
        self._findings = Findings(session)
        super().__init__(session, self._findings, id=id)
        self._what_if = WhatIfPanel(id="what-if")

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield self._what_if

    def on_mount(self) -> None:
        self._what_if.show(self._findings.outlook)

    @classmethod
    def note(cls, session: Session) -> str:
        found = session.analysis.findings
        return f"{len(found):,}" if found else ""

    def adopt(self, session: Session) -> None:
        super().adopt(session)
        self.marks_changed()

    def subject(self) -> Subject | None:
        place = self.place_subject()
        if place is not None:
            return place
        finding: Finding | None = self.row
        return None if finding is None else Subject(layer=finding.layer, finding=finding)

    def copy_text(self) -> str | None:
        """The fix."""
        finding: Finding | None = self.row
        if finding is None or not finding.fix:
            return None
        return safe_lines(finding.fix, len(finding.fix))

    # ------------------------------------------------------------------ ticking

    def marks_changed(self) -> None:
        super().marks_changed()
        self._what_if.show(self._findings.outlook)

    def action_tick(self) -> None:
        finding: Finding | None = self.row
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

    # ------------------------------------------------------------------ choices

    def action_cycle_threshold(self) -> None:
        finding = self.row
        self._findings.cycle_threshold()
        self.rows_changed(finding)

    def action_cycle_whose(self) -> None:
        finding = self.row
        self._findings.cycle_whose()
        self.rows_changed(finding)

    def action_toggle_plain(self) -> None:
        finding = self.row
        self._findings.toggle_plain()
        self.rows_changed(finding)
