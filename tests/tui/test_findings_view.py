"""The view of findings under a pilot: every key, ticking, what is shown, pictures."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from rich.text import Text
from textual.pilot import Pilot

from layerlens.analysis.model import Analysis
from layerlens.analysis.rules.model import Draft, RuleSet
from layerlens.tui.app import LayerLensApp
from layerlens.tui.reading import Whole
from layerlens.tui.screens.main import MainScreen
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.views.catalogue import VIEWS
from layerlens.tui.views.findings import FindingsView
from layerlens.tui.views.layers import LayersView
from layerlens.tui.widgets.file_tree import FileTree
from layerlens.tui.widgets.page_list import PageList
from layerlens.tui.widgets.table_list import TableHead, TableLines
from layerlens.tui.widgets.what_if import WhatIfPanel
from tests.builders import file
from tests.tui.piloting import TYPED, text_of, until, viewing
from tests.unit.outputs import samples
from tests.unit.tui.test_findings import many

KEY = str(VIEWS.index(FindingsView) + 1)


@pytest.fixture(scope="module")
def judged() -> Analysis:
    return samples.judged()


shown = partial(viewing, FindingsView)


def hints() -> Analysis:
    """One finding, about no bytes."""
    rules = RuleSet((samples._ROOT,), (lambda _context: [Draft("root-user")],))
    return samples.build([[file("a", b"x")]], rules=[rules])


def titles(view: FindingsView) -> list[str]:
    return [finding.rule.id for finding in view.query_one(TableLines).table.rows]


async def test_what_is_shown(judged: Analysis) -> None:
    async with shown(judged, (200, 40)) as (pilot, screen, view):
        text = text_of(pilot.app)
        assert f"{KEY} Findings 6" in text
        assert "!  high" in text
        assert "6 findings" in text
        assert "rule        package-lists (elsewhere DL3009)" in text
        assert "&& rm -rf /var/lib/apt/lists/big /var/lib/apt/lists/small" in text
        assert "by severity" in text
        assert view.query_one(WhatIfPanel).region.height == 0
        assert screen.focused is view.panes()[0]
        assert view.wanted.text == ""


async def test_ticking(judged: Analysis) -> None:
    async with shown(judged) as (pilot, screen, view):
        table, marks = view.query_one(TableLines), screen.session.marks
        await pilot.press("j", "space")
        assert table.cursor == 2, "on to the next"
        assert marks.findings == [table.table.rows[1]]
        text = text_of(pilot.app)
        assert "✓ " in text
        assert "What if 1 of 6 were mended" in text
        await pilot.press("k", "space")
        assert not marks.findings
        assert "What if" not in text_of(pilot.app)
        await pilot.press("A")
        assert marks.findings == judged.advised
        what = judged.what_if(judged.advised)
        assert f"{what.saved_bytes / 1e6:.1f} MB less" in text_of(pilot.app)
        await pilot.press("N")
        assert not marks.findings
        await until(pilot, lambda: view.query_one(WhatIfPanel).region.height == 0)
        await pilot.press("l", "space")
        assert len(marks.findings) == 1, "in the page too"
        assert view.query_one(PageList).has_focus


async def test_marks_of_others_move_the_figures(judged: Analysis) -> None:
    async with shown(judged) as (pilot, screen, view):
        screen.session.marks.toggle_finding(judged.findings[2])
        view.marks_changed()
        await pilot.pause()
        assert "What if 1 of 6" in text_of(pilot.app)


async def test_nothing_to_advise() -> None:
    async with shown(hints()) as (pilot, screen, view):
        await pilot.press("space", "A")
        told = [each.message for each in pilot.app._notifications]
        assert told == ["there is no plain advice about bytes"]
        assert screen.session.marks.findings == [view.row], "what was ticked stays"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40), (300, 100)])
async def test_the_panel_is_always_visible(judged: Analysis, size: tuple[int, int]) -> None:
    async with shown(judged, size) as (pilot, _screen, view):
        await pilot.press("A")
        await pilot.pause()
        text = text_of(pilot.app)
        for words in ("What if", "savings overlap", "size 63.5 MB", "lean", "efficiency"):
            assert words in " ".join(text.split())
        assert view.query_one(TableLines).region.height >= 2
        assert view.query_one(PageList).region.height >= 3


async def test_into_the_paths_and_on_to_the_tree(judged: Analysis) -> None:
    async with shown(judged) as (pilot, screen, view):
        await pilot.press("slash", *"big", "enter")
        await pilot.pause(TYPED)
        assert view.query_one(TableLines).has_focus
        finding = view.row
        subject = view.subject()
        assert subject is not None
        assert (subject.finding, subject.layer, subject.path) == (finding, 1, None)
        await pilot.press("enter")
        page = view.query_one(PageList)
        assert page.has_focus
        subject = view.subject()
        assert subject is not None
        version = judged.filesystem.live[b"var/lib/apt/lists/big"]
        assert (subject.path, subject.version, subject.layer, subject.removed) == (
            b"var/lib/apt/lists/big", version, 1, False,
        )  # fmt: skip
        await pilot.press("g")
        assert view.subject() is not None
        await pilot.press("enter")
        assert isinstance(screen.view, FindingsView), "no path there, so nothing to show"
        await pilot.press("G", "enter")
        await until(pilot, lambda: isinstance(screen.view, LayersView))
        assert screen.query_one(FileTree).has_focus
        assert "/var/lib/apt/lists/" in text_of(pilot.app)


async def test_in_and_out(judged: Analysis) -> None:
    async with shown(judged) as (pilot, _screen, view):
        table, page = view.query_one(TableLines), view.query_one(PageList)
        for into, out in (("l", "h"), ("right", "left"), ("enter", "escape"), ("tab", "tab")):
            await pilot.press(into)
            assert page.has_focus, into
            await pilot.press(out)
            assert table.has_focus, out


async def test_clicks(judged: Analysis) -> None:
    async with shown(judged) as (pilot, screen, view):
        table, page = view.query_one(TableLines), view.query_one(PageList)
        await pilot.click(table, offset=(10, 2))
        assert (table.cursor, table.has_focus) == (2, True)
        await pilot.click(table, offset=(10, 2))
        assert page.has_focus
        await pilot.click(view.query_one(TableHead), offset=(15, 0))
        assert "by saving" in text_of(pilot.app)
        await pilot.press("h", "g", "l", "G")
        line = page.cursor - page.scroll_offset.y
        await pilot.click(page, offset=(5, line + 1))
        await until(pilot, lambda: isinstance(screen.view, LayersView))


async def test_sorting(judged: Analysis) -> None:
    async with shown(judged) as (pilot, _screen, view):
        start = titles(view)
        finding = view.row
        for key, words in (
            ("s", "by saving"), ("n", "by rule"), ("C", "by number of paths"), ("L", "by layer"),
            ("S", "by severity"),
        ):  # fmt: skip
            await pilot.press(key)
            assert words in text_of(pilot.app)
            assert view.row is finding, "the cursor stays on its finding"
        assert titles(view) == start
        await pilot.press("S")
        assert "by severity ↑" in text_of(pilot.app)


async def test_filters(judged: Analysis) -> None:
    async with shown(judged) as (pilot, _screen, view):
        every = titles(view)
        await pilot.press("t", "t", "t")
        assert "high or worse" in text_of(pilot.app)
        assert len(titles(view)) < len(every)
        await pilot.press("escape")
        assert titles(view) == every
        await pilot.press("b")
        assert "only yours" in text_of(pilot.app)
        await pilot.press("b")
        assert "only the base's" in text_of(pilot.app)
        await pilot.press("b", "o")
        assert "plain advice" in text_of(pilot.app)
        assert "bytecode" not in titles(view)
        await pilot.press("o")
        await pilot.press("slash", *"nothing of it")
        await pilot.pause(TYPED)
        assert not titles(view)
        text = text_of(pilot.app)
        assert "Nothing matches." in text
        assert view.subject() is None
        assert view.copy_text() is None
        await pilot.press("enter", "space", "enter")
        assert view.query_one(TableLines).has_focus
        await pilot.press("escape")
        assert titles(view) == every


async def test_the_fix_can_be_copied(judged: Analysis) -> None:
    async with shown(judged) as (pilot, _screen, view):
        await pilot.press("s")
        view.query_one(TableLines).cursor = 0
        await pilot.pause()
        assert view.copy_text() == (
            "RUN apt-get update && apt-get install -y PACKAGES \\\n"
            " && rm -rf /var/lib/apt/lists/big /var/lib/apt/lists/small"
        )


@pytest.mark.parametrize("size", [(40, 10), (60, 20), (80, 24), (300, 100)])
async def test_hostile_texts_at_all_sizes(size: tuple[int, int]) -> None:
    async with shown(many(300), size) as (pilot, _screen, view):
        await pilot.press("A", "G", "enter", "d", "d")
        await pilot.pause()
        text = text_of(pilot.app)
        assert "\x1b" not in text
        assert "\u202e" not in text
        await pilot.press("h")
        assert "[bold]" in text_of(pilot.app) or size < (60, 20)
        assert view.query_one(TableLines).cursor == 299


async def test_no_rules_ran(judged: Analysis) -> None:
    async with shown(samples.clean()) as (pilot, screen, view):
        text = " ".join(text_of(pilot.app).split())
        assert "No rules ran, so there are no findings." in text
        assert "--no-findings" in text
        await pilot.press("space", "A", "N", "enter", "s", "t", "b", "o", "escape")
        assert not screen.session.marks.findings

        screen.adopt(Session(samples.clean(), reading=True))
        await pilot.pause()
        assert "Findings come when reading is done." in text_of(pilot.app)
        await pilot.press("o", "s")
        screen.adopt(Session(judged))
        await pilot.pause()
        assert len(titles(view)) == 5, "the choices stay"
        await pilot.press("G")
        finding = view.row
        screen.adopt(Session(samples.judged.__wrapped__()))
        await pilot.pause()
        assert view.row is not finding
        assert view.row.title == finding.title, "the cursor stays too"


async def test_nothing_found() -> None:
    async with shown(many(0)) as (pilot, _screen, _view):
        assert "Nothing to mend." in text_of(pilot.app)


async def test_a_width_that_changes_keeps_the_path(judged: Analysis) -> None:
    async with shown(judged, (140, 40)) as (pilot, _screen, view):
        await pilot.press("s", "g", "enter")
        subject = view.subject()
        assert subject is not None
        assert subject.path
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert view.subject() == subject


async def test_the_panel_follows_the_theme(judged: Analysis) -> None:
    async with shown(judged) as (pilot, _screen, view):
        await pilot.press("A")
        panel = view.query_one(WhatIfPanel)

        content = panel.content
        assert isinstance(content, Text)
        before = {str(span.style) for span in content.spans}
        pilot.app.theme = "textual-light"
        await pilot.pause()
        after = panel.content
        assert isinstance(after, Text)
        assert {str(span.style) for span in after.spans}.isdisjoint(before)


@pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), "textual-dark"), ((120, 40), "textual-light")],
    ids=["80x24-dark", "120x40-light"],
)
def test_picture(judged: Analysis, snap_compare: Any, size: tuple[int, int], theme: str) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        pilot.app.theme = theme
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen))
        await pilot.press(KEY)
        await until(pilot, lambda: isinstance(pilot.app.screen.view, FindingsView))  # type: ignore[attr-defined]
        await pilot.press("A", "j", "j")
        await pilot.pause(TYPED)

    app = LayerLensApp(Whole(lambda _progress: judged), "image.tar")
    assert snap_compare(app, terminal_size=size, run_before=prepare)
