"""The bound on a test's work, and that nothing else in the tests looks at how long something took."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from pathlib import Path

import pytest

from tests.effort import at_most

TESTS = Path(__file__).resolve().parents[1]
TOO_LONG = pytest.fail.Exception


def endless() -> None:
    while True:
        pass


def test_work_without_end_is_ended() -> None:
    with pytest.raises(TOO_LONG, match=r"more than 0\.05 s of processor time"), at_most(0.05):
        endless()


def test_what_is_worked_on_is_told() -> None:
    with pytest.raises(TOO_LONG, match=r"time for \['a'\]"), at_most(0.05, ["a"]):
        endless()


def test_a_regular_expression_is_ended() -> None:
    with pytest.raises(TOO_LONG), at_most(0.05):
        re.match(r"(a|aa)+$", "a" * 60 + "b")


def test_work_that_takes_its_end_for_an_error_is_ended() -> None:
    def stubborn() -> None:
        with contextlib.suppress(Exception):
            endless()

    with pytest.raises(TOO_LONG), at_most(0.05):
        stubborn()


def test_work_that_heeds_no_signal_fails_when_it_ends() -> None:
    with pytest.raises(TOO_LONG), at_most(0.01):
        sum(range(3_000_000))


def test_waiting_is_no_work() -> None:
    with at_most(0.2):
        time.sleep(0.3)


def test_everything_is_as_before() -> None:
    def mine(_number: int, _frame: object) -> None:
        raise AssertionError

    before = signal.signal(signal.SIGPROF, mine)
    try:
        with at_most(5):
            pass
        with pytest.raises(KeyError), at_most(5):
            raise KeyError
        assert signal.getsignal(signal.SIGPROF) is mine
        assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    finally:
        signal.signal(signal.SIGPROF, before)


MEASURES = ("perf_counter", "process_time", "thread_time", ".monotonic()", "timeit")
"""What tells how long something took."""

WAITING = ("waiting.py", "terminal.py", "engine/containerd.py", "engine/engine.py", "engine/registry.py",
           "unit/cli/test_build.py")  # fmt: skip
"""These wait for other processes, and must give up at some time."""


def measures(text: str) -> bool:
    return any(word in text for word in MEASURES)


def test_no_other_test_measures_time() -> None:
    found = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if measures(path.read_text())
    }
    assert found - {"effort.py", "unit/test_effort.py", *WAITING} == set()
    assert "effort.py" in found
