"""Rates, and the line that shows them."""

from __future__ import annotations

import pytest

from layerlens.cli.diagnostics import clock, progress_line
from layerlens.progress import Rate, Step, silent

MB = 10**6


def rate(*seen: tuple[float, int]) -> Rate:
    made = Rate()
    for now, done in seen:
        made.note(now, done)
    return made


class TestRate:
    def test_steady(self) -> None:
        found = rate(*((k / 10, k * MB) for k in range(100)))
        assert found.per_second == pytest.approx(10 * MB)
        assert found.left(99 * MB, 199 * MB) == pytest.approx(10)

    def test_follows_a_change(self) -> None:
        found = rate(*((float(k), k * MB) for k in range(20)))
        for k in range(1, 10):
            found.note(19.0 + k, 19 * MB + k * 100)
        assert found.per_second is not None
        assert found.per_second < 2 * MB / 10

    def test_too_early(self) -> None:
        assert rate().per_second is None
        assert rate((0, 0)).per_second is None
        assert rate((0, 0), (0.1, MB)).per_second is None

    def test_nothing_comes(self) -> None:
        assert rate((0, MB), (3, MB)).per_second is None
        assert rate((0, MB), (3, MB)).left(MB, 2 * MB) is None

    def test_a_new_stage_starts_again(self) -> None:
        found = rate((0, 0), (1, 50 * MB), (2, 0), (3, MB))
        assert found.per_second == pytest.approx(MB)

    def test_no_end_known(self) -> None:
        found = rate((0, 0), (1, MB))
        assert found.left(MB, None) is None
        assert found.left(MB, MB) is None


class TestLine:
    RATE = rate((0, 0), (1, 2 * MB))

    def test_everything(self) -> None:
        step = Step("reading layers", 2 * MB, 10 * MB, layers=(1, 3))
        assert progress_line(step, self.RATE, 1, 120) == (
            "reading layers  2.0 MB of 10.0 MB, 20 %  2.0 MB/s  4 s left  1 of 3 layers"
        )

    @pytest.mark.parametrize("width", range(20, 90))
    def test_never_wider_than_the_terminal(self, width: int) -> None:
        step = Step("reading layers", 2 * MB, 10 * MB, layers=(1, 3))
        line = progress_line(step, self.RATE, 1, width)
        assert len(line) <= max(20, width - 1)
        assert line.startswith("reading layers")

    def test_a_wait_shows_how_long(self) -> None:
        step = Step("waiting for the Docker Engine to copy the image", 0, MB)
        assert progress_line(step, Rate(), 0.5, 80) == step.stage
        assert progress_line(step, Rate(), 75.3, 80) == f"{step.stage}  1:15"

    def test_hostile_stage(self) -> None:
        assert progress_line(Step("a\x1b[2J\nb" * 50), Rate(), 0, 80).isprintable()

    @pytest.mark.parametrize(
        ("seconds", "shown"), [(0.9, "0 s"), (59.9, "59 s"), (60, "1:00"), (3725, "1:02:05")]
    )
    def test_clock(self, seconds: float, shown: str) -> None:
        assert clock(seconds) == shown


def test_silence() -> None:
    silent(Step("nobody listens"))
