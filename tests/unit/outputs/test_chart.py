"""Charts of columns: axis, parts, gaps, widths."""

from __future__ import annotations

import pytest

from layerlens.outputs.chart import Bar, ceiling, chart
from layerlens.outputs.layout import Look


def drawn(bars: list[Bar], width: int = 40, *, unicode: bool = True, height: int = 4) -> list[str]:
    look = Look(width=width, unicode=unicode, colour=False)
    return ["".join(cell.text for cell in line).rstrip() for line in chart(look, bars, height)]


def test_columns_stand_on_an_axis_from_zero() -> None:
    bars = [Bar(1000, 500, "1"), Bar(None), Bar(250, 0, "2▲"), Bar(0, 0, "3")]
    assert drawn(bars) == [
        "1.0 kB ┤███████",
        "       ┤███████",
        " 500 B ┤▒▒▒▒▒▒▒",
        "       ┤▒▒▒▒▒▒▒ ?       ███████",
        "   0 B └────────────────────────────────",
        "        1               2▲      3",
    ]


def test_ascii() -> None:
    assert drawn([Bar(900, 900, "1"), Bar(600, 0, "2")], unicode=False, width=16) == [
        "1.0 kB |:::",
        "       |::: ###",
        " 500 B |::: ###",
        "       |::: ###",
        "   0 B +--------",
        "        1   2",
    ]


def test_a_little_waste_shows() -> None:
    assert drawn([Bar(10**9, 1)])[3].endswith("▒")
    assert "▒" not in "".join(drawn([Bar(10**9, 0)]))


def test_tops_are_drawn_in_eighths() -> None:
    assert drawn([Bar(1000), Bar(900)])[0].endswith("███████ ▅▅▅▅▅▅▅")


@pytest.mark.parametrize("width", [9, 12, 40, 80])
@pytest.mark.parametrize("count", [1, 3, 30, 500])
def test_no_line_is_wider_than_the_terminal(width: int, count: int) -> None:
    bars = [Bar(999_000 + k, 5_000, f"{k + 1}") for k in range(count)]
    assert all(len(line) <= width for line in drawn(bars, width))


def test_what_does_not_fit_is_told() -> None:
    lines = drawn([Bar(1000, 0, str(k)) for k in range(100)], 38)
    assert lines[-1].strip() == "the last 30 of 100 points"
    assert lines[0].endswith("█" * 30)


def test_marks_never_touch() -> None:
    lines = drawn([Bar(1000, 0, str(k + 100)) for k in range(20)], 28)
    assert lines[-1].split() == ["100", "104", "108", "112", "116"]


def test_nothing_to_draw() -> None:
    assert drawn([]) == []
    assert drawn([Bar(None), Bar(0)]) == []
    assert drawn([Bar(5)], 5) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, 0), (1, 1), (9, 10), (10, 10), (101, 120), (311, 400), (7_654, 8_000), (99, 100)],
)
def test_ceilings_are_round(size: int, expected: int) -> None:
    assert ceiling(size) == expected


def test_ceilings_are_near() -> None:
    for size in range(1, 3_000):
        assert size <= ceiling(size) <= max(size * 1.5, size + 1)
