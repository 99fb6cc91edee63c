"""Walks all levels of the waste view and checks that they add up."""

from __future__ import annotations

from layerlens.analysis.model import Analysis, Waste
from layerlens.tui.viewmodel.wastebrowser import WasteBrowser
from layerlens.tui.viewmodel.wastelevels import FilesLevel, Findings, Ledger, Level
from layerlens.tui.viewmodel.wasterows import Row
from layerlens.tui.viewmodel.whose import Whose


def row_bytes(browser: WasteBrowser, row: Row) -> int:
    if isinstance(row, int):
        return browser.image.files.size(row)
    return row.bytes


def check_sums(analysis: Analysis) -> int:
    """Each level adds up to the row that opened it, whatever is counted; gives levels seen."""
    seen = 0
    for side in Whose:
        browser = WasteBrowser(analysis)
        browser.show_side(side)
        total = analysis.scores.total_bytes
        base = sum(layer.size for layer in analysis.layers[: analysis.base.layers])
        whole = {Whose.ALL: total, Whose.BASE: base, Whose.YOURS: total - base}[side]
        assert browser.level.sum == whole
        assert sum(row_bytes(browser, row) for row in browser.table.rows[:-1]) == whole
        assert row_bytes(browser, browser.table.rows[-1]) == whole
        seen += _walk(browser, 0)
        if browser.flat():
            dead = [row for row in analysis.waste if _counts(analysis, row, side)]
            assert browser.table.rows == sorted(dead, key=lambda row: -row.bytes)
    return seen


def _counts(analysis: Analysis, row: Waste, side: Whose) -> bool:
    return side is Whose.ALL or (row.added_in < analysis.base.layers) == (side is Whose.BASE)


def _walk(browser: WasteBrowser, depth: int) -> int:
    assert depth < 60, "a level that leads to itself"
    seen = 1
    level = browser.level
    for _ in range(len(level.choices) if isinstance(level, FilesLevel) else 1):
        if not isinstance(level, Ledger):
            assert sum(row_bytes(browser, row) for row in browser.table.rows) == level.sum
        for row in list(browser.table.rows):
            if browser.enter(row):
                assert browser.level.sum == row_bytes(browser, row)
                assert _narrower(level, browser.level)
                seen += _walk(browser, depth + 1)
                assert browser.up() is row
        if isinstance(level, FilesLevel):
            level.regroup()
    return seen


def _narrower(above: Level, below: Level) -> bool:
    """Whether one gets on: a level has fewer files, or fewer ways to put them together."""
    if not isinstance(above, FilesLevel) or not isinstance(below, FilesLevel):
        return not isinstance(below, Findings) or isinstance(above, Ledger)
    fewer = len(below.leaves) < len(above.leaves) or len(below.choices) < len(above.choices)
    return fewer or below.by is not above.by
