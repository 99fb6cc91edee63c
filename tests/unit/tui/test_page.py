"""Pages: labelled texts wrapped for a width, then paths."""

from __future__ import annotations

import pytest

from layerlens.tui.viewmodel.page import Fact, Page, Place, place_of, safe_lines, wrap
from layerlens.tui.viewmodel.text import width
from tests.unit.outputs import samples


def text(page: Page, cells: int) -> list[str]:
    page.lay(cells)
    return ["".join(piece for piece, _ in page.pieces(k, cells)) for k in range(len(page))]


def test_labels_stand_beside_texts_or_above_them() -> None:
    page = Page([Fact("", "a title"), Fact("fix", "RUN one two three four five six seven")])
    assert text(page, 40) == [
        "a title",
        "fix         RUN one two three four five",
        "            six seven",
    ]
    assert text(page, 39) == [
        "a title",
        "fix",
        "  RUN one two three four five six seven",
    ]


def test_paths_come_last_and_are_asked_for_when_they_are_drawn() -> None:
    asked = []

    def place(at: int) -> Place:
        asked.append(at)
        return Place(b"usr/\x1b[31m/%d" % at, at, note="1 kB")

    page = Page([Fact("", "x")], heading="paths", count=100_000, place=place, rest="and more")
    assert not asked
    assert len(page) == 100_003
    assert page.first_place == 2
    shown = "".join(text for text, _ in page.pieces(100_001, 80))
    assert shown == r"  1 kB /usr/\x1b[31m/99999"
    assert asked == [99_999]
    assert page.place(1) is None
    assert page.place(100_002) is None
    assert "".join(text for text, _ in page.pieces(100_002, 80)) == "  and more"
    assert Page([Fact("", "x")]).first_place is None


def test_laying_out_tells_whether_lines_moved() -> None:
    page = Page(
        [Fact("label", "word " * 30)], heading="paths", count=1, place=lambda _: Place(b"a")
    )
    assert page.lay(50)
    assert not page.lay(50)
    assert not page.lay(0)
    before = page.first_place
    assert page.lay(30)
    assert page.first_place != before


def test_a_text_of_very_many_lines_is_cut() -> None:
    page = Page([Fact("evidence", "\n".join("x" for _ in range(1000)))])
    assert len(page) == 201
    assert text(page, 80)[-1].strip() == "… and 800 lines more"


@pytest.mark.parametrize("cells", [8, 9, 20, 33, 80])
@pytest.mark.parametrize(
    "words",
    [
        "", " ", "a", "x" * 300, "one two " * 40, "  indented and long " * 9, "日本語" * 50,
        "日本 語の " * 30, "e\u0301" * 90, " " * 200, " " * 100 + "end",
    ],
)  # fmt: skip
def test_wrapping_loses_nothing_and_fits(words: str, cells: int) -> None:
    lines = wrap(words, cells)
    assert all(width(line) <= cells for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


def test_commands_keep_their_backslashes_and_nothing_else() -> None:
    assert safe_lines("RUN a \\\n && b\x1b[31m\u202e") == "RUN a \\\n && b\\x1b[31m\\u202e"
    assert safe_lines("x" * 20, 5) == "xxxxx…"


def test_a_place_says_its_layer_where_the_layer_changed_it() -> None:
    fs = samples.shop().filesystem
    version = fs.live[b"app/main.py"]
    assert place_of(fs, b"app/main.py", version) == Place(
        b"app/main.py", version, 4, note="  7.0 kB"
    )
    directory = fs.live[b"app/static"]
    assert place_of(fs, b"app/static", directory).note.strip() == ""
