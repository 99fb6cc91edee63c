"""The levels of the view of a comparison: where each row leads, what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from layerlens.comparison.model import Comparison
from layerlens.tui.viewmodel.compareagain import AgainFiles
from layerlens.tui.viewmodel.comparebrowser import CompareBrowser
from layerlens.tui.viewmodel.comparecolumns import signed_bar
from layerlens.tui.viewmodel.comparefiles import Files
from layerlens.tui.viewmodel.comparelevels import Compared, Level
from layerlens.tui.viewmodel.comparepaths import Differing, Way
from layerlens.tui.viewmodel.marks import Marks
from layerlens.tui.viewmodel.matching import Match
from layerlens.tui.viewmodel.text import width
from tests.unit.comparison.twoimages import attacked, shops, the_same

FIGURES = [
    "size", "transfer", "live", "dead", "removable", "efficiency", "lean score", "to fetch",
    "for nothing", "layers", "files", "packages", "findings",
]  # fmt: skip


def browse(comparison: Comparison) -> CompareBrowser:
    return CompareBrowser(Compared(comparison, Differing(comparison), Marks()))


def row(browser: CompareBrowser, text: str) -> Any:
    """The one row of a level whose text begins so."""
    (found,) = [each for each in browser.table.rows if browser.level.text(each).startswith(text)]
    return found


def drawn(browser: CompareBrowser, cells: int = 120) -> list[str]:
    table = browser.table
    return ["".join(text for text, _ in table.pieces(k, cells)).rstrip() for k in range(len(table))]


def every_level(level: Level) -> Iterator[Level]:
    """A level, and all that can be reached from it."""
    yield level
    for each in level.table.rows:
        below = level.below(each)
        if below is not None:
            assert below.opened_by == level.key(each) or isinstance(below, Files | AgainFiles)
            yield from every_level(below)
    if isinstance(level, Files) and (flat := level.all_paths()) is not None:
        yield flat


@pytest.mark.parametrize("make", [shops, attacked, the_same])
def test_everything_can_be_reached_told_and_printed(make: Any) -> None:
    browser = browse(make())
    levels = list(every_level(browser.level))
    for level in levels:
        table = level.table
        assert len({str(level.key(each)) for each in table.rows}) == len(table.rows)
        texts = [level.title, level.words()]
        for k, each in enumerate(table.rows):
            for cells in (56, 76, 118, 296):
                pieces = [text for text, _ in table.pieces(k, cells)]
                assert cells - 2 <= sum(map(width, pieces)) <= cells + 1
                texts += pieces
            texts += [*table.words(k), *level.text(each).split("\n")]
            title, head, pairs = level.told(each)
            texts += [
                title,
                head,
                *(part for pair in pairs for part in "\n".join(pair).split("\n")),
            ]
            place = level.in_tree(each)
            assert isinstance(place, str) or place[1] is None or place[1] >= 0
            level.subject(each)
        for column in filter(None, (column.id for column in table.columns)):
            table.sort_by(column)
        assert all(text.isprintable() for text in texts), [x for x in texts if not x.isprintable()]
    names = {type(level).__name__ for level in levels}
    assert names >= {"Summary", "Causes", "Layers", "Files", "Classes", "Again"}
    if make is shops:
        assert names >= {"Packages", "Findings", "AgainFiles"}
    if make is the_same:
        assert browser.level.words() == "nothing differs"


def test_figures_lead_to_what_explains_them() -> None:
    browser = browse(shops())
    comparison = browser.both.comparison
    assert [each.label for each in browser.table.rows] == FIGURES
    expected = {
        "size": ("Why +292.5 kB", comparison.size.change),
        "layers": ("Layers", comparison.size.change),
        "live": ("Files", comparison.live.change),
        "packages": ("Packages", 21_000),
    }
    for label, (title, change) in expected.items():
        assert browser.enter(row(browser, f"{label}:"))
        assert browser.trail() == f"Compare › {title}"  # noqa: RUF001
        assert browser.level.sum() == change
        assert browser.up().label == label
    told = dict(browser.level.told(row(browser, "to fetch:"))[2])
    assert told["sharing"] == comparison.pull.why
    assert "146.3 kB in 4 layers" in told["fetched"]


def test_signs_and_words_stand_beside_colours() -> None:
    browser = browse(shops())
    browser.enter(row(browser, "layers:"))
    assert drawn(browser)[0].split()[:4] == ["0", "0", "=", "same"]
    assert browser.table.words(1)[2] == "What changed"
    browser.up()
    browser.enter(row(browser, "findings:"))
    assert [line.split()[:2] for line in drawn(browser)] == [["-", "fixed"], ["+", "new"]]
    browser.up()
    browser.enter(row(browser, "packages:"))
    assert [line.split()[0] for line in drawn(browser)] == ["~", "+"]
    assert "7.88 → 8.1" in drawn(browser)[0]
    assert browser.enter(browser.table.rows[0]), "into the files of curl"
    assert [browser.level.text(each) for each in browser.table.rows] == ["/usr/bin/curl"]
    assert signed_bar(-10, 20) == "   ██│     "
    assert signed_bar(20, 20) == "     │█████"
    assert signed_bar(1, 10**9) == "     │█    "
    assert signed_bar(0, 0) == "     │     "


def test_down_a_directory_with_a_filter_and_hidden_kinds() -> None:
    browser = browse(shops())
    assert not browser.flat(), "there are no paths among the figures"
    browser.enter(row(browser, "files:"))
    browser.level.search("app", Match.FUZZY)
    browser.enter(row(browser, "/app"))
    assert browser.level.filter.text == "app", "it goes along"
    assert browser.level.filter.match is Match.FUZZY
    browser.level.search("")
    names = [browser.level.text(each) for each in browser.table.rows]
    assert names == ["/app/public", "/app/static", "/app/notes.txt", "/app/main.py", "/app/current"]
    browser.sort_by("name")
    browser.toggle(Way.MOVED)
    browser.toggle(Way.REMOVED)
    assert [browser.level.text(each) for each in browser.table.rows] == [
        "/app/current", "/app/main.py", "/app/public",
    ]  # fmt: skip
    assert browser.level.words() == "3 paths, +4 B"
    assert browser.up().path == b"app", "with its filter, and what is hidden"
    assert browser.level.words() == "5 paths, +4 B"
    assert browser.show_all()
    assert not browser.show_all()
    browser.level.search("(", Match.REGEX)
    assert browser.level.filter.problem is not None
    browser.level.search("")
    browser.flat()
    assert drawn(browser)[0].endswith("/var/lib/apt/lists/debian")
    assert not browser.flat()
    assert not browser.sort_by("count"), "each is one path here"


def test_subjects_say_whose_a_path_is() -> None:
    comparison = shops()
    browser = browse(comparison)
    old, new = comparison.old.filesystem.live, comparison.new.filesystem.live
    browser.enter(row(browser, "files:"))
    browser.flat()

    def subject(path: str) -> Any:
        found = browser.level.subject(row(browser, path))
        assert found is not None
        return found

    both = subject("/app/main.py")
    assert (both.version, both.old, both.before) == (
        new[b"app/main.py"], False, (b"app/main.py", old[b"app/main.py"]),
    )  # fmt: skip
    came = subject("/app/public/logo.svg")
    assert came.before == (b"app/static/logo.svg", old[b"app/static/logo.svg"])
    for path in (b"app/static/logo.svg", b"app/notes.txt"):
        gone = subject(f"/{path.decode()}")
        assert (gone.path, gone.version, gone.old, gone.before) == (path, old[path], True, None)
        assert isinstance(browser.level.in_tree(row(browser, f"/{path.decode()}")), str)
    added = subject("/var/lib/apt/lists/debian")
    assert (added.version, added.old, added.before) == (new[added.path], False, None)
    assert browser.level.in_tree(row(browser, "/var/lib/apt/lists/debian")) == (added.path, 1)
