"""Progress in words, in whatever room there is."""

from __future__ import annotations

import pytest

from layerlens.outputs.pace import Pace, Words, clip, clock, duration, step_line, width
from layerlens.progress import Step
from tests.unit.test_progress import Clock

WORDS = Words(
    "reading layers", 9.0, "612.3 MB of 1.9 GB", "32.2%", "410.2 MB/s", "3 s left", "4 of 13 layers"
)


def test_a_read_of_known_size() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(Step("reading layers", 100_000_000, 1_000_000_000, layers=(0, 3)))
    clock.now += 2
    step = Step("reading layers", 300_000_000, 1_000_000_000, layers=(1, 3))
    pace.note(step)
    assert pace.words(step) == Words(
        "reading layers", 2.0, "300.0 MB of 1.0 GB", "30.0%", "100.0 MB/s", "7 s left",
        "1 of 3 layers",
    )  # fmt: skip


def test_a_read_of_unknown_size() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(Step("reading the archive", 1000))
    clock.now += 1
    step = Step("reading the archive", 3000)
    pace.note(step)
    assert step_line(pace.words(step), 80) == "reading the archive  3.0 kB  2.0 kB/s"


def test_a_wait_has_a_clock_of_its_own() -> None:
    clock = Clock()
    pace = Pace(clock)
    clock.now += 50
    step = Step("waiting for the Docker Engine to copy the image", 0, 1_000_000)
    pace.note(step)
    assert step_line(pace.words(step), 80) == step.stage
    clock.now += 12
    pace.note(step)
    assert step_line(pace.words(step), 80) == f"{step.stage}  12 s"


def test_a_wait_between_two_pieces_is_part_of_the_pace() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(Step("reading", 1000))
    clock.now += 1
    pace.note(Step("waiting"))
    clock.now += 1
    step = Step("reading", 5000)
    pace.note(step)
    assert pace.words(step).rate == "2.0 kB/s"


def test_another_stage_starts_anew() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(Step("reading", 1000))
    clock.now += 5
    step = Step("reading layers", 900_000)
    pace.note(step)
    assert pace.words(step).rate == ""


def test_more_than_was_expected() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.note(Step("reading", 10, 1000))
    clock.now += 2
    step = Step("reading", 1500, 1000)
    pace.note(step)
    words = pace.words(step)
    assert (words.share, words.left) == ("100%", "")


def test_one_layer_is_not_counted() -> None:
    pace = Pace(Clock())
    step = Step("reading layers", 5, 10, layers=(0, 1))
    pace.note(step)
    assert pace.words(step).layers == ""


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (79, "reading layers  612.3 MB of 1.9 GB  32.2%  410.2 MB/s  3 s left  4 of 13 layers"),
        (65, "reading layers  612.3 MB of 1.9 GB  32.2%  410.2 MB/s  3 s left"),
        (60, "reading layers  612.3 MB of 1.9 GB  32.2%  3 s left"),
        (40, "reading layers  32.2%  3 s left"),
        (22, "reading layers  32.2%"),
        (14, "reading layers"),
        (7, "reading"),
        (0, ""),
    ],
)
def test_what_matters_least_goes_first(cells: int, line: str) -> None:
    assert step_line(WORDS, cells) == line


@pytest.mark.parametrize("cells", range(100))
def test_no_line_is_wider_than_the_terminal(cells: int) -> None:
    wide = Words("\u8bfb\u53d6 e\u0301 " * 8, 9.0, "1.0 MB", "5.0%")
    for words in (WORDS, wide):
        assert width(step_line(words, cells)) <= cells


def test_a_strangers_name_in_a_stage_is_escaped() -> None:
    pace = Pace(Clock())
    step = Step("asking \x1b[31mhost")
    pace.note(step)
    assert step_line(pace.words(step), 80) == "asking \\x1b[31mhost"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "1 s"), (0.6, "1 s"), (99, "99 s"), (100, "2 min"), (5900, "98 min"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.9, "0 s"), (59.9, "59 s"), (60, "1:00"), (3725, "1:02:05")]
)
def test_clock(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


def test_clipping_counts_columns() -> None:
    assert clip("\u4f60\u597d\u4f60", 5) == "\u4f60\u597d"
    assert clip("abc", 5) == "abc"
