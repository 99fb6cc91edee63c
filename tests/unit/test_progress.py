"""The pace of a long read, by a clock that the test holds."""

from __future__ import annotations

from layerlens.progress import Rate


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_is_told_before_a_second_has_passed() -> None:
    clock = Clock()
    rate = Rate(clock)
    assert rate.per_second() is None
    rate.note(10)
    clock.now += 0.9
    rate.note(5000)
    assert rate.per_second() is None
    clock.now += 0.1
    assert rate.per_second() == 4990.0


def test_the_rate_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    rate = Rate(clock)
    done = 0
    for speed in (1_000_000, 10_000):
        for _ in range(200):
            clock.now += 0.05
            done += speed // 20
            rate.note(done)
    found = rate.per_second()
    assert found is not None
    assert 9_900 < found < 10_100
    left = rate.seconds_left(done + 50_000)
    assert left is not None
    assert 4.9 < left < 5.1


def test_a_standstill_slows_it_down() -> None:
    clock = Clock()
    rate = Rate(clock)
    rate.note(1)
    clock.now += 1
    rate.note(1001)
    assert rate.per_second() == 1000
    clock.now += 9
    assert rate.per_second() == 100
    rate.note(1001)
    clock.now += 5
    rate.note(1001)
    assert rate.per_second() is None
    assert rate.seconds_left(5000) is None


def test_a_count_that_falls_starts_anew() -> None:
    clock = Clock()
    rate = Rate(clock)
    rate.note(1_000_000)
    clock.now += 2
    rate.note(10)
    assert rate.per_second() is None
    clock.now += 2
    rate.note(210)
    assert rate.per_second() == 100


def test_few_counts_are_kept() -> None:
    clock = Clock()
    rate = Rate(clock)
    for done in range(100_000):
        clock.now += 0.001
        rate.note(done)
    assert len(rate._kept) < 60


def test_a_total_that_was_too_low_tells_no_time() -> None:
    clock = Clock()
    rate = Rate(clock)
    rate.note(1)
    clock.now += 1
    rate.note(100)
    assert rate.seconds_left(99) is None
    assert rate.seconds_left(100) == 0
