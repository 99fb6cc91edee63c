"""The layer list, its details, the header and the titles, as texts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from layerlens.analysis.model import Analysis, Partial, Unread
from layerlens.tui.viewmodel.browser import Browser
from layerlens.tui.viewmodel.layers import details, figures, is_unread, layer_rows
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.session import Session
from layerlens.tui.viewmodel.text import size
from layerlens.tui.viewmodel.titles import titles
from layerlens.tui.viewmodel.views import ChangeKind
from layerlens.tui.viewmodel.whose import Whose
from tests.tui import image


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return image.analysis(image.write(tmp_path_factory.mktemp("layers") / "image.tar"))


@pytest.fixture(scope="module")
def part(analysis: Analysis) -> Analysis:
    """As if layer 3 had not been read."""
    return replace(analysis, partial=Partial(4, (Unread(3, size=9_000_000),)))


def test_a_row_for_each_layer(analysis: Analysis) -> None:
    rows = layer_rows(analysis)
    assert [row.size for row in rows] == [layer.size for layer in analysis.layers]
    assert sum(row.waste for row in rows) == analysis.scores.dead_bytes
    assert max(row.share for row in rows) == 1
    assert not any(row.unread for row in rows)


def test_a_layer_that_was_not_read_shows_what_is_said_of_it(part: Analysis) -> None:
    rows = layer_rows(part)
    assert [row.unread for row in rows] == [False, False, False, True, False]
    assert rows[3].size == 9_000_000
    assert rows[3].share == 1
    assert is_unread(part, 3)
    assert not is_unread(part, 2)
    told = dict(details(part, 3))
    assert told["content"] == "has not been read"
    assert "size" not in told
    assert "content" not in dict(details(part, 2))
    assert "4 of 5 layers" in figures(part).facts


def test_layers_in_the_order_in_which_they_came(analysis: Analysis) -> None:
    unordered = replace(analysis, partial=Partial(5, ordered=False))
    assert "5 layers so far, in unknown order" in figures(unordered).facts


def test_titles_get_shorter(analysis: Analysis) -> None:
    browser = Browser(analysis)
    browser.show(layer=4)
    found = titles(browser)
    assert found[0].startswith("Changes of layer 4 · ")
    assert "gone" in found[0]
    assert found == sorted(found, key=len, reverse=True)
    for layer in analysis.layers:
        browser.show(layer=layer.index)
        assert browser.waste == layer.dead_bytes
        said = f" · waste {size(layer.dead_bytes)}" if layer.dead_bytes else ""
        assert (said in titles(browser)[0]) if said else ("waste" not in titles(browser)[0])
    browser.show(layer=3, since=1)
    assert titles(browser)[0].startswith("Changes of layers 1 to 3")
    browser.show(layer=3, since=1, aggregate=True)
    assert titles(browser)[0].startswith("All up to layer 3, changes of layers 1 to 3")
    browser.toggle_kind(ChangeKind.ADDED)
    browser.set_whose(Whose.YOURS)
    assert titles(browser)[-1].endswith(" · yours only · without added")


def test_marks_are_printed_in_their_order_and_escaped() -> None:
    marks = Marks()
    assert marks.toggle_path(b"b\x1b[2J")
    assert marks.toggle_path(b"a")
    assert marks.has_path(b"a")
    assert marks.lines() == ["/b\\x1b[2J", "/a"]
    assert not marks.toggle_path(b"b\x1b[2J")
    assert marks.lines() == ["/a"]
    assert len(marks) == 1
    marks.clear()
    assert not marks.lines()


def test_a_newer_state_keeps_what_the_user_chose(analysis: Analysis, part: Analysis) -> None:
    earlier = Session(part, reading=True)
    browser = earlier.browser
    browser.show(layer=2, aggregate=True)
    browser.close_all()
    node = browser.node_of_path(b"usr")
    assert node is not None
    browser.expansion.say(node, is_open=True)
    browser.search("bin")
    earlier.marks.toggle_path(b"usr/bin")
    later = Session(analysis)
    later.take_over(earlier)
    now = later.browser
    assert (now.layer, now.aggregate, now.text) == (2, True, "bin")
    assert later.marks.lines() == ["/usr/bin"]
    now.search("")
    labels = [now.rows.row(k).label for k in range(len(now.rows))]
    assert labels.index(b"bin", labels.index(b"usr")) == labels.index(b"usr") + 1
